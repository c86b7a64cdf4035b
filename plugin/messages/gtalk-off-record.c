/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-off-record.h"

#include "core/gtalk-conversation.h"
#include "core/gtalk-discovery.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-xml.h"
#include "gtalk-message.h"
#include "gtalk-off-record-stanza.h"
#include "gtalk-off-record-ui.h"
#include "mail/gtalk-settings.h"

#define GTALK_OFF_RECORD_CONTACTS_MAX 10000
#define GTALK_OFF_RECORD_NODE_SETTING "gtalk-off-record" /* of a buddy, without a server's help */

typedef enum {
	GTALK_OFF_RECORD_WAITING, /* for discovery */
	GTALK_OFF_RECORD_OURS,    /* the server knows nothing of it */
	GTALK_OFF_RECORD_ASKED,   /* the server does, its list is on the way */
	GTALK_OFF_RECORD_SHARED,  /* the list is here */
} GTalkOffRecordPhase;

typedef struct {
	GTalkConnection *connection;
	GTalkOffRecordPhase phase;
	GHashTable *contacts; /* a set of keys: who is off the record; NULL while nobody is */
	GQueue changes;       /* of GTalkOffRecordChange: asked for and not answered */
} GTalkOffRecord;

typedef struct {
	char *jid; /* bare */
	gboolean off_record;
} GTalkOffRecordChange;

static GTalkOffRecord *
gtalk_off_record_find(GTalkConnection *connection)
{
	return gtalk_connection_get_state(connection, &gtalk_off_record_unit);
}

static void
gtalk_off_record_change_free(GTalkOffRecordChange *change)
{
	g_free(change->jid);
	g_free(change);
}

/* ---- The state ------------------------------------------------------------------------------ */

/* Until discovery has ended what the buddy list says counts, and costs nothing. */
static gboolean
gtalk_off_record_is_ours(GTalkOffRecord *self)
{
	return self->phase == GTALK_OFF_RECORD_OURS || self->phase == GTALK_OFF_RECORD_WAITING;
}

static gboolean
gtalk_off_record_is_in_list(GTalkOffRecord *self, const char *jid)
{
	PurpleAccount *account = gtalk_connection_get_account(self->connection);
	g_autofree char *bare = gtalk_jid_dup_bare(jid);
	PurpleBuddy *buddy = purple_find_buddy(account, bare);

	return buddy != NULL &&
	       purple_blist_node_get_bool(PURPLE_BLIST_NODE(buddy), GTALK_OFF_RECORD_NODE_SETTING);
}

static gboolean
gtalk_off_record_has(GTalkOffRecord *self, const char *jid)
{
	g_autofree char *key = NULL;

	if (gtalk_off_record_is_ours(self) && gtalk_off_record_is_in_list(self, jid))
		return TRUE;
	if (self->contacts == NULL)
		return FALSE;
	key = gtalk_jid_dup_key(jid);
	return key != NULL && g_hash_table_contains(self->contacts, key);
}

/* A buddy may be in several groups. */
static void
gtalk_off_record_keep_in_list(GTalkOffRecord *self, const char *bare, gboolean off_record)
{
	PurpleAccount *account = gtalk_connection_get_account(self->connection);
	GSList *buddies = purple_find_buddies(account, bare);

	for (GSList *l = buddies; l != NULL; l = l->next) {
		if (off_record)
			purple_blist_node_set_bool(l->data, GTALK_OFF_RECORD_NODE_SETTING, TRUE);
		else
			purple_blist_node_remove_setting(l->data, GTALK_OFF_RECORD_NODE_SETTING);
	}
	g_slist_free(buddies);
}

static void
gtalk_off_record_store(GTalkOffRecord *self, const char *bare, gboolean off_record)
{
	char *key = gtalk_jid_dup_key(bare);

	if (key == NULL)
		return;
	if (self->contacts == NULL)
		self->contacts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (!off_record) {
		g_hash_table_remove(self->contacts, key);
		g_free(key);
	} else if (g_hash_table_size(self->contacts) < GTALK_OFF_RECORD_CONTACTS_MAX) {
		g_hash_table_add(self->contacts, key);
	} else {
		g_free(key);
	}
	if (self->phase == GTALK_OFF_RECORD_OURS)
		gtalk_off_record_keep_in_list(self, bare, off_record);
}

