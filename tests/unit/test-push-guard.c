/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "link/bridge-push-url.h"
#include "push-guard.h"

/* ---- Addresses ------------------------------------------------------------------------------- */

static gboolean
permits(const char *text, const char *network)
{
	g_autoptr(GInetAddress) address = g_inet_address_new_from_string(text);
	g_autoptr(GInetAddressMask) mask =
		network != NULL ? g_inet_address_mask_new_from_string(network, NULL) : NULL;

	g_assert_nonnull(address);
	return push_guard_permits(address, mask);
}

static void
test_permits_public_addresses(void)
{
	static const char *const addresses[] = {
		"1.1.1.1",         "9.255.255.255", "11.0.0.0",        "100.63.255.255",
		"100.128.0.0",     "126.0.0.1",     "128.0.0.1",       "169.253.1.1",
		"172.15.255.255",  "172.32.0.0",    "192.0.1.1",       "192.167.1.1",
		"198.17.255.255",  "198.20.0.0",    "223.255.255.254", "2606:4700::1111",
		"2a00:1450::200e", "2001:200::1",   "2003::1",         "::ffff:1.1.1.1",
		"64:ff9b::101:101"};

	for (guint i = 0; i < G_N_ELEMENTS(addresses); i++)
		if (!permits(addresses[i], NULL))
			g_error("%s is public", addresses[i]);
}

static void
test_refuses_the_others(void)
{
	static const char *const addresses[] = {"0.0.0.0",
	                                        "0.1.2.3",
	                                        "10.1.2.3",
	                                        "100.64.0.1",
	                                        "100.127.255.255",
	                                        "127.0.0.1",
	                                        "127.9.9.9",
	                                        "169.254.169.254",
	                                        "172.16.0.1",
	                                        "172.31.255.255",
	                                        "192.0.0.1",
	                                        "192.0.2.1",
	                                        "192.88.99.1",
	                                        "192.168.1.1",
	                                        "198.18.0.1",
	                                        "198.19.255.255",
	                                        "198.51.100.1",
	                                        "203.0.113.1",
	                                        "224.0.0.1",
	                                        "239.1.1.1",
	                                        "240.0.0.1",
	                                        "255.255.255.255",
	                                        "::",
	                                        "::1",
	                                        "::127.0.0.1",
	                                        "::ffff:127.0.0.1",
	                                        "::ffff:10.0.0.1",
	                                        "64:ff9b::7f00:1",
	                                        "64:ff9b:1::1",
	                                        "fc00::1",
	                                        "fd12:3456::1",
	                                        "fe80::1",
	                                        "fec0::1",
	                                        "ff02::1",
	                                        "100::1",
	                                        "2001::1",
	                                        "2001:db8::1",
	                                        "2002:7f00:1::",
	                                        "3fff::1",
	                                        "4000::1"};

	for (guint i = 0; i < G_N_ELEMENTS(addresses); i++)
		if (permits(addresses[i], NULL))
			g_error("%s is not public", addresses[i]);
}

static void
test_keeps_an_exception_to_its_network(void)
{
	g_assert_true(permits("10.1.2.3", "10.1.0.0/16"));
	g_assert_false(permits("10.2.2.3", "10.1.0.0/16"));
	g_assert_false(permits("1.1.1.1", "10.1.0.0/16"));
	g_assert_true(permits("fd00::5", "fd00::/64"));
}

/* ---- Names that lead elsewhere --------------------------------------------------------------- */

#define TEST_TYPE_RESOLVER (test_resolver_get_type())
G_DECLARE_FINAL_TYPE(TestResolver, test_resolver, TEST, RESOLVER, GResolver)

/* Tells the next list of addresses at each look-up. */
struct _TestResolver {
	GResolver parent_instance;

	const char *const *lists; /* each addresses with blanks between */
	guint next;
};

G_DEFINE_FINAL_TYPE(TestResolver, test_resolver, G_TYPE_RESOLVER)

