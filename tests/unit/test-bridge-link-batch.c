/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "link/bridge-link-batch.h"

#include <gio/gio.h>
#include <sys/socket.h>

#define TEST_TYPE "a(us)"
#define TEST_MOST 4

/* What is said at one end of a socket, and the arrays that come out at the other. */
typedef struct {
	BridgeLinkPipe *pipe;
	BridgeLinkBatch *batch;
	BridgeLinkPipe *peer;
	GString *heard; /* numbers; a stroke ends an array */
} TestBatch;

static void
test_received(gpointer user_data, GVariant *values)
{
	TestBatch *test = user_data;
	GVariantIter iter;
	guint32 number;

	g_variant_iter_init(&iter, values);
	while (g_variant_iter_next(&iter, "(u&s)", &number, NULL))
		g_string_append_printf(test->heard, "%u ", number);
	g_string_append(test->heard, "| ");
}

static void
test_ended(gpointer user_data, const GError *error)
{
	g_assert_not_reached();
}

static void
test_set_up(TestBatch *test, gconstpointer data)
{
	static const BridgeLinkPipeTerms terms = {TEST_TYPE, 4096, 4096};
	static const BridgeLinkPipeClient client = {test_received, test_ended};
	int ends[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
	test->pipe = bridge_link_pipe_new(ends[0], &terms, &client, test);
	test->peer = bridge_link_pipe_new(ends[1], &terms, &client, test);
	test->batch = bridge_link_batch_new(test->pipe, TEST_TYPE, TEST_MOST);
	test->heard = g_string_new(NULL);
}

static void
test_tear_down(TestBatch *test, gconstpointer data)
{
	g_clear_pointer(&test->batch, bridge_link_batch_free);
	bridge_link_pipe_free(test->peer);
	bridge_link_pipe_free(test->pipe);
	g_string_free(test->heard, TRUE);
}

static void
test_say(TestBatch *test, guint32 first, guint32 last)
{
	for (guint32 number = first; number <= last; number++)
		bridge_link_batch_add(test->batch, g_variant_new("(us)", number, "word"));
}

/* All that can be done now is done. */
static void
assert_heard(TestBatch *test, const char *heard)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpstr(test->heard->str, ==, heard);
	g_string_truncate(test->heard, 0);
}

static void
test_what_is_said_at_once_goes_together(TestBatch *test, gconstpointer data)
{
	assert_heard(test, "");
	test_say(test, 1, 3);
	assert_heard(test, "1 2 3 | ");
	test_say(test, 4, 4);
	assert_heard(test, "4 | ");
}

static void
test_much_goes_in_several(TestBatch *test, gconstpointer data)
{
	test_say(test, 1, 10);
	assert_heard(test, "1 2 3 4 | 5 6 7 8 | 9 10 | ");
	test_say(test, 11, 14);
	assert_heard(test, "11 12 13 14 | ");
}

static void
test_what_was_not_sent_is_not(TestBatch *test, gconstpointer data)
{
	test_say(test, 1, 2);
	g_clear_pointer(&test->batch, bridge_link_batch_free);
	assert_heard(test, "");
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*run)(TestBatch *test, gconstpointer data);
	} cases[] = {
		{"/link-batch/what-is-said-at-once-goes-together",
	         test_what_is_said_at_once_goes_together},
		{"/link-batch/much-goes-in-several", test_much_goes_in_several},
		{"/link-batch/what-was-not-sent-is-not", test_what_was_not_sent_is_not},
	};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add(cases[i].path, TestBatch, NULL, test_set_up, cases[i].run,
		           test_tear_down);
	return g_test_run();
}
