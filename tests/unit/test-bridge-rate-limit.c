/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "http/bridge-rate-limit.h"

#define SECOND G_USEC_PER_SEC

static void
test_burst_then_steady(void)
{
	g_autoptr(BridgeRateLimit) limit = bridge_rate_limit_new(3, 2);
	BridgeRateState state = {0};

	for (guint i = 0; i < 3; i++)
		g_assert_true(bridge_rate_limit_take(limit, "a", 0, &state));
	g_assert_cmpuint(state.limit, ==, 3);
	g_assert_cmpuint(state.remaining, ==, 0);
	g_assert_cmpuint(state.reset_s, ==, 2);
	g_assert_false(bridge_rate_limit_take(limit, "a", 0, &state));
	g_assert_cmpuint(state.wait_s, ==, 1);
	g_assert_true(bridge_rate_limit_take(limit, "a", SECOND / 2, &state));
	g_assert_false(bridge_rate_limit_take(limit, "a", SECOND / 2, &state));
	g_assert_true(bridge_rate_limit_take(limit, "b", SECOND / 2, &state));
	g_assert_cmpuint(state.remaining, ==, 2);
}

static void
test_never_more_than_the_burst(void)
{
	g_autoptr(BridgeRateLimit) limit = bridge_rate_limit_new(2, 1);

	g_assert_true(bridge_rate_limit_take(limit, "a", 0, NULL));
	g_assert_true(bridge_rate_limit_take(limit, "a", 1000 * SECOND, NULL));
	g_assert_true(bridge_rate_limit_take(limit, "a", 1000 * SECOND, NULL));
	g_assert_false(bridge_rate_limit_take(limit, "a", 1000 * SECOND, NULL));
}

static void
test_peek_takes_nothing(void)
{
	g_autoptr(BridgeRateLimit) limit = bridge_rate_limit_new(1, 1);

	g_assert_true(bridge_rate_limit_peek(limit, "a", 0, NULL));
	g_assert_true(bridge_rate_limit_peek(limit, "a", 0, NULL));
	g_assert_true(bridge_rate_limit_take(limit, "a", 0, NULL));
	g_assert_false(bridge_rate_limit_peek(limit, "a", 0, NULL));
	g_assert_true(bridge_rate_limit_peek(limit, "a", SECOND, NULL));
}

/* A clock that stands still, or another one, gives nothing away. */
static void
test_time_going_back(void)
{
	g_autoptr(BridgeRateLimit) limit = bridge_rate_limit_new(1, 1);

	g_assert_true(bridge_rate_limit_take(limit, "a", 10 * SECOND, NULL));
	g_assert_false(bridge_rate_limit_take(limit, "a", 5 * SECOND, NULL));
	g_assert_false(bridge_rate_limit_take(limit, "a", 10 * SECOND, NULL));
}

static void
test_forgets_full_buckets(void)
{
	g_autoptr(BridgeRateLimit) limit = bridge_rate_limit_new(1, 1);

	for (guint i = 0; i < 100000; i++) {
		g_autofree char *key = g_strdup_printf("%u", i);

		g_assert_true(bridge_rate_limit_take(limit, key, i * (SECOND / 100), NULL));
	}
	g_assert_cmpuint(bridge_rate_limit_get_size(limit), <=, 1024);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rate-limit/burst-then-steady", test_burst_then_steady);
	g_test_add_func("/rate-limit/never-more-than-the-burst", test_never_more_than_the_burst);
	g_test_add_func("/rate-limit/peek-takes-nothing", test_peek_takes_nothing);
	g_test_add_func("/rate-limit/time-going-back", test_time_going_back);
	g_test_add_func("/rate-limit/forgets-full-buckets", test_forgets_full_buckets);
	return g_test_run();
}
