/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Against the real gtalk-bridge-host, whose path is the first argument. */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "link/bridge-link.h"
#include "hosts/bridge-template.h"

#define TEST_DEADLINE_S 60

static const char *test_program;

typedef struct {
	GMainLoop *loop;
	GPtrArray *hosts; /* of BridgeHostProcess */
	GError *error;    /* of the last call that failed */
	guint n_waiting;
	guint deadline;
} TestTemplate;

static gboolean
test_deadline_cb(gpointer user_data)
{
	g_error("nothing happened in time");
	return G_SOURCE_REMOVE;
}

static void
test_set_up(TestTemplate *test, gconstpointer data)
{
	test->loop = g_main_loop_new(NULL, FALSE);
	test->hosts = g_ptr_array_new_with_free_func(g_object_unref);
	test->deadline = g_timeout_add_seconds(TEST_DEADLINE_S, test_deadline_cb, NULL);
}

static void
test_tear_down(TestTemplate *test, gconstpointer data)
{
	g_source_remove(test->deadline);
	g_clear_error(&test->error);
	g_ptr_array_unref(test->hosts);
	g_main_loop_unref(test->loop);
}

static void
test_spawned_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	TestTemplate *test = user_data;
	BridgeHostProcess *host;

	g_clear_error(&test->error);
	host = bridge_template_spawn_finish(BRIDGE_TEMPLATE(source), result, &test->error);
	if (host != NULL)
		g_ptr_array_add(test->hosts, host);
	if (--test->n_waiting == 0)
		g_main_loop_quit(test->loop);
}

static void
test_spawn(TestTemplate *test, BridgeTemplate *template, guint n_hosts)
{
	test->n_waiting = n_hosts;
	for (guint i = 0; i < n_hosts; i++)
		bridge_template_spawn_async(template, NULL, test_spawned_cb, test);
	g_main_loop_run(test->loop);
}

static void
test_wait_for_exit(TestTemplate *test, BridgeHostProcess *host)
{
	gulong handler =
		g_signal_connect_swapped(host, "exited", G_CALLBACK(g_main_loop_quit), test->loop);

	if (!bridge_host_process_has_exited(host))
		g_main_loop_run(test->loop);
	g_signal_handler_disconnect(host, handler);
	g_assert_true(bridge_host_process_has_exited(host));
}

/* Speaks with a host as the daemon does. Returns: (transfer full): the connection, which ends the
 * host when it goes */
static GDBusConnection *
test_probe(BridgeHostProcess *host)
{
	g_autofree char *guid = g_dbus_generate_guid();
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer = NULL;
	g_autoptr(GDBusConnection) connection = g_dbus_connection_new_sync(
		G_IO_STREAM(bridge_host_process_get_link(host)), guid,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER, NULL, NULL, &error);

	g_assert_no_error(error);
	answer = g_dbus_connection_call_sync(connection, NULL, BRIDGE_LINK_HOST_PATH,
	                                     "gtalk.bridge.Host1", "Probe", NULL, NULL,
	                                     G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
	g_assert_no_error(error);
	return g_steal_pointer(&connection);
}

static void
test_hosts_of_one_template(TestTemplate *test, gconstpointer data)
{
	g_autoptr(BridgeTemplate) template = bridge_template_new(test_program, NULL);
	g_autoptr(GDBusConnection) first_link = NULL;
	g_autoptr(GDBusConnection) second_link = NULL;
	BridgeHostProcess *first;
	BridgeHostProcess *second;

	test_spawn(test, template, 2);
	g_assert_no_error(test->error);
	g_assert_cmpuint(test->hosts->len, ==, 2);
	first = g_ptr_array_index(test->hosts, 0);
	second = g_ptr_array_index(test->hosts, 1);
	g_assert_cmpint(bridge_host_process_get_pid(first), !=,
	                bridge_host_process_get_pid(second));
	first_link = test_probe(first);
	second_link = test_probe(second);

	bridge_host_process_kill(first, SIGKILL);
	test_wait_for_exit(test, first);
	bridge_host_process_kill(first, SIGKILL); /* no harm */
	g_assert_false(bridge_host_process_has_exited(second));
}

static void
test_a_closed_link_ends_the_host(TestTemplate *test, gconstpointer data)
{
	g_autoptr(BridgeTemplate) template = bridge_template_new(test_program, NULL);
	BridgeHostProcess *host;

	test_spawn(test, template, 1);
	host = g_ptr_array_index(test->hosts, 0);
	g_assert_true(
		g_io_stream_close(G_IO_STREAM(bridge_host_process_get_link(host)), NULL, NULL));
	test_wait_for_exit(test, host);
}

static pid_t
test_find_parent(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
	g_autofree char *stat = NULL;

	g_assert_true(g_file_get_contents(path, &stat, NULL, NULL));
	/* "pid (name) state parent ..." */
	return (pid_t)g_ascii_strtoll(strrchr(stat, ')') + 4, NULL, 10);
}

static void
test_a_lost_template_is_replaced(TestTemplate *test, gconstpointer data)
{
	g_autoptr(BridgeTemplate) template = bridge_template_new(test_program, NULL);
	g_autoptr(GDBusConnection) orphan_link = NULL;
	g_autoptr(GDBusConnection) new_link = NULL;
	BridgeHostProcess *host;

	test_spawn(test, template, 1);
	host = g_ptr_array_index(test->hosts, 0);
	kill(test_find_parent(bridge_host_process_get_pid(host)), SIGKILL);
	/* The call that finds out may fail; the one after it does not. */
	test_spawn(test, template, 1);
	if (test->error != NULL)
		test_spawn(test, template, 1);
	g_assert_no_error(test->error);
	g_assert_cmpuint(test->hosts->len, ==, 2);
	orphan_link = test_probe(host);
	new_link = test_probe(g_ptr_array_index(test->hosts, 1));
}

static void
test_no_such_program(TestTemplate *test, gconstpointer data)
{
	g_autoptr(BridgeTemplate) template = bridge_template_new("/nonexistent/host", NULL);

	test_spawn(test, template, 1);
	g_assert_error(test->error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
	g_assert_cmpuint(test->hosts->len, ==, 0);
}

static void
test_a_program_that_is_no_template(TestTemplate *test, gconstpointer data)
{
	g_autoptr(BridgeTemplate) template = bridge_template_new("/bin/false", NULL);

	test_spawn(test, template, 2);
	g_assert_nonnull(test->error);
	g_assert_cmpuint(test->hosts->len, ==, 0);
}

#define TEST_ADD(name, function)                                                                   \
	g_test_add("/bridge-template/" name, TestTemplate, NULL, test_set_up, function,            \
	           test_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(argc, ==, 2);
	test_program = argv[1];
	TEST_ADD("hosts", test_hosts_of_one_template);
	TEST_ADD("closed-link", test_a_closed_link_ends_the_host);
	TEST_ADD("lost-template", test_a_lost_template_is_replaced);
	TEST_ADD("no-program", test_no_such_program);
	TEST_ADD("no-template", test_a_program_that_is_no_template);
	return g_test_run();
}
