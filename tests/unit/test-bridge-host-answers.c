/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hosts/bridge-host-answers.h"

#define HOUR_US (3600 * (gint64)G_USEC_PER_SEC)

typedef struct {
	gboolean done;
	char *answer;
	GError *error;
} Asked;

static void
asked_clear(Asked *asked)
{
	g_free(asked->answer);
	g_clear_error(&asked->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Asked, asked_clear)

static void
test_asked_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	Asked *asked = user_data;
	g_autoptr(GVariant) answer = g_task_propagate_pointer(G_TASK(result), &asked->error);

	g_assert_false(asked->done);
	asked->done = TRUE;
	asked->answer = answer != NULL ? g_variant_dup_string(answer, NULL) : NULL;
}

static void
test_keep(BridgeHostAnswers *answers, guint64 number, const char *text, gint64 left_us,
          Asked *asked)
{
	g_autoptr(GVariant) answer = g_variant_ref_sink(g_variant_new_string(text));

	bridge_host_answers_keep(answers, number, g_task_new(NULL, NULL, test_asked_cb, asked),
	                         answer, g_get_monotonic_time() + left_us);
}

static void
test_settle(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		continue;
}

static void
test_each_waits_for_its_own(void)
{
	BridgeHostAnswers *answers = bridge_host_answers_new();
	g_auto(Asked) late = {0};
	g_auto(Asked) soon = {0};

	test_keep(answers, 7, "late", HOUR_US, &late);
	test_keep(answers, 5, "soon", HOUR_US, &soon);
	bridge_host_answers_release(answers, 4);
	test_settle();
	g_assert_false(soon.done || late.done);
	bridge_host_answers_release(answers, 6);
	test_settle();
	g_assert_cmpstr(soon.answer, ==, "soon");
	g_assert_false(late.done);
	bridge_host_answers_release(answers, 7);
	test_settle();
	g_assert_cmpstr(late.answer, ==, "late");
	bridge_host_answers_free(answers);
}

static void
test_not_for_ever(void)
{
	BridgeHostAnswers *answers = bridge_host_answers_new();
	g_auto(Asked) asked = {0};
	g_auto(Asked) over = {0};

	test_keep(answers, G_MAXUINT64, "never", 1000, &asked);
	test_keep(answers, G_MAXUINT64, "long over", -HOUR_US, &over);
	while (!asked.done || !over.done)
		g_main_context_iteration(NULL, TRUE);
	g_assert_error(asked.error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
	g_assert_error(over.error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
	bridge_host_answers_free(answers);
}

static void
test_the_end(void)
{
	BridgeHostAnswers *answers = bridge_host_answers_new();
	g_auto(Asked) asked = {0};

	test_keep(answers, 1, "too late", HOUR_US, &asked);
	bridge_host_answers_free(answers);
	test_settle();
	g_assert_error(asked.error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host-answers/each", test_each_waits_for_its_own);
	g_test_add_func("/host-answers/deadline", test_not_for_ever);
	g_test_add_func("/host-answers/end", test_the_end);
	return g_test_run();
}
