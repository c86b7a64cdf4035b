/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The contract and the server say the same: data/openapi.json against routes, problems and limits.
 */
#include "config.h"

#include <string.h>

#include "account/bridge-event-kind.h"
#include "api/bridge-api-private.h"

static JsonNode *
load_document(void)
{
	g_autoptr(JsonParser) parser = json_parser_new_immutable();
	g_autoptr(GError) error = NULL;

	json_parser_load_from_file(parser, TEST_OPENAPI, &error);
	g_assert_no_error(error);
	return json_parser_steal_root(parser);
}

static char *
describe_operation(const char *method, const char *path)
{
	g_autofree char *upper = g_ascii_strup(method, -1);

	return g_strdup_printf("%s %s", upper, path);
}

static void
collect_operations(JsonObject *paths, const char *path, JsonNode *node, gpointer user_data)
{
	static const char *const methods[] = {"get", "put", "post", "delete", "patch", NULL};
	GHashTable *operations = user_data;

	for (guint i = 0; methods[i] != NULL; i++) {
		JsonNode *operation =
			json_object_get_member(json_node_get_object(node), methods[i]);

		if (operation != NULL)
			g_hash_table_insert(operations, describe_operation(methods[i], path),
			                    operation);
	}
}

static GHashTable *
find_operations(JsonNode *document)
{
	GHashTable *operations = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	json_object_foreach_member(
		json_object_get_object_member(json_node_get_object(document), "paths"),
		collect_operations, operations);
	return operations;
}

static void
test_routes(void)
{
	g_autoptr(JsonNode) document = load_document();
	g_autoptr(GHashTable) operations = find_operations(document);
	guint routes = 0;

	for (const BridgeRoute *route = bridge_api_get_routes(); route->method != NULL; route++) {
		g_autofree char *name = describe_operation(route->method, route->path);

		if (!g_hash_table_contains(operations, name))
			g_error("%s is not in the document", name);
		routes++;
	}
	g_assert_cmpuint(routes, ==, g_hash_table_size(operations));
}

/* No security of its own: the token of a device, as the document says at its top. */
static void
test_security_and_bodies(void)
{
	g_autoptr(JsonNode) document = load_document();
	g_autoptr(GHashTable) operations = find_operations(document);

	for (const BridgeRoute *route = bridge_api_get_routes(); route->method != NULL; route++) {
		g_autofree char *name = describe_operation(route->method, route->path);
		JsonObject *operation = json_node_get_object(g_hash_table_lookup(operations, name));
		JsonObject *responses = json_object_get_object_member(operation, "responses");
		gboolean open = (route->flags & BRIDGE_ROUTE_OPEN) != 0;
		gboolean ticket = (route->flags & BRIDGE_ROUTE_TICKET) != 0;
		gboolean body = (route->flags & BRIDGE_ROUTE_BODY) != 0;

		g_test_message("%s", name);
		g_assert_cmpint(json_object_has_member(operation, "security"), ==, open || ticket);
		g_assert_cmpint(json_object_has_member(operation, "requestBody"), ==, body);
		g_assert_cmpint(json_object_has_member(responses, "401"), ==, !open);
		g_assert_cmpint(json_object_has_member(responses, "415"), ==, body);
		g_assert_true(json_object_has_member(responses, "429"));
	}
}

/* Every problem that can come out of a call is told of somewhere. */
static void
test_problems(void)
{
	static const BridgeProblemCode of_http[] = {
		BRIDGE_PROBLEM_METHOD_NOT_ALLOWED, BRIDGE_PROBLEM_REQUEST_TIMEOUT,
		BRIDGE_PROBLEM_WRONG_HOST,         BRIDGE_PROBLEM_HEAD_TOO_LARGE,
		BRIDGE_PROBLEM_INTERNAL,           BRIDGE_PROBLEM_METHOD_UNKNOWN,
		BRIDGE_PROBLEM_ENCODING_UNKNOWN,   BRIDGE_PROBLEM_HTTP_VERSION};
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	g_file_get_contents(TEST_OPENAPI, &text, NULL, &error);
	g_assert_no_error(error);
	for (guint code = 0; code < BRIDGE_PROBLEM_COUNT; code++) {
		g_autofree char *quoted = g_strdup_printf("`%s`", bridge_problem_get(code)->code);
		gboolean general = FALSE;

		for (guint i = 0; i < G_N_ELEMENTS(of_http); i++)
			general = general || of_http[i] == code;
		if (!general && strstr(text, quoted) == NULL)
			g_error("%s is not in the document", quoted);
	}
}

static gint64
find_maximum(JsonObject *operation, const char *parameter)
{
	JsonArray *parameters = json_object_get_array_member(operation, "parameters");

	for (guint i = 0; i < json_array_get_length(parameters); i++) {
		JsonObject *one = json_array_get_object_element(parameters, i);

		if (g_str_equal(json_object_get_string_member(one, "name"), parameter))
			return json_object_get_int_member(
				json_object_get_object_member(one, "schema"), "maximum");
	}
	g_assert_not_reached();
}

