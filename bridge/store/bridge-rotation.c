/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-rotation.h"

#include "base/bridge-error.h"

typedef struct {
	BridgeStore *store;
	BridgeKey *key; /* the new one */
} BridgeRotation;

static void
bridge_rotation_free(BridgeRotation *rotation)
{
	g_object_unref(rotation->store);
	bridge_key_free(rotation->key);
	g_free(rotation);
}

static guint32
bridge_rotation_get_present(BridgeVault *vault)
{
	return bridge_key_get_id(bridge_vault_get_master_key(vault));
}

static void
bridge_rotation_rewrapped_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = user_data;
	BridgeVault *vault = g_task_get_source_object(task);
	BridgeRotation *rotation = g_task_get_task_data(task);
	guint32 old = bridge_rotation_get_present(vault);
	GError *error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);

	if (receipt == NULL) {
		g_task_return_error(task, error);
		return;
	}
	g_message("the store has the master key %u", bridge_key_get_id(rotation->key));
	bridge_vault_adopt(vault, rotation->key);
	bridge_vault_forget(vault, old);
	g_task_return_int(task, bridge_key_get_id(rotation->key));
}

static void
bridge_rotation_rewrap(GTask *task)
{
	BridgeRotation *rotation = g_task_get_task_data(task);
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_rewrap(batch, rotation->key);
	bridge_store_commit_async(rotation->store, batch, bridge_rotation_rewrapped_cb,
	                          g_object_ref(task));
}

static GError *
bridge_rotation_translate(const GError *error)
{
	gboolean refused = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED) ||
	                   g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BUSY);

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return g_error_new_literal(BRIDGE_ERROR, BRIDGE_ERROR_SEALED,
		                           "the keyring did not answer in time");
	return g_error_new(BRIDGE_ERROR, refused ? BRIDGE_ERROR_CONFLICT : BRIDGE_ERROR_SEALED,
	                   "%s", error->message);
}

static void
bridge_rotation_made_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = user_data;
	BridgeRotation *rotation = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;

	rotation->key = bridge_vault_make_successor_finish(BRIDGE_VAULT(source), result, &error);
	if (rotation->key != NULL)
		bridge_rotation_rewrap(task);
	else
		g_task_return_error(task, bridge_rotation_translate(error));
}

static GTask *
bridge_rotation_begin(BridgeVault *vault, BridgeStore *store, gpointer tag,
                      GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(vault, NULL, callback, user_data);
	BridgeRotation *rotation = g_new0(BridgeRotation, 1);

	rotation->store = g_object_ref(store);
	g_task_set_source_tag(task, tag);
	g_task_set_task_data(task, rotation, (GDestroyNotify)bridge_rotation_free);
	return task;
}

void
bridge_rotation_async(BridgeVault *vault, BridgeStore *store, GAsyncReadyCallback callback,
                      gpointer user_data)
{
	g_return_if_fail(BRIDGE_IS_VAULT(vault) && BRIDGE_IS_STORE(store));

	bridge_vault_make_successor_async(
		vault, bridge_rotation_made_cb,
		bridge_rotation_begin(vault, store, bridge_rotation_async, callback, user_data));
}

void
bridge_rotation_resume_async(BridgeVault *vault, BridgeStore *store, GAsyncReadyCallback callback,
                             gpointer user_data)
{
	g_autoptr(GTask) task = bridge_rotation_begin(vault, store, bridge_rotation_resume_async,
	                                              callback, user_data);
	BridgeRotation *rotation = g_task_get_task_data(task);
	const BridgeKey *successor = bridge_vault_get_successor(vault);
	guint32 present = bridge_rotation_get_present(vault);

	if (successor != NULL) {
		rotation->key = bridge_key_new(bridge_key_get_octets(successor),
		                               bridge_key_get_id(successor));
		bridge_rotation_rewrap(task);
		return;
	}
	/* it was killed before it could */
	if (present > 1)
		bridge_vault_forget(vault, present - 1);
	g_task_return_int(task, present);
}

guint32
bridge_rotation_finish(BridgeVault *vault, GAsyncResult *result, GError **error)
{
	gssize number = 0;

	g_return_val_if_fail(g_task_is_valid(result, vault), 0);
	number = g_task_propagate_int(G_TASK(result), error);
	return number > 0 ? (guint32)number : 0;
}
