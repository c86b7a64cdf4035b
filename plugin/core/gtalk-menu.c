/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-menu.h"

#include "gtalk-connection.h"
#include "gtalk-i18n.h"
#include "gtalk-parent.h"

#define GTALK_MENU_LIBPURPLE_DOMAIN "pidgin" /* of libpurple's own catalogues */

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

/* The inherited protocol starts group chats at Google's own domain only, which is gone. Its entry
 * has no other mark than its label, in the language of libpurple. */
static GList *
gtalk_menu_drop_replaced(GList *entries)
{
	const char *label = dgettext(GTALK_MENU_LIBPURPLE_DOMAIN, "Initiate _Chat");

	for (GList *l = entries; l != NULL; l = l->next) {
		PurpleMenuAction *entry = l->data;

		if (entry != NULL && purple_strequal(entry->label, label)) {
			purple_menu_action_free(entry);
			return g_list_delete_link(entries, l);
		}
	}
	return entries;
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
	return gtalk_menu_join(
		gtalk_menu_drop_replaced(gtalk_parent_get_protocol()->blist_node_menu(node)),
		gtalk_connection_collect_node_menu(connection, node));
}
