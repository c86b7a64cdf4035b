/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-devices.c: whose access token is this, how far has a device come, and signing one out. */
#include "config.h"

#include "bridge-accounts-private.h"

#include <string.h>

#include "base/bridge-error.h"
#include "base/bridge-secret.h"

#define DEVICES_TOKENS_CACHED 4096
#define DEVICES_TOKEN_BYTES_MAX 256

/* ---- Bearer tokens --------------------------------------------------------------------------- */

typedef struct {
	BridgeAccount *account;
	BridgeDeviceRecord *device;
} BridgeBearer;

static void
bridge_bearer_free(BridgeBearer *bearer)
{
	g_clear_object(&bearer->account);
	g_clear_pointer(&bearer->device, bridge_device_record_free);
	g_free(bearer);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeBearer, bridge_bearer_free)

typedef struct {
	guint8 hash[BRIDGE_SECRET_HASH_BYTES];
	guint generation;
} BridgeLookUp;

/* FALSE: its account goes at this very moment. */
static gboolean
bridge_devices_identify(BridgeAccounts *self, const BridgeDeviceRecord *found,
                        BridgeAccount **account, BridgeDeviceRecord **device)
{
	BridgeAccount *of = g_hash_table_lookup(self->accounts, found->account_id);

	if (of == NULL)
		return FALSE;
	*account = g_object_ref(of);
	*device = bridge_device_record_copy(found);
	return TRUE;
}

static gboolean
bridge_devices_return(BridgeAccounts *self, GTask *task, const BridgeDeviceRecord *device)
{
	g_autoptr(BridgeBearer) bearer = g_new0(BridgeBearer, 1);

	if (!bridge_devices_identify(self, device, &bearer->account, &bearer->device))
		return FALSE;
	g_task_return_pointer(task, g_steal_pointer(&bearer), (GDestroyNotify)bridge_bearer_free);
	return TRUE;
}

static void
bridge_devices_cache(BridgeAccounts *self, const BridgeLookUp *look_up,
                     const BridgeDeviceRecord *device)
{
	/* Something was revoked while we looked: it may have been this. */
	if (look_up->generation != self->generation)
		return;
	if (g_hash_table_size(self->tokens) >= DEVICES_TOKENS_CACHED)
		g_hash_table_remove_all(self->tokens);
	g_hash_table_insert(self->tokens, g_bytes_new(look_up->hash, sizeof look_up->hash),
	                    bridge_device_record_copy(device));
}

void
bridge_devices_refuse(GTask *task, BridgeTokenState state)
{
	switch (state) {
	case BRIDGE_TOKEN_REVOKED:
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_TOKEN_REVOKED,
		                        "this device was signed out");
		return;
	case BRIDGE_TOKEN_ERASED:
	case BRIDGE_TOKEN_VALID: /* its account goes at this very moment */
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_ACCOUNT_ERASED,
		                        "the account was erased");
		return;
	case BRIDGE_TOKEN_UNKNOWN:
		break;
	}
	g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_TOKEN_UNKNOWN,
	                        "this access token is not known");
}

static void
bridge_devices_found_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgeAccounts *self = g_task_get_source_object(task);
	const BridgeLookUp *look_up = g_task_get_task_data(task);
	BridgeTokenState state = BRIDGE_TOKEN_UNKNOWN;
	g_autoptr(BridgeDeviceRecord) device = NULL;
	g_autoptr(GError) error = NULL;

	if (!bridge_store_find_device_finish(BRIDGE_STORE(source), result, &state, &device,
	                                     &error)) {
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	if (state == BRIDGE_TOKEN_VALID && bridge_devices_return(self, task, device))
		bridge_devices_cache(self, look_up, device);
	else
		bridge_devices_refuse(task, state);
}

void
bridge_accounts_hash_bearer(const char *bearer, guint8 hash[BRIDGE_SECRET_HASH_BYTES])
{
	memset(hash, 0, BRIDGE_SECRET_HASH_BYTES);
	/* What is longer is nobody's, and is not worth its hash. */
	if (strlen(bearer) <= DEVICES_TOKEN_BYTES_MAX)
		bridge_secret_hash(bearer, hash);
}

