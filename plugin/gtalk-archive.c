/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-archive.h"

#include <string.h>

#include "gtalk-archive-query.h"
#include "gtalk-discovery.h"
#include "gtalk-inbox.h"
#include "gtalk-jid.h"
#include "gtalk-presence.h"
#include "gtalk-requests.h"
#include "gtalk-xml.h"
#include "gtalk.h"

#define GTALK_ARCHIVE_MESSAGES_MAX 10000 /* what one sign-in reads; the next one goes on */
#define GTALK_ARCHIVE_PAGES_MAX 1000     /* for servers that give less than was asked for */
#define GTALK_ARCHIVE_PRESENCE_MS 5000   /* how long the first presence may be awaited */
#define GTALK_ARCHIVE_ROUNDS_MAX 5
#define GTALK_ARCHIVE_MOVE_MS 1000     /* libpurple saves accounts every five seconds at most */
#define GTALK_ARCHIVE_CLOCK_SKEW_S 300 /* how far our clock may be ahead of the server's */

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
	gboolean is_present;
	guint present_source; /* makes it so */
	gboolean has_gap; /* the known id is gone from the archive, with no time to start from */
	GTalkArchiveStart start;
	char *query_id;
	char *after;    /* where the next page starts */
	gint64 since_s; /* what the run as a whole starts from, with GTALK_ARCHIVE_SINCE */
	guint n_pages;
	guint n_messages;
	guint n_rounds; /* questions for what came while it was being read */
	char *last_id;  /* the newest id read */
	gint64 last_time_us;
	char *live_id; /* the newest id that came otherwise and was not read since */
	gint64 live_time_us;
	guint move_source;
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

static void
gtalk_archive_set_option(GTalkArchive *self, const char *name, const char *value)
{
	PurpleAccount *account = gtalk_connection_get_account(self->connection);

	if (!purple_strequal(purple_account_get_string(account, name, ""), value))
		purple_account_set_string(account, name, value);
}

/* The place from which the next sign-in asks. Without a time of the server's, our own will do. */
static void
gtalk_archive_move(GTalkArchive *self, const char *id, gint64 time_us)
{
	gint64 since_s = time_us / G_USEC_PER_SEC;
	g_autofree char *since = NULL;

	if (time_us == 0)
		since_s = g_get_real_time() / G_USEC_PER_SEC - GTALK_ARCHIVE_CLOCK_SKEW_S;
	since = g_strdup_printf("%" G_GINT64_FORMAT, since_s);
	if (id != NULL)
		gtalk_archive_set_option(self, GTALK_OPTION_ARCHIVE_AFTER, id);
	gtalk_archive_set_option(self, GTALK_OPTION_ARCHIVE_SINCE, since);
}

static void
gtalk_archive_move_to_live(GTalkArchive *self)
{
	g_autofree char *id = g_steal_pointer(&self->live_id);

	if (self->move_source != 0)
		purple_timeout_remove(self->move_source);
	self->move_source = 0;
	if (id != NULL)
		gtalk_archive_move(self, id, self->live_time_us);
}

static gboolean
gtalk_archive_move_cb(gpointer user_data)
{
	GTalkArchive *self = user_data;

	self->move_source = 0;
	gtalk_archive_move_to_live(self);
	return G_SOURCE_REMOVE;
}

static void
gtalk_archive_finish(GTalkArchive *self, gboolean available, gboolean complete)
{
	g_clear_pointer(&self->query_id, g_free);
	self->phase = complete ? GTALK_ARCHIVE_SETTLED : GTALK_ARCHIVE_BROKEN;
	/* Before the place moves on: who keeps it must not claim what he was not told. */
	gtalk_inbox_end_waiting(self->connection);
	if (complete && self->live_id != NULL)
		gtalk_archive_move_to_live(self);
	else if (self->last_id != NULL)
		gtalk_archive_move(self, self->last_id, self->last_time_us);
	else if (complete && self->start == GTALK_ARCHIVE_NEWEST)
		gtalk_archive_move(self, NULL, 0);
	purple_signal_emit(gtalk_connection_get_plugin(self->connection), GTALK_SIGNAL_ARCHIVE_DONE,
	                   gtalk_connection_get_purple(self->connection), available,
	                   complete && !self->has_gap, self->last_id);
}

