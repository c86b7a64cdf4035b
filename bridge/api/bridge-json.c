/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-json.h"

#include <string.h>

#include "base/bridge-cursor.h"
#include "account/bridge-events.h"
#include "base/bridge-json-text.h"
#include "http/bridge-json-check.h"

/* ---- Reading --------------------------------------------------------------------------------- */

/* json-glib lets a later member replace an earlier one of the same name; two readers of one text
 * could then understand different things. Members told less members kept are the repeated ones. */
static void
json_count_member_cb(JsonParser *parser, JsonObject *object, const char *name, gpointer user_data)
{
	gint64 *repeated = user_data;

	(*repeated)++;
}

static void
json_count_object_cb(JsonParser *parser, JsonObject *object, gpointer user_data)
{
	gint64 *repeated = user_data;

	*repeated -= json_object_get_size(object);
}

static JsonNode *
json_parse_checked(const char *text, gsize length, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	gint64 repeated = 0;

	g_signal_connect(parser, "object-member", G_CALLBACK(json_count_member_cb), &repeated);
	g_signal_connect(parser, "object-end", G_CALLBACK(json_count_object_cb), &repeated);
	if (!json_parser_load_from_data(parser, text, length, NULL)) {
		g_set_error_literal(error, BRIDGE_PROBLEM, BRIDGE_PROBLEM_MALFORMED,
		                    "the body is not JSON");
		return NULL;
	}
	if (repeated != 0) {
		g_set_error_literal(error, BRIDGE_PROBLEM, BRIDGE_PROBLEM_MALFORMED,
		                    "the body is not JSON: a member is there twice");
		return NULL;
	}
	return json_parser_steal_root(parser);
}

JsonNode *
bridge_json_parse(const char *text, gsize length, GError **error)
{
	const char *why = NULL;
	gsize offset = 0;
	g_autoptr(JsonNode) root = NULL;

	if (!bridge_json_check(text, length, &why, &offset)) {
		g_set_error(error, BRIDGE_PROBLEM, BRIDGE_PROBLEM_MALFORMED,
		            "the body is not JSON: %s (octet %zu)", why, offset);
		return NULL;
	}
	root = json_parse_checked(text, length, error);
	if (root == NULL)
		return NULL;
	if (!JSON_NODE_HOLDS_OBJECT(root)) {
		g_set_error_literal(error, BRIDGE_PROBLEM, BRIDGE_PROBLEM_MALFORMED,
		                    "the body must be a JSON object");
		return NULL;
	}
	return g_steal_pointer(&root);
}

static void
json_wipe_member_cb(JsonObject *object, const char *name, JsonNode *node, gpointer user_data)
{
	bridge_json_wipe(node);
}

static void
json_wipe_element_cb(JsonArray *array, guint index, JsonNode *node, gpointer user_data)
{
	bridge_json_wipe(node);
}

void
bridge_json_wipe(JsonNode *node)
{
	char *string = NULL;

	if (JSON_NODE_HOLDS_OBJECT(node)) {
		json_object_foreach_member(json_node_get_object(node), json_wipe_member_cb, NULL);
	} else if (JSON_NODE_HOLDS_ARRAY(node)) {
		json_array_foreach_element(json_node_get_array(node), json_wipe_element_cb, NULL);
	} else if (json_node_get_value_type(node) == G_TYPE_STRING) {
		string = (char *)json_node_get_string(node);
		explicit_bzero(string, strlen(string));
	}
}

struct _BridgeJsonReader {
	JsonNode *root;
	GPtrArray *refusals;
	BridgeProblemCode code;
};

BridgeJsonReader *
bridge_json_reader_new(JsonNode *root)
{
	BridgeJsonReader *self = g_new0(BridgeJsonReader, 1);

	self->root = root;
	self->refusals = g_ptr_array_new_with_free_func((GDestroyNotify)bridge_problem_field_free);
	self->code = BRIDGE_PROBLEM_NOT_ACCEPTABLE;
	return self;
}

void
bridge_json_reader_free(BridgeJsonReader *self)
{
	g_ptr_array_unref(self->refusals);
	g_free(self);
}

static gboolean
json_reader_knows(BridgeJsonReader *self, const char *pointer)
{
	for (guint i = 0; i < self->refusals->len; i++) {
		const BridgeProblemField *field = g_ptr_array_index(self->refusals, i);

		if (g_str_equal(field->pointer, pointer))
			return TRUE;
	}
	return FALSE;
}