static void
test_resolver_lookup_async(GResolver *resolver, const char *hostname,
                           GResolverNameLookupFlags flags, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
	TestResolver *self = TEST_RESOLVER(resolver);
	g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);
	g_auto(GStrv) words = NULL;
	GList *addresses = NULL;

	/* IPv4 and IPv6 are asked for apart. */
	if (flags == G_RESOLVER_NAME_LOOKUP_FLAGS_IPV6_ONLY) {
		g_task_return_new_error(task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "none");
		return;
	}
	words = g_strsplit(self->lists[self->next++], " ", -1);
	for (guint i = 0; words[i] != NULL; i++)
		addresses = g_list_append(addresses, g_inet_address_new_from_string(words[i]));
	g_task_return_pointer(task, addresses, (GDestroyNotify)g_resolver_free_addresses);
}

static GList *
test_resolver_lookup_finish(GResolver *resolver, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void
test_resolver_class_init(TestResolverClass *klass)
{
	GResolverClass *resolver_class = G_RESOLVER_CLASS(klass);

	resolver_class->lookup_by_name_with_flags_async = test_resolver_lookup_async;
	resolver_class->lookup_by_name_with_flags_finish = test_resolver_lookup_finish;
}

static void
test_resolver_init(TestResolver *self)
{
}

typedef struct {
	GString *addresses; /* with blanks between */
	GError *error;
	gboolean done;
} Walk;

static void
walk_next_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	Walk *walk = user_data;
	GSocketAddressEnumerator *enumerator = G_SOCKET_ADDRESS_ENUMERATOR(source);
	g_autoptr(GSocketAddress) address =
		g_socket_address_enumerator_next_finish(enumerator, result, &walk->error);
	g_autofree char *text = NULL;

	if (address == NULL) {
		walk->done = TRUE;
		return;
	}
	text = g_inet_address_to_string(
		g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address)));
	g_string_append_printf(walk->addresses, "%s%s", walk->addresses->len > 0 ? " " : "", text);
	g_socket_address_enumerator_next_async(enumerator, NULL, walk_next_cb, walk);
}

/* What a client would connect to, in order; NULL: PERMISSION_DENIED. */
static char *
walk_addresses(GSocketConnectable *connectable)
{
	g_autoptr(GSocketAddressEnumerator) enumerator =
		g_socket_connectable_proxy_enumerate(connectable);
	Walk walk = {.addresses = g_string_new(NULL)};

	g_socket_address_enumerator_next_async(enumerator, NULL, walk_next_cb, &walk);
	while (!walk.done)
		g_main_context_iteration(NULL, TRUE);
	if (walk.error != NULL) {
		g_assert_error(walk.error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
		g_error_free(walk.error);
		g_string_free(walk.addresses, TRUE);
		return NULL;
	}
	return g_string_free(walk.addresses, FALSE);
}

static void
test_looks_each_time_at_what_is_connected_to(void)
{
	static const char *const lists[] = {"1.1.1.1", "127.0.0.1", "10.0.0.1 1.0.0.1 192.168.0.1",
	                                    "::ffff:127.0.0.1 169.254.169.254"};
	g_autoptr(GResolver) before = g_resolver_get_default();
	g_autoptr(TestResolver) resolver = g_object_new(TEST_TYPE_RESOLVER, NULL);
	g_autoptr(GSocketConnectable) address = push_address_new("push.example.net", 443, NULL);
	static const char *const expected[] = {"1.1.1.1", NULL, "1.0.0.1", NULL};

	resolver->lists = lists;
	g_resolver_set_default(G_RESOLVER(resolver));
	/* one address, as a session has it for as long as it is used */
	for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_autofree char *got = walk_addresses(address);

		g_assert_cmpstr(got, ==, expected[i]);
	}
	g_assert_cmpstr(g_network_address_get_hostname(G_NETWORK_ADDRESS(address)), ==,
	                "push.example.net");
	g_assert_cmpuint(resolver->next, ==, G_N_ELEMENTS(lists));
	g_resolver_set_default(before);
}

static void
test_judges_addresses_that_are_no_names(void)
{
	g_autoptr(GSocketConnectable) own = push_address_new("::ffff:127.0.0.1", 443, NULL);
	g_autoptr(GInetAddressMask) network =
		g_inet_address_mask_new_from_string("127.0.0.0/8", NULL);
	g_autoptr(GSocketConnectable) permitted = push_address_new("127.0.0.1", 443, network);
	g_autofree char *got_own = walk_addresses(own);
	g_autofree char *got_permitted = walk_addresses(permitted);

	g_assert_null(got_own);
	g_assert_cmpstr(got_permitted, ==, "127.0.0.1");
}

