/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-backup-file.h: a backup as a file: a header that says what opens it, and a database in
 * sealed pieces. FORMAT.md describes it. Blocking; any thread. */
#pragma once

#include "vault/bridge-passphrase.h"

G_BEGIN_DECLS

typedef enum {
	BRIDGE_BACKUP_BY_MASTER_KEY = 1,
	BRIDGE_BACKUP_BY_PASSPHRASE = 2,
} BridgeBackupKind;

typedef struct {
	BridgeBackupKind kind;
	guint32 cost;          /* of the passphrase */
	guint32 master_key_id; /* of the store */
	guint8 salt[BRIDGE_PASSPHRASE_SALT_BYTES];
	guint8 store_salt[BRIDGE_SEAL_SALT_BYTES];
	guint8 kcv[BRIDGE_SEAL_KCV_BYTES];
	guint8 backup_key[BRIDGE_SEAL_WRAPPED_BYTES];
	guint8 master_key[BRIDGE_SEAL_WRAPPED_BYTES]; /* by passphrase only, else zeros */
} BridgeBackupHeader;

/**
 * bridge_backup_header_fill:
 * @header: with the store's salt and kcv
 * @master_key: the store's
 * @passphrase: (nullable): %NULL: the master key itself will be needed
 *
 * Returns: the new key by which the pieces are to be sealed */
BridgeKey *
bridge_backup_header_fill(BridgeBackupHeader *header, const BridgeKey *master_key,
                          GBytes *passphrase, GError **error);

/**
 * bridge_backup_header_open:
 * @master_key: (inout): the store's for a backup by master key; by passphrase it is (out)
 *
 * Returns: the key by which the pieces are sealed */
BridgeKey *
bridge_backup_header_open(const BridgeBackupHeader *header, GBytes *passphrase,
                          BridgeKey **master_key, GError **error);

/* Seals what @in has until its end. */
gboolean
bridge_backup_write(const BridgeBackupHeader *header, const BridgeKey *key, int in, int out,
                    GError **error);

/* From the beginning of @in. */
gboolean
bridge_backup_read_header(int in, BridgeBackupHeader *header, GError **error);
/* Behind the header; fails unless it is whole and nothing of it was changed. */
gboolean
bridge_backup_read(const BridgeBackupHeader *header, const BridgeKey *key, int in, int out,
                   GError **error);

G_END_DECLS
