/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-accounts-private.h"

#include "base/bridge-error.h"

static char *
bridge_accounts_build_key(BridgeAccount *account)
{
	const BridgeAccountRecord *record = bridge_account_get_record(account);

	return g_strjoin("\n", record->protocol, record->username, record->endpoint, NULL);
}

static void
bridge_accounts_erased_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgeAccounts *self = g_task_get_source_object(task);
	g_autoptr(BridgeAccount) account = g_object_ref(g_task_get_task_data(task));
	g_autofree char *key = bridge_accounts_build_key(account);
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);

	if (receipt == NULL) {
		bridge_account_resume(account);
		g_task_return_error(task, g_steal_pointer(&error));
	} else {
		bridge_devices_forget(self, bridge_account_get_id(account), NULL);
		g_hash_table_remove(self->by_key, key);
		g_hash_table_remove(self->accounts, bridge_account_get_id(account));
		bridge_account_emit(account, BRIDGE_ACCOUNT_SIGNAL_ERASED);
		g_task_return_boolean(task, TRUE);
	}
	bridge_accounts_unlock(self, key);
}

static void
bridge_accounts_abandoned_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	GTask *task = G_TASK(user_data);
	BridgeAccounts *self = g_task_get_source_object(task);
	BridgeAccount *account = BRIDGE_ACCOUNT(source);
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_account_abandon_finish(account, result, NULL);
	bridge_store_batch_erase_account(batch, bridge_account_get_id(account));
	bridge_store_commit_async(self->store, batch, bridge_accounts_erased_cb, task);
}

static void
bridge_accounts_erase_locked(gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgeAccounts *self = g_task_get_source_object(task);
	BridgeAccount *account = g_task_get_task_data(task);
	g_autofree char *key = bridge_accounts_build_key(account);

	if (account->erased || self->stopping) {
		if (account->erased)
			bridge_devices_refuse(task, BRIDGE_TOKEN_ERASED);
		else
			g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_BUSY,
			                        "the bridge is shutting down");
		bridge_accounts_unlock(self, key);
		return;
	}
	bridge_account_abandon_async(account, bridge_accounts_abandoned_cb, g_steal_pointer(&task));
}

void
bridge_accounts_erase_async(BridgeAccounts *self, BridgeAccount *account,
                            GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(self, NULL, callback, user_data);
	g_autofree char *key = bridge_accounts_build_key(account);

	g_return_if_fail(BRIDGE_IS_ACCOUNTS(self));

	g_task_set_source_tag(task, bridge_accounts_erase_async);
	g_task_set_task_data(task, g_object_ref(account), g_object_unref);
	bridge_accounts_lock(self, key, bridge_accounts_erase_locked, task);
}

gboolean
bridge_accounts_erase_finish(BridgeAccounts *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}