/* ---- URLs ------------------------------------------------------------------------------------ */

static void
assert_url(const BridgePushRules *rules, const char *text, const char *expected)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GUri) uri = bridge_push_url_parse(rules, text, &error);
	g_autofree char *got = uri != NULL ? g_uri_to_string(uri) : NULL;

	g_assert_cmpstr(got, ==, expected);
	if (expected == NULL)
		g_assert_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
}

static void
test_takes_public_urls(void)
{
	static const char *const none[] = {NULL};
	g_autoptr(BridgePushRules) rules = bridge_push_rules_new(none, none);

	assert_url(rules, "https://Push.Example.NET./a?b=%2f", "https://push.example.net/a?b=%2F");
	assert_url(rules, "HTTPS://push.example.net", "https://push.example.net/");
	assert_url(rules, "https://push.example.net:443/x", "https://push.example.net/x");
	assert_url(rules, "https://push.example.net:8443/x", NULL);
	assert_url(rules, "https://push.example.net:0/x", NULL);
	assert_url(rules, "http://push.example.net/x", NULL);
	assert_url(rules, "https://localhost/x", NULL);
	assert_url(rules, "https://a.localhost./x", NULL);
	assert_url(rules, "https://printer.local/x", NULL);
	assert_url(rules, "https://1.1.1.1/x", NULL);
	assert_url(rules, "https://[2606:4700::1111]/x", NULL);
	assert_url(rules,
	           "https://b\xc3\xbc"
	           "cher.example/x",
	           NULL);
	assert_url(rules, "https://push.example.net/ x", NULL);
	assert_url(rules, "https://push.example.net\\@evil.example/", NULL);
	assert_url(rules, "//push.example.net/", NULL);
}

static void
test_takes_what_is_configured(void)
{
	static const char *const allow[] = {"ntfy.lan:8443=10.0.0.0/8", "nonsense",
	                                    "a:0=10.0.0.0/8", NULL};
	static const char *const hosts[] = {"*.push.example", "one.example", NULL};
	g_autoptr(BridgePushRules) rules = bridge_push_rules_new(allow, hosts);

	assert_url(rules, "https://ntfy.lan:8443/up1", "https://ntfy.lan:8443/up1");
	assert_url(rules, "https://ntfy.lan/up1", NULL);
	assert_url(rules, "https://eu.push.example/", "https://eu.push.example/");
	assert_url(rules, "https://push.example/", "https://push.example/");
	assert_url(rules, "https://one.example/", "https://one.example/");
	assert_url(rules, "https://two.one.example/", NULL);
	assert_url(rules, "https://nopush.example/", NULL);
	g_assert_cmpuint(rules->exceptions->len, ==, 1);
	g_assert_false(bridge_push_exception_check("ntfy.lan=10.0.0.0/8"));
	g_assert_false(bridge_push_exception_check("ntfy.lan:8443"));
	g_assert_false(bridge_push_exception_check("ntfy.lan:8443=10.0.0.0/33"));
	g_assert_false(bridge_push_exception_check(":8443=10.0.0.0/8"));
	g_assert_true(bridge_push_exception_check("ntfy.lan:8443=fd00::/8"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/push-guard/permits-public-addresses", test_permits_public_addresses);
	g_test_add_func("/push-guard/refuses-the-others", test_refuses_the_others);
	g_test_add_func("/push-guard/keeps-an-exception-to-its-network",
	                test_keeps_an_exception_to_its_network);
	g_test_add_func("/push-guard/looks-each-time-at-what-is-connected-to",
	                test_looks_each_time_at_what_is_connected_to);
	g_test_add_func("/push-guard/judges-addresses-that-are-no-names",
	                test_judges_addresses_that_are_no_names);
	g_test_add_func("/push-guard/takes-public-urls", test_takes_public_urls);
	g_test_add_func("/push-guard/takes-what-is-configured", test_takes_what_is_configured);
	return g_test_run();
}
