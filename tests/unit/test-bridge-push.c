/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "base/bridge-error.h"
#include "bridge-core-testing.h"
#include "bridge-scripted-push.h"
#include "bridge-store-testing.h"
#include "link/bridge-base64.h"
#include "link/bridge-clock.h"
#include "pushes/bridge-push-private.h"

#define TEST_CONFIG                                                                                \
	"[store]\nkey-source=secret-file\n"                                                        \
	"[push]\ntypes=webpush;webhook\ncontact=mailto:push@example.org\n"
#define TEST_WEB BRIDGE_PUSH_SERVICE_WEB
#define TEST_WEBHOOK BRIDGE_PUSH_SERVICE_WEBHOOK
/* Of RFC 8291. */
#define TEST_DEVICE_KEY                                                                            \
	"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define TEST_HOUR_US (3600 * (gint64)G_USEC_PER_SEC)

static gboolean test_clock_is_wrong;

/* In the place of bridge-clock.c. */
gboolean
bridge_clock_is_right(void)
{
	return !test_clock_is_wrong;
}

/* Juliet, with a keeper of subscriptions. */
typedef struct {
	CoreFixture core;
	CoreJuliet juliet;
	BridgeConfig *config;
	BridgePush *push;
} PushFixture;

static void
push_fixture_start(PushFixture *fixture)
{
	fixture->push = bridge_push_new(fixture->config, fixture->core.accounts);
	bridge_push_unseal(fixture->push, fixture->core.sqlite);
}

static void
push_fixture_stop(PushFixture *fixture)
{
	bridge_push_stop(fixture->push);
	while (g_main_context_iteration(NULL, FALSE))
		continue;
	g_clear_object(&fixture->push);
}

/* The daemon has ended and started, as far as pushes are concerned. */
static void
push_fixture_restart(PushFixture *fixture)
{
	push_fixture_stop(fixture);
	push_fixture_start(fixture);
	g_signal_emit_by_name(fixture->core.accounts, "account-added", fixture->juliet.account);
	SCRIPTED_WAIT(bridge_push_is_ready(fixture->push, fixture->juliet.account));
}

static void
push_fixture_set_up(PushFixture *fixture, gconstpointer data)
{
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;

	core_fixture_set_up(&fixture->core, data);
	path = g_build_filename(fixture->core.directory, "push.conf", NULL);
	g_file_set_contents(path, TEST_CONFIG, -1, &error);
	g_assert_no_error(error);
	fixture->config = bridge_config_load(path, &error);
	g_assert_no_error(error);
	push_fixture_start(fixture);
	core_juliet_sign_in(&fixture->juliet, &fixture->core);
}

static void
push_fixture_tear_down(PushFixture *fixture, gconstpointer data)
{
	push_fixture_stop(fixture);
	core_juliet_clear(&fixture->juliet);
	core_fixture_tear_down(&fixture->core, data);
	bridge_config_free(fixture->config);
}

/* ---- What a device does ---------------------------------------------------------------------- */

static BridgePushSettings *
test_build_settings(const char *type, const char *endpoint)
{
	BridgePushSettings *settings = g_new0(BridgePushSettings, 1);

	settings->type = g_strdup(type);
	settings->endpoint = g_strdup(endpoint);
	settings->kinds = BRIDGE_PUSH_ALL_KINDS;
	settings->ttl_s = BRIDGE_PUSH_TTL_DEFAULT_S;
	if (g_str_equal(type, TEST_WEB)) {
		settings->p256dh = bridge_base64_decode(TEST_DEVICE_KEY);
		settings->auth = g_bytes_new("0123456789abcdef", 16);
	}
	return settings;
}

