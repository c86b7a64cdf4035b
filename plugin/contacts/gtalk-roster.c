/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-roster.h"

#include "core/gtalk-discovery.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-xml.h"
#include "gtalk-roster-change.h"
#include "gtalk-roster-menu.h"
#include "gtalk-roster-stanza.h"

#define GTALK_NS_BLOCKING "urn:xmpp:blocking"

#define GTALK_ROSTER_MAX 20000 /* entries that are kept; an address book, and an end */

/* Settings of a buddy list node: Pidgin's own, and that we made it. */
#define GTALK_ROSTER_NODE_SHOW_OFFLINE "show_offline"
#define GTALK_ROSTER_NODE_PINNED "googletalk-pinned"

typedef struct {
	GTalkConnection *connection;
	char *request_id;     /* of the inherited protocol's roster get, until its answer */
	GHashTable *contacts; /* normalized JID -> GTalkRosterContact, NULL while there are none */
	guint pin_id;         /* source, 0 if none */
} GTalkRoster;

static gpointer
gtalk_roster_attach(GTalkConnection *connection)
{
	GTalkRoster *self = g_new0(GTalkRoster, 1);

	self->connection = connection;
	return self;
}

static void
gtalk_roster_detach(GTalkConnection *connection, gpointer state)
{
	GTalkRoster *self = state;

	if (self->pin_id != 0)
		purple_timeout_remove(self->pin_id);
	g_free(self->request_id);
	g_clear_pointer(&self->contacts, g_hash_table_unref);
	g_free(self);
}

/* ---- What is known -------------------------------------------------------------------------- */

static const char *
gtalk_roster_normalize(GTalkConnection *connection, const char *jid)
{
	return purple_normalize(gtalk_connection_get_account(connection), jid);
}

const GTalkRosterContact *
gtalk_roster_find(GTalkConnection *connection, const char *jid)
{
	GTalkRoster *self = gtalk_connection_get_state(connection, &gtalk_roster_unit);

	if (self == NULL || self->contacts == NULL || jid == NULL)
		return NULL;
	return g_hash_table_lookup(self->contacts, gtalk_roster_normalize(connection, jid));
}

GList *
gtalk_roster_list(GTalkConnection *connection)
{
	GTalkRoster *self = gtalk_connection_get_state(connection, &gtalk_roster_unit);

	return self != NULL && self->contacts != NULL ? g_hash_table_get_values(self->contacts)
	                                              : NULL;
}

gboolean
gtalk_roster_is_kind(GTalkConnection *connection, const char *jid, GTalkRosterKind kind)
{
	const GTalkRosterContact *contact = gtalk_roster_find(connection, jid);

	return contact != NULL ? contact->kind == kind : kind == GTALK_ROSTER_NORMAL;
}

/* ---- What follows from it ------------------------------------------------------------------- */

static void
gtalk_roster_mark_pinned(PurpleBuddy *buddy, gboolean pinned)
{
	PurpleBlistNode *node = PURPLE_BLIST_NODE(buddy);

	if (purple_blist_node_get_bool(node, GTALK_ROSTER_NODE_PINNED) == pinned)
		return;
	if (pinned) {
		purple_blist_node_set_bool(node, GTALK_ROSTER_NODE_PINNED, TRUE);
		purple_blist_node_set_bool(node, GTALK_ROSTER_NODE_SHOW_OFFLINE, TRUE);
	} else {
		purple_blist_node_remove_setting(node, GTALK_ROSTER_NODE_PINNED);
		purple_blist_node_remove_setting(node, GTALK_ROSTER_NODE_SHOW_OFFLINE);
	}
}

static gboolean
gtalk_roster_pin_cb(gpointer user_data)
{
	GTalkRoster *self = user_data;
	PurpleAccount *account = gtalk_connection_get_account(self->connection);
	GSList *buddies = purple_find_buddies(account, NULL);

	self->pin_id = 0;
	for (GSList *l = buddies; l != NULL; l = l->next)
		gtalk_roster_mark_pinned(l->data,
		                         gtalk_roster_is_kind(self->connection,
		                                              purple_buddy_get_name(l->data),
		                                              GTALK_ROSTER_PINNED));
	g_slist_free(buddies);
	return G_SOURCE_REMOVE;
}

/* The buddies may not be on the list before the inherited protocol has seen what we see now. */
static void
gtalk_roster_schedule_pin(GTalkRoster *self)
{
	if (self->pin_id == 0)
		self->pin_id = purple_timeout_add(0, gtalk_roster_pin_cb, self);
}

static void
gtalk_roster_follow_pinned(GTalkRoster *self, const GTalkRosterContact *contact)
{
	if (contact->kind == GTALK_ROSTER_PINNED ||
	    gtalk_roster_is_kind(self->connection, contact->jid, GTALK_ROSTER_PINNED))
		gtalk_roster_schedule_pin(self);
}

/* The inherited protocol does the same for contacts, but forgets that a list of the denied counts
 * only where the account denies by list. */
