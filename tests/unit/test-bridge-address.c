/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "link/bridge-address.h"

static void
test_assert(const char *text, gboolean expected)
{
	g_autoptr(GInetAddress) address = g_inet_address_new_from_string(text);

	g_assert_nonnull(address);
	g_test_message("%s", text);
	g_assert_true(bridge_address_is_public(address) == expected);
}

static void
test_public(void)
{
	static const char *const addresses[] = {
		"1.1.1.1",         "9.255.255.255",   "11.0.0.0",       "100.63.255.255",
		"100.128.0.0",     "126.255.255.255", "128.0.0.0",      "172.15.255.255",
		"172.32.0.0",      "192.167.255.255", "192.169.0.0",    "223.255.255.255",
		"2606:4700::1111", "2a00::1",         "::ffff:1.1.1.1", "64:ff9b::101:101"};

	for (guint i = 0; i < G_N_ELEMENTS(addresses); i++)
		test_assert(addresses[i], TRUE);
}

static void
test_others(void)
{
	static const char *const addresses[] = {
		"0.0.0.0",
		"10.0.0.1",
		"10.255.255.255",
		"100.64.0.1",
		"100.127.255.255",
		"127.0.0.1",
		"127.255.255.255",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.255.255",
		"192.0.0.1",
		"192.0.2.1",
		"192.168.1.1",
		"198.19.255.255",
		"198.51.100.7",
		"203.0.113.7",
		"224.0.0.1",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"::127.0.0.1",
		"::ffff:127.0.0.1",
		"::ffff:192.168.1.1",
		"64:ff9b::a00:1",
		"64:ff9b:1::1",
		"2001::1",
		"2001:db8::1",
		"2002:7f00:1::1",
		"fc00::1",
		"fd12:3456::1",
		"fe80::1",
		"fec0::1",
		"ff02::1",
		"4000::1",
	};

	for (guint i = 0; i < G_N_ELEMENTS(addresses); i++)
		test_assert(addresses[i], FALSE);
}

static void
test_literals(void)
{
	static const char *const literals[] = {"127.0.0.1", "127.1",     "2130706433",     "0x7f.1",
	                                       "::1",       "fe80::1%1", "::ffff:10.0.0.1"};
	static const char *const names[] = {"talk.example", "localhost", "127.0.0.1.example", ""};

	for (guint i = 0; i < G_N_ELEMENTS(literals); i++)
		g_assert_true(bridge_address_is_literal(literals[i]));
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_false(bridge_address_is_literal(names[i]));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-address/public", test_public);
	g_test_add_func("/bridge-address/others", test_others);
	g_test_add_func("/bridge-address/literals", test_literals);
	return g_test_run();
}
