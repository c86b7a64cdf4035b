/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-inbox.h"

#include <string.h>
#include <time.h>

#include "core/gtalk-conversation.h"
#include "core/gtalk-discovery.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-seen.h"
#include "core/gtalk-stream-management.h"
#include "core/gtalk-xml.h"
#include "gtalk-archive.h"
#include "gtalk-backlog.h"
#include "gtalk-carbons.h"
#include "gtalk-decoration.h"
#include "gtalk-delivery.h"
#include "gtalk-message-id.h"
#include "gtalk-message.h"
#include "gtalk-off-record.h"
#include "gtalk-receipts.h"
#include "gtalk.h"

/* How long stanzas are held, and how many: an unanswered one may be given to somebody else. */
#define GTALK_INBOX_HOLD_MS 1000
#define GTALK_INBOX_HOLD_MAX 200
#define GTALK_INBOX_SEEN_MAX 4096 /* more than a few archive pages and what came meanwhile */

typedef struct {
	GTalkConnection *connection;
	GTalkSeen *seen;
	GTalkBacklog *backlog; /* NULL when nothing waits */
	guint hold_source;     /* ends the holding of what waits */
	gboolean has_overflow; /* something in the archive was too much to be kept */
} GTalkInbox;

static gpointer
gtalk_inbox_attach(GTalkConnection *connection)
{
	GTalkInbox *self = g_new0(GTalkInbox, 1);

	self->connection = connection;
	self->seen = gtalk_seen_new(GTALK_INBOX_SEEN_MAX);
	return self;
}

static GTalkInbox *
gtalk_inbox_find(GTalkConnection *connection)
{
	return gtalk_connection_get_state(connection, &gtalk_inbox_unit);
}

static GTalkMessageReader
gtalk_inbox_get_reader(GTalkConnection *connection)
{
	return (GTalkMessageReader){
		.own_jid = gtalk_connection_get_bound_jid(connection),
		.stable_ids = gtalk_discovery_has(connection, GTALK_FEATURE_STABLE_IDS),
	};
}

static time_t
gtalk_inbox_get_time(const GTalkMessage *message)
{
	return message->time_us > 0 ? (time_t)(message->time_us / G_USEC_PER_SEC) : time(NULL);
}

static void
gtalk_inbox_write_sent(GTalkConnection *connection, const GTalkMessage *message, const char *html,
                       PurpleMessageFlags flags)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);
	PurpleConversation *conversation = gtalk_conversation_ensure(connection, message->to);

	purple_conv_im_write(PURPLE_CONV_IM(conversation), purple_account_get_username(account),
	                     html, flags | PURPLE_MESSAGE_SEND | PURPLE_MESSAGE_REMOTE_SEND,
	                     gtalk_inbox_get_time(message));
}

/* As the inherited protocol shows what comes live. */
static char *
gtalk_inbox_dup_html(GTalkConnection *connection, const char *body)
{
	g_autofree char *html = gtalk_conversation_dup_html(body);

	if (!gtalk_discovery_has(connection, GTALK_FEATURE_GOOGLE))
		return g_steal_pointer(&html);
	return gtalk_decoration_dup_html(html);
}

/* The conversation is named by the bare JID: an answer is not meant for the one client that wrote,
 * which may be gone. */
static void
gtalk_inbox_write(GTalkConnection *connection, const GTalkMessage *message)
{
	g_autofree char *html = gtalk_inbox_dup_html(connection, message->body);
	g_autofree char *who = NULL;
	PurpleMessageFlags flags = message->time_us > 0 ? PURPLE_MESSAGE_DELAYED : 0;

	if (message->direction == GTALK_MESSAGE_SENT) {
		gtalk_inbox_write_sent(connection, message, html, flags);
		return;
	}
	who = gtalk_jid_dup_bare(message->from);
	serv_got_im(gtalk_connection_get_purple(connection), who, html, flags,
	            gtalk_inbox_get_time(message));
}