static void
json_reader_add(BridgeJsonReader *self, const char *pointer, const char *detail)
{
	BridgeProblemField *field = NULL;

	if (json_reader_knows(self, pointer))
		return;
	field = g_new0(BridgeProblemField, 1);
	field->pointer = g_strdup(pointer);
	field->detail = g_strdup(detail);
	g_ptr_array_add(self->refusals, field);
}

/* The wrong shape: malformed, whatever else may be wrong with the values. */
static void
json_reader_add_type(BridgeJsonReader *self, const char *pointer, const char *detail)
{
	self->code = BRIDGE_PROBLEM_MALFORMED;
	json_reader_add(self, pointer, detail);
}

/* Returns: (nullable): the node, unless it is missing or null, or something above it is no object
 */
static JsonNode *
json_reader_find(BridgeJsonReader *self, const char *pointer, BridgeJsonNeed need)
{
	g_auto(GStrv) names = g_strsplit(pointer + 1, "/", -1);
	g_autoptr(GString) place = g_string_new(NULL);
	JsonNode *node = self->root;

	for (guint i = 0; names[i] != NULL && node != NULL; i++) {
		if (!JSON_NODE_HOLDS_OBJECT(node)) {
			json_reader_add_type(self, place->str, "an object is needed");
			return NULL;
		}
		node = json_object_get_member(json_node_get_object(node), names[i]);
		if (node != NULL && JSON_NODE_HOLDS_NULL(node))
			node = NULL;
		g_string_append_printf(place, "/%s", names[i]);
	}
	if (node == NULL && need == BRIDGE_JSON_REQUIRED)
		json_reader_add_type(self, place->str, "it is missing");
	return node;
}

const char *
bridge_json_reader_get_string(BridgeJsonReader *self, const char *pointer, BridgeJsonNeed need,
                              gsize bytes_max)
{
	JsonNode *node = json_reader_find(self, pointer, need);
	g_autofree char *detail = NULL;

	if (node == NULL)
		return NULL;
	if (json_node_get_value_type(node) != G_TYPE_STRING) {
		json_reader_add_type(self, pointer, "a string is needed");
		return NULL;
	}
	if (strlen(json_node_get_string(node)) > bytes_max) {
		detail = g_strdup_printf("%zu octets at most are allowed", bytes_max);
		json_reader_add(self, pointer, detail);
		return NULL;
	}
	return json_node_get_string(node);
}

JsonNode *
bridge_json_reader_get_object(BridgeJsonReader *self, const char *pointer)
{
	JsonNode *node = json_reader_find(self, pointer, BRIDGE_JSON_OPTIONAL);

	if (node == NULL || JSON_NODE_HOLDS_OBJECT(node))
		return node;
	json_reader_add_type(self, pointer, "an object is needed");
	return NULL;
}

/* NULL: it is of the right shape */
static const char *
json_reader_find_wrong_strings(JsonArray *array)
{
	for (guint i = 0; i < json_array_get_length(array); i++)
		if (json_node_get_value_type(json_array_get_element(array, i)) != G_TYPE_STRING)
			return "strings are needed";
	return NULL;
}

/* (transfer full) NULL: its strings are acceptable */
static char *
json_reader_describe_strings(JsonArray *array, guint count_max, gsize bytes_max)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	if (json_array_get_length(array) > count_max)
		return g_strdup_printf("%u at most are allowed", count_max);
	for (guint i = 0; i < json_array_get_length(array); i++) {
		const char *text = json_array_get_string_element(array, i);

		if (*text == '\0' || strlen(text) > bytes_max)
			return g_strdup_printf("each must be 1 to %zu octets", bytes_max);
		if (!g_hash_table_add(seen, (gpointer)text))
			return g_strdup("one is there twice");
	}
	return NULL;
}

char **
bridge_json_reader_dup_strings(BridgeJsonReader *self, const char *pointer, guint count_max,
                               gsize bytes_max)
{
	JsonNode *node = json_reader_find(self, pointer, BRIDGE_JSON_OPTIONAL);
	g_autoptr(GPtrArray) strings = g_ptr_array_new();
	g_autofree char *detail = NULL;
	const char *shape = NULL;
	JsonArray *array;

	if (node == NULL)
		return NULL;
	array = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
	shape = array != NULL ? json_reader_find_wrong_strings(array) : "an array is needed";
	if (shape != NULL) {
		json_reader_add_type(self, pointer, shape);
		return NULL;
	}
	detail = json_reader_describe_strings(array, count_max, bytes_max);
	if (detail != NULL) {
		json_reader_add(self, pointer, detail);
		return NULL;
	}
	for (guint i = 0; i < json_array_get_length(array); i++)
		g_ptr_array_add(strings, g_strdup(json_array_get_string_element(array, i)));
	g_ptr_array_add(strings, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&strings), FALSE);
}

