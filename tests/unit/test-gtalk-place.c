/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-place.h"

#define TEST_SECOND ((gint64)G_USEC_PER_SEC)
#define TEST_NOW (1000000 * TEST_SECOND)

static void
test_expect(GTalkPlace *place, const char *base, const char *recent)
{
	g_autofree char *found = gtalk_place_dup_recent(place);

	g_assert_cmpstr(gtalk_place_get_base(place), ==, base);
	g_assert_cmpstr(found, ==, recent);
}

static void
test_nothing(void)
{
	g_autoptr(GTalkPlace) place = gtalk_place_new("", "", 17);

	test_expect(place, NULL, "");
	g_assert_null(gtalk_place_get_newest(place));
	g_assert_cmpint(gtalk_place_get_since_s(place), ==, 17);
	g_assert_cmpuint(gtalk_place_find(place, "a", "romeo", TEST_NOW), ==, GTALK_PLACE_NEW);
}

static void
test_the_base_stays_behind(void)
{
	g_autoptr(GTalkPlace) place = gtalk_place_new("a", "", 0);

	gtalk_place_note(place, "b", "romeo", TEST_NOW);
	gtalk_place_note(place, "c", "romeo", TEST_NOW + 30 * TEST_SECOND);
	test_expect(place, "a", "a\nb\nc");
	gtalk_place_note(place, "d", "romeo", TEST_NOW + 61 * TEST_SECOND);
	test_expect(place, "b", "b\nc\nd");
	g_assert_cmpint(gtalk_place_get_since_s(place), ==, 1000000 - 300);
	/* However late that is, the newest is behind the base. */
	gtalk_place_note(place, "e", "romeo", TEST_NOW + 1000 * TEST_SECOND);
	test_expect(place, "d", "d\ne");
	g_assert_cmpstr(gtalk_place_get_newest(place), ==, "e");
	g_assert_cmpuint(gtalk_place_find(place, "e", "romeo", TEST_NOW), ==, GTALK_PLACE_KNOWN);
	g_assert_cmpuint(gtalk_place_find(place, "c", "romeo", TEST_NOW), ==, GTALK_PLACE_NEW);
}

/* Our clock is hours ahead of the archive's, and is put meanwhile. */
static void
test_the_clock_is_the_archives(void)
{
	g_autoptr(GTalkPlace) place = gtalk_place_new("", "", 0);
	gint64 ahead_us = TEST_NOW + 18000 * TEST_SECOND;

	g_assert_cmpint(gtalk_place_get_clock(place, ahead_us, 5), ==, ahead_us);
	gtalk_place_set_clock(place, TEST_NOW, 3 * TEST_SECOND);
	g_assert_cmpint(gtalk_place_get_clock(place, ahead_us, 7 * TEST_SECOND), ==,
	                TEST_NOW + 4 * TEST_SECOND);
	/* What has come a while ago says nothing new. */
	gtalk_place_set_clock(place, TEST_NOW + 2 * TEST_SECOND, 7 * TEST_SECOND);
	g_assert_cmpint(gtalk_place_get_clock(place, 0, 8 * TEST_SECOND), ==,
	                TEST_NOW + 5 * TEST_SECOND);
	gtalk_place_set_clock(place, TEST_NOW + 90 * TEST_SECOND, 8 * TEST_SECOND);
	g_assert_cmpint(gtalk_place_get_clock(place, 0, 9 * TEST_SECOND), ==,
	                TEST_NOW + 91 * TEST_SECOND);
	gtalk_place_clear(place);
	g_assert_cmpint(gtalk_place_get_clock(place, 0, 8 * TEST_SECOND), ==,
	                TEST_NOW + 90 * TEST_SECOND);
}

static void
test_so_many_are_remembered(void)
{
	g_autoptr(GTalkPlace) place = gtalk_place_new("", "", 0);

	for (guint i = 0; i <= GTALK_PLACE_RECENT_MAX; i++) {
		g_autofree char *id = g_strdup_printf("id %u", i);

		gtalk_place_note(place, id, "romeo", TEST_NOW);
	}
	g_assert_cmpstr(gtalk_place_get_base(place), ==, "id 0");
	g_assert_cmpuint(gtalk_place_count(place), ==, GTALK_PLACE_RECENT_MAX);
}

