/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-connection.h"

#include "gtalk-commands.h"
#include "gtalk-jid.h"
#include "gtalk-units.h"
#include "gtalk-xml.h"

/* What the inherited protocol says last; it may still go out after a failure. */
#define GTALK_STREAM_END "</stream:stream>"

/* The units lie among the plugin's other tables, 8 KiB in all, aligned to 32 bytes: hardly two of
 * them share a hint. */
#define GTALK_CONNECTION_HINTS 256
#define GTALK_CONNECTION_HINT_BYTES 32

struct _GTalkConnection {
	PurpleConnection *gc; /* borrowed: it outlives us */
	GTalkPurpose purpose;
	char *bound_jid;
	guint64 id_prefix; /* random, so that ids of two streams do not meet */
	guint next_id;
	gboolean failed;
	guint n_attached; /* how many units of the table, from the top, are attached */
	gpointer states[];
};

/* All connections of ours by their PurpleConnection, from load to unload. libpurple has one core,
 * one plugin table and one thread in a process, and its IPC calls come without a context, so this
 * and the next are the variables of that kind. */
static GHashTable *gtalk_connections = NULL;

/* Where in the table of units one of about this address was found the last time. */
static guint8 gtalk_connection_hints[GTALK_CONNECTION_HINTS];

GTalkConnection *
gtalk_connection_find(PurpleConnection *gc)
{
	return gtalk_connections != NULL ? g_hash_table_lookup(gtalk_connections, gc) : NULL;
}

PurpleConnection *
gtalk_connection_get_purple(GTalkConnection *connection)
{
	return connection->gc;
}

PurpleAccount *
gtalk_connection_get_account(GTalkConnection *connection)
{
	return purple_connection_get_account(connection->gc);
}

PurplePlugin *
gtalk_connection_get_plugin(GTalkConnection *connection)
{
	return purple_connection_get_prpl(connection->gc);
}

GTalkPurpose
gtalk_connection_get_purpose(GTalkConnection *connection)
{
	return connection->purpose;
}

/* Asked several times for each stanza, so the hint is tried first. */
gpointer
gtalk_connection_get_state(GTalkConnection *connection, const GTalkUnit *unit)
{
	gsize address = (gsize)unit / GTALK_CONNECTION_HINT_BYTES;
	guint8 *hint = &gtalk_connection_hints[address % GTALK_CONNECTION_HINTS];

	if (*hint < connection->n_attached && gtalk_units[*hint] == unit)
		return connection->states[*hint];
	for (guint i = 0; i < connection->n_attached; i++) {
		if (gtalk_units[i] == unit) {
			*hint = (guint8)i;
			return connection->states[i];
		}
	}
	return NULL;
}

const char *
gtalk_connection_get_bound_jid(GTalkConnection *connection)
{
	return connection->bound_jid;
}

void
gtalk_connection_set_bound_jid(GTalkConnection *connection, const char *full_jid)
{
	char *old = connection->bound_jid;

	connection->bound_jid = g_strdup(full_jid);
	g_free(old); /* full_jid may lie in it */
}

gboolean
gtalk_connection_is_own_jid(GTalkConnection *connection, const char *jid)
{
	if (connection->bound_jid == NULL)
		return FALSE;
	return jid == NULL || gtalk_jid_equal_bare(jid, connection->bound_jid);
}

char *
gtalk_connection_dup_next_id(GTalkConnection *connection)
{
	return g_strdup_printf("gtalk%" G_GINT64_MODIFIER "x-%u", connection->id_prefix,
	                       ++connection->next_id);
}

void
gtalk_connection_send(GTalkConnection *connection, xmlnode *packet)
{
	xmlnode *sent = packet;

	purple_signal_emit(gtalk_connection_get_plugin(connection), "jabber-sending-xmlnode",
	                   connection->gc, &sent);
	xmlnode_free(packet);
}

void
gtalk_connection_fail(GTalkConnection *connection, PurpleConnectionError reason, const char *text)
{
	if (connection->failed)
		return;
	connection->failed = TRUE;
	purple_connection_error_reason(connection->gc, reason, text);
}

void
gtalk_connection_abandon(GTalkConnection *connection)
{
	connection->failed = TRUE;
}

gboolean
gtalk_connection_has_failed(GTalkConnection *connection)
{
	return connection->failed;
}

void
gtalk_connection_establish(GTalkConnection *connection)
{
	for (guint i = 0; i < connection->n_attached; i++) {
		if (gtalk_units[i]->established != NULL)
			gtalk_units[i]->established(connection, connection->states[i]);
	}
}

