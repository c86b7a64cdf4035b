/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-room-stanza.h: what libpurple does not tell about rooms in XMPP (XEP-0045), read from the
 * stanzas, and stanzas that it cannot make. Pure functions. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

/* Why an account is not in a room (any more): the reasons of the link's events. */
#define HOST_ROOM_LEFT "left"                         /* nobody says why */
#define HOST_ROOM_KICKED "kicked"                     /* by a person */
#define HOST_ROOM_BANNED "banned"                     /* also: may not enter */
#define HOST_ROOM_MEMBERS_ONLY "members-only"         /* and it is none of them */
#define HOST_ROOM_PASSWORD "password"                 /* is needed, or another one */
#define HOST_ROOM_NICKNAME_TAKEN "nickname-taken"     /* by somebody else */
#define HOST_ROOM_NICKNAME_REFUSED "nickname-refused" /* the room wants another one */
#define HOST_ROOM_NOT_FOUND "not-found"               /* no such room, or it is about to be made */
#define HOST_ROOM_GONE "gone"                         /* there is no such room (any more) */
#define HOST_ROOM_NOT_ALLOWED "not-allowed"           /* to make rooms there */
#define HOST_ROOM_UNAVAILABLE "unavailable"           /* full, or nothing there has rooms */
#define HOST_ROOM_UNREACHABLE "unreachable"           /* its server */
#define HOST_ROOM_DISCONNECTED "disconnected"         /* it has lost us, or is being restarted */
#define HOST_ROOM_REFUSED "refused"                   /* any other */

typedef enum {
	HOST_ROOM_PRESENCE_OTHER,   /* of somebody else, or nothing that matters */
	HOST_ROOM_PRESENCE_ENTERED, /* we are in, by that nickname; also when it has changed */
	HOST_ROOM_PRESENCE_LEFT,    /* we are not any more */
	HOST_ROOM_PRESENCE_REFUSED, /* what we asked for by a presence */
} HostRoomPresenceKind;

typedef struct {
	HostRoomPresenceKind kind;
	char *nick;         /* of ENTERED */
	gboolean created;   /* ENTERED: the room is new, and locked until it is configured */
	const char *reason; /* HOST_ROOM_*, of LEFT and REFUSED; else NULL */
	char *detail;       /* in somebody's words, or NULL */
	char *alternative;  /* the room's address to go to instead, or NULL */
} HostRoomPresence;

/* @presence: from a room, with an address to it; @own_nick: (nullable): as far as it is known */
void
host_room_presence_read(xmlnode *presence, const char *own_nick, HostRoomPresence *read);
void
host_room_presence_clear(HostRoomPresence *read);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HostRoomPresence, host_room_presence_clear)

/* Takes the news that the room is new out of @presence: libpurple would ask its user about it. */
void
host_room_presence_hide_created(xmlnode *presence);

/* Into the <query> of muc#owner: takes the room as its service makes it. */
void
host_room_fill_configuration(xmlnode *query);

/* Whether the room's @reply to a ping of ourselves in it says, or may mean, that we are there
 * (XEP-0410). */
gboolean
host_room_knows_us(xmlnode *reply);
/* (transfer full): what a room says to somebody whom it lost. @to: (nullable): the full address */
xmlnode *
host_room_build_goodbye(const char *to, const char *room, const char *nick);

/* (transfer full): @inviter: as the invitation had it; @text: (nullable) */
xmlnode *
host_room_build_decline(const char *room, const char *inviter, const char *text);

G_END_DECLS
