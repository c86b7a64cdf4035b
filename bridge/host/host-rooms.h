/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-rooms.h: rooms, whatever the protocol calls them, as libpurple's chats: entered, left, made,
 * who is in them and what is said there, invitations. What libpurple needs to find a room comes
 * from the protocol's chat_info(). Rooms of XMPP are told of in more detail, from the stanzas.
 *
 * A room has the name that libpurple gives it, normalised by the protocol ("jid"). A reason is one
 * of HOST_ROOM_* (host-room-stanza.h).
 *
 * Request "room-join": "jid" s, "nick" s (or "": as the protocol likes), "components" a{ss} (more
 * of what the protocol's chat_info() names, a password say), "since" x (us: no older history; 0: as
 * the room likes). Answered when it is entered: "nick" s; or with "reason" s and "detail" s if that
 * was refused. Also for a room that "room-create" has made, and one that is entered already.
 *
 * Request "room-leave": "jid" s. Answered when it has been left, whether or not it was entered.
 *
 * Request "room-create": "invite" as. Makes a room for those who are invited: "jid" s, to be
 * entered by "room-join". Unsupported: there is no place for one.
 *
 * Request "room-invite": "jid" s, "who" s, "text" s.
 *
 * Request "room-decline": "jid" s, "who" s (the inviter, or ""), "text" s.
 *
 * Request "room-topic": "jid" s, "topic" s. Unsupported: not with this protocol.
 *
 * Event "room-joined": "jid" s, "nick" s: entered by that nickname, or it has changed.
 *
 * Event "room-ready": "jid" s: its history has been told; what comes now is new.
 *
 * Event "room-left": "jid" s, "reason" s, "detail" s, "alternative" s (a room to go to instead, or
 * ""): not because "room-leave" asked for it.
 *
 * Event "room-member": "jid" s, "nick" s, "here" b, "role" s (owner, moderator, participant, none),
 * "address" s (who that is, or ""), "renamed" s (the nickname from now on, or ""); also before
 * "room-joined".
 *
 * Event "room-topic": "jid" s, "topic" s, "by" s.
 *
 * Event "room-message": "jid" s, "nick" s ("": the room itself), "id" s, "body" s, "time" x (us,
 * true time if it was said before; 0: now), "encrypted" b. Also one's own.
 *
 * Event "room-invited": "jid" s, "who" s (within the room, if that is all it says), "text" s,
 * "components" a{ss} (for "room-join").
 *
 * Event "room-invite-refused": "jid" s, "who" s, "reason" s (an error condition). */
#pragma once

#include "host-feature.h"
#include "plugin/gtalk.h"

G_BEGIN_DECLS

extern const HostFeature host_rooms_feature;

/* Somebody has said something in a room, by the plugin's words. */
void
host_rooms_take_message(HostAccount *account, const GTalkMessage *message);

/* What the protocol's plugin does not pass on: the room is not entered. @reason: HOST_ROOM_*
 *
 * Returns: whether it was to be */
gboolean
host_rooms_refuse(HostAccount *account, const char *name, const char *reason, const char *detail);

/* From time to time: asks rooms that have said nothing for long whether they know the account.
 * @dead_after_s: within which a link that has died is found */
void
host_rooms_look(HostAccount *account, guint dead_after_s);

/* Whether messages to that address belong to a room. */
gboolean
host_rooms_has(HostAccount *account, const char *jid);
/* @html: as libpurple wants it. FALSE: it is not in that room now. */
gboolean
host_rooms_send(HostAccount *account, const char *jid, const char *html);

G_END_DECLS