static gboolean
gtalk_inbox_is_chat(const GTalkMessage *message)
{
	return strcmp(message->type, "chat") == 0 || strcmp(message->type, "normal") == 0;
}

/* Whether a message of whose text the inherited protocol knows nothing is still to be shown: not
 * what this very client sent in an earlier session. */
static gboolean
gtalk_inbox_is_news(GTalkConnection *connection, const GTalkMessage *message)
{
	if (!gtalk_inbox_is_chat(message))
		return FALSE;
	return message->direction == GTALK_MESSAGE_RECEIVED || message->id == NULL ||
	       !gtalk_message_id_is_own(connection, message->id);
}

/* Tells of a message. Returns whether it must not be shown (any more). */
static gboolean
gtalk_inbox_tell(GTalkInbox *self, const GTalkMessage *message)
{
	gboolean is_first = message->stanza_id == NULL ||
	                    gtalk_seen_add_message(self->seen, message->stanza_id, message->from);
	gboolean is_taken = GPOINTER_TO_INT(purple_signal_emit_return_1(
		gtalk_connection_get_plugin(self->connection), GTALK_SIGNAL_MESSAGE,
		gtalk_connection_get_purple(self->connection), message));

	return is_taken || !is_first;
}

/* For one that the inherited protocol does not show. */
static void
gtalk_inbox_deliver(GTalkInbox *self, const GTalkMessage *message)
{
	if (!gtalk_inbox_tell(self, message) && gtalk_inbox_is_news(self->connection, message))
		gtalk_inbox_write(self->connection, message);
}

/* ---- Waiting for the archive ----------------------------------------------------------------- */

/* (transfer full) */
static void
gtalk_inbox_deliver_late(GTalkInbox *self, GTalkWaiting *waiting)
{
	gtalk_stream_management_begin_late(self->connection, waiting->stanza);
	gtalk_inbox_deliver(self, &waiting->message);
	gtalk_stream_management_end_late(self->connection);
	gtalk_stream_management_release(self->connection, waiting->stanza);
	gtalk_waiting_free(waiting);
}

static void
gtalk_inbox_deliver_unarchived(GTalkInbox *self)
{
	GTalkWaiting *waiting = NULL;

	while (self->backlog != NULL &&
	       (waiting = gtalk_backlog_pop_unarchived(self->backlog)) != NULL)
		gtalk_inbox_deliver_late(self, waiting);
}

static void
gtalk_inbox_stop_timer(GTalkInbox *self)
{
	if (self->hold_source != 0)
		purple_timeout_remove(self->hold_source);
	self->hold_source = 0;
}

/* No stanza is held any longer for what waits. */
static void
gtalk_inbox_end_holding(GTalkInbox *self)
{
	guint stanza = 0;

	gtalk_inbox_stop_timer(self);
	gtalk_inbox_deliver_unarchived(self);
	while (self->backlog != NULL && (stanza = gtalk_backlog_take_hold(self->backlog)) != 0)
		gtalk_stream_management_release(self->connection, stanza);
}

static gboolean
gtalk_inbox_hold_cb(gpointer user_data)
{
	GTalkInbox *self = user_data;

	self->hold_source = 0;
	gtalk_inbox_end_holding(self);
	return G_SOURCE_REMOVE;
}

/* Whether it waits, or is left to the archive; the rest has to go on at once. */
static gboolean
gtalk_inbox_push(GTalkInbox *self, const GTalkMessage *message)
{
	guint stanza = gtalk_stream_management_hold(self->connection);

	if (self->backlog == NULL)
		self->backlog = gtalk_backlog_new();
	if (!gtalk_backlog_push(self->backlog, message, stanza)) {
		gtalk_stream_management_release(self->connection, stanza);
		self->has_overflow = self->has_overflow || message->stanza_id != NULL;
		return message->stanza_id != NULL;
	}
	if (gtalk_backlog_count_pressing(self->backlog) >= GTALK_INBOX_HOLD_MAX)
		gtalk_inbox_end_holding(self);
	else if (self->hold_source == 0)
		self->hold_source =
			purple_timeout_add(GTALK_INBOX_HOLD_MS, gtalk_inbox_hold_cb, self);
	return TRUE;
}

