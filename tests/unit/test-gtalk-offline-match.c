/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-offline-match.h"

#define TEST_NODE "1700000000500000"
#define TEST_US G_GINT64_CONSTANT(1700000000500000)
#define TEST_SENDER "romeo@talk.example/Phone"

static const struct {
	const char *about;
	const char *node;
	const char *sender;
	gint64 archived_us;
	gboolean is_archived;
} test_cases[] = {
	{"at once", TEST_NODE, TEST_SENDER, TEST_US, TRUE},
	{"a moment later", TEST_NODE, TEST_SENDER, TEST_US - 400, TRUE},
	{"as late as it may be", TEST_NODE, TEST_SENDER, TEST_US - GTALK_OFFLINE_MATCH_US, TRUE},
	{"later", TEST_NODE, TEST_SENDER, TEST_US - GTALK_OFFLINE_MATCH_US - 1, FALSE},
	{"stored first", TEST_NODE, TEST_SENDER, TEST_US + 1, FALSE},
	{"another client's", TEST_NODE, "romeo@talk.example/Desk", TEST_US, FALSE},
	{"somebody before him", TEST_NODE, "a@talk.example/A", TEST_US, FALSE},
	{"somebody behind him", TEST_NODE, "z@talk.example/Z", TEST_US, FALSE},
	{"nobody's", TEST_NODE, NULL, TEST_US, FALSE},
	{"a number", "17", TEST_SENDER, 17, FALSE},
	{"too large a number", "17000000005000000000", TEST_SENDER, TEST_US, FALSE},
	{"a date", "2023-11-14T22:13:20.500Z", TEST_SENDER, TEST_US, FALSE},
	{"nothing", "", TEST_SENDER, TEST_US, FALSE},
	{"no time", TEST_NODE, TEST_SENDER, 0, FALSE},
};

static void
test_one(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_cases); i++) {
		g_autoptr(GTalkOfflineMatch) match = gtalk_offline_match_new();

		g_test_message("%s", test_cases[i].about);
		gtalk_offline_match_note(match, TEST_SENDER, test_cases[i].archived_us);
		g_assert_cmpint(
			gtalk_offline_match_take(match, test_cases[i].node, test_cases[i].sender),
			==, test_cases[i].is_archived);
	}
}

static void
test_each_is_one_only(void)
{
	g_autoptr(GTalkOfflineMatch) match = gtalk_offline_match_new();

	gtalk_offline_match_note(match, TEST_SENDER, TEST_US);
	gtalk_offline_match_note(match, TEST_SENDER, TEST_US); /* read a second time */
	g_assert_true(gtalk_offline_match_take(match, TEST_NODE, TEST_SENDER));
	g_assert_false(gtalk_offline_match_take(match, TEST_NODE, TEST_SENDER));
}

/* What is stored last does not take what belongs to the one before it. */
static void
test_the_earliest_goes_first(void)
{
	g_autoptr(GTalkOfflineMatch) match = gtalk_offline_match_new();

	gtalk_offline_match_note(match, TEST_SENDER, TEST_US + 1000000);
	gtalk_offline_match_note(match, TEST_SENDER, TEST_US);
	g_assert_true(gtalk_offline_match_take(match, "1700000001500001", TEST_SENDER));
	g_assert_true(gtalk_offline_match_take(match, "1700000003000000", TEST_SENDER));
	g_assert_false(gtalk_offline_match_take(match, "1700000003000001", TEST_SENDER));
}

static void
test_it_ends_somewhere(void)
{
	g_autoptr(GTalkOfflineMatch) match = gtalk_offline_match_new();

	for (guint i = 1; i <= GTALK_OFFLINE_MATCH_MAX + 1; i++)
		gtalk_offline_match_note(match, TEST_SENDER,
		                         TEST_US - i * GTALK_OFFLINE_MATCH_US * 2);
	gtalk_offline_match_note(match, TEST_SENDER, TEST_US);
	g_assert_false(gtalk_offline_match_take(match, TEST_NODE, TEST_SENDER));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/offline-match/one", test_one);
	g_test_add_func("/offline-match/each-once", test_each_is_one_only);
	g_test_add_func("/offline-match/earliest-first", test_the_earliest_goes_first);
	g_test_add_func("/offline-match/ends", test_it_ends_somewhere);
	return g_test_run();
}
