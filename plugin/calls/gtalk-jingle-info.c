/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-jingle-info.h"

#include "core/gtalk-discovery.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-xml.h"
#include "gtalk-call.h"
#include "gtalk-jingle-info-stanza.h"
#include "gtalk.h"

typedef struct {
	GTalkJingleInfo *info; /* NULL while nothing is known */
	gboolean asking;       /* our own question is on its way out */
	gboolean asked;        /* somebody's question has gone out */
	char *adopted_id;      /* of the inherited protocol's question, until it is answered */
} GTalkJingleInfoState;

static gpointer
gtalk_jingle_info_attach(GTalkConnection *connection)
{
	GTalkJingleInfoState *self = g_new0(GTalkJingleInfoState, 1);

	return self;
}

static void
gtalk_jingle_info_detach(GTalkConnection *connection, gpointer state)
{
	GTalkJingleInfoState *self = state;

	gtalk_jingle_info_free(self->info);
	g_free(self->adopted_id);
	g_free(self);
}

static gboolean
gtalk_jingle_info_is_wanted(GTalkConnection *connection)
{
	return gtalk_discovery_has(connection, GTALK_FEATURE_JINGLE_INFO) &&
	       gtalk_call_get_media_caps() != PURPLE_MEDIA_CAPS_NONE;
}

/* ---- Receiving ------------------------------------------------------------------------------ */

static void
gtalk_jingle_info_take(GTalkConnection *connection, GTalkJingleInfoState *self,
                       const xmlnode *query)
{
	gtalk_jingle_info_free(self->info);
	self->info = gtalk_jingle_info_parse(query);
	purple_signal_emit(gtalk_connection_get_plugin(connection), GTALK_SIGNAL_JINGLE_INFO,
	                   gtalk_connection_get_purple(connection), self->info);
}

/* The answer to the inherited protocol's question; what is left in it is for that one. */
static void
gtalk_jingle_info_receive_answer(GTalkConnection *connection, GTalkJingleInfoState *self,
                                 xmlnode *iq)
{
	xmlnode *query = gtalk_xml_find_child(iq, "query", GTALK_NS_GOOGLE_JINGLE_INFO);

	g_clear_pointer(&self->adopted_id, g_free);
	if (query == NULL || !gtalk_requests_is_result(iq))
		return;
	gtalk_jingle_info_take(connection, self, query);
	gtalk_jingle_info_reduce(self->info, query);
}

static gboolean
gtalk_jingle_info_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkJingleInfoState *self = state;
	xmlnode *query;

	if (self->adopted_id != NULL &&
	    purple_strequal(xmlnode_get_attrib(*packet, "id"), self->adopted_id) &&
	    gtalk_requests_is_from_server(connection, xmlnode_get_attrib(*packet, "from"))) {
		gtalk_jingle_info_receive_answer(connection, self, *packet);
		return FALSE;
	}
	if (gtalk_xml_find_child(*packet, "query", GTALK_NS_GOOGLE_JINGLE_INFO) == NULL ||
	    !purple_strequal(xmlnode_get_attrib(*packet, "type"), "set"))
		return FALSE;
	query = gtalk_requests_find_push(connection, *packet, "query", GTALK_NS_GOOGLE_JINGLE_INFO);
	if (query == NULL) {
		/* The inherited protocol would keep silent, which is no answer either. */
		gtalk_requests_refuse(connection, *packet);
		return TRUE;
	}
	gtalk_requests_answer(connection, *packet);
	if (!gtalk_jingle_info_is_wanted(connection))
		return TRUE;
	gtalk_jingle_info_take(connection, self, query);
	/* The inherited protocol takes it without a "from", and does not answer. */
	gtalk_jingle_info_reduce(self->info, query);
	xmlnode_remove_attrib(*packet, "from");
	return FALSE;
}

/* ---- Asking --------------------------------------------------------------------------------- */

/* The server has its question before the features are known, or has none: it must not be told of.
 */
static void
gtalk_jingle_info_make_ping(xmlnode *iq, xmlnode *query)
{
	xmlnode_free(query);
	gtalk_xml_add_child(iq, "ping", GTALK_NS_PING);
}

