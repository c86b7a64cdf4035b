/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-stream-management.h"

#include <string.h>

#include "gtalk-i18n.h"
#include "gtalk-ledger.h"
#include "gtalk-xml.h"
#include "gtalk.h"

#define GTALK_STREAM_MANAGEMENT_ANSWER_MS 1000 /* the longest that an answer waits for releases */
#define GTALK_STREAM_MANAGEMENT_DUE_MAX 200    /* the most that stay unanswered without a request */
#define GTALK_NS_SM_OLD "urn:xmpp:sm:2"

typedef enum {
	GTALK_STREAM_MANAGEMENT_ABSENT,    /* not offered, or refused */
	GTALK_STREAM_MANAGEMENT_OFFERED,   /* the session does not stand yet */
	GTALK_STREAM_MANAGEMENT_REQUESTED, /* what we send counts */
	GTALK_STREAM_MANAGEMENT_ENABLED,   /* what we get counts too */
} GTalkStreamManagementPhase;

typedef struct {
	GTalkConnection *connection;
	GTalkStreamManagementPhase phase;
	GTalkLedger *ledger;
	gboolean is_asked;   /* the server's last request is not answered in full */
	gboolean is_asking;  /* our last request is not answered */
	gboolean is_late;    /* a stanza of before is being delivered: */
	guint late_number;   /* this one; 0: one that nobody holds */
	guint n_coming;      /* elements that went by and whose text did not yet */
	guint settle_source; /* sends what is due once the current delivery is over */
	guint answer_source; /* sends what is due when time is up */
	guint ask_source;
} GTalkStreamManagement;

static gpointer
gtalk_stream_management_attach(GTalkConnection *connection)
{
	GTalkStreamManagement *self = g_new0(GTalkStreamManagement, 1);

	self->connection = connection;
	self->ledger = gtalk_ledger_new();
	return self;
}

static void
gtalk_stream_management_send(GTalkStreamManagement *self, const char *name, const guint32 *h)
{
	xmlnode *nonza = xmlnode_new(name);

	xmlnode_set_namespace(nonza, GTALK_NS_SM);
	if (h != NULL) {
		char count[16];

		g_snprintf(count, sizeof(count), "%" G_GUINT32_FORMAT, *h);
		xmlnode_set_attrib(nonza, "h", count);
	}
	gtalk_connection_send(self->connection, nonza);
}

static void
gtalk_stream_management_clear_source(guint *source)
{
	if (*source != 0)
		purple_timeout_remove(*source);
	*source = 0;
}

static void
gtalk_stream_management_answer(GTalkStreamManagement *self)
{
	guint32 h = gtalk_ledger_answer(self->ledger);

	gtalk_stream_management_clear_source(&self->answer_source);
	self->is_asked = self->is_asked && gtalk_ledger_get_withheld(self->ledger) > 0;
	gtalk_stream_management_send(self, "a", &h);
	purple_signal_emit(gtalk_connection_get_plugin(self->connection), GTALK_SIGNAL_ACKNOWLEDGED,
	                   gtalk_connection_get_purple(self->connection), (guint)h);
}

/* The last answer, unless the line is down: nobody must believe that the server was told. */
static void
gtalk_stream_management_answer_at_end(GTalkStreamManagement *self)
{
	PurpleAccount *account = gtalk_connection_get_account(self->connection);

	if (self->phase == GTALK_STREAM_MANAGEMENT_ENABLED &&
	    gtalk_ledger_get_due(self->ledger) > 0 &&
	    purple_account_get_current_error(account) == NULL)
		gtalk_stream_management_answer(self);
}

static void
gtalk_stream_management_detach(GTalkConnection *connection, gpointer state)
{
	GTalkStreamManagement *self = state;

	gtalk_stream_management_answer_at_end(self);
	gtalk_stream_management_clear_source(&self->settle_source);
	gtalk_stream_management_clear_source(&self->answer_source);
	gtalk_stream_management_clear_source(&self->ask_source);
	gtalk_ledger_free(self->ledger);
	g_free(self);
}

static gboolean
gtalk_stream_management_answer_cb(gpointer user_data)
{
	GTalkStreamManagement *self = user_data;

	self->answer_source = 0;
	if (self->is_asked || gtalk_ledger_get_due(self->ledger) > 0)
		gtalk_stream_management_answer(self);
	return G_SOURCE_REMOVE;
}

static void
gtalk_stream_management_answer_later(GTalkStreamManagement *self)
{
	if (self->answer_source == 0)
		self->answer_source = purple_timeout_add(GTALK_STREAM_MANAGEMENT_ANSWER_MS,
		                                         gtalk_stream_management_answer_cb, self);
}

