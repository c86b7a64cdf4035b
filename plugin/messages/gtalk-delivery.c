/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-delivery.h"

#include "contacts/gtalk-subscriptions.h"
#include "core/gtalk-conversation.h"
#include "core/gtalk-discovery.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-xml.h"
#include "gtalk-message-id.h"
#include "gtalk-off-record.h"
#include "gtalk-undelivered.h"

static GTalkOutbox *
gtalk_delivery_get_outbox(GTalkConnection *connection)
{
	return gtalk_connection_get_state(connection, &gtalk_delivery_unit);
}

/* NULL for who is not in the buddy list. */
static PurplePresence *
gtalk_delivery_find_presence(GTalkConnection *connection, const char *jid)
{
	g_autofree char *bare = gtalk_jid_dup_bare(jid);
	PurpleBuddy *buddy = purple_find_buddy(gtalk_connection_get_account(connection), bare);

	return buddy != NULL ? purple_buddy_get_presence(buddy) : NULL;
}

static gboolean
gtalk_delivery_is_there(GTalkConnection *connection, const char *jid)
{
	PurplePresence *presence = gtalk_delivery_find_presence(connection, jid);

	return presence != NULL && purple_presence_is_online(presence);
}

/* ---- What is sent --------------------------------------------------------------------------- */

static void
gtalk_delivery_remember(GTalkConnection *connection, const char *id, const char *to,
                        const char *text)
{
	PurplePresence *presence = gtalk_delivery_find_presence(connection, to);
	GTalkOutboxMessage message = {
		.id = (char *)id,
		.to = (char *)to,
		.text = (char *)text,
		.sent_us = g_get_real_time(),
		.was_away = presence != NULL && !purple_presence_is_online(presence),
	};

	gtalk_outbox_add(gtalk_delivery_get_outbox(connection), &message);
}

static void
gtalk_delivery_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	const char *id = NULL;
	const char *to = NULL;
	xmlnode *body = NULL;
	g_autofree char *text = NULL;

	if (!gtalk_xml_is(packet, "message", GTALK_NS_CLIENT) ||
	    purple_strequal(xmlnode_get_attrib(packet, "type"), "error"))
		return;
	id = xmlnode_get_attrib(packet, "id");
	to = xmlnode_get_attrib(packet, "to");
	body = gtalk_xml_find_child(packet, "body", GTALK_NS_CLIENT);
	text = body != NULL ? xmlnode_get_data(body) : NULL;
	if (id != NULL && to != NULL && text != NULL)
		gtalk_delivery_remember(connection, id, to, text);
}

void
gtalk_delivery_note_sent(GTalkConnection *connection, const GTalkMessage *message)
{
	if (message->id != NULL)
		gtalk_delivery_remember(connection, message->id, message->to, message->body);
}

const GTalkOutboxMessage *
gtalk_delivery_find_sent(GTalkConnection *connection, const char *id, const char *jid)
{
	return gtalk_outbox_find(gtalk_delivery_get_outbox(connection), id, jid);
}

void
gtalk_delivery_forget(GTalkConnection *connection, const GTalkOutboxMessage *message)
{
	gtalk_outbox_remove(gtalk_delivery_get_outbox(connection), message);
}

/* ---- What comes back ------------------------------------------------------------------------ */

static PurpleConversation *
gtalk_delivery_find_room(GTalkConnection *connection, const char *jid)
{
	g_autofree char *bare = gtalk_jid_dup_bare(jid);

	return purple_find_conversation_with_account(PURPLE_CONV_TYPE_CHAT, bare,
	                                             gtalk_connection_get_account(connection));
}

static GTalkUndeliveredReason
gtalk_delivery_find_reason(GTalkConnection *connection, const GTalkBounce *bounce)
{
	g_autofree char *bare = gtalk_jid_dup_bare(bounce->from);
	const GTalkUndeliveredFacts facts = {
		.condition = bounce->condition,
		.says_blocked = bounce->says_blocked,
		.is_denied = !purple_privacy_check(gtalk_connection_get_account(connection), bare),
		.is_room = gtalk_delivery_find_room(connection, bare) != NULL,
		.is_there = gtalk_delivery_is_there(connection, bare),
		.subscription = gtalk_subscriptions_get(connection, bare),
		.record = gtalk_off_record_get(connection, bare),
	};

	return gtalk_undelivered_find_reason(&facts);
}

