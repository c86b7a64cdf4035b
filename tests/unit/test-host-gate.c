/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The plugin is a double that counts holds. */
#include "config.h"

#include <purple.h>
#include <string.h>

#include "harness/purple-boot.h"
#include "host-gate.h"
#include "plugin/gtalk.h"

typedef struct {
	PurplePlugin plugin;
	PurpleConnection connection;
	HostGate *gate;
} TestGate;

/* The double's state: the stanza that is being delivered, and the holds of each. */
static struct {
	guint stanza;
	int holds[16];
} test_plugin;

static guint
test_hold(PurpleConnection *gc)
{
	if (test_plugin.stanza != 0)
		test_plugin.holds[test_plugin.stanza]++;
	return test_plugin.stanza;
}

static void
test_release(PurpleConnection *gc, guint stanza)
{
	test_plugin.holds[stanza]--;
}

static void
test_marshal_hold(PurpleCallback callback, va_list args, void *data, void **result)
{
	guint stanza = ((guint(*)(void *))callback)(va_arg(args, void *));

	*result = GUINT_TO_POINTER(stanza);
}

static void
test_gate_set_up(TestGate *test, gconstpointer data)
{
	memset(&test_plugin, 0, sizeof test_plugin);
	test->connection.prpl = &test->plugin;
	purple_plugin_ipc_register(&test->plugin, GTALK_IPC_HOLD, PURPLE_CALLBACK(test_hold),
	                           test_marshal_hold, NULL, 0);
	purple_plugin_ipc_register(&test->plugin, GTALK_IPC_RELEASE, PURPLE_CALLBACK(test_release),
	                           purple_marshal_VOID__POINTER_UINT, NULL, 0);
	test->gate = host_gate_new();
}

static void
test_gate_tear_down(TestGate *test, gconstpointer data)
{
	host_gate_free(test->gate);
	purple_plugin_ipc_unregister_all(&test->plugin);
}

static guint
test_take(TestGate *test, guint stanza)
{
	test_plugin.stanza = stanza;
	return host_gate_take(test->gate, &test->connection);
}

static void
test_held_until_released(TestGate *test, gconstpointer data)
{
	g_assert_cmpuint(test_take(test, 1), ==, 1);
	g_assert_cmpuint(test_take(test, 2), ==, 2);
	g_assert_cmpuint(test_take(test, 2), ==, 2); /* a stanza with two messages */
	host_gate_release(test->gate, &test->connection, 1);
	host_gate_release(test->gate, &test->connection, 2);
	g_assert_cmpint(test_plugin.holds[1], ==, 0);
	g_assert_cmpint(test_plugin.holds[2], ==, 1);
	host_gate_release(test->gate, &test->connection, 2);
	g_assert_cmpint(test_plugin.holds[2], ==, 0);
	host_gate_release(test->gate, &test->connection, 2);
	host_gate_release(test->gate, &test->connection, 9);
	g_assert_cmpint(test_plugin.holds[2], ==, 0);
	g_assert_cmpint(test_plugin.holds[9], ==, 0);
}

static void
test_without_stream_management(TestGate *test, gconstpointer data)
{
	g_assert_cmpuint(test_take(test, 0), ==, 0);
	host_gate_release(test->gate, &test->connection, 0);
}

static void
test_opens_beside_another_client(TestGate *test, gconstpointer data)
{
	test_take(test, 1);
	test_take(test, 1);
	host_gate_set_archive(test->gate, &test->connection, FALSE);
	g_assert_false(host_gate_is_open(test->gate));
	g_assert_cmpint(test_plugin.holds[1], ==, 2);

	host_gate_note_resource(test->gate, &test->connection, "a@b/phone", TRUE);
	g_assert_true(host_gate_is_open(test->gate));
	g_assert_cmpint(test_plugin.holds[1], ==, 0);
	g_assert_cmpuint(test_take(test, 2), ==, 2); /* numbered, but not held */
	g_assert_cmpint(test_plugin.holds[2], ==, 0);
	host_gate_release(test->gate, &test->connection, 1); /* late */
	g_assert_cmpint(test_plugin.holds[1], ==, 0);

	host_gate_note_resource(test->gate, &test->connection, "a@b/desk", TRUE);
	host_gate_note_resource(test->gate, &test->connection, "a@b/phone", FALSE);
	g_assert_true(host_gate_is_open(test->gate));
	host_gate_note_resource(test->gate, &test->connection, "a@b/desk", FALSE);
	g_assert_false(host_gate_is_open(test->gate));
	test_take(test, 3);
	g_assert_cmpint(test_plugin.holds[3], ==, 1);
}

/* Before the server was asked, and where it has an archive, nothing is given away. */
static void
test_stays_shut_with_an_archive(TestGate *test, gconstpointer data)
{
	host_gate_note_resource(test->gate, &test->connection, "a@b/phone", TRUE);
	g_assert_false(host_gate_is_open(test->gate));
	host_gate_set_archive(test->gate, &test->connection, TRUE);
	g_assert_false(host_gate_is_open(test->gate));
	test_take(test, 1);
	g_assert_cmpint(test_plugin.holds[1], ==, 1);
}

#define TEST_ADD(name, function)                                                                   \
	g_test_add("/host-gate/" name, TestGate, NULL, test_gate_set_up, function,                 \
	           test_gate_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST_ADD("held", test_held_until_released);
	TEST_ADD("without", test_without_stream_management);
	TEST_ADD("open", test_opens_beside_another_client);
	TEST_ADD("archive", test_stays_shut_with_an_archive);
	return g_test_run();
}