GList *
gtalk_connection_collect_account_actions(GTalkConnection *connection)
{
	GList *actions = NULL;

	/* What is nearer to the user comes first. */
	for (guint i = 0; i < connection->n_attached; i++) {
		const GTalkUnit *unit = gtalk_units[i];

		if (unit->account_actions != NULL)
			actions = g_list_concat(
				unit->account_actions(connection, connection->states[i]), actions);
	}
	return actions;
}

GList *
gtalk_connection_collect_node_menu(GTalkConnection *connection, PurpleBlistNode *node)
{
	GList *entries = NULL;

	for (guint i = 0; i < connection->n_attached; i++) {
		const GTalkUnit *unit = gtalk_units[i];

		if (unit->node_menu != NULL)
			entries = g_list_concat(
				unit->node_menu(connection, connection->states[i], node), entries);
	}
	return entries;
}

static GTalkArrivals
gtalk_connection_classify(const xmlnode *packet)
{
	if (gtalk_xml_is(packet, "message", GTALK_NS_CLIENT))
		return GTALK_ARRIVES_MESSAGE;
	if (gtalk_xml_is(packet, "presence", GTALK_NS_CLIENT))
		return GTALK_ARRIVES_PRESENCE;
	if (gtalk_xml_is(packet, "iq", GTALK_NS_CLIENT))
		return GTALK_ARRIVES_IQ;
	return GTALK_ARRIVES_OTHER;
}

static gboolean
gtalk_connection_receive(GTalkConnection *connection, xmlnode **packet)
{
	GTalkArrivals kind = gtalk_connection_classify(*packet);

	for (guint i = 0; i < connection->n_attached; i++) {
		const GTalkUnit *unit = gtalk_units[i];
		const xmlnode *before = *packet;

		if ((unit->receives & kind) == 0)
			continue;
		if (unit->receiving(connection, connection->states[i], packet) ||
		    connection->failed)
			return TRUE;
		if (*packet != before)
			kind = gtalk_connection_classify(*packet);
	}
	return FALSE;
}

static void
gtalk_connection_receiving_cb(PurpleConnection *gc, xmlnode **packet, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	if (connection == NULL || *packet == NULL)
		return;
	if (connection->failed || gtalk_connection_receive(connection, packet))
		g_clear_pointer(packet, xmlnode_free);
}

static void
gtalk_connection_sending_cb(PurpleConnection *gc, xmlnode **packet, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	if (connection == NULL || *packet == NULL)
		return;
	for (guint i = connection->n_attached; i > 0 && !connection->failed; i--) {
		const GTalkUnit *unit = gtalk_units[i - 1];

		if (unit->sending != NULL)
			unit->sending(connection, connection->states[i - 1], *packet);
	}
}

static void
gtalk_connection_sent_cb(PurpleConnection *gc, xmlnode **packet, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	if (connection == NULL || *packet == NULL)
		return;
	for (guint i = 0; i < connection->n_attached; i++) {
		if (gtalk_units[i]->sent != NULL)
			gtalk_units[i]->sent(connection, connection->states[i], *packet);
	}
}

static gboolean
gtalk_connection_may_send_text(GTalkConnection *connection, const char *text)
{
	for (guint i = connection->n_attached; i > 0 && !connection->failed; i--) {
		const GTalkUnit *unit = gtalk_units[i - 1];

		if (unit->sending_text != NULL &&
		    !unit->sending_text(connection, connection->states[i - 1], text))
			return FALSE;
	}
	return !connection->failed || purple_strequal(text, GTALK_STREAM_END);
}

static void
gtalk_connection_signed_on_cb(PurpleConnection *gc, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	for (guint i = 0; connection != NULL && i < connection->n_attached; i++) {
		if (gtalk_units[i]->signed_on != NULL)
			gtalk_units[i]->signed_on(connection, connection->states[i]);
	}
}

static void
gtalk_connection_conversation_created_cb(PurpleConversation *conversation, gpointer user_data)
{
	GTalkConnection *connection =
		gtalk_connection_find(purple_conversation_get_gc(conversation));

	if (connection == NULL || purple_conversation_get_type(conversation) != PURPLE_CONV_TYPE_IM)
		return;
	for (guint i = 0; i < connection->n_attached; i++) {
		if (gtalk_units[i]->conversation_created != NULL)
			gtalk_units[i]->conversation_created(connection, connection->states[i],
			                                     conversation);
	}
}

/* While there are connections, once for all of them; not when the plugin is loaded: at the start of
 * the program these signals come later. */