gboolean
bridge_accounts_recognize(BridgeAccounts *self, const guint8 hash[BRIDGE_SECRET_HASH_BYTES],
                          BridgeAccount **account, BridgeDeviceRecord **device)
{
	g_autoptr(GBytes) key = g_bytes_new(hash, BRIDGE_SECRET_HASH_BYTES);
	const BridgeDeviceRecord *cached = NULL;

	g_return_val_if_fail(BRIDGE_IS_ACCOUNTS(self), FALSE);

	cached = g_hash_table_lookup(self->tokens, key);
	return cached != NULL && bridge_devices_identify(self, cached, account, device);
}

void
bridge_accounts_authenticate_async(BridgeAccounts *self,
                                   const guint8 hash[BRIDGE_SECRET_HASH_BYTES],
                                   GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
	BridgeLookUp *look_up = NULL;

	g_return_if_fail(BRIDGE_IS_ACCOUNTS(self));

	g_task_set_source_tag(task, bridge_accounts_authenticate_async);
	if (!bridge_accounts_check_unsealed(self, task))
		return;
	look_up = g_new0(BridgeLookUp, 1);
	memcpy(look_up->hash, hash, sizeof look_up->hash);
	look_up->generation = self->generation;
	g_task_set_task_data(task, look_up, g_free);
	bridge_store_find_device_async(self->store, hash, NULL, bridge_devices_found_cb,
	                               g_steal_pointer(&task));
}

gboolean
bridge_accounts_authenticate_finish(BridgeAccounts *self, GAsyncResult *result,
                                    BridgeAccount **account, BridgeDeviceRecord **device,
                                    GError **error)
{
	g_autoptr(BridgeBearer) bearer = NULL;

	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);

	bearer = g_task_propagate_pointer(G_TASK(result), error);
	if (bearer == NULL)
		return FALSE;
	*account = g_steal_pointer(&bearer->account);
	*device = g_steal_pointer(&bearer->device);
	return TRUE;
}

typedef struct {
	const char *account_id; /* or NULL */
	const char *device_id;  /* or NULL */
} BridgeForget;

static gboolean
bridge_devices_is_forgotten(gpointer key, gpointer value, gpointer user_data)
{
	const BridgeDeviceRecord *device = value;
	const BridgeForget *forget = user_data;

	return g_strcmp0(device->account_id, forget->account_id) == 0 ||
	       g_strcmp0(device->id, forget->device_id) == 0;
}

void
bridge_devices_forget(BridgeAccounts *self, const char *account_id, const char *device_id)
{
	BridgeForget forget = {account_id, device_id};

	self->generation++;
	g_hash_table_foreach_remove(self->tokens, bridge_devices_is_forgotten, &forget);
}

/* ---- Acknowledging --------------------------------------------------------------------------- */

/* A device of an account, and how far it has come. */
typedef struct {
	char *account_id;
	char *device_id;
	guint64 seq;
} BridgeDeviceCall;

static void
bridge_device_call_free(BridgeDeviceCall *call)
{
	g_free(call->account_id);
	g_free(call->device_id);
	g_free(call);
}

static GTask *
bridge_devices_begin_call(BridgeAccounts *self, BridgeAccount *account, const char *device_id,
                          guint64 seq, gpointer tag, GAsyncReadyCallback callback,
                          gpointer user_data)
{
	GTask *task = g_task_new(self, NULL, callback, user_data);
	BridgeDeviceCall *call = g_new0(BridgeDeviceCall, 1);

	call->account_id = g_strdup(bridge_account_get_id(account));
	call->device_id = g_strdup(device_id);
	call->seq = seq;
	g_task_set_source_tag(task, tag);
	g_task_set_task_data(task, call, (GDestroyNotify)bridge_device_call_free);
	return task;
}

