/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pushes/bridge-push-backoff.h"
#include "pushes/bridge-push-settings.h"

#define SECOND_US ((gint64)G_USEC_PER_SEC)
#define DAY_US (86400 * SECOND_US)

static gint64
delay(const char *service, BridgePushResult result, guint attempt, guint asked_s)
{
	return bridge_push_backoff_get_delay_us(service, result, attempt, asked_s);
}

/* Jitter: each time is any from its bounds. */
static void
assert_between(const char *service, BridgePushResult result, guint attempt, guint asked_s,
               gint64 least_s, gint64 most_s)
{
	for (guint i = 0; i < 200; i++) {
		gint64 delay_us = delay(service, result, attempt, asked_s);

		g_assert_cmpint(delay_us, >=, least_s * SECOND_US);
		g_assert_cmpint(delay_us, <=, most_s * SECOND_US);
	}
}

static void
test_doubles(void)
{
	assert_between(BRIDGE_PUSH_SERVICE_WEB, BRIDGE_PUSH_TRANSIENT, 1, 0, 1, 5);
	assert_between(BRIDGE_PUSH_SERVICE_WEB, BRIDGE_PUSH_UNKNOWN, 4, 0, 1, 40);
	assert_between(BRIDGE_PUSH_SERVICE_WEB, BRIDGE_PUSH_TRANSIENT, 4000, 0, 1, 3600);
}

static void
test_heeds_the_service(void)
{
	assert_between(BRIDGE_PUSH_SERVICE_WEB, BRIDGE_PUSH_THROTTLED, 1, 120, 120, 120);
	assert_between(BRIDGE_PUSH_SERVICE_WEBHOOK, BRIDGE_PUSH_TRANSIENT, 1, 120, 120, 120);
	assert_between(BRIDGE_PUSH_SERVICE_WEB, BRIDGE_PUSH_AUTH, 1, 0, 3600, 3600);
	assert_between(BRIDGE_PUSH_SERVICE_WEB, BRIDGE_PUSH_REFUSED, 1, 0, 3600, 3600);
}

static void
test_vendors_ask_for_patience(void)
{
	static const char *const fcm = BRIDGE_PUSH_SERVICE_FCM;

	assert_between(fcm, BRIDGE_PUSH_TRANSIENT, 1, 0, 10, 20);
	assert_between(fcm, BRIDGE_PUSH_THROTTLED, 1, 0, 60, 60);
	assert_between(fcm, BRIDGE_PUSH_THROTTLED, 1, 7, 60, 60);
	assert_between(fcm, BRIDGE_PUSH_TRANSIENT, 4000, 0, 10, 1800);
	assert_between(fcm, BRIDGE_PUSH_CONFIG, 1, 0, 3600, 3600);
	assert_between(BRIDGE_PUSH_SERVICE_APNS, BRIDGE_PUSH_TRANSIENT, 1, 0, 1, 5);
	assert_between(BRIDGE_PUSH_SERVICE_APNS, BRIDGE_PUSH_THROTTLED, 1, 0, 60, 60);
}

static void
test_webhooks_have_a_schedule(void)
{
	assert_between(BRIDGE_PUSH_SERVICE_WEBHOOK, BRIDGE_PUSH_TRANSIENT, 1, 0, 4, 6);
	assert_between(BRIDGE_PUSH_SERVICE_WEBHOOK, BRIDGE_PUSH_TRANSIENT, 2, 0, 240, 360);
	assert_between(BRIDGE_PUSH_SERVICE_WEBHOOK, BRIDGE_PUSH_TRANSIENT, 9, 0, 69120, 103680);
	g_assert_cmpint(delay(BRIDGE_PUSH_SERVICE_WEBHOOK, BRIDGE_PUSH_TRANSIENT, 10, 0), <, 0);
}

static void
test_old_phones_wait_for_minutes(void)
{
	static const char *const mpns = BRIDGE_PUSH_SERVICE_MPNS;

	assert_between(mpns, BRIDGE_PUSH_THROTTLED, 1, 0, 240, 288);
	assert_between(mpns, BRIDGE_PUSH_THROTTLED, 2, 0, 480, 576);
	assert_between(mpns, BRIDGE_PUSH_THROTTLED, 4, 0, 1920, 2304);
	assert_between(mpns, BRIDGE_PUSH_UNKNOWN, 4000, 0, 1920, 2304);
	assert_between(mpns, BRIDGE_PUSH_TRANSIENT, 1, 3660, 3660, 3660);
	assert_between(mpns, BRIDGE_PUSH_AUTH, 1, 0, 3600, 3600);
}

