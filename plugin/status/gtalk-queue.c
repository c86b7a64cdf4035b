/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-queue.h"

#include <string.h>

#include "core/gtalk-discovery.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-parent.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-xml.h"
#include "gtalk-kept-presence.h"
#include "gtalk.h"

typedef struct {
	gboolean is_ready; /* what the server can do is known */
	gboolean has_client_state;
	gboolean is_refused; /* the server announces its queue and does not let us have it */
	gboolean is_idle;
	gboolean is_asked;
	GTalkQueue mode;
	GTalkKeptPresence *kept; /* NULL until something had to be kept here */
	GHashTable *turns; /* likewise; id of a ping -> whose presence its answer makes way for,
	                      "" for anybody's */
} GTalkQueueState;

static GTalkQueueState *
gtalk_queue_find(GTalkConnection *connection)
{
	return gtalk_connection_get_state(connection, &gtalk_queue_unit);
}

/* ---- Kept here ------------------------------------------------------------------------------ */

/* The inherited protocol takes nothing in but what comes from the server. So what waits here takes
 * the place of answers to pings, one for each; they come at once and in order. */
static void
gtalk_queue_ask_turn(GTalkConnection *connection, GTalkQueueState *self, const char *jid)
{
	g_autofree char *domain = gtalk_jid_dup_domain(gtalk_connection_get_bound_jid(connection));
	char *id = gtalk_connection_dup_next_id(connection);
	xmlnode *iq = gtalk_requests_new_iq("get", domain);

	xmlnode_set_attrib(iq, "id", id);
	gtalk_xml_add_child(iq, "ping", GTALK_NS_PING);
	g_hash_table_insert(self->turns, id, g_strdup(jid));
	gtalk_connection_send(connection, iq);
}

static void
gtalk_queue_flush(GTalkConnection *connection, GTalkQueueState *self)
{
	guint n = self->kept != NULL ? gtalk_kept_presence_get_size(self->kept) : 0;

	for (guint i = 0; i < n; i++)
		gtalk_queue_ask_turn(connection, self, "");
}

static void
gtalk_queue_ensure_kept(GTalkQueueState *self)
{
	if (self->kept != NULL)
		return;
	self->kept = gtalk_kept_presence_new();
	self->turns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static gboolean
gtalk_queue_is_others(GTalkConnection *connection, const xmlnode *packet)
{
	return !gtalk_connection_is_own_jid(connection, xmlnode_get_attrib(packet, "from"));
}

static gboolean
gtalk_queue_keep(GTalkConnection *connection, GTalkQueueState *self, const xmlnode *packet)
{
	if (!gtalk_kept_presence_is_news(packet) || !gtalk_queue_is_others(connection, packet))
		return FALSE;
	gtalk_queue_ensure_kept(self);
	gtalk_kept_presence_put(self->kept, packet);
	if (gtalk_kept_presence_get_size(self->kept) >= GTALK_KEPT_PRESENCE_MAX &&
	    g_hash_table_size(self->turns) == 0)
		gtalk_queue_flush(connection, self);
	return TRUE;
}

/* Nothing is held back any more, but what was has not had its turn yet: what is newer takes the
 * place of it, lest the older one come last. */
static gboolean
gtalk_queue_overtake(GTalkQueueState *self, const xmlnode *packet)
{
	if (self->kept == NULL || !gtalk_kept_presence_is_news(packet) ||
	    !gtalk_kept_presence_has(self->kept, xmlnode_get_attrib(packet, "from")))
		return FALSE;
	gtalk_kept_presence_put(self->kept, packet);
	return TRUE;
}

/* The presence of who writes comes with the message. */
static void
gtalk_queue_see_message(GTalkConnection *connection, GTalkQueueState *self, const xmlnode *packet)
{
	const char *from = xmlnode_get_attrib(packet, "from");

	if (from != NULL && strcmp(packet->name, "message") == 0 &&
	    gtalk_kept_presence_has_contact(self->kept, from))
		gtalk_queue_ask_turn(connection, self, from);
}

/* Whether @packet was the answer to a ping; what waited takes its place. */
static gboolean
gtalk_queue_take_turn(GTalkQueueState *self, xmlnode **packet)
{
	const char *id = xmlnode_get_attrib(*packet, "id");
	const char *jid = NULL;
	xmlnode *presence = NULL;

	if (id == NULL || strcmp((*packet)->name, "iq") != 0)
		return FALSE;
	jid = g_hash_table_lookup(self->turns, id);
	if (jid == NULL)
		return FALSE;
	presence = gtalk_kept_presence_take(self->kept, *jid != '\0' ? jid : NULL);
	g_hash_table_remove(self->turns, id);
	if (presence != NULL) {
		xmlnode_free(*packet);
		*packet = presence;
	}
	return TRUE;
}

/* ---- Means ---------------------------------------------------------------------------------- */

static void
gtalk_queue_begin(GTalkConnection *connection, GTalkQueueState *self);

static void
gtalk_queue_set_mode(GTalkConnection *connection, GTalkQueueState *self, GTalkQueue mode)
{
	if (self->mode == mode)
		return;
	self->mode = mode;
	purple_signal_emit(gtalk_connection_get_plugin(connection), GTALK_SIGNAL_QUEUE,
	                   gtalk_connection_get_purple(connection), (guint)mode);
}

static void
gtalk_queue_answer_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkQueueState *self = gtalk_queue_find(connection);

	if (gtalk_requests_is_result(reply) || self->is_refused)
		return;
	purple_debug_info("gtalk", "the server does not queue presence; done here\n");
	self->is_refused = TRUE;
	if (self->mode == GTALK_QUEUE_SERVER)
		gtalk_queue_begin(connection, self);
}

