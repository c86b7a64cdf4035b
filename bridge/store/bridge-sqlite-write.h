/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite-write.h: applying the changes of batches within a transaction that the writer has
 * opened. Split by noun: accounts and devices here, the others in files of their own. */
#pragma once

#include "store/bridge-sqlite-account.h"
#include "store/bridge-store-private.h"

G_BEGIN_DECLS

typedef struct {
	BridgeSqlite *db;
	BridgeSqliteKeys *keys;
	const BridgeKey *kek; /* wraps new data keys */
	gint64 now_us;
	GHashTable *accounts; /* id -> BridgeSqliteAccount; kept true across transactions */
	GHashTable *touched;  /* set of account numbers whose history may need trimming now */
	gboolean erased;      /* something was, and must leave the log as well */
	gboolean forgot;      /* likewise, but not at once */
} BridgeSqliteWrite;

/**
 * bridge_sqlite_write_apply:
 * @receipt: (element-type guint64): what the batch's events became
 *
 * On failure the caller takes back what was done, and calls bridge_sqlite_write_forget().
 * BRIDGE_ERROR_STORE means that the database failed; any other code that this batch is at fault. */
gboolean
bridge_sqlite_write_apply(BridgeSqliteWrite *write, const BridgeStoreBatch *batch, GArray *receipt,
                          GError **error);

/* What is known of accounts no longer holds: a transaction, or a part of it, was taken back. */
void
bridge_sqlite_write_forget(BridgeSqliteWrite *write);

/* (transfer none) */
BridgeSqliteAccount *
bridge_sqlite_write_get_account(BridgeSqliteWrite *write, const char *id, GError **error);
void
bridge_sqlite_write_touch(BridgeSqliteWrite *write, gint64 account_no);

/* One kind of change each. */
typedef gboolean (*BridgeSqliteWriteFunc)(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                          GArray *receipt, GError **error);

gboolean
bridge_sqlite_write_append_event(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                 GArray *receipt, GError **error);
gboolean
bridge_sqlite_write_settle(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                           GArray *receipt, GError **error);
gboolean
bridge_sqlite_write_put_outgoing(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                 GArray *receipt, GError **error);
gboolean
bridge_sqlite_write_set_outgoing_status(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                        GArray *receipt, GError **error);

gboolean
bridge_sqlite_write_put_subscription(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                     GArray *receipt, GError **error);
gboolean
bridge_sqlite_write_set_pushed(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                               GArray *receipt, GError **error);
gboolean
bridge_sqlite_write_remove_subscription(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                        GArray *receipt, GError **error);
gboolean
bridge_sqlite_write_bury_endpoint(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                  GArray *receipt, GError **error);
gboolean
bridge_sqlite_write_refuse_buried(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                  GArray *receipt, GError **error);

G_END_DECLS
