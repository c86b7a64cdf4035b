/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-receipts.h"

#include <string.h>

#include "contacts/gtalk-subscriptions.h"
#include "core/gtalk-conversation.h"
#include "core/gtalk-discovery.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-stream-management.h"
#include "core/gtalk-xml.h"
#include "gtalk-delivery.h"
#include "gtalk-off-record-stanza.h"
#include "gtalk-off-record.h"

#define GTALK_RECEIPTS_WAITING_MAX 1000 /* more than are ever held */
#define GTALK_RECEIPTS_ID_MAX_BYTES 1024

typedef struct {
	gboolean is_used;
	GQueue waiting; /* of GTalkReceipt, by rising number */
} GTalkReceipts;

typedef struct {
	guint number; /* of the stanza that is held */
	xmlnode *receipt;
} GTalkReceipt;

static void
gtalk_receipt_free(GTalkReceipt *receipt)
{
	if (receipt->receipt != NULL)
		xmlnode_free(receipt->receipt);
	g_free(receipt);
}

gboolean
gtalk_receipts_is_used(GTalkConnection *connection)
{
	GTalkReceipts *self = gtalk_connection_get_state(connection, &gtalk_receipts_unit);

	return self != NULL && self->is_used;
}

static void
gtalk_receipts_features_cb(PurpleConnection *gc, char **features, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkReceipts *self = NULL;

	if (connection == NULL)
		return;
	self = gtalk_connection_get_state(connection, &gtalk_receipts_unit);
	self->is_used = !gtalk_discovery_has(connection, GTALK_FEATURE_GOOGLE) &&
	                purple_account_get_bool(gtalk_connection_get_account(connection),
	                                        GTALK_OPTION_RECEIPTS, TRUE);
}

/* ---- Pure ----------------------------------------------------------------------------------- */

gboolean
gtalk_receipts_is_asked(const xmlnode *message)
{
	const char *id = NULL;

	if (gtalk_xml_find_child(message, "request", GTALK_NS_RECEIPTS) == NULL ||
	    gtalk_xml_find_child(message, "received", GTALK_NS_RECEIPTS) != NULL)
		return FALSE;
	id = gtalk_xml_get_attribute(message, "id");
	return id != NULL && *id != '\0' && strlen(id) <= GTALK_RECEIPTS_ID_MAX_BYTES;
}

const char *
gtalk_receipts_find_received(const xmlnode *message)
{
	xmlnode *received = gtalk_xml_find_child(message, "received", GTALK_NS_RECEIPTS);
	const char *id = received != NULL ? xmlnode_get_attrib(received, "id") : NULL;

	return id != NULL && *id != '\0' && strlen(id) <= GTALK_RECEIPTS_ID_MAX_BYTES ? id : NULL;
}

/* ---- Asking --------------------------------------------------------------------------------- */

/* Of a single client it is known whether it would answer; of an account it is not, and asking does
 * no harm (XEP-0184 section 5). */
static gboolean
gtalk_receipts_may_ask(GTalkConnection *connection, const char *to)
{
	gboolean ok = FALSE;
	gpointer has = NULL;

	if (gtalk_connection_is_own_jid(connection, to))
		return FALSE;
	if (strchr(to, '/') == NULL)
		return TRUE;
	has = purple_plugin_ipc_call(gtalk_connection_get_plugin(connection), "contact_has_feature",
	                             &ok, gtalk_connection_get_account(connection), to,
	                             GTALK_NS_RECEIPTS);
	return ok && GPOINTER_TO_INT(has);
}

static void
gtalk_receipts_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	GTalkReceipts *self = state;
	const char *to = NULL;

	if (!self->is_used || !gtalk_xml_is(packet, "message", GTALK_NS_CLIENT) ||
	    !purple_strequal(xmlnode_get_attrib(packet, "type"), "chat") ||
	    gtalk_xml_find_child(packet, "body", GTALK_NS_CLIENT) == NULL ||
	    gtalk_xml_find_child(packet, "request", GTALK_NS_RECEIPTS) != NULL ||
	    xmlnode_get_attrib(packet, "id") == NULL)
		return;
	to = xmlnode_get_attrib(packet, "to");
	if (to != NULL && gtalk_receipts_may_ask(connection, to))
		gtalk_xml_add_child(packet, "request", GTALK_NS_RECEIPTS);
}

/* ---- Being answered ------------------------------------------------------------------------- */

/* Who was there gets every message at once, and nobody wants to read that. */
static void
gtalk_receipts_show(GTalkConnection *connection, const GTalkOutboxMessage *sent)
{
	PurpleConversation *conversation = gtalk_conversation_find(connection, sent->to);
	g_autofree char *name = gtalk_conversation_dup_name(connection, sent->to);
	g_autoptr(GDateTime) when = g_date_time_new_from_unix_local(sent->sent_us / G_USEC_PER_SEC);
	g_autofree char *time_text = g_date_time_format(when, "%X");
	g_autofree char *line = NULL;

	if (conversation == NULL || !sent->was_away)
		return;
	/* TRANSLATORS: the contact's name, and a time of day */
	line = g_strdup_printf(_("%s has now received your message of %s."), name, time_text);
	gtalk_conversation_write(conversation, line, PURPLE_MESSAGE_SYSTEM, time(NULL));
}

/* Only the one whom the message went to can tell that it has come. */
static void
gtalk_receipts_take_received(GTalkConnection *connection, const char *id, const char *from)
{
	const GTalkOutboxMessage *sent = gtalk_delivery_find_sent(connection, id, from);

	if (sent == NULL)
		return;
	gtalk_receipts_show(connection, sent);
	gtalk_delivery_forget(connection, sent);
	purple_signal_emit(gtalk_connection_get_plugin(connection), GTALK_SIGNAL_MESSAGE_DELIVERED,
	                   gtalk_connection_get_purple(connection), id, from);
}

