/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-legacy"

#include "legacy-phones.h"

#include "base/bridge-error.h"
#include "base/bridge-log.h"
#include "link/bridge-push-link.h"
#include "link/bridge-timers.h"

#define PHONES_SWEEP_S_MAX 60

struct _LegacyPhones {
	BridgeAccounts *accounts;
	BridgePush *push;
	BridgeConfig *config;   /* borrowed */
	GHashTable *of;         /* BridgeAccount (borrowed: its LegacyAccount has it) -> that */
	GCancellable *stopping; /* what is under way does not come back */
	guint sweep;
	LegacyPhonesHear hear; /* NULL: nobody does */
	gpointer hear_data;
};

/* ---- What is kept ---------------------------------------------------------------------------- */

static void
phones_kept_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeAccount *account = BRIDGE_ACCOUNT(source);
	g_autoptr(GError) error = NULL;

	if (!legacy_account_keep_finish(account, result, &error))
		bridge_log_account(G_LOG_LEVEL_WARNING, bridge_account_get_id(account),
		                   "account %s: its phones: %s", bridge_account_get_id(account),
		                   error->message);
}

LegacyAccount *
legacy_phones_find(LegacyPhones *self, BridgeAccount *account)
{
	return g_hash_table_lookup(self->of, account);
}

static void
phones_erased_cb(BridgeAccount *account, gpointer user_data)
{
	LegacyPhones *self = user_data;

	g_signal_handlers_disconnect_by_data(account, self);
	g_hash_table_remove(self->of, account);
}

static void
phones_ephemeral_cb(BridgeAccount *account, const char *type, const char *json, gpointer user_data)
{
	LegacyPhones *self = user_data;

	if (self->hear != NULL)
		self->hear(legacy_phones_find(self, account), type, json, self->hear_data);
}

void
legacy_phones_set_hear(LegacyPhones *self, LegacyPhonesHear hear, gpointer user_data)
{
	self->hear = hear;
	self->hear_data = user_data;
}

/* @account: (transfer full) */
static void
phones_insert(LegacyPhones *self, LegacyAccount *account)
{
	g_hash_table_insert(self->of, account->account, account);
	g_signal_connect(account->account, "erased", G_CALLBACK(phones_erased_cb), self);
	g_signal_connect(account->account, "ephemeral", G_CALLBACK(phones_ephemeral_cb), self);
}

LegacyAccount *
legacy_phones_ensure(LegacyPhones *self, BridgeAccount *account, guint64 queue)
{
	if (!g_hash_table_contains(self->of, account))
		phones_insert(self, legacy_account_new(account, queue));
	return legacy_phones_find(self, account);
}

static void
phones_account_added_cb(BridgeAccounts *accounts, BridgeAccount *account, gpointer user_data)
{
	LegacyAccount *loaded = legacy_account_load(account);

	if (loaded != NULL)
		phones_insert(user_data, loaded);
}

LegacyAccount *
legacy_phones_find_proof(LegacyPhones *self, const char *proof, LegacyPhone **phone)
{
	GHashTableIter iter;
	gpointer account;

	g_hash_table_iter_init(&iter, self->of);
	while (g_hash_table_iter_next(&iter, NULL, &account)) {
		*phone = legacy_account_find_proof(account, proof);
		if (*phone != NULL)
			return account;
	}
	return NULL;
}

void
legacy_phones_foreach(LegacyPhones *self, LegacyPhonesFunc func, gpointer user_data)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, self->of);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		LegacyAccount *account = value;

		if (account->phones->len > 0 && !func(account, user_data))
			return;
	}
}

/* ---- Callbacks ------------------------------------------------------------------------------- */

static void
phones_release_callback(LegacyPhones *self, LegacyAccount *owner, LegacyAccount *taker,
                        const LegacyPhone *phone, const char *url)
{
	legacy_account_disinherit(owner, url);
	for (guint i = owner->phones->len; i > 0; i--) {
		LegacyPhone *other = g_ptr_array_index(owner->phones, i - 1);

		if (other == phone || g_strcmp0(other->callback, url) != 0)
			continue;
		g_clear_pointer(&other->callback, g_free);
		other->handing = 0;
		if (owner == taker) {
			legacy_phones_end_async(self, owner->account, other->device_id, NULL, NULL);
		} else {
			legacy_account_keep_async(owner, phones_kept_cb, NULL);
			bridge_push_unsubscribe_async(self->push, other->device_id,
			                              BRIDGE_PUSH_SERVICE_MPNS, NULL, NULL);
		}
	}
}

void
legacy_phones_take_callback(LegacyPhones *self, LegacyAccount *account, LegacyPhone *phone,
                            const char *url)
{
	GHashTableIter iter;
	gpointer owner;

	g_hash_table_iter_init(&iter, self->of);
	while (g_hash_table_iter_next(&iter, NULL, &owner))
		phones_release_callback(self, owner, account, phone, url);
	g_free(phone->callback);
	phone->callback = g_strdup(url);
}

/* ---- The end of a session -------------------------------------------------------------------- */

typedef struct {
	LegacyPhones *phones;
	LegacyAccount *account;
} PhonesCount;

static void
phones_count_free(PhonesCount *count)
{
	legacy_account_unref(count->account);
	g_free(count);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PhonesCount, phones_count_free)

static void
phones_counted_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(PhonesCount) count = user_data;
	g_autoptr(GPtrArray) devices =
		bridge_store_load_devices_finish(BRIDGE_STORE(source), result, NULL);

	if (devices == NULL || !count->account->leaving)
		return; /* the next sweep asks again, if it has to */
	count->account->leaving =
		devices->len == 0 && !bridge_account_leave_idle(count->account->account);
}

