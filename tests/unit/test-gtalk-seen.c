/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "core/gtalk-seen.h"

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

static void
test_expect_known(const GTalkSeen *seen, guint number, gboolean is_known)
{
	g_autofree char *id = g_strdup_printf("%u", number);

	g_assert_cmpint(gtalk_seen_has_message(seen, id, "romeo"), ==, is_known);
}

/* Through several sizes of the table, and long after it is full. */
static void
test_many(void)
{
	const guint capacity = 100;
	g_autoptr(GTalkSeen) seen = gtalk_seen_new(capacity);

	for (guint i = 0; i < 10 * capacity; i++) {
		g_autofree char *id = g_strdup_printf("%u", i);

		for (guint j = 0; j <= i; j++)
			test_expect_known(seen, j, j < i && j + capacity >= i);
		g_assert_true(gtalk_seen_add_message(seen, id, "romeo"));
		g_assert_false(gtalk_seen_add_message(seen, id, "romeo/balcony"));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/seen/knows-repetitions", test_knows_repetitions);
	g_test_add_func("/seen/one-id-of-two-senders", test_one_id_of_two_senders);
	g_test_add_func("/seen/forgets-the-oldest", test_forgets_the_oldest);
	g_test_add_func("/seen/many", test_many);
	return g_test_run();
}