static gboolean
gtalk_stream_management_settle_cb(gpointer user_data)
{
	GTalkStreamManagement *self = user_data;
	guint64 due = gtalk_ledger_get_due(self->ledger);

	self->settle_source = 0;
	if ((self->is_asked && due > 0) || due >= GTALK_STREAM_MANAGEMENT_DUE_MAX)
		gtalk_stream_management_answer(self);
	else if (due > 0)
		gtalk_stream_management_answer_later(self);
	return G_SOURCE_REMOVE;
}

/* Not at once: the newest stanza may be in the middle of its delivery, and would count as due. This
 * also makes one answer of many releases. */
static void
gtalk_stream_management_settle_later(GTalkStreamManagement *self)
{
	if (self->settle_source == 0)
		self->settle_source =
			purple_timeout_add(0, gtalk_stream_management_settle_cb, self);
}

static gboolean
gtalk_stream_management_ask_cb(gpointer user_data)
{
	GTalkStreamManagement *self = user_data;

	self->ask_source = 0;
	self->is_asking = TRUE;
	gtalk_stream_management_send(self, "r", NULL);
	return G_SOURCE_REMOVE;
}

/* One request at a time, for all messages that went out in this turn of the main loop: asked from
 * within the sending of a message, it would overtake that one. */
static void
gtalk_stream_management_ask_later(GTalkStreamManagement *self)
{
	if (self->phase == GTALK_STREAM_MANAGEMENT_ENABLED && !self->is_asking &&
	    self->ask_source == 0 && gtalk_ledger_is_awaiting(self->ledger))
		self->ask_source = purple_timeout_add(0, gtalk_stream_management_ask_cb, self);
}

static void
gtalk_stream_management_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	GTalkStreamManagement *self = state;
	gboolean is_message;

	self->n_coming++;
	if (self->phase < GTALK_STREAM_MANAGEMENT_REQUESTED || !gtalk_xml_is_stanza(packet))
		return;
	is_message = strcmp(packet->name, "message") == 0 &&
	             gtalk_xml_find_child(packet, "body", GTALK_NS_CLIENT) != NULL;
	gtalk_ledger_send(self->ledger, is_message ? xmlnode_get_attrib(packet, "id") : NULL);
	if (is_message)
		gtalk_stream_management_ask_later(self);
}

/* Somebody's text by libpurple's send_raw. */
static void
gtalk_stream_management_count_raw(GTalkStreamManagement *self, const char *text)
{
	g_autofree char *wrapped = g_strconcat("<raw>", text, "</raw>", NULL);
	xmlnode *raw = xmlnode_from_str(wrapped, -1);

	if (raw == NULL)
		return;
	for (xmlnode *node = raw->child; node != NULL; node = node->next)
		if (node->type == XMLNODE_TYPE_TAG && gtalk_xml_is_stanza(node))
			gtalk_ledger_send(self->ledger, NULL);
	xmlnode_free(raw);
}

/* The server counts every stanza, so those that never were an element here have to be counted too:
 * else its acknowledgements look as if they were for more than was sent. */
static gboolean
gtalk_stream_management_sending_text(GTalkConnection *connection, gpointer state, const char *text)
{
	GTalkStreamManagement *self = state;

	if (self->n_coming > 0)
		self->n_coming--;
	else if (self->phase >= GTALK_STREAM_MANAGEMENT_REQUESTED && strchr(text, '<') != NULL)
		gtalk_stream_management_count_raw(self, text);
	return TRUE;
}

static void
gtalk_stream_management_take_features(GTalkStreamManagement *self, xmlnode *features)
{
	xmlnode *feature = gtalk_xml_find_child(features, "sm", GTALK_NS_SM);

	if (self->phase <= GTALK_STREAM_MANAGEMENT_OFFERED)
		self->phase = feature != NULL ? GTALK_STREAM_MANAGEMENT_OFFERED
		                              : GTALK_STREAM_MANAGEMENT_ABSENT;
	if (feature != NULL)
		xmlnode_free(feature);
	feature = gtalk_xml_find_child(features, "sm", GTALK_NS_SM_OLD);
	if (feature != NULL)
		xmlnode_free(feature);
}

static void
gtalk_stream_management_established(GTalkConnection *connection, gpointer state)
{
	GTalkStreamManagement *self = state;

	if (self->phase != GTALK_STREAM_MANAGEMENT_OFFERED)
		return;
	self->phase = GTALK_STREAM_MANAGEMENT_REQUESTED;
	gtalk_stream_management_send(self, "enable", NULL);
}