/* Unless somebody else has it. */
static void
phones_leave(LegacyPhones *self, LegacyAccount *account)
{
	PhonesCount *count = g_new0(PhonesCount, 1);

	count->phones = self;
	count->account = legacy_account_ref(account);
	bridge_store_load_devices_async(bridge_accounts_get_store(self->accounts),
	                                bridge_account_get_id(account->account), self->stopping,
	                                phones_counted_cb, count);
}

/* By whomever. */
static void
phones_device_removed_cb(BridgeAccounts *accounts, const char *device_id, gpointer user_data)
{
	LegacyPhones *self = user_data;
	GHashTableIter iter;
	gpointer account;

	g_hash_table_iter_init(&iter, self->of);
	while (g_hash_table_iter_next(&iter, NULL, &account))
		if (legacy_account_remove_phone(account, device_id)) {
			legacy_account_keep_async(account, phones_kept_cb, NULL);
			return;
		}
}

static void
phones_ended_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	LegacyPhones *self = g_task_get_task_data(task);
	BridgeAccount *account = BRIDGE_ACCOUNT(g_task_get_source_object(task));
	g_autoptr(GError) error = NULL;
	LegacyAccount *kept = NULL;

	if (!bridge_accounts_remove_device_finish(BRIDGE_ACCOUNTS(source), result, &error) &&
	    !g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_FOUND)) {
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	if (!g_cancellable_is_cancelled(g_task_get_cancellable(task)))
		kept = legacy_phones_find(self, account);
	if (kept != NULL && kept->phones->len == 0) {
		kept->leaving = TRUE;
		phones_leave(self, kept);
	}
	g_task_return_boolean(task, TRUE);
}

void
legacy_phones_end_async(LegacyPhones *self, BridgeAccount *account, const char *device_id,
                        GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(account, self->stopping, callback, user_data);

	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, self, NULL);
	bridge_accounts_remove_device_async(self->accounts, account, device_id, phones_ended_cb,
	                                    task);
}

gboolean
legacy_phones_end_finish(LegacyPhones *self, GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* ---- Time ------------------------------------------------------------------------------------ */

void
legacy_phones_note_act(LegacyAccount *account, const char *device_id)
{
	LegacyPhone *phone = legacy_account_find_phone(account, device_id);

	if (phone != NULL)
		phone->act_s = g_get_monotonic_time() / G_USEC_PER_SEC;
}

static void
phones_sweep_account(LegacyPhones *self, LegacyAccount *account, gint64 before_s)
{
	for (guint i = account->phones->len; i > 0; i--) {
		const LegacyPhone *phone = g_ptr_array_index(account->phones, i - 1);

		if (phone->act_s <= before_s)
			legacy_phones_end_async(self, account->account, phone->device_id, NULL,
			                        NULL);
	}
	if (account->leaving)
		phones_leave(self, account);
}

static void
phones_plan(LegacyPhones *self);

static gboolean
phones_sweep_cb(gpointer user_data)
{
	LegacyPhones *self = user_data;
	guint session_s = bridge_config_get_legacy(self->config)->session_s;
	gint64 before_s =
		session_s > 0 ? g_get_monotonic_time() / G_USEC_PER_SEC - session_s : G_MININT64;
	GHashTableIter iter;
	gpointer account;

	self->sweep = 0;
	g_hash_table_iter_init(&iter, self->of);
	while (g_hash_table_iter_next(&iter, NULL, &account))
		phones_sweep_account(self, account, before_s);
	phones_plan(self);
	return G_SOURCE_REMOVE;
}

/* Often enough for the time that is configured now, which may become another one. */
static void
phones_plan(LegacyPhones *self)
{
	guint session_s = bridge_config_get_legacy(self->config)->session_s;
	guint interval_s =
		session_s > 0 ? CLAMP(session_s / 10, 1, PHONES_SWEEP_S_MAX) : PHONES_SWEEP_S_MAX;

	self->sweep = bridge_timers_add_seconds(interval_s, phones_sweep_cb, self);
}

/* ---- Making ---------------------------------------------------------------------------------- */

LegacyPhones *
legacy_phones_new(BridgeAccounts *accounts, BridgePush *push, BridgeConfig *config)
{
	LegacyPhones *self = g_new0(LegacyPhones, 1);

	self->accounts = g_object_ref(accounts);
	self->push = g_object_ref(push);
	self->config = config;
	self->of = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)legacy_account_unref);
	self->stopping = g_cancellable_new();
	g_signal_connect(accounts, "account-added", G_CALLBACK(phones_account_added_cb), self);
	g_signal_connect(accounts, "device-removed", G_CALLBACK(phones_device_removed_cb), self);
	phones_plan(self);
	return self;
}

void
legacy_phones_free(LegacyPhones *self)
{
	GHashTableIter iter;
	gpointer account;

	g_cancellable_cancel(self->stopping);
	g_clear_handle_id(&self->sweep, bridge_timers_remove);
	g_signal_handlers_disconnect_by_data(self->accounts, self);
	g_hash_table_iter_init(&iter, self->of);
	while (g_hash_table_iter_next(&iter, &account, NULL))
		g_signal_handlers_disconnect_by_data(account, self);
	g_hash_table_unref(self->of);
	g_object_unref(self->stopping);
	g_object_unref(self->push);
	g_object_unref(self->accounts);
	g_free(self);
}
