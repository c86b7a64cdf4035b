/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-capabilities.h"

#include <string.h>

#include "core/gtalk-requests.h"
#include "core/gtalk-xml.h"
#include "gtalk-capabilities-hash.h"
#include "gtalk-receipts.h"

#define GTALK_CAPABILITIES_NS "http://jabber.org/protocol/caps"
#define GTALK_CAPABILITIES_KNOWN_MAX 64 /* hashes of one libpurple; it has a few at most */

/* Which feature list a request for service discovery means. */
typedef enum {
	GTALK_CAPABILITIES_ANY,       /* it names no hash: what we have */
	GTALK_CAPABILITIES_OURS,      /* the hash that we put into presence */
	GTALK_CAPABILITIES_INHERITED, /* that of the inherited protocol, or nothing of ours at all
	                               */
} GTalkCapabilitiesList;

typedef struct {
	char *inherited;    /* the hash that the inherited protocol last sent; NULL before */
	char *node;         /* what stands before it in requests */
	xmlnode *presence;  /* the last one for everybody, while our hash is unknown */
	gboolean is_asking; /* ourselves, by way of the server */
	GTalkCapabilitiesList wanted; /* by the request that is being answered now */
} GTalkCapabilities;

/* From the inherited protocol's hash to ours, for the life of the loaded plugin: feature lists are
 * the program's, and one account's answer serves all. */
static GHashTable *gtalk_capabilities_known = NULL;

static const char *
gtalk_capabilities_find_own(GTalkCapabilities *self)
{
	return self->inherited != NULL
	               ? g_hash_table_lookup(gtalk_capabilities_known, self->inherited)
	               : NULL;
}

static gboolean
gtalk_capabilities_is_node(GTalkCapabilities *self, const char *node, const char *hash)
{
	gsize length = self->node != NULL ? strlen(self->node) : 0;

	return hash != NULL && length > 0 && strncmp(node, self->node, length) == 0 &&
	       node[length] == '#' && strcmp(node + length + 1, hash) == 0;
}

static void
gtalk_capabilities_set_node(xmlnode *query, GTalkCapabilities *self, const char *hash)
{
	g_autofree char *node = g_strdup_printf("%s#%s", self->node, hash);

	xmlnode_set_attrib(query, "node", node);
}

/* ---- What we have --------------------------------------------------------------------------- */

static void
gtalk_capabilities_learn(GTalkCapabilities *self, const xmlnode *query)
{
	g_autofree char *inherited = gtalk_capabilities_hash_make(query, NULL);
	char *own = NULL;

	/* Not if there is something in it that we do not reckon with. */
	if (!purple_strequal(inherited, self->inherited) ||
	    g_hash_table_size(gtalk_capabilities_known) >= GTALK_CAPABILITIES_KNOWN_MAX)
		return;
	own = gtalk_capabilities_hash_make(query, GTALK_NS_RECEIPTS);
	g_hash_table_replace(gtalk_capabilities_known, g_steal_pointer(&inherited), own);
}

static void
gtalk_capabilities_reply_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkCapabilities *self = gtalk_connection_get_state(connection, &gtalk_capabilities_unit);
	xmlnode *query = gtalk_xml_find_child(reply, "query", GTALK_NS_DISCO_INFO);
	xmlnode *presence = g_steal_pointer(&self->presence);

	self->is_asking = FALSE;
	if (gtalk_requests_is_result(reply) && query != NULL)
		gtalk_capabilities_learn(self, query);
	if (presence != NULL && gtalk_capabilities_find_own(self) != NULL)
		gtalk_connection_send(connection, presence);
	else if (presence != NULL)
		xmlnode_free(presence);
}

static void
gtalk_capabilities_ask(GTalkConnection *connection, GTalkCapabilities *self)
{
	xmlnode *iq = NULL;

	if (self->is_asking)
		return;
	self->is_asking = TRUE;
	iq = gtalk_requests_new_iq("get", gtalk_connection_get_bound_jid(connection));
	gtalk_capabilities_set_node(gtalk_xml_add_child(iq, "query", GTALK_NS_DISCO_INFO), self,
	                            self->inherited);
	gtalk_requests_send(connection, iq, gtalk_capabilities_reply_cb, NULL);
}

/* ---- Presence ------------------------------------------------------------------------------- */

/* For everybody, not for one contact or room. */
static void
gtalk_capabilities_keep_presence(GTalkCapabilities *self, const xmlnode *presence)
{
	if (xmlnode_get_attrib(presence, "to") != NULL)
		return;
	g_clear_pointer(&self->presence, xmlnode_free);
	self->presence = xmlnode_copy(presence);
}