/* The one place where the state changes. */
static void
gtalk_off_record_change(GTalkOffRecord *self, const char *jid, gboolean off_record,
                        GTalkOffRecordBy by)
{
	g_autofree char *bare = gtalk_jid_dup_bare(jid);

	if (gtalk_off_record_has(self, bare) == off_record)
		return;
	gtalk_off_record_store(self, bare, off_record);
	gtalk_off_record_ui_show(self->connection, bare, off_record, by);
	purple_signal_emit(gtalk_connection_get_plugin(self->connection), GTALK_SIGNAL_OFF_RECORD,
	                   gtalk_connection_get_purple(self->connection), bare, (guint)off_record,
	                   (guint)by);
}

gboolean
gtalk_off_record_is_shared(GTalkConnection *connection)
{
	return gtalk_off_record_find(connection)->phase == GTALK_OFF_RECORD_SHARED;
}

gboolean
gtalk_off_record_is_possible(GTalkConnection *connection)
{
	return gtalk_settings_get_boolean(connection, GTALK_SETTING_ARCHIVING, TRUE);
}

GTalkRecord
gtalk_off_record_get(GTalkConnection *connection, const char *jid)
{
	GTalkOffRecord *self = gtalk_off_record_find(connection);

	if (self->phase != GTALK_OFF_RECORD_OURS && self->phase != GTALK_OFF_RECORD_SHARED)
		return GTALK_RECORD_UNKNOWN;
	return gtalk_off_record_has(self, jid) ? GTALK_RECORD_OFF : GTALK_RECORD_ON;
}

/* ---- Asking the server ---------------------------------------------------------------------- */

static void
gtalk_off_record_set_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkOffRecord *self = gtalk_off_record_find(connection);
	GTalkOffRecordChange *change = user_data;

	g_queue_remove(&self->changes, change);
	if (gtalk_requests_is_result(reply)) {
		gtalk_off_record_change(self, change->jid, change->off_record,
		                        GTALK_OFF_RECORD_BY_US);
	} else {
		const char *condition = gtalk_requests_find_error(reply);

		gtalk_off_record_ui_show_refusal(connection, change->jid, change->off_record);
		purple_signal_emit(gtalk_connection_get_plugin(connection),
		                   GTALK_SIGNAL_OFF_RECORD_REFUSED,
		                   gtalk_connection_get_purple(connection), change->jid, condition,
		                   (guint)change->off_record);
	}
	gtalk_off_record_change_free(change);
}

static void
gtalk_off_record_ask(GTalkOffRecord *self, const char *jid, gboolean off_record)
{
	g_autofree char *own = gtalk_jid_dup_bare(gtalk_connection_get_bound_jid(self->connection));
	xmlnode *iq = gtalk_requests_new_iq("set", own);
	GTalkOffRecordChange *change = g_new0(GTalkOffRecordChange, 1);

	change->jid = gtalk_jid_dup_bare(jid);
	change->off_record = off_record;
	g_queue_push_tail(&self->changes, change);
	gtalk_off_record_build_set(iq, change->jid, off_record);
	gtalk_requests_send(self->connection, iq, gtalk_off_record_set_cb, change);
}

gboolean
gtalk_off_record_set(GTalkConnection *connection, const char *jid, gboolean off_record)
{
	GTalkOffRecord *self = gtalk_off_record_find(connection);

	switch (self->phase) {
	case GTALK_OFF_RECORD_SHARED:
		gtalk_off_record_ask(self, jid, off_record);
		return TRUE;
	case GTALK_OFF_RECORD_OURS:
		gtalk_off_record_change(self, jid, off_record, GTALK_OFF_RECORD_BY_US);
		return TRUE;
	default:
		return FALSE;
	}
}

