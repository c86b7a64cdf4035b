/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "base/bridge-backoff.h"

#define DRAWS 200

/* Between half and all of the doubled delay; and all over that, or what failed together would come
 * back together. */
static void
test_attempt(guint attempt, gint64 whole_us)
{
	gint64 least_us = G_MAXINT64;
	gint64 most_us = 0;

	for (guint i = 0; i < DRAWS; i++) {
		gint64 delay_us = bridge_backoff_get_delay_us(attempt);

		least_us = MIN(least_us, delay_us);
		most_us = MAX(most_us, delay_us);
	}
	g_assert_cmpint(least_us, >=, whole_us / 2);
	g_assert_cmpint(most_us, <=, whole_us);
	g_assert_cmpint(most_us - least_us, >, whole_us / 4);
}

static void
test_doubles_to_the_last(void)
{
	gint64 whole_us = BRIDGE_BACKOFF_FIRST_US;

	for (guint attempt = 0; attempt < 40; attempt++) {
		test_attempt(attempt, whole_us);
		whole_us = MIN(whole_us * 2, BRIDGE_BACKOFF_LAST_US);
	}
	g_assert_cmpint(whole_us, ==, BRIDGE_BACKOFF_LAST_US);
	test_attempt(G_MAXUINT, BRIDGE_BACKOFF_LAST_US);
}

static void
test_when_trouble_is_over(void)
{
	g_assert_false(bridge_backoff_is_over(BRIDGE_BACKOFF_STEADY_US - 1, FALSE));
	g_assert_true(bridge_backoff_is_over(BRIDGE_BACKOFF_STEADY_US, FALSE));
	/* each of two waits for longer than it takes the other to come back */
	g_assert_false(bridge_backoff_is_over(2 * BRIDGE_BACKOFF_LAST_US, TRUE));
	g_assert_true(bridge_backoff_is_over(BRIDGE_BACKOFF_UNDISPUTED_US, TRUE));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-backoff/doubles-to-the-last", test_doubles_to_the_last);
	g_test_add_func("/bridge-backoff/when-trouble-is-over", test_when_trouble_is_over);
	return g_test_run();
}