static void
gtalk_jingle_info_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	GTalkJingleInfoState *self = state;
	xmlnode *query;

	if (self->asking || !gtalk_xml_is(packet, "iq", GTALK_NS_CLIENT))
		return;
	query = gtalk_xml_find_child(packet, "query", GTALK_NS_GOOGLE_JINGLE_INFO);
	if (query == NULL || !purple_strequal(xmlnode_get_attrib(packet, "type"), "get"))
		return;
	if (self->asked || !gtalk_jingle_info_is_wanted(connection)) {
		gtalk_jingle_info_make_ping(packet, query);
		return;
	}
	self->asked = TRUE;
	self->adopted_id = g_strdup(xmlnode_get_attrib(packet, "id"));
}

static void
gtalk_jingle_info_answered_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkJingleInfoState *self =
		gtalk_connection_get_state(connection, &gtalk_jingle_info_unit);
	xmlnode *query = gtalk_xml_find_child(reply, "query", GTALK_NS_GOOGLE_JINGLE_INFO);

	if (query != NULL && gtalk_requests_is_result(reply))
		gtalk_jingle_info_take(connection, self, query);
}

/* Where the inherited protocol has not asked by the time that it is signed on, it never will. */
static void
gtalk_jingle_info_ask(PurpleConnection *gc)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkJingleInfoState *self;
	xmlnode *iq;

	if (connection == NULL || purple_connection_get_state(gc) != PURPLE_CONNECTED ||
	    !gtalk_discovery_is_done(connection) || !gtalk_jingle_info_is_wanted(connection))
		return;
	self = gtalk_connection_get_state(connection, &gtalk_jingle_info_unit);
	if (self == NULL || self->asked)
		return;
	self->asked = TRUE;
	self->asking = TRUE;
	iq = gtalk_requests_new_iq("get", NULL);
	gtalk_xml_add_child(iq, "query", GTALK_NS_GOOGLE_JINGLE_INFO);
	gtalk_requests_send(connection, iq, gtalk_jingle_info_answered_cb, NULL);
	self->asking = FALSE;
}

static void
gtalk_jingle_info_features_cb(PurpleConnection *gc, char **features, gpointer user_data)
{
	gtalk_jingle_info_ask(gc);
}

static void
gtalk_jingle_info_signed_on(GTalkConnection *connection, gpointer state)
{
	if (gtalk_call_get_media_caps() != PURPLE_MEDIA_CAPS_NONE)
		gtalk_jingle_info_ask(gtalk_connection_get_purple(connection));
}

/* ---- IPC ------------------------------------------------------------------------------------ */

static const GTalkJingleInfo *
gtalk_jingle_info_ipc_get(PurpleConnection *gc)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkJingleInfoState *self =
		connection != NULL ? gtalk_connection_get_state(connection, &gtalk_jingle_info_unit)
				   : NULL;

	return self != NULL ? self->info : NULL;
}

static void
gtalk_jingle_info_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_JINGLE_INFO,
	                       purple_marshal_VOID__POINTER_POINTER, NULL, 2,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_POINTER));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_JINGLE_INFO, PURPLE_CALLBACK(gtalk_jingle_info_ipc_get),
		purple_marshal_POINTER__POINTER, purple_value_new(PURPLE_TYPE_POINTER), 1,
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION));
	purple_signal_connect(plugin, GTALK_SIGNAL_FEATURES, plugin,
	                      PURPLE_CALLBACK(gtalk_jingle_info_features_cb), NULL);
}

const GTalkUnit gtalk_jingle_info_unit = {
	.name = "jingle-info",
	.load = gtalk_jingle_info_load,
	.attach = gtalk_jingle_info_attach,
	.detach = gtalk_jingle_info_detach,
	.signed_on = gtalk_jingle_info_signed_on,
	.receives = GTALK_ARRIVES_IQ,
	.receiving = gtalk_jingle_info_receiving,
	.sending = gtalk_jingle_info_sending,
};
