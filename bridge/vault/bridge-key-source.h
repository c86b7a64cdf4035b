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
	BRIDGE_KEY_MISSING, /* not there, and not for us to make */
} BridgeKeyStatus;

typedef struct {
	BridgeKeyStatus status;
	BridgeKey *key;      /* FOUND */
	BridgeKey *previous; /* that @key is to replace, or NULL */
	char *detail;        /* a sentence, unless FOUND */
} BridgeKeyFinding;

void
bridge_key_finding_free(BridgeKeyFinding *finding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeKeyFinding, bridge_key_finding_free)

/* 32 octets in base 64; NULL if it is something else. */
BridgeKey *
bridge_key_source_decode(const char *text, guint32 key_id);

/**
 * bridge_key_source_look_up_async:
 * @options: borrowed until the end
 * @key_id: the number of the master key that is wanted
 *
 * The finish function fails only when it was cancelled. */
void
bridge_key_source_look_up_async(const BridgeVaultOptions *options, guint32 key_id,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data);
BridgeKeyFinding *
bridge_key_source_look_up_finish(GAsyncResult *result, GError **error);

/* Under the number of @key; replaces what is there. Only after a look-up that found a key, or the
 * key ABSENT: that proved that the place may be written to. */
void
bridge_key_source_store_async(const BridgeVaultOptions *options, const BridgeKey *key,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean
bridge_key_source_store_finish(GAsyncResult *result, GError **error);

/* Forgets the key with that number; none is no error. */
void
bridge_key_source_clear_async(const BridgeVaultOptions *options, guint32 key_id,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean
bridge_key_source_clear_finish(GAsyncResult *result, GError **error);

G_END_DECLS
