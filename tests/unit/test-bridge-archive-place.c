/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "account/bridge-archive-place.h"

#define TEST_SECOND ((gint64)G_USEC_PER_SEC)
#define TEST_NOW (1000000 * TEST_SECOND)

static void
test_expect(BridgeArchivePlace *place, const char *newest, const char *base)
{
	g_assert_cmpstr(bridge_archive_place_get_newest(place), ==, newest);
	g_assert_cmpstr(bridge_archive_place_get_base(place), ==, base);
}

static void
test_nothing(void)
{
	g_autoptr(BridgeArchivePlace) place = bridge_archive_place_new();

	bridge_archive_place_load(place, NULL);
	test_expect(place, NULL, NULL);
	g_assert_false(bridge_archive_place_has_moved(place));
	g_assert_null(bridge_archive_place_dup_text(place));
}

/* What the archive of a new account is known by as long as it is empty. */
static void
test_since(void)
{
	g_autoptr(BridgeArchivePlace) place = bridge_archive_place_new();
	g_autofree char *text = NULL;
	g_autofree char *later = NULL;

	bridge_archive_place_begin(place, "\n\n5");
	test_expect(place, NULL, NULL);
	g_assert_cmpint(bridge_archive_place_get_base_us(place), ==, 5);
	g_assert_true(bridge_archive_place_has_moved(place));
	text = bridge_archive_place_dup_text(place);
	g_assert_cmpstr(text, ==, "\n\n5");
	bridge_archive_place_note(place, "a", TEST_NOW, 1);
	test_expect(place, "a", NULL);
	g_assert_true(bridge_archive_place_has_moved(place));
	later = bridge_archive_place_dup_text(place);
	g_assert_cmpstr(later, ==, "a\n\n5");
}

static void
test_the_base_stays_behind(void)
{
	g_autoptr(BridgeArchivePlace) place = bridge_archive_place_new();
	g_autofree char *text = NULL;

	bridge_archive_place_note(place, "a", TEST_NOW, 1);
	test_expect(place, "a", NULL);
	g_assert_true(bridge_archive_place_has_moved(place));
	text = bridge_archive_place_dup_text(place);
	g_assert_cmpstr(text, ==, "a\n\n0");
	g_assert_false(bridge_archive_place_has_moved(place));
	bridge_archive_place_note(place, "b", TEST_NOW + 30 * TEST_SECOND, 1);
	bridge_archive_place_note(place, "c", TEST_NOW + 60 * TEST_SECOND, 1);
	test_expect(place, "c", NULL);
	g_assert_false(bridge_archive_place_has_moved(place));
	bridge_archive_place_note(place, "d", TEST_NOW + 61 * TEST_SECOND, 1);
	test_expect(place, "d", "a");
	g_assert_cmpint(bridge_archive_place_get_base_us(place), ==, TEST_NOW);
	g_assert_true(bridge_archive_place_has_moved(place));
	bridge_archive_place_note(place, "e", TEST_NOW + 1000 * TEST_SECOND, 1);
	test_expect(place, "e", "d");
}

/* A thousand in a minute are not remembered one by one, and the base is none of the last minute. */
static void
test_many(void)
{
	g_autoptr(BridgeArchivePlace) place = bridge_archive_place_new();
	const char *base = NULL;

	for (guint i = 0; i < 2000; i++) {
		g_autofree char *id = g_strdup_printf("%u", i);

		bridge_archive_place_note(place, id, TEST_NOW + i * TEST_SECOND / 10, 1);
	}
	base = bridge_archive_place_get_base(place);
	g_assert_cmpuint(g_ascii_strtoull(base, NULL, 10), <, 2000 - 600);
	g_assert_cmpuint(g_ascii_strtoull(base, NULL, 10), >, 2000 - 630);
}

/* Anybody may stamp a message; and what was stored late has an old stamp. */
static void
test_an_old_stamp_does_not_hurry(void)
{
	g_autoptr(BridgeArchivePlace) place = bridge_archive_place_new();

	bridge_archive_place_note(place, "a", TEST_NOW, 1);
	bridge_archive_place_note(place, "b", TEST_NOW - 1000 * TEST_SECOND, 1);
	bridge_archive_place_note(place, "c", TEST_NOW + 59 * TEST_SECOND, 1);
	test_expect(place, "c", NULL);
}

/* Our clock is hours ahead of the server's, and is put meanwhile. */
static void
test_a_wrong_clock_does_not_hurry(void)
{
	g_autoptr(BridgeArchivePlace) place = bridge_archive_place_new();
	gint64 ahead_us = TEST_NOW + 18000 * TEST_SECOND;

	bridge_archive_place_note(place, "a", TEST_NOW, TEST_SECOND);
	bridge_archive_place_note_live(place, "b", ahead_us, 3 * TEST_SECOND);
	bridge_archive_place_note_live(place, "c", 2 * ahead_us, 61 * TEST_SECOND);
	test_expect(place, "c", NULL);
	bridge_archive_place_note_live(place, "d", ahead_us, 62 * TEST_SECOND);
	test_expect(place, "d", "a");
	bridge_archive_place_note_live(place, "e", TEST_NOW, 200 * TEST_SECOND);
	test_expect(place, "e", "d");
	bridge_archive_place_load(place, "b\na\n17");
	bridge_archive_place_note_live(place, "c", TEST_NOW, 300 * TEST_SECOND);
	bridge_archive_place_note_live(place, "d", ahead_us, 302 * TEST_SECOND);
	test_expect(place, "d", "a");
}

static void
test_again(void)
{
	g_autoptr(BridgeArchivePlace) place = bridge_archive_place_new();
	g_autofree char *text = NULL;

	bridge_archive_place_note(place, "x", TEST_NOW, 1);
	bridge_archive_place_load(place, "b\na\n17");
	test_expect(place, "b", "a");
	g_assert_cmpint(bridge_archive_place_get_base_us(place), ==, 17);
	g_assert_false(bridge_archive_place_has_moved(place));
	text = bridge_archive_place_dup_text(place);
	g_assert_cmpstr(text, ==, "b\na\n17");
	bridge_archive_place_load(place, "b");
	test_expect(place, "b", NULL);
	bridge_archive_place_begin(place, "c\n\n0");
	test_expect(place, "c", NULL);
	g_assert_true(bridge_archive_place_has_moved(place));
}

static void
test_ids_that_are_none(void)
{
	g_autoptr(BridgeArchivePlace) place = bridge_archive_place_new();
	g_autofree char *longer = g_strnfill(257, 'x');

	bridge_archive_place_note(place, "", TEST_NOW, 1);
	bridge_archive_place_note(place, "a\nb", TEST_NOW, 1);
	bridge_archive_place_note(place, longer, TEST_NOW, 1);
	test_expect(place, NULL, NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-archive-place/nothing", test_nothing);
	g_test_add_func("/bridge-archive-place/since", test_since);
	g_test_add_func("/bridge-archive-place/lag", test_the_base_stays_behind);
	g_test_add_func("/bridge-archive-place/many", test_many);
	g_test_add_func("/bridge-archive-place/wrong-clock", test_a_wrong_clock_does_not_hurry);
	g_test_add_func("/bridge-archive-place/stamps", test_an_old_stamp_does_not_hurry);
	g_test_add_func("/bridge-archive-place/again", test_again);
	g_test_add_func("/bridge-archive-place/ids", test_ids_that_are_none);
	return g_test_run();
}