static void
bridge_devices_raise_cached(BridgeAccounts *self, const BridgeDeviceCall *call)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, self->tokens);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		BridgeDeviceRecord *device = value;

		if (g_str_equal(device->id, call->device_id))
			device->acked_seq = MAX(device->acked_seq, call->seq);
	}
}

static void
bridge_devices_acked_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgeAccounts *self = g_task_get_source_object(task);
	const BridgeDeviceCall *call = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);

	if (receipt == NULL) {
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	/* A look-up under way may have read the position from before. */
	self->generation++;
	bridge_devices_raise_cached(self, call);
	g_signal_emit_by_name(self, "device-acked", call->device_id, call->seq);
	g_task_return_boolean(task, TRUE);
}

void
bridge_accounts_ack_async(BridgeAccounts *self, BridgeAccount *account, const char *device_id,
                          guint64 seq, GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = NULL;
	BridgeStoreBatch *batch;

	g_return_if_fail(BRIDGE_IS_ACCOUNTS(self));

	task = bridge_devices_begin_call(self, account, device_id, seq, bridge_accounts_ack_async,
	                                 callback, user_data);
	if (account->erased) {
		bridge_devices_refuse(task, BRIDGE_TOKEN_ERASED);
		return;
	}
	if (seq > bridge_account_get_seq(account)) {
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
		                        "the cursor is beyond the last event");
		return;
	}
	batch = bridge_store_batch_new();
	bridge_store_batch_ack(batch, device_id, seq);
	bridge_store_commit_async(self->store, batch, bridge_devices_acked_cb,
	                          g_steal_pointer(&task));
}

gboolean
bridge_accounts_ack_finish(BridgeAccounts *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* ---- Signing a device out -------------------------------------------------------------------- */

static void
bridge_devices_removed_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgeAccounts *self = g_task_get_source_object(task);
	const BridgeDeviceCall *call = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);

	/* Who was let in between the first time and now is out as well. */
	bridge_devices_forget(self, NULL, call->device_id);
	if (receipt == NULL) {
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	bridge_accounts_emit(self, BRIDGE_ACCOUNTS_SIGNAL_DEVICE_REMOVED, call->device_id);
	g_task_return_boolean(task, TRUE);
}

static gboolean
bridge_devices_contain(GPtrArray *devices, const char *device_id)
{
	for (guint i = 0; i < devices->len; i++) {
		const BridgeDeviceRecord *device = g_ptr_array_index(devices, i);

		if (g_str_equal(device->id, device_id))
			return TRUE;
	}
	return FALSE;
}

static void
bridge_devices_loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgeAccounts *self = g_task_get_source_object(task);
	const BridgeDeviceCall *call = g_task_get_task_data(task);
	BridgeStoreBatch *batch;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) devices =
		bridge_store_load_devices_finish(BRIDGE_STORE(source), result, &error);

	if (devices == NULL) {
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	if (!bridge_devices_contain(devices, call->device_id)) {
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_NOT_FOUND,
		                        "the account has no such device");
		return;
	}
	bridge_devices_forget(self, NULL, call->device_id);
	batch = bridge_store_batch_new();
	bridge_store_batch_remove_device(batch, call->device_id);
	bridge_store_commit_async(self->store, batch, bridge_devices_removed_cb,
	                          g_steal_pointer(&task));
}

void
bridge_accounts_remove_device_async(BridgeAccounts *self, BridgeAccount *account,
                                    const char *device_id, GAsyncReadyCallback callback,
                                    gpointer user_data)
{
	g_return_if_fail(BRIDGE_IS_ACCOUNTS(self));

	bridge_store_load_devices_async(
		self->store, bridge_account_get_id(account), NULL, bridge_devices_loaded_cb,
		bridge_devices_begin_call(self, account, device_id, 0,
	                                  bridge_accounts_remove_device_async, callback,
	                                  user_data));
}

gboolean
bridge_accounts_remove_device_finish(BridgeAccounts *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}
