/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-roster-menu.h: what a person does with the attributes of gtalk-roster.h: how to show a
 * contact, in the contact's menu; and, since those are on no list, who is hidden or blocked, and
 * who in the address book could become a contact, in the account's. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

/* Hooks of the unit. */
GList *
gtalk_roster_menu_account_actions(GTalkConnection *connection, gpointer state);
GList *
gtalk_roster_menu_node(GTalkConnection *connection, gpointer state, PurpleBlistNode *node);

/* A slot of the protocol. */
void
gtalk_roster_menu_tooltip_text(PurpleBuddy *buddy, PurpleNotifyUserInfo *info, gboolean full);

G_END_DECLS
