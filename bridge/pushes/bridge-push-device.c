/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <openssl/crypto.h>
#include <string.h>

#include "base/bridge-error.h"
#include "bridge-push-key.h"
#include "bridge-push-private.h"
#include "base/bridge-secret.h"

#define PUSH_AUTH_BYTES 16
#define PUSH_TEST_SPACING_US (2 * (gint64)G_USEC_PER_SEC)

/* A change of a subscription on its way to the store. */
typedef struct {
	BridgeAccount *account;
	BridgeSubscriptionRecord *record;
	char *type;
} BridgePushChange;

static void
bridge_push_change_free(BridgePushChange *change)
{
	g_clear_object(&change->account);
	bridge_subscription_record_free(change->record);
	g_free(change->type);
	g_free(change);
}

static void
bridge_push_return_not_found(GTask *task)
{
	g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_NOT_FOUND,
	                        "the device has no such subscription");
	g_object_unref(task);
}

static void
bridge_push_return_busy(GTask *task)
{
	g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_BUSY,
	                        "the subscription is being changed");
	g_object_unref(task);
}

/* ---- Subscribing ----------------------------------------------------------------------------- */

static gboolean
bridge_push_check_keys(const BridgePushSettings *settings, GError **error)
{
	if (!bridge_push_type_is_encrypted(settings->type) ||
	    (settings->p256dh != NULL && settings->auth != NULL &&
	     g_bytes_get_size(settings->auth) == PUSH_AUTH_BYTES &&
	     bridge_push_key_is_public(settings->p256dh)))
		return TRUE;
	g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
	                    "the keys are not those of a device");
	return FALSE;
}

static gboolean
bridge_push_check_settings(BridgePush *self, BridgePushSettings *settings, GError **error)
{
	g_autoptr(GError) inner = NULL;
	g_autoptr(GUri) uri = NULL;

	if (self->process == NULL || self->stopped) {
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_SEALED,
		                    "the store is not open");
		return FALSE;
	}
	if (bridge_push_is_translated(settings->type))
		uri = bridge_push_url_parse(self->mpns_rules, settings->endpoint, &inner);
	else if (!bridge_push_type_is_vendor(settings->type))
		uri = bridge_push_url_parse(self->rules, settings->endpoint, &inner);
	if (inner != NULL) {
		g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID, "endpoint: %s",
		            inner->message);
		return FALSE;
	}
	if (bridge_push_settings_is_expired(settings, g_get_real_time())) {
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
		                    "expirationTime: it is past; the app gets another endpoint by "
		                    "registering anew");
		return FALSE;
	}
	return bridge_push_check_keys(settings, error);
}

typedef struct {
	const char *account_id;
	guint count;
} BridgePushTally;

static void
bridge_push_tally(const BridgePushStatus *status, gpointer user_data)
{
	BridgePushTally *tally = user_data;

	tally->count += g_str_equal(status->account_id, tally->account_id) ? 1 : 0;
}

/* One that takes the place of another one always has room. */
static gboolean
bridge_push_check_room(BridgePush *self, BridgeAccount *account, const char *device_id,
                       const char *type, GError **error)
{
	BridgePushTally tally = {.account_id = bridge_account_get_id(account)};
	guint most = bridge_config_get_limits(self->config)->subscriptions_per_account;

	if (bridge_push_find_queue(self, device_id, type) != NULL)
		return TRUE;
	bridge_push_foreach(self, bridge_push_tally, &tally);
	if (tally.count < most)
		return TRUE;
	g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_TOO_MANY_SUBSCRIPTIONS,
	            "the account may have %u subscriptions: delete one first", most);
	return FALSE;
}

static gboolean
bridge_push_is_same_octets(GBytes *a, GBytes *b)
{
	return a == NULL || b == NULL ? a == b : g_bytes_equal(a, b);
}

/* It leads to the same device as before. */
static gboolean
bridge_push_is_same_target(const BridgePushSettings *a, const BridgePushSettings *b)
{
	return g_str_equal(a->endpoint, b->endpoint) && g_strcmp0(a->target, b->target) == 0 &&
	       bridge_push_is_same_octets(a->p256dh, b->p256dh) &&
	       bridge_push_is_same_octets(a->auth, b->auth);
}