/* XEP-0198 section 4: a count that cannot be means that one side does not know what it does. */
static void
gtalk_stream_management_refuse_count(GTalkStreamManagement *self)
{
	xmlnode *error = xmlnode_new("error");

	xmlnode_set_prefix(error, "stream"); /* as the stream header declares it */
	gtalk_xml_add_child(error, "undefined-condition", "urn:ietf:params:xml:ns:xmpp-streams");
	gtalk_xml_add_child(error, "handled-count-too-high", GTALK_NS_SM);
	gtalk_connection_send(self->connection, error);
	gtalk_connection_fail(self->connection, PURPLE_CONNECTION_ERROR_NETWORK_ERROR,
	                      _("The server acknowledged more than was sent to it."));
}

static void
gtalk_stream_management_tell_accepted(GTalkStreamManagement *self)
{
	PurplePlugin *plugin = gtalk_connection_get_plugin(self->connection);
	PurpleConnection *gc = gtalk_connection_get_purple(self->connection);
	char *id = NULL;

	while ((id = gtalk_ledger_take_accepted(self->ledger)) != NULL) {
		purple_signal_emit(plugin, GTALK_SIGNAL_MESSAGE_ACCEPTED, gc, id);
		g_free(id);
	}
}

static void
gtalk_stream_management_take_count(GTalkStreamManagement *self, const xmlnode *nonza)
{
	const char *h = xmlnode_get_attrib(nonza, "h");
	guint64 count;

	if (h == NULL || !g_ascii_string_to_unsigned(h, 10, 0, G_MAXUINT32, &count, NULL) ||
	    !gtalk_ledger_acknowledge(self->ledger, (guint32)count)) {
		gtalk_stream_management_refuse_count(self);
		return;
	}
	self->is_asking = FALSE;
	gtalk_stream_management_tell_accepted(self);
	gtalk_stream_management_ask_later(self);
}

static void
gtalk_stream_management_take_request(GTalkStreamManagement *self)
{
	self->is_asked = TRUE;
	if (gtalk_ledger_get_withheld(self->ledger) == 0)
		gtalk_stream_management_answer(self);
	else if (gtalk_ledger_get_due(self->ledger) > 0)
		gtalk_stream_management_settle_later(self);
	else
		gtalk_stream_management_answer_later(self);
}

static void
gtalk_stream_management_take_nonza(GTalkStreamManagement *self, const xmlnode *nonza)
{
	gboolean enabled = self->phase == GTALK_STREAM_MANAGEMENT_ENABLED;

	if (strcmp(nonza->name, "r") == 0 && enabled) {
		gtalk_stream_management_take_request(self);
	} else if (strcmp(nonza->name, "a") == 0 && enabled) {
		gtalk_stream_management_take_count(self, nonza);
	} else if (self->phase != GTALK_STREAM_MANAGEMENT_REQUESTED) {
		purple_debug_warning("gtalk", "<%s/> out of place ignored\n", nonza->name);
	} else if (strcmp(nonza->name, "enabled") == 0) {
		self->phase = GTALK_STREAM_MANAGEMENT_ENABLED;
		gtalk_stream_management_ask_later(self);
	} else if (strcmp(nonza->name, "failed") == 0) {
		self->phase = GTALK_STREAM_MANAGEMENT_ABSENT;
	}
}

static gboolean
gtalk_stream_management_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkStreamManagement *self = state;
	const xmlnode *node = *packet;

	if (gtalk_xml_is_stanza(node)) {
		if (self->phase != GTALK_STREAM_MANAGEMENT_ENABLED)
			return FALSE;
		gtalk_ledger_receive(self->ledger);
		if (gtalk_ledger_get_due(self->ledger) >= GTALK_STREAM_MANAGEMENT_DUE_MAX)
			gtalk_stream_management_settle_later(self);
		return FALSE;
	}
	if (gtalk_xml_is(node, "features", GTALK_NS_STREAMS))
		gtalk_stream_management_take_features(self, *packet);
	if (!gtalk_xml_is(node, NULL, GTALK_NS_SM))
		return gtalk_xml_is(node, NULL, GTALK_NS_SM_OLD);
	gtalk_stream_management_take_nonza(self, node);
	return TRUE;
}

static GTalkStreamManagement *
gtalk_stream_management_find_enabled(GTalkConnection *connection)
{
	GTalkStreamManagement *self = NULL;

	if (connection != NULL)
		self = gtalk_connection_get_state(connection, &gtalk_stream_management_unit);
	return self != NULL && self->phase == GTALK_STREAM_MANAGEMENT_ENABLED ? self : NULL;
}