static void
test_note_number(GTalkPlace *place, guint number)
{
	g_autofree char *id = g_strdup_printf("%u", number);

	gtalk_place_note(place, id, "romeo", TEST_NOW + number * 20 * TEST_SECOND);
}

/* Those of the last minute, after however many. */
static void
test_many_are_left_behind(void)
{
	g_autoptr(GTalkPlace) place = gtalk_place_new("", "", 0);

	for (guint i = 0; i <= 3 * GTALK_PLACE_RECENT_MAX; i++) {
		g_autofree char *recent = i < 4 ? NULL
		                                : g_strdup_printf("%u\n%u\n%u\n%u\n%u", i - 4,
		                                                  i - 3, i - 2, i - 1, i);
		g_autofree char *base = i < 4 ? NULL : g_strdup_printf("%u", i - 4);

		test_note_number(place, i);
		g_assert_cmpuint(gtalk_place_count(place), ==, MIN(i + 1, 4));
		if (i >= 4)
			test_expect(place, base, recent);
	}
	gtalk_place_clear(place);
	test_expect(place, NULL, "");
	test_note_number(place, 7);
	test_expect(place, NULL, "\n7");
}

/* What an earlier session knew may be newer than what this one reads before it. */
static void
test_of_an_earlier_session(void)
{
	g_autoptr(GTalkPlace) place = gtalk_place_new("c", "a\nb\nc", 5);

	test_expect(place, "a", "a\nb\nc");
	gtalk_place_note(place, "x", "romeo", TEST_NOW);
	gtalk_place_note(place, "y", "romeo", TEST_NOW + 100 * TEST_SECOND);
	test_expect(place, "a", "a\nb\nc\nx\ny");
	g_assert_cmpuint(gtalk_place_find(place, "b", "romeo", TEST_NOW), ==, GTALK_PLACE_EARLIER);
	g_assert_cmpuint(gtalk_place_find(place, "b", "romeo", TEST_NOW), ==, GTALK_PLACE_KNOWN);
	g_assert_cmpuint(gtalk_place_find(place, "c", "romeo", TEST_NOW), ==, GTALK_PLACE_EARLIER);
	gtalk_place_note(place, "z", "romeo", TEST_NOW + 100 * TEST_SECOND);
	test_expect(place, "x", "x\ny\nz");
}

static void
test_from_a_time(void)
{
	g_autoptr(GTalkPlace) place = gtalk_place_new("b", "\na\nb", 5);

	test_expect(place, NULL, "\na\nb");
	g_assert_cmpuint(gtalk_place_count(place), ==, 2);
	gtalk_place_clear(place);
	test_expect(place, NULL, "");
	g_assert_cmpint(gtalk_place_get_since_s(place), ==, 5);
}

static void
test_one_id_of_two_senders(void)
{
	g_autoptr(GTalkPlace) place = gtalk_place_new("b", "a\nb", 0);

	gtalk_place_note(place, "c", "romeo", TEST_NOW);
	g_assert_cmpuint(gtalk_place_find(place, "c", "nurse", TEST_NOW), ==, GTALK_PLACE_NEW);
	gtalk_place_note(place, "c", "nurse", TEST_NOW);
	g_assert_cmpuint(gtalk_place_find(place, "c", "nurse", TEST_NOW), ==, GTALK_PLACE_KNOWN);
	g_assert_cmpuint(gtalk_place_find(place, "c", "romeo", TEST_NOW), ==, GTALK_PLACE_KNOWN);
	g_assert_cmpuint(gtalk_place_find(place, "c", NULL, TEST_NOW), ==, GTALK_PLACE_KNOWN);
	/* Whose the ids of an earlier session were is not known before they come. */
	g_assert_cmpuint(gtalk_place_find(place, "b", "romeo", TEST_NOW), ==, GTALK_PLACE_EARLIER);
	g_assert_cmpuint(gtalk_place_find(place, "b", "nurse", TEST_NOW), ==, GTALK_PLACE_NEW);
}