/* What the one before has and the new one does not say. */
static void
bridge_push_inherit(BridgePushSettings *settings, const BridgePushSettings *before)
{
	gint64 now_us = g_get_real_time();
	GBytes *old = settings->secret != NULL ? before->secret : before->old_secret;
	gint64 until_us = settings->secret != NULL
	                          ? now_us + BRIDGE_PUSH_OLD_SECRET_S * (gint64)G_USEC_PER_SEC
	                          : before->old_secret_until_us;

	if (old != NULL && until_us > now_us) {
		settings->old_secret = g_bytes_ref(old);
		settings->old_secret_until_us = until_us;
	}
	if (settings->secret == NULL && before->secret != NULL)
		settings->secret = g_bytes_ref(before->secret);
	settings->moved = g_str_equal(settings->type, BRIDGE_PUSH_SERVICE_APNS) &&
	                  g_str_equal(settings->endpoint, before->endpoint) &&
	                  g_strcmp0(settings->target, before->target) != 0;
	settings->ahead_seq = before->ahead_seq;
	settings->verified = before->verified && bridge_push_is_same_target(settings, before);
}

/* What was known of the endpoint may hold no more. */
static void
bridge_push_start_afresh(BridgeSubscriptionRecord *record)
{
	record->attempts = 0;
	record->not_before_us = 0;
	record->failing_us = 0;
	record->failures = 0;
}

static BridgePushChange *
bridge_push_change_new(BridgePush *self, BridgeAccount *account, const char *device_id,
                       BridgePushSettings *settings)
{
	BridgePushQueue *before = bridge_push_find_queue(self, device_id, settings->type);
	BridgePushChange *change = g_new0(BridgePushChange, 1);

	change->type = g_strdup(settings->type);
	change->account = g_object_ref(account);
	settings->registered_us = g_get_real_time();
	if (before != NULL) {
		bridge_push_inherit(settings, before->settings);
		change->record = bridge_subscription_record_copy(before->record);
		g_clear_pointer(&change->record->settings, g_variant_unref);
		bridge_push_start_afresh(change->record);
	} else {
		change->record = g_new0(BridgeSubscriptionRecord, 1);
		change->record->id =
			bridge_push_key_build_name(bridge_store_get_push_key(self->store),
		                                   "subscription", device_id, settings->type, 0);
		change->record->account_id = g_strdup(bridge_account_get_id(account));
		change->record->device_id = g_strdup(device_id);
		change->record->created_us = g_get_real_time();
	}
	if (bridge_push_is_translated(settings->type))
		settings->verified = TRUE;
	else if (!settings->verified)
		settings->challenge = bridge_secret_make_token();
	if (settings->challenge != NULL || bridge_push_is_translated(settings->type))
		change->record->pushed_seq = bridge_account_get_seq(account);
	change->record->settings = bridge_push_settings_to_variant(settings);
	return change;
}

/* @error: (transfer full) */
static GError *
bridge_push_explain(GError *error)
{
	if (!g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_CONFLICT))
		return error;
	g_error_free(error);
	return g_error_new_literal(BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
	                           "endpoint: its service has said that it is gone; the app gets "
	                           "another one by registering anew");
}

static void
bridge_push_subscribed_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgePush *self = g_task_get_source_object(task);
	BridgePushChange *change = g_task_get_task_data(task);
	BridgePushQueue *queue = NULL;
	GError *error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);
	gboolean there = bridge_push_end_change(self, change->record->device_id, change->type);
	gboolean created;

	if (receipt == NULL) {
		g_task_return_error(task, bridge_push_explain(error));
		return;
	}
	if (!there) {
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_NOT_FOUND,
		                        "the device was signed out");
		return;
	}
	queue = bridge_push_find_queue(self, change->record->device_id, change->type);
	created = queue == NULL;
	if (created && !self->stopped)
		bridge_push_add_queue(self,
		                      bridge_push_queue_new(self, change->account,
		                                            g_steal_pointer(&change->record), 0));
	else if (!created)
		bridge_push_queue_replace(queue, g_steal_pointer(&change->record));
	g_task_return_int(task, created ? 1 : 0);
}

/* @task: (transfer full), with the change; @batch: (transfer full) */
static void
bridge_push_commit(BridgePush *self, GTask *task, BridgeStoreBatch *batch,
                   GAsyncReadyCallback callback)
{
	const BridgePushChange *change = g_task_get_task_data(task);

	bridge_store_batch_put_subscription(batch, change->record);
	bridge_store_commit_async(self->store, batch, callback, task);
}

static void
bridge_push_move_to_other(BridgePushSettings *settings)
{
	gboolean sandbox = g_strcmp0(settings->target, "sandbox") == 0;

	g_free(settings->target);
	settings->target = g_strdup(sandbox ? "production" : "sandbox");
}

