/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-rooms-private.h"

#include "link/bridge-link.h"
#include "base/bridge-secret.h"

static const char *
bridge_room_news_lookup(GVariantDict *data, const char *name)
{
	const char *value = "";

	g_variant_dict_lookup(data, name, "&s", &value);
	return value;
}

/* NULL: none that anybody wants */
static BridgeRoom *
bridge_room_news_find(BridgeAccount *account, GVariantDict *data)
{
	g_autofree char *jid =
		bridge_rooms_normalise(account, bridge_room_news_lookup(data, "jid"), NULL);

	return jid != NULL ? bridge_rooms_find(account, jid) : NULL;
}

/* ---- In and out ------------------------------------------------------------------------------ */

static void
bridge_room_on_joined(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	BridgeRoom *room = bridge_room_news_find(account, data);

	if (room != NULL)
		bridge_room_entered(account, write, room, bridge_room_news_lookup(data, "nick"));
	else
		bridge_rooms_leave_unwanted(account, bridge_room_news_lookup(data, "jid"));
}

/* What was told of it so far need not be told again. */
static void
bridge_room_on_ready(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	BridgeRoom *room = bridge_room_news_find(account, data);

	if (room == NULL || room->state == BRIDGE_ROOM_WAITING || room->ready)
		return;
	room->ready = TRUE;
	room->in_doubt = FALSE;
	bridge_account_resolve_room(account, write, room->jid, room->history_us);
	room->seen_us = g_get_real_time();
	if (room->kept_us == 0 && room->wanted)
		bridge_rooms_keep(account, write);
}

static void
bridge_room_on_left(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	BridgeRoom *room = bridge_room_news_find(account, data);
	const char *reason = bridge_room_news_lookup(data, "reason");

	if (room == NULL)
		return;
	/* Nobody here has asked for it. */
	if (*reason == '\0' || g_str_equal(reason, BRIDGE_ROOM_REASON_LEFT))
		reason = "disconnected";
	bridge_room_lost(account, write, room, reason, bridge_room_news_lookup(data, "detail"),
	                 bridge_room_news_lookup(data, "alternative"));
}

/* ---- Members --------------------------------------------------------------------------------- */

static void
bridge_room_tell_member(BridgeAccount *account, const BridgeRoom *room,
                        const BridgeRoomMember *member, gboolean here, const char *renamed)
{
	g_autofree char *json = NULL;

	/* Those who were there before are no news. */
	if (room->state != BRIDGE_ROOM_JOINED)
		return;
	json = bridge_event_build_room_presence(room->jid, member, here, renamed);
	bridge_account_emit_ephemeral(account, BRIDGE_EVENT_ROOM_PRESENCE, json);
}

static void
bridge_room_on_member(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	BridgeRoom *room = bridge_room_news_find(account, data);
	const char *nick = bridge_room_news_lookup(data, "nick");
	const char *renamed = bridge_room_news_lookup(data, "renamed");
	g_autoptr(BridgeRoomMember) gone = NULL;
	const BridgeRoomMember *member;
	gboolean here = FALSE;

	g_variant_dict_lookup(data, "here", "b", &here);
	if (room == NULL || room->state == BRIDGE_ROOM_WAITING)
		return;
	if (here) {
		member = bridge_room_put_member(room, nick, bridge_room_news_lookup(data, "role"),
		                                bridge_room_news_lookup(data, "address"));
		if (member != NULL)
			bridge_room_tell_member(account, room, member, TRUE, NULL);
		return;
	}
	gone = bridge_room_take_member(room, nick);
	if (gone == NULL)
		return;
	bridge_room_tell_member(account, room, gone, FALSE, renamed);
	if (*renamed != '\0')
		bridge_room_put_member(room, renamed, gone->role, gone->address);
}

