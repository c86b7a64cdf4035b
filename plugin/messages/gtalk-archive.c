/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-archive.h"

#include <string.h>

#include "core/gtalk-discovery.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-xml.h"
#include "gtalk-archive-check.h"
#include "gtalk-archive-course.h"
#include "gtalk-archive-place.h"
#include "gtalk-archive-query.h"
#include "gtalk-inbox.h"
#include "gtalk-message.h"
#include "gtalk-offline.h"
#include "gtalk.h"
#include "status/gtalk-presence.h"

#define GTALK_ARCHIVE_PRESENCE_MS 5000 /* how long the first presence may be awaited */
#define GTALK_ARCHIVE_ROUNDS_MAX 5
#define GTALK_ARCHIVE_SILENCES_MAX 1 /* questions in a row that may stay without an answer */
#define GTALK_ARCHIVE_LOOKS_MAX 4
#define GTALK_ARCHIVE_SETTLE_MS 1000 /* until what is looked at before the end has settled */
#define GTALK_ARCHIVE_DOUBT_MS 250   /* until a question is put again */
#define GTALK_ARCHIVE_CHECK_MS 10000 /* after which what was stored late is looked for */
#define GTALK_ARCHIVE_AGAIN_MS 30000 /* after a reading that did not come to its end; doubled */
#define GTALK_ARCHIVE_FAILURES_MAX 6 /* no longer than 16 minutes */

typedef enum {
	GTALK_ARCHIVE_AFTER = 0, /* behind a known id */
	GTALK_ARCHIVE_SINCE,     /* from a known time */
	GTALK_ARCHIVE_NEWEST,    /* nothing is known: only where the archive ends */
} GTalkArchiveStart;

typedef enum {
	GTALK_ARCHIVE_WAITING, /* for discovery and presence */
	GTALK_ARCHIVE_READING,
	GTALK_ARCHIVE_SETTLED, /* all that was missed has been read */
	GTALK_ARCHIVE_BROKEN,  /* not to its end */
} GTalkArchivePhase;

typedef struct {
	GTalkConnection *connection;
	GTalkArchivePhase phase;
	const xmlnode *presence; /* the first one, while it is being written */
	gboolean is_present;
	guint present_source; /* makes it so */
	gboolean has_gap; /* the known id is gone from the archive, with no time to start from */
	GTalkArchiveStart start;
	GTalkArchivePlace *place;
	char *query_id;
	GTalkArchiveCheck *check;
	GTalkArchiveCourse *course; /* of the present reading, or NULL */
	guint n_rounds;             /* questions for what came while it was being read */
	GTalkArchiveLook look;      /* before the end of the first reading, or NULL */
	guint n_looks;
	guint n_silences;     /* questions without an answer, since the last one with */
	gboolean has_settled; /* so long has passed since it was first read to its end */
	guint n_failures;     /* readings that did not come to their end */
	char *last_id;        /* the newest id read */
	guint again_source;   /* asks, or reads, once more */
} GTalkArchive;

static void
gtalk_archive_ask(GTalkArchive *self);

static GTalkArchive *
gtalk_archive_find(GTalkConnection *connection)
{
	return gtalk_connection_get_state(connection, &gtalk_archive_unit);
}

static void
gtalk_archive_replace(char **string, const char *value)
{
	char *old = *string;

	*string = g_strdup(value);
	g_free(old); /* value may lie in it */
}

/* ---- Once more ------------------------------------------------------------------------------- */

static void
gtalk_archive_stop_waiting(GTalkArchive *self)
{
	if (self->again_source != 0)
		purple_timeout_remove(self->again_source);
	self->again_source = 0;
}

static void
gtalk_archive_call_later(GTalkArchive *self, GSourceFunc function, guint delay_ms)
{
	gtalk_archive_stop_waiting(self);
	self->again_source = purple_timeout_add(delay_ms, function, self);
}

static gboolean
gtalk_archive_read_again_cb(gpointer user_data);

