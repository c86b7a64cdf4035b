/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-account-notes.h: what a face of the daemon keeps with an account: sealed with its record,
 * erased with it, and never told to a host. */
#pragma once

#include "bridge-account.h"

G_BEGIN_DECLS

/* What the names of all notes begin with: unlike what features keep, they stay here. */
#define BRIDGE_ACCOUNT_NOTES_PREFIX "notes-"

/* @name: with that prefix. (nullable) (transfer full): of any type */
GVariant *
bridge_account_dup_notes(BridgeAccount *self, const char *name);

/**
 * bridge_account_keep_notes_async:
 * @value: (nullable) (transfer floating): NULL keeps nothing
 *
 * From now on bridge_account_dup_notes() has it; finishes when it is durable. BRIDGE_ERROR_BUSY:
 * the account keeps too much already, and nothing has changed. BRIDGE_ERROR_STORE. */
void
bridge_account_keep_notes_async(BridgeAccount *self, const char *name, GVariant *value,
                                GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_account_keep_notes_finish(BridgeAccount *self, GAsyncResult *result, GError **error);

G_END_DECLS