/* What somebody in a room wrote to this user alone belongs to the room's window, which only the
 * inherited protocol knows. */
static gboolean
gtalk_inbox_is_from_room(const xmlnode *stanza)
{
	return gtalk_xml_find_child(stanza, "x", GTALK_NS_MUC_USER) != NULL;
}

/* Whether the message is not to be told now. */
static gboolean
gtalk_inbox_keep(GTalkInbox *self, const GTalkMessage *message, const xmlnode *stanza)
{
	return gtalk_archive_is_reading(self->connection) && gtalk_inbox_is_chat(message) &&
	       !gtalk_inbox_is_from_room(stanza) && gtalk_inbox_push(self, message);
}

/* The archive brings this one: first what it has not got and came before. */
static void
gtalk_inbox_catch_up(GTalkInbox *self, const char *stanza_id)
{
	GTalkWaiting *waiting = NULL;

	if (self->backlog == NULL)
		return;
	while ((waiting = gtalk_backlog_pop_unarchived_before(self->backlog, stanza_id)) != NULL)
		gtalk_inbox_deliver_late(self, waiting);
	waiting = gtalk_backlog_pop_archived(self->backlog, stanza_id);
	if (waiting == NULL)
		return;
	gtalk_stream_management_release(self->connection, waiting->stanza);
	gtalk_waiting_free(waiting);
}

void
gtalk_inbox_end_waiting(GTalkConnection *connection)
{
	GTalkInbox *self = gtalk_inbox_find(connection);
	GTalkWaiting *waiting = NULL;

	while (self->backlog != NULL && (waiting = gtalk_backlog_pop(self->backlog)) != NULL)
		gtalk_inbox_deliver_late(self, waiting);
	g_clear_pointer(&self->backlog, gtalk_backlog_free);
	gtalk_inbox_stop_timer(self);
}

gboolean
gtalk_inbox_is_archived_waiting(GTalkConnection *connection)
{
	GTalkInbox *self = gtalk_inbox_find(connection);

	return self->backlog != NULL && gtalk_backlog_count_archived(self->backlog) > 0;
}

gboolean
gtalk_inbox_take_overflow(GTalkConnection *connection)
{
	GTalkInbox *self = gtalk_inbox_find(connection);
	gboolean has_overflow = self->has_overflow;

	self->has_overflow = FALSE;
	return has_overflow;
}

/* What is in the archive comes at the next sign-in: its place was not moved on. */
static void
gtalk_inbox_detach(GTalkConnection *connection, gpointer state)
{
	GTalkInbox *self = state;

	gtalk_inbox_stop_timer(self);
	gtalk_inbox_deliver_unarchived(self);
	g_clear_pointer(&self->backlog, gtalk_backlog_free);
	gtalk_seen_free(self->seen);
	g_free(self);
}

/* ---- The ways in ----------------------------------------------------------------------------- */

static void
gtalk_inbox_note(GTalkConnection *connection, const GTalkMessage *message)
{
	if (message->stanza_id != NULL)
		gtalk_archive_note_message(connection, message->stanza_id, message->from);
}

/* Tells of a message that came back and shows it once. Returns whether nobody else should. */
static gboolean
gtalk_inbox_deliver_bounce(GTalkConnection *connection, const GTalkBounce *bounce)
{
	GTalkInbox *self = gtalk_inbox_find(connection);
	gboolean is_first = bounce->stanza_id == NULL ||
	                    gtalk_seen_add_message(self->seen, bounce->stanza_id, bounce->from);
	time_t when = bounce->time_us > 0 ? (time_t)(bounce->time_us / G_USEC_PER_SEC) : time(NULL);

	purple_signal_emit(gtalk_connection_get_plugin(connection), GTALK_SIGNAL_MESSAGE_BOUNCED,
	                   gtalk_connection_get_purple(connection), bounce->id, bounce->condition,
	                   bounce->text);
	return !is_first || gtalk_delivery_take_bounce(connection, bounce, when);
}