/* After a whole reading a look for what was stored behind its back, after another one the rest. */
static void
gtalk_archive_plan_reading(GTalkArchive *self)
{
	guint delay_ms = GTALK_ARCHIVE_CHECK_MS;

	if (self->phase == GTALK_ARCHIVE_BROKEN) {
		delay_ms = GTALK_ARCHIVE_AGAIN_MS
		           << MIN(self->n_failures, GTALK_ARCHIVE_FAILURES_MAX - 1);
		self->n_failures++;
	}
	gtalk_archive_call_later(self, gtalk_archive_read_again_cb, delay_ms);
}

static void
gtalk_archive_tell_end(GTalkArchive *self, gboolean available, gboolean complete)
{
	purple_signal_emit(gtalk_connection_get_plugin(self->connection), GTALK_SIGNAL_ARCHIVE_DONE,
	                   gtalk_connection_get_purple(self->connection), available,
	                   complete && !self->has_gap, self->last_id);
}

static void
gtalk_archive_finish(GTalkArchive *self, gboolean available, gboolean complete)
{
	gboolean is_first = self->phase < GTALK_ARCHIVE_SETTLED;
	gboolean is_check = self->phase == GTALK_ARCHIVE_SETTLED;

	g_clear_pointer(&self->query_id, g_free);
	g_clear_pointer(&self->course, gtalk_archive_course_free);
	if (!is_check)
		self->phase = complete ? GTALK_ARCHIVE_SETTLED : GTALK_ARCHIVE_BROKEN;
	/* Before the place moves on: who keeps it must not claim what he was not told. */
	if (is_first)
		gtalk_inbox_end_waiting(self->connection);
	if (complete)
		gtalk_archive_place_take_over(self->place);
	if (complete || self->last_id != NULL)
		gtalk_archive_place_keep(self->place);
	if (is_first || (complete && !is_check))
		gtalk_archive_tell_end(self, available, complete);
	if (available && (!is_check || gtalk_archive_check_end(self->check)))
		gtalk_archive_plan_reading(self);
	else
		g_clear_pointer(&self->check, gtalk_archive_check_free);
}

static GTalkArchiveStart
gtalk_archive_choose_start(const GTalkPlace *place)
{
	if (gtalk_place_get_base(place) != NULL)
		return GTALK_ARCHIVE_AFTER;
	return gtalk_place_get_since_s(place) > 0 ? GTALK_ARCHIVE_SINCE : GTALK_ARCHIVE_NEWEST;
}

static void
gtalk_archive_begin(GTalkArchive *self)
{
	const GTalkPlace *place = gtalk_archive_place_get(self->place);
	const char *base = gtalk_place_get_base(place);

	self->start = gtalk_archive_choose_start(place);
	g_clear_pointer(&self->course, gtalk_archive_course_free);
	self->course = gtalk_archive_course_new(base, gtalk_place_get_anchor(place) != NULL);
	self->n_rounds = 0;
	gtalk_archive_ask(self);
}

static gboolean
gtalk_archive_read_again_cb(gpointer user_data)
{
	GTalkArchive *self = user_data;

	self->again_source = 0;
	if (self->check == NULL)
		self->check = gtalk_archive_check_new();
	if (self->phase == GTALK_ARCHIVE_SETTLED)
		gtalk_archive_check_begin(
			self->check, gtalk_place_get_anchor(gtalk_archive_place_get(self->place)));
	gtalk_archive_begin(self);
	return G_SOURCE_REMOVE;
}

/* The known id is gone from the archive: it may have been cleaned up, and with it what else is
 * known. */
static void
gtalk_archive_start_over(GTalkArchive *self)
{
	GTalkPlace *place = gtalk_archive_place_get(self->place);

	purple_debug_warning("gtalk", "the archive does not know the id to start from\n");
	gtalk_place_clear(place);
	self->has_gap = gtalk_archive_choose_start(place) == GTALK_ARCHIVE_NEWEST;
	gtalk_archive_begin(self);
}

