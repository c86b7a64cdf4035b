/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-silence.h"

#define STEP_US (G_USEC_PER_SEC / 4)
#define DEAD_AFTER_S 90 /* as the daemon wants it */

typedef struct {
	guint asked;
	gint64 asked_us;
	gint64 dead_us; /* behind the last octet */
} Course;

/* The last octet comes @phase_us behind a look; each look is @late_us late. */
static Course
test_run(gint64 phase_us, gint64 late_us, guint dead_after_s)
{
	gint64 interval_us =
		host_silence_get_interval_s(dead_after_s) * (gint64)G_USEC_PER_SEC + late_us;
	HostSilence silence = {0};
	Course course = {0};
	gint64 now_us = 0;
	HostSilenceVerdict verdict;

	host_silence_begin(&silence, 0);
	do {
		verdict = host_silence_look(&silence, now_us > phase_us ? 2 : 1, now_us,
		                            dead_after_s);
		if (verdict == HOST_SILENCE_ASK) {
			course.asked++;
			course.asked_us = now_us - phase_us;
		}
		course.dead_us = now_us - phase_us;
		now_us += interval_us;
	} while (verdict != HOST_SILENCE_DEAD);
	return course;
}

/* Whenever it dies, and however late the timers are. */
static void
test_found_in_time(void)
{
	for (gint64 late_us = 0; late_us <= G_USEC_PER_SEC; late_us += STEP_US)
		for (gint64 phase_us = 0; phase_us <= 7 * G_USEC_PER_SEC; phase_us += STEP_US) {
			Course course = test_run(phase_us, late_us, DEAD_AFTER_S);

			g_assert_cmpint(course.dead_us, <=, DEAD_AFTER_S * G_USEC_PER_SEC);
			g_assert_cmpuint(course.asked, ==, 1);
			/* a slow server has its time to answer */
			g_assert_cmpint(course.dead_us - course.asked_us, >=, 30 * G_USEC_PER_SEC);
			g_assert_cmpint(course.asked_us, >=, 30 * G_USEC_PER_SEC);
		}
}

static void
test_short_times(void)
{
	for (guint dead_after_s = 2; dead_after_s < 20; dead_after_s++) {
		Course course = test_run(0, 0, dead_after_s);

		g_assert_cmpuint(course.asked, ==, 1);
		g_assert_cmpint(course.dead_us, <=, (dead_after_s + 2) * G_USEC_PER_SEC);
	}
}

/* An answer ends a silence; the next is asked into again. */
static void
test_who_answers_lives(void)
{
	HostSilence silence = {0};
	gint64 received = 0;
	guint asked = 0;

	host_silence_begin(&silence, 0);
	for (gint64 now_s = 0; now_s < 3600; now_s += 5) {
		HostSilenceVerdict verdict =
			host_silence_look(&silence, received, now_s * G_USEC_PER_SEC, DEAD_AFTER_S);

		g_assert_cmpint(verdict, !=, HOST_SILENCE_DEAD);
		if (verdict != HOST_SILENCE_ASK)
			continue;
		asked++;
		received = now_s;
	}
	g_assert_cmpuint(asked, >, 3600 / DEAD_AFTER_S);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host-silence/found-in-time", test_found_in_time);
	g_test_add_func("/host-silence/short-times", test_short_times);
	g_test_add_func("/host-silence/who-answers-lives", test_who_answers_lives);
	return g_test_run();
}
