/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-menu.h: the account's menu and the menu of a contact or room in the list: first what the
 * inherited protocol puts there, then what the units add through their account_actions and
 * node_menu, unit by unit in the order of the table. A separator stands before what is added. */
#pragma once

#include <purple.h>

G_BEGIN_DECLS

/* The plugin's `actions`; @context is the PurpleConnection. PurplePluginAction*, NULL between two
 * groups; (transfer full). */
GList *
gtalk_menu_account_actions(PurplePlugin *plugin, gpointer context);

/* The protocol's `blist_node_menu`. PurpleMenuAction*, NULL between two groups; (transfer full). */
GList *
gtalk_menu_node(PurpleBlistNode *node);

G_END_DECLS