/* Live, or the copy of one that another client got. */
static gboolean
gtalk_inbox_take_bounce(GTalkConnection *connection, const GTalkMessageReader *reader,
                        const xmlnode *stanza)
{
	GTalkBounce bounce;
	gboolean is_shown;

	if (!gtalk_message_parse_bounce(reader, stanza, &bounce))
		return FALSE;
	is_shown = gtalk_inbox_deliver_bounce(connection, &bounce);
	if (bounce.stanza_id != NULL)
		gtalk_archive_note_message(connection, bounce.stanza_id, bounce.from);
	gtalk_message_clear_bounce(&bounce);
	return is_shown;
}

static void
gtalk_inbox_take_archived_bounce(GTalkConnection *connection, const GTalkMessageReader *reader,
                                 const xmlnode *result, const GTalkForwarded *forwarded)
{
	GTalkBounce bounce;

	if (!gtalk_message_parse_bounce(reader, forwarded->stanza, &bounce))
		return;
	bounce.stanza_id = xmlnode_get_attrib(result, "id");
	bounce.time_us = forwarded->time_us;
	gtalk_inbox_deliver_bounce(connection, &bounce);
	gtalk_message_clear_bounce(&bounce);
}

gboolean
gtalk_inbox_has_told(GTalkConnection *connection, const char *stanza_id, const char *sender)
{
	return gtalk_seen_has_message(gtalk_inbox_find(connection)->seen, stanza_id, sender);
}

void
gtalk_inbox_take_archived(GTalkConnection *connection, const xmlnode *result)
{
	GTalkInbox *self = gtalk_inbox_find(connection);
	GTalkMessageReader reader = gtalk_inbox_get_reader(connection);
	GTalkForwarded forwarded;
	GTalkParsedMessage parsed;

	if (!gtalk_message_parse_forwarded(result, &forwarded))
		return;
	if (gtalk_message_parse_archived(&reader, result, &parsed)) {
		gtalk_inbox_catch_up(self, parsed.message.stanza_id);
		gtalk_inbox_deliver(self, &parsed.message);
		gtalk_message_clear(&parsed);
	} else {
		gtalk_inbox_take_archived_bounce(connection, &reader, result, &forwarded);
	}
}

static void
gtalk_inbox_take_carbon(GTalkConnection *connection, const xmlnode *stanza, const xmlnode *carbon)
{
	GTalkInbox *self = gtalk_inbox_find(connection);
	GTalkMessageReader reader = gtalk_inbox_get_reader(connection);
	GTalkParsedMessage parsed;
	gint64 time_us = 0;
	const xmlnode *inner = gtalk_message_find_carbon(&reader, stanza, carbon, &time_us);

	if (inner == NULL)
		return;
	if (!gtalk_message_parse_carbon(&reader, stanza, carbon, &parsed)) {
		gtalk_inbox_take_bounce(connection, &reader, inner);
		return;
	}
	gtalk_off_record_note_message(connection, &parsed.message);
	if (parsed.message.direction == GTALK_MESSAGE_SENT)
		gtalk_delivery_note_sent(connection, &parsed.message);
	if (!gtalk_inbox_keep(self, &parsed.message, stanza))
		gtalk_inbox_deliver(self, &parsed.message);
	gtalk_inbox_note(connection, &parsed.message);
	gtalk_message_clear(&parsed);
}