static void
gtalk_archive_take_error(GTalkArchive *self, const xmlnode *reply)
{
	const char *condition = gtalk_requests_find_error(reply);

	if (purple_strequal(condition, "item-not-found") && self->start == GTALK_ARCHIVE_AFTER &&
	    self->last_id == NULL) {
		gtalk_archive_start_over(self);
		return;
	}
	gtalk_archive_finish(self, !purple_strequal(condition, "service-unavailable"), FALSE);
}

/* What came meanwhile is behind the last page; it is asked for as well, because only the archive
 * has it in order: ejabberd delivers out of its offline storage and live at the same time. Who
 * writes all the while does not keep the reading going for ever, but what found no room must be
 * read. */
static gboolean
gtalk_archive_wants_more(GTalkArchive *self)
{
	if (gtalk_inbox_take_overflow(self->connection))
		return TRUE;
	return gtalk_inbox_is_archived_waiting(self->connection) &&
	       self->n_rounds++ < GTALK_ARCHIVE_ROUNDS_MAX;
}

static gboolean
gtalk_archive_ask_again_cb(gpointer user_data)
{
	GTalkArchive *self = user_data;

	self->again_source = 0;
	gtalk_archive_ask(self);
	return G_SOURCE_REMOVE;
}

/* Where a first sign-in finds the archive's end: nothing before that is ever told. */
static void
gtalk_archive_take_end(GTalkArchive *self)
{
	GTalkPlace *place = gtalk_archive_place_get(self->place);

	gtalk_place_begin_at_end(
		place, gtalk_place_get_clock(place, g_get_real_time(), g_get_monotonic_time()));
	gtalk_archive_finish(self, TRUE, !gtalk_inbox_take_overflow(self->connection));
}

/* Whether the end has to wait for what else is looked at. */
static gboolean
gtalk_archive_begin_look(GTalkArchive *self)
{
	if (self->look == NULL || self->phase != GTALK_ARCHIVE_READING ||
	    self->n_looks >= GTALK_ARCHIVE_LOOKS_MAX)
		return FALSE;
	self->n_looks++;
	self->look(self->connection);
	return TRUE;
}

static void
gtalk_archive_end_or_go_on(GTalkArchive *self)
{
	if (gtalk_archive_wants_more(self)) {
		gtalk_archive_course_go_on(self->course);
		gtalk_archive_ask(self);
	} else if (!gtalk_archive_begin_look(self)) {
		gtalk_archive_finish(self, TRUE, TRUE);
	}
}

void
gtalk_archive_look_before_end(GTalkConnection *connection, GTalkArchiveLook look)
{
	gtalk_archive_find(connection)->look = look;
}

/* From the base once more: what was stored late is as far back as the time that it took. */
static gboolean
gtalk_archive_settled_cb(gpointer user_data)
{
	GTalkArchive *self = user_data;

	self->again_source = 0;
	self->has_settled = TRUE;
	gtalk_archive_begin(self);
	return G_SOURCE_REMOVE;
}

/* What came live during the look may have had something before it that was stored during it. */
void
gtalk_archive_looked(GTalkConnection *connection, gboolean found_more)
{
	GTalkArchive *self = gtalk_archive_find(connection);

	if (self->phase != GTALK_ARCHIVE_READING)
		return;
	if (!self->has_settled)
		gtalk_archive_call_later(self, gtalk_archive_settled_cb, GTALK_ARCHIVE_SETTLE_MS);
	else if (found_more || gtalk_inbox_is_archived_waiting(connection))
		gtalk_archive_begin(self);
	else
		gtalk_archive_finish(self, TRUE, TRUE);
}

static void
gtalk_archive_take_turn(GTalkArchive *self, GTalkArchiveCourseTurn turn)
{
	switch (turn) {
	case GTALK_ARCHIVE_COURSE_ON:
		gtalk_archive_ask(self);
		return;
	case GTALK_ARCHIVE_COURSE_AGAIN:
		purple_debug_warning("gtalk", "the archive does not have what it had\n");
		gtalk_archive_call_later(self, gtalk_archive_ask_again_cb, GTALK_ARCHIVE_DOUBT_MS);
		return;
	case GTALK_ARCHIVE_COURSE_STOP:
		gtalk_archive_finish(self, TRUE, FALSE);
		return;
	case GTALK_ARCHIVE_COURSE_END:
		gtalk_archive_end_or_go_on(self);
		return;
	}
}

