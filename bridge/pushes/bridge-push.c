/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "account/bridge-account-write.h"
#include "base/bridge-json-text.h"
#include "account/bridge-events.h"
#include "link/bridge-clock.h"
#include "bridge-push-credentials.h"
#include "bridge-push-key.h"
#include "bridge-push-private.h"

#define PUSH_PROBE_INTERVAL_MS 15000
#define PUSH_CHALLENGE_SPACING_US (2 * (gint64)G_USEC_PER_SEC)
/* In so long no more go than a fifth of them; so few may, however many there are. */
#define PUSH_PRUNE_WINDOW_US (10 * 60 * (gint64)G_USEC_PER_SEC)
#define PUSH_PRUNE_SHARE 5
#define PUSH_PRUNE_ALWAYS 10

static const char *const bridge_push_mpns_hosts[] = {BRIDGE_PUSH_MPNS_HOSTS, NULL};

G_DEFINE_FINAL_TYPE(BridgePush, bridge_push, G_TYPE_OBJECT)

/* ---- Types ----------------------------------------------------------------------------------- */

const char *const *
bridge_push_get_all_types(BridgePush *self)
{
	return (const char *const *)bridge_config_get_push(self->config)->types;
}

const char *const *
bridge_push_get_types(BridgePush *self)
{
	return (const char *const *)self->device_types;
}

gboolean
bridge_push_has_type(BridgePush *self, const char *type)
{
	return g_strv_contains(bridge_push_get_all_types(self), type) &&
	       (self->translation != NULL || !bridge_push_is_translated(type));
}

/* All but what belongs to the old proxy's API. */
static char **
bridge_push_build_device_types(BridgePush *self)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (const char *const *type = bridge_push_get_all_types(self); *type != NULL; type++)
		if (!bridge_push_is_translated(*type))
			g_strv_builder_add(builder, *type);
	return g_strv_builder_end(builder);
}

const char *
bridge_push_get_vapid_key(BridgePush *self)
{
	return self->vapid_key;
}

BridgePushProcess *
bridge_push_get_process(BridgePush *self, const char *type)
{
	return g_str_equal(type, BRIDGE_PUSH_SERVICE_APNS) ? self->http2_process : self->process;
}

gboolean
bridge_push_check_clock(BridgePush *self)
{
	gboolean wrong = !bridge_clock_is_right();

	if (wrong && !self->clock_wrong)
		g_warning("nothing is pushed for now: the clock stands before the day that this "
		          "program was built on, and nobody takes what is signed then");
	else if (!wrong && self->clock_wrong)
		g_message("the clock may be right again: what waits is pushed");
	self->clock_wrong = wrong;
	return !wrong;
}

/* ---- Queues ---------------------------------------------------------------------------------- */

static char *
bridge_push_build_key(const char *device_id, const char *type)
{
	return g_strconcat(device_id, "\n", type, NULL);
}

BridgePushQueue *
bridge_push_find_queue(BridgePush *self, const char *device_id, const char *type)
{
	g_autofree char *key = bridge_push_build_key(device_id, type);

	return g_hash_table_lookup(self->queues, key);
}

static void
bridge_push_let_go(gpointer data)
{
	bridge_push_queue_leave(data);
	bridge_push_queue_unref(data);
}

void
bridge_push_add_queue(BridgePush *self, BridgePushQueue *queue)
{
	g_hash_table_replace(self->queues,
	                     bridge_push_build_key(queue->record->device_id, queue->settings->type),
	                     queue);
	bridge_push_queue_wake(queue);
}

void
bridge_push_remove_queue(BridgePush *self, BridgePushQueue *queue)
{
	g_autofree char *key =
		bridge_push_build_key(queue->record->device_id, queue->settings->type);

	g_hash_table_remove(self->queues, key);
}

/* ---- Changes --------------------------------------------------------------------------------- */

gboolean
bridge_push_begin_change(BridgePush *self, const char *device_id, const char *type)
{
	char *key = bridge_push_build_key(device_id, type);

	return g_hash_table_add(self->changing, key);
}

gboolean
bridge_push_end_change(BridgePush *self, const char *device_id, const char *type)
{
	g_autofree char *key = bridge_push_build_key(device_id, type);

	return g_hash_table_remove(self->changing, key);
}

gint64
bridge_push_get_challenge_us(BridgePush *self, const char *device_id)
{
	const gint64 *last_us = g_hash_table_lookup(self->challenged, device_id);

	return last_us != NULL ? *last_us + PUSH_CHALLENGE_SPACING_US : 0;
}

void
bridge_push_note_challenge(BridgePush *self, const char *device_id)
{
	gint64 now_us = g_get_monotonic_time();

	g_hash_table_replace(self->challenged, g_strdup(device_id),
	                     g_memdup2(&now_us, sizeof now_us));
}

