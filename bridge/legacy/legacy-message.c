/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy-message.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/bridge-json-text.h"

#define MESSAGE_TIME_MS_MAX G_GINT64_CONSTANT(999999999999999) /* phones break at 1e15 */

static const char *
message_get(JsonObject *data, const char *name)
{
	const char *value = json_object_get_string_member_with_default(data, name, NULL);

	return value != NULL ? value : "";
}

static char *
message_build_from(JsonObject *data)
{
	const char *resource = message_get(data, "resource");

	return g_strconcat(message_get(data, "from"), *resource != '\0' ? "/" : "", resource, NULL);
}

static GString *
message_begin(const char *from, gint64 time_us)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "from", from);
	bridge_json_text_add_number(text, "time", CLAMP(time_us / 1000, 0, MESSAGE_TIME_MS_MAX));
	return text;
}

/* The members in the order in which phones have always got them. What is known of "off the record"
 * is in each: without it phones take it for ended. */
static char *
message_build(JsonObject *data, const BridgeEventRecord *event)
{
	g_autofree char *from = message_build_from(data);
	GString *text = message_begin(from, event->time_us);

	bridge_json_text_add(text, "id", message_get(data, "id"));
	bridge_json_text_add(text, "type", "chat");
	bridge_json_text_add(text, "body", message_get(data, "body"));
	bridge_json_text_add_boolean(text, "otr", event->off_the_record);
	bridge_json_text_end(text);
	return g_string_free(text, FALSE);
}

/* (nullable): no message of a contact's */
static JsonParser *
message_parse(const BridgeEventRecord *event)
{
	g_autoptr(JsonParser) parser = NULL;
	gsize length = 0;
	const char *text = g_bytes_get_data(event->data, &length);

	if (!g_str_equal(event->type, "message"))
		return NULL;
	parser = json_parser_new_immutable();
	return json_parser_load_from_data(parser, text, (gssize)length, NULL)
	               ? g_steal_pointer(&parser)
	               : NULL;
}

char *
legacy_message_build(const BridgeEventRecord *event)
{
	g_autoptr(JsonParser) parser = message_parse(event);
	JsonObject *data =
		parser != NULL ? json_node_get_object(json_parser_get_root(parser)) : NULL;

	return data != NULL && *message_get(data, "body") != '\0' ? message_build(data, event)
	                                                          : NULL;
}

/* Phones take whatever does not say that a contact is typing for the end of that. */
char *
legacy_message_build_typing(const char *jid, LegacyTypingState state, gboolean off_the_record,
                            gint64 time_us)
{
	GString *text = message_begin(jid, time_us);

	bridge_json_text_add(text, "type", "chat");
	if (state != LEGACY_TYPING_OVER)
		bridge_json_text_add_boolean(text, "typing", state == LEGACY_TYPING_COMPOSING);
	if (state != LEGACY_TYPING_COMPOSING)
		bridge_json_text_add_boolean(text, "otr", off_the_record);
	bridge_json_text_end(text);
	return g_string_free(text, FALSE);
}

char *
legacy_message_dup_sender(const BridgeEventRecord *event)
{
	g_autoptr(JsonParser) parser = message_parse(event);

	return parser != NULL
	               ? message_build_from(json_node_get_object(json_parser_get_root(parser)))
	               : NULL;
}
