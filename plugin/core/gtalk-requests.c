/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-requests.h"

#include <string.h>

#include "gtalk-jid.h"
#include "gtalk-xml.h"

#define GTALK_REQUESTS_MAX 256 /* far more than the units ask at once */

typedef struct {
	GTalkConnection *connection;
	GHashTable *open; /* id -> GTalkRequest; NULL if none is */
} GTalkRequests;

typedef struct {
	GTalkRequests *requests;
	char *id;
	char *to; /* NULL: the own account */
	GTalkRequestsFunc callback;
	gpointer user_data;
	guint deadline;
} GTalkRequest;

static void
gtalk_request_free(GTalkRequest *request)
{
	if (request->deadline != 0)
		purple_timeout_remove(request->deadline);
	g_free(request->id);
	g_free(request->to);
	g_free(request);
}

static gpointer
gtalk_requests_attach(GTalkConnection *connection)
{
	GTalkRequests *self = g_new0(GTalkRequests, 1);

	self->connection = connection;
	return self;
}

static void
gtalk_requests_detach(GTalkConnection *connection, gpointer state)
{
	GTalkRequests *self = state;

	g_clear_pointer(&self->open, g_hash_table_unref);
	g_free(self);
}

/* An idle connection has no table. */
static void
gtalk_requests_add(GTalkRequests *self, GTalkRequest *request)
{
	if (self->open == NULL)
		self->open = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
		                                   (GDestroyNotify)gtalk_request_free);
	g_hash_table_insert(self->open, request->id, request);
}

static void
gtalk_requests_remove(GTalkRequests *self, GTalkRequest *request)
{
	g_hash_table_remove(self->open, request->id);
	if (g_hash_table_size(self->open) == 0)
		g_clear_pointer(&self->open, g_hash_table_unref);
}

/* Ends a request; it is forgotten before the call, which may make another one. */
static void
gtalk_requests_finish(GTalkRequests *self, GTalkRequest *request, const xmlnode *reply)
{
	GTalkRequestsFunc callback = request->callback;
	gpointer user_data = request->user_data;

	gtalk_requests_remove(self, request);
	callback(self->connection, reply, user_data);
}

static gboolean
gtalk_requests_deadline_cb(gpointer user_data)
{
	GTalkRequest *request = user_data;

	request->deadline = 0;
	purple_debug_warning("gtalk", "no answer to %s from %s\n", request->id,
	                     request->to != NULL ? request->to : "the own account");
	gtalk_requests_finish(request->requests, request, NULL);
	return G_SOURCE_REMOVE;
}

xmlnode *
gtalk_requests_new_iq(const char *type, const char *to)
{
	xmlnode *iq = xmlnode_new("iq");

	xmlnode_set_attrib(iq, "type", type);
	if (to != NULL)
		xmlnode_set_attrib(iq, "to", to);
	return iq;
}

void
gtalk_requests_send(GTalkConnection *connection, xmlnode *iq, GTalkRequestsFunc callback,
                    gpointer user_data)
{
	GTalkRequests *self = gtalk_connection_get_state(connection, &gtalk_requests_unit);
	GTalkRequest *request = NULL;

	if (self == NULL ||
	    (self->open != NULL && g_hash_table_size(self->open) >= GTALK_REQUESTS_MAX)) {
		xmlnode_free(iq);
		callback(connection, NULL, user_data);
		return;
	}
	request = g_new0(GTalkRequest, 1);
	request->requests = self;
	request->id = gtalk_connection_dup_next_id(connection);
	request->to = g_strdup(xmlnode_get_attrib(iq, "to"));
	request->callback = callback;
	request->user_data = user_data;
	request->deadline = purple_timeout_add_seconds(GTALK_REQUESTS_DEADLINE_S,
	                                               gtalk_requests_deadline_cb, request);
	gtalk_requests_add(self, request);
	xmlnode_set_attrib(iq, "id", request->id);
	gtalk_connection_send(connection, iq);
}

static gboolean
gtalk_requests_is_from_asked(GTalkConnection *connection, const GTalkRequest *request,
                             const char *from)
{
	gboolean own = request->to == NULL || gtalk_connection_is_own_jid(connection, request->to);

	if (from == NULL)
		return own || strchr(request->to, '@') == NULL;
	if (own)
		return gtalk_connection_is_own_jid(connection, from);
	return g_ascii_strcasecmp(request->to, from) == 0;
}

