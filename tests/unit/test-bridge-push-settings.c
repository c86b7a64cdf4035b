/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "link/bridge-base64.h"
#include "pushes/bridge-push-backoff.h"
#include "pushes/bridge-push-key.h"
#include "pushes/bridge-push-settings.h"

#define HOUR_S 3600
/* Of the key 0, 1, 2 ... 31, as Python's cryptography derives it by store/FORMAT.md */
#define TEST_VAPID_PUBLIC                                                                          \
	"BC0tmmYkJubLTNro_P6mzvHgOVrD_0YamAwM0P7k8fs0sjlcicdjKv3sFeXks-pQjY4JZpxucTTS8igOn4bkGjI"

static void
test_are_kept(void)
{
	g_autoptr(GBytes) key = g_bytes_new_static("key", 3);
	BridgePushSettings settings = {.type = (char *)"webpush",
	                               .endpoint = (char *)"https://push.example.net/1",
	                               .target = (char *)"fid",
	                               .registered_us = 7,
	                               .moved = TRUE,
	                               .expires_us = 9,
	                               .p256dh = key,
	                               .old_secret_until_us = 5,
	                               .content = BRIDGE_PUSH_CONTENT_FULL,
	                               .kinds = 3,
	                               .ttl_s = 60,
	                               .quiet_from = (char *)"22:00",
	                               .verified = TRUE,
	                               .ahead_seq = 11};
	g_autoptr(GVariant) variant = bridge_push_settings_to_variant(&settings);
	g_autoptr(BridgePushSettings) again = bridge_push_settings_from_variant(variant);
	g_autoptr(GVariant) same = bridge_push_settings_to_variant(again);

	g_assert_true(g_variant_equal(variant, same));
	g_assert_cmpstr(again->endpoint, ==, settings.endpoint);
	g_assert_true(g_bytes_equal(again->p256dh, key));
	g_assert_cmpstr(again->target, ==, "fid");
	g_assert_cmpint(again->registered_us, ==, 7);
	g_assert_true(again->moved);
	g_assert_false(bridge_push_settings_is_expired(again, 8));
	g_assert_true(bridge_push_settings_is_expired(again, 9));
	again->expires_us = 0;
	g_assert_false(bridge_push_settings_is_expired(again, 9));
	g_assert_null(again->auth);
	g_assert_null(again->quiet_to);
	g_assert_true(again->verified);
	g_assert_cmpuint(again->ahead_seq, ==, 11);
}

static void
test_have_words(void)
{
	for (guint i = 0; i < BRIDGE_PUSH_N_KINDS; i++) {
		BridgePushKind kind = BRIDGE_PUSH_N_KINDS;

		g_assert_true(bridge_push_kind_from_string(
			bridge_push_kind_to_string((BridgePushKind)i), &kind));
		g_assert_cmpuint(kind, ==, i);
	}
	g_assert_cmpint(bridge_push_parse_minute("00:00"), ==, 0);
	g_assert_cmpint(bridge_push_parse_minute("23:59"), ==, 1439);
	g_assert_cmpint(bridge_push_parse_minute("24:00"), ==, -1);
	g_assert_cmpint(bridge_push_parse_minute("7:00"), ==, -1);
	g_assert_cmpint(bridge_push_parse_minute("07:60"), ==, -1);
	g_assert_cmpint(bridge_push_parse_minute("07:0x"), ==, -1);
}

/* Seconds that are left at a time of 2026-11-21, a UTC time. */
static gint64
left(const char *from, const char *to, const char *zone, int hour, int minute, double second)
{
	g_autoptr(GDateTime) now = g_date_time_new_utc(2026, 11, 21, hour, minute, second);
	gint64 now_us = g_date_time_to_unix(now) * G_USEC_PER_SEC;
	BridgePushSettings settings = {
		.quiet_from = (char *)from, .quiet_to = (char *)to, .quiet_zone = (char *)zone};
	gint64 end_us = bridge_push_settings_get_quiet_end_us(&settings, now_us);

	return end_us == 0 ? 0 : (end_us - now_us) / G_USEC_PER_SEC;
}

static void
test_know_quiet_hours(void)
{
	g_assert_cmpint(left(NULL, NULL, NULL, 3, 0, 0), ==, 0);
	g_assert_cmpint(left("22:00", "07:00", "UTC", 21, 59, 59), ==, 0);
	g_assert_cmpint(left("22:00", "07:00", "UTC", 22, 0, 0), ==, 9 * HOUR_S);
	g_assert_cmpint(left("22:00", "07:00", "UTC", 3, 0, 0), ==, 4 * HOUR_S);
	g_assert_cmpint(left("22:00", "07:00", "UTC", 6, 59, 30), ==, 30);
	g_assert_cmpint(left("22:00", "07:00", "UTC", 7, 0, 0), ==, 0);
	g_assert_cmpint(left("12:00", "13:30", "UTC", 12, 30, 0), ==, HOUR_S);
	g_assert_cmpint(left("12:00", "12:00", "UTC", 12, 0, 0), ==, 0);
	/* Tokyo is nine hours ahead. */
	g_assert_cmpint(left("22:00", "07:00", "Asia/Tokyo", 13, 0, 0), ==, 9 * HOUR_S);
	g_assert_cmpint(left("22:00", "07:00", "Asia/Tokyo", 3, 0, 0), ==, 0);
}

