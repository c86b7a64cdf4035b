/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <gio/gio.h>

#include "link/bridge-link.h"
#include "host-window.h"

typedef struct {
	GPtrArray *batches; /* of GVariant, in the order they were sent */
	gboolean full;
	guint n_full_changes;
	GArray *durable; /* of guint: stanza numbers */
	HostWindow *window;
} TestWindow;

static void
test_send(gpointer user_data, GVariant *events)
{
	TestWindow *test = user_data;

	g_ptr_array_add(test->batches, g_variant_ref_sink(events));
}

static void
test_full(gpointer user_data, gboolean full)
{
	TestWindow *test = user_data;

	test->full = full;
	test->n_full_changes++;
}

static void
test_durable(gpointer data, guint stream, guint stanza)
{
	TestWindow *test = data;

	g_assert_cmpuint(stream, ==, 7);
	g_array_append_val(test->durable, stanza);
}

static void
test_window_set_up(TestWindow *test, gconstpointer data)
{
	static const HostWindowSender sender = {test_send, test_full};

	test->batches = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
	test->durable = g_array_new(FALSE, FALSE, sizeof(guint));
	test->window = host_window_new(&sender, test);
}

static void
test_window_tear_down(TestWindow *test, gconstpointer data)
{
	host_window_free(test->window);
	g_array_unref(test->durable);
	g_ptr_array_unref(test->batches);
}

static void
test_push(TestWindow *test, guint stanza, const char *text)
{
	HostWindowNotify notify = {test_durable, test, 7, stanza};
	GVariantDict data;

	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "body", "s", text);
	host_window_push(test->window, "account", "message", g_variant_dict_end(&data), &notify);
}

static void
test_push_many(TestWindow *test, guint n_events)
{
	for (guint i = 0; i < n_events; i++)
		test_push(test, 1, "x");
}

static gsize
test_batch_size(TestWindow *test, guint index)
{
	return g_variant_n_children(g_ptr_array_index(test->batches, index));
}

static void
test_answer(TestWindow *test, guint index)
{
	GVariant *batch = g_ptr_array_index(test->batches, index);
	guint64 number = 0;

	g_variant_get_child(batch, g_variant_n_children(batch) - 1, "(tssv)", &number, NULL, NULL,
	                    NULL);
	g_assert_true(host_window_answered(test->window, number));
}

static void
test_numbers_go_on(TestWindow *test, gconstpointer data)
{
	guint64 expected = 1;

	g_assert_cmpuint(host_window_get_last_number(test->window), ==, 0);
	test_push_many(test, 3);
	host_window_flush(test->window);
	test_push_many(test, 2);
	g_assert_cmpuint(host_window_get_last_number(test->window), ==, 5); /* sent or not */
	host_window_flush(test->window);
	g_assert_cmpuint(test->batches->len, ==, 2);
	for (guint i = 0; i < test->batches->len; i++) {
		GVariantIter iter;
		guint64 number;

		g_variant_iter_init(&iter, g_ptr_array_index(test->batches, i));
		while (g_variant_iter_next(&iter, "(tssv)", &number, NULL, NULL, NULL))
			g_assert_cmpuint(number, ==, expected++);
	}
	g_assert_cmpuint(expected, ==, 6);
}

static void
test_batches_end_at_their_count(TestWindow *test, gconstpointer data)
{
	test_push_many(test, BRIDGE_LINK_WINDOW_EVENTS + 1);
	host_window_flush(test->window);
	g_assert_cmpuint(test->batches->len, ==, 2);
	g_assert_cmpuint(test_batch_size(test, 0), ==, BRIDGE_LINK_WINDOW_EVENTS);
	g_assert_cmpuint(test_batch_size(test, 1), ==, 1);
}

static void
test_batches_end_at_their_bytes(TestWindow *test, gconstpointer data)
{
	g_autofree char *large = g_strnfill(BRIDGE_LINK_WINDOW_BYTES / 2, 'x');
	g_autofree char *huge = g_strnfill(2 * BRIDGE_LINK_WINDOW_BYTES, 'x');

	test_push(test, 1, large);
	test_push(test, 1, large);
	test_push(test, 1, huge);
	test_push(test, 1, "small");
	host_window_flush(test->window);
	g_assert_cmpuint(test->batches->len, ==, 4);
	g_assert_cmpuint(test_batch_size(test, 2), ==, 1);
}

