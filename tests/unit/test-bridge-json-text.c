/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <json-glib/json-glib.h>

#include "base/bridge-json-text.h"

static void
test_strings_come_back_from_json_glib(void)
{
	for (guint c = 1; c < 128; c++) {
		const char string[] = {'a', (char)c, (char)c, 'z', '\0'};
		g_autoptr(GString) text = g_string_new("[");
		g_autoptr(JsonNode) root = NULL;

		bridge_json_text_append(text, string);
		g_string_append_c(text, ']');
		for (gsize i = 0; i < text->len; i++)
			g_assert_false(g_ascii_iscntrl(text->str[i]));
		root = json_from_string(text->str, NULL);
		g_assert_nonnull(root);
		g_assert_cmpstr(json_array_get_string_element(json_node_get_array(root), 0), ==,
		                string);
	}
}

static void
test_escapes(void)
{
	g_autoptr(GString) text = g_string_new(NULL);

	bridge_json_text_append(text, "\"\\/\b\f\n\r\t\x1f\x7f\xc3\xa4\xf0\x9f\x98\x80");
	g_assert_cmpstr(text->str, ==,
	                "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u001f\\u007f\xc3\xa4\xf0\x9f\x98\x80\"");
}

static void
test_objects(void)
{
	char *groups[] = {(char *)"friends", (char *)"\"family\"", NULL};
	g_autoptr(GString) empty = bridge_json_text_begin();
	g_autoptr(GString) text = bridge_json_text_begin();

	bridge_json_text_end(empty);
	g_assert_cmpstr(empty->str, ==, "{}");
	bridge_json_text_add(text, "jid", "romeo@example.org");
	bridge_json_text_add(text, "name", NULL);
	bridge_json_text_add_strings(text, "groups", groups);
	bridge_json_text_add_strings(text, "none", groups + 2);
	bridge_json_text_add_boolean(text, "ask", TRUE);
	bridge_json_text_end(text);
	g_assert_cmpstr(text->str, ==,
	                "{\"jid\":\"romeo@example.org\",\"name\":null,"
	                "\"groups\":[\"friends\",\"\\\"family\\\"\"],\"none\":[],\"ask\":true}");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-json-text/strings-come-back-from-json-glib",
	                test_strings_come_back_from_json_glib);
	g_test_add_func("/bridge-json-text/escapes", test_escapes);
	g_test_add_func("/bridge-json-text/objects", test_objects);
	return g_test_run();
}
