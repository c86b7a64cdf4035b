/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "host-backlog.h"

typedef struct {
	HostBacklog *backlog;
	GString *log;
} TestBacklog;

static void
test_backlog_deliver(gpointer user_data, GVariant *message, guint stanza)
{
	TestBacklog *test = user_data;

	g_string_append_printf(test->log, "%s/%u ", g_variant_get_string(message, NULL), stanza);
}

static void
test_backlog_set_up(TestBacklog *test, gconstpointer data)
{
	test->log = g_string_new(NULL);
	test->backlog = host_backlog_new(test_backlog_deliver, test);
}

static void
test_backlog_tear_down(TestBacklog *test, gconstpointer data)
{
	host_backlog_free(test->backlog);
	g_string_free(test->log, TRUE);
}

static void
test_live_messages_wait_for_the_archive(TestBacklog *test, gconstpointer data)
{
	host_backlog_take(test->backlog, g_variant_new_string("one"), 4);
	host_backlog_take(test->backlog, g_variant_new_string("two"), 0);
	g_assert_cmpstr(test->log->str, ==, "");
	host_backlog_end(test->backlog);
	g_assert_cmpstr(test->log->str, ==, "one/4 two/0 ");
}

static void
test_after_the_archive_nothing_waits(TestBacklog *test, gconstpointer data)
{
	host_backlog_end(test->backlog);
	host_backlog_end(test->backlog);
	host_backlog_take(test->backlog, g_variant_new_string("one"), 1);
	g_assert_cmpstr(test->log->str, ==, "one/1 ");
}

static void
test_too_many_end_the_waiting(TestBacklog *test, gconstpointer data)
{
	for (guint i = 1; i < HOST_BACKLOG_MESSAGES_MAX; i++)
		host_backlog_take(test->backlog, g_variant_new_string("x"), 0);
	g_assert_cmpstr(test->log->str, ==, "");
	host_backlog_take(test->backlog, g_variant_new_string("x"), 0);
	g_assert_cmpuint(test->log->len, ==, HOST_BACKLOG_MESSAGES_MAX * strlen("x/0 "));
	host_backlog_take(test->backlog, g_variant_new_string("y"), 0);
	g_assert_true(g_str_has_suffix(test->log->str, "y/0 "));
}

static void
test_time_ends_the_waiting(TestBacklog *test, gconstpointer data)
{
	host_backlog_take(test->backlog, g_variant_new_string("one"), 1);
	while (test->log->len == 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpstr(test->log->str, ==, "one/1 ");
}

static void
test_what_waits_at_the_end_is_forgotten(TestBacklog *test, gconstpointer data)
{
	host_backlog_take(test->backlog, g_variant_new_string("one"), 1);
	/* freed by the tear-down, its timer too: valgrind and ASan watch */
	g_assert_cmpstr(test->log->str, ==, "");
}

#define TEST_ADD(name, function)                                                                   \
	g_test_add("/host-backlog/" name, TestBacklog, NULL, test_backlog_set_up, function,        \
	           test_backlog_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST_ADD("waits-for-the-archive", test_live_messages_wait_for_the_archive);
	TEST_ADD("nothing-waits-after", test_after_the_archive_nothing_waits);
	TEST_ADD("too-many", test_too_many_end_the_waiting);
	TEST_ADD("time", test_time_ends_the_waiting);
	TEST_ADD("forgotten", test_what_waits_at_the_end_is_forgotten);
	return g_test_run();
}
