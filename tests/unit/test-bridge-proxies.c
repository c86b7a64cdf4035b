/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <gio/gunixsocketaddress.h>

#include "http/bridge-proxies.h"

static const char *const trusted[] = {"10.0.0.0/8", "192.0.2.7", "2001:db8:1::/48", NULL};
static const char *const only_unix[] = {"unix", NULL};

static gboolean
trusts(BridgeProxies *proxies, const char *address)
{
	g_autoptr(GSocketAddress) remote = g_inet_socket_address_new_from_string(address, 4711);

	return bridge_proxies_trust(proxies, remote);
}

static void
test_trust(void)
{
	g_autoptr(GSocketAddress) local = g_unix_socket_address_new("/run/x");
	g_autoptr(BridgeProxies) nobody =
		bridge_proxies_new(NULL, BRIDGE_FORWARDED_X_FORWARDED_FOR);
	g_autoptr(BridgeProxies) some =
		bridge_proxies_new(trusted, BRIDGE_FORWARDED_X_FORWARDED_FOR);
	g_autoptr(BridgeProxies) sockets = bridge_proxies_new(only_unix, BRIDGE_FORWARDED_RFC7239);

	g_assert_false(trusts(nobody, "127.0.0.1"));
	g_assert_false(bridge_proxies_trust(nobody, local));
	g_assert_true(trusts(some, "10.1.2.3"));
	g_assert_true(trusts(some, "192.0.2.7"));
	g_assert_false(trusts(some, "192.0.2.8"));
	g_assert_true(trusts(some, "2001:db8:1:2::3"));
	g_assert_false(trusts(some, "2001:db8:2::3"));
	g_assert_false(bridge_proxies_trust(some, local));
	g_assert_true(bridge_proxies_trust(sockets, local));
	g_assert_false(trusts(sockets, "127.0.0.1"));
	g_assert_cmpstr(bridge_proxies_get_field(some), ==, "X-Forwarded-For");
	g_assert_cmpstr(bridge_proxies_get_field(sockets), ==, "Forwarded");
}

static void
assert_client(BridgeForwardedHeader header, const char *value, const char *wanted)
{
	g_autoptr(BridgeProxies) proxies = bridge_proxies_new(trusted, header);
	g_autoptr(GInetAddress) client = bridge_proxies_find_client(proxies, value);
	g_autofree char *text = client != NULL ? g_inet_address_to_string(client) : NULL;

	g_test_message("%s", value);
	g_assert_cmpstr(text, ==, wanted);
}

static void
test_x_forwarded_for(void)
{
	static const char *const rows[][2] = {
		{"198.51.100.1", "198.51.100.1"},
		{"198.51.100.1:4711", "198.51.100.1"},
		{"2001:db8::1", "2001:db8::1"},
		{"[2001:db8::1]", "2001:db8::1"},
		{"[2001:db8::1]:4711", "2001:db8::1"},
		/* What is before the last stranger was said by him. */
		{"198.51.100.9, 198.51.100.1", "198.51.100.1"},
		{"198.51.100.9, 198.51.100.1, 10.0.0.1", "198.51.100.1"},
		{"127.0.0.1, 198.51.100.1, 10.0.0.1, 192.0.2.7", "198.51.100.1"},
		{"10.0.0.1", "10.0.0.1"},
		{"nonsense, 10.0.0.1", "10.0.0.1"},
		{"198.51.100.1, nonsense", NULL},
		{"", NULL},
		{",", NULL},
		{"[::1", NULL},
		{NULL, NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		assert_client(BRIDGE_FORWARDED_X_FORWARDED_FOR, rows[i][0], rows[i][1]);
}

/* The examples of RFC 7239 sections 4 and 6, and what they leave out. */
static void
test_forwarded(void)
{
	static const char *const rows[][2] = {
		{"for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"},
		{"For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"},
		{"for=192.0.2.43, for=198.51.100.17", "198.51.100.17"},
		{"for=198.51.100.17, for=10.0.0.2;proto=https", "198.51.100.17"},
		{"for=\"198.51.100.17, for=203.0.113.9\", for=10.0.0.2", "10.0.0.2"},
		{"for=_hidden, for=10.0.0.2", "10.0.0.2"},
		{"for=unknown", NULL},
		{"proto=https", NULL},
		{"198.51.100.17", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		assert_client(BRIDGE_FORWARDED_RFC7239, rows[i][0], rows[i][1]);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/proxies/trust", test_trust);
	g_test_add_func("/proxies/x-forwarded-for", test_x_forwarded_for);
	g_test_add_func("/proxies/forwarded", test_forwarded);
	return g_test_run();
}
