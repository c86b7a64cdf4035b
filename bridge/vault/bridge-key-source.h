/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-key-source.h: one look into the place that keeps the master key, and one attempt to put a
 * key there. What libsecret answers by silence is told apart here: nothing there, locked, a file
 * that another password was meant for. Main loop only; the caller cancels what takes too long. */
#pragma once

#include "vault/bridge-seal.h"
#include "vault/bridge-vault.h"

G_BEGIN_DECLS

typedef enum {
	BRIDGE_KEY_FOUND,
	BRIDGE_KEY_ABSENT,
	BRIDGE_KEY_LOCKED,
	BRIDGE_KEY_UNAVAILABLE,
	BRIDGE_KEY_WRONG_PASSWORD,
	BRIDGE_KEY_GARBLED, /* an item of ours, but no key in it */
} BridgeKeyStatus;

typedef struct {
	BridgeKeyStatus status;
	BridgeKey *key; /* FOUND */
	char *detail;   /* a sentence, unless FOUND */
} BridgeKeyFinding;

void
bridge_key_finding_free(BridgeKeyFinding *finding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeKeyFinding, bridge_key_finding_free)

/**
 * bridge_key_source_look_up_async:
 * @options: borrowed until the end
 *
 * The finish function fails only when it was cancelled. */
void
bridge_key_source_look_up_async(const BridgeVaultOptions *options, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);
BridgeKeyFinding *
bridge_key_source_look_up_finish(GAsyncResult *result, GError **error);

/* Only after a look-up that found the key ABSENT: that proved that the place may be written to. */
void
bridge_key_source_store_async(const BridgeVaultOptions *options, const BridgeKey *key,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean
bridge_key_source_store_finish(GAsyncResult *result, GError **error);

G_END_DECLS
