/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-inbox.h"

#include <string.h>
#include <time.h>

#include "gtalk-archive.h"
#include "gtalk-carbons.h"
#include "gtalk-conversation.h"
#include "gtalk-decoration.h"
#include "gtalk-delivery.h"
#include "gtalk-discovery.h"
#include "gtalk-jid.h"
#include "gtalk-message-id.h"
#include "gtalk-message.h"
#include "gtalk-off-record.h"
#include "gtalk-receipts.h"
#include "gtalk-seen.h"
#include "gtalk-xml.h"
#include "gtalk.h"

#define GTALK_INBOX_SEEN_MAX 4096 /* more than a few archive pages and what came meanwhile */

static gpointer
gtalk_inbox_attach(GTalkConnection *connection)
{
	return gtalk_seen_new(GTALK_INBOX_SEEN_MAX);
}

static void
gtalk_inbox_detach(GTalkConnection *connection, gpointer state)
{
	gtalk_seen_free(state);
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

/* Whether a message that came otherwise than live is still to be shown: not what this very client
 * sent in an earlier session. */
static gboolean
gtalk_inbox_is_news(GTalkConnection *connection, const GTalkMessage *message)
{
	if (message->origin == GTALK_MESSAGE_LIVE || !gtalk_inbox_is_chat(message))
		return FALSE;
	return message->direction == GTALK_MESSAGE_RECEIVED || message->id == NULL ||
	       !gtalk_message_id_is_own(connection, message->id);
}

/* Returns whether it must not be shown (any more). */
static gboolean
gtalk_inbox_deliver(GTalkConnection *connection, const GTalkMessage *message)
{
	GTalkSeen *seen = gtalk_connection_get_state(connection, &gtalk_inbox_unit);
	gboolean is_first = message->stanza_id == NULL || gtalk_seen_add(seen, message->stanza_id);
	gboolean is_taken = GPOINTER_TO_INT(purple_signal_emit_return_1(
		gtalk_connection_get_plugin(connection), GTALK_SIGNAL_MESSAGE,
		gtalk_connection_get_purple(connection), message));

	if (!is_taken && is_first && gtalk_inbox_is_news(connection, message))
		gtalk_inbox_write(connection, message);
	return is_taken || !is_first;
}

static void
gtalk_inbox_note(GTalkConnection *connection, const GTalkMessage *message)
{
	if (message->stanza_id != NULL)
		gtalk_archive_note_message(connection, message->stanza_id, message->time_us);
}

/* Tells of a message that came back and shows it once. Returns whether nobody else should. */
static gboolean
gtalk_inbox_deliver_bounce(GTalkConnection *connection, const GTalkBounce *bounce)
{
	GTalkSeen *seen = gtalk_connection_get_state(connection, &gtalk_inbox_unit);
	gboolean is_first = bounce->stanza_id == NULL || gtalk_seen_add(seen, bounce->stanza_id);
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
		gtalk_archive_note_message(connection, bounce.stanza_id, bounce.time_us);
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

gint64
gtalk_inbox_take_archived(GTalkConnection *connection, const xmlnode *result)
{
	GTalkMessageReader reader = gtalk_inbox_get_reader(connection);
	GTalkForwarded forwarded;
	GTalkParsedMessage parsed;

	if (!gtalk_message_parse_forwarded(result, &forwarded))
		return 0;
	if (gtalk_message_parse_archived(&reader, result, &parsed)) {
		gtalk_inbox_deliver(connection, &parsed.message);
		gtalk_message_clear(&parsed);
	} else {
		gtalk_inbox_take_archived_bounce(connection, &reader, result, &forwarded);
	}
	return forwarded.time_us;
}

static void
gtalk_inbox_take_carbon(GTalkConnection *connection, const xmlnode *stanza, const xmlnode *carbon)
{
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
	gtalk_inbox_deliver(connection, &parsed.message);
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

static void
gtalk_inbox_take_live(GTalkConnection *connection, xmlnode *stanza)
{
	GTalkMessageReader reader = gtalk_inbox_get_reader(connection);
	GTalkParsedMessage parsed;
	gboolean hide;

	if (gtalk_message_parse(&reader, stanza, &parsed)) {
		hide = gtalk_inbox_deliver(connection, &parsed.message) &&
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
	xmlnode *wrapped = NULL;

	if (!gtalk_xml_is(*packet, "message", GTALK_NS_CLIENT) ||
	    gtalk_connection_get_bound_jid(connection) == NULL)
		return FALSE;
	wrapped = gtalk_xml_find_child(*packet, "result", GTALK_NS_MAM);
	if (wrapped != NULL) {
		gtalk_archive_take_result(connection, *packet, wrapped);
		return TRUE;
	}
	wrapped = gtalk_carbons_find(*packet);
	if (wrapped != NULL) {
		gtalk_inbox_take_carbon(connection, *packet, wrapped);
		return TRUE;
	}
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
	.receiving = gtalk_inbox_receiving,
};