/* Takes the text out, so that the inherited protocol still learns of the rest (typing states). */
static void
gtalk_inbox_hide_text(xmlnode *stanza)
{
	static const struct {
		const char *name;
		const char *xmlns;
	} texts[] = {
		{"body", GTALK_NS_CLIENT},
		{"html", "http://jabber.org/protocol/xhtml-im"},
		{"x", "jabber:x:oob"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		xmlnode *text = NULL;

		while ((text = gtalk_xml_find_child(stanza, texts[i].name, texts[i].xmlns)) != NULL)
			xmlnode_free(text);
	}
}

/* What the inherited protocol is to show is left with one time, the true one: it would take the
 * last of several stamps, and knows none of Google's. Nobody wrote in the future. */
static void
gtalk_inbox_settle_time(xmlnode *stanza, const GTalkMessage *message)
{
	if (message->time_us > 0)
		gtalk_message_set_time(stanza, MIN(message->time_us, g_get_real_time()));
}

/* What some rooms write beside an invitation is for clients that know none; the inherited protocol
 * tells of it. */
static gboolean
gtalk_inbox_is_invitation(const xmlnode *stanza)
{
	xmlnode *user = gtalk_xml_find_child(stanza, "x", GTALK_NS_MUC_USER);

	return user != NULL && !purple_strequal(gtalk_xml_get_attribute(stanza, "type"), "error") &&
	       gtalk_xml_find_child(user, "invite", GTALK_NS_MUC_USER) != NULL;
}

static void
gtalk_inbox_take_live(GTalkConnection *connection, xmlnode *stanza)
{
	GTalkInbox *self = gtalk_inbox_find(connection);
	GTalkMessageReader reader = gtalk_inbox_get_reader(connection);
	GTalkParsedMessage parsed;
	gboolean hide;

	if (gtalk_message_parse(&reader, stanza, &parsed)) {
		hide = (gtalk_inbox_keep(self, &parsed.message, stanza) ||
		        gtalk_inbox_tell(self, &parsed.message)) &&
		       gtalk_inbox_is_chat(&parsed.message);
		gtalk_receipts_take_message(connection, stanza, &parsed.message);
		gtalk_inbox_note(connection, &parsed.message);
		gtalk_inbox_settle_time(stanza, &parsed.message);
		gtalk_message_clear(&parsed);
	} else {
		hide = gtalk_inbox_take_bounce(connection, &reader, stanza);
	}
	if (hide)
		gtalk_inbox_hide_text(stanza);
}

static gboolean
gtalk_inbox_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	guint32 initials = gtalk_xml_get_initials(*packet);
	xmlnode *wrapped = NULL;

	if (gtalk_connection_get_bound_jid(connection) == NULL)
		return FALSE;
	if ((initials & GTALK_XML_INITIAL('r')) != 0)
		wrapped = gtalk_xml_find_child(*packet, "result", GTALK_NS_MAM);
	if (wrapped != NULL) {
		gtalk_archive_take_result(connection, *packet, wrapped);
		return TRUE;
	}
	if ((initials & (GTALK_XML_INITIAL('r') | GTALK_XML_INITIAL('s'))) != 0)
		wrapped = gtalk_carbons_find(*packet);
	if (wrapped != NULL) {
		gtalk_inbox_take_carbon(connection, *packet, wrapped);
		return TRUE;
	}
	if ((initials & GTALK_XML_INITIAL('x')) == 0 || !gtalk_inbox_is_invitation(*packet))
		gtalk_inbox_take_live(connection, *packet);
	return FALSE;
}

static void
gtalk_inbox_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_MESSAGE,
	                       purple_marshal_BOOLEAN__POINTER_POINTER,
	                       purple_value_new(PURPLE_TYPE_BOOLEAN), 2,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_POINTER));
	purple_signal_register(plugin, GTALK_SIGNAL_MESSAGE_BOUNCED,
	                       purple_marshal_VOID__POINTER_POINTER_POINTER_POINTER, NULL, 4,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_STRING),
	                       purple_value_new(PURPLE_TYPE_STRING),
	                       purple_value_new(PURPLE_TYPE_STRING));
}

const GTalkUnit gtalk_inbox_unit = {
	.name = "inbox",
	.load = gtalk_inbox_load,
	.attach = gtalk_inbox_attach,
	.detach = gtalk_inbox_detach,
	.receives = GTALK_ARRIVES_MESSAGE,
	.receiving = gtalk_inbox_receiving,
};