guint
gtalk_stream_management_hold(GTalkConnection *connection)
{
	GTalkStreamManagement *self = gtalk_stream_management_find_enabled(connection);

	if (self == NULL)
		return 0;
	if (!self->is_late)
		return gtalk_ledger_hold(self->ledger);
	return gtalk_ledger_hold_again(self->ledger, self->late_number) ? self->late_number : 0;
}

void
gtalk_stream_management_release(GTalkConnection *connection, guint number)
{
	GTalkStreamManagement *self = gtalk_stream_management_find_enabled(connection);

	if (self != NULL && gtalk_ledger_release(self->ledger, number))
		gtalk_stream_management_settle_later(self);
}

static void
gtalk_stream_management_set_late(GTalkConnection *connection, gboolean is_late, guint number)
{
	GTalkStreamManagement *self = gtalk_stream_management_find_enabled(connection);

	if (self == NULL)
		return;
	self->is_late = is_late;
	self->late_number = number;
}

void
gtalk_stream_management_begin_late(GTalkConnection *connection, guint number)
{
	gtalk_stream_management_set_late(connection, TRUE, number);
}

void
gtalk_stream_management_end_late(GTalkConnection *connection)
{
	gtalk_stream_management_set_late(connection, FALSE, 0);
}

/* GTALK_IPC_HOLD */
static guint
gtalk_stream_management_ipc_hold(PurpleConnection *gc)
{
	return gtalk_stream_management_hold(gtalk_connection_find(gc));
}

/* GTALK_IPC_RELEASE */
static void
gtalk_stream_management_ipc_release(PurpleConnection *gc, guint number)
{
	gtalk_stream_management_release(gtalk_connection_find(gc), number);
}

gboolean
gtalk_stream_management_is_used(GTalkConnection *connection)
{
	GTalkStreamManagement *self =
		gtalk_connection_get_state(connection, &gtalk_stream_management_unit);

	return self != NULL && self->phase >= GTALK_STREAM_MANAGEMENT_REQUESTED;
}

guint
gtalk_stream_management_get_held(GTalkConnection *connection)
{
	GTalkStreamManagement *self =
		gtalk_connection_get_state(connection, &gtalk_stream_management_unit);

	return self != NULL && self->phase == GTALK_STREAM_MANAGEMENT_ENABLED
	               ? gtalk_ledger_get_held(self->ledger)
	               : 0;
}

static void
gtalk_stream_management_marshal_hold(PurpleCallback callback, va_list args, void *data,
                                     void **return_value)
{
	PurpleConnection *gc = va_arg(args, PurpleConnection *);
	guint number = ((guint(*)(PurpleConnection *))callback)(gc);

	if (return_value != NULL)
		*return_value = GUINT_TO_POINTER(number);
}

static PurpleValue *
gtalk_stream_management_new_connection_value(void)
{
	return purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION);
}

static void
gtalk_stream_management_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_MESSAGE_ACCEPTED,
	                       purple_marshal_VOID__POINTER_POINTER, NULL, 2,
	                       gtalk_stream_management_new_connection_value(),
	                       purple_value_new(PURPLE_TYPE_STRING));
	purple_signal_register(plugin, GTALK_SIGNAL_ACKNOWLEDGED, purple_marshal_VOID__POINTER_UINT,
	                       NULL, 2, gtalk_stream_management_new_connection_value(),
	                       purple_value_new(PURPLE_TYPE_UINT));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_HOLD, PURPLE_CALLBACK(gtalk_stream_management_ipc_hold),
		gtalk_stream_management_marshal_hold, purple_value_new(PURPLE_TYPE_UINT), 1,
		gtalk_stream_management_new_connection_value());
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_RELEASE, PURPLE_CALLBACK(gtalk_stream_management_ipc_release),
		purple_marshal_VOID__POINTER_UINT, NULL, 2,
		gtalk_stream_management_new_connection_value(), purple_value_new(PURPLE_TYPE_UINT));
}

const GTalkUnit gtalk_stream_management_unit = {
	.name = "stream-management",
	.load = gtalk_stream_management_load,
	.attach = gtalk_stream_management_attach,
	.detach = gtalk_stream_management_detach,
	.receives = GTALK_ARRIVES_ALL,
	.receiving = gtalk_stream_management_receiving,
	.sending = gtalk_stream_management_sending,
	.sending_text = gtalk_stream_management_sending_text,
	.established = gtalk_stream_management_established,
};
