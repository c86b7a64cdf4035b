/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-pacer.h"

static void
test_turn(gpointer user_data)
{
	g_string_append_c(user_data, 'x');
}

static void
test_turns_are_paced(void)
{
	g_autoptr(BridgePacer) pacer = bridge_pacer_new(50);
	g_autoptr(GString) turns = g_string_new(NULL);
	gint64 begin_us = g_get_monotonic_time();

	for (guint i = 0; i < 75; i++)
		g_assert_cmpuint(bridge_pacer_wait(pacer, test_turn, turns), >, 0);
	g_assert_cmpuint(turns->len, ==, 0); /* never from within the call */
	while (turns->len < 75)
		g_main_context_iteration(NULL, TRUE);
	/* Fifty at once, the others at fifty a second. */
	g_assert_cmpint(g_get_monotonic_time() - begin_us, >=, G_USEC_PER_SEC / 2);
}

static void
test_cancelled_turns_do_not_come(void)
{
	g_autoptr(BridgePacer) pacer = bridge_pacer_new(10);
	g_autoptr(GString) turns = g_string_new(NULL);
	g_autoptr(GString) other = g_string_new(NULL);
	guint64 ticket = bridge_pacer_wait(pacer, test_turn, turns);

	bridge_pacer_wait(pacer, test_turn, other);
	bridge_pacer_cancel(pacer, ticket);
	bridge_pacer_cancel(pacer, ticket);
	while (other->len == 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(turns->len, ==, 0);
}

static void
test_ends_with_turns_left(void)
{
	BridgePacer *pacer = bridge_pacer_new(1);

	for (guint i = 0; i < 3; i++)
		bridge_pacer_wait(pacer, test_turn, NULL);
	g_assert_finalize_object(pacer);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-pacer/turns-are-paced", test_turns_are_paced);
	g_test_add_func("/bridge-pacer/cancelled-turns-do-not-come",
	                test_cancelled_turns_do_not_come);
	g_test_add_func("/bridge-pacer/ends-with-turns-left", test_ends_with_turns_left);
	return g_test_run();
}