static void
bridge_push_kept_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgePushQueue) queue = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);

	if (receipt == NULL)
		g_warning("what is known of a subscription is not stored: %s", error->message);
	if (queue->push != NULL)
		bridge_push_end_change(queue->push, queue->record->device_id,
		                       queue->settings->type);
}

/* What is known of it has changed; begin_change() was called. */
static void
bridge_push_queue_keep_settings(BridgePushQueue *queue)
{
	BridgeSubscriptionRecord *record = queue->record;
	BridgeStoreBatch *batch = bridge_store_batch_new();

	g_variant_unref(record->settings);
	record->settings = bridge_push_settings_to_variant(queue->settings);
	bridge_store_batch_put_subscription(batch, record);
	bridge_store_commit_async(queue->push->store, batch, bridge_push_kept_cb,
	                          bridge_push_queue_ref(queue));
}

void
bridge_push_queue_note_ahead(BridgePushQueue *queue, guint64 seq)
{
	queue->settings->ahead_seq = MAX(queue->settings->ahead_seq, seq);
	/* Where its device is changing it, it is known as long as this daemon runs. */
	if (bridge_push_begin_change(queue->push, queue->record->device_id, queue->settings->type))
		bridge_push_queue_keep_settings(queue);
}

/* An app that is built for the other environment than it says has moved for the first time when it
 * was told so, and its token is as good as ever where it was. */
gboolean
bridge_push_queue_move_back(BridgePushQueue *queue)
{
	BridgePushSettings *settings = queue->settings;

	if (!settings->moved || settings->verified ||
	    !bridge_push_begin_change(queue->push, queue->record->device_id, settings->type))
		return FALSE;
	settings->moved = FALSE;
	bridge_push_move_to_other(settings);
	bridge_push_queue_keep_settings(queue);
	return TRUE;
}

void
bridge_push_subscribe_async(BridgePush *self, BridgeAccount *account, const char *device_id,
                            BridgePushSettings *settings, GAsyncReadyCallback callback,
                            gpointer user_data)
{
	g_autoptr(BridgePushSettings) owned = settings;
	GTask *task = g_task_new(self, NULL, callback, user_data);
	guint8 hash[BRIDGE_SECRET_HASH_BYTES];
	BridgeStoreBatch *batch;
	GError *error = NULL;

	g_task_set_source_tag(task, bridge_push_subscribe_async);
	if (!bridge_push_check_settings(self, owned, &error) ||
	    !bridge_push_check_room(self, account, device_id, owned->type, &error)) {
		g_task_return_error(task, error);
		g_object_unref(task);
		return;
	}
	if (!bridge_push_begin_change(self, device_id, owned->type)) {
		bridge_push_return_busy(task);
		return;
	}
	g_task_set_task_data(task, bridge_push_change_new(self, account, device_id, owned),
	                     (GDestroyNotify)bridge_push_change_free);
	batch = bridge_store_batch_new();
	if (bridge_push_hash_endpoint(self, owned, hash))
		bridge_store_batch_refuse_buried(batch, hash, BRIDGE_PUSH_GONE_US);
	bridge_push_commit(self, task, batch, bridge_push_subscribed_cb);
}

gboolean
bridge_push_subscribe_finish(BridgePush *self, GAsyncResult *result, gboolean *created,
                             GError **error)
{
	gssize value;

	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);

	value = g_task_propagate_int(G_TASK(result), error);
	*created = value == 1;
	return value >= 0;
}

/* ---- Unsubscribing --------------------------------------------------------------------------- */

static void
bridge_push_unsubscribed_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgePush *self = g_task_get_source_object(task);
	const BridgePushQueue *queue = g_task_get_task_data(task);
	BridgePushQueue *present = NULL;
	GError *error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);

	bridge_push_end_change(self, queue->record->device_id, queue->settings->type);
	if (receipt == NULL) {
		g_task_return_error(task, error);
		return;
	}
	present = bridge_push_find_queue(self, queue->record->device_id, queue->settings->type);
	if (present != NULL)
		bridge_push_remove_queue(self, present);
	g_task_return_boolean(task, TRUE);
}

void
bridge_push_unsubscribe_async(BridgePush *self, const char *device_id, const char *type,
                              GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(self, NULL, callback, user_data);
	BridgePushQueue *queue = bridge_push_find_queue(self, device_id, type);
	BridgeStoreBatch *batch;

	g_task_set_source_tag(task, bridge_push_unsubscribe_async);
	if (queue == NULL) {
		bridge_push_return_not_found(task);
		return;
	}
	if (!bridge_push_begin_change(self, device_id, type)) {
		bridge_push_return_busy(task);
		return;
	}
	g_task_set_task_data(task, bridge_push_queue_ref(queue),
	                     (GDestroyNotify)bridge_push_queue_unref);
	batch = bridge_store_batch_new();
	bridge_store_batch_remove_subscription(batch, queue->record->id);
	bridge_store_commit_async(self->store, batch, bridge_push_unsubscribed_cb, task);
}