static gboolean
gtalk_receipts_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkReceipts *self = state;
	const char *from = NULL;
	const char *id = NULL;

	if (!self->is_used || !gtalk_xml_is(*packet, "message", GTALK_NS_CLIENT))
		return FALSE;
	id = gtalk_receipts_find_received(*packet);
	if (id == NULL)
		return FALSE;
	from = xmlnode_get_attrib(*packet, "from");
	if (from != NULL && !purple_strequal(xmlnode_get_attrib(*packet, "type"), "error"))
		gtalk_receipts_take_received(connection, id, from);
	return FALSE;
}

/* ---- Answering ------------------------------------------------------------------------------ */

static gboolean
gtalk_receipts_is_visible(GTalkConnection *connection)
{
	PurpleStatus *status =
		purple_account_get_active_status(gtalk_connection_get_account(connection));

	return status != NULL && purple_status_type_get_primitive(purple_status_get_type(status)) !=
	                                 PURPLE_STATUS_INVISIBLE;
}

static gboolean
gtalk_receipts_may_answer(GTalkConnection *connection, const xmlnode *stanza,
                          const GTalkMessage *message)
{
	if (!gtalk_receipts_is_used(connection) || message->direction != GTALK_MESSAGE_RECEIVED ||
	    (strcmp(message->type, "chat") != 0 && strcmp(message->type, "normal") != 0) ||
	    !gtalk_receipts_is_asked(stanza))
		return FALSE;
	return gtalk_subscriptions_is_seen_by(connection, message->from) &&
	       purple_privacy_check(gtalk_connection_get_account(connection), message->from) &&
	       gtalk_receipts_is_visible(connection);
}

static xmlnode *
gtalk_receipts_build(GTalkConnection *connection, const xmlnode *stanza,
                     const GTalkMessage *message)
{
	xmlnode *receipt = xmlnode_new("message");
	xmlnode *received = gtalk_xml_add_child(receipt, "received", GTALK_NS_RECEIPTS);
	const char *id = xmlnode_get_attrib(stanza, "id");

	xmlnode_set_attrib(receipt, "type", message->type);
	xmlnode_set_attrib(receipt, "to", message->from);
	xmlnode_set_attrib(receipt, "id", id);
	xmlnode_set_attrib(received, "id", id);
	if (message->record == GTALK_RECORD_OFF)
		gtalk_off_record_add_hint(receipt);
	return receipt;
}

void
gtalk_receipts_take_message(GTalkConnection *connection, const xmlnode *stanza,
                            const GTalkMessage *message)
{
	GTalkReceipts *self = gtalk_connection_get_state(connection, &gtalk_receipts_unit);
	guint number;
	GTalkReceipt *receipt = NULL;

	if (!gtalk_receipts_may_answer(connection, stanza, message))
		return;
	number = gtalk_stream_management_get_held(connection);
	if (number == 0) {
		gtalk_connection_send(connection,
		                      gtalk_receipts_build(connection, stanza, message));
		return;
	}
	if (self->waiting.length >= GTALK_RECEIPTS_WAITING_MAX)
		return;
	receipt = g_new0(GTalkReceipt, 1);
	receipt->number = number;
	receipt->receipt = gtalk_receipts_build(connection, stanza, message);
	g_queue_push_tail(&self->waiting, receipt);
}

/* Numbers wrap, as they do on the wire. */
static gboolean
gtalk_receipts_is_handled(guint number, guint handled)
{
	return (gint32)(handled - number) >= 0;
}

static void
gtalk_receipts_acknowledged_cb(PurpleConnection *gc, guint handled, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkReceipts *self = NULL;

	if (connection == NULL)
		return;
	self = gtalk_connection_get_state(connection, &gtalk_receipts_unit);
	while (self != NULL && self->waiting.length > 0) {
		GTalkReceipt *receipt = self->waiting.head->data;

		if (!gtalk_receipts_is_handled(receipt->number, handled))
			return;
		g_queue_pop_head(&self->waiting);
		gtalk_connection_send(connection, g_steal_pointer(&receipt->receipt));
		gtalk_receipt_free(receipt);
	}
}

/* ---- The unit ------------------------------------------------------------------------------- */

static gpointer
gtalk_receipts_attach(GTalkConnection *connection)
{
	GTalkReceipts *self = g_new0(GTalkReceipts, 1);

	g_queue_init(&self->waiting);
	return self;
}

static void
gtalk_receipts_detach(GTalkConnection *connection, gpointer state)
{
	GTalkReceipts *self = state;

	g_queue_clear_full(&self->waiting, (GDestroyNotify)gtalk_receipt_free);
	g_free(self);
}

static void
gtalk_receipts_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_MESSAGE_DELIVERED,
	                       purple_marshal_VOID__POINTER_POINTER_POINTER, NULL, 3,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_STRING),
	                       purple_value_new(PURPLE_TYPE_STRING));
	purple_signal_connect(plugin, GTALK_SIGNAL_FEATURES, plugin,
	                      PURPLE_CALLBACK(gtalk_receipts_features_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_ACKNOWLEDGED, plugin,
	                      PURPLE_CALLBACK(gtalk_receipts_acknowledged_cb), NULL);
}

const GTalkUnit gtalk_receipts_unit = {
	.name = "receipts",
	.load = gtalk_receipts_load,
	.attach = gtalk_receipts_attach,
	.detach = gtalk_receipts_detach,
	.receives = GTALK_ARRIVES_MESSAGE,
	.receiving = gtalk_receipts_receiving,
	.sending = gtalk_receipts_sending,
};
