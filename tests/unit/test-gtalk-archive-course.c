/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-archive-course.h"

/* A page of the ids from @first to before @end, of which those from @first_new on are new. */
static GTalkArchiveCourseTurn
test_page(GTalkArchiveCourse *course, guint first, guint first_new, guint end, gboolean complete)
{
	GTalkArchiveFin fin = {.complete = complete};

	for (guint i = first; i < end; i++) {
		g_autofree char *id = g_strdup_printf("%u", i);

		g_assert_true(gtalk_archive_course_take(course, id, i >= first_new));
	}
	fin.last = end > first ? (char *)"last" : NULL;
	return gtalk_archive_course_turn(course, &fin);
}

static void
test_pages_overlap(void)
{
	g_autoptr(GTalkArchiveCourse) course = gtalk_archive_course_new("a", FALSE);

	g_assert_cmpstr(gtalk_archive_course_get_after(course), ==, "a");
	g_assert_cmpuint(test_page(course, 0, 0, 50, FALSE), ==, GTALK_ARCHIVE_COURSE_ON);
	g_assert_cmpstr(gtalk_archive_course_get_after(course), ==, "39");
	g_assert_cmpuint(test_page(course, 40, 50, 90, FALSE), ==, GTALK_ARCHIVE_COURSE_ON);
	g_assert_cmpstr(gtalk_archive_course_get_after(course), ==, "79");
	g_assert_cmpuint(test_page(course, 80, 90, 95, TRUE), ==, GTALK_ARCHIVE_COURSE_END);
	gtalk_archive_course_go_on(course);
	g_assert_cmpstr(gtalk_archive_course_get_after(course), ==, "84");
	g_assert_cmpuint(test_page(course, 85, 95, 95, TRUE), ==, GTALK_ARCHIVE_COURSE_END);
	gtalk_archive_course_go_on(course);
	g_assert_cmpstr(gtalk_archive_course_get_after(course), ==, "84");
	g_assert_cmpuint(test_page(course, 85, 95, 96, TRUE), ==, GTALK_ARCHIVE_COURSE_END);
	gtalk_archive_course_go_on(course);
	g_assert_cmpstr(gtalk_archive_course_get_after(course), ==, "85");
}

/* What is read so far is fewer messages than pages overlap by. */
static void
test_a_short_beginning_is_read_again(void)
{
	g_autoptr(GTalkArchiveCourse) course = gtalk_archive_course_new(NULL, FALSE);

	g_assert_cmpuint(test_page(course, 0, 0, 3, FALSE), ==, GTALK_ARCHIVE_COURSE_ON);
	g_assert_null(gtalk_archive_course_get_after(course));
	g_assert_cmpuint(test_page(course, 0, 3, 0, TRUE), ==, GTALK_ARCHIVE_COURSE_AGAIN);
	g_assert_cmpuint(test_page(course, 0, 3, 5, TRUE), ==, GTALK_ARCHIVE_COURSE_END);
}

static void
test_nothing_where_something_is_known(void)
{
	g_autoptr(GTalkArchiveCourse) course = gtalk_archive_course_new("a", TRUE);

	for (guint i = 0; i < GTALK_ARCHIVE_COURSE_DOUBTS_MAX; i++) {
		g_assert_cmpuint(test_page(course, 0, 0, 0, TRUE), ==, GTALK_ARCHIVE_COURSE_AGAIN);
		g_assert_cmpstr(gtalk_archive_course_get_after(course), ==, "a");
	}
	/* Somebody must have cleaned up. */
	g_assert_cmpuint(test_page(course, 0, 0, 0, TRUE), ==, GTALK_ARCHIVE_COURSE_END);
}

static void
test_nothing_where_nothing_is_known(void)
{
	g_autoptr(GTalkArchiveCourse) course = gtalk_archive_course_new("a", FALSE);

	g_assert_cmpuint(test_page(course, 0, 0, 0, TRUE), ==, GTALK_ARCHIVE_COURSE_END);
}

