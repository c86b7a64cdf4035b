/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "api/bridge-json.h"
#include "http/bridge-json-check.h"

static void
test_takes_json(void)
{
	static const char *const good[] = {
		"{}",
		" \t\r\n{ } ",
		"[]",
		"null",
		"0",
		"-0",
		"-1.5e+3",
		"9223372036854775807",
		"\"\"",
		"{\"a\":[1,2,{\"b\":true}],\"c\":null}",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"",
		"\"\xc3\xa9\xf0\x9f\x98\x80\"",
		"[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
	};

	for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
		const char *why = NULL;

		if (!bridge_json_check(good[i], strlen(good[i]), &why, NULL))
			g_error("case %u: %s", i, why);
	}
}

static void
test_refuses_what_is_no_json(void)
{
	static const char *const bad[] = {
		"",
		" ",
		"{",
		"}",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{a:1}",
		"{'a':1}",
		"[1,]",
		"[1 2]",
		"// c\n{}",
		"{} // c",
		"/* c */ {}",
		"var a = {}",
		"{}{}",
		"nul",
		"True",
		"NaN",
		"Infinity",
		"01",
		"1.",
		".5",
		"+1",
		"0x10",
		"1e",
		"-",
		"1e999",
		"-1e999",
		"9223372036854775808",
		"\"",
		"\"\\\"",
		"\"\\x41\"",
		"\"\\u12\"",
		"\"\\u0000\"",
		"\"\\ud83d\"",
		"\"\\ud83dx\"",
		"\"\\ud83d\\u0041\"",
		"\"\\ude00\"",
		"\"\t\"",
		"\"\n\"",
		"\"\xff\"",
		"\"\xc3\"",
		"\"\xed\xa0\x80\"",
		"\xef\xbb\xbf{}",
		"[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]",
		"1111111111111111111111111111111111111111111111111111111111111111111111111.0",
	};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		const char *why = NULL;
		gsize offset = G_MAXSIZE;

		if (bridge_json_check(bad[i], strlen(bad[i]), &why, &offset))
			g_error("case %u was taken", i);
		g_assert_nonnull(why);
		g_assert_cmpuint(offset, <=, strlen(bad[i]));
	}
}

static void
test_refuses_nul(void)
{
	g_assert_false(bridge_json_check("\"a\0b\"", 5, NULL, NULL));
	g_assert_false(bridge_json_check("{}\0", 3, NULL, NULL));
}

static JsonNode *
test_parse_nested(guint depth, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < depth; i++)
		g_string_append(text, i % 2 == 0 ? "{\"a\":" : "[");
	g_string_append(text, "1");
	for (guint i = depth; i > 0; i--)
		g_string_append_c(text, i % 2 == 1 ? '}' : ']');
	return bridge_json_parse(text->str, text->len, error);
}

/* A body of nothing but brackets must not exhaust the stack. */
static void
test_deep_nesting(void)
{
	g_autofree char *text = g_strnfill(65536, '[');
	g_autoptr(JsonNode) deepest = NULL;
	g_autoptr(GError) deeper = NULL;
	g_autoptr(GError) error = NULL;

	deepest = test_parse_nested(BRIDGE_JSON_DEPTH_MAX, &error);
	g_assert_no_error(error);
	g_assert_nonnull(deepest);
	g_assert_null(test_parse_nested(BRIDGE_JSON_DEPTH_MAX + 1, &deeper));
	g_assert_error(deeper, BRIDGE_PROBLEM, BRIDGE_PROBLEM_MALFORMED);
	g_assert_null(bridge_json_parse(text, 65536, &error));
	g_assert_error(error, BRIDGE_PROBLEM, BRIDGE_PROBLEM_MALFORMED);
}

static void
test_parse_refuses(void)
{
	static const char *const bad[] = {
		"[]",
		"\"a\"",
		"null",
		"{\"a\":1,\"a\":2}",
		"{\"a\":1,\"\\u0061\":2}",
		"{\"a\":{\"b\":1,\"c\":1,\"b\":1}}",
		"{\"a\":[{\"b\":{},\"b\":{}}]}",
		"{\"password\":1,}",
	};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(bridge_json_parse(bad[i], strlen(bad[i]), &error));
		g_assert_error(error, BRIDGE_PROBLEM, BRIDGE_PROBLEM_MALFORMED);
		g_assert_null(strstr(error->message, "password"));
	}
}

static JsonNode *
parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	JsonNode *root = bridge_json_parse(text, strlen(text), &error);

	g_assert_no_error(error);
	return root;
}

static void
test_same_name_in_different_objects(void)
{
	g_autoptr(JsonNode) root = parse("{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}");

	g_assert_nonnull(root);
}

static void
test_strings_survive(void)
{
	g_autoptr(JsonNode) root = parse("{\"a\":\"\\ud83d\\ude00\\n\\\"\\u00e9\\/\"}");
	g_autoptr(BridgeJsonReader) reader = bridge_json_reader_new(root);

	g_assert_cmpstr(bridge_json_reader_get_string(reader, "/a", BRIDGE_JSON_REQUIRED, 100), ==,
	                "\xf0\x9f\x98\x80\n\"\xc3\xa9/");
}