/* ---- What is no more ------------------------------------------------------------------------- */

/* Counts it, too. */
static gboolean
bridge_push_may_prune(BridgePush *self, const char *type)
{
	int found = bridge_push_service_find(type);
	gint64 now_us = g_get_monotonic_time();
	BridgePushCounts counts;

	if (now_us - self->prune_window_us[found] > PUSH_PRUNE_WINDOW_US) {
		self->prune_window_us[found] = now_us;
		self->prune_window[found] = 0;
	}
	bridge_push_count(self, type, &counts);
	/* Of those that there were at its beginning, more or less. */
	if (self->prune_window[found] >=
	    MAX(PUSH_PRUNE_ALWAYS,
	        (counts.subscriptions + self->prune_window[found]) / PUSH_PRUNE_SHARE))
		return FALSE;
	self->prune_window[found]++;
	return TRUE;
}

/* Nothing is remembered of others: a webhook may be there again at the same place. */
gboolean
bridge_push_hash_endpoint(BridgePush *self, const BridgePushSettings *settings,
                          guint8 hash[BRIDGE_SECRET_HASH_BYTES])
{
	g_autofree char *name = NULL;

	if (!g_str_equal(settings->type, BRIDGE_PUSH_SERVICE_WEB))
		return FALSE;
	name = bridge_push_key_build_name(bridge_store_get_push_key(self->store), "gone", "",
	                                  settings->endpoint, 0);
	bridge_secret_hash(name, hash);
	return TRUE;
}

gboolean
bridge_push_prune(BridgePush *self, BridgePushQueue *queue, const char *reason)
{
	const char *type = queue->settings->type;
	g_autofree char *key = bridge_push_build_key(queue->record->device_id, type);
	guint8 hash[BRIDGE_SECRET_HASH_BYTES];
	BridgeWrite *write;
	GString *text;

	if (g_hash_table_contains(self->changing, key) || !bridge_push_may_prune(self, type))
		return FALSE;
	g_message("a subscription by %s of the account %s is no more: %s", type,
	          queue->record->account_id, reason);
	text = bridge_json_text_begin();
	bridge_json_text_add(text, "device", queue->record->device_id);
	bridge_json_text_add(text, "type", type);
	bridge_json_text_add(text, "reason", reason);
	bridge_json_text_end(text);
	write = bridge_write_new(queue->account, NULL);
	bridge_write_remove_subscription(write, queue->record->id);
	if (g_str_equal(reason, "gone") && bridge_push_hash_endpoint(self, queue->settings, hash))
		bridge_write_bury_endpoint(write, hash);
	bridge_write_add_event(
		write, bridge_event_new_of_json(BRIDGE_EVENT_PUSH_TROUBLE, text->str), NULL);
	bridge_write_commit(write, NULL, NULL);
	g_string_free(text, TRUE);
	self->counts[bridge_push_service_find(type)].pruned++;
	bridge_push_translation_tell_gone(queue);
	bridge_push_remove_queue(self, queue);
	return TRUE;
}

/* ---- What the store has ---------------------------------------------------------------------- */

typedef struct {
	BridgePush *push;
	BridgeAccount *account;
	GPtrArray *subscriptions; /* NULL: to be loaded */
} BridgePushLoading;

static void
bridge_push_loading_free(BridgePushLoading *loading)
{
	g_hash_table_remove(loading->push->loading, bridge_account_get_id(loading->account));
	g_object_unref(loading->push);
	g_object_unref(loading->account);
	g_clear_pointer(&loading->subscriptions, g_ptr_array_unref);
	g_free(loading);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgePushLoading, bridge_push_loading_free)

static void
bridge_push_take_device(BridgePushLoading *loading, const BridgeDeviceRecord *device)
{
	for (guint i = 0; i < loading->subscriptions->len; i++) {
		const BridgeSubscriptionRecord *record =
			g_ptr_array_index(loading->subscriptions, i);
		BridgePushQueue *queue;

		if (!g_str_equal(record->device_id, device->id))
			continue;
		queue = bridge_push_queue_new(loading->push, loading->account,
		                              bridge_subscription_record_copy(record),
		                              device->acked_seq);
		bridge_push_past_lose(queue->past);
		/* One of a type that is no more allowed stays where it is. */
		if (bridge_push_has_type(loading->push, queue->settings->type) &&
		    bridge_push_find_queue(loading->push, device->id, queue->settings->type) ==
		            NULL)
			bridge_push_add_queue(loading->push, queue);
		else
			bridge_push_let_go(queue);
	}
}