/* ---- What the server says ------------------------------------------------------------------- */

static GTalkOffRecordBy
gtalk_off_record_find_by(GTalkOffRecord *self, const GTalkOffRecordItem *item)
{
	if (item->source == NULL)
		return GTALK_OFF_RECORD_BY_UNKNOWN;
	if (gtalk_connection_is_own_jid(self->connection, item->source))
		return GTALK_OFF_RECORD_BY_OWN;
	return gtalk_jid_equal_bare(item->source, item->jid) ? GTALK_OFF_RECORD_BY_CONTACT
	                                                     : GTALK_OFF_RECORD_BY_UNKNOWN;
}

static void
gtalk_off_record_tell_known(GTalkOffRecord *self)
{
	purple_signal_emit(gtalk_connection_get_plugin(self->connection),
	                   GTALK_SIGNAL_OFF_RECORD_KNOWN,
	                   gtalk_connection_get_purple(self->connection),
	                   (guint)(self->phase == GTALK_OFF_RECORD_SHARED));
}

static void
gtalk_off_record_list_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkOffRecord *self = gtalk_off_record_find(connection);
	g_autoptr(GPtrArray) items = NULL;

	if (!gtalk_requests_is_result(reply))
		purple_debug_warning("gtalk", "no list of who is off the record\n");
	self->phase = GTALK_OFF_RECORD_SHARED;
	items = gtalk_off_record_parse_items(
		gtalk_xml_find_child(reply, "query", GTALK_NS_GOOGLE_NOSAVE));
	for (guint i = 0; i < items->len; i++) {
		const GTalkOffRecordItem *item = g_ptr_array_index(items, i);

		gtalk_off_record_change(self, item->jid, item->record == GTALK_RECORD_OFF,
		                        GTALK_OFF_RECORD_LISTED);
	}
	gtalk_off_record_ui_show_all(connection);
	if (gtalk_requests_is_result(reply))
		gtalk_off_record_tell_known(self);
}

static void
gtalk_off_record_features_cb(PurpleConnection *gc, char **features, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkOffRecord *self = NULL;
	g_autofree char *own = NULL;
	xmlnode *iq = NULL;

	if (connection == NULL)
		return;
	self = gtalk_off_record_find(connection);
	if (!gtalk_discovery_has(connection, GTALK_FEATURE_OFF_RECORD)) {
		self->phase = GTALK_OFF_RECORD_OURS;
		gtalk_off_record_ui_show_all(connection);
		gtalk_off_record_tell_known(self);
		return;
	}
	self->phase = GTALK_OFF_RECORD_ASKED;
	g_clear_pointer(&self->contacts, g_hash_table_unref); /* what the host knew is no news */
	own = gtalk_jid_dup_bare(gtalk_connection_get_bound_jid(connection));
	iq = gtalk_requests_new_iq("get", own);
	gtalk_off_record_build_get(iq);
	gtalk_requests_send(connection, iq, gtalk_off_record_list_cb, NULL);
}

static gboolean
gtalk_off_record_is_changing(GTalkOffRecord *self, const char *jid)
{
	for (GList *l = self->changes.head; l != NULL; l = l->next) {
		const GTalkOffRecordChange *change = l->data;

		if (gtalk_jid_equal_bare(change->jid, jid))
			return TRUE;
	}
	return FALSE;
}

/* Some servers may echo a change to who made it, even before they answer. */
static gboolean
gtalk_off_record_is_echo(GTalkOffRecord *self, const GTalkOffRecordItem *item)
{
	return item->source != NULL &&
	       gtalk_connection_is_own_jid(self->connection, item->source) &&
	       gtalk_off_record_is_changing(self, item->jid);
}

static void
gtalk_off_record_take_push(GTalkOffRecord *self, const xmlnode *query)
{
	g_autoptr(GPtrArray) items = gtalk_off_record_parse_items(query);

	for (guint i = 0; i < items->len; i++) {
		const GTalkOffRecordItem *item = g_ptr_array_index(items, i);

		if (!gtalk_off_record_is_echo(self, item))
			gtalk_off_record_change(self, item->jid, item->record == GTALK_RECORD_OFF,
			                        gtalk_off_record_find_by(self, item));
	}
}

