/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "base/bridge-error.h"
#include "base/bridge-text.h"

static void
test_accepts_what_people_write(void)
{
	const char *bodies[] = {"ok",
	                        " ",
	                        "a\tb\r\nc",
	                        "<b>&amp;</b>",
	                        "\xc3\xa4\xf0\x9f\x98\x80",
	                        "\xc2\x85 next line",
	                        "\xf4\x8f\xbf\xbf"};

	for (guint i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_true(bridge_text_check(bodies[i], &error));
		g_assert_no_error(error);
	}
}

static void
test_refuses_what_xml_cannot_carry(void)
{
	const char *bodies[] = {"",
	                        "bell\x07",
	                        "\x1b[31m",
	                        "\xff",
	                        "cut \xc3",
	                        "\xed\xa0\x80",
	                        "\xef\xbf\xbe",
	                        "\xef\xbf\xbf",
	                        "form\x0c-feed"};

	for (guint i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(bridge_text_check(bodies[i], &error));
		g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID);
	}
}

static void
test_limits_the_length(void)
{
	g_autofree char *body = g_strnfill(BRIDGE_TEXT_BODY_BYTES_MAX + 1, 'x');
	g_autoptr(GError) error = NULL;

	g_assert_false(bridge_text_check(body, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID);
	body[BRIDGE_TEXT_BODY_BYTES_MAX] = '\0';
	g_assert_true(bridge_text_check(body, NULL));
}

static void
test_names_have_no_control_characters(void)
{
	g_autofree char *name = g_strnfill(BRIDGE_TEXT_NAME_BYTES_MAX + 1, 'x');
	g_autoptr(GError) error = NULL;

	g_assert_true(bridge_text_check_name("Nokia N9 \xe2\x98\xba", "name", NULL));
	g_assert_false(bridge_text_check_name(name, "name", NULL));
	g_assert_false(bridge_text_check_name("", "name", NULL));
	g_assert_false(bridge_text_check_name("\xff", "name", NULL));
	g_assert_false(bridge_text_check_name("two\nlines", "name", &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID);
	g_assert_nonnull(strstr(error->message, "name"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-text/accepts-what-people-write", test_accepts_what_people_write);
	g_test_add_func("/bridge-text/refuses-what-xml-cannot-carry",
	                test_refuses_what_xml_cannot_carry);
	g_test_add_func("/bridge-text/limits-the-length", test_limits_the_length);
	g_test_add_func("/bridge-text/names-have-no-control-characters",
	                test_names_have_no_control_characters);
	return g_test_run();
}
