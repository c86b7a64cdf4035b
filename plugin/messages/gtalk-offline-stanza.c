/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-offline-stanza.h"

#include "core/gtalk-xml.h"

#define GTALK_NS_DISCO_ITEMS "http://jabber.org/protocol/disco#items"

void
gtalk_offline_build_list(xmlnode *iq)
{
	xmlnode_set_attrib(gtalk_xml_add_child(iq, "query", GTALK_NS_DISCO_ITEMS), "node",
	                   GTALK_NS_OFFLINE);
}

static GTalkOfflineNode *
gtalk_offline_node_new(const char *id, const char *sender)
{
	GTalkOfflineNode *self = g_new(GTalkOfflineNode, 1);

	self->id = g_strdup(id);
	self->sender = g_strdup(sender);
	return self;
}

void
gtalk_offline_node_free(GTalkOfflineNode *self)
{
	g_free(self->id);
	g_free(self->sender);
	g_free(self);
}

GPtrArray *
gtalk_offline_parse_list(const xmlnode *reply)
{
	GPtrArray *nodes = g_ptr_array_new_with_free_func((GDestroyNotify)gtalk_offline_node_free);
	xmlnode *query = gtalk_xml_find_child(reply, "query", GTALK_NS_DISCO_ITEMS);
	xmlnode *item = gtalk_xml_find_child(query, "item", GTALK_NS_DISCO_ITEMS);

	for (; item != NULL && nodes->len < GTALK_OFFLINE_NODES_MAX;
	     item = gtalk_xml_find_next(item, "item", GTALK_NS_DISCO_ITEMS)) {
		const char *id = xmlnode_get_attrib(item, "node");

		if (id != NULL)
			g_ptr_array_add(nodes, gtalk_offline_node_new(
						       id, xmlnode_get_attrib(item, "name")));
	}
	return nodes;
}

void
gtalk_offline_build_items(xmlnode *iq, GTalkOfflineAction action, const GPtrArray *nodes,
                          guint first, guint n_nodes)
{
	xmlnode *offline = gtalk_xml_add_child(iq, "offline", GTALK_NS_OFFLINE);

	for (guint i = first; i < first + n_nodes && i < nodes->len; i++) {
		const GTalkOfflineNode *node = g_ptr_array_index(nodes, i);
		xmlnode *item = gtalk_xml_add_child(offline, "item", NULL);

		xmlnode_set_attrib(item, "action",
		                   action == GTALK_OFFLINE_VIEW ? "view" : "remove");
		xmlnode_set_attrib(item, "node", node->id);
	}
}
