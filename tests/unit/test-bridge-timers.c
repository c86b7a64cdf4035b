/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "link/bridge-timers.h"

#define TEST_MANY 1000

typedef struct {
	GString *log;
	guint ids[3];
	guint n_left; /* calls until a timer asks for no more */
} TestTimers;

static void
test_timers_set_up(TestTimers *test, gconstpointer data)
{
	test->log = g_string_new(NULL);
}

static void
test_timers_tear_down(TestTimers *test, gconstpointer data)
{
	g_string_free(test->log, TRUE);
}

static void
test_timers_iterate_until(TestTimers *test, gsize length)
{
	while (test->log->len < length)
		g_main_context_iteration(NULL, TRUE);
}

static gboolean
test_first_cb(gpointer user_data)
{
	g_string_append_c(((TestTimers *)user_data)->log, '1');
	return FALSE;
}

static gboolean
test_second_cb(gpointer user_data)
{
	g_string_append_c(((TestTimers *)user_data)->log, '2');
	return FALSE;
}

static gboolean
test_third_cb(gpointer user_data)
{
	g_string_append_c(((TestTimers *)user_data)->log, '3');
	return FALSE;
}

static void
test_timers_run_in_order_of_time(TestTimers *test, gconstpointer data)
{
	bridge_timers_add(40, test_third_cb, test);
	bridge_timers_add(0, test_first_cb, test);
	bridge_timers_add(20, test_second_cb, test);
	test_timers_iterate_until(test, 3);
	g_assert_cmpstr(test->log->str, ==, "123");
}

static gboolean
test_repeating_cb(gpointer user_data)
{
	TestTimers *test = user_data;

	g_string_append_c(test->log, 'r');
	return --test->n_left > 0;
}

static void
test_timers_run_again_while_they_want(TestTimers *test, gconstpointer data)
{
	test->n_left = 3;
	test->ids[0] = bridge_timers_add(1, test_repeating_cb, test);
	test_timers_iterate_until(test, 3);
	g_assert_cmpstr(test->log->str, ==, "rrr");
	g_assert_false(bridge_timers_remove(test->ids[0])); /* gone by itself */
}

static void
test_a_removed_timer_never_runs(TestTimers *test, gconstpointer data)
{
	test->ids[0] = bridge_timers_add(1, test_first_cb, test);
	bridge_timers_add(2, test_second_cb, test);
	g_assert_true(bridge_timers_remove(test->ids[0]));
	g_assert_false(bridge_timers_remove(test->ids[0]));
	test_timers_iterate_until(test, 1);
	g_assert_cmpstr(test->log->str, ==, "2");
}

/* Removes itself and another one that is due too, and still says that it wants to go on. */
static gboolean
test_removing_cb(gpointer user_data)
{
	TestTimers *test = user_data;

	g_string_append_c(test->log, 'x');
	g_assert_true(bridge_timers_remove(test->ids[0]));
	g_assert_true(bridge_timers_remove(test->ids[1]));
	return TRUE;
}

static void
test_a_timer_may_remove_itself_and_others(TestTimers *test, gconstpointer data)
{
	test->ids[0] = bridge_timers_add(0, test_removing_cb, test);
	test->ids[1] = bridge_timers_add(0, test_first_cb, test);
	test->ids[2] = bridge_timers_add(0, test_second_cb, test);
	test_timers_iterate_until(test, 2);
	g_assert_cmpstr(test->log->str, ==, "x2");
}

static gboolean
test_adding_cb(gpointer user_data)
{
	TestTimers *test = user_data;

	g_string_append_c(test->log, 'a');
	bridge_timers_add(0, test_adding_cb, test);
	return FALSE;
}

/* Else such a timer would keep everybody else from having a turn. */
static void
test_what_is_added_meanwhile_waits_for_the_next_turn(TestTimers *test, gconstpointer data)
{
	test->ids[0] = bridge_timers_add(0, test_adding_cb, test);
	test_timers_iterate_until(test, 1);
	g_assert_cmpstr(test->log->str, ==, "a");
	test_timers_iterate_until(test, 2);
	g_assert_cmpstr(test->log->str, ==, "aa");
	g_assert_true(bridge_timers_remove(test->ids[0] + 2)); /* the one that waits now */
}

static void
test_timers_in_seconds_run_together(TestTimers *test, gconstpointer data)
{
	bridge_timers_add_seconds(1, test_first_cb, test);
	bridge_timers_add_seconds(1, test_second_cb, test);
	test_timers_iterate_until(test, 1);
	g_assert_cmpstr(test->log->str, ==, "12");
}

static gboolean
test_counting_cb(gpointer user_data)
{
	++*(guint *)user_data;
	return FALSE;
}

static void
test_many_timers_all_run(TestTimers *test, gconstpointer data)
{
	guint n_calls = 0;

	for (guint i = 0; i < TEST_MANY; i++)
		bridge_timers_add((i * 7) % 13, test_counting_cb, &n_calls);
	while (n_calls < TEST_MANY)
		g_main_context_iteration(NULL, TRUE);
	g_assert_false(g_main_context_iteration(NULL, FALSE));
	g_assert_cmpuint(n_calls, ==, TEST_MANY);
}

#define TEST_ADD(name, function)                                                                   \
	g_test_add("/bridge-timers/" name, TestTimers, NULL, test_timers_set_up, function,         \
	           test_timers_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST_ADD("in-order-of-time", test_timers_run_in_order_of_time);
	TEST_ADD("run-again-while-they-want", test_timers_run_again_while_they_want);
	TEST_ADD("removed-never-runs", test_a_removed_timer_never_runs);
	TEST_ADD("removes-itself-and-others", test_a_timer_may_remove_itself_and_others);
	TEST_ADD("added-meanwhile-waits", test_what_is_added_meanwhile_waits_for_the_next_turn);
	TEST_ADD("in-seconds-together", test_timers_in_seconds_run_together);
	TEST_ADD("many-all-run", test_many_timers_all_run);
	return g_test_run();
}
