/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-events.h"

#include <json-glib/json-glib.h>

char *
bridge_time_format(gint64 time_us)
{
	g_autoptr(GDateTime) seconds = g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC);
	g_autofree char *text = NULL;

	if (time_us < 0 || seconds == NULL)
		return g_strdup("1970-01-01T00:00:00.000Z");
	text = g_date_time_format(seconds, "%Y-%m-%dT%H:%M:%S");
	return g_strdup_printf("%s.%03dZ", text, (int)(time_us % G_USEC_PER_SEC / 1000));
}

static JsonBuilder *
bridge_events_begin(void)
{
	JsonBuilder *builder = json_builder_new_immutable();

	json_builder_begin_object(builder);
	return builder;
}

/* NULL becomes null. */
static void
bridge_events_add(JsonBuilder *builder, const char *name, const char *value)
{
	json_builder_set_member_name(builder, name);
	if (value != NULL)
		json_builder_add_string_value(builder, value);
	else
		json_builder_add_null_value(builder);
}

static void
bridge_events_add_boolean(JsonBuilder *builder, const char *name, gboolean value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_boolean_value(builder, value);
}

/* Takes @builder. */
static char *
bridge_events_end(JsonBuilder *builder, gsize *length)
{
	g_autoptr(JsonBuilder) owned = builder;
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autoptr(JsonNode) root = NULL;

	json_builder_end_object(owned);
	root = json_builder_get_root(owned);
	json_generator_set_root(generator, root);
	return json_generator_to_data(generator, length);
}

/* Takes @builder. */
static BridgeEventRecord *
bridge_event_new(const char *type, gint64 time_us, JsonBuilder *builder)
{
	BridgeEventRecord *event = g_new0(BridgeEventRecord, 1);
	gsize length = 0;
	char *text = bridge_events_end(builder, &length);

	event->type = g_strdup(type);
	event->time_us = time_us;
	event->data = g_bytes_new_take(text, length);
	return event;
}

static void
bridge_events_add_message(JsonBuilder *builder, const BridgeEventMessage *message)
{
	bridge_events_add(builder, "body", message->body);
	bridge_events_add_boolean(builder, "off_the_record", FALSE);
	bridge_events_add_boolean(builder, "delayed", message->delayed);
	bridge_events_add_boolean(builder, "encrypted", message->encrypted);
}

BridgeEventRecord *
bridge_event_new_message(gint64 time_us, const BridgeEventMessage *message)
{
	JsonBuilder *builder = bridge_events_begin();

	bridge_events_add(builder, "id", message->id);
	bridge_events_add(builder, "from", message->from);
	bridge_events_add(builder, "resource", message->resource);
	bridge_events_add(builder, "to", message->to);
	bridge_events_add_message(builder, message);
	return bridge_event_new("message", time_us, builder);
}

BridgeEventRecord *
bridge_event_new_message_sent(gint64 time_us, const BridgeEventMessage *message)
{
	JsonBuilder *builder = bridge_events_begin();

	bridge_events_add(builder, "id", message->id);
	bridge_events_add(builder, "device", message->device);
	bridge_events_add(builder, "from", message->from);
	bridge_events_add(builder, "to", message->to);
	bridge_events_add_message(builder, message);
	return bridge_event_new("message.sent", time_us, builder);
}

BridgeEventRecord *
bridge_event_new_message_status(const BridgeOutgoingRecord *message, const char *status,
                                const char *reason, const char *detail)
{
	JsonBuilder *builder = bridge_events_begin();

	bridge_events_add(builder, "id", message->id);
	bridge_events_add(builder, "device", message->device_id);
	bridge_events_add(builder, "to", message->to);
	bridge_events_add(builder, "status", status);
	if (reason != NULL) {
		bridge_events_add(builder, "reason", reason);
		bridge_events_add(builder, "detail", detail);
		bridge_events_add(builder, "body", message->body);
	}
	return bridge_event_new("message.status", g_get_real_time(), builder);
}

BridgeEventRecord *
bridge_event_new_account_state(const char *state, const char *reason, const char *detail,
                               const char *user_action, gint64 next_try_us)
{
	JsonBuilder *builder = bridge_events_begin();
	g_autofree char *next_try = next_try_us > 0 ? bridge_time_format(next_try_us) : NULL;

	bridge_events_add(builder, "state", state);
	bridge_events_add(builder, "reason", reason);
	bridge_events_add(builder, "detail", detail);
	bridge_events_add(builder, "user_action", user_action);
	bridge_events_add(builder, "next_try", next_try);
	return bridge_event_new("account.state", g_get_real_time(), builder);
}

BridgeEventRecord *
bridge_event_new_contact(const BridgeContact *contact)
{
	JsonBuilder *builder = bridge_events_begin();

	bridge_events_add(builder, "jid", contact->jid);
	bridge_events_add(builder, "name", contact->name);
	json_builder_set_member_name(builder, "groups");
	json_builder_begin_array(builder);
	for (guint i = 0; contact->groups[i] != NULL; i++)
		json_builder_add_string_value(builder, contact->groups[i]);
	json_builder_end_array(builder);
	bridge_events_add(builder, "subscription", contact->subscription);
	bridge_events_add_boolean(builder, "ask", contact->ask);
	return bridge_event_new("contact", g_get_real_time(), builder);
}

BridgeEventRecord *
bridge_event_new_contact_removed(const char *jid)
{
	JsonBuilder *builder = bridge_events_begin();

	bridge_events_add(builder, "jid", jid);
	return bridge_event_new("contact.removed", g_get_real_time(), builder);
}

BridgeEventRecord *
bridge_event_new_read(const char *jid, const char *cursor)
{
	JsonBuilder *builder = bridge_events_begin();

	bridge_events_add(builder, "jid", jid);
	bridge_events_add(builder, "cursor", cursor);
	return bridge_event_new("read", g_get_real_time(), builder);
}

char *
bridge_event_dup_peer(const BridgeEventRecord *event)
{
	const char *member = g_str_equal(event->type, "message")        ? "from"
	                     : g_str_equal(event->type, "message.sent") ? "to"
	                                                                : NULL;
	g_autoptr(JsonParser) parser = NULL;
	gsize length = 0;
	const char *text = NULL;

	if (member == NULL)
		return NULL;
	parser = json_parser_new_immutable();
	text = g_bytes_get_data(event->data, &length);
	if (!json_parser_load_from_data(parser, text, (gssize)length, NULL))
		return NULL;
	return g_strdup(json_object_get_string_member_with_default(
		json_node_get_object(json_parser_get_root(parser)), member, NULL));
}

char *
bridge_event_build_typing(const char *jid, const char *state)
{
	JsonBuilder *builder = bridge_events_begin();

	bridge_events_add(builder, "jid", jid);
	bridge_events_add(builder, "state", state);
	return bridge_events_end(builder, NULL);
}

char *
bridge_event_build_presence(const BridgeContact *contact)
{
	JsonBuilder *builder = bridge_events_begin();

	bridge_events_add(builder, "jid", contact->jid);
	bridge_events_add(builder, "show", contact->show);
	bridge_events_add(builder, "status", contact->status);
	return bridge_events_end(builder, NULL);
}
