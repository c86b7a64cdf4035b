/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The push process is this test. */
#include "config.h"

#include "pushes/bridge-push-calls.h"

#include "link/bridge-link-pipe.h"
#include "link/bridge-push-link.h"

#define TEST_CALLS 3

typedef struct {
	BridgePushCalls *calls;
	BridgeLinkPipe *process; /* the other end */
	GPtrArray *pushes;       /* GVariant: what came there */
	guint answered;
	guint ended;
	gboolean frees; /* with the first outcome */
	guint told;     /* of TEST_CALLS */
	GVariant *outcomes[TEST_CALLS];
	GError *errors[TEST_CALLS];
} TestCalls;

typedef struct {
	TestCalls *test;
	guint place;
} TestCall;

static void
test_told_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autofree TestCall *call = user_data;
	TestCalls *test = call->test;

	test->outcomes[call->place] =
		g_task_propagate_pointer(G_TASK(result), &test->errors[call->place]);
	test->told++;
	if (test->frees)
		g_clear_pointer(&test->calls, bridge_push_calls_free);
}

static void
test_begin(TestCalls *test, guint place)
{
	TestCall *call = g_new0(TestCall, 1);
	const BridgePushOrder order = {.ttl_s = place};
	g_autoptr(GVariant) push = g_variant_ref_sink(bridge_push_order_write(&order));

	call->test = test;
	call->place = place;
	bridge_push_calls_begin(test->calls, "webhook", push,
	                        g_task_new(NULL, NULL, test_told_cb, call));
}

static void
test_answered(gpointer user_data)
{
	TestCalls *test = user_data;

	test->answered++;
}

static void
test_ended(gpointer user_data, const GError *error)
{
	TestCalls *test = user_data;

	test->ended++;
	g_clear_pointer(&test->calls, bridge_push_calls_free);
}

static void
test_process_received(gpointer user_data, GVariant *pushes)
{
	TestCalls *test = user_data;

	for (gsize i = 0; i < g_variant_n_children(pushes); i++)
		g_ptr_array_add(test->pushes, g_variant_get_child_value(pushes, i));
}

static void
test_process_ended(gpointer user_data, const GError *error)
{
}

