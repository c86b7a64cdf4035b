/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-groupchat-stanza.h: the stanzas of rooms (XEP-0045) that are more or other than what the
 * inherited protocol makes and reads, and the mark "pmuc-v1" of clients that can take part in
 * Google's group chats; pure. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define GTALK_NS_MUC "http://jabber.org/protocol/muc"
#define GTALK_NS_MUC_OWNER "http://jabber.org/protocol/muc#owner"
#define GTALK_NS_CONFERENCE "jabber:x:conference"
#define GTALK_NS_CAPS "http://jabber.org/protocol/caps"

/* The domain of the group chats that belong to @domain. */
char *
gtalk_groupchat_dup_server(const char *domain);
/* The name of a new room. */
char *
gtalk_groupchat_dup_room_name(void);
/* Whether @jid is, or is in, a room that was made by the rule of Google's group chats. */
gboolean
gtalk_groupchat_is_private_room(const char *jid);

/* ---- Presence ------------------------------------------------------------------------------- */

typedef enum {
	GTALK_ROOM_NOTHING,  /* not of a room, or nothing that matters here */
	GTALK_ROOM_OTHER,    /* somebody else came, changed or left */
	GTALK_ROOM_ENTERED,  /* we are in the room, by that nickname */
	GTALK_ROOM_LEFT,     /* we are not any more; not when the nickname changed */
	GTALK_ROOM_CONFLICT, /* the nickname is taken */
	GTALK_ROOM_REFUSED,  /* any other error */
} GTalkRoomNews;

/* What an incoming @presence says about the room where the user is called @nick. */
GTalkRoomNews
gtalk_groupchat_read_presence(const xmlnode *presence, const char *nick);

/* Whether an incoming or outgoing @presence has that status code, and to take it out or put it in.
 */
gboolean
gtalk_groupchat_has_status(const xmlnode *presence, const char *code);
void
gtalk_groupchat_remove_status(xmlnode *presence, const char *code);
void
gtalk_groupchat_add_status(xmlnode *presence, const char *code);

/* To enter a room by that nickname (transfer full). */
xmlnode *
gtalk_groupchat_build_entry(const char *room, const char *nick);

/* Whether a @message from a room says that the room has no topic, and nothing else. */
gboolean
gtalk_groupchat_is_empty_topic(const xmlnode *message);

/* ---- Invitations ---------------------------------------------------------------------------- */

/* (transfer full) */
xmlnode *
gtalk_groupchat_build_invitation(const char *room, const char *who);

/* Takes reason and body out of an outgoing invitation into a private room: Gmail shows nothing of
 * an invitation that has them. Other messages stay as they are. */
void
gtalk_groupchat_strip_invitation(xmlnode *message);

/* The <invite> in a message, NULL if there is none. */
xmlnode *
gtalk_groupchat_find_invitation(const xmlnode *message);

/* ---- Room configuration --------------------------------------------------------------------- */

/* A request to @room: to keep it to those who are invited, if @is_private, else as its service
 * makes them (transfer full). */
xmlnode *
gtalk_groupchat_build_configuration(const char *room, gboolean is_private);

/* ---- Clients that can take part ------------------------------------------------------------- */

/* Adds the mark to an outgoing @presence that says what the client can do. */
void
gtalk_groupchat_mark_caps(xmlnode *presence);

/* The answer (transfer full) if @iq asks what the mark means, else NULL. */
xmlnode *
gtalk_groupchat_build_mark_answer(const xmlnode *iq);

G_END_DECLS
