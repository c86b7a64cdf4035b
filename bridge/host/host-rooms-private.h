/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-rooms-private.h: for the rooms' own files.
 *
 *   host-rooms.c            entering and leaving
 *   host-room-components.c  what libpurple needs to enter one
 *   host-room-news.c        who is there, what is said
 *   host-room-invite.c      invitations, new rooms
 *   host-room-ping.c        whether a room still knows us
 *   host-room-stanza.c      what only the stanzas of XMPP tell */
#pragma once

#include "host-room-stanza.h"
#include "host-rooms.h"

G_BEGIN_DECLS

#define HOST_ROOMS_NAME_MAX_BYTES 3071
#define HOST_ROOMS_TEXT_MAX_BYTES 1024 /* of a topic, or what is said beside an invitation */

typedef enum {
	HOST_ROOM_OUT,
	HOST_ROOM_JOINING,
	HOST_ROOM_IN,
	HOST_ROOM_LEAVING, /* libpurple must not lose the conversation before the server has said so
	                    */
} HostRoomState;

typedef struct {
	HostAccount *account;
	char *jid;
	HostRoomState state;
	PurpleConversation *conversation; /* libpurple's; NULL: not that far */
	HostRequest *join;                /* waits; or NULL */
	HostRequest *leave;               /* likewise */
	GVariant *next;     /* how it is to be entered when it has been left; or NULL */
	char *nick;         /* the own one, as asked for or as the server has it */
	gboolean admitted;  /* the server has said so */
	gboolean sending;   /* libpurple may tell of it right now */
	gint64 entered_us;  /* monotonic: which time it is that it was entered */
	gint64 heard_us;    /* monotonic: when it said something last, or was asked to */
	char *ping_id;      /* of the question that is open; or NULL */
	const char *reason; /* why it was left or not entered, as last heard; or NULL */
	char *detail;
	char *alternative;
	guint settle_source; /* goes on from the main loop, when libpurple has done its part */
} HostRoom;

/* NULL: it has no such room; @name: as libpurple or a server has it, without a nickname */
HostRoom *
host_rooms_find(HostAccount *account, const char *name);
HostRoom *
host_rooms_find_conversation(PurpleConversation *conversation);
/* NULL when there are too many. */
HostRoom *
host_rooms_ensure(HostAccount *account, const char *name);
/* (transfer full): @name as the key of rooms */
char *
host_rooms_dup_key(HostAccount *account, const char *name);
/* NULL: the request names none that could be; it has failed. Borrowed from @arguments. */
const char *
host_rooms_find_name(GVariantDict *arguments, HostRequest *request);
/* The same for a room that the account is in. */
HostRoom *
host_rooms_find_entered(HostAccount *account, GVariantDict *arguments, HostRequest *request);
PurplePluginProtocolInfo *
host_rooms_get_protocol(HostAccount *account);
gboolean
host_rooms_is_xmpp(HostAccount *account);

/* What libpurple needs to enter it (transfer full); NULL: the request lacks something, and has
 * failed. */
GHashTable *
host_room_build_components(HostRoom *room, GVariantDict *arguments);
/* The nickname among that. */
void
host_room_note_nick(HostRoom *room, GHashTable *components);
/* @nick: (nullable) */
void
host_room_set_nick(HostRoom *room, const char *nick);

/* An event's members, with "jid" */
void
host_room_begin_event(const HostRoom *room, GVariantDict *data);
void
host_room_insert(GVariantDict *data, const char *member, const char *text, gsize max_bytes);

/* Of an account, by key; NULL: it has had none */
GHashTable *
host_rooms_get_all(HostAccount *account);
void
host_room_note_heard(HostRoom *room);

void
host_room_news_install(PurplePlugin *plugin);
void
host_room_ping_install(PurplePlugin *plugin);
void
host_room_invite_install(PurplePlugin *plugin);

void
host_rooms_create(HostAccount *account, GVariantDict *arguments, HostRequest *request);
void
host_rooms_invite(HostAccount *account, GVariantDict *arguments, HostRequest *request);
void
host_rooms_decline(HostAccount *account, GVariantDict *arguments, HostRequest *request);
void
host_rooms_set_topic(HostAccount *account, GVariantDict *arguments, HostRequest *request);

G_END_DECLS
