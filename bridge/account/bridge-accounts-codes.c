/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Enrolment codes: made here, and each good for one sign-in at a time. */
#include "config.h"

#include "bridge-accounts-private.h"

#include "base/bridge-error.h"
#include "base/bridge-jid.h"
#include "base/bridge-secret.h"

#define ACCOUNTS_INVITE_SECONDS_MAX (366 * 24 * 3600)

static void
bridge_accounts_invited_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);

	if (receipt == NULL)
		g_task_return_error(task, g_steal_pointer(&error));
	else
		g_task_return_pointer(task, g_strdup(g_task_get_task_data(task)),
		                      (GDestroyNotify)bridge_secret_free_text);
}

void
bridge_accounts_invite_async(BridgeAccounts *self, const char *domain, guint lifetime_s,
                             GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
	g_autoptr(GError) error = NULL;
	g_autofree char *normalised = NULL;
	BridgeStoreBatch *batch;
	guint8 hash[BRIDGE_SECRET_HASH_BYTES];
	char *code;

	g_return_if_fail(BRIDGE_IS_ACCOUNTS(self));

	g_task_set_source_tag(task, bridge_accounts_invite_async);
	if (!bridge_accounts_check_unsealed(self, task))
		return;
	if (domain != NULL) {
		normalised = bridge_jid_normalise_domain(domain, &error);
		if (normalised == NULL) {
			g_task_return_error(task, g_steal_pointer(&error));
			return;
		}
	}
	if (lifetime_s == 0 || lifetime_s > ACCOUNTS_INVITE_SECONDS_MAX) {
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
		                        "a code is valid for 1 to %d seconds",
		                        ACCOUNTS_INVITE_SECONDS_MAX);
		return;
	}
	code = bridge_secret_make_id();
	g_task_set_task_data(task, code, (GDestroyNotify)bridge_secret_free_text);
	bridge_secret_hash(code, hash);
	batch = bridge_store_batch_new();
	bridge_store_batch_put_enrolment(
		batch, hash, g_get_real_time() + lifetime_s * (gint64)G_USEC_PER_SEC, normalised);
	bridge_store_commit_async(self->store, batch, bridge_accounts_invited_cb,
	                          g_steal_pointer(&task));
}

char *
bridge_accounts_invite_finish(BridgeAccounts *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), NULL);
	return g_task_propagate_pointer(G_TASK(result), error);
}

gboolean
bridge_accounts_reserve_code(BridgeAccounts *self, const guint8 *hash)
{
	return g_hash_table_add(self->codes, g_bytes_new(hash, BRIDGE_SECRET_HASH_BYTES));
}

void
bridge_accounts_return_code(BridgeAccounts *self, const guint8 *hash)
{
	g_autoptr(GBytes) key = g_bytes_new(hash, BRIDGE_SECRET_HASH_BYTES);

	g_hash_table_remove(self->codes, key);
}