/* @settings: (transfer full) */
static gboolean
test_subscribe(PushFixture *fixture, const char *device_id, BridgePushSettings *settings,
               GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;
	gboolean created = FALSE;

	bridge_push_subscribe_async(fixture->push, fixture->juliet.account, device_id, settings,
	                            core_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	return bridge_push_subscribe_finish(fixture->push, result, &created, error);
}

static const char *
test_get_device(PushFixture *fixture)
{
	return fixture->juliet.login->device->id;
}

/* Of the first device. */
static BridgePushQueue *
test_find_queue_of(PushFixture *fixture, const char *type)
{
	return bridge_push_find_queue(fixture->push, test_get_device(fixture), type);
}

static BridgePushQueue *
test_find_queue(PushFixture *fixture)
{
	return test_find_queue_of(fixture, TEST_WEB);
}

/* It has answered the challenge. */
static BridgePushQueue *
test_subscribe_verified(PushFixture *fixture, BridgePushSettings *settings)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autofree char *type = g_strdup(settings->type);
	g_autofree char *challenge = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(test_subscribe(fixture, test_get_device(fixture), settings, &error));
	g_free(scripted_push_wait(fixture->push->process));
	scripted_push_answer(fixture->push->process, "delivered");
	challenge = g_strdup(test_find_queue_of(fixture, type)->settings->challenge);
	bridge_push_verify_async(fixture->push, test_get_device(fixture), type, challenge,
	                         core_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	g_assert_true(bridge_push_verify_finish(fixture->push, result, &error));
	return test_find_queue_of(fixture, type);
}

static void
test_receive(PushFixture *fixture, const char *from)
{
	g_autofree char *data = g_strdup_printf(
		"{'direction': <'received'>, 'type': <'chat'>, 'id': <'%s'>, 'body': <'hello'>,"
		" 'from': <'%s/x'>, 'to': <'juliet@open.example'>}",
		from, from);
	ScriptedCall *call = scripted_seat_tell(fixture->juliet.seat, "message", data);

	SCRIPTED_WAIT(call->answered);
}

/* ---- Room ------------------------------------------------------------------------------------ */

static void
test_an_account_has_so_many(PushFixture *fixture, gconstpointer data)
{
	guint most = bridge_config_get_limits(fixture->config)->subscriptions_per_account;
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i <= most / 2; i++) {
		g_autoptr(GAsyncResult) result = NULL;
		g_autoptr(BridgeLogin) login = NULL;
		gboolean full = i == most / 2;

		core_begin_login(&fixture->core, "juliet@open.example", NULL, "token", NULL,
		                 &result);
		login = core_finish_login(&fixture->core, &result, &error);
		g_assert_no_error(error);
		g_assert_true(
			test_subscribe(fixture, login->device->id,
		                       test_build_settings(TEST_WEB, "https://push.example.net/a"),
		                       &error) != full);
		if (full)
			break;
		g_assert_true(test_subscribe(
			fixture, login->device->id,
			test_build_settings(TEST_WEBHOOK, "https://push.example.net/b"), &error));
		/* In the place of the one before. */
		g_assert_true(test_subscribe(
			fixture, login->device->id,
			test_build_settings(TEST_WEBHOOK, "https://push.example.net/c"), &error));
	}
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_TOO_MANY_SUBSCRIPTIONS);
}

/* ---- Giving up ------------------------------------------------------------------------------- */

/* An attempt fails, and the next one is due at once. */
static void
test_fail(PushFixture *fixture, BridgePushQueue *queue, const char *result)
{
	guint attempts = queue->record->attempts;

	g_free(scripted_push_wait(fixture->push->process));
	scripted_push_answer(fixture->push->process, result);
	SCRIPTED_WAIT(queue->record->attempts == attempts + 1 && !queue->busy);
	queue->record->not_before_us = 0;
	g_clear_handle_id(&queue->timer, g_source_remove);
	bridge_push_queue_wake(queue);
}

static void
test_a_push_is_given_up(PushFixture *fixture, gconstpointer data)
{
	BridgePushQueue *queue = test_subscribe_verified(
		fixture, test_build_settings(TEST_WEB, "https://push.example.net/a"));
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	test_receive(fixture, "romeo@open.example");
	test_fail(fixture, queue, "config");
	g_assert_cmpint(queue->trying_us, ==, 0); /* that is no fault of the push's */
	test_fail(fixture, queue, "transient");
	g_assert_cmpint(queue->trying_us, !=, 0);
	test_receive(fixture, "nurse@open.example");
	queue->trying_us -= 24 * TEST_HOUR_US;
	first = scripted_push_wait(fixture->push->process);
	scripted_push_answer(fixture->push->process, "unknown");
	second = scripted_push_wait(fixture->push->process);
	g_assert_cmpstr(first, !=, second);
	g_assert_cmpint(queue->trying_us, ==, 0);
	g_assert_cmpuint(queue->record->attempts, ==, 0);
}