/* A room that was left is no reason to open a conversation with it as if it were a person. */
static void
gtalk_delivery_show(GTalkConnection *connection, const GTalkUndelivered *what, time_t when)
{
	PurpleConversation *conversation = gtalk_delivery_find_room(connection, what->jid);
	g_autofree char *name = gtalk_conversation_dup_name(connection, what->jid);
	g_autofree char *text =
		gtalk_undelivered_dup_text(what->reason, name, what->text, what->body);

	if (conversation == NULL)
		conversation = gtalk_conversation_ensure(connection, what->jid);
	gtalk_conversation_write(conversation, text, PURPLE_MESSAGE_ERROR, when);
}

gboolean
gtalk_delivery_take_bounce(GTalkConnection *connection, const GTalkBounce *bounce, time_t when)
{
	const GTalkOutboxMessage *sent =
		gtalk_delivery_find_sent(connection, bounce->id, bounce->from);
	g_autofree char *bare = gtalk_jid_dup_bare(bounce->from);
	g_autofree char *body = g_strdup(sent != NULL ? sent->text : bounce->body);
	GTalkUndelivered what = {
		.id = bounce->id,
		.jid = bare,
		.condition = bounce->condition,
		.text = bounce->text,
		.body = body,
	};

	/* The id is our own proof: nobody else could make one, or has heard this one. */
	if (sent == NULL && !gtalk_message_id_is_own(connection, bounce->id))
		return FALSE;
	if (sent != NULL)
		gtalk_delivery_forget(connection, sent);
	what.reason = gtalk_delivery_find_reason(connection, bounce);
	purple_signal_emit(gtalk_connection_get_plugin(connection),
	                   GTALK_SIGNAL_MESSAGE_UNDELIVERED,
	                   gtalk_connection_get_purple(connection), &what);
	gtalk_delivery_show(connection, &what, when);
	return TRUE;
}

/* ---- What will not arrive ------------------------------------------------------------------- */

/* With Google the roster is a whitelist: better to hear it before the first message comes back. */
static void
gtalk_delivery_warn(GTalkConnection *connection, PurpleConversation *conversation)
{
	const char *jid = purple_conversation_get_name(conversation);
	GTalkSubscription subscription = gtalk_subscriptions_get(connection, jid);
	g_autofree char *name = NULL;
	g_autofree char *line = NULL;

	if (subscription == GTALK_SUBSCRIPTION_UNKNOWN || subscription == GTALK_SUBSCRIPTION_BOTH ||
	    gtalk_connection_is_own_jid(connection, jid) ||
	    gtalk_delivery_find_room(connection, jid) != NULL ||
	    !gtalk_discovery_has(connection, GTALK_FEATURE_GOOGLE))
		return;
	name = gtalk_conversation_dup_name(connection, jid);
	line = g_strdup_printf(_("%s may not get your messages before you are each other's "
	                         "contacts. Ask for authorization first."),
	                       name);
	gtalk_conversation_write(conversation, line, PURPLE_MESSAGE_SYSTEM | PURPLE_MESSAGE_NO_LOG,
	                         time(NULL));
}

static void
gtalk_delivery_conversation_created(GTalkConnection *connection, gpointer state,
                                    PurpleConversation *conversation)
{
	gtalk_delivery_warn(connection, conversation);
}

/* ---- The unit ------------------------------------------------------------------------------- */

static gpointer
gtalk_delivery_attach(GTalkConnection *connection)
{
	GTalkOutbox *self = g_new0(GTalkOutbox, 1);

	gtalk_outbox_init(self);
	return self;
}

static void
gtalk_delivery_detach(GTalkConnection *connection, gpointer state)
{
	GTalkOutbox *self = state;

	gtalk_outbox_clear(self);
	g_free(self);
}

static void
gtalk_delivery_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_MESSAGE_UNDELIVERED,
	                       purple_marshal_VOID__POINTER_POINTER, NULL, 2,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_POINTER));
}

const GTalkUnit gtalk_delivery_unit = {
	.name = "delivery",
	.load = gtalk_delivery_load,
	.attach = gtalk_delivery_attach,
	.detach = gtalk_delivery_detach,
	.conversation_created = gtalk_delivery_conversation_created,
	.sending = gtalk_delivery_sending,
};
