/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-menu.h"

#include "gtalk-connection.h"
#include "gtalk-parent.h"

/* The user interfaces show a NULL as separator. */
static GList *
gtalk_menu_join(GList *inherited, GList *own)
{
	if (inherited != NULL && own != NULL)
		own = g_list_prepend(own, NULL);
	return g_list_concat(inherited, own);
}

GList *
gtalk_menu_account_actions(PurplePlugin *plugin, gpointer context)
{
	PurplePlugin *parent = gtalk_parent_get_plugin();
	GTalkConnection *connection = gtalk_connection_find(context);

	if (connection == NULL)
		return NULL;
	return gtalk_menu_join(parent->info->actions(plugin, context),
	                       gtalk_connection_collect_account_actions(connection));
}

static PurpleAccount *
gtalk_menu_find_account(PurpleBlistNode *node)
{
	if (PURPLE_BLIST_NODE_IS_BUDDY(node))
		return purple_buddy_get_account(PURPLE_BUDDY(node));
	if (PURPLE_BLIST_NODE_IS_CHAT(node))
		return purple_chat_get_account(PURPLE_CHAT(node));
	return NULL;
}

GList *
gtalk_menu_node(PurpleBlistNode *node)
{
	PurpleAccount *account = gtalk_menu_find_account(node);
	GTalkConnection *connection =
		account != NULL ? gtalk_connection_find(purple_account_get_connection(account))
				: NULL;

	if (connection == NULL)
		return NULL;
	return gtalk_menu_join(gtalk_parent_get_protocol()->blist_node_menu(node),
	                       gtalk_connection_collect_node_menu(connection, node));
}