/* Whoever sets the newest id alone means that one. */
static void
test_what_does_not_fit(void)
{
	static const char *const recents[] = {"", "a", "a\nb\nx", "\n", "c"};

	for (guint i = 0; i < G_N_ELEMENTS(recents); i++) {
		g_autoptr(GTalkPlace) place = gtalk_place_new("c", recents[i], 0);

		test_expect(place, "c", "");
	}
}

static void
test_ids_that_are_none(void)
{
	g_autoptr(GTalkPlace) place = gtalk_place_new("a", "", 0);
	g_autofree char *longest = g_strnfill(256, 'x');
	g_autofree char *longer = g_strnfill(257, 'x');

	gtalk_place_note(place, "", "romeo", TEST_NOW);
	gtalk_place_note(place, "b\nc", "romeo", TEST_NOW);
	gtalk_place_note(place, longer, "romeo", TEST_NOW);
	g_assert_cmpuint(gtalk_place_count(place), ==, 0);
	gtalk_place_note(place, longest, "romeo", TEST_NOW);
	g_assert_cmpuint(gtalk_place_count(place), ==, 1);
}

static void
test_begin_at_the_end(void)
{
	g_autoptr(GTalkPlace) two = gtalk_place_new("", "", 0);
	g_autoptr(GTalkPlace) one = gtalk_place_new("", "", 0);
	g_autoptr(GTalkPlace) none = gtalk_place_new("", "", 0);

	gtalk_place_note(two, "a", "romeo", TEST_NOW - TEST_SECOND);
	gtalk_place_note(two, "b", "romeo", TEST_NOW);
	gtalk_place_begin_at_end(two, TEST_NOW);
	test_expect(two, "a", "a\nb");
	gtalk_place_note(one, "b", "romeo", TEST_NOW - 1000 * TEST_SECOND);
	gtalk_place_begin_at_end(one, TEST_NOW);
	test_expect(one, NULL, "\nb");
	g_assert_cmpint(gtalk_place_get_since_s(one), ==, 1000000 - 1000);
	gtalk_place_begin_at_end(none, TEST_NOW);
	test_expect(none, NULL, "");
	g_assert_cmpint(gtalk_place_get_since_s(none), ==, 1000000 - 300);
}

static void
test_a_time_that_has_not_come(void)
{
	g_autoptr(GTalkPlace) place = gtalk_place_new("", "", 1000000 + 48 * 3600);
	g_autoptr(GTalkPlace) other = gtalk_place_new("", "", 0);

	gtalk_place_limit_since(place, TEST_NOW + 49 * 3600 * TEST_SECOND);
	g_assert_cmpint(gtalk_place_get_since_s(place), ==, 1000000 + 48 * 3600);
	gtalk_place_limit_since(place, TEST_NOW);
	g_assert_cmpint(gtalk_place_get_since_s(place), ==, 1000000 - 24 * 3600);
	gtalk_place_limit_since(other, TEST_NOW);
	g_assert_cmpint(gtalk_place_get_since_s(other), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gtalk-place/clock", test_the_clock_is_the_archives);
	g_test_add_func("/gtalk-place/nothing", test_nothing);
	g_test_add_func("/gtalk-place/lag", test_the_base_stays_behind);
	g_test_add_func("/gtalk-place/many", test_so_many_are_remembered);
	g_test_add_func("/gtalk-place/left-behind", test_many_are_left_behind);
	g_test_add_func("/gtalk-place/earlier", test_of_an_earlier_session);
	g_test_add_func("/gtalk-place/time", test_from_a_time);
	g_test_add_func("/gtalk-place/time-to-come", test_a_time_that_has_not_come);
	g_test_add_func("/gtalk-place/twins", test_one_id_of_two_senders);
	g_test_add_func("/gtalk-place/misfit", test_what_does_not_fit);
	g_test_add_func("/gtalk-place/ids", test_ids_that_are_none);
	g_test_add_func("/gtalk-place/end", test_begin_at_the_end);
	return g_test_run();
}
