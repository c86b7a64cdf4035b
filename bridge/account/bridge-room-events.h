/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-room-events.h: the events of rooms, as bridge-events.h has the others. Pure. */
#pragma once

#include "bridge-events.h"
#include "bridge-room.h"

G_BEGIN_DECLS

typedef struct {
	const char *room;
	const char *id;
	const char *nick; /* "": the room itself */
	const char *jid;  /* whose that is, or NULL */
	const char *body;
	gboolean own; /* by the account, not by way of the bridge */
	gboolean delayed;
	gboolean encrypted;
} BridgeEventRoomMessage;

/* "room.message" */
BridgeEventRecord *
bridge_event_new_room_message(gint64 time_us, const BridgeEventRoomMessage *message);

/* "room.state"; @state: joined, waiting or left; @reason: NULL for joined, as are the others;
 * @alternative: another room's address */
BridgeEventRecord *
bridge_event_new_room_state(const BridgeRoom *room, const char *state, const char *reason,
                            const char *detail, const char *alternative);

/* "room.topic" */
BridgeEventRecord *
bridge_event_new_room_topic(const BridgeRoom *room, const char *by);

/* "room.invite-refused": somebody could not be invited; @reason: an error condition */
BridgeEventRecord *
bridge_event_new_room_invite_refused(const char *room, const char *jid, const char *reason);

/* The ephemeral "room.presence"; @renamed: the nickname from now on, or NULL */
char *
bridge_event_build_room_presence(const char *room, const BridgeRoomMember *member, gboolean here,
                                 const char *renamed);

G_END_DECLS