static void
test_full_and_not_full(TestWindow *test, gconstpointer data)
{
	for (guint i = 0; i < BRIDGE_LINK_WINDOW_BATCHES; i++) {
		test_push_many(test, 1);
		host_window_flush(test->window);
	}
	g_assert_false(test->full);
	test_push_many(test, BRIDGE_LINK_WINDOW_EVENTS - 1);
	host_window_flush(test->window);
	g_assert_cmpuint(test->batches->len, ==, BRIDGE_LINK_WINDOW_BATCHES);
	g_assert_false(test->full);
	test_push_many(test, 1);
	g_assert_true(test->full);
	g_assert_true(host_window_is_full(test->window));
	test_push_many(test, 1);
	g_assert_cmpuint(test->n_full_changes, ==, 1);

	test_answer(test, 0);
	g_assert_cmpuint(test->batches->len, ==, BRIDGE_LINK_WINDOW_BATCHES + 1);
	g_assert_cmpuint(test_batch_size(test, BRIDGE_LINK_WINDOW_BATCHES), ==,
	                 BRIDGE_LINK_WINDOW_EVENTS);
	g_assert_false(test->full);
}

static void
test_durable_with_the_answer(TestWindow *test, gconstpointer data)
{
	test_push(test, 11, "first");
	host_window_flush(test->window);
	test_push(test, 12, "second");
	host_window_flush(test->window);
	g_assert_cmpuint(test->durable->len, ==, 0);
	test_answer(test, 1);
	g_assert_cmpuint(test->durable->len, ==, 1);
	g_assert_cmpuint(g_array_index(test->durable, guint, 0), ==, 12);
	g_assert_false(host_window_is_empty(test->window));
	test_answer(test, 0);
	g_assert_cmpuint(g_array_index(test->durable, guint, 1), ==, 11);
	g_assert_true(host_window_is_empty(test->window));
}

static void
test_forgotten_are_sent_but_not_told(TestWindow *test, gconstpointer data)
{
	test_push(test, 1, "under way");
	host_window_flush(test->window);
	test_push(test, 2, "queued");
	host_window_forget(test->window, test);
	host_window_flush(test->window);
	g_assert_cmpuint(test->batches->len, ==, 2);
	test_answer(test, 0);
	test_answer(test, 1);
	g_assert_cmpuint(test->durable->len, ==, 0);
}

static void
test_answers_that_make_no_sense(TestWindow *test, gconstpointer data)
{
	g_assert_false(host_window_answered(test->window, 0));
	test_push_many(test, 2);
	host_window_flush(test->window);
	g_assert_false(host_window_answered(test->window, 1)); /* not its last */
	g_assert_false(host_window_answered(test->window, 3));
	test_answer(test, 0);
	g_assert_false(host_window_answered(test->window, 2)); /* again */
	g_assert_cmpuint(test->durable->len, ==, 2);
}

static void
test_waits_since_the_oldest(TestWindow *test, gconstpointer data)
{
	gint64 before_us = g_get_monotonic_time();
	gint64 first_us;

	g_assert_cmpint(host_window_get_waiting_since_us(test->window), ==, G_MAXINT64);
	test_push_many(test, 1);
	g_assert_cmpint(host_window_get_waiting_since_us(test->window), ==, G_MAXINT64);
	host_window_flush(test->window);
	first_us = host_window_get_waiting_since_us(test->window);
	g_assert_cmpint(first_us, >=, before_us);
	test_push_many(test, 1);
	host_window_flush(test->window);
	g_assert_cmpint(host_window_get_waiting_since_us(test->window), ==, first_us);
	test_answer(test, 0);
	g_assert_cmpint(host_window_get_waiting_since_us(test->window), <, G_MAXINT64);
	test_answer(test, 1);
	g_assert_cmpint(host_window_get_waiting_since_us(test->window), ==, G_MAXINT64);
}

static void
test_held_back(TestWindow *test, gconstpointer data)
{
	test_push_many(test, 1);
	host_window_flush(test->window);
	host_window_hold(test->window);
	host_window_hold(test->window);
	test_push_many(test, 1);
	host_window_flush(test->window);
	test_answer(test, 0);
	host_window_release(test->window);
	g_assert_cmpuint(test->batches->len, ==, 1);
	host_window_release(test->window);
	g_assert_cmpuint(test->batches->len, ==, 2);
}

#define TEST_ADD(name, function)                                                                   \
	g_test_add("/host-window/" name, TestWindow, NULL, test_window_set_up, function,           \
	           test_window_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST_ADD("numbers", test_numbers_go_on);
	TEST_ADD("count", test_batches_end_at_their_count);
	TEST_ADD("bytes", test_batches_end_at_their_bytes);
	TEST_ADD("full", test_full_and_not_full);
	TEST_ADD("durable", test_durable_with_the_answer);
	TEST_ADD("forget", test_forgotten_are_sent_but_not_told);
	TEST_ADD("senseless-answers", test_answers_that_make_no_sense);
	TEST_ADD("waiting-since", test_waits_since_the_oldest);
	TEST_ADD("held", test_held_back);
	return g_test_run();
}
