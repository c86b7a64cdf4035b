/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-account-notes.h"

#include "bridge-account-feature.h"
#include "base/bridge-error.h"

GVariant *
bridge_account_dup_notes(BridgeAccount *self, const char *name)
{
	g_return_val_if_fail(g_str_has_prefix(name, BRIDGE_ACCOUNT_NOTES_PREFIX), NULL);

	return bridge_account_dup_kept(self, name);
}

static void
bridge_account_notes_kept_cb(BridgeAccount *self, const GError *error, gpointer data)
{
	g_autoptr(GTask) task = data;

	if (error == NULL)
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_STORE,
		                        "it could not be stored: %s", error->message);
}

void
bridge_account_keep_notes_async(BridgeAccount *self, const char *name, GVariant *value,
                                GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
	g_autoptr(GVariant) owned = value != NULL ? g_variant_ref_sink(value) : NULL;
	BridgeWrite *write = NULL;
	gboolean fits;

	g_return_if_fail(BRIDGE_IS_ACCOUNT(self));
	g_return_if_fail(g_str_has_prefix(name, BRIDGE_ACCOUNT_NOTES_PREFIX));

	g_task_set_source_tag(task, bridge_account_keep_notes_async);
	write = bridge_write_new(self, NULL);
	fits = bridge_account_keep(self, write, name, owned);
	if (fits)
		bridge_write_commit(write, bridge_account_notes_kept_cb, g_object_ref(task));
	else
		bridge_write_commit(write, NULL, NULL);
	if (!fits)
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_BUSY,
		                        "the account keeps too much already");
}

gboolean
bridge_account_keep_notes_finish(BridgeAccount *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}
