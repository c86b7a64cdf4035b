/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-rooms.h: the rooms of an account, of what host/host-rooms.h tells. A room that was entered
 * is entered again after every sign-in, until somebody leaves it, or it is closed to the account
 * for good. What is said there is stored as other messages are; a room's history once, whenever it
 * is told again. */
#pragma once

#include "bridge-account-feature.h"
#include "bridge-room.h"

G_BEGIN_DECLS

#define BRIDGE_ROOMS_MAX 100 /* of an account */

extern const BridgeAccountFeature bridge_rooms_feature;

/* (transfer container) (element-type BridgeRoom): by address; borrowed until the main loop runs */
GPtrArray *
bridge_rooms_list(BridgeAccount *account);
/* @jid: normalised. NULL: the account is not in that room, nor wants to be. Borrowed. */
BridgeRoom *
bridge_rooms_find(BridgeAccount *account, const char *jid);
/* (transfer full) @error: BRIDGE_ERROR_INVALID */
char *
bridge_rooms_normalise(BridgeAccount *account, const char *text, GError **error);

/**
 * bridge_rooms_join_async:
 * @nick: (nullable): as the protocol likes
 * @components: (nullable) (transfer floating): a{ss}: what else the protocol's chat_info() names
 *
 * Finishes when the room is entered and that is durable; at once if it is entered already.
 * BRIDGE_ERROR_NOT_ONLINE, _ROOM_*, _REFUSED, _INVALID, _UNSUPPORTED, _NO_ANSWER. */
void
bridge_rooms_join_async(BridgeAccount *account, const char *jid, const char *nick,
                        GVariant *components, GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_rooms_join_finish(BridgeAccount *account, GAsyncResult *result, GError **error);

/* BRIDGE_ERROR_NOT_FOUND. What waits to be said there fails. */
void
bridge_rooms_leave_async(BridgeAccount *account, const char *jid, GAsyncReadyCallback callback,
                         gpointer user_data);
gboolean
bridge_rooms_leave_finish(BridgeAccount *account, GAsyncResult *result, GError **error);

/**
 * bridge_rooms_create_async:
 * @invite: whom to invite, addresses; may be empty
 *
 * Makes a room for those who are invited, and enters it. As for joining. */
void
bridge_rooms_create_async(BridgeAccount *account, const char *const *invite,
                          GAsyncReadyCallback callback, gpointer user_data);
/* Returns: (transfer full): its address */
char *
bridge_rooms_create_finish(BridgeAccount *account, GAsyncResult *result, GError **error);

/* ---- For messages to send -------------------------------------------------------------------- */

typedef enum {
	BRIDGE_ROOM_GATE_NONE,   /* that is no room of the account's */
	BRIDGE_ROOM_GATE_CLOSED, /* nothing can be said there now */
	BRIDGE_ROOM_GATE_OPEN,
} BridgeRoomGate;

BridgeRoomGate
bridge_rooms_get_gate(BridgeAccount *account, const char *jid);
/* It says that the account is not there: its gate is closed until it has been entered again, or
 * for as long as the host needs to find out. FALSE: the account has no such room. */
gboolean
bridge_rooms_doubt(BridgeAccount *account, const char *jid);

G_END_DECLS
