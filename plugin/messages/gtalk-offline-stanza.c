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

GPtrArray *
gtalk_offline_parse_list(const xmlnode *reply)
{
	GPtrArray *nodes = g_ptr_array_new_with_free_func(g_free);
	xmlnode *query = gtalk_xml_find_child(reply, "query", GTALK_NS_DISCO_ITEMS);
	xmlnode *item = gtalk_xml_find_child(query, "item", GTALK_NS_DISCO_ITEMS);

	for (; item != NULL && nodes->len < GTALK_OFFLINE_NODES_MAX;
	     item = gtalk_xml_find_next(item, "item", GTALK_NS_DISCO_ITEMS)) {
		const char *node = xmlnode_get_attrib(item, "node");

		if (node != NULL)
			g_ptr_array_add(nodes, g_strdup(node));
	}
	return nodes;
}

void
gtalk_offline_build_items(xmlnode *iq, GTalkOfflineAction action, const GPtrArray *nodes,
                          guint first, guint n_nodes)
{
	xmlnode *offline = gtalk_xml_add_child(iq, "offline", GTALK_NS_OFFLINE);

	for (guint i = first; i < first + n_nodes && i < nodes->len; i++) {
		xmlnode *item = gtalk_xml_add_child(offline, "item", NULL);

		xmlnode_set_attrib(item, "action",
		                   action == GTALK_OFFLINE_VIEW ? "view" : "remove");
		xmlnode_set_attrib(item, "node", g_ptr_array_index(nodes, i));
	}
}

void
gtalk_offline_build_preferences(xmlnode *iq)
{
	gtalk_xml_add_child(iq, "prefs", GTALK_NS_MAM);
}

gboolean
gtalk_offline_parse_preferences(const xmlnode *reply)
{
	xmlnode *preferences = gtalk_xml_find_child(reply, "prefs", GTALK_NS_MAM);
	xmlnode *never = gtalk_xml_find_child(preferences, "never", GTALK_NS_MAM);

	return preferences != NULL &&
	       purple_strequal(xmlnode_get_attrib(preferences, "default"), "always") &&
	       gtalk_xml_find_child(never, "jid", GTALK_NS_MAM) == NULL;
}
