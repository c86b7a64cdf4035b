/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-events.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include <time.h>

#include "base/bridge-json-text.h"

char *
bridge_time_format(gint64 time_us)
{
	time_t seconds = (time_t)(time_us / G_USEC_PER_SEC);
	struct tm utc;

	if (time_us < 0 || gmtime_r(&seconds, &utc) == NULL || utc.tm_year + 1900 > 9999)
		return g_strdup("1970-01-01T00:00:00.000Z");
	return g_strdup_printf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
	                       utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
	                       (int)(time_us % G_USEC_PER_SEC / 1000));
}

/* Takes @data. */
static BridgeEventRecord *
bridge_event_new(BridgeEventKind kind, gint64 time_us, GString *data)
{
	BridgeEventRecord *event = g_new0(BridgeEventRecord, 1);

	event->type = g_strdup(bridge_event_kind_get_name(kind));
	event->time_us = time_us;
	bridge_json_text_end(data);
	event->data = g_string_free_to_bytes(data);
	return event;
}

/* Takes @text. */
static BridgeEventRecord *
bridge_events_finish_message(BridgeEventKind kind, gint64 time_us, GString *text,
                             const BridgeEventMessage *message)
{
	BridgeEventRecord *event;

	bridge_json_text_add(text, "body", message->body);
	bridge_json_text_add_boolean(text, "off_the_record", message->off_the_record);
	bridge_json_text_add_boolean(text, "delayed", message->delayed);
	bridge_json_text_add_boolean(text, "encrypted", message->encrypted);
	event = bridge_event_new(kind, time_us, text);
	event->off_the_record = message->off_the_record;
	return event;
}

BridgeEventRecord *
bridge_event_new_message(gint64 time_us, const BridgeEventMessage *message)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "id", message->id);
	bridge_json_text_add(text, "from", message->from);
	bridge_json_text_add(text, "resource", message->resource);
	bridge_json_text_add(text, "to", message->to);
	return bridge_events_finish_message(BRIDGE_EVENT_MESSAGE, time_us, text, message);
}

BridgeEventRecord *
bridge_event_new_message_sent(gint64 time_us, const BridgeEventMessage *message)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "id", message->id);
	bridge_json_text_add(text, "device", message->device);
	bridge_json_text_add(text, "from", message->from);
	bridge_json_text_add(text, "to", message->to);
	return bridge_events_finish_message(BRIDGE_EVENT_MESSAGE_SENT, time_us, text, message);
}

BridgeEventRecord *
bridge_event_new_message_status(const BridgeOutgoingRecord *message, const char *status,
                                const char *reason, const char *detail)
{
	GString *text = bridge_json_text_begin();
	BridgeEventRecord *event;

	bridge_json_text_add(text, "id", message->id);
	bridge_json_text_add(text, "device", message->device_id);
	bridge_json_text_add(text, "to", message->to);
	bridge_json_text_add(text, "status", status);
	if (reason != NULL) {
		bridge_json_text_add(text, "reason", reason);
		bridge_json_text_add(text, "detail", detail);
		bridge_json_text_add(text, "body", message->body);
	}
	event = bridge_event_new(BRIDGE_EVENT_MESSAGE_STATUS, g_get_real_time(), text);
	event->off_the_record = message->off_the_record && reason != NULL;
	return event;
}

BridgeEventRecord *
bridge_event_new_account_state(const char *state, const char *reason, const char *detail,
                               const char *user_action, gint64 next_try_us)
{
	GString *text = bridge_json_text_begin();
	g_autofree char *next_try = next_try_us > 0 ? bridge_time_format(next_try_us) : NULL;

	bridge_json_text_add(text, "state", state);
	bridge_json_text_add(text, "reason", reason);
	bridge_json_text_add(text, "detail", detail);
	bridge_json_text_add(text, "user_action", user_action);
	bridge_json_text_add(text, "next_try", next_try);
	return bridge_event_new(BRIDGE_EVENT_ACCOUNT_STATE, g_get_real_time(), text);
}

BridgeEventRecord *
bridge_event_new_contact(const BridgeContact *contact)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "jid", contact->jid);
	bridge_json_text_add(text, "name", contact->name);
	bridge_json_text_add_strings(text, "groups", contact->groups);
	bridge_json_text_add(text, "subscription", contact->subscription);
	bridge_json_text_add_boolean(text, "ask", contact->ask);
	bridge_json_text_add_boolean(text, "blocked", contact->blocked);
	bridge_json_text_add(text, "avatar", bridge_contact_get_avatar(contact));
	return bridge_event_new(BRIDGE_EVENT_CONTACT, g_get_real_time(), text);
}

