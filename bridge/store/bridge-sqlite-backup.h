/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite-backup.h: a consistent copy of a store in use, sealed; and a store made of one.
 * Blocking; making one may be done in any thread. */
#pragma once

#include "store/bridge-backup-file.h"

G_BEGIN_DECLS

/**
 * bridge_sqlite_backup_make:
 * @path: of the store; nothing of what is put beside it meanwhile stays there
 * @master_key: the store's
 * @passphrase: (nullable)
 *
 * Returns: the descriptor of the backup, from its beginning; -1 on failure */
int
bridge_sqlite_backup_make(const char *path, const BridgeKey *master_key, GBytes *passphrase,
                          GError **error);

/**
 * bridge_sqlite_backup_restore:
 * @backup: the descriptor, behind the header
 * @path: where there must be no store
 * @key: of the pieces
 * @master_key: the one that the backup's store had
 * @successor: (nullable): the one that it shall have; its number is another
 *
 * The store begins a new epoch; enrolment codes that were in it are not good any more. */
gboolean
bridge_sqlite_backup_restore(int backup, const BridgeBackupHeader *header, const BridgeKey *key,
                             const char *path, const BridgeKey *master_key,
                             const BridgeKey *successor, GError **error);

G_END_DECLS