/* The mark of a message tells how it is with the pair at this moment, unless the own account has
 * nothing kept: then every message has the same one. */
static void
gtalk_off_record_take_mark(GTalkOffRecord *self, const char *jid, GTalkRecord record)
{
	gboolean nobody_is_off = self->contacts == NULL || g_hash_table_size(self->contacts) == 0;

	/* Nearly always it says what is known, and has to cost nothing then. */
	if (record == GTALK_RECORD_UNKNOWN || (record == GTALK_RECORD_ON && nobody_is_off))
		return;
	if (jid == NULL || self->phase != GTALK_OFF_RECORD_SHARED ||
	    !gtalk_off_record_is_possible(self->connection) ||
	    gtalk_connection_is_own_jid(self->connection, jid) ||
	    gtalk_off_record_is_changing(self, jid))
		return;
	gtalk_off_record_change(self, jid, record == GTALK_RECORD_OFF, GTALK_OFF_RECORD_BY_UNKNOWN);
}

void
gtalk_off_record_note_message(GTalkConnection *connection, const GTalkMessage *message)
{
	const char *other = message->direction == GTALK_MESSAGE_SENT ? message->to : message->from;

	if (message->time_us == 0 && !purple_strequal(message->type, "groupchat"))
		gtalk_off_record_take_mark(gtalk_off_record_find(connection), other,
		                           message->record);
}

/* What was kept for later, or comes from a room, says nothing about how it is now. */
static void
gtalk_off_record_take_message(GTalkOffRecord *self, const xmlnode *message)
{
	const char *type = gtalk_xml_get_attribute(message, "type");
	GTalkRecord mark;

	if (purple_strequal(type, "groupchat") || purple_strequal(type, "error"))
		return;
	mark = gtalk_off_record_find_mark(message);
	if (mark != GTALK_RECORD_UNKNOWN && !gtalk_message_is_delayed(message))
		gtalk_off_record_take_mark(self, gtalk_xml_get_attribute(message, "from"), mark);
}

static gboolean
gtalk_off_record_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkOffRecord *self = state;
	const xmlnode *query = NULL;

	if (self->phase != GTALK_OFF_RECORD_ASKED && self->phase != GTALK_OFF_RECORD_SHARED)
		return FALSE;
	if (gtalk_xml_is(*packet, "message", GTALK_NS_CLIENT)) {
		gtalk_off_record_take_message(self, *packet);
		return FALSE;
	}
	query = gtalk_requests_find_push(connection, *packet, "query", GTALK_NS_GOOGLE_NOSAVE);
	if (query == NULL)
		return FALSE;
	gtalk_requests_answer(connection, *packet);
	gtalk_off_record_take_push(self, query);
	return TRUE;
}

/* ---- Without a server that knows of it ------------------------------------------------------ */

static void
gtalk_off_record_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	GTalkOffRecord *self = state;
	const char *type = NULL;
	const char *to = NULL;

	if (!gtalk_off_record_is_ours(self) || !gtalk_xml_is(packet, "message", GTALK_NS_CLIENT))
		return;
	type = xmlnode_get_attrib(packet, "type");
	to = xmlnode_get_attrib(packet, "to");
	if (to != NULL && !purple_strequal(type, "groupchat") && !purple_strequal(type, "error") &&
	    gtalk_off_record_has(self, to))
		gtalk_off_record_add_hint(packet);
}

/* ---- The unit ------------------------------------------------------------------------------- */

/* GTALK_OPTION_OFF_RECORD */
static void
gtalk_off_record_load_option(GTalkOffRecord *self)
{
	const char *option = purple_account_get_string(
		gtalk_connection_get_account(self->connection), GTALK_OPTION_OFF_RECORD, "");
	g_auto(GStrv) lines = g_strsplit(option, "\n", GTALK_OFF_RECORD_CONTACTS_MAX);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_autofree char *bare = gtalk_jid_dup_bare(lines[i]);

		if (*bare != '\0')
			gtalk_off_record_store(self, bare, TRUE);
	}
}