static void
gtalk_archive_reply_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkArchive *self = gtalk_archive_find(connection);
	GTalkArchiveFin fin = {0};

	if (reply == NULL && self->n_silences++ < GTALK_ARCHIVE_SILENCES_MAX) {
		gtalk_archive_ask(self);
		return;
	}
	self->n_silences = 0;
	if (!gtalk_requests_is_result(reply) || !gtalk_archive_query_parse_fin(reply, &fin)) {
		gtalk_archive_take_error(self, reply);
		return;
	}
	if (self->last_id != NULL)
		gtalk_archive_place_keep(self->place);
	if (self->start == GTALK_ARCHIVE_NEWEST)
		gtalk_archive_take_end(self);
	else
		gtalk_archive_take_turn(self, gtalk_archive_course_turn(self->course, &fin));
	gtalk_archive_query_clear_fin(&fin);
}

static void
gtalk_archive_ask(GTalkArchive *self)
{
	g_autofree char *own = gtalk_jid_dup_bare(gtalk_connection_get_bound_jid(self->connection));
	xmlnode *iq = gtalk_requests_new_iq("set", own);
	const GTalkPlace *place = gtalk_archive_place_get(self->place);
	GTalkArchiveQuery query = {.after = gtalk_archive_course_get_after(self->course)};

	g_free(self->query_id);
	query.query_id = self->query_id = gtalk_connection_dup_next_id(self->connection);
	query.newest = self->start == GTALK_ARCHIVE_NEWEST;
	query.since_s = self->start == GTALK_ARCHIVE_SINCE ? gtalk_place_get_since_s(place) : 0;
	gtalk_archive_query_build(iq, &query);
	gtalk_requests_send(self->connection, iq, gtalk_archive_reply_cb, NULL);
}

static void
gtalk_archive_begin_first(GTalkArchive *self)
{
	if (!gtalk_discovery_has(self->connection, GTALK_FEATURE_ARCHIVE)) {
		gtalk_archive_finish(self, FALSE, FALSE);
		return;
	}
	self->phase = GTALK_ARCHIVE_READING;
	gtalk_archive_begin(self);
}

static void
gtalk_archive_begin_if_ready(GTalkArchive *self)
{
	if (self->phase == GTALK_ARCHIVE_WAITING && self->is_present &&
	    gtalk_discovery_is_done(self->connection))
		gtalk_archive_begin_first(self);
}

static void
gtalk_archive_features_cb(PurpleConnection *gc, char **features, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	if (connection != NULL)
		gtalk_archive_begin_if_ready(gtalk_archive_find(connection));
}

/* ---- The server's clock ---------------------------------------------------------------------- */

static void
gtalk_archive_clock_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkPlace *place = gtalk_archive_place_get(gtalk_archive_find(connection)->place);
	xmlnode *time = gtalk_xml_find_child(reply, "time", GTALK_NS_TIME);
	xmlnode *utc = gtalk_xml_find_child(time, "utc", GTALK_NS_TIME);
	g_autofree char *stamp = utc != NULL ? gtalk_xml_dup_text(utc) : NULL;
	gint64 time_us = 0;

	if (!gtalk_requests_is_result(reply) || !gtalk_message_parse_time(stamp, &time_us))
		return;
	gtalk_place_set_clock(place, time_us, g_get_monotonic_time());
	gtalk_place_limit_since(place, time_us);
}

/* As long as no id is known a time has to do, and ours may be wrong by days. It is asked for early:
 * it cannot be waited for behind the presence. Where the server does not tell (XEP-0202), ours has
 * to do. */
