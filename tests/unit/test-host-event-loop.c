/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <purple.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host-event-loop.h"

typedef struct {
	int ends[2];
	guint input;
	guint n_calls;
	PurpleInputCondition seen;
	guint n_reads_wanted; /* how often the handler reads in one go */
	gsize n_read;
} TestLoop;

static void
test_loop_set_up(TestLoop *test, gconstpointer data)
{
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, test->ends), ==, 0);
	test->n_reads_wanted = 1;
}

static void
test_loop_tear_down(TestLoop *test, gconstpointer data)
{
	host_event_loop_set_paused(FALSE);
	if (test->input != 0)
		purple_input_remove(test->input);
	close(test->ends[0]);
	close(test->ends[1]);
}

static void
test_input_cb(gpointer user_data, int fd, PurpleInputCondition condition)
{
	TestLoop *test = user_data;
	char buffer[4096];

	test->n_calls++;
	test->seen |= condition;
	if ((condition & PURPLE_INPUT_READ) == 0)
		return;
	for (guint i = 0; i < test->n_reads_wanted && host_event_loop_may_read(fd); i++) {
		gssize n_read = read(fd, buffer, sizeof buffer);

		if (n_read > 0) {
			host_event_loop_count_read(fd, (gsize)n_read);
			test->n_read += (gsize)n_read;
		}
	}
}

static void
test_iterate(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static void
test_write(TestLoop *test)
{
	g_assert_cmpint(write(test->ends[1], "x", 1), ==, 1);
}

static void
test_pausing_stops_reading(TestLoop *test, gconstpointer data)
{
	test->input = purple_input_add(test->ends[0], PURPLE_INPUT_READ, test_input_cb, test);
	test_write(test);
	host_event_loop_set_paused(TRUE);
	test_iterate();
	g_assert_cmpuint(test->n_calls, ==, 0);
	host_event_loop_set_paused(FALSE);
	test_iterate();
	g_assert_cmpuint(test->n_calls, ==, 1);
	g_assert_cmpuint(test->n_read, ==, 1);
}

static void
test_an_input_added_while_paused_waits(TestLoop *test, gconstpointer data)
{
	host_event_loop_set_paused(TRUE);
	test->input = purple_input_add(test->ends[0], PURPLE_INPUT_READ, test_input_cb, test);
	test_write(test);
	test_iterate();
	g_assert_cmpuint(test->n_calls, ==, 0);
	host_event_loop_set_paused(FALSE);
	test_iterate();
	g_assert_cmpuint(test->n_calls, ==, 1);
}

/* poll() reports a hangup whatever was asked: a paused reader must not spin on it. */
static void
test_a_hangup_waits_too(TestLoop *test, gconstpointer data)
{
	test->input = purple_input_add(test->ends[0], PURPLE_INPUT_READ, test_input_cb, test);
	host_event_loop_set_paused(TRUE);
	shutdown(test->ends[1], SHUT_RDWR);
	test_iterate();
	g_assert_cmpuint(test->n_calls, ==, 0);
	host_event_loop_set_paused(FALSE);
	g_assert_true(g_main_context_iteration(NULL, FALSE));
	g_assert_cmpuint(test->n_calls, ==, 1);
}

static void
test_writing_goes_on(TestLoop *test, gconstpointer data)
{
	host_event_loop_set_paused(TRUE);
	test->input = purple_input_add(test->ends[0], PURPLE_INPUT_WRITE, test_input_cb, test);
	g_assert_true(g_main_context_iteration(NULL, FALSE));
	g_assert_cmpint(test->seen, ==, PURPLE_INPUT_WRITE);
}

/* Everything was read off the socket, as TLS does, but the reader was stopped: it is called again.
 */
static void
test_a_stopped_reader_is_called_again(TestLoop *test, gconstpointer data)
{
	test->input = purple_input_add(test->ends[0], PURPLE_INPUT_READ, test_input_cb, test);
	test_write(test);
	test->n_reads_wanted = 2;
	host_event_loop_count_read(test->ends[0], 0);
	g_assert_true(g_main_context_iteration(NULL, FALSE));
	g_assert_cmpuint(test->n_calls, ==, 1);
	test_iterate();
	g_assert_cmpuint(test->n_calls, ==, 1);

	host_event_loop_set_paused(TRUE);
	g_assert_false(host_event_loop_may_read(test->ends[0]));
	test_iterate();
	g_assert_cmpuint(test->n_calls, ==, 1);
	host_event_loop_set_paused(FALSE);
	test_iterate();
	g_assert_cmpuint(test->n_calls, ==, 2);
}

static void
test_the_budget_ends_a_turn(TestLoop *test, gconstpointer data)
{
	char block[4096] = {0};
	gsize n_written = 0;
	int size = 4 * HOST_EVENT_LOOP_BUDGET_BYTES;

	g_assert_cmpint(setsockopt(test->ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size), ==,
	                0);
	while (n_written < HOST_EVENT_LOOP_BUDGET_BYTES + 2 * sizeof block &&
	       write(test->ends[1], block, sizeof block) == sizeof block)
		n_written += sizeof block;
	g_assert_cmpuint(n_written, >, HOST_EVENT_LOOP_BUDGET_BYTES);
	test->input = purple_input_add(test->ends[0], PURPLE_INPUT_READ, test_input_cb, test);
	test->n_reads_wanted = G_MAXUINT16;
	g_assert_true(g_main_context_iteration(NULL, FALSE));
	g_assert_cmpuint(test->n_read, ==, HOST_EVENT_LOOP_BUDGET_BYTES);
	test->n_reads_wanted = 1;
	test_iterate();
	g_assert_cmpuint(test->n_read, ==, n_written);
}

static void
test_remove_says_whether_it_was_there(TestLoop *test, gconstpointer data)
{
	guint input = purple_input_add(test->ends[0], PURPLE_INPUT_READ, test_input_cb, test);

	g_assert_true(purple_input_remove(input));
	g_assert_false(purple_input_remove(input));
	g_assert_true(host_event_loop_may_read(test->ends[0]));
}

/* libpurple closes some descriptors first and drops their watches later: by then the number may be
 * another socket's. */
static void
test_a_number_is_used_again(TestLoop *test, gconstpointer data)
{
	TestLoop stale = {.n_reads_wanted = 1};
	int number = test->ends[0];
	int pair[2];
	guint old = purple_input_add(number, PURPLE_INPUT_READ, test_input_cb, &stale);

	close(number);
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), ==, 0);
	g_assert_cmpint(pair[0], ==, number);
	close(test->ends[1]);
	test->ends[1] = pair[1];
	test->input = purple_input_add(number, PURPLE_INPUT_READ, test_input_cb, test);
	g_assert_true(purple_input_remove(old));
	test_write(test);
	test_iterate();
	g_assert_cmpuint(test->n_calls, ==, 1);
	g_assert_cmpuint(stale.n_calls, ==, 0);
}

