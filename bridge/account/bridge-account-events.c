/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-account-private.h"
#include "bridge-account-feature.h"
#include "bridge-avatar.h"

#include <string.h>

#include "bridge-events.h"
#include "link/bridge-link.h"
#include "base/bridge-log.h"
#include "bridge-off-record.h"
#include "bridge-requests.h"
#include "base/bridge-secret.h"

#define EVENTS_DELAYED_US (60 * (gint64)G_USEC_PER_SEC) /* older than this is late */
#define EVENTS_CLOCKS_US (60 * (gint64)G_USEC_PER_SEC)  /* how far two clocks may differ */

typedef void (*BridgeAccountHandler)(BridgeAccount *self, BridgeSession *session,
                                     BridgeWrite *write, GVariantDict *data);

static const char *
bridge_events_lookup(GVariantDict *data, const char *name)
{
	const char *value = "";

	g_variant_dict_lookup(data, name, "&s", &value);
	return value;
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* A stamp is believed only within the time that we were away: anybody can write one. */
gint64
bridge_account_get_message_time(BridgeAccount *self, gint64 time_us, gboolean from_archive,
                                gboolean *delayed)
{
	gint64 now_us = g_get_real_time();
	gint64 from_us = self->away_since_us > 0 ? self->away_since_us - EVENTS_CLOCKS_US : 0;
	gint64 to_us =
		self->online_since_us > 0 ? self->online_since_us + EVENTS_CLOCKS_US : now_us;

	if (from_archive) {
		from_us = 0;
		to_us = now_us;
	}
	*delayed = FALSE;
	if (time_us <= 0 || time_us < from_us || time_us > MIN(to_us, now_us))
		return now_us;
	*delayed = now_us - time_us > EVENTS_DELAYED_US;
	return time_us;
}

/* Whom a repetition would come from, as the wire had it; whom it went to if it is our own. */
static char *
bridge_account_build_key(gboolean sent, const char *peer, const char *what)
{
	return g_strconcat(sent ? "to\n" : "from\n", peer, "\n", what, NULL);
}

static void
bridge_account_add_message(BridgeAccount *self, BridgeSession *session, BridgeWrite *write,
                           const BridgeLinkMessage *told, gboolean from_archive)
{
	const char *peer = told->sent ? told->to : told->from;
	g_autofree char *resource = NULL;
	g_autofree char *to_resource = NULL;
	g_autofree char *from = self->protocol->split(told->from, &resource);
	g_autofree char *to = self->protocol->split(told->to, &to_resource);
	g_autofree char *own = bridge_account_dup_own_jid(self);
	g_autofree char *by_id = bridge_account_build_key(told->sent, peer, told->id);
	g_autofree char *by_content = bridge_account_build_key(told->sent, peer, told->body);
	g_autofree char *made_id = told->id[0] == '\0' ? bridge_secret_make_id() : NULL;
	BridgeEventMessage message = {.id = made_id != NULL ? made_id : told->id,
	                              /* RFC 6120, section 8.1.2.1: none is one's own. */
	                              .from = from[0] != '\0' ? from : own,
	                              .resource = resource,
	                              .to = to[0] != '\0' ? to : own,
	                              .body = told->body,
	                              .encrypted = told->encrypted};
	/* ejabberd's ids are times, and those of two people's messages may be the same. */
	g_autofree char *by_stanza_id = g_strconcat(told->stanza_id, "\n", message.from, NULL);
	BridgeRepetitionKeys keys = {.stanza_id = told->stanza_id[0] != '\0' ? by_stanza_id : NULL,
	                             .sender_and_id = told->id[0] != '\0' ? by_id : NULL,
	                             .sender_and_content = by_content,
	                             .stanza = told->stanza};
	gint64 time_us = bridge_account_get_message_time(self, told->time_us, from_archive,
	                                                 &message.delayed);

	/* Where it says nothing of itself, what the two have agreed upon holds. */
	message.off_the_record =
		told->record == BRIDGE_LINK_RECORD_OFF ||
		(told->record == BRIDGE_LINK_RECORD_UNKNOWN &&
	         bridge_account_is_off_the_record(self, told->sent ? message.to : message.from));
	keys.stream = bridge_session_map_stream(session, told->stream, &self->stream);
	bridge_write_add_event(write,
	                       told->sent ? bridge_event_new_message_sent(time_us, &message)
	                                  : bridge_event_new_message(time_us, &message),
	                       &keys);
}

/* Until the archive has been read, only what it brings itself moves the position: a live message is
 * newer than pages that have not come yet; after that what it brings was stored late. The position
 * follows when the server has been told of the stanza, so that nobody waits until it is written;
 * until then, what is read again is known. */
static void
bridge_account_note_archive(BridgeAccount *self, BridgeWrite *write, const BridgeLinkMessage *told,
                            gboolean from_archive)
{
	gint64 now_us = g_get_real_time();
	gint64 monotonic_us = g_get_monotonic_time();

	if (from_archive)
		self->archive_news_us = monotonic_us;
	if (told->stanza_id[0] == '\0' || self->archive_reverted ||
	    from_archive == self->archive_caught_up)
		return;
	if (from_archive && told->time_us > 0)
		bridge_archive_place_note(self->archive_place, told->stanza_id,
		                          MIN(told->time_us, now_us), monotonic_us);
	else
		bridge_archive_place_note_live(self->archive_place, told->stanza_id, now_us,
		                               monotonic_us);
	if (told->stanza == 0) /* the server will not be told */
		bridge_account_move_archive(self, write);
}

static void
bridge_account_on_message(BridgeAccount *self, BridgeSession *session, BridgeWrite *write,
                          GVariant *data)
{
	BridgeLinkMessage told;
	gboolean from_archive;

	if (!bridge_link_message_read(data, &told))
		return;
	from_archive = g_str_equal(told.origin, "archive");
	if (told.sent && bridge_account_is_own_wire_id(self, told.id))
		bridge_account_message_accepted(self, write, told.id);
	else if (!g_str_equal(told.type, "groupchat"))
		bridge_account_add_message(self, session, write, &told, from_archive);
	if (session == self->session)
		bridge_account_note_archive(self, write, &told, from_archive);
}

/* Written down when it is worth it: what lies behind the base is read again. */
void
bridge_account_move_archive(BridgeAccount *self, BridgeWrite *write)
{
	gboolean has_moved = bridge_archive_place_has_moved(self->archive_place);
	g_autofree char *text = NULL;

	if (bridge_account_has_doubtful(self))
		return;
	text = bridge_archive_place_dup_text(self->archive_place);
	if (text == NULL || g_strcmp0(text, self->record->archive_after) == 0)
		return;
	g_free(self->record->archive_after);
	self->record->archive_after = g_steal_pointer(&text);
	if (has_moved)
		bridge_write_add_position(write);
}

/* Nothing is known, so what is there is only begun with. */
static void
bridge_account_begin_place(BridgeAccount *self, const char *last_id, const char *base_id)
{
	g_autofree char *text =
		g_strdup_printf("%s\n%s\n%" G_GINT64_FORMAT, last_id, base_id, g_get_real_time());

	if (strchr(last_id, '\n') == NULL && strchr(base_id, '\n') == NULL)
		bridge_archive_place_begin(self->archive_place, text);
}

/* All that will ever be there is wanted. @since_us: what time it was for the server, or for us if
 * it has not told; so our clock may be ahead by as much as somebody has the zone wrong. And a
 * server may say so that has only not looked well. */
static void
bridge_account_begin_empty_place(BridgeAccount *self, gint64 since_us)
{
	gint64 yesterday_us = g_get_real_time() - G_TIME_SPAN_DAY;
	g_autofree char *text = g_strdup_printf(
		"\n\n%" G_GINT64_FORMAT, since_us > 0 ? MIN(since_us, yesterday_us) : yesterday_us);

	bridge_archive_place_begin(self->archive_place, text);
}

static void
bridge_account_caught_up(BridgeAccount *self, BridgeSession *session, const char *last_id,
                         const char *base_id, gint64 since_us)
{
	const char *newest = bridge_archive_place_get_newest(self->archive_place);

	self->archive_caught_up = TRUE;
	if (newest == NULL && last_id[0] == '\0' && bridge_session_begins_at_end(session))
		bridge_account_begin_empty_place(self, since_us);
	if (last_id[0] == '\0')
		return;
	if (newest == NULL)
		bridge_account_begin_place(self, last_id, base_id);
	else if (!g_str_equal(newest, last_id))
		bridge_archive_place_note_live(self->archive_place, last_id, g_get_real_time(),
		                               g_get_monotonic_time());
}

/* A second time when what was not complete has been read after all. */
static void
bridge_account_on_archive_done(BridgeAccount *self, BridgeSession *session, BridgeWrite *write,
                               GVariantDict *data)
{
	gboolean was_reading = self->archive_reading;
	gboolean available = FALSE;
	gboolean complete = FALSE;
	gint64 since_s = 0;

	g_variant_dict_lookup(data, "since", "x", &since_s);
	g_variant_dict_lookup(data, "available", "b", &available);
	g_variant_dict_lookup(data, "complete", "b", &complete);
	if (self->archive_reverted || self->archive_caught_up)
		return;
	if (available && !complete)
		bridge_log_account(G_LOG_LEVEL_WARNING, self->record->id,
		                   "account %s: the archive is not read to its end",
		                   self->record->id);
	if (available && complete)
		bridge_account_caught_up(self, session, bridge_events_lookup(data, "last-id"),
		                         bridge_events_lookup(data, "base-id"),
		                         since_s * G_USEC_PER_SEC);
	if (was_reading)
		bridge_account_archive_ended(self, write, available && complete);
	else if (self->archive_caught_up)
		bridge_account_move_archive(self, write);
}

static void
bridge_account_on_message_status(BridgeAccount *self, BridgeSession *session, BridgeWrite *write,
                                 GVariantDict *data)
{
	const char *id = bridge_events_lookup(data, "id");
	const char *status = bridge_events_lookup(data, "status");

	if (g_str_equal(status, "accepted"))
		bridge_account_message_accepted(self, write, id);
	else if (g_str_equal(status, "failed"))
		bridge_account_message_failed(self, write, id, bridge_events_lookup(data, "reason"),
		                              bridge_events_lookup(data, "detail"));
}

static void
bridge_account_on_receipt(BridgeAccount *self, BridgeSession *session, BridgeWrite *write,
                          GVariantDict *data)
{
	g_autofree char *resource = NULL;
	g_autofree char *from =
		self->protocol->split(bridge_events_lookup(data, "from"), &resource);

	bridge_account_message_delivered(self, write, bridge_events_lookup(data, "id"), from);
}

static void
bridge_account_on_acknowledged(BridgeAccount *self, BridgeSession *session, BridgeWrite *write,
                               GVariantDict *data)
{
	guint32 host_stream = 0;
	guint32 stanza = 0;

	if (!g_variant_dict_lookup(data, "stream", "u", &host_stream) ||
	    !g_variant_dict_lookup(data, "stanza", "u", &stanza) || stanza == 0)
		return;
	bridge_write_settle(write, bridge_session_map_stream(session, host_stream, &self->stream),
	                    stanza);
	if (session == self->session)
		bridge_account_move_archive(self, write);
}

/* ---- State ----------------------------------------------------------------------------------- */

static void
bridge_account_on_state(BridgeAccount *self, BridgeSession *session, BridgeWrite *write,
                        GVariantDict *data)
{
	const char *state = bridge_events_lookup(data, "state");
	const char *reason = bridge_events_lookup(data, "reason");

	if (g_str_equal(state, "online"))
		bridge_account_went_online(self, write, bridge_events_lookup(data, "bound-jid"));
	else if (g_str_equal(state, "offline"))
		bridge_account_went_offline(self, write,
		                            reason[0] != '\0' ? reason : BRIDGE_REASON_SERVER,
		                            bridge_events_lookup(data, "detail"));
}

static void
bridge_account_on_features(BridgeAccount *self, BridgeSession *session, BridgeWrite *write,
                           GVariantDict *data)
{
	g_auto(GStrv) features = NULL;

	if (!g_variant_dict_lookup(data, "features", "^as", &features))
		return;
	g_strfreev(self->features);
	self->features = g_steal_pointer(&features);
	bridge_account_features_changed(self, write);
	bridge_account_emit(self, BRIDGE_ACCOUNT_SIGNAL_STATE_CHANGED);
}

/* ---- Roster ---------------------------------------------------------------------------------- */

static void
bridge_account_on_contact(BridgeAccount *self, BridgeSession *session, BridgeWrite *write,
                          GVariantDict *data)
{
	const char *const no_groups[] = {NULL};
	g_autofree const char **groups = NULL;
	g_autofree char *resource = NULL;
	g_autofree char *jid = self->protocol->split(bridge_events_lookup(data, "jid"), &resource);
	const BridgeContact *changed;
	gboolean ask = FALSE;

	if (jid[0] == '\0')
		return;
	g_variant_dict_lookup(data, "groups", "^a&s", &groups);
	g_variant_dict_lookup(data, "ask", "b", &ask);
	bridge_requests_note_contact(self, write, jid, bridge_events_lookup(data, "subscription"));
	changed = bridge_roster_put(self->roster, jid, bridge_events_lookup(data, "name"),
	                            groups != NULL ? groups : no_groups,
	                            bridge_events_lookup(data, "subscription"), ask);
	if (changed != NULL && bridge_roster_is_complete(self->roster))
		bridge_write_add_event(write, bridge_event_new_contact(changed), NULL);
}

static void
bridge_account_on_contact_removed(BridgeAccount *self, BridgeSession *session, BridgeWrite *write,
                                  GVariantDict *data)
{
	g_autofree char *resource = NULL;
	g_autofree char *jid = self->protocol->split(bridge_events_lookup(data, "jid"), &resource);

	if (bridge_roster_remove(self->roster, jid) && bridge_roster_is_complete(self->roster))
		bridge_write_add_event(write, bridge_event_new_contact_removed(jid), NULL);
}

static void
bridge_account_on_roster_done(BridgeAccount *self, BridgeSession *session, BridgeWrite *write,
                              GVariantDict *data)
{
	g_autoptr(GPtrArray) removed = bridge_roster_finish(self->roster);

	for (guint i = 0; i < removed->len; i++)
		bridge_write_add_event(
			write, bridge_event_new_contact_removed(g_ptr_array_index(removed, i)),
			NULL);
	bridge_account_emit(self, BRIDGE_ACCOUNT_SIGNAL_STATE_CHANGED);
}

static void
bridge_account_on_presence(BridgeAccount *self, BridgeSession *session, BridgeWrite *write,
                           GVariantDict *data)
{
	g_autofree char *resource = NULL;
	g_autofree char *jid = self->protocol->split(bridge_events_lookup(data, "jid"), &resource);
	const char *show = bridge_events_lookup(data, "show");
	const BridgeContact *changed;
	g_autofree char *json = NULL;
	const char *avatar = NULL;
	gint32 priority = 0;

	g_variant_dict_lookup(data, "priority", "i", &priority);
	if (g_variant_dict_lookup(data, "avatar", "&s", &avatar))
		bridge_avatar_take(self, write, jid, avatar);
	changed = bridge_roster_set_presence(self->roster, jid,
	                                     bridge_events_lookup(data, "resource"),
	                                     show[0] != '\0' ? show : "available",
	                                     bridge_events_lookup(data, "status"), priority);
	if (changed == NULL)
		return;
	json = bridge_event_build_presence(changed);
	bridge_account_emit_ephemeral(self, BRIDGE_EVENT_PRESENCE, json);
}

/* ---- All of them ----------------------------------------------------------------------------- */

static const struct {
	const char *type;
	BridgeAccountHandler handler;
	gboolean of_past; /* counts also when it comes from a session that is ending */
} bridge_account_handlers[] = {
	{"acknowledged", bridge_account_on_acknowledged, TRUE},
	{"message-status", bridge_account_on_message_status, TRUE},
	{"receipt", bridge_account_on_receipt, TRUE},
	{"state", bridge_account_on_state, FALSE},
	{"features", bridge_account_on_features, FALSE},
	{"archive-done", bridge_account_on_archive_done, FALSE},
	{"contact", bridge_account_on_contact, FALSE},
	{"contact-removed", bridge_account_on_contact_removed, FALSE},
	{"roster-done", bridge_account_on_roster_done, FALSE},
	{"presence", bridge_account_on_presence, FALSE},
};

static void
bridge_account_take_event(BridgeAccount *self, BridgeSession *session, BridgeWrite *write,
                          const char *type, GVariant *members)
{
	if (g_str_equal(type, "message")) {
		bridge_account_on_message(self, session, write, members);
		return;
	}
	if (!g_variant_is_of_type(members, G_VARIANT_TYPE_VARDICT))
		return;
	for (guint i = 0; i < G_N_ELEMENTS(bridge_account_handlers); i++) {
		g_auto(GVariantDict) data = {0};

		if (!g_str_equal(bridge_account_handlers[i].type, type))
			continue;
		if (session != self->session && !bridge_account_handlers[i].of_past)
			return;
		g_variant_dict_init(&data, members); /* looks a member up without a walk each */
		bridge_account_handlers[i].handler(self, session, write, &data);
		return;
	}
	bridge_account_features_take(self, write, type, members, session != self->session);
}

void
bridge_account_take_events(BridgeAccount *self, BridgeSession *session, BridgeHostEvents *call,
                           GVariant *events)
{
	BridgeWrite *write = bridge_write_new(self, call);
	GVariantIter iter;
	GVariant *members;
	const char *type;

	if (session == self->session)
		self->last_event_us = g_get_monotonic_time();
	g_variant_iter_init(&iter, events);
	while (g_variant_iter_next(&iter, "(t&s&sv)", NULL, NULL, &type, &members)) {
		bridge_account_take_event(self, session, write, type, members);
		g_variant_unref(members);
	}
	bridge_write_commit(write, NULL, NULL);
	bridge_account_pump(self);
}