static gint64
gtalk_archive_get_since_option(GTalkArchive *self)
{
	PurpleAccount *account = gtalk_connection_get_account(self->connection);
	const char *since = purple_account_get_string(account, GTALK_OPTION_ARCHIVE_SINCE, "");
	gint64 since_s = 0;

	g_ascii_string_to_signed(since, 10, 1, G_MAXINT32 * G_GINT64_CONSTANT(100), &since_s, NULL);
	return since_s;
}

static void
gtalk_archive_start_without_id(GTalkArchive *self)
{
	self->since_s = gtalk_archive_get_since_option(self);
	self->start = self->since_s > 0 ? GTALK_ARCHIVE_SINCE : GTALK_ARCHIVE_NEWEST;
}

/* The known id is gone from the archive: it may have been cleaned up. */
static void
gtalk_archive_start_over(GTalkArchive *self)
{
	purple_debug_warning("gtalk", "the archive does not know the id to start from\n");
	g_clear_pointer(&self->after, g_free);
	gtalk_archive_start_without_id(self);
	self->has_gap = self->start == GTALK_ARCHIVE_NEWEST;
	gtalk_archive_ask(self);
}

static void
gtalk_archive_take_error(GTalkArchive *self, const xmlnode *reply)
{
	const char *condition = gtalk_requests_find_error(reply);

	if (purple_strequal(condition, "item-not-found") && self->start == GTALK_ARCHIVE_AFTER &&
	    self->n_pages == 0) {
		gtalk_archive_start_over(self);
		return;
	}
	gtalk_archive_finish(self, !purple_strequal(condition, "service-unavailable"), FALSE);
}

static void
gtalk_archive_ask_next(GTalkArchive *self, const char *last)
{
	if (last != NULL)
		gtalk_archive_replace(&self->after, last);
	gtalk_archive_ask(self);
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

static void
gtalk_archive_take_fin(GTalkArchive *self, const GTalkArchiveFin *fin)
{
	gboolean is_end = fin->complete || fin->last == NULL || self->start == GTALK_ARCHIVE_NEWEST;
	gboolean is_stuck;

	is_end = is_end && self->n_messages <= GTALK_ARCHIVE_MESSAGES_MAX;
	is_stuck = !is_end && purple_strequal(fin->last, self->after);
	self->n_pages++;
	if (fin->last != NULL && self->n_messages <= GTALK_ARCHIVE_MESSAGES_MAX)
		gtalk_archive_replace(&self->last_id, fin->last);
	if (self->last_id != NULL)
		gtalk_archive_move(self, self->last_id, self->last_time_us);
	if (is_end && self->start == GTALK_ARCHIVE_NEWEST)
		gtalk_archive_finish(self, TRUE, !gtalk_inbox_take_overflow(self->connection));
	else if (is_end && !gtalk_archive_wants_more(self))
		gtalk_archive_finish(self, TRUE, TRUE);
	else if (is_stuck || self->n_pages >= GTALK_ARCHIVE_PAGES_MAX ||
	         self->n_messages >= GTALK_ARCHIVE_MESSAGES_MAX)
		gtalk_archive_finish(self, TRUE, FALSE);
	else
		gtalk_archive_ask_next(self, fin->last);
}

static void
gtalk_archive_reply_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkArchive *self = gtalk_archive_find(connection);
	GTalkArchiveFin fin = {0};

	if (!gtalk_requests_is_result(reply) || !gtalk_archive_query_parse_fin(reply, &fin)) {
		gtalk_archive_take_error(self, reply);
		return;
	}
	gtalk_archive_take_fin(self, &fin);
	gtalk_archive_query_clear_fin(&fin);
}

static void
gtalk_archive_ask(GTalkArchive *self)
{
	g_autofree char *own = gtalk_jid_dup_bare(gtalk_connection_get_bound_jid(self->connection));
	xmlnode *iq = gtalk_requests_new_iq("set", own);
	GTalkArchiveQuery query = {.after = self->after};

	g_free(self->query_id);
	query.query_id = self->query_id = gtalk_connection_dup_next_id(self->connection);
	query.newest = self->start == GTALK_ARCHIVE_NEWEST;
	query.since_s = self->since_s;
	gtalk_archive_query_build(iq, &query);
	gtalk_requests_send(self->connection, iq, gtalk_archive_reply_cb, NULL);
}

static void
gtalk_archive_begin(GTalkArchive *self)
{
	if (!gtalk_discovery_has(self->connection, GTALK_FEATURE_ARCHIVE)) {
		gtalk_archive_finish(self, FALSE, FALSE);
		return;
	}
	self->phase = GTALK_ARCHIVE_READING;
	gtalk_archive_ask(self);
}