static void
gtalk_archive_established(GTalkConnection *connection, gpointer state)
{
	GTalkArchive *self = state;
	g_autofree char *domain = NULL;
	xmlnode *iq = NULL;

	if (gtalk_place_get_base(gtalk_archive_place_get(self->place)) != NULL)
		return;
	domain = gtalk_jid_dup_domain(gtalk_connection_get_bound_jid(connection));
	iq = gtalk_requests_new_iq("get", domain);
	gtalk_xml_add_child(iq, "time", GTALK_NS_TIME);
	gtalk_requests_send(connection, iq, gtalk_archive_clock_cb, NULL);
}

/* ---- The beginning --------------------------------------------------------------------------- */

static void
gtalk_archive_be_present(GTalkArchive *self)
{
	if (self->present_source != 0)
		purple_timeout_remove(self->present_source);
	self->present_source = 0;
	self->is_present = TRUE;
	gtalk_archive_begin_if_ready(self);
}

static void
gtalk_archive_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	GTalkArchive *self = state;

	if (self->phase == GTALK_ARCHIVE_WAITING && !self->is_present &&
	    gtalk_presence_is_broadcast(packet) && xmlnode_get_attrib(packet, "type") == NULL)
		self->presence = packet;
}

/* The first presence is out: now nothing may come between it and the question. */
static void
gtalk_archive_sent(GTalkConnection *connection, gpointer state, const xmlnode *packet)
{
	GTalkArchive *self = state;

	if (packet != self->presence)
		return;
	self->presence = NULL;
	gtalk_archive_be_present(self);
}

static gboolean
gtalk_archive_present_cb(gpointer user_data)
{
	GTalkArchive *self = user_data;

	self->present_source = 0;
	gtalk_archive_be_present(self);
	return G_SOURCE_REMOVE;
}

/* Who is invisible may send none. */
static void
gtalk_archive_signed_on(GTalkConnection *connection, gpointer state)
{
	GTalkArchive *self = state;

	if (!self->is_present && self->present_source == 0)
		self->present_source = purple_timeout_add(GTALK_ARCHIVE_PRESENCE_MS,
		                                          gtalk_archive_present_cb, self);
}

static gboolean
gtalk_archive_is_expected(GTalkArchive *self, const xmlnode *stanza, const xmlnode *result)
{
	const char *from = xmlnode_get_attrib(stanza, "from");

	if (self->query_id == NULL ||
	    !purple_strequal(xmlnode_get_attrib(result, "queryid"), self->query_id))
		return FALSE;
	return gtalk_connection_is_own_jid(self->connection, from) &&
	       (from == NULL || strchr(from, '/') == NULL);
}

gboolean
gtalk_archive_is_first(GTalkConnection *connection)
{
	return gtalk_archive_find(connection)->start == GTALK_ARCHIVE_NEWEST;
}

gboolean
gtalk_archive_is_reading(GTalkConnection *connection)
{
	GTalkArchive *self = gtalk_archive_find(connection);

	return self != NULL && self->phase < GTALK_ARCHIVE_SETTLED;
}

/* Not what a check leaves alone. */
static gboolean
gtalk_archive_may_tell(GTalkArchive *self, const char *id, gboolean is_new)
{
	return self->phase != GTALK_ARCHIVE_SETTLED ||
	       gtalk_archive_check_take(self->check, id, is_new);
}