gboolean
bridge_push_unsubscribe_finish(BridgePush *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* ---- Verifying ------------------------------------------------------------------------------- */

static gboolean
bridge_push_is_answer(const BridgePushSettings *settings, const char *challenge)
{
	gsize length = strlen(challenge);

	return settings->challenge != NULL && strlen(settings->challenge) == length &&
	       CRYPTO_memcmp(settings->challenge, challenge, length) == 0;
}

/* What was said before it was verified is no news to it. */
static BridgePushChange *
bridge_push_change_new_verified(BridgePushQueue *queue)
{
	BridgePushChange *change = g_new0(BridgePushChange, 1);

	change->type = g_strdup(queue->settings->type);
	change->account = g_object_ref(queue->account);
	change->record = bridge_subscription_record_copy(queue->record);
	g_variant_unref(change->record->settings);
	queue->settings->verified = TRUE;
	change->record->settings = bridge_push_settings_to_variant(queue->settings);
	queue->settings->verified = FALSE;
	change->record->pushed_seq = bridge_account_get_seq(queue->account);
	bridge_push_start_afresh(change->record);
	return change;
}

void
bridge_push_verify_async(BridgePush *self, const char *device_id, const char *type,
                         const char *challenge, GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(self, NULL, callback, user_data);
	BridgePushQueue *queue = bridge_push_find_queue(self, device_id, type);

	g_task_set_source_tag(task, bridge_push_verify_async);
	if (queue == NULL) {
		bridge_push_return_not_found(task);
	} else if (!bridge_push_is_answer(queue->settings, challenge)) {
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
		                        "this is not what was sent to the endpoint");
		g_object_unref(task);
	} else if (queue->settings->verified) {
		g_task_return_int(task, 0);
		g_object_unref(task);
	} else if (!bridge_push_begin_change(self, device_id, type)) {
		bridge_push_return_busy(task);
	} else {
		g_task_set_task_data(task, bridge_push_change_new_verified(queue),
		                     (GDestroyNotify)bridge_push_change_free);
		bridge_push_commit(self, task, bridge_store_batch_new(), bridge_push_subscribed_cb);
	}
}

gboolean
bridge_push_verify_finish(BridgePush *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_int(G_TASK(result), error) >= 0;
}

/* ---- Trying ---------------------------------------------------------------------------------- */

static void
bridge_push_tested_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgePushQueue *queue = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) outcome =
		bridge_push_process_send_finish(BRIDGE_PUSH_PROCESS(source), result, &error);

	if (outcome == NULL) {
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_BUSY, "%s",
		                        error->message);
		return;
	}
	bridge_push_queue_note(queue, outcome, queue->tested_us);
	g_task_return_pointer(task, g_steal_pointer(&outcome), (GDestroyNotify)g_variant_unref);
}

void
bridge_push_test_async(BridgePush *self, const char *device_id, const char *type,
                       GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(self, NULL, callback, user_data);
	BridgePushQueue *queue = bridge_push_find_queue(self, device_id, type);
	gint64 now_us = g_get_monotonic_time();

	g_task_set_source_tag(task, bridge_push_test_async);
	if (queue != NULL && bridge_push_settings_is_expired(queue->settings, g_get_real_time())) {
		bridge_push_queue_wake(queue);
		queue = NULL;
	}
	if (queue == NULL) {
		bridge_push_return_not_found(task);
	} else if ((queue->tested_us != 0 && now_us - queue->tested_us < PUSH_TEST_SPACING_US) ||
	           (!queue->settings->verified &&
	            now_us < bridge_push_get_challenge_us(self, device_id))) {
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_BUSY,
		                        "another one was sent just now");
		g_object_unref(task);
	} else {
		queue->tested_us = now_us;
		if (!queue->settings->verified)
			bridge_push_note_challenge(self, device_id);
		g_task_set_task_data(task, bridge_push_queue_ref(queue),
		                     (GDestroyNotify)bridge_push_queue_unref);
		bridge_push_process_send_async(bridge_push_get_process(self, type), type,
		                               bridge_push_queue_build_signal(queue),
		                               bridge_push_tested_cb, task);
	}
}

GVariant *
bridge_push_test_finish(BridgePush *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), NULL);
	return g_task_propagate_pointer(G_TASK(result), error);
}