BridgeEventRecord *
bridge_event_new_contact_removed(const char *jid)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "jid", jid);
	return bridge_event_new(BRIDGE_EVENT_CONTACT_REMOVED, g_get_real_time(), text);
}

BridgeEventRecord *
bridge_event_new_off_the_record(const char *jid, gboolean enabled, const char *by)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "jid", jid);
	bridge_json_text_add_boolean(text, "enabled", enabled);
	bridge_json_text_add(text, "by", by);
	return bridge_event_new(BRIDGE_EVENT_OFF_THE_RECORD, g_get_real_time(), text);
}

BridgeEventRecord *
bridge_event_new_read(const char *jid, const char *cursor)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "jid", jid);
	bridge_json_text_add(text, "cursor", cursor);
	return bridge_event_new(BRIDGE_EVENT_READ, g_get_real_time(), text);
}

BridgeEventRecord *
bridge_event_new_of_json(BridgeEventKind kind, const char *json)
{
	BridgeEventRecord *event = g_new0(BridgeEventRecord, 1);

	event->type = g_strdup(bridge_event_kind_get_name(kind));
	event->time_us = g_get_real_time();
	event->data = g_bytes_new(json, strlen(json));
	return event;
}

/* Which member of which event's data is the other side's address. */
static const struct {
	const char *type;
	const char *member;
} bridge_events_peers[] = {
	{"message", "from"},
	{"message.sent", "to"},
	{"room.message", "room"},
};

static const char *
bridge_event_find_peer_member(const char *type)
{
	for (guint i = 0; i < G_N_ELEMENTS(bridge_events_peers); i++)
		if (g_str_equal(type, bridge_events_peers[i].type))
			return bridge_events_peers[i].member;
	return NULL;
}

char *
bridge_event_dup_peer(const BridgeEventRecord *event, gboolean *incoming)
{
	const char *member = bridge_event_find_peer_member(event->type);
	g_autoptr(JsonParser) parser = NULL;
	JsonObject *data = NULL;
	gsize length = 0;
	const char *text = NULL;

	if (member == NULL)
		return NULL;
	parser = json_parser_new_immutable();
	text = g_bytes_get_data(event->data, &length);
	if (!json_parser_load_from_data(parser, text, (gssize)length, NULL))
		return NULL;
	data = json_node_get_object(json_parser_get_root(parser));
	if (incoming != NULL)
		*incoming = !g_str_equal(event->type, "message.sent") &&
		            !json_object_get_boolean_member_with_default(data, "own", FALSE);
	return g_strdup(json_object_get_string_member_with_default(data, member, NULL));
}

BridgeEventRecord *
bridge_event_new_request(const BridgeRequest *request)
{
	GString *text = bridge_json_text_begin();
	g_autofree char *time = bridge_time_format(request->time_us);
	g_autofree char *expires =
		request->expires_us > 0 ? bridge_time_format(request->expires_us) : NULL;
	BridgeEventKind kind =
		g_str_equal(request->type, "subscription")  ? BRIDGE_EVENT_SUBSCRIPTION_REQUEST
		: g_str_equal(request->type, "room-invite") ? BRIDGE_EVENT_ROOM_INVITE
							    : BRIDGE_EVENT_REQUEST;

	bridge_json_text_add(text, "id", request->id);
	bridge_json_text_add(text, "type", request->type);
	bridge_json_text_add(text, "jid", request->jid);
	bridge_json_text_add(text, "from", request->from);
	bridge_json_text_add(text, "name", request->name);
	bridge_json_text_add(text, "text", request->text);
	bridge_json_text_add(text, "url", request->url);
	bridge_json_text_add(text, "time", time);
	bridge_json_text_add(text, "expires", expires);
	bridge_json_text_add_strings(text, "answers", (char **)request->answers);
	return bridge_event_new(kind, g_get_real_time(), text);
}

BridgeEventRecord *
bridge_event_new_request_closed(const BridgeRequest *request, const char *reason)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "id", request->id);
	bridge_json_text_add(text, "type", request->type);
	bridge_json_text_add(text, "jid", request->jid);
	bridge_json_text_add(text, "reason", reason);
	return bridge_event_new(BRIDGE_EVENT_REQUEST_CLOSED, g_get_real_time(), text);
}

char *
bridge_event_build_typing(const char *jid, const char *state)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "jid", jid);
	bridge_json_text_add(text, "state", state);
	bridge_json_text_end(text);
	return g_string_free(text, FALSE);
}

char *
bridge_event_build_presence(const BridgeContact *contact)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "jid", contact->jid);
	bridge_json_text_add(text, "show", contact->show);
	bridge_json_text_add(text, "status", contact->status);
	bridge_json_text_end(text);
	return g_string_free(text, FALSE);
}
