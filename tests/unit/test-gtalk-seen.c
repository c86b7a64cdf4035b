/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-seen.h"

static void
test_knows_repetitions(void)
{
	g_autoptr(GTalkSeen) seen = gtalk_seen_new(10);

	g_assert_true(gtalk_seen_add(seen, "a"));
	g_assert_true(gtalk_seen_add(seen, "b"));
	g_assert_false(gtalk_seen_add(seen, "a"));
	g_assert_false(gtalk_seen_add(seen, "b"));
}

static void
test_one_id_of_two_senders(void)
{
	g_autoptr(GTalkSeen) seen = gtalk_seen_new(10);

	g_assert_false(gtalk_seen_has_message(seen, "a", "romeo"));
	g_assert_true(gtalk_seen_add_message(seen, "a", "romeo"));
	g_assert_true(gtalk_seen_has_message(seen, "a", "romeo"));
	g_assert_false(gtalk_seen_has_message(seen, "a", "nurse"));
	g_assert_true(gtalk_seen_add_message(seen, "a", "nurse"));
	g_assert_true(gtalk_seen_add_message(seen, "a", NULL));
	g_assert_false(gtalk_seen_add_message(seen, "a", "romeo/balcony"));
	g_assert_false(gtalk_seen_add_message(seen, "a", "nurse"));
	g_assert_false(gtalk_seen_add_message(seen, "a", NULL));
}

static void
test_forgets_the_oldest(void)
{
	g_autoptr(GTalkSeen) seen = gtalk_seen_new(2);

	gtalk_seen_add(seen, "a");
	gtalk_seen_add(seen, "b");
	gtalk_seen_add(seen, "c");
	g_assert_false(gtalk_seen_add(seen, "c"));
	g_assert_false(gtalk_seen_add(seen, "b"));
	g_assert_true(gtalk_seen_add(seen, "a"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/seen/knows-repetitions", test_knows_repetitions);
	g_test_add_func("/seen/one-id-of-two-senders", test_one_id_of_two_senders);
	g_test_add_func("/seen/forgets-the-oldest", test_forgets_the_oldest);
	return g_test_run();
}