static void
assert_refusal(GPtrArray *refusals, guint place, const char *pointer)
{
	const BridgeProblemField *field = NULL;

	g_assert_cmpuint(place, <, refusals->len);
	field = g_ptr_array_index(refusals, place);
	g_assert_cmpstr(field->pointer, ==, pointer);
}

static void
test_reader_tells_all_that_is_wrong(void)
{
	g_autoptr(JsonNode) root = parse("{\"a\":1,\"b\":[],\"d\":null,\"e\":{\"f\":\"x\"}}");
	g_autoptr(BridgeJsonReader) reader = bridge_json_reader_new(root);
	BridgeProblemCode code = BRIDGE_PROBLEM_INTERNAL;
	GPtrArray *refusals = NULL;

	g_assert_null(bridge_json_reader_get_string(reader, "/a", BRIDGE_JSON_OPTIONAL, 9));
	g_assert_null(bridge_json_reader_get_string(reader, "/b/c", BRIDGE_JSON_OPTIONAL, 9));
	g_assert_null(bridge_json_reader_get_string(reader, "/b/d", BRIDGE_JSON_OPTIONAL, 9));
	g_assert_null(bridge_json_reader_get_string(reader, "/d", BRIDGE_JSON_REQUIRED, 9));
	g_assert_null(bridge_json_reader_get_string(reader, "/d", BRIDGE_JSON_OPTIONAL, 9));
	g_assert_null(bridge_json_reader_get_string(reader, "/x/y", BRIDGE_JSON_REQUIRED, 9));
	g_assert_cmpstr(bridge_json_reader_get_string(reader, "/e/f", BRIDGE_JSON_REQUIRED, 9), ==,
	                "x");
	refusals = bridge_json_reader_get_refusals(reader, &code);
	g_assert_nonnull(refusals);
	g_assert_cmpint(code, ==, BRIDGE_PROBLEM_MALFORMED);
	g_assert_cmpuint(refusals->len, ==, 4);
	assert_refusal(refusals, 0, "/a");
	assert_refusal(refusals, 1, "/b");
	assert_refusal(refusals, 2, "/d");
	assert_refusal(refusals, 3, "/x");
}

static void
test_reader_refuses_values(void)
{
	g_autoptr(JsonNode) root = parse("{\"a\":\"12345\",\"b\":\"1234\"}");
	g_autoptr(BridgeJsonReader) reader = bridge_json_reader_new(root);
	BridgeProblemCode code = BRIDGE_PROBLEM_INTERNAL;

	g_assert_nonnull(bridge_json_reader_get_string(reader, "/b", BRIDGE_JSON_REQUIRED, 4));
	g_assert_null(bridge_json_reader_get_refusals(reader, &code));
	g_assert_null(bridge_json_reader_get_string(reader, "/a", BRIDGE_JSON_REQUIRED, 4));
	g_assert_cmpuint(bridge_json_reader_get_refusals(reader, &code)->len, ==, 1);
	g_assert_cmpint(code, ==, BRIDGE_PROBLEM_NOT_ACCEPTABLE);
}

static void
test_reader_reads_integers(void)
{
	g_autoptr(JsonNode) root = parse("{\"a\":5,\"b\":5.0,\"c\":-1,\"d\":99,\"e\":\"5\"}");
	g_autoptr(BridgeJsonReader) reader = bridge_json_reader_new(root);
	BridgeProblemCode code = BRIDGE_PROBLEM_INTERNAL;

	g_assert_cmpuint(bridge_json_reader_get_uint(reader, "/a", 5, 5, 7), ==, 5);
	g_assert_cmpuint(bridge_json_reader_get_uint(reader, "/x", 5, 5, 7), ==, 7);
	g_assert_null(bridge_json_reader_get_refusals(reader, &code));
	g_assert_cmpuint(bridge_json_reader_get_uint(reader, "/c", 0, 5, 7), ==, 7);
	g_assert_cmpuint(bridge_json_reader_get_uint(reader, "/d", 0, 5, 7), ==, 7);
	g_assert_cmpuint(bridge_json_reader_get_refusals(reader, &code)->len, ==, 2);
	g_assert_cmpint(code, ==, BRIDGE_PROBLEM_NOT_ACCEPTABLE);
	bridge_json_reader_get_uint(reader, "/b", 0, 5, 7);
	bridge_json_reader_get_uint(reader, "/e", 0, 5, 7);
	g_assert_cmpuint(bridge_json_reader_get_refusals(reader, &code)->len, ==, 4);
	g_assert_cmpint(code, ==, BRIDGE_PROBLEM_MALFORMED);
}

