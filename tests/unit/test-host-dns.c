/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Libpurple's lookups, answered by a resolver that is a script. */
#include "config.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <purple.h>
#include <string.h>

#include "harness/purple-boot.h"
#include "host-dns.h"
#include "host-reach.h"

/* The resolver's answers by name; what it does not know fails, "silent.example" never answers. */
#define TEST_TYPE_RESOLVER (test_resolver_get_type())
G_DECLARE_FINAL_TYPE(TestResolver, test_resolver, TEST, RESOLVER, GResolver)

struct _TestResolver {
	GResolver parent_instance;
	GTask *silent;
};

G_DEFINE_FINAL_TYPE(TestResolver, test_resolver, G_TYPE_RESOLVER)

static void
test_free_addresses(gpointer data)
{
	g_resolver_free_addresses(data);
}

static void
test_resolver_lookup_by_name_async(GResolver *resolver, const char *name, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(resolver, cancellable, callback, user_data);
	GList *addresses = NULL;

	if (g_str_equal(name, "silent.example")) {
		g_set_object(&TEST_RESOLVER(resolver)->silent, task);
		return;
	}
	if (g_str_equal(name, "mixed.example")) {
		addresses = g_list_append(addresses, g_inet_address_new_from_string("10.0.0.1"));
		addresses = g_list_append(addresses, g_inet_address_new_from_string("9.9.9.9"));
		g_task_return_pointer(task, addresses, test_free_addresses);
		return;
	}
	if (!g_str_equal(name, "both.example")) {
		g_task_return_new_error(task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND,
		                        "no such name");
		return;
	}
	addresses = g_list_append(addresses, g_inet_address_new_from_string("::1"));
	addresses = g_list_append(addresses, g_inet_address_new_from_string("127.0.0.2"));
	g_task_return_pointer(task, addresses, test_free_addresses);
}