static void
gtalk_queue_send_command(GTalkConnection *connection, const char *command)
{
	xmlnode *iq = gtalk_requests_new_iq("set", NULL);
	xmlnode *query = gtalk_xml_add_child(iq, "query", GTALK_NS_QUEUE);

	gtalk_xml_add_child(query, command, NULL);
	gtalk_requests_send(connection, iq, gtalk_queue_answer_cb, NULL);
}

static void
gtalk_queue_send_client_state(GTalkConnection *connection, const char *state)
{
	xmlnode *node = xmlnode_new(state);

	xmlnode_set_namespace(node, GTALK_NS_CSI);
	gtalk_connection_send(connection, node);
}

static GTalkQueue
gtalk_queue_choose(GTalkConnection *connection, GTalkQueueState *self)
{
	gboolean is_announced = gtalk_discovery_has(connection, GTALK_FEATURE_QUEUE);

	if (is_announced && !self->is_refused)
		return GTALK_QUEUE_SERVER;
	if (self->has_client_state)
		return GTALK_QUEUE_CLIENT_STATE;
	return is_announced || self->is_asked ? GTALK_QUEUE_LOCAL : GTALK_QUEUE_OFF;
}

static void
gtalk_queue_begin(GTalkConnection *connection, GTalkQueueState *self)
{
	GTalkQueue mode = gtalk_queue_choose(connection, self);

	if (mode == GTALK_QUEUE_SERVER)
		gtalk_queue_send_command(connection, "enable");
	else if (mode == GTALK_QUEUE_CLIENT_STATE)
		gtalk_queue_send_client_state(connection, "inactive");
	gtalk_queue_set_mode(connection, self, mode);
}

static void
gtalk_queue_end(GTalkConnection *connection, GTalkQueueState *self)
{
	GTalkQueue mode = self->mode;

	gtalk_queue_set_mode(connection, self, GTALK_QUEUE_OFF);
	if (mode == GTALK_QUEUE_SERVER) {
		gtalk_queue_send_command(connection, "disable");
		gtalk_queue_send_command(connection, "flush");
	} else if (mode == GTALK_QUEUE_CLIENT_STATE) {
		gtalk_queue_send_client_state(connection, "active");
	} else if (mode == GTALK_QUEUE_LOCAL) {
		gtalk_queue_flush(connection, self);
	}
}

/* A pounce waits for somebody to come; it must not wait for the user. */
static gboolean
gtalk_queue_has_pounces(PurpleAccount *account)
{
	for (GList *l = purple_pounces_get_all(); l != NULL; l = l->next)
		if (purple_pounce_get_pouncer(l->data) == account)
			return TRUE;
	return FALSE;
}

static gboolean
gtalk_queue_is_wanted(GTalkConnection *connection, GTalkQueueState *self)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);

	if (self->is_asked)
		return TRUE;
	return self->is_idle &&
	       purple_account_get_bool(account, GTALK_OPTION_QUEUE_WHEN_IDLE, TRUE) &&
	       !gtalk_queue_has_pounces(account);
}