static void
assert_delay(const char *service, BridgePushResult result, guint attempt, guint asked_s,
             double least_s, double most_s)
{
	for (guint i = 0; i < 100; i++) {
		gint64 delay_us =
			bridge_push_backoff_get_delay_us(service, result, attempt, asked_s);

		g_assert_cmpfloat((double)delay_us, >=, least_s * G_USEC_PER_SEC);
		g_assert_cmpfloat((double)delay_us, <=, most_s * G_USEC_PER_SEC);
	}
}

static void
test_wait_longer_and_longer(void)
{
	const char *web = BRIDGE_PUSH_SERVICE_WEB;
	const char *hook = BRIDGE_PUSH_SERVICE_WEBHOOK;

	assert_delay(web, BRIDGE_PUSH_TRANSIENT, 1, 0, 1, 5);
	assert_delay(web, BRIDGE_PUSH_UNKNOWN, 5, 0, 1, 80);
	assert_delay(web, BRIDGE_PUSH_TRANSIENT, 1000, 0, 1, 3600);
	assert_delay(web, BRIDGE_PUSH_THROTTLED, 1, 120, 120, 120);
	assert_delay(web, BRIDGE_PUSH_AUTH, 1, 0, 3600, 3600);
	assert_delay(web, BRIDGE_PUSH_REFUSED, 1, 0, 3600, 3600);
	assert_delay(hook, BRIDGE_PUSH_TRANSIENT, 1, 0, 4, 6);
	assert_delay(hook, BRIDGE_PUSH_TRANSIENT, 2, 0, 240, 360);
	assert_delay(hook, BRIDGE_PUSH_TRANSIENT, 9, 0, 69120, 103680);
	g_assert_cmpint(bridge_push_backoff_get_delay_us(hook, BRIDGE_PUSH_TRANSIENT, 10, 0), ==,
	                -1);
}

static void
test_derive_a_key(void)
{
	guint8 key[32];
	BridgePushPair pair;
	BridgePushPair again;
	g_autofree char *text = NULL;
	g_autofree char *name = NULL;
	g_autofree char *other = NULL;
	g_autoptr(GBytes) octets = NULL;
	g_autoptr(GBytes) broken = NULL;

	for (guint i = 0; i < sizeof key; i++)
		key[i] = (guint8)i;
	g_assert_true(bridge_push_key_derive_pair(key, &pair));
	g_assert_true(bridge_push_key_derive_pair(key, &again));
	g_assert_cmpmem(&pair, sizeof pair, &again, sizeof again);
	text = bridge_push_key_dup_public(key);
	g_assert_cmpstr(text, ==, TEST_VAPID_PUBLIC);
	octets = bridge_base64_decode(text);
	g_assert_true(bridge_push_key_is_public(octets));
	pair.public_octets[64] ^= 1;
	broken = g_bytes_new(pair.public_octets, sizeof pair.public_octets);
	g_assert_false(bridge_push_key_is_public(broken));
	name = bridge_push_key_build_name(key, "topic", "s1", "message romeo", 0);
	other = bridge_push_key_build_name(key, "topic", "s2", "message romeo", 0);
	g_assert_cmpuint(strlen(name), ==, 32);
	g_assert_cmpstr(name, !=, other);
}

/* Of Firebase only; where it is not known when, it is not said that it is long ago. */
static void
test_grow_old(void)
{
	const gint64 day_us = 24 * HOUR_S * (gint64)G_USEC_PER_SEC;
	BridgePushSettings settings = {.type = (char *)"fcm", .registered_us = day_us};

	g_assert_false(bridge_push_settings_is_stale(&settings, 61 * day_us));
	g_assert_true(bridge_push_settings_is_stale(&settings, 61 * day_us + 1));
	g_assert_false(bridge_push_settings_is_forgotten(&settings, 271 * day_us));
	g_assert_true(bridge_push_settings_is_forgotten(&settings, 271 * day_us + 1));
	settings.registered_us = 0;
	g_assert_false(bridge_push_settings_is_stale(&settings, 61 * day_us + 1));
	settings = (BridgePushSettings){.type = (char *)"apns", .registered_us = day_us};
	g_assert_false(bridge_push_settings_is_stale(&settings, 61 * day_us + 1));
	g_assert_false(bridge_push_settings_is_forgotten(&settings, 271 * day_us + 1));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/push-settings/are-kept", test_are_kept);
	g_test_add_func("/push-settings/grow-old", test_grow_old);
	g_test_add_func("/push-settings/have-words", test_have_words);
	g_test_add_func("/push-settings/know-quiet-hours", test_know_quiet_hours);
	g_test_add_func("/push-settings/wait-longer-and-longer", test_wait_longer_and_longer);
	g_test_add_func("/push-settings/derive-a-key", test_derive_a_key);
	return g_test_run();
}