static GList *
test_resolver_lookup_by_name_finish(GResolver *resolver, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void
test_free_targets(gpointer data)
{
	g_resolver_free_targets(data);
}

static void
test_resolver_lookup_service_async(GResolver *resolver, const char *name, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(resolver, cancellable, callback, user_data);
	GList *targets = NULL;

	if (g_str_equal(name, "_xmpp-client._tcp.two.example")) {
		targets = g_list_append(targets, g_srv_target_new("b.example", 5269, 20, 0));
		targets = g_list_append(targets, g_srv_target_new("a.example", 5222, 10, 7));
	} else if (g_str_equal(name, "_xmpp-client._tcp.literal.example")) {
		targets = g_list_append(targets, g_srv_target_new("127.0.0.1", 5222, 10, 7));
		targets = g_list_append(targets, g_srv_target_new("a.example", 5222, 20, 7));
	} else if (g_str_equal(name, "_xmpp-client._tcp.closed.example")) {
		targets = g_list_append(targets, g_srv_target_new(".", 0, 0, 0));
	} else {
		g_task_return_new_error(task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND,
		                        "no such service");
		return;
	}
	g_task_return_pointer(task, targets, test_free_targets);
}

static GList *
test_resolver_lookup_service_finish(GResolver *resolver, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void
test_resolver_init(TestResolver *self)
{
}

static void
test_resolver_class_init(TestResolverClass *klass)
{
	GResolverClass *resolver_class = G_RESOLVER_CLASS(klass);

	resolver_class->lookup_by_name_async = test_resolver_lookup_by_name_async;
	resolver_class->lookup_by_name_finish = test_resolver_lookup_by_name_finish;
	resolver_class->lookup_service_async = test_resolver_lookup_service_async;
	resolver_class->lookup_service_finish = test_resolver_lookup_service_finish;
}

typedef struct {
	GMainLoop *loop;
	TestResolver *resolver;
	GString *log;
} TestDns;

static void
test_dns_set_up(TestDns *test, gconstpointer data)
{
	test->loop = g_main_loop_new(NULL, FALSE);
	test->log = g_string_new(NULL);
	test->resolver = g_object_new(TEST_TYPE_RESOLVER, NULL);
	g_resolver_set_default(G_RESOLVER(test->resolver));
}

static void
test_dns_tear_down(TestDns *test, gconstpointer data)
{
	g_clear_object(&test->resolver->silent);
	host_reach_set_networks(NULL);
	g_object_unref(test->resolver);
	g_string_free(test->log, TRUE);
	g_main_loop_unref(test->loop);
}

static void
test_addresses_cb(GSList *hosts, gpointer data, const char *error)
{
	TestDns *test = data;

	if (hosts == NULL)
		g_string_append_printf(test->log, "failed %d;", error != NULL);
	while (hosts != NULL) {
		gsize length = (gsize)GPOINTER_TO_INT(hosts->data);
		g_autoptr(GSocketAddress) address = NULL;
		g_autofree char *text = NULL;

		hosts = g_slist_delete_link(hosts, hosts);
		address = g_socket_address_new_from_native(hosts->data, length);
		g_free(hosts->data);
		hosts = g_slist_delete_link(hosts, hosts);
		text = g_socket_connectable_to_string(G_SOCKET_CONNECTABLE(address));
		g_string_append_printf(test->log, "%s;", text);
	}
	g_main_loop_quit(test->loop);
}

static void
test_services_cb(PurpleSrvResponse *records, int n_records, gpointer data)
{
	TestDns *test = data;

	g_string_append_printf(test->log, "%d:", n_records);
	for (int i = 0; i < n_records; i++)
		g_string_append_printf(test->log, "%s/%d/%d;", records[i].hostname, records[i].port,
		                       records[i].pref);
	g_free(records);
	g_main_loop_quit(test->loop);
}

static void
test_texts_cb(GList *records, gpointer data)
{
	TestDns *test = data;

	while (records != NULL) {
		g_string_append(test->log, purple_txt_response_get_content(records->data));
		purple_txt_response_destroy(records->data);
		records = g_list_delete_link(records, records);
	}
	g_main_loop_quit(test->loop);
}

static PurpleDnsQueryData *
test_resolve_address(TestDns *test, const char *name)
{
	return purple_dnsquery_a_account(NULL, name, 5222, test_addresses_cb, test);
}

static void
test_resolve_service(TestDns *test, const char *domain)
{
	purple_srv_resolve_account(NULL, "xmpp-client", "tcp", domain, test_services_cb, test);
	g_main_loop_run(test->loop);
}

/* None of them is public, and nobody has named it. */
static void
test_private_addresses(TestDns *test, gconstpointer data)
{
	static const char *const names[] = {"both.example", "localhost"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		test_resolve_address(test, names[i]);
		g_main_loop_run(test->loop);
		g_assert_cmpstr(test->log->str, ==, "failed 1;");
		g_string_truncate(test->log, 0);
	}
	test_resolve_address(test, "mixed.example");
	g_main_loop_run(test->loop);
	g_assert_cmpstr(test->log->str, ==, "9.9.9.9:5222;");
}

static void
test_networks_of_the_configuration(TestDns *test, gconstpointer data)
{
	const char *const networks[] = {"127.0.0.0/8", NULL};

	host_reach_set_networks(networks);
	test_resolve_address(test, "both.example");
	g_main_loop_run(test->loop);
	g_assert_cmpstr(test->log->str, ==, "127.0.0.2:5222;");
}

/* At that port: what else is there is not named. */
static void
test_servers_of_the_configuration(TestDns *test, gconstpointer data)
{
	host_reach_add_server("LocalHost", 5223);
	test_resolve_address(test, "localhost");
	g_main_loop_run(test->loop);
	g_assert_cmpstr(test->log->str, ==, "failed 1;");
	host_reach_add_server("LocalHost", 5222);
	test_resolve_address(test, "localhost");
	g_main_loop_run(test->loop);
	g_assert_nonnull(strstr(test->log->str, "127.0.0.1:5222;"));
}

static void
test_addresses_with_port(TestDns *test, gconstpointer data)
{
	host_reach_add_server("both.example", 5222);
	test_resolve_address(test, "both.example");
	g_main_loop_run(test->loop);
	g_assert_cmpstr(test->log->str, ==, "[::1]:5222;127.0.0.2:5222;");
}

static void
test_unknown_name(TestDns *test, gconstpointer data)
{
	test_resolve_address(test, "unknown.example");
	g_main_loop_run(test->loop);
	g_assert_cmpstr(test->log->str, ==, "failed 1;");
}

/* The answer that comes after libpurple has lost interest falls on the floor. */
static void
test_abandoned_lookup(TestDns *test, gconstpointer data)
{
	PurpleDnsQueryData *query = test_resolve_address(test, "silent.example");
	GCancellable *cancellable;

	while (test->resolver->silent == NULL)
		g_main_context_iteration(NULL, TRUE);
	purple_dnsquery_destroy(query);
	cancellable = g_task_get_cancellable(test->resolver->silent);
	g_assert_true(g_cancellable_is_cancelled(cancellable));
	g_task_return_error_if_cancelled(test->resolver->silent);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpstr(test->log->str, ==, "");
}

static void
test_services_by_preference(TestDns *test, gconstpointer data)
{
	test_resolve_service(test, "two.example");
	g_assert_cmpstr(test->log->str, ==, "2:a.example/5222/10;b.example/5269/20;");
	g_string_truncate(test->log, 0);
	test_resolve_service(test, "literal.example");
	g_assert_cmpstr(test->log->str, ==, "1:a.example/5222/20;");
}

static void
test_no_service(TestDns *test, gconstpointer data)
{
	test_resolve_service(test, "unknown.example");
	test_resolve_service(test, "closed.example");
	g_assert_cmpstr(test->log->str, ==, "0:0:");
}

static void
test_texts_are_not_asked_for(TestDns *test, gconstpointer data)
{
	purple_txt_resolve_account(NULL, "_xmppconnect", "two.example", test_texts_cb, test);
	g_main_loop_run(test->loop);
	/* Not "_xmpp-client-xbosh=...", whatever the DNS has; and the callback gets its own data.
	 */
	g_assert_cmpstr(test->log->str, ==, "none=");
}

#define TEST_ADD(name, function)                                                                   \
	g_test_add("/host-dns/" name, TestDns, NULL, test_dns_set_up, function, test_dns_tear_down)

int
main(int argc, char **argv)
{
	g_autofree char *home = g_dir_make_tmp("gtalk-XXXXXX", NULL);
	int status;

	g_test_init(&argc, &argv, NULL);
	purple_boot_start("test", home, NULL);
	host_dns_install();
	TEST_ADD("private", test_private_addresses);
	TEST_ADD("networks", test_networks_of_the_configuration);
	TEST_ADD("servers", test_servers_of_the_configuration);
	TEST_ADD("addresses", test_addresses_with_port);
	TEST_ADD("unknown-name", test_unknown_name);
	TEST_ADD("abandoned", test_abandoned_lookup);
	TEST_ADD("services", test_services_by_preference);
	TEST_ADD("no-service", test_no_service);
	TEST_ADD("texts", test_texts_are_not_asked_for);
	status = g_test_run();
	purple_boot_stop();
	purple_boot_remove_tree(home);
	return status;
}
