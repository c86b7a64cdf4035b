/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-vault.h: where the master key comes from, and in which of the start-up states we are.
 *
 * A vault looks the master key up in the one source that the configuration names; there is no fall
 * back to another. It never writes unless it is told to create a key for a store that has none.
 * Absent, locked and wrong are different states, never "first run" (libsecret answers NULL without
 * error to all three). Main loop only; the look-ups are asynchronous with a deadline of 30 s.
 *
 *   LOOKING -> READY
 *           -> SEALED_LOCKED / SEALED_UNAVAILABLE       watched and retried, 5 s doubling to 60 s
 *           -> SEALED_ABSENT / WRONG_PASSWORD / MISMATCH  need the operator
 *
 * READY is for good: the key stays in memory when its keyring is locked later. */
#pragma once

#include "vault/bridge-seal.h"

G_BEGIN_DECLS

typedef enum {
	BRIDGE_VAULT_LOOKING,
	BRIDGE_VAULT_READY,
	BRIDGE_VAULT_SEALED_LOCKED,      /* there, but the collection is locked */
	BRIDGE_VAULT_SEALED_UNAVAILABLE, /* no bus, no service, no file password */
	/* the service answers, the key is not there, the store has data */
	BRIDGE_VAULT_SEALED_ABSENT,
	BRIDGE_VAULT_WRONG_PASSWORD, /* libsecret's file does not open with the password given */
	BRIDGE_VAULT_MISMATCH,       /* a key is there and it is not this store's */
} BridgeVaultState;

typedef enum {
	BRIDGE_KEY_SOURCE_SECRET_SERVICE,
	BRIDGE_KEY_SOURCE_SECRET_FILE,
	BRIDGE_KEY_SOURCE_CREDENTIAL, /* of systemd; fixed as long as the process runs */
} BridgeKeySource;

#define BRIDGE_MASTER_KEY_BYTES 32
#define BRIDGE_STORE_SALT_BYTES 32
#define BRIDGE_KCV_BYTES 16

#define BRIDGE_TYPE_VAULT (bridge_vault_get_type())
G_DECLARE_FINAL_TYPE(BridgeVault, bridge_vault, BRIDGE, VAULT, GObject)

typedef struct {
	BridgeKeySource source;
	const char *instance;  /* tells several bridges of one user apart (attribute of the item) */
	const char *file_path; /* SECRET_FILE: libsecret's file, NULL for its default */
	/* SECRET_FILE: holds that file's password; one newline at its end is not part of it. NULL
	 * for the systemd credential "key-password". */
	const char *password_path;
} BridgeVaultOptions;

/**
 * bridge_vault_new:
 * @options: copied
 *
 * With SECRET_FILE make one vault a process, before anything else uses libsecret. */
BridgeVault *
bridge_vault_new(const BridgeVaultOptions *options);

/**
 * bridge_vault_open:
 * @salt, @kcv: the store's salt and key check value; both %NULL for a store that does not exist
 *   yet: then, and only then, a new key is made, stored, read back through a fresh look-up and used
 * @key_id: the number of the master key that the store wants; 1 for a store that does not exist
 *
 * Starts looking; property "state" tells what came of it and goes on being updated
 * ("notify::state"). */
void
bridge_vault_open(BridgeVault *self, const guint8 *salt, const guint8 *kcv, guint32 key_id);

BridgeVaultState
bridge_vault_get_state(BridgeVault *self);

/* A sentence for a person on the current state: what is wrong and what to do. Never a secret. */
const char *
bridge_vault_get_detail(BridgeVault *self);

/* The stable word of a state for /readyz and the journal: "ready", "sealed-locked", ... */
const char *
bridge_vault_state_to_string(BridgeVaultState state);

/* (nullable): the store's present master key, with its number; until it is replaced */
const BridgeKey *
bridge_vault_get_master_key(BridgeVault *self);

/* ---- Another master key ---------------------------------------------------------------------- */

/* (nullable): a new credential is there beside the store's present key, which it is to replace */
const BridgeKey *
bridge_vault_get_successor(BridgeVault *self);

/**
 * bridge_vault_make_successor_async:
 *
 * While READY: makes a key with the next number, stores it beside the present one and reads it back
 * through a fresh look-up. Finish returns it; G_IO_ERROR_NOT_SUPPORTED where the administrator has
 * to do that, G_IO_ERROR_BUSY while another one is being made. */
void
bridge_vault_make_successor_async(BridgeVault *self, GAsyncReadyCallback callback,
                                  gpointer user_data);
BridgeKey *
bridge_vault_make_successor_finish(BridgeVault *self, GAsyncResult *result, GError **error);

/* The store is @key's now. */
void
bridge_vault_adopt(BridgeVault *self, const BridgeKey *key);

/* Forgets the key with that number, which the store wants no more; what goes wrong is logged. */
void
bridge_vault_forget(BridgeVault *self, guint32 key_id);

/* No core dumps, no ptrace by other processes of the user. First thing in main(). */
void
bridge_vault_harden_process(void);

G_END_DECLS
