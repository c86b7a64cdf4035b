/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-host-answers.h"

typedef struct {
	BridgeHostAnswers *answers;
	guint64 number;
	GTask *task;
	GVariant *answer;
	guint deadline;
} BridgeKeptAnswer;

struct _BridgeHostAnswers {
	GPtrArray *kept; /* of BridgeKeptAnswer, in the order they came */
};

static void
bridge_kept_answer_free(gpointer data)
{
	BridgeKeptAnswer *kept = data;

	g_clear_handle_id(&kept->deadline, g_source_remove);
	g_variant_unref(kept->answer);
	g_object_unref(kept->task);
	g_free(kept);
}

BridgeHostAnswers *
bridge_host_answers_new(void)
{
	BridgeHostAnswers *answers = g_new0(BridgeHostAnswers, 1);

	answers->kept = g_ptr_array_new_with_free_func(bridge_kept_answer_free);
	return answers;
}

/* Whoever is told may ask for the next thing, or end the host. */
static GPtrArray *
bridge_host_answers_take(BridgeHostAnswers *answers, guint64 number)
{
	GPtrArray *taken = g_ptr_array_new_with_free_func(bridge_kept_answer_free);

	for (guint i = 0; i < answers->kept->len;) {
		BridgeKeptAnswer *kept = g_ptr_array_index(answers->kept, i);

		if (kept->number > number)
			i++;
		else
			g_ptr_array_add(taken, g_ptr_array_steal_index(answers->kept, i));
	}
	return taken;
}

void
bridge_host_answers_free(BridgeHostAnswers *answers)
{
	g_autoptr(GPtrArray) taken = bridge_host_answers_take(answers, G_MAXUINT64);

	g_ptr_array_unref(answers->kept);
	g_free(answers);
	for (guint i = 0; i < taken->len; i++) {
		BridgeKeptAnswer *kept = g_ptr_array_index(taken, i);

		g_task_return_new_error(kept->task, G_IO_ERROR, G_IO_ERROR_CLOSED,
		                        "the host ended before what it answered had come");
	}
}

static gboolean
bridge_host_answers_deadline_cb(gpointer user_data)
{
	BridgeKeptAnswer *kept = user_data;
	g_autoptr(GTask) task = g_object_ref(kept->task);

	kept->deadline = 0;
	g_ptr_array_remove(kept->answers->kept, kept);
	g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
	                        "what the host answered did not come in time");
	return G_SOURCE_REMOVE;
}

void
bridge_host_answers_keep(BridgeHostAnswers *answers, guint64 number, GTask *task, GVariant *answer,
                         gint64 deadline_us)
{
	BridgeKeptAnswer *kept = g_new0(BridgeKeptAnswer, 1);
	gint64 left_us = deadline_us - g_get_monotonic_time();

	kept->answers = answers;
	kept->number = number;
	kept->task = task;
	kept->answer = g_variant_ref(answer);
	kept->deadline = g_timeout_add((guint)(MAX(left_us, 0) / G_TIME_SPAN_MILLISECOND),
	                               bridge_host_answers_deadline_cb, kept);
	g_ptr_array_add(answers->kept, kept);
}

void
bridge_host_answers_release(BridgeHostAnswers *answers, guint64 number)
{
	g_autoptr(GPtrArray) taken = NULL;

	if (answers->kept->len == 0) /* as nearly always */
		return;
	taken = bridge_host_answers_take(answers, number);
	for (guint i = 0; i < taken->len; i++) {
		BridgeKeptAnswer *kept = g_ptr_array_index(taken, i);

		g_task_return_pointer(kept->task, g_variant_ref(kept->answer),
		                      (GDestroyNotify)g_variant_unref);
	}
}