static void
gtalk_queue_update(GTalkConnection *connection, GTalkQueueState *self)
{
	gboolean is_wanted = self->is_ready && gtalk_queue_is_wanted(connection, self);

	if (is_wanted && self->mode == GTALK_QUEUE_OFF)
		gtalk_queue_begin(connection, self);
	else if (!is_wanted && self->mode != GTALK_QUEUE_OFF)
		gtalk_queue_end(connection, self);
}

void
gtalk_queue_set_idle(PurpleConnection *gc, int seconds)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkQueueState *self = connection != NULL ? gtalk_queue_find(connection) : NULL;

	gtalk_parent_get_protocol()->set_idle(gc, seconds);
	if (self == NULL)
		return;
	self->is_idle = seconds > 0;
	gtalk_queue_update(connection, self);
}

/* ---- The unit ------------------------------------------------------------------------------- */

static gboolean
gtalk_queue_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkQueueState *self = state;

	if (!self->is_ready && gtalk_xml_is(*packet, "features", GTALK_NS_STREAMS))
		self->has_client_state = gtalk_xml_find_child(*packet, "csi", GTALK_NS_CSI) != NULL;
	if (self->kept != NULL && gtalk_queue_take_turn(self, packet))
		return strcmp((*packet)->name, "iq") == 0; /* nothing waited any more */
	if (self->mode == GTALK_QUEUE_LOCAL && gtalk_queue_keep(connection, self, *packet))
		return TRUE;
	if (gtalk_queue_overtake(self, *packet))
		return TRUE;
	if (self->kept != NULL)
		gtalk_queue_see_message(connection, self, *packet);
	return FALSE;
}

static void
gtalk_queue_features_cb(PurpleConnection *gc, char **features, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkQueueState *self = connection != NULL ? gtalk_queue_find(connection) : NULL;

	if (self == NULL)
		return;
	self->is_ready = TRUE;
	self->is_idle = purple_presence_is_idle(
		purple_account_get_presence(purple_connection_get_account(gc)));
	gtalk_queue_update(connection, self);
}

static void
gtalk_queue_ipc_set(PurpleConnection *gc, guint on)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkQueueState *self = connection != NULL ? gtalk_queue_find(connection) : NULL;

	if (self == NULL)
		return;
	self->is_asked = on != 0;
	gtalk_queue_update(connection, self);
}

static void
gtalk_queue_action_cb(PurplePluginAction *action)
{
	GTalkConnection *connection = gtalk_connection_find(action->context);

	if (connection != NULL)
		gtalk_queue_ipc_set(action->context, !gtalk_queue_find(connection)->is_asked);
}

static GList *
gtalk_queue_account_actions(GTalkConnection *connection, gpointer state)
{
	GTalkQueueState *self = state;
	const char *label = self->is_asked ? _("Resume Status Updates of Contacts")
	                                   : _("Pause Status Updates of Contacts");

	return g_list_append(NULL, purple_plugin_action_new(label, gtalk_queue_action_cb));
}

static gpointer
gtalk_queue_attach(GTalkConnection *connection)
{
	return g_new0(GTalkQueueState, 1);
}

static void
gtalk_queue_detach(GTalkConnection *connection, gpointer state)
{
	GTalkQueueState *self = state;

	g_clear_pointer(&self->kept, gtalk_kept_presence_free);
	g_clear_pointer(&self->turns, g_hash_table_unref);
	g_free(self);
}

static void
gtalk_queue_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_QUEUE, purple_marshal_VOID__POINTER_UINT, NULL,
	                       2, purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_UINT));
	purple_plugin_ipc_register(plugin, GTALK_IPC_SET_QUEUE,
	                           PURPLE_CALLBACK(gtalk_queue_ipc_set),
	                           purple_marshal_VOID__POINTER_UINT, NULL, 2,
	                           purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                           purple_value_new(PURPLE_TYPE_UINT));
	purple_signal_connect(plugin, GTALK_SIGNAL_FEATURES, plugin,
	                      PURPLE_CALLBACK(gtalk_queue_features_cb), NULL);
}

const GTalkUnit gtalk_queue_unit = {
	.name = "queue",
	.load = gtalk_queue_load,
	.attach = gtalk_queue_attach,
	.detach = gtalk_queue_detach,
	.receives = GTALK_ARRIVES_ALL,
	.receiving = gtalk_queue_receiving,
	.account_actions = gtalk_queue_account_actions,
};
