/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-rotation.h: another master key for a store that is in use, without a pause: the new key is
 * put beside the old one, the store wraps its keys anew in one transaction, the old key is
 * forgotten. Whenever it is broken off, the store says which of the two it wants. */
#pragma once

#include "store/bridge-store.h"
#include "vault/bridge-vault.h"

G_BEGIN_DECLS

/**
 * bridge_rotation_async:
 * @vault: READY
 *
 * Finish returns the number of the new master key, 0 on failure: BRIDGE_ERROR_CONFLICT where the
 * administrator has to do it, or while it is being done; BRIDGE_ERROR_SEALED when the keyring will
 * not; BRIDGE_ERROR_STORE. */
void
bridge_rotation_async(BridgeVault *vault, BridgeStore *store, GAsyncReadyCallback callback,
                      gpointer user_data);

/* At start: does what is left to do of a rotation that was broken off, or that the administrator
 * began with a credential. Finish as above; the present key's number if there was nothing to do. */
void
bridge_rotation_resume_async(BridgeVault *vault, BridgeStore *store, GAsyncReadyCallback callback,
                             gpointer user_data);
guint32
bridge_rotation_finish(BridgeVault *vault, GAsyncResult *result, GError **error);

G_END_DECLS
