/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-offline-stanza.h: requests about a server's offline storage (XEP-0013) and their answers;
 * pure. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define GTALK_OFFLINE_NODES_MAX 10000 /* of one list */

/* A stored message; strings are owned. */
typedef struct {
	char *id;     /* names it in the list */
	char *sender; /* a full JID; NULL if the server does not say */
} GTalkOfflineNode;

void
gtalk_offline_node_free(GTalkOfflineNode *self);

typedef enum {
	GTALK_OFFLINE_VIEW,
	GTALK_OFFLINE_REMOVE,
} GTalkOfflineAction;

/* Asks for the list of what is stored. */
void
gtalk_offline_build_list(xmlnode *iq);
/* Such a list (element-type GTalkOfflineNode); empty if @reply is none. */
GPtrArray *
gtalk_offline_parse_list(const xmlnode *reply);

/* What is to be done with @n_nodes of @nodes (element-type GTalkOfflineNode) from @first. */
void
gtalk_offline_build_items(xmlnode *iq, GTalkOfflineAction action, const GPtrArray *nodes,
                          guint first, guint n_nodes);

G_END_DECLS