static gpointer
gtalk_off_record_attach(GTalkConnection *connection)
{
	GTalkOffRecord *self = g_new0(GTalkOffRecord, 1);

	self->connection = connection;
	g_queue_init(&self->changes);
	gtalk_off_record_load_option(self);
	return self;
}

static void
gtalk_off_record_detach(GTalkConnection *connection, gpointer state)
{
	GTalkOffRecord *self = state;

	g_queue_clear_full(&self->changes, (GDestroyNotify)gtalk_off_record_change_free);
	g_clear_pointer(&self->contacts, g_hash_table_unref);
	g_free(self);
}

/* GTALK_IPC_SET_OFF_RECORD */
static gboolean
gtalk_off_record_ipc_set(PurpleConnection *gc, const char *jid, guint off_record)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	return connection != NULL && jid != NULL &&
	       gtalk_off_record_set(connection, jid, off_record != 0);
}

/* GTALK_IPC_GET_RECORD */
static int
gtalk_off_record_ipc_get(PurpleConnection *gc, const char *jid)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	return connection != NULL && jid != NULL ? (int)gtalk_off_record_get(connection, jid)
	                                         : (int)GTALK_RECORD_UNKNOWN;
}

static void
gtalk_off_record_load_signals(PurplePlugin *plugin)
{
	purple_signal_register(
		plugin, GTALK_SIGNAL_OFF_RECORD, purple_marshal_VOID__POINTER_POINTER_UINT_UINT,
		NULL, 4, purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
		purple_value_new(PURPLE_TYPE_STRING), purple_value_new(PURPLE_TYPE_UINT),
		purple_value_new(PURPLE_TYPE_UINT));
	purple_signal_register(plugin, GTALK_SIGNAL_OFF_RECORD_REFUSED,
	                       purple_marshal_VOID__POINTER_POINTER_POINTER_UINT, NULL, 4,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_STRING),
	                       purple_value_new(PURPLE_TYPE_STRING),
	                       purple_value_new(PURPLE_TYPE_UINT));
	purple_signal_register(plugin, GTALK_SIGNAL_OFF_RECORD_KNOWN,
	                       purple_marshal_VOID__POINTER_UINT, NULL, 2,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_UINT));
	purple_signal_connect(plugin, GTALK_SIGNAL_FEATURES, plugin,
	                      PURPLE_CALLBACK(gtalk_off_record_features_cb), NULL);
}

static void
gtalk_off_record_load(PurplePlugin *plugin)
{
	gtalk_off_record_load_signals(plugin);
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_SET_OFF_RECORD, PURPLE_CALLBACK(gtalk_off_record_ipc_set),
		purple_marshal_BOOLEAN__POINTER_POINTER_UINT, purple_value_new(PURPLE_TYPE_BOOLEAN),
		3, purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
		purple_value_new(PURPLE_TYPE_STRING), purple_value_new(PURPLE_TYPE_UINT));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_GET_RECORD, PURPLE_CALLBACK(gtalk_off_record_ipc_get),
		purple_marshal_INT__POINTER_POINTER, purple_value_new(PURPLE_TYPE_INT), 2,
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
		purple_value_new(PURPLE_TYPE_STRING));
	gtalk_off_record_ui_load();
}

const GTalkUnit gtalk_off_record_unit = {
	.name = "off-record",
	.load = gtalk_off_record_load,
	.attach = gtalk_off_record_attach,
	.detach = gtalk_off_record_detach,
	.receives = GTALK_ARRIVES_MESSAGE | GTALK_ARRIVES_IQ,
	.receiving = gtalk_off_record_receiving,
	.sending = gtalk_off_record_sending,
	.conversation_created = gtalk_off_record_ui_conversation_created,
	.node_menu = gtalk_off_record_ui_node_menu,
};
