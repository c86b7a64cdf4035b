/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "legacy/legacy-form.h"

static LegacyForm *
parse(const char *text)
{
	return legacy_form_parse(text, strlen(text));
}

static void
test_reads_what_phones_send(void)
{
	g_autoptr(LegacyForm) form =
		parse("token=a%2fB%2Fc&body=it's+a%20caf%c3%a9&to=&unknown=1&enabled=True");

	g_assert_cmpstr(legacy_form_get(form, "token"), ==, "a/B/c");
	g_assert_cmpstr(legacy_form_get(form, "body"), ==, "it's a caf\xc3\xa9");
	g_assert_null(legacy_form_get(form, "to"));
	g_assert_cmpstr(legacy_form_find(form, "to"), ==, "");
	g_assert_null(legacy_form_find(form, "show"));
}

static void
test_an_api_key_is_sent_as_it_is(void)
{
	g_autoptr(LegacyForm) form = parse("as=50%&x=%zz&as=%ff&version=%&url=u");

	g_assert_nonnull(form);
	g_assert_cmpstr(legacy_form_get(form, "url"), ==, "u");
}

static void
test_refuses_what_is_broken(void)
{
	static const char *const forms[] = {"token=a&token=a", "token=%",      "token=%4",
	                                    "token=%g0",       "token=%00",    "body=\xff",
	                                    "body=%c3",        "a=b&to=%e2%82"};

	for (guint i = 0; i < G_N_ELEMENTS(forms); i++)
		g_assert_null(parse(forms[i]));
	g_assert_null(legacy_form_parse("to=a\0b", 6));
}

static void
test_fields_need_no_order(void)
{
	static const char *const forms[] = {"", "&", "&&&", "=", "token", "=token", "token&token"};

	for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
		g_autoptr(LegacyForm) form = parse(forms[i]);

		g_assert_nonnull(form);
		g_assert_null(legacy_form_get(form, "token"));
	}
}

static void
test_booleans_are_words(void)
{
	g_autoptr(LegacyForm) form = parse("toast=True&tile=true&secondarytile=False");

	g_assert_true(legacy_form_get_boolean(form, "toast", FALSE));
	g_assert_false(legacy_form_get_boolean(form, "tile", TRUE));
	g_assert_false(legacy_form_get_boolean(form, "secondarytile", TRUE));
	g_assert_true(legacy_form_get_boolean(form, "enabled", TRUE));
	g_assert_false(legacy_form_get_boolean(form, "enabled", FALSE));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/legacy-form/reads-what-phones-send", test_reads_what_phones_send);
	g_test_add_func("/legacy-form/an-api-key-is-sent-as-it-is",
	                test_an_api_key_is_sent_as_it_is);
	g_test_add_func("/legacy-form/refuses-what-is-broken", test_refuses_what_is_broken);
	g_test_add_func("/legacy-form/fields-need-no-order", test_fields_need_no_order);
	g_test_add_func("/legacy-form/booleans-are-words", test_booleans_are_words);
	return g_test_run();
}
