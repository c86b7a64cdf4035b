/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite-store.h: BridgeStore on SQLite (WAL, synchronous=FULL), written by a thread of its
 * own. */
#pragma once

#include "store/bridge-store.h"

G_BEGIN_DECLS

#define BRIDGE_SQLITE_ERROR (bridge_sqlite_error_quark())
typedef enum {
	BRIDGE_SQLITE_ERROR_FOREIGN, /* a file that is not ours, or not a database at all */
	BRIDGE_SQLITE_ERROR_NEWER,   /* written by a newer version */
	BRIDGE_SQLITE_ERROR_OLDER,   /* by one whose format is not known any more */
	BRIDGE_SQLITE_ERROR_CORRUPT,
	BRIDGE_SQLITE_ERROR_IO, /* cannot be created, read or written; says which path and why */
	BRIDGE_SQLITE_ERROR_IN_USE,    /* another process has it open */
	BRIDGE_SQLITE_ERROR_WRONG_KEY, /* the master key is not this store's */
} BridgeSqliteError;

GQuark
bridge_sqlite_error_quark(void);

/* What can be known of a store without its key. */
typedef struct {
	gboolean exists;
	guint8 salt[32];
	guint8 kcv[16];
	guint32 master_key_id; /* the number of the master key that it wants */
} BridgeSqlitePeek;

/* Looks without creating or changing anything. A file that is not ours is an error. */
gboolean
bridge_sqlite_store_peek(const char *path, BridgeSqlitePeek *peek, GError **error);

typedef struct {
	guint history_days;          /* 0: 30 */
	guint history_events;        /* kept of each account; 0: 10,000 */
	guint64 history_bytes;       /* of each account, sealed; 0: 500 MiB */
	gint64 (*get_time_us)(void); /* NULL: g_get_real_time */
} BridgeSqliteOptions;

/**
 * bridge_sqlite_store_open:
 * @path: created (directory 0700, file 0600) if it is not there
 * @master_key: 32 octets; copied to where it is needed, not kept
 * @options: (nullable): copied
 *
 * Blocking, at start only. */
BridgeStore *
bridge_sqlite_store_open(const char *path, const guint8 *master_key,
                         const BridgeSqliteOptions *options, GError **error);

/**
 * bridge_sqlite_store_backup_async:
 * @self: a store of this engine
 * @master_key: the store's present one
 * @passphrase: (nullable): opens the backup; %NULL: the master key does
 *
 * A consistent copy, sealed, while the store is in use. Finish returns a stream of it and sets its
 * size in octets. BRIDGE_ERROR_BUSY while another one is made. */
void
bridge_sqlite_store_backup_async(BridgeStore *self, const BridgeKey *master_key, GBytes *passphrase,
                                 GAsyncReadyCallback callback, gpointer user_data);
GInputStream *
bridge_sqlite_store_backup_finish(BridgeStore *self, GAsyncResult *result, guint64 *size,
                                  GError **error);

/* What opens a backup, and what the store that is made of it will be under. */
typedef struct {
	gboolean by_passphrase; /* else by the master key of the store that it was made of */
	guint8 salt[32];        /* of that store */
	guint8 kcv[16];
	guint32 master_key_id;
} BridgeSqliteBackupPeek;

gboolean
bridge_sqlite_store_peek_backup(const char *backup, BridgeSqliteBackupPeek *peek, GError **error);

/**
 * bridge_sqlite_store_restore:
 * @backup: a file
 * @path: where there is no store
 * @passphrase: (nullable): of a backup by passphrase
 * @master_key: the key that its store had, for a backup by master key; else the one that the new
 * store shall have, with another number than that
 *
 * Blocking. The new store begins a new epoch. */
gboolean
bridge_sqlite_store_restore(const char *backup, const char *path, GBytes *passphrase,
                            const BridgeKey *master_key, GError **error);

G_END_DECLS