/* What was told before, in this session or an earlier one, is not told again. */
static void
gtalk_archive_take_message(GTalkArchive *self, const xmlnode *result, const char *id)
{
	GTalkPlace *place = gtalk_archive_place_get(self->place);
	gint64 now_us = g_get_real_time();
	GTalkForwarded forwarded = {0};
	const char *sender = NULL;
	gint64 archived_us;
	GTalkPlaceFound found;

	if (gtalk_message_parse_forwarded(result, &forwarded))
		sender = xmlnode_get_attrib(forwarded.stanza, "from");
	archived_us = forwarded.time_us;
	if (forwarded.time_us <= 0 || forwarded.time_us > now_us)
		forwarded.time_us = now_us;
	gtalk_place_set_clock(place, forwarded.time_us, g_get_monotonic_time());
	found = gtalk_place_find(place, id, sender, forwarded.time_us);
	if (found == GTALK_PLACE_NEW && gtalk_inbox_has_told(self->connection, id, sender))
		found = GTALK_PLACE_KNOWN; /* so many have come since that the place forgot it */
	if (!gtalk_archive_course_take(self->course, id, found != GTALK_PLACE_KNOWN))
		return; /* more than a page holds: the server does not count */
	if (sender != NULL)
		gtalk_offline_note_archived(self->connection, sender, archived_us);
	gtalk_archive_replace(&self->last_id, id);
	if (!gtalk_archive_may_tell(self, id, found == GTALK_PLACE_NEW) || found != GTALK_PLACE_NEW)
		return;
	if (self->start != GTALK_ARCHIVE_NEWEST)
		gtalk_inbox_take_archived(self->connection, result);
	gtalk_place_note(place, id, sender, forwarded.time_us);
}

void
gtalk_archive_take_result(GTalkConnection *connection, const xmlnode *stanza, const xmlnode *result)
{
	GTalkArchive *self = gtalk_archive_find(connection);
	const char *id = xmlnode_get_attrib(result, "id");

	if (id == NULL || !gtalk_archive_is_expected(self, stanza, result)) {
		purple_debug_warning("gtalk", "archive result that was not asked for ignored\n");
		return;
	}
	gtalk_archive_take_message(self, result, id);
}

void
gtalk_archive_note_message(GTalkConnection *connection, const char *stanza_id, const char *sender)
{
	GTalkArchive *self = gtalk_archive_find(connection);

	gtalk_archive_place_note(self->place, stanza_id, sender,
	                         self->phase == GTALK_ARCHIVE_SETTLED);
}

static gpointer
gtalk_archive_attach(GTalkConnection *connection)
{
	GTalkArchive *self = g_new0(GTalkArchive, 1);

	self->connection = connection;
	self->place = gtalk_archive_place_new(connection);
	self->start = gtalk_archive_choose_start(gtalk_archive_place_get(self->place));
	return self;
}

static void
gtalk_archive_detach(GTalkConnection *connection, gpointer state)
{
	GTalkArchive *self = state;

	if (self->present_source != 0)
		purple_timeout_remove(self->present_source);
	gtalk_archive_stop_waiting(self);
	g_clear_pointer(&self->course, gtalk_archive_course_free);
	g_clear_pointer(&self->check, gtalk_archive_check_free);
	gtalk_archive_place_free(self->place);
	g_free(self->query_id);
	g_free(self->last_id);
	g_free(self);
}

static void
gtalk_archive_marshal_done(PurpleCallback callback, va_list args, void *data, void **return_value)
{
	PurpleConnection *gc = va_arg(args, PurpleConnection *);
	gboolean available = va_arg(args, gboolean);
	gboolean complete = va_arg(args, gboolean);
	const char *last_id = va_arg(args, const char *);

	((void (*)(PurpleConnection *, gboolean, gboolean, const char *, void *))callback)(
		gc, available, complete, last_id, data);
}

static void
gtalk_archive_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_ARCHIVE_DONE, gtalk_archive_marshal_done, NULL,
	                       4, purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_BOOLEAN),
	                       purple_value_new(PURPLE_TYPE_BOOLEAN),
	                       purple_value_new(PURPLE_TYPE_STRING));
	purple_signal_connect(plugin, GTALK_SIGNAL_FEATURES, plugin,
	                      PURPLE_CALLBACK(gtalk_archive_features_cb), NULL);
}

const GTalkUnit gtalk_archive_unit = {
	.name = "archive",
	.load = gtalk_archive_load,
	.attach = gtalk_archive_attach,
	.detach = gtalk_archive_detach,
	.established = gtalk_archive_established,
	.signed_on = gtalk_archive_signed_on,
	.sending = gtalk_archive_sending,
	.sent = gtalk_archive_sent,
};
