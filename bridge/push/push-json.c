/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-json.h"

JsonNode *
push_json_parse(GBytes *body)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	gsize length = 0;
	const char *text = g_bytes_get_data(body, &length);
	JsonNode *root = NULL;

	if (length > 0 && json_parser_load_from_data(parser, text, (gssize)length, NULL))
		root = json_parser_get_root(parser);
	return root != NULL && JSON_NODE_HOLDS_OBJECT(root) ? json_node_copy(root) : NULL;
}

static JsonNode *
push_json_get(JsonObject *object, const char *name)
{
	return object != NULL ? json_object_get_member(object, name) : NULL;
}

const char *
push_json_get_text(JsonObject *object, const char *name)
{
	JsonNode *node = push_json_get(object, name);

	return node != NULL && json_node_get_value_type(node) == G_TYPE_STRING
	               ? json_node_get_string(node)
	               : NULL;
}

JsonObject *
push_json_get_object(JsonObject *object, const char *name)
{
	JsonNode *node = push_json_get(object, name);

	return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

JsonArray *
push_json_get_array(JsonObject *object, const char *name)
{
	JsonNode *node = push_json_get(object, name);

	return node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

gint64
push_json_get_number(JsonObject *object, const char *name)
{
	JsonNode *node = push_json_get(object, name);

	return node != NULL && JSON_NODE_HOLDS_VALUE(node) &&
	                       json_node_get_value_type(node) == G_TYPE_INT64
	               ? json_node_get_int(node)
	               : 0;
}

JsonObject *
push_json_get_element(JsonArray *array, guint i)
{
	JsonNode *node = json_array_get_element(array, i);

	return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}