static void
bridge_push_devices_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgePushLoading) loading = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) devices =
		bridge_store_load_devices_finish(BRIDGE_STORE(source), result, &error);

	if (devices == NULL) {
		g_warning("subscriptions cannot be read: %s", error->message);
		return;
	}
	for (guint i = 0; i < devices->len && !loading->push->stopped; i++)
		bridge_push_take_device(loading, g_ptr_array_index(devices, i));
}

static void
bridge_push_loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgePushLoading) loading = user_data;
	const char *account_id = bridge_account_get_id(loading->account);
	g_autoptr(GError) error = NULL;

	loading->subscriptions =
		bridge_store_load_subscriptions_finish(BRIDGE_STORE(source), result, &error);
	if (loading->subscriptions == NULL)
		g_warning("subscriptions cannot be read: %s", error->message);
	else if (loading->subscriptions->len > 0)
		bridge_store_load_devices_async(BRIDGE_STORE(source), account_id, NULL,
		                                bridge_push_devices_cb, g_steal_pointer(&loading));
}

static void
bridge_push_account_added_cb(BridgeAccounts *accounts, BridgeAccount *account, gpointer user_data)
{
	BridgePush *self = user_data;
	BridgePushLoading *loading;

	if (self->process == NULL)
		return;
	loading = g_new0(BridgePushLoading, 1);
	loading->push = g_object_ref(self);
	loading->account = g_object_ref(account);
	g_hash_table_add(self->loading, g_strdup(bridge_account_get_id(account)));
	bridge_store_load_subscriptions_async(self->store, bridge_account_get_id(account), NULL,
	                                      bridge_push_loaded_cb, loading);
}

/* ---- What devices do ------------------------------------------------------------------------- */

static void
bridge_push_device_acked_cb(BridgeAccounts *accounts, const char *device_id, guint64 seq,
                            gpointer user_data)
{
	for (guint i = 0; i < BRIDGE_PUSH_N_SERVICES; i++) {
		BridgePushQueue *queue =
			bridge_push_find_queue(user_data, device_id, bridge_push_services[i]);

		if (queue != NULL)
			bridge_push_queue_acked(queue, seq);
	}
}

static void
bridge_push_device_removed_cb(BridgeAccounts *accounts, const char *device_id, gpointer user_data)
{
	BridgePush *self = user_data;

	for (guint i = 0; i < BRIDGE_PUSH_N_SERVICES; i++) {
		g_autofree char *key = bridge_push_build_key(device_id, bridge_push_services[i]);

		g_hash_table_remove(self->queues, key);
		g_hash_table_remove(self->changing, key);
	}
	g_hash_table_remove(self->challenged, device_id);
}

/* ---- Looking --------------------------------------------------------------------------------- */

static void
bridge_push_fill_status(const BridgePushQueue *queue, BridgePushStatus *status)
{
	*status = (BridgePushStatus){
		.id = queue->record->id,
		.account_id = queue->record->account_id,
		.device_id = queue->record->device_id,
		.settings = queue->settings,
		.created_us = queue->record->created_us,
		.last_success_us = queue->record->last_success_us,
		.last_error_us = queue->record->last_failure_us,
		.last_error = queue->record->last_error,
		.attempts = queue->record->attempts,
		.next_try_us = queue->record->attempts > 0 ? queue->record->not_before_us : 0,
		.queue_length = queue->queue_length,
	};
}

gboolean
bridge_push_is_ready(BridgePush *self, BridgeAccount *account)
{
	return !g_hash_table_contains(self->loading, bridge_account_get_id(account));
}

gboolean
bridge_push_get_status(BridgePush *self, const char *device_id, const char *type,
                       BridgePushStatus *status)
{
	BridgePushQueue *queue = bridge_push_find_queue(self, device_id, type);

	if (queue != NULL)
		bridge_push_fill_status(queue, status);
	return queue != NULL;
}

void
bridge_push_foreach(BridgePush *self, BridgePushStatusFunc func, gpointer user_data)
{
	GHashTableIter iter;
	gpointer value;
	BridgePushStatus status;

	g_hash_table_iter_init(&iter, self->queues);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		bridge_push_fill_status(value, &status);
		func(&status, user_data);
	}
}

void
bridge_push_count(BridgePush *self, const char *type, BridgePushCounts *counts)
{
	GHashTableIter iter;
	gpointer value;
	int found = bridge_push_service_find(type);

	*counts = (BridgePushCounts){{0}};
	if (found < 0)
		return;
	*counts = self->counts[found];
	g_hash_table_iter_init(&iter, self->queues);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const BridgePushQueue *queue = value;

		if (!g_str_equal(queue->settings->type, type))
			continue;
		counts->subscriptions++;
		counts->queue_length += queue->queue_length;
	}
}