gint64
bridge_json_reader_get_number(BridgeJsonReader *self, const char *pointer, gint64 minimum,
                              gint64 maximum, gint64 fallback)
{
	JsonNode *node = json_reader_find(self, pointer, BRIDGE_JSON_OPTIONAL);
	g_autofree char *detail = NULL;

	if (node == NULL)
		return fallback;
	if (json_node_get_value_type(node) != G_TYPE_INT64) {
		json_reader_add_type(self, pointer, "an integer is needed");
		return fallback;
	}
	if (json_node_get_int(node) < minimum || json_node_get_int(node) > maximum) {
		detail = g_strdup_printf("a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
		                         " is needed",
		                         minimum, maximum);
		json_reader_add(self, pointer, detail);
		return fallback;
	}
	return json_node_get_int(node);
}

guint
bridge_json_reader_get_uint(BridgeJsonReader *self, const char *pointer, guint minimum,
                            guint maximum, guint fallback)
{
	return (guint)bridge_json_reader_get_number(self, pointer, minimum, maximum, fallback);
}

gboolean
bridge_json_reader_get_boolean(BridgeJsonReader *self, const char *pointer, BridgeJsonNeed need,
                               gboolean fallback)
{
	JsonNode *node = json_reader_find(self, pointer, need);

	if (node == NULL)
		return fallback;
	if (json_node_get_value_type(node) != G_TYPE_BOOLEAN) {
		json_reader_add_type(self, pointer, "true or false is needed");
		return fallback;
	}
	return json_node_get_boolean(node);
}

void
bridge_json_reader_refuse(BridgeJsonReader *self, const char *pointer, const char *detail)
{
	json_reader_add(self, pointer, detail);
}

GPtrArray *
bridge_json_reader_get_refusals(BridgeJsonReader *self, BridgeProblemCode *code)
{
	if (self->refusals->len == 0)
		return NULL;
	*code = self->code;
	return self->refusals;
}

/* ---- Building -------------------------------------------------------------------------------- */

void
bridge_json_add_string(JsonBuilder *builder, const char *name, const char *value)
{
	json_builder_set_member_name(builder, name);
	if (value != NULL)
		json_builder_add_string_value(builder, value);
	else
		json_builder_add_null_value(builder);
}

void
bridge_json_add_boolean(JsonBuilder *builder, const char *name, gboolean value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_boolean_value(builder, value);
}

void
bridge_json_add_int(JsonBuilder *builder, const char *name, gint64 value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_int_value(builder, value);
}

void
bridge_json_add_time(JsonBuilder *builder, const char *name, gint64 time_us)
{
	g_autofree char *text = time_us > 0 ? bridge_time_format(time_us) : NULL;

	bridge_json_add_string(builder, name, text);
}

void
bridge_json_add_strings(JsonBuilder *builder, const char *name, const char *const *values)
{
	json_builder_set_member_name(builder, name);
	json_builder_begin_array(builder);
	for (guint i = 0; values != NULL && values[i] != NULL; i++)
		json_builder_add_string_value(builder, values[i]);
	json_builder_end_array(builder);
}

char *
bridge_json_to_text(JsonNode *node)
{
	g_autofree char *text = json_to_string(node, FALSE);
	g_auto(GStrv) parts = NULL;

	if (strchr(text, '\x1f') == NULL)
		return g_steal_pointer(&text);
	parts = g_strsplit(text, "\x1f", -1);
	return g_strjoinv("\\u001f", parts);
}

char *
bridge_json_builder_to_text(JsonBuilder *builder)
{
	g_autoptr(JsonNode) root = json_builder_get_root(builder);

	return bridge_json_to_text(root);
}

void
bridge_json_append_event(GString *text, const char *epoch, const BridgeEventRecord *event)
{
	g_autofree char *cursor = epoch != NULL ? bridge_cursor_format(epoch, event->seq) : NULL;
	g_autofree char *time = bridge_time_format(event->time_us);
	gsize length = 0;
	const char *data = g_bytes_get_data(event->data, &length);

	g_string_append_c(text, '{');
	if (cursor != NULL) {
		g_string_append(text, "\"cursor\":");
		bridge_json_text_append(text, cursor);
		g_string_append_c(text, ',');
	}
	g_string_append(text, "\"time\":");
	bridge_json_text_append(text, time);
	g_string_append(text, ",\"type\":");
	bridge_json_text_append(text, event->type);
	g_string_append(text, ",\"data\":");
	g_string_append_len(text, data, length);
	g_string_append_c(text, '}');
}