static void
gtalk_capabilities_take_presence(GTalkConnection *connection, GTalkCapabilities *self,
                                 xmlnode *presence)
{
	xmlnode *caps = xmlnode_get_child_with_namespace(presence, "c", GTALK_CAPABILITIES_NS);
	const char *hash = caps != NULL ? xmlnode_get_attrib(caps, "ver") : NULL;
	const char *node = caps != NULL ? xmlnode_get_attrib(caps, "node") : NULL;
	const char *own = NULL;

	if (hash == NULL || node == NULL || xmlnode_get_attrib(caps, "hash") == NULL) {
		if (xmlnode_get_attrib(presence, "to") == NULL)
			g_clear_pointer(&self->presence, xmlnode_free); /* it holds no more */
		return;
	}
	if (!purple_strequal(hash, self->inherited)) {
		g_free(self->inherited);
		self->inherited = g_strdup(hash);
		g_free(self->node);
		self->node = g_strdup(node);
	}
	own = gtalk_capabilities_find_own(self);
	if (own != NULL) {
		xmlnode_set_attrib(caps, "ver", own);
		if (xmlnode_get_attrib(presence, "to") == NULL)
			g_clear_pointer(&self->presence, xmlnode_free);
		return;
	}
	gtalk_capabilities_keep_presence(self, presence);
	gtalk_capabilities_ask(connection, self);
}

/* ---- Service discovery ---------------------------------------------------------------------- */

static void
gtalk_capabilities_take_answer(GTalkCapabilities *self, xmlnode *query)
{
	if (self->wanted == GTALK_CAPABILITIES_INHERITED)
		return;
	gtalk_capabilities_hash_add_feature(query, GTALK_NS_RECEIPTS);
	if (self->wanted == GTALK_CAPABILITIES_OURS)
		gtalk_capabilities_set_node(query, self, gtalk_capabilities_find_own(self));
}

/* The inherited protocol answers before anything else is received. */
static void
gtalk_capabilities_take_request(GTalkCapabilities *self, xmlnode *query)
{
	const char *node = xmlnode_get_attrib(query, "node");

	self->wanted = GTALK_CAPABILITIES_ANY;
	if (node == NULL)
		return;
	self->wanted = GTALK_CAPABILITIES_INHERITED;
	if (gtalk_capabilities_is_node(self, node, gtalk_capabilities_find_own(self))) {
		self->wanted = GTALK_CAPABILITIES_OURS;
		gtalk_capabilities_set_node(query, self, self->inherited);
	}
}

static gboolean
gtalk_capabilities_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	xmlnode *query = NULL;

	if (!gtalk_receipts_is_used(connection) ||
	    !purple_strequal(xmlnode_get_attrib(*packet, "type"), "get"))
		return FALSE;
	query = gtalk_xml_find_child(*packet, "query", GTALK_NS_DISCO_INFO);
	if (query != NULL)
		gtalk_capabilities_take_request(state, query);
	return FALSE;
}

static void
gtalk_capabilities_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	xmlnode *query = NULL;

	if (!gtalk_receipts_is_used(connection))
		return;
	if (gtalk_xml_is(packet, "presence", GTALK_NS_CLIENT)) {
		gtalk_capabilities_take_presence(connection, state, packet);
		return;
	}
	if (!gtalk_xml_is(packet, "iq", GTALK_NS_CLIENT) ||
	    !purple_strequal(xmlnode_get_attrib(packet, "type"), "result"))
		return;
	query = gtalk_xml_find_child(packet, "query", GTALK_NS_DISCO_INFO);
	if (query != NULL)
		gtalk_capabilities_take_answer(state, query);
}

/* ---- The unit ------------------------------------------------------------------------------- */

static gpointer
gtalk_capabilities_attach(GTalkConnection *connection)
{
	return g_new0(GTalkCapabilities, 1);
}

static void
gtalk_capabilities_detach(GTalkConnection *connection, gpointer state)
{
	GTalkCapabilities *self = state;

	g_clear_pointer(&self->presence, xmlnode_free);
	g_free(self->inherited);
	g_free(self->node);
	g_free(self);
}

static void
gtalk_capabilities_load(PurplePlugin *plugin)
{
	gtalk_capabilities_known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static void
gtalk_capabilities_unload(PurplePlugin *plugin)
{
	g_clear_pointer(&gtalk_capabilities_known, g_hash_table_unref);
}

const GTalkUnit gtalk_capabilities_unit = {
	.name = "capabilities",
	.load = gtalk_capabilities_load,
	.unload = gtalk_capabilities_unload,
	.attach = gtalk_capabilities_attach,
	.detach = gtalk_capabilities_detach,
	.receives = GTALK_ARRIVES_IQ,
	.receiving = gtalk_capabilities_receiving,
	.sending = gtalk_capabilities_sending,
};
