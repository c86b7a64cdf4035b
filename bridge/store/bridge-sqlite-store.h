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

G_END_DECLS