static void
test_settle(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static void
test_set_up(TestCalls *test, gconstpointer data)
{
	static const BridgePushCallsClient client = {test_answered, test_ended};
	static const BridgeLinkPipeTerms terms = {BRIDGE_PUSH_PUSHES_TYPE, 65536, 65536};
	static const BridgeLinkPipeClient process = {test_process_received, test_process_ended};
	int fd = -1;

	test->pushes = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
	test->calls = bridge_push_calls_new(&client, test, &fd, NULL);
	test->process = bridge_link_pipe_new(fd, &terms, &process, test);
	for (guint i = 0; i < TEST_CALLS; i++)
		test_begin(test, i);
	test_settle();
	g_assert_cmpuint(test->pushes->len, ==, TEST_CALLS);
	g_assert_cmpuint(bridge_push_calls_get_under_way(test->calls), ==, TEST_CALLS);
}

static void
test_tear_down(TestCalls *test, gconstpointer data)
{
	g_clear_pointer(&test->calls, bridge_push_calls_free);
	g_clear_pointer(&test->process, bridge_link_pipe_free);
	test_settle();
	g_assert_cmpuint(test->told, ==, TEST_CALLS);
	for (guint i = 0; i < TEST_CALLS; i++) {
		g_clear_pointer(&test->outcomes[i], g_variant_unref);
		g_clear_error(&test->errors[i]);
	}
	g_ptr_array_unref(test->pushes);
}

/* As the process does, of the push that came to it at @place. */
static void
test_answer(TestCalls *test, guint place, BridgePushResult result)
{
	GVariant *outcome = bridge_push_outcome_write(result, 500, 7, "detail");
	guint32 number = 0;

	g_variant_get_child(g_ptr_array_index(test->pushes, place), 0, "u", &number);
	bridge_link_pipe_send(
		test->process,
		g_variant_new_parsed("[(%u, %@" BRIDGE_PUSH_OUTCOME_TYPE ")]", number, outcome));
	test_settle();
}

static void
assert_outcome(TestCalls *test, guint place, BridgePushResult result)
{
	GVariant *outcome = test->outcomes[place];

	g_assert_no_error(test->errors[place]);
	g_assert_nonnull(outcome);
	g_assert_cmpuint(bridge_push_outcome_get_result(outcome), ==, result);
	g_assert_cmpuint(bridge_push_outcome_get_status(outcome), ==, 500);
	g_assert_cmpuint(bridge_push_outcome_get_retry_after_s(outcome), ==, 7);
	g_assert_cmpstr(bridge_push_outcome_get_detail(outcome), ==, "detail");
}

static void
test_outcomes_come_in_any_order(TestCalls *test, gconstpointer data)
{
	test_answer(test, 2, BRIDGE_PUSH_GONE);
	assert_outcome(test, 2, BRIDGE_PUSH_GONE);
	test_answer(test, 0, BRIDGE_PUSH_DELIVERED);
	assert_outcome(test, 0, BRIDGE_PUSH_DELIVERED);
	g_assert_cmpuint(test->told, ==, 2);
	g_assert_cmpuint(test->answered, >=, 2);
	g_assert_cmpuint(bridge_push_calls_get_under_way(test->calls), ==, 1);
	/* Nobody waits for that any more. */
	test_answer(test, 0, BRIDGE_PUSH_GONE);
	test_answer(test, 1, BRIDGE_PUSH_REJECTED);
	assert_outcome(test, 1, BRIDGE_PUSH_REJECTED);
}

static void
test_nothing_is_an_error(TestCalls *test, gconstpointer data)
{
	test_answer(test, 1, BRIDGE_PUSH_N_RESULTS);
	g_assert_cmpuint(test->told, ==, 1);
	g_assert_error(test->errors[1], G_IO_ERROR, G_IO_ERROR_FAILED);
}

static void
test_what_is_not_answered_ends(TestCalls *test, gconstpointer data)
{
	bridge_push_calls_expire(test->calls, g_get_monotonic_time() - G_USEC_PER_SEC * 60);
	test_settle();
	g_assert_cmpuint(test->told, ==, 0);
	bridge_push_calls_expire(test->calls, G_MAXINT64);
	test_settle();
	g_assert_cmpuint(test->told, ==, TEST_CALLS);
	for (guint i = 0; i < TEST_CALLS; i++)
		g_assert_error(test->errors[i], G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
	test_answer(test, 0, BRIDGE_PUSH_DELIVERED);
	g_assert_cmpuint(test->told, ==, TEST_CALLS);
}

static void
test_all_fail_with_the_process(TestCalls *test, gconstpointer data)
{
	g_clear_pointer(&test->process, bridge_link_pipe_free);
	test_settle();
	g_assert_cmpuint(test->ended, ==, 1);
	for (guint i = 0; i < TEST_CALLS; i++)
		g_assert_error(test->errors[i], G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_whoever_hears_may_free_it(TestCalls *test, gconstpointer data)
{
	test->frees = TRUE;
	test_answer(test, 0, BRIDGE_PUSH_DELIVERED);
	assert_outcome(test, 0, BRIDGE_PUSH_DELIVERED);
	g_assert_null(test->calls);
	g_assert_cmpuint(test->told, ==, TEST_CALLS);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*run)(TestCalls *test, gconstpointer data);
	} cases[] = {
		{"/push-calls/outcomes-come-in-any-order", test_outcomes_come_in_any_order},
		{"/push-calls/nothing-is-an-error", test_nothing_is_an_error},
		{"/push-calls/what-is-not-answered-ends", test_what_is_not_answered_ends},
		{"/push-calls/all-fail-with-the-process", test_all_fail_with_the_process},
		{"/push-calls/whoever-hears-may-free-it", test_whoever_hears_may_free_it},
	};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add(cases[i].path, TestCalls, NULL, test_set_up, cases[i].run,
		           test_tear_down);
	return g_test_run();
}