static void
test_gives_a_push_up(void)
{
	static const struct {
		const char *service;
		gint64 hours;
	} known[] = {{BRIDGE_PUSH_SERVICE_FCM, 1},
	             {BRIDGE_PUSH_SERVICE_MPNS, 6},
	             {BRIDGE_PUSH_SERVICE_APNS, 24},
	             {BRIDGE_PUSH_SERVICE_WEB, 24}};

	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		gint64 limit_us = known[i].hours * 3600 * SECOND_US;

		g_assert_false(bridge_push_backoff_is_over(known[i].service, limit_us - 1));
		g_assert_true(bridge_push_backoff_is_over(known[i].service, limit_us));
	}
	g_assert_false(bridge_push_backoff_is_over(BRIDGE_PUSH_SERVICE_WEBHOOK, 99 * DAY_US));
	g_assert_true(bridge_push_backoff_is_ours(BRIDGE_PUSH_CONFIG));
	g_assert_false(bridge_push_backoff_is_ours(BRIDGE_PUSH_UNKNOWN));
}

/* So that its events live for as long as they are tried. */
static void
test_the_schedule_fits_its_time(void)
{
	gint64 longest_us = 0;

	for (guint attempt = 1; attempt <= 9; attempt++) {
		gint64 most_us = 0;

		for (guint i = 0; i < 100; i++)
			most_us = MAX(most_us, delay(BRIDGE_PUSH_SERVICE_WEBHOOK,
			                             BRIDGE_PUSH_TRANSIENT, attempt, 0));
		longest_us += most_us;
	}
	g_assert_cmpint(longest_us, >, 76 * 3600 * SECOND_US);
	g_assert_cmpint(longest_us, <, BRIDGE_PUSH_TTL_WEBHOOK_S * SECOND_US);
}

static void
test_gives_up_the_hopeless(void)
{
	static const char *const web = BRIDGE_PUSH_SERVICE_WEB;
	static const char *const webhook = BRIDGE_PUSH_SERVICE_WEBHOOK;

	g_assert_true(
		bridge_push_backoff_is_hopeless(web, BRIDGE_PUSH_REJECTED, 1, 20, 7 * DAY_US + 2));
	g_assert_false(
		bridge_push_backoff_is_hopeless(web, BRIDGE_PUSH_REJECTED, 1, 19, 7 * DAY_US + 2));
	g_assert_false(
		bridge_push_backoff_is_hopeless(web, BRIDGE_PUSH_REJECTED, 1, 20, 7 * DAY_US));
	g_assert_true(bridge_push_backoff_is_hopeless(webhook, BRIDGE_PUSH_REJECTED, 1, 10,
	                                              5 * DAY_US + 2));
	g_assert_false(bridge_push_backoff_is_hopeless(webhook, BRIDGE_PUSH_REJECTED, 1, 9,
	                                               5 * DAY_US + 2));
	g_assert_false(
		bridge_push_backoff_is_hopeless(webhook, BRIDGE_PUSH_REJECTED, 1, 20, 5 * DAY_US));
	g_assert_false(
		bridge_push_backoff_is_hopeless(web, BRIDGE_PUSH_REJECTED, 0, 99, 99 * DAY_US));
	g_assert_true(bridge_push_backoff_is_hopeless(web, BRIDGE_PUSH_AUTH, 1, 20, DAY_US + 2));
	g_assert_false(bridge_push_backoff_is_hopeless(web, BRIDGE_PUSH_AUTH, 1, 20, DAY_US));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/push-backoff/doubles", test_doubles);
	g_test_add_func("/push-backoff/heeds-the-service", test_heeds_the_service);
	g_test_add_func("/push-backoff/vendors-ask-for-patience", test_vendors_ask_for_patience);
	g_test_add_func("/push-backoff/webhooks-have-a-schedule", test_webhooks_have_a_schedule);
	g_test_add_func("/push-backoff/old-phones-wait-for-minutes",
	                test_old_phones_wait_for_minutes);
	g_test_add_func("/push-backoff/gives-a-push-up", test_gives_a_push_up);
	g_test_add_func("/push-backoff/the-schedule-fits-its-time",
	                test_the_schedule_fits_its_time);
	g_test_add_func("/push-backoff/gives-up-the-hopeless", test_gives_up_the_hopeless);
	return g_test_run();
}
