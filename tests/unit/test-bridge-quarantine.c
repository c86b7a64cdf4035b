/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hosts/bridge-quarantine.h"

#define TEST_SECOND_US ((gint64)G_USEC_PER_SEC)

static void
test_whoever_is_not_guilty_goes_on_with_the_others(void)
{
	BridgeQuarantine quarantine = {0};

	bridge_quarantine_note_death(&quarantine, 1, FALSE);
	g_assert_false(bridge_quarantine_take_alone(&quarantine, 2));
	g_assert_false(bridge_quarantine_is_on(&quarantine, 2));
	g_assert_cmpint(bridge_quarantine_get_delay_us(&quarantine), ==, 0);
}

static void
test_who_is_guilty_is_alone_once(void)
{
	BridgeQuarantine quarantine = {0};

	bridge_quarantine_note_death(&quarantine, 1, TRUE);
	g_assert_true(bridge_quarantine_take_alone(&quarantine, 2));
	g_assert_false(bridge_quarantine_take_alone(&quarantine, 3));
}

static void
test_two_deaths_are_a_quarantine(void)
{
	BridgeQuarantine quarantine = {0};

	bridge_quarantine_note_death(&quarantine, 1, FALSE);
	bridge_quarantine_note_death(&quarantine, 2, FALSE);
	g_assert_true(bridge_quarantine_is_on(&quarantine, 3));
	g_assert_true(bridge_quarantine_take_alone(&quarantine, 3));
	g_assert_true(bridge_quarantine_take_alone(&quarantine, 4));
	g_assert_cmpint(bridge_quarantine_get_delay_us(&quarantine), ==, 0);
}

static void
test_more_are_further_and_further_apart(void)
{
	BridgeQuarantine quarantine = {0};
	gint64 least_us = 30 * TEST_SECOND_US;

	bridge_quarantine_note_death(&quarantine, 1, TRUE);
	bridge_quarantine_note_death(&quarantine, 2, TRUE);
	for (guint i = 0; i < 100; i++) {
		gint64 delay_us;

		bridge_quarantine_note_death(&quarantine, 3, TRUE);
		delay_us = bridge_quarantine_get_delay_us(&quarantine);
		g_assert_cmpint(delay_us, >=, least_us);
		g_assert_cmpint(delay_us, <=, 2 * least_us);
		least_us = MIN(2 * least_us, 1800 * TEST_SECOND_US);
	}
}

static void
test_a_while_online_ends_it(void)
{
	BridgeQuarantine quarantine = {0};

	for (guint i = 0; i < 3; i++)
		bridge_quarantine_note_death(&quarantine, 1, TRUE);
	/* Being away does not. */
	g_assert_true(bridge_quarantine_is_on(&quarantine, 100000 * TEST_SECOND_US));
	bridge_quarantine_note_online(&quarantine, TEST_SECOND_US);
	bridge_quarantine_note_offline(&quarantine, 800 * TEST_SECOND_US);
	g_assert_true(bridge_quarantine_is_on(&quarantine, 1000 * TEST_SECOND_US));
	bridge_quarantine_note_online(&quarantine, 1000 * TEST_SECOND_US);
	g_assert_false(bridge_quarantine_is_on(&quarantine, 1900 * TEST_SECOND_US));
	bridge_quarantine_note_offline(&quarantine, 1900 * TEST_SECOND_US);
	g_assert_cmpuint(quarantine.deaths, ==, 0);
}

static void
test_a_release_ends_it(void)
{
	BridgeQuarantine quarantine = {0};

	for (guint i = 0; i < 3; i++)
		bridge_quarantine_note_death(&quarantine, 1, TRUE);
	bridge_quarantine_release(&quarantine);
	g_assert_false(bridge_quarantine_is_on(&quarantine, 2));
	g_assert_false(bridge_quarantine_take_alone(&quarantine, 2));
	g_assert_cmpint(bridge_quarantine_get_delay_us(&quarantine), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-quarantine/not-guilty",
	                test_whoever_is_not_guilty_goes_on_with_the_others);
	g_test_add_func("/bridge-quarantine/guilty", test_who_is_guilty_is_alone_once);
	g_test_add_func("/bridge-quarantine/two-deaths", test_two_deaths_are_a_quarantine);
	g_test_add_func("/bridge-quarantine/apart", test_more_are_further_and_further_apart);
	g_test_add_func("/bridge-quarantine/online", test_a_while_online_ends_it);
	g_test_add_func("/bridge-quarantine/release", test_a_release_ends_it);
	return g_test_run();
}
