/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-groupchat-ui.h: what a person sees of gtalk-groupchat.h: an entry in a contact's menu, a
 * command in the conversation with one, titles of rooms, and lines about invitations. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

/* Hooks of the unit. */
void
gtalk_groupchat_ui_load(void);
GList *
gtalk_groupchat_ui_node_menu(GTalkConnection *connection, gpointer state, PurpleBlistNode *node);

/* Gives the open room @jid a title by who is in it beside the user, who is called @nick there. */
void
gtalk_groupchat_ui_set_title(PurpleAccount *account, const char *jid, const char *nick);

/* Whether the user sees a topic of the room @jid. */
gboolean
gtalk_groupchat_ui_has_topic(PurpleAccount *account, const char *jid);

void
gtalk_groupchat_ui_write_refusal(GTalkConnection *connection, const char *room, const char *who,
                                 const char *condition);

G_END_DECLS
