/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy/legacy-callback.h"

static void
test_addresses(void)
{
	static const struct {
		const char *url;
		LegacyCallback judgement;
	} rows[] = {
		{"https://push.example/chan/A1?x=%2f", LEGACY_CALLBACK_GOOD},
		{"https://push.example", LEGACY_CALLBACK_GOOD},
		{"https://push.example:8443/", LEGACY_CALLBACK_GOOD},
		{"http://push.example:80/x", LEGACY_CALLBACK_PLAIN},
		{"xhttps://push.example/", LEGACY_CALLBACK_BROKEN},
		{"https://Push.example/", LEGACY_CALLBACK_BROKEN},
		{"https:///x", LEGACY_CALLBACK_BROKEN},
		{"https://h:/", LEGACY_CALLBACK_BROKEN},
		{"https://h:0/", LEGACY_CALLBACK_BROKEN},
		{"https://h:65536/", LEGACY_CALLBACK_BROKEN},
		{"https://h@i/", LEGACY_CALLBACK_BROKEN},
		{"https://[::1]/", LEGACY_CALLBACK_BROKEN},
		{"https://h?x", LEGACY_CALLBACK_BROKEN},
		{"https://h/a b", LEGACY_CALLBACK_BROKEN},
		{"https://h/a\r\nX: y", LEGACY_CALLBACK_BROKEN},
		{"https://h/\xc3\xa9", LEGACY_CALLBACK_BROKEN},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpint(legacy_callback_judge(rows[i].url), ==, rows[i].judgement);
}

static void
test_tiles(void)
{
	static const char *const broken[] = {"",       "x",     "{}",     "[1]",
	                                     "[null]", "\"a\"", "[\"a\"", "[]]"};
	g_auto(GStrv) none = legacy_callback_parse_tiles("[]");
	g_auto(GStrv) two = legacy_callback_parse_tiles("[\"a@b\", \"c@d\"]");
	g_autofree char *deep = g_strnfill(100000, '[');

	g_assert_cmpuint(g_strv_length(none), ==, 0);
	g_assert_cmpuint(g_strv_length(two), ==, 2);
	g_assert_cmpstr(two[1], ==, "c@d");
	for (guint i = 0; i < G_N_ELEMENTS(broken); i++)
		g_assert_null(legacy_callback_parse_tiles(broken[i]));
	g_assert_null(legacy_callback_parse_tiles(deep));
}

static void
test_tiles_have_a_limit(void)
{
	g_autoptr(GString) text = g_string_new("[\"0\"");
	g_auto(GStrv) tiles = NULL;

	for (guint i = 1; i < 2 * LEGACY_TILES_MAX; i++)
		g_string_append_printf(text, ",\"%u\"", i);
	g_string_append_c(text, ']');
	tiles = legacy_callback_parse_tiles(text->str);
	g_assert_cmpuint(g_strv_length(tiles), ==, LEGACY_TILES_MAX);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/legacy-callback/addresses", test_addresses);
	g_test_add_func("/legacy-callback/tiles", test_tiles);
	g_test_add_func("/legacy-callback/tiles-have-a-limit", test_tiles_have_a_limit);
	return g_test_run();
}
