/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "account/bridge-pacer.h"

static void
test_turn(gpointer user_data)
{
	g_string_append_c(user_data, 'x');
}

static void
test_wait_for_turn(BridgePacer *pacer, const char *server, GString *turns)
{
	gsize before = turns->len;

	bridge_pacer_wait(pacer, server, test_turn, turns);
	while (turns->len == before)
		g_main_context_iteration(NULL, TRUE);
}

static void
test_turns_are_paced(void)
{
	g_autoptr(BridgePacer) pacer = bridge_pacer_new(50);
	g_autoptr(GString) turns = g_string_new(NULL);
	gint64 begin_us = g_get_monotonic_time();

	for (guint i = 0; i < 60; i++)
		g_assert_cmpuint(bridge_pacer_wait(pacer, "a.example", test_turn, turns), >, 0);
	g_assert_cmpuint(turns->len, ==, 0); /* never from within the call */
	while (turns->len < 60)
		g_main_context_iteration(NULL, TRUE);
	/* Ten at once, the others at fifty a second. */
	g_assert_cmpint(g_get_monotonic_time() - begin_us, >=, G_USEC_PER_SEC);
}

static void
test_cancelled_turns_do_not_come(void)
{
	g_autoptr(BridgePacer) pacer = bridge_pacer_new(10);
	g_autoptr(GString) turns = g_string_new(NULL);
	g_autoptr(GString) other = g_string_new(NULL);
	guint64 ticket = bridge_pacer_wait(pacer, "a.example", test_turn, turns);

	bridge_pacer_wait(pacer, "a.example", test_turn, other);
	bridge_pacer_leave(pacer, ticket);
	bridge_pacer_leave(pacer, ticket);
	while (other->len == 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(turns->len, ==, 0);
}

static void
test_ends_with_turns_left(void)
{
	BridgePacer *pacer = bridge_pacer_new(1);

	for (guint i = 0; i < 3; i++)
		bridge_pacer_wait(pacer, "a.example", test_turn, NULL);
	g_assert_finalize_object(pacer);
}

/* Ten a second: twenty at once. */
static void
test_a_slow_server_is_not_hit_harder(void)
{
	g_autoptr(BridgePacer) pacer = bridge_pacer_new(10);
	g_autoptr(GString) slow = g_string_new(NULL);
	g_autoptr(GString) other = g_string_new(NULL);
	guint64 first = bridge_pacer_wait(pacer, "slow.example", test_turn, slow);
	guint64 last = 0;

	for (guint i = 0; i < 21; i++)
		last = bridge_pacer_wait(pacer, "slow.example", test_turn, slow);
	while (slow->len < 20)
		g_main_context_iteration(NULL, TRUE);
	test_wait_for_turn(pacer, "other.example", other);
	g_assert_cmpuint(slow->len, ==, 20);
	bridge_pacer_leave(pacer, first);
	bridge_pacer_leave(pacer, first);
	while (slow->len < 21)
		g_main_context_iteration(NULL, TRUE);
	bridge_pacer_leave(pacer, last); /* it still waits: nobody's place */
	test_wait_for_turn(pacer, "other.example", other);
	g_assert_cmpuint(slow->len, ==, 21);
}

static void
test_servers_take_turns(void)
{
	g_autoptr(BridgePacer) pacer = bridge_pacer_new(50);
	g_autoptr(GString) many = g_string_new(NULL);
	g_autoptr(GString) one = g_string_new(NULL);

	for (guint i = 0; i < 50; i++)
		bridge_pacer_wait(pacer, "many.example", test_turn, many);
	test_wait_for_turn(pacer, "one.example", one);
	g_assert_cmpuint(many->len, <, 50);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-pacer/turns-are-paced", test_turns_are_paced);
	g_test_add_func("/bridge-pacer/cancelled-turns-do-not-come",
	                test_cancelled_turns_do_not_come);
	g_test_add_func("/bridge-pacer/ends-with-turns-left", test_ends_with_turns_left);
	g_test_add_func("/bridge-pacer/a-slow-server-is-not-hit-harder",
	                test_a_slow_server_is_not_hit_harder);
	g_test_add_func("/bridge-pacer/servers-take-turns", test_servers_take_turns);
	return g_test_run();
}