static void
test_reader_reads_lists_of_strings(void)
{
	g_autoptr(JsonNode) root = parse("{\"a\":[\"x\",\"y\"],\"b\":[],\"c\":[\"x\",\"x\"],"
	                                 "\"d\":[\"\"],\"e\":[\"xyz\"],\"f\":[\"x\",1],"
	                                 "\"g\":\"x\",\"h\":[null]}");
	g_autoptr(BridgeJsonReader) reader = bridge_json_reader_new(root);
	g_auto(GStrv) some = bridge_json_reader_dup_strings(reader, "/a", 2, 2);
	g_auto(GStrv) none = bridge_json_reader_dup_strings(reader, "/b", 2, 2);
	BridgeProblemCode code = BRIDGE_PROBLEM_INTERNAL;
	static const char *const bad[] = {"/c", "/d", "/e"};
	static const char *const misshapen[] = {"/f", "/g", "/h"};

	g_assert_true(
		g_strv_equal((const char *const *)some, (const char *const[]){"x", "y", NULL}));
	g_assert_cmpuint(g_strv_length(none), ==, 0);
	g_assert_null(bridge_json_reader_dup_strings(reader, "/z", 2, 2));
	g_assert_null(bridge_json_reader_get_refusals(reader, &code));
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_null(bridge_json_reader_dup_strings(reader, bad[i], 2, 2));
	g_assert_cmpuint(bridge_json_reader_get_refusals(reader, &code)->len, ==, 3);
	g_assert_cmpint(code, ==, BRIDGE_PROBLEM_NOT_ACCEPTABLE);
	for (guint i = 0; i < G_N_ELEMENTS(misshapen); i++)
		g_assert_null(bridge_json_reader_dup_strings(reader, misshapen[i], 2, 2));
	g_assert_cmpuint(bridge_json_reader_get_refusals(reader, &code)->len, ==, 6);
	g_assert_cmpint(code, ==, BRIDGE_PROBLEM_MALFORMED);
	g_assert_null(bridge_json_reader_dup_strings(reader, "/a", 1, 2));
}

static void
test_wipe(void)
{
	g_autoptr(JsonNode) root = parse("{\"a\":\"secret\",\"b\":[{\"c\":\"secret\"}],\"d\":1}");
	const char *a = json_object_get_string_member(json_node_get_object(root), "a");

	bridge_json_wipe(root);
	g_assert_cmpmem(a, 6, "\0\0\0\0\0\0", 6);
}

static void
test_every_control_character_is_escaped(void)
{
	for (char c = 1; c < 0x20; c++) {
		const char string[] = {'a', c, 'b', '\0'};
		g_autoptr(JsonNode) node = json_node_init_string(json_node_alloc(), string);
		g_autofree char *text = bridge_json_to_text(node);
		g_autoptr(JsonNode) back = json_from_string(text, NULL);

		g_assert_true(bridge_json_check(text, strlen(text), NULL, NULL));
		g_assert_cmpstr(json_node_get_string(back), ==, string);
	}
}

static void
test_event(void)
{
	const char *data = "{\"body\":\"\\u0001 \\\"\"}";
	BridgeEventRecord event = {.seq = 7, .time_us = 1000, .type = (char *)"message"};
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(JsonNode) node = NULL;

	event.data = g_bytes_new_static(data, strlen(data));
	bridge_json_append_event(text, "k3", &event);
	g_assert_cmpstr(text->str, ==,
	                "{\"cursor\":\"k3.7\",\"time\":\"1970-01-01T00:00:00.001Z\","
	                "\"type\":\"message\",\"data\":{\"body\":\"\\u0001 \\\"\"}}");
	node = parse(text->str);
	g_assert_nonnull(node);
	g_string_truncate(text, 0);
	bridge_json_append_event(text, NULL, &event);
	g_assert_true(g_str_has_prefix(text->str, "{\"time\":"));
	g_bytes_unref(event.data);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/takes-json", test_takes_json);
	g_test_add_func("/json/refuses-what-is-no-json", test_refuses_what_is_no_json);
	g_test_add_func("/json/refuses-nul", test_refuses_nul);
	g_test_add_func("/json/deep-nesting", test_deep_nesting);
	g_test_add_func("/json/parse-refuses", test_parse_refuses);
	g_test_add_func("/json/same-name-in-different-objects",
	                test_same_name_in_different_objects);
	g_test_add_func("/json/strings-survive", test_strings_survive);
	g_test_add_func("/json/reader-tells-all-that-is-wrong",
	                test_reader_tells_all_that_is_wrong);
	g_test_add_func("/json/reader-refuses-values", test_reader_refuses_values);
	g_test_add_func("/json/reader-reads-integers", test_reader_reads_integers);
	g_test_add_func("/json/reader-reads-lists-of-strings", test_reader_reads_lists_of_strings);
	g_test_add_func("/json/wipe", test_wipe);
	g_test_add_func("/json/every-control-character-is-escaped",
	                test_every_control_character_is_escaped);
	g_test_add_func("/json/event", test_event);
	return g_test_run();
}