static void
test_remove_and_free_cb(gpointer user_data, int fd, PurpleInputCondition condition)
{
	TestLoop *test = user_data;

	test->n_calls++;
	purple_input_remove(test->input);
	test->input = 0;
}

/* Reader and writer of one socket; the first ends both, as a connection that fails does. */
static void
test_a_handler_may_remove_all(TestLoop *test, gconstpointer data)
{
	TestLoop other = {.n_reads_wanted = 1};
	guint second;

	test->input =
		purple_input_add(test->ends[0], PURPLE_INPUT_WRITE, test_remove_and_free_cb, test);
	second = purple_input_add(test->ends[0], PURPLE_INPUT_READ, test_input_cb, &other);
	test_write(test);
	test_iterate();
	g_assert_cmpuint(test->n_calls, ==, 1);
	g_assert_cmpuint(other.n_calls, ==, 1);
	g_assert_true(purple_input_remove(second));
	test_write(test);
	test_iterate();
	g_assert_cmpuint(other.n_calls, ==, 1);
}

#define TEST_ADD(name, function)                                                                   \
	g_test_add("/host-event-loop/" name, TestLoop, NULL, test_loop_set_up, function,           \
	           test_loop_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	host_event_loop_install();
	TEST_ADD("pause", test_pausing_stops_reading);
	TEST_ADD("added-while-paused", test_an_input_added_while_paused_waits);
	TEST_ADD("hangup", test_a_hangup_waits_too);
	TEST_ADD("writing", test_writing_goes_on);
	TEST_ADD("stopped-reader", test_a_stopped_reader_is_called_again);
	TEST_ADD("budget", test_the_budget_ends_a_turn);
	TEST_ADD("number-again", test_a_number_is_used_again);
	TEST_ADD("handler-removes", test_a_handler_may_remove_all);
	TEST_ADD("remove", test_remove_says_whether_it_was_there);
	return g_test_run();
}
