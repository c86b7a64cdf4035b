/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "link/bridge-base64.h"

static void
test_encodes_without_padding(void)
{
	g_autofree char *none = bridge_base64_encode("", 0);
	g_autofree char *one = bridge_base64_encode("\xff", 1);
	g_autofree char *three = bridge_base64_encode("\xfb\xff\xfe", 3);

	g_assert_cmpstr(none, ==, "");
	g_assert_cmpstr(one, ==, "_w");
	g_assert_cmpstr(three, ==, "-__-");
}

static void
test_decodes_either_alphabet(void)
{
	static const char *const texts[] = {"-__-_w", "-__-_w==", "+//+/w", "+//+/w=="};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GBytes) octets = bridge_base64_decode(texts[i]);

		g_assert_nonnull(octets);
		g_assert_cmpmem(g_bytes_get_data(octets, NULL), g_bytes_get_size(octets),
		                "\xfb\xff\xfe\xff", 4);
	}
}

static void
test_refuses_what_is_none(void)
{
	static const char *const texts[] = {
		"A", "AB=",   "AB===",    "AAAA=", "A B",  "AB!",     "_x",
		"=", "AAA==", "AAAA====", "A=B",   "AB\n", "\xc3\xa4"};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
		g_assert_null(bridge_base64_decode(texts[i]));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base64/encodes-without-padding", test_encodes_without_padding);
	g_test_add_func("/base64/decodes-either-alphabet", test_decodes_either_alphabet);
	g_test_add_func("/base64/refuses-what-is-none", test_refuses_what_is_none);
	return g_test_run();
}