static void
gtalk_roster_follow_blocked(GTalkConnection *connection, const GTalkRosterContact *contact)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);

	if (contact->kind == GTALK_ROSTER_BLOCKED) {
		purple_privacy_deny_add(account, contact->jid, TRUE);
		if (purple_account_get_privacy_type(account) == PURPLE_PRIVACY_ALLOW_ALL)
			purple_account_set_privacy_type(account, PURPLE_PRIVACY_DENY_USERS);
	} else if (gtalk_roster_is_kind(connection, contact->jid, GTALK_ROSTER_BLOCKED)) {
		purple_privacy_deny_remove(account, contact->jid, TRUE);
	}
}

static void
gtalk_roster_keep(GTalkConnection *connection, GTalkRoster *self, GTalkRosterContact *contact)
{
	const char *key = gtalk_roster_normalize(connection, contact->jid);
	gboolean is_removed = purple_strequal(contact->subscription, "remove");

	if (!is_removed && (gtalk_roster_contact_is_stranger(contact) ||
	                    gtalk_roster_contact_is_extended(contact))) {
		if (self->contacts == NULL)
			self->contacts =
				g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
			                              (GDestroyNotify)gtalk_roster_contact_free);
		if (g_hash_table_size(self->contacts) >= GTALK_ROSTER_MAX &&
		    !g_hash_table_contains(self->contacts, key)) {
			gtalk_roster_contact_free(contact);
			return;
		}
		g_hash_table_replace(self->contacts, g_strdup(key), contact);
		purple_signal_emit(gtalk_connection_get_plugin(connection),
		                   GTALK_SIGNAL_ROSTER_CONTACT,
		                   gtalk_connection_get_purple(connection), contact);
		return;
	}
	if (self->contacts != NULL && g_hash_table_remove(self->contacts, key))
		purple_signal_emit(gtalk_connection_get_plugin(connection),
		                   GTALK_SIGNAL_ROSTER_CONTACT,
		                   gtalk_connection_get_purple(connection), contact);
	gtalk_roster_contact_free(contact);
}

/* ---- Receiving ------------------------------------------------------------------------------ */

/* Those below know no difference between a contact and an entry of the address book, and someone
 * who is to stay hidden had better not be there at all. An entry that loses its subscription for a
 * moment (new ones do, time and again) stays where it is: the inherited protocol ignores it then,
 * and it is left out for everybody if it is in no group. */
static void
gtalk_roster_take_item(GTalkConnection *connection, GTalkRoster *self, xmlnode *item)
{
	GTalkRosterContact *contact = gtalk_roster_stanza_parse_item(item);

	if (contact == NULL)
		return;
	gtalk_roster_follow_blocked(connection, contact);
	gtalk_roster_follow_pinned(self, contact);
	if (gtalk_roster_contact_is_stranger(contact))
		xmlnode_free(item);
	else if (contact->kind == GTALK_ROSTER_HIDDEN)
		xmlnode_set_attrib(item, "subscription", "remove");
	gtalk_roster_keep(connection, self, contact);
}

static void
gtalk_roster_take_items(GTalkConnection *connection, GTalkRoster *self, xmlnode *query)
{
	xmlnode *item = gtalk_xml_find_child(query, "item", GTALK_NS_ROSTER);

	while (item != NULL) {
		xmlnode *next = gtalk_xml_find_next(item, "item", GTALK_NS_ROSTER);

		gtalk_roster_take_item(connection, self, item);
		item = next;
	}
}

static void
gtalk_roster_take(GTalkConnection *connection, GTalkRoster *self, const xmlnode *iq, xmlnode *query)
{
	if (gtalk_requests_is_result(iq)) {
		if (self->request_id == NULL ||
		    !purple_strequal(xmlnode_get_attrib(iq, "id"), self->request_id))
			return;
		g_clear_pointer(&self->request_id, g_free);
		gtalk_roster_schedule_pin(self);
		g_clear_pointer(&self->contacts, g_hash_table_unref);
	}
	gtalk_roster_take_items(connection, self, query);
}

/* The inherited protocol takes the answer to XEP-0191's question for all who are blocked. */
static void
gtalk_roster_complete_blocklist(GTalkRoster *self, xmlnode *blocklist)
{
	GHashTableIter iter;
	gpointer value = NULL;

	g_hash_table_iter_init(&iter, self->contacts);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const GTalkRosterContact *contact = value;

		if (contact->kind == GTALK_ROSTER_BLOCKED)
			xmlnode_set_attrib(
				gtalk_xml_add_child(blocklist, "item", GTALK_NS_BLOCKING), "jid",
				contact->jid);
	}
}

