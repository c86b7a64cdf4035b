/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-groupchat.h: group chats. Rooms are the inherited protocol's; this unit makes them (on a
 * Google server where its group chats are, elsewhere where the server has rooms, hidden and for
 * those who are invited), invites as Google's clients understand it, tells the world that this
 * client can be invited, finds another nickname when one is taken, gives rooms without a name one
 * by who is in them, and says who could not be invited and why. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_groupchat_unit;

/* As GTALK_IPC_GROUPCHAT_START has it. */
const char *
gtalk_groupchat_start(GTalkConnection *connection, const char *const *who);

G_END_DECLS