/* From the first attempt to the last one, and to the next event. */
static void
test_a_webhook_has_a_schedule(PushFixture *fixture, gconstpointer data)
{
	static const gint64 schedule_s[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
	BridgePushSettings *settings =
		test_build_settings(TEST_WEBHOOK, "https://push.example.net/a");
	BridgePushQueue *queue = NULL;
	g_autofree char *second = NULL;

	settings->secret = g_bytes_new("0123456789abcdef0123456789abcdef", 32);
	settings->content = BRIDGE_PUSH_CONTENT_FULL;
	queue = test_subscribe_verified(fixture, settings);
	test_receive(fixture, "romeo@open.example");
	test_receive(fixture, "nurse@open.example");
	for (guint i = 0; i < G_N_ELEMENTS(schedule_s); i++) {
		g_autofree char *again = scripted_push_wait(fixture->push->process);
		gint64 delay_us;

		g_assert_nonnull(strstr(again, "romeo@open.example"));
		scripted_push_answer(fixture->push->process, "transient");
		SCRIPTED_WAIT(queue->record->attempts == i + 1 && !queue->busy);
		delay_us = queue->record->not_before_us - g_get_real_time();
		g_assert_cmpint(delay_us, <=, schedule_s[i] * 12 * G_USEC_PER_SEC / 10);
		g_assert_cmpint(delay_us, >=, (schedule_s[i] * 8 - 10) * G_USEC_PER_SEC / 10);
		queue->record->not_before_us = 0;
		g_clear_handle_id(&queue->timer, g_source_remove);
		bridge_push_queue_wake(queue);
	}
	g_free(scripted_push_wait(fixture->push->process));
	scripted_push_answer(fixture->push->process, "transient");
	second = scripted_push_wait(fixture->push->process);
	g_assert_nonnull(strstr(second, "nurse@open.example"));
	g_assert_cmpuint(queue->record->attempts, ==, 0);
	g_assert_cmpuint(queue->record->failures, ==, 10);
}

/* ---- Quiet hours ----------------------------------------------------------------------------- */

static char *
test_format_minute(gint64 from_now_us)
{
	g_autoptr(GDateTime) time =
		g_date_time_new_from_unix_utc((g_get_real_time() + from_now_us) / G_USEC_PER_SEC);

	return g_date_time_format(time, "%H:%M");
}

static BridgePushSettings *
test_build_quiet_settings(void)
{
	BridgePushSettings *settings = test_build_settings(TEST_WEB, "https://push.example.net/a");

	settings->content = BRIDGE_PUSH_CONTENT_FULL;
	settings->kinds = 1u << BRIDGE_PUSH_MESSAGE | 1u << BRIDGE_PUSH_SIGN_OUT;
	settings->quiet_from = test_format_minute(-TEST_HOUR_US);
	settings->quiet_to = test_format_minute(TEST_HOUR_US);
	settings->quiet_zone = g_strdup("UTC");
	return settings;
}

static void
test_sign_out(PushFixture *fixture)
{
	ScriptedCall *call = scripted_seat_tell(
		fixture->juliet.seat, "state",
		"{'state': <'offline'>, 'reason': <'" BRIDGE_REASON_CREDENTIALS_REFUSED "'>}");

	SCRIPTED_WAIT(call->answered && bridge_account_get_state(fixture->juliet.account) ==
	                                        BRIDGE_ACCOUNT_SIGNED_OUT);
}

/* Neither after a restart, nor at the end of quiet hours after one. */
static void
test_a_sign_out_is_told_once(PushFixture *fixture, gconstpointer data)
{
	BridgePushQueue *queue = test_subscribe_verified(fixture, test_build_quiet_settings());
	g_autofree char *told = NULL;
	g_autofree char *later = NULL;

	test_receive(fixture, "romeo@open.example");
	test_sign_out(fixture);
	told = scripted_push_wait(fixture->push->process);
	g_assert_nonnull(strstr(told, "\"sign-out\""));
	scripted_push_answer(fixture->push->process, "delivered");
	SCRIPTED_WAIT(queue->settings->ahead_seq != 0 &&
	              g_hash_table_size(fixture->push->changing) == 0);

	push_fixture_restart(fixture);
	SCRIPTED_WAIT(test_find_queue(fixture) != NULL);
	queue = test_find_queue(fixture);
	SCRIPTED_WAIT(queue->urgent_seq == 0 && !queue->busy);
	g_assert_cmpuint(scripted_push_count(fixture->push->process), ==, 0);

	g_clear_pointer(&queue->settings->quiet_from, g_free);
	g_clear_handle_id(&queue->timer, g_source_remove);
	bridge_push_queue_wake(queue);
	later = scripted_push_wait(fixture->push->process);
	g_assert_nonnull(strstr(later, "\"message\""));
	scripted_push_answer(fixture->push->process, "delivered");
	SCRIPTED_WAIT(queue->record->pushed_seq == bridge_account_get_seq(fixture->juliet.account));
	g_assert_cmpuint(scripted_push_count(fixture->push->process), ==, 0);
}

/* ---- Clocks ---------------------------------------------------------------------------------- */

static void
test_a_clock_is_wrong(PushFixture *fixture, gconstpointer data)
{
	BridgePushQueue *queue = test_subscribe_verified(
		fixture, test_build_settings(TEST_WEB, "https://push.example.net/a"));

	test_clock_is_wrong = TRUE;
	queue->settings->expires_us = 1; /* as far as that clock knows */
	test_receive(fixture, "romeo@open.example");
	SCRIPTED_WAIT(queue->held_us != 0);
	g_assert_true(fixture->push->clock_wrong);
	g_assert_cmpuint(scripted_push_count(fixture->push->process), ==, 0);
	g_assert_false(queue->busy);
	test_clock_is_wrong = FALSE;
	queue->settings->expires_us = 0;
	queue->held_us = 0;
	g_clear_handle_id(&queue->timer, g_source_remove);
	bridge_push_queue_wake(queue);
	g_free(scripted_push_wait(fixture->push->process));
	g_assert_cmpuint(queue->record->attempts, ==, 0);
}

/* ---- Its end --------------------------------------------------------------------------------- */

static void
test_one_that_is_gone_stays_so(PushFixture *fixture, gconstpointer data)
{
	static const char endpoint[] = "https://push.example.net/a";
	g_autoptr(GError) error = NULL;

	test_subscribe_verified(fixture, test_build_settings(TEST_WEB, endpoint));
	test_receive(fixture, "romeo@open.example");
	g_free(scripted_push_wait(fixture->push->process));
	scripted_push_answer(fixture->push->process, "gone");
	SCRIPTED_WAIT(core_count_events(&fixture->core, fixture->juliet.account, "push.trouble",
	                                "\"gone\"") == 1);
	for (guint i = 0; i < 2; i++) {
		g_assert_false(test_subscribe(fixture, test_get_device(fixture),
		                              test_build_settings(TEST_WEB, endpoint), &error));
		g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID);
		g_clear_error(&error);
		push_fixture_restart(fixture);
	}
	/* Another place, and what is no endpoint of such a service. */
	g_assert_true(test_subscribe(fixture, test_get_device(fixture),
	                             test_build_settings(TEST_WEB, "https://push.example.net/b"),
	                             &error));
	g_assert_true(test_subscribe(fixture, test_get_device(fixture),
	                             test_build_settings(TEST_WEBHOOK, endpoint), &error));
	bridge_store_testing_shift_us += 25 * TEST_HOUR_US;
	g_assert_true(test_subscribe(fixture, test_get_device(fixture),
	                             test_build_settings(TEST_WEB, endpoint), &error));
	bridge_store_testing_shift_us = 0;
}