guint
bridge_push_count_paused(BridgePush *self)
{
	return bridge_push_origins_count_paused(self->origins);
}

/* ---- Its life -------------------------------------------------------------------------------- */

void
bridge_push_unseal(BridgePush *self, BridgeStore *store)
{
	const BridgePushConfig *push = bridge_config_get_push(self->config);
	g_autoptr(GHashTable) credentials = bridge_push_credentials_load(push, store);
	g_autoptr(BridgePushToken) token = NULL;
	BridgePushProcessOptions options = {
		.program = push->program,
		.contact = push->contact,
		.ca_directory = bridge_config_get_ca_directory(self->config),
		.allow = (const char *const *)push->allow,
		.hosts = (const char *const *)push->hosts,
		.fcm_url = push->fcm_url,
		.fcm_token_url = push->fcm_token_url,
		.credentials = credentials,
		.deadline_ms = BRIDGE_PUSH_DEADLINE_MS,
		.probe_interval_ms = PUSH_PROBE_INTERVAL_MS,
	};

	if (push->types[0] == NULL || self->stopped)
		return;
	self->store = g_object_ref(store);
	self->rules = bridge_push_rules_new(options.allow, options.hosts);
	self->mpns_rules = bridge_push_rules_new(options.allow, bridge_push_mpns_hosts);
	self->process = bridge_push_process_new(&options, bridge_store_get_push_key(store));
	if (bridge_push_has_type(self, BRIDGE_PUSH_SERVICE_APNS))
		token = bridge_push_token_new(store);
	options.token = token;
	options.apns_url = push->apns_url;
	options.apns_sandbox_url = push->apns_sandbox_url;
	options.apns_key_id = push->apns_key_id;
	options.apns_team_id = push->apns_team_id;
	options.apns_topic = push->apns_topic;
	self->http2_process = bridge_push_process_new(&options, bridge_store_get_push_key(store));
	if (bridge_push_has_type(self, BRIDGE_PUSH_SERVICE_WEB))
		self->vapid_key = bridge_push_key_dup_public(bridge_store_get_push_key(store));
}

void
bridge_push_stop(BridgePush *self)
{
	self->stopped = TRUE;
	g_hash_table_remove_all(self->queues);
	bridge_push_origins_stop(self->origins);
	if (self->process != NULL)
		bridge_push_process_stop(self->process);
	if (self->http2_process != NULL)
		bridge_push_process_stop(self->http2_process);
}

BridgePush *
bridge_push_new(BridgeConfig *config, BridgeAccounts *accounts)
{
	BridgePush *self = g_object_new(BRIDGE_TYPE_PUSH, NULL);

	self->config = config;
	self->device_types = bridge_push_build_device_types(self);
	self->accounts = g_object_ref(accounts);
	g_signal_connect(accounts, "account-added", G_CALLBACK(bridge_push_account_added_cb), self);
	g_signal_connect(accounts, "device-acked", G_CALLBACK(bridge_push_device_acked_cb), self);
	g_signal_connect(accounts, "device-removed", G_CALLBACK(bridge_push_device_removed_cb),
	                 self);
	return self;
}

static void
bridge_push_dispose(GObject *object)
{
	BridgePush *self = BRIDGE_PUSH(object);

	g_hash_table_remove_all(self->queues);
	bridge_push_origins_stop(self->origins);
	if (self->accounts != NULL)
		g_signal_handlers_disconnect_by_data(self->accounts, self);
	g_clear_object(&self->accounts);
	g_clear_object(&self->process);
	g_clear_object(&self->http2_process);
	g_clear_object(&self->store);
	G_OBJECT_CLASS(bridge_push_parent_class)->dispose(object);
}

static void
bridge_push_finalize(GObject *object)
{
	BridgePush *self = BRIDGE_PUSH(object);

	g_hash_table_unref(self->queues);
	g_hash_table_unref(self->changing);
	g_hash_table_unref(self->loading);
	g_hash_table_unref(self->challenged);
	g_clear_pointer(&self->rules, bridge_push_rules_free);
	g_clear_pointer(&self->mpns_rules, bridge_push_rules_free);
	bridge_push_origins_unref(self->origins);
	g_free(self->vapid_key);
	g_strfreev(self->device_types);
	G_OBJECT_CLASS(bridge_push_parent_class)->finalize(object);
}

static void
bridge_push_class_init(BridgePushClass *klass)
{
	GObjectClass *object_class = G_OBJECT_CLASS(klass);

	object_class->dispose = bridge_push_dispose;
	object_class->finalize = bridge_push_finalize;
}

static void
bridge_push_init(BridgePush *self)
{
	self->origins = bridge_push_origins_new(NULL);
	self->queues = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, bridge_push_let_go);
	self->changing = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	self->loading = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	self->challenged = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}