static void
gtalk_connections_watch(PurplePlugin *plugin)
{
	purple_signal_connect(purple_connections_get_handle(), "signed-on", plugin,
	                      PURPLE_CALLBACK(gtalk_connection_signed_on_cb), NULL);
	purple_signal_connect(purple_conversations_get_handle(), "conversation-created", plugin,
	                      PURPLE_CALLBACK(gtalk_connection_conversation_created_cb), NULL);
}

static void
gtalk_connections_unwatch(PurplePlugin *plugin)
{
	purple_signal_disconnect(purple_connections_get_handle(), "signed-on", plugin,
	                         PURPLE_CALLBACK(gtalk_connection_signed_on_cb));
	purple_signal_disconnect(purple_conversations_get_handle(), "conversation-created", plugin,
	                         PURPLE_CALLBACK(gtalk_connection_conversation_created_cb));
}

/* The writer takes a text that has become NULL as sent; see the signal's documentation. */
static void
gtalk_connection_sending_text_cb(PurpleConnection *gc, char **text, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	if (connection == NULL || *text == NULL)
		return;
	if (!gtalk_connection_may_send_text(connection, *text))
		*text = NULL;
}

void
gtalk_connections_load(PurplePlugin *plugin)
{
	g_return_if_fail(gtalk_connections == NULL);

	gtalk_connections = g_hash_table_new(NULL, NULL);
	for (guint i = 0; gtalk_units[i] != NULL; i++) {
		if (gtalk_units[i]->load != NULL)
			gtalk_units[i]->load(plugin);
	}
	/* First to see what comes in; last but the inherited writer to see what goes out, so that
	 * what other plugins change in it is seen as well; and right behind that writer. */
	purple_signal_connect_priority(plugin, "jabber-receiving-xmlnode", plugin,
	                               PURPLE_CALLBACK(gtalk_connection_receiving_cb), NULL,
	                               PURPLE_SIGNAL_PRIORITY_LOWEST);
	purple_signal_connect_priority(plugin, "jabber-sending-xmlnode", plugin,
	                               PURPLE_CALLBACK(gtalk_connection_sending_cb), NULL,
	                               PURPLE_SIGNAL_PRIORITY_HIGHEST - 1);
	purple_signal_connect_priority(plugin, "jabber-sending-xmlnode", plugin,
	                               PURPLE_CALLBACK(gtalk_connection_sent_cb), NULL,
	                               PURPLE_SIGNAL_PRIORITY_HIGHEST + 1);
	purple_signal_connect_priority(plugin, "jabber-sending-text", plugin,
	                               PURPLE_CALLBACK(gtalk_connection_sending_text_cb), NULL,
	                               PURPLE_SIGNAL_PRIORITY_HIGHEST);
}

void
gtalk_connections_unload(PurplePlugin *plugin)
{
	g_return_if_fail(g_hash_table_size(gtalk_connections) == 0);

	for (guint i = 0; gtalk_units[i] != NULL; i++) {
		if (gtalk_units[i]->unload != NULL)
			gtalk_units[i]->unload(plugin);
	}
	gtalk_commands_remove_all();
	g_clear_pointer(&gtalk_connections, g_hash_table_unref);
}

static guint
gtalk_connection_count_units(void)
{
	guint n = 0;

	while (gtalk_units[n] != NULL)
		n++;
	return n;
}

GTalkConnection *
gtalk_connection_attach(PurpleConnection *gc, GTalkPurpose purpose)
{
	guint n_units = gtalk_connection_count_units();
	GTalkConnection *connection =
		g_malloc0(sizeof(GTalkConnection) + n_units * sizeof(gpointer));

	connection->gc = gc;
	connection->purpose = purpose;
	connection->id_prefix = ((guint64)g_random_int() << 32) | g_random_int();
	if (g_hash_table_size(gtalk_connections) == 0)
		gtalk_connections_watch(purple_connection_get_prpl(gc));
	g_hash_table_insert(gtalk_connections, gc, connection);
	for (guint i = 0; i < n_units; i++) {
		if (gtalk_units[i]->attach != NULL)
			connection->states[i] = gtalk_units[i]->attach(connection);
		connection->n_attached = i + 1;
	}
	return connection;
}

void
gtalk_connection_detach(GTalkConnection *connection)
{
	while (connection->n_attached > 0) {
		guint i = --connection->n_attached;

		if (gtalk_units[i]->detach != NULL)
			gtalk_units[i]->detach(connection, connection->states[i]);
	}
	g_hash_table_remove(gtalk_connections, connection->gc);
	if (g_hash_table_size(gtalk_connections) == 0)
		gtalk_connections_unwatch(gtalk_connection_get_plugin(connection));
	g_free(connection->bound_jid);
	g_free(connection);
}