static void
test_doubts_are_each_page_s_own(void)
{
	g_autoptr(GTalkArchiveCourse) course = gtalk_archive_course_new("a", FALSE);

	for (guint page = 0; page < 10; page++) {
		guint first = 50 * page;

		g_assert_cmpuint(test_page(course, first, first, first + 50, FALSE), ==,
		                 GTALK_ARCHIVE_COURSE_ON);
		g_assert_cmpuint(test_page(course, 0, 0, 0, TRUE), ==, GTALK_ARCHIVE_COURSE_AGAIN);
	}
}

/* Pages that hold no more than what they have in common are no reason to stay. */
static void
test_small_pages(void)
{
	g_autoptr(GTalkArchiveCourse) course = gtalk_archive_course_new("a", FALSE);
	guint next = 0;
	guint n_pages = 0;

	while (next < 20 && n_pages++ < 100) {
		const char *after = gtalk_archive_course_get_after(course);
		guint first =
			g_str_equal(after, "a") ? 0 : (guint)g_ascii_strtoull(after, NULL, 10) + 1;
		guint end = MIN(first + 2, 20);

		g_assert_cmpuint(test_page(course, first, next, end, FALSE), ==,
		                 GTALK_ARCHIVE_COURSE_ON);
		next = MAX(next, end);
	}
	g_assert_cmpuint(next, ==, 20);
}

static void
test_a_server_that_does_not_move(void)
{
	g_autoptr(GTalkArchiveCourse) course = gtalk_archive_course_new("a", FALSE);

	g_assert_cmpuint(test_page(course, 0, 0, 2, FALSE), ==, GTALK_ARCHIVE_COURSE_ON);
	g_assert_cmpuint(test_page(course, 0, 2, 2, FALSE), ==, GTALK_ARCHIVE_COURSE_ON);
	g_assert_cmpuint(test_page(course, 0, 2, 2, FALSE), ==, GTALK_ARCHIVE_COURSE_STOP);
}

static void
test_too_many(void)
{
	g_autoptr(GTalkArchiveCourse) course = gtalk_archive_course_new("a", FALSE);
	GTalkArchiveFin fin = {.complete = TRUE, .last = (char *)"x"};

	for (guint i = 0; i < GTALK_ARCHIVE_COURSE_MESSAGES_MAX; i++)
		g_assert_true(gtalk_archive_course_take(course, "x", TRUE));
	g_assert_false(gtalk_archive_course_take(course, "y", TRUE));
	g_assert_cmpuint(gtalk_archive_course_turn(course, &fin), ==, GTALK_ARCHIVE_COURSE_STOP);
}

/* ejabberd's archive may have everything twice while it writes. */
static void
test_twice(void)
{
	g_autoptr(GTalkArchiveCourse) course = gtalk_archive_course_new("a", FALSE);

	for (guint i = 0; i < 25; i++) {
		g_autofree char *id = g_strdup_printf("%u", i);

		gtalk_archive_course_take(course, id, TRUE);
		gtalk_archive_course_take(course, id, FALSE);
	}
	g_assert_cmpuint(test_page(course, 25, 25, 26, FALSE), ==, GTALK_ARCHIVE_COURSE_ON);
	g_assert_cmpstr(gtalk_archive_course_get_after(course), ==, "15");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gtalk-archive-course/overlap", test_pages_overlap);
	g_test_add_func("/gtalk-archive-course/short", test_a_short_beginning_is_read_again);
	g_test_add_func("/gtalk-archive-course/doubt", test_nothing_where_something_is_known);
	g_test_add_func("/gtalk-archive-course/nothing", test_nothing_where_nothing_is_known);
	g_test_add_func("/gtalk-archive-course/doubts", test_doubts_are_each_page_s_own);
	g_test_add_func("/gtalk-archive-course/small", test_small_pages);
	g_test_add_func("/gtalk-archive-course/stuck", test_a_server_that_does_not_move);
	g_test_add_func("/gtalk-archive-course/many", test_too_many);
	g_test_add_func("/gtalk-archive-course/twice", test_twice);
	return g_test_run();
}