static void
test_limits(void)
{
	g_autoptr(JsonNode) document = load_document();
	g_autoptr(GHashTable) operations = find_operations(document);
	JsonObject *events =
		json_node_get_object(g_hash_table_lookup(operations, "GET /v1/events"));

	g_assert_cmpint(find_maximum(events, "wait"), ==, BRIDGE_EVENT_WAIT_S_MAX);
	g_assert_cmpint(find_maximum(events, "limit"), ==, BRIDGE_EVENT_LIMIT_MAX);
}

static JsonObject *
find_schema(JsonNode *document, const char *name)
{
	JsonObject *components =
		json_object_get_object_member(json_node_get_object(document), "components");
	JsonObject *schemas = json_object_get_object_member(components, "schemas");

	if (!json_object_has_member(schemas, name))
		g_error("the document has no schema %s", name);
	return json_object_get_object_member(schemas, name);
}

static gboolean requires(JsonObject *schema, const char *member)
{
	JsonArray *required = json_object_get_array_member(schema, "required");

	for (guint i = 0; i < json_array_get_length(required); i++)
		if (g_str_equal(json_array_get_string_element(required, i), member))
			return json_object_has_member(
				json_object_get_object_member(schema, "properties"), member);
	return FALSE;
}

static void
check_event_schema(JsonObject *schema, BridgeEventKind kind)
{
	JsonObject *properties = json_object_get_object_member(schema, "properties");
	JsonArray *types = json_object_get_array_member(
		json_object_get_object_member(properties, "type"), "enum");

	g_assert_cmpuint(json_array_get_length(types), ==, 1);
	g_assert_cmpstr(json_array_get_string_element(types, 0), ==,
	                bridge_event_kind_get_name(kind));
	g_assert_true(requires(schema, "time"));
	g_assert_true(requires(schema, "type"));
	g_assert_true(requires(schema, "data"));
	g_assert_cmpint(requires(schema, "cursor"), ==, !bridge_event_kind_is_ephemeral(kind));
	g_assert_cmpint(json_object_has_member(properties, "cursor"), ==,
	                !bridge_event_kind_is_ephemeral(kind));
}

/* Whatever can be told has a schema that its type leads to, and nothing else has. */
static void
test_events(void)
{
	g_autoptr(JsonNode) document = load_document();
	JsonObject *event = find_schema(document, "Event");
	JsonObject *mapping = json_object_get_object_member(
		json_object_get_object_member(event, "discriminator"), "mapping");
	JsonArray *choices = json_object_get_array_member(event, "oneOf");

	for (guint kind = 0; kind < BRIDGE_EVENT_KIND_COUNT; kind++) {
		const char *name = bridge_event_kind_get_name(kind);
		const char *place;

		g_test_message("%s", name);
		if (!json_object_has_member(mapping, name))
			g_error("the document has no schema of the event %s", name);
		place = json_object_get_string_member(mapping, name);
		check_event_schema(find_schema(document, strrchr(place, '/') + 1), kind);
		g_assert_cmpstr(json_object_get_string_member(
					json_array_get_object_element(choices, kind), "$ref"),
		                ==, place);
	}
	g_assert_cmpuint(json_object_get_size(mapping), ==, BRIDGE_EVENT_KIND_COUNT);
	g_assert_cmpuint(json_array_get_length(choices), ==, BRIDGE_EVENT_KIND_COUNT);
}

static void
check_references(JsonNode *node, JsonNode *document);

static void
check_member(JsonObject *object, const char *name, JsonNode *node, gpointer user_data)
{
	g_auto(GStrv) steps = NULL;
	JsonNode *target = user_data;

	if (!g_str_equal(name, "$ref")) {
		check_references(node, user_data);
		return;
	}
	steps = g_strsplit(json_node_get_string(node), "/", -1);
	g_assert_cmpstr(steps[0], ==, "#");
	for (guint i = 1; steps[i] != NULL && target != NULL; i++)
		target = json_object_get_member(json_node_get_object(target), steps[i]);
	if (target == NULL)
		g_error("%s leads nowhere", json_node_get_string(node));
}

static void
check_references(JsonNode *node, JsonNode *document)
{
	if (JSON_NODE_HOLDS_OBJECT(node))
		json_object_foreach_member(json_node_get_object(node), check_member, document);
	if (!JSON_NODE_HOLDS_ARRAY(node))
		return;
	for (guint i = 0; i < json_array_get_length(json_node_get_array(node)); i++)
		check_references(json_array_get_element(json_node_get_array(node), i), document);
}

static void
test_references(void)
{
	g_autoptr(JsonNode) document = load_document();

	check_references(document, document);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/openapi/routes", test_routes);
	g_test_add_func("/openapi/security-and-bodies", test_security_and_bodies);
	g_test_add_func("/openapi/problems", test_problems);
	g_test_add_func("/openapi/limits", test_limits);
	g_test_add_func("/openapi/events", test_events);
	g_test_add_func("/openapi/references", test_references);
	return g_test_run();
}