static void
gtalk_archive_begin_if_ready(GTalkArchive *self)
{
	if (self->phase == GTALK_ARCHIVE_WAITING && self->is_present &&
	    gtalk_discovery_is_done(self->connection))
		gtalk_archive_begin(self);
}

static void
gtalk_archive_features_cb(PurpleConnection *gc, char **features, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	if (connection != NULL)
		gtalk_archive_begin_if_ready(gtalk_archive_find(connection));
}

static gboolean
gtalk_archive_present_cb(gpointer user_data)
{
	GTalkArchive *self = user_data;

	self->present_source = 0;
	self->is_present = TRUE;
	gtalk_archive_begin_if_ready(self);
	return G_SOURCE_REMOVE;
}

static void
gtalk_archive_be_present_in(GTalkArchive *self, guint delay_ms)
{
	if (self->present_source != 0)
		purple_timeout_remove(self->present_source);
	self->present_source = purple_timeout_add(delay_ms, gtalk_archive_present_cb, self);
}

/* The first presence is on its way; the question has to go behind it. */
static void
gtalk_archive_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	GTalkArchive *self = state;

	if (self->phase == GTALK_ARCHIVE_WAITING && !self->is_present &&
	    gtalk_presence_is_broadcast(packet) && xmlnode_get_attrib(packet, "type") == NULL)
		gtalk_archive_be_present_in(self, 0);
}

/* Who is invisible may send none. */
static void
gtalk_archive_signed_on(GTalkConnection *connection, gpointer state)
{
	GTalkArchive *self = state;

	if (!self->is_present && self->present_source == 0)
		gtalk_archive_be_present_in(self, GTALK_ARCHIVE_PRESENCE_MS);
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

void
gtalk_archive_take_result(GTalkConnection *connection, const xmlnode *stanza, const xmlnode *result)
{
	GTalkArchive *self = gtalk_archive_find(connection);
	const char *id = xmlnode_get_attrib(result, "id");

	if (id == NULL || !gtalk_archive_is_expected(self, stanza, result)) {
		purple_debug_warning("gtalk", "archive result that was not asked for ignored\n");
		return;
	}
	if (++self->n_messages > GTALK_ARCHIVE_MESSAGES_MAX)
		return; /* more than a page holds: the server does not count */
	if (self->start == GTALK_ARCHIVE_NEWEST)
		return;
	gtalk_archive_replace(&self->last_id, id);
	self->last_time_us = gtalk_inbox_take_archived(connection, result);
	if (purple_strequal(self->live_id, id))
		g_clear_pointer(&self->live_id, g_free);
}

void
gtalk_archive_note_message(GTalkConnection *connection, const char *stanza_id, gint64 time_us)
{
	GTalkArchive *self = gtalk_archive_find(connection);

	gtalk_archive_replace(&self->live_id, stanza_id);
	self->live_time_us = time_us;
	if (self->phase == GTALK_ARCHIVE_SETTLED && self->move_source == 0)
		self->move_source =
			purple_timeout_add(GTALK_ARCHIVE_MOVE_MS, gtalk_archive_move_cb, self);
}

static void
gtalk_archive_choose_start(GTalkArchive *self)
{
	PurpleAccount *account = gtalk_connection_get_account(self->connection);
	const char *after = purple_account_get_string(account, GTALK_OPTION_ARCHIVE_AFTER, "");

	if (*after == '\0')
		gtalk_archive_start_without_id(self);
	else
		self->after = g_strdup(after);
}

static gpointer
gtalk_archive_attach(GTalkConnection *connection)
{
	GTalkArchive *self = g_new0(GTalkArchive, 1);

	self->connection = connection;
	gtalk_archive_choose_start(self);
	return self;
}

static void
gtalk_archive_detach(GTalkConnection *connection, gpointer state)
{
	GTalkArchive *self = state;

	if (self->present_source != 0)
		purple_timeout_remove(self->present_source);
	if (self->phase == GTALK_ARCHIVE_SETTLED)
		gtalk_archive_move_to_live(self);
	g_free(self->query_id);
	g_free(self->after);
	g_free(self->last_id);
	g_free(self->live_id);
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
	.signed_on = gtalk_archive_signed_on,
	.sending = gtalk_archive_sending,
};
