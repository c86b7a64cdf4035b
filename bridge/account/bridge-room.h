/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-room.h: one room of an account: what is kept of it over restarts, and what is known while
 * the account is in it. No I/O. */
#pragma once

#include <gio/gio.h>

#include "base/bridge-error.h"

G_BEGIN_DECLS

#define BRIDGE_ROOM_MEMBERS_MAX 5000
#define BRIDGE_ROOM_KEPT_TYPE "(ssa{ss}xss)" /* of one room; a list of them is kept */

typedef enum {
	BRIDGE_ROOM_WAITING, /* to be entered (again) */
	BRIDGE_ROOM_JOINING,
	BRIDGE_ROOM_JOINED,
} BridgeRoomState;

typedef struct {
	char *nick;
	char *role;    /* owner, moderator, participant, none */
	char *address; /* who that is, or "" */
} BridgeRoomMember;

typedef struct {
	/* Kept: */
	char *jid;
	char *nick;           /* the account's, there; "" until it is known */
	GVariant *components; /* a{ss}: what else the protocol needs to enter it, a password say */
	gint64 seen_us;       /* when what is stored of it was said last; 0: it was never entered */
	char *topic;          /* "" if it has none */
	char *trouble; /* why it is not entered, as last told; NULL: it is, or will be soon */

	/* Of the present session: */
	BridgeRoomState state;
	gboolean wanted;   /* was entered once; else somebody waits for that */
	gboolean ready;    /* its history has been told */
	gboolean in_doubt; /* whether messages to it went out */
	guint entry;       /* which attempt this is */
	gint64 history_us; /* the oldest that was told of its history; 0: nothing */
	gint64 kept_us;    /* seen_us as kept */
	guint attempts;
	guint retry;         /* source */
	guint doubt;         /* source: it has said that the account is not there */
	GHashTable *members; /* nickname -> BridgeRoomMember */
	GPtrArray *tasks;    /* of GTask, which wait until it is entered; or NULL */
	gpointer account;    /* whose; borrowed */
} BridgeRoom;

BridgeRoom *
bridge_room_new(const char *jid);
/* Tasks must have been answered. */
void
bridge_room_free(BridgeRoom *room);

/* (transfer floating): of BRIDGE_ROOM_KEPT_TYPE */
GVariant *
bridge_room_build_kept(const BridgeRoom *room);
BridgeRoom *
bridge_room_new_from_kept(GVariant *kept);

void
bridge_room_set_nick(BridgeRoom *room, const char *nick);
void
bridge_room_set_topic(BridgeRoom *room, const char *topic);
/* @reason: (nullable) */
void
bridge_room_set_trouble(BridgeRoom *room, const char *reason);
/* @components: (nullable): a{ss} (transfer floating) */
void
bridge_room_set_components(BridgeRoom *room, GVariant *components);
/* The session has ended: it is in no room. */
void
bridge_room_reset(BridgeRoom *room);

/* Comes, or has another role. Returns: (nullable): borrowed; NULL: too many, or no news */
const BridgeRoomMember *
bridge_room_put_member(BridgeRoom *room, const char *nick, const char *role, const char *address);
/* Returns: (nullable) (transfer full): who has gone */
BridgeRoomMember *
bridge_room_take_member(BridgeRoom *room, const char *nick);
void
bridge_room_member_free(BridgeRoomMember *member);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeRoomMember, bridge_room_member_free)
/* (transfer container) (element-type BridgeRoomMember): by nickname */
GPtrArray *
bridge_room_list_members(const BridgeRoom *room);

/* ---- Reasons --------------------------------------------------------------------------------- */

/* As host/host-room-stanza.h has them; the core's own: */
#define BRIDGE_ROOM_REASON_LEFT "left"           /* as asked */
#define BRIDGE_ROOM_REASON_NO_ANSWER "no-answer" /* of the chat server */

/* Whether waiting cannot help somebody who was in the room before. */
gboolean
bridge_room_reason_is_final(const char *reason);
/* What a caller can do about it. */
BridgeError
bridge_room_reason_get_error(const char *reason);
/* For a person. */
const char *
bridge_room_reason_get_sentence(const char *reason);

/* ---- What was said before ------------------------------------------------------------------- */

/**
 * bridge_room_build_said:
 * @time_us: when it was said, by our clock or the room's
 *
 * An id by which a message is known when the room tells it again, with its own time: the same
 * nickname, id and words within some minutes. An array of three: of that time, before and after. */
char **
bridge_room_build_said(const char *jid, const char *nick, const char *id, const char *body,
                       gint64 time_us);
/* How far clocks may differ, and how far back a room is asked for what was missed. */
#define BRIDGE_ROOM_SLACK_US (600 * (gint64)G_USEC_PER_SEC)

G_END_DECLS