static gboolean
gtalk_requests_is_reply(const xmlnode *packet)
{
	const char *type = NULL;

	if (packet->name == NULL || strcmp(packet->name, "iq") != 0)
		return FALSE;
	type = xmlnode_get_attrib(packet, "type");
	return type != NULL && (strcmp(type, "result") == 0 || strcmp(type, "error") == 0);
}

static gboolean
gtalk_requests_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkRequests *self = state;
	const char *id = NULL;
	GTalkRequest *request = NULL;

	if (self->open == NULL || !gtalk_requests_is_reply(*packet))
		return FALSE;
	id = xmlnode_get_attrib(*packet, "id");
	request = id != NULL ? g_hash_table_lookup(self->open, id) : NULL;
	if (request == NULL)
		return FALSE;
	if (!gtalk_requests_is_from_asked(connection, request,
	                                  xmlnode_get_attrib(*packet, "from"))) {
		purple_debug_warning("gtalk", "forged answer to %s ignored\n", id);
		return TRUE;
	}
	gtalk_requests_finish(self, request, *packet);
	return TRUE;
}

gboolean
gtalk_requests_is_result(const xmlnode *reply)
{
	const char *type = reply != NULL ? xmlnode_get_attrib(reply, "type") : NULL;

	return type != NULL && strcmp(type, "result") == 0;
}

const char *
gtalk_requests_find_error(const xmlnode *reply)
{
	xmlnode *error = gtalk_xml_find_child(reply, "error", GTALK_NS_CLIENT);
	xmlnode *condition = gtalk_xml_find_child(error, NULL, GTALK_NS_STANZAS);

	return condition != NULL ? condition->name : NULL;
}

gboolean
gtalk_requests_is_from_server(GTalkConnection *connection, const char *from)
{
	g_autofree char *domain = NULL;

	if (from == NULL)
		return TRUE;
	if (strchr(from, '/') != NULL)
		return FALSE;
	if (gtalk_connection_is_own_jid(connection, from))
		return TRUE;
	domain = gtalk_jid_dup_domain(gtalk_connection_get_bound_jid(connection));
	return g_ascii_strcasecmp(from, domain) == 0;
}

xmlnode *
gtalk_requests_find_push(GTalkConnection *connection, const xmlnode *packet, const char *name,
                         const char *xmlns)
{
	xmlnode *payload = NULL;

	if (!gtalk_xml_is(packet, "iq", GTALK_NS_CLIENT) ||
	    gtalk_connection_get_bound_jid(connection) == NULL)
		return NULL;
	payload = gtalk_xml_find_child(packet, name, xmlns);
	if (payload == NULL || !purple_strequal(xmlnode_get_attrib(packet, "type"), "set") ||
	    xmlnode_get_attrib(packet, "id") == NULL ||
	    !gtalk_requests_is_from_server(connection, xmlnode_get_attrib(packet, "from")))
		return NULL;
	return payload;
}

void
gtalk_requests_answer(GTalkConnection *connection, const xmlnode *push)
{
	const char *from = xmlnode_get_attrib(push, "from");
	xmlnode *answer = gtalk_requests_new_iq("result", from);

	xmlnode_set_attrib(answer, "id", xmlnode_get_attrib(push, "id"));
	gtalk_connection_send(connection, answer);
}

void
gtalk_requests_refuse(GTalkConnection *connection, const xmlnode *request)
{
	xmlnode *answer = gtalk_requests_new_iq("error", xmlnode_get_attrib(request, "from"));
	const char *id = xmlnode_get_attrib(request, "id");
	xmlnode *error = gtalk_xml_add_child(answer, "error", GTALK_NS_CLIENT);

	if (id != NULL)
		xmlnode_set_attrib(answer, "id", id);
	xmlnode_set_attrib(error, "type", "cancel");
	gtalk_xml_add_child(error, "service-unavailable", GTALK_NS_STANZAS);
	gtalk_connection_send(connection, answer);
}

const GTalkUnit gtalk_requests_unit = {
	.name = "requests",
	.attach = gtalk_requests_attach,
	.detach = gtalk_requests_detach,
	.receives = GTALK_ARRIVES_IQ,
	.receiving = gtalk_requests_receiving,
};
