/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-rooms-private.h: for the rooms' own files.
 *
 *   bridge-rooms.c      which there are, entering and leaving
 *   bridge-room-news.c  what the host tells of them
 *   bridge-room.c       one of them
 *   bridge-room-events.c  its events */
#pragma once

#include "bridge-room-events.h"
#include "bridge-rooms.h"

G_BEGIN_DECLS

extern const BridgeAccountNews bridge_room_news[];

void
bridge_rooms_keep(BridgeAccount *account, BridgeWrite *write);
/* It is entered, by that nickname; may be said twice. */
void
bridge_room_entered(BridgeAccount *account, BridgeWrite *write, BridgeRoom *room, const char *nick);
/* It is not, or no more: to be entered again, or given up; frees it then. */
void
bridge_room_lost(BridgeAccount *account, BridgeWrite *write, BridgeRoom *room, const char *reason,
                 const char *detail, const char *alternative);
/* The host is in a room that nobody wants. */
void
bridge_rooms_leave_unwanted(BridgeAccount *account, const char *jid);

G_END_DECLS
