/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-offline-stanza.h: requests about a server's offline storage (XEP-0013) and their answers;
 * pure. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define GTALK_OFFLINE_NODES_MAX 10000 /* of one list */

typedef enum {
	GTALK_OFFLINE_VIEW,
	GTALK_OFFLINE_REMOVE,
} GTalkOfflineAction;

/* Asks for the list of what is stored. */
void
gtalk_offline_build_list(xmlnode *iq);
/* The nodes of such a list, each a message (element-type utf8); empty if it is none. */
GPtrArray *
gtalk_offline_parse_list(const xmlnode *reply);

/* What is to be done with @n_nodes of @nodes from @first. */
void
gtalk_offline_build_items(xmlnode *iq, GTalkOfflineAction action, const GPtrArray *nodes,
                          guint first, guint n_nodes);

/* Asks what the archive keeps (XEP-0441). */
void
gtalk_offline_build_preferences(xmlnode *iq);
/* Whether the answer says that it keeps everything. */
gboolean
gtalk_offline_parse_preferences(const xmlnode *reply);

G_END_DECLS
