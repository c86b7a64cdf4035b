/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-archive-check.h"

static void
test_stored_late(void)
{
	g_autoptr(GTalkArchiveCheck) check = gtalk_archive_check_new();

	gtalk_archive_check_begin(check, "c");
	gtalk_archive_check_take(check, "a", FALSE);
	g_assert_true(gtalk_archive_check_take(check, "b", TRUE));
	gtalk_archive_check_take(check, "c", FALSE);
	g_assert_false(gtalk_archive_check_end(check));
}

static void
test_on_its_way(void)
{
	g_autoptr(GTalkArchiveCheck) check = gtalk_archive_check_new();

	gtalk_archive_check_begin(check, "a");
	gtalk_archive_check_take(check, "a", FALSE);
	g_assert_false(gtalk_archive_check_take(check, "b", TRUE));
	g_assert_false(gtalk_archive_check_take(check, "c", TRUE));
	g_assert_true(gtalk_archive_check_end(check));
	/* One has come since, the other has not, and another is on its way. */
	gtalk_archive_check_begin(check, "b");
	gtalk_archive_check_take(check, "a", FALSE);
	gtalk_archive_check_take(check, "b", FALSE);
	g_assert_true(gtalk_archive_check_take(check, "c", TRUE));
	g_assert_false(gtalk_archive_check_take(check, "d", TRUE));
	g_assert_true(gtalk_archive_check_end(check));
	/* That is enough. */
	gtalk_archive_check_begin(check, "c");
	gtalk_archive_check_take(check, "c", FALSE);
	g_assert_true(gtalk_archive_check_take(check, "d", TRUE));
	g_assert_false(gtalk_archive_check_take(check, "e", TRUE));
	g_assert_false(gtalk_archive_check_end(check));
}

static void
test_nothing_known(void)
{
	g_autoptr(GTalkArchiveCheck) check = gtalk_archive_check_new();

	gtalk_archive_check_begin(check, NULL);
	g_assert_false(gtalk_archive_check_take(check, "a", TRUE));
	g_assert_true(gtalk_archive_check_end(check));
	gtalk_archive_check_begin(check, NULL);
	g_assert_true(gtalk_archive_check_take(check, "a", TRUE));
	g_assert_false(gtalk_archive_check_end(check));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gtalk-archive-check/late", test_stored_late);
	g_test_add_func("/gtalk-archive-check/on-its-way", test_on_its_way);
	g_test_add_func("/gtalk-archive-check/nothing-known", test_nothing_known);
	return g_test_run();
}