static void
test_one_expires(PushFixture *fixture, gconstpointer data)
{
	gint64 now_us = g_get_real_time();
	BridgePushSettings *settings = test_build_settings(TEST_WEB, "https://push.example.net/a");
	BridgePushQueue *queue = NULL;
	g_autoptr(GError) error = NULL;

	settings->expires_us = now_us - 1;
	g_assert_false(test_subscribe(fixture, test_get_device(fixture), settings, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID);
	settings = test_build_settings(TEST_WEB, "https://push.example.net/a");
	settings->expires_us = now_us + TEST_HOUR_US;
	queue = test_subscribe_verified(fixture, settings);
	queue->settings->expires_us = now_us;
	test_receive(fixture, "romeo@open.example");
	SCRIPTED_WAIT(test_find_queue(fixture) == NULL);
	SCRIPTED_WAIT(core_count_events(&fixture->core, fixture->juliet.account, "push.trouble",
	                                "\"expired\"") == 1);
	g_assert_cmpuint(scripted_push_count(fixture->push->process), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
#define TEST(path, test)                                                                           \
	g_test_add("/push/" path, PushFixture, NULL, push_fixture_set_up, test,                    \
	           push_fixture_tear_down)
	TEST("an-account-has-so-many", test_an_account_has_so_many);
	TEST("a-push-is-given-up", test_a_push_is_given_up);
	TEST("a-webhook-has-a-schedule", test_a_webhook_has_a_schedule);
	TEST("a-sign-out-is-told-once", test_a_sign_out_is_told_once);
	TEST("a-clock-is-wrong", test_a_clock_is_wrong);
	TEST("one-that-is-gone-stays-so", test_one_that_is_gone_stays_so);
	TEST("one-expires", test_one_expires);
#undef TEST
	return g_test_run();
}