static void
bridge_room_on_topic(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	BridgeRoom *room = bridge_room_news_find(account, data);
	const char *topic = bridge_room_news_lookup(data, "topic");

	if (room == NULL || g_str_equal(room->topic, topic))
		return;
	bridge_room_set_topic(room, topic);
	if (room->wanted)
		bridge_rooms_keep(account, write);
	bridge_write_add_event(
		write, bridge_event_new_room_topic(room, bridge_room_news_lookup(data, "by")),
		NULL);
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* Written down when it is worth it: a room is asked for more than what was missed. */
static void
bridge_room_note_seen(BridgeAccount *account, BridgeWrite *write, BridgeRoom *room, gint64 time_us)
{
	room->seen_us = MAX(room->seen_us, time_us);
	if (room->wanted && room->ready && room->seen_us - room->kept_us > BRIDGE_ROOM_SLACK_US)
		bridge_rooms_keep(account, write);
}

typedef struct {
	BridgeEventRoomMessage event;
	gint64 time_us;
	gboolean is_history;
} BridgeRoomMessage;

/* What has just been said is new, whatever it is; of a room's history only what was not stored. */
static void
bridge_room_store(BridgeAccount *account, BridgeWrite *write, const BridgeRoomMessage *message)
{
	const BridgeEventRoomMessage *event = &message->event;
	g_auto(GStrv) said = bridge_room_build_said(event->room, event->nick, event->id,
	                                            event->body, message->time_us);
	g_autofree char *made_id = *event->id == '\0' ? bridge_secret_make_id() : NULL;
	BridgeEventRoomMessage stored = *event;
	BridgeRepetitionKeys keys = {.stanza_id = said[0],
	                             .other_stanza_ids = (const char *const *)said + 1,
	                             .is_first = !message->is_history};

	if (made_id != NULL)
		stored.id = made_id;
	bridge_write_add_event(write, bridge_event_new_room_message(message->time_us, &stored),
	                       &keys);
}

static void
bridge_room_read_message(BridgeAccount *account, const BridgeRoom *room, GVariantDict *data,
                         BridgeRoomMessage *message)
{
	const BridgeRoomMember *member;
	gint64 told_us = 0;

	*message = (BridgeRoomMessage){0};
	message->event.room = room->jid;
	message->event.nick = bridge_room_news_lookup(data, "nick");
	message->event.id = bridge_room_news_lookup(data, "id");
	message->event.body = bridge_room_news_lookup(data, "body");
	message->event.own = g_str_equal(message->event.nick, room->nick);
	g_variant_dict_lookup(data, "encrypted", "b", &message->event.encrypted);
	g_variant_dict_lookup(data, "time", "x", &told_us);
	message->is_history = told_us > 0 && !room->ready;
	message->time_us = bridge_account_get_message_time(account, told_us, message->is_history,
	                                                   &message->event.delayed);
	/* Whoever has the nickname now need not be who has said that. */
	member = message->is_history ? NULL
	                             : g_hash_table_lookup(room->members, message->event.nick);
	if (member != NULL)
		message->event.jid = member->address;
}

static void
bridge_room_on_message(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	BridgeRoom *room = bridge_room_news_find(account, data);
	BridgeRoomMessage message;

	if (room == NULL)
		return;
	bridge_room_read_message(account, room, data, &message);
	if (message.is_history && (room->history_us == 0 || message.time_us < room->history_us))
		room->history_us = message.time_us;
	/* Stored when it was sent; that the room has it is news. */
	if (message.event.own && bridge_account_is_own_wire_id(account, message.event.id))
		bridge_account_message_accepted(account, write, message.event.id);
	else
		bridge_room_store(account, write, &message);
	bridge_room_note_seen(account, write, room, message.time_us);
}

static void
bridge_room_on_invite_refused(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	BridgeRoom *room = bridge_room_news_find(account, data);

	if (room != NULL)
		bridge_write_add_event(write,
		                       bridge_event_new_room_invite_refused(
					       room->jid, bridge_room_news_lookup(data, "who"),
					       bridge_room_news_lookup(data, "reason")),
		                       NULL);
}

const BridgeAccountNews bridge_room_news[] = {
	{"room-joined", bridge_room_on_joined},
	{"room-ready", bridge_room_on_ready},
	{"room-left", bridge_room_on_left},
	{"room-member", bridge_room_on_member},
	{"room-topic", bridge_room_on_topic},
	{"room-message", bridge_room_on_message, TRUE},
	{"room-invite-refused", bridge_room_on_invite_refused},
	{NULL},
};
