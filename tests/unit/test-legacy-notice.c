/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy/legacy-notice.h"

static void
test_a_tile_is_named_as_the_phone_names_it(void)
{
	static const struct {
		const char *jid;
		const char *tile;
	} rows[] = {
		{"romeo@example.com", "/Pages/Chat.xaml?from=romeo%40example.com"},
		{"a+b@x.y", "/Pages/Chat.xaml?from=a%2bb%40x.y"},
		{"-_.!*'()@x", "/Pages/Chat.xaml?from=-_.!*'()%40x"},
		{"a b/c~d&e", "/Pages/Chat.xaml?from=a+b%2fc%7ed%26e"},
		{"caf\303\251@x", "/Pages/Chat.xaml?from=caf%c3%a9%40x"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *tile = legacy_notice_build_tile(rows[i].jid);

		g_assert_cmpstr(tile, ==, rows[i].tile);
	}
}

static void
test_a_toast_leads_to_the_chat(void)
{
	g_autofree char *page = legacy_notice_build_page("romeo@example.com/or ch&ard");

	g_assert_cmpstr(page, ==, "/Pages/Chat.xaml?from=romeo%40example.com%2For%20ch%26ard");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/legacy-notice/a-tile-is-named-as-the-phone-names-it",
	                test_a_tile_is_named_as_the_phone_names_it);
	g_test_add_func("/legacy-notice/a-toast-leads-to-the-chat", test_a_toast_leads_to_the_chat);
	return g_test_run();
}
