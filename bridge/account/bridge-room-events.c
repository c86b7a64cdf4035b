/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-room-events.h"

#include "base/bridge-json-text.h"

/* "" becomes null, as does NULL. */
static void
bridge_room_events_add(GString *text, const char *name, const char *value)
{
	bridge_json_text_add(text, name, value != NULL && *value != '\0' ? value : NULL);
}

/* Takes @text. */
static BridgeEventRecord *
bridge_room_events_end(BridgeEventKind kind, GString *text)
{
	g_autoptr(GString) owned = text;

	bridge_json_text_end(owned);
	return bridge_event_new_of_json(kind, owned->str);
}

BridgeEventRecord *
bridge_event_new_room_message(gint64 time_us, const BridgeEventRoomMessage *message)
{
	GString *text = bridge_json_text_begin();
	BridgeEventRecord *event;

	bridge_json_text_add(text, "id", message->id);
	bridge_json_text_add(text, "room", message->room);
	bridge_room_events_add(text, "nick", message->nick);
	bridge_room_events_add(text, "jid", message->jid);
	bridge_json_text_add_boolean(text, "own", message->own);
	bridge_json_text_add(text, "body", message->body);
	bridge_json_text_add_boolean(text, "off_the_record", FALSE);
	bridge_json_text_add_boolean(text, "delayed", message->delayed);
	bridge_json_text_add_boolean(text, "encrypted", message->encrypted);
	event = bridge_room_events_end(BRIDGE_EVENT_ROOM_MESSAGE, text);
	event->time_us = time_us;
	return event;
}

BridgeEventRecord *
bridge_event_new_room_state(const BridgeRoom *room, const char *state, const char *reason,
                            const char *detail, const char *alternative)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "room", room->jid);
	bridge_json_text_add(text, "state", state);
	bridge_room_events_add(text, "nick", room->nick);
	bridge_json_text_add(text, "reason", reason);
	bridge_room_events_add(text, "detail", detail);
	bridge_room_events_add(text, "alternative", alternative);
	return bridge_room_events_end(BRIDGE_EVENT_ROOM_STATE, text);
}

BridgeEventRecord *
bridge_event_new_room_topic(const BridgeRoom *room, const char *by)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "room", room->jid);
	bridge_json_text_add(text, "topic", room->topic);
	bridge_room_events_add(text, "by", by);
	return bridge_room_events_end(BRIDGE_EVENT_ROOM_TOPIC, text);
}

BridgeEventRecord *
bridge_event_new_room_invite_refused(const char *room, const char *jid, const char *reason)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "room", room);
	bridge_json_text_add(text, "jid", jid);
	bridge_json_text_add(text, "reason", reason);
	return bridge_room_events_end(BRIDGE_EVENT_ROOM_INVITE_REFUSED, text);
}

char *
bridge_event_build_room_presence(const char *room, const BridgeRoomMember *member, gboolean here,
                                 const char *renamed)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "room", room);
	bridge_json_text_add(text, "nick", member->nick);
	bridge_room_events_add(text, "jid", member->address);
	bridge_json_text_add(text, "role", member->role);
	bridge_json_text_add_boolean(text, "here", here);
	bridge_room_events_add(text, "renamed", renamed);
	bridge_json_text_end(text);
	return g_string_free(text, FALSE);
}