static gboolean
gtalk_roster_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkRoster *self = state;
	xmlnode *query = NULL;
	xmlnode *blocklist = NULL;

	query = gtalk_roster_stanza_find_query(*packet);
	if (query == NULL && self->contacts != NULL && gtalk_requests_is_result(*packet))
		blocklist = gtalk_xml_find_child(*packet, "blocklist", GTALK_NS_BLOCKING);
	if ((query == NULL && blocklist == NULL) ||
	    !gtalk_discovery_has(connection, GTALK_FEATURE_ROSTER) ||
	    !gtalk_connection_is_own_jid(connection, xmlnode_get_attrib(*packet, "from")))
		return FALSE;
	if (query != NULL)
		gtalk_roster_take(connection, self, *packet, query);
	else
		gtalk_roster_complete_blocklist(self, blocklist);
	return FALSE;
}

/* ---- Sending -------------------------------------------------------------------------------- */

/* What a set by somebody else has to keep, who need not know of it: a contact stays pinned, and
 * blocked unless the account does not deny it any more. A hidden one that is set is one that the
 * user has just added again. */
static GTalkRosterKind
gtalk_roster_get_lasting_kind(GTalkConnection *connection, const char *jid)
{
	const GTalkRosterContact *contact = gtalk_roster_find(connection, jid);

	if (contact == NULL || contact->kind == GTALK_ROSTER_HIDDEN)
		return GTALK_ROSTER_NORMAL;
	if (contact->kind == GTALK_ROSTER_BLOCKED &&
	    !gtalk_roster_change_is_denied(gtalk_connection_get_account(connection), jid))
		return GTALK_ROSTER_NORMAL;
	return contact->kind;
}

static void
gtalk_roster_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	GTalkRoster *self = state;
	xmlnode *query = NULL;
	xmlnode *item = NULL;
	const char *jid = NULL;

	if (!gtalk_xml_is(packet, "iq", GTALK_NS_CLIENT) ||
	    !gtalk_discovery_has(connection, GTALK_FEATURE_ROSTER))
		return;
	query = gtalk_xml_find_child(packet, "query", GTALK_NS_ROSTER);
	if (query == NULL)
		return;
	if (purple_strequal(xmlnode_get_attrib(packet, "type"), "get")) {
		g_free(self->request_id);
		self->request_id = g_strdup(xmlnode_get_attrib(packet, "id"));
		return;
	}
	item = xmlnode_get_child(query, "item");
	jid = item != NULL ? xmlnode_get_attrib(item, "jid") : NULL;
	if (jid == NULL || gtalk_roster_change_is_sending(connection) ||
	    purple_strequal(xmlnode_get_attrib(item, "subscription"), "remove"))
		return;
	gtalk_roster_stanza_mark(item, gtalk_roster_get_lasting_kind(connection, jid));
}

/* ---- The plugin ----------------------------------------------------------------------------- */

static const GTalkRosterContact *
gtalk_roster_ipc_find(PurpleConnection *gc, const char *jid)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	return connection != NULL ? gtalk_roster_find(connection, jid) : NULL;
}

static GList *
gtalk_roster_ipc_list(PurpleConnection *gc)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	return connection != NULL ? gtalk_roster_list(connection) : NULL;
}

static gboolean
gtalk_roster_ipc_set_kind(PurpleConnection *gc, const char *jid, guint kind)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	if (connection == NULL || jid == NULL || *jid == '\0' || kind > GTALK_ROSTER_PINNED)
		return FALSE;
	return gtalk_roster_change_kind(connection, jid, kind);
}

static void
gtalk_roster_load_ipc(PurplePlugin *plugin)
{
	PurpleValue *of_connection =
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION);

	purple_plugin_ipc_register(plugin, GTALK_IPC_ROSTER_LIST,
	                           PURPLE_CALLBACK(gtalk_roster_ipc_list),
	                           purple_marshal_POINTER__POINTER,
	                           purple_value_new(PURPLE_TYPE_POINTER), 1, of_connection);
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_ROSTER_FIND, PURPLE_CALLBACK(gtalk_roster_ipc_find),
		purple_marshal_POINTER__POINTER_POINTER, purple_value_new(PURPLE_TYPE_POINTER), 2,
		purple_value_dup(of_connection), purple_value_new(PURPLE_TYPE_STRING));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_ROSTER_SET_KIND, PURPLE_CALLBACK(gtalk_roster_ipc_set_kind),
		purple_marshal_BOOLEAN__POINTER_POINTER_UINT, purple_value_new(PURPLE_TYPE_BOOLEAN),
		3, purple_value_dup(of_connection), purple_value_new(PURPLE_TYPE_STRING),
		purple_value_new(PURPLE_TYPE_UINT));
}

static void
gtalk_roster_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_ROSTER_CONTACT,
	                       purple_marshal_VOID__POINTER_POINTER, NULL, 2,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_POINTER));
	gtalk_roster_load_ipc(plugin);
}

const GTalkUnit gtalk_roster_unit = {
	.name = "roster",
	.load = gtalk_roster_load,
	.attach = gtalk_roster_attach,
	.detach = gtalk_roster_detach,
	.receives = GTALK_ARRIVES_IQ,
	.receiving = gtalk_roster_receiving,
	.sending = gtalk_roster_sending,
	.account_actions = gtalk_roster_menu_account_actions,
	.node_menu = gtalk_roster_menu_node,
};
