/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "sign-in/gtalk-endpoint.h"

static void
test_ports(void)
{
	static const struct {
		int port;
		const char *security;
		int chosen;
	} cases[] = {
		{5222, "require_tls", 5222}, {5223, "require_tls", 5222}, {5222, "old_ssl", 5223},
		{5223, "old_ssl", 5223},     {443, "old_ssl", 443},       {443, "require_tls", 443},
		{5223, NULL, 5222},          {1, "opportunistic_tls", 1}, {65535, "old_ssl", 65535},
		{0, "old_ssl", 0},           {-1, "require_tls", 0},      {65536, "require_tls", 0},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(gtalk_endpoint_choose_port(cases[i].port, cases[i].security), ==,
		                cases[i].chosen);
}

static void
test_servers(void)
{
	static const char *const good[] = {"talk.example",
	                                   "localhost",
	                                   "127.0.0.1",
	                                   "::1",
	                                   "a",
	                                   "xn--bcher-kva.example",
	                                   "b\303\274cher.example"};
	static const char *const bad[] = {"",
	                                  "talk.example:5222",
	                                  "https://talk.example",
	                                  "talk example",
	                                  "ann@talk.example",
	                                  "talk.example/x",
	                                  "\n",
	                                  "::zz",
	                                  "1:2",
	                                  "\377"};
	g_autofree char *long_name = g_strnfill(256, 'x');

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(gtalk_endpoint_is_server(good[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(gtalk_endpoint_is_server(bad[i]));
	g_assert_false(gtalk_endpoint_is_server(long_name));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gtalk-endpoint/ports", test_ports);
	g_test_add_func("/gtalk-endpoint/servers", test_servers);
	return g_test_run();
}
