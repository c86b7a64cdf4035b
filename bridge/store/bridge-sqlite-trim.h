/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite-trim.h: what history may no longer hold goes, in small transactions between those
 * of the writer, whose thread this runs on. An event that a device has not acknowledged goes by
 * age, number and size just the same: the device then learns that its cursor has expired. */
#pragma once

#include "store/bridge-sqlite-account.h"
#include "store/bridge-sqlite-store.h"

G_BEGIN_DECLS

typedef struct _BridgeSqliteTrim BridgeSqliteTrim;

BridgeSqliteTrim *
bridge_sqlite_trim_new(BridgeSqlite *db, BridgeSqliteKeys *keys,
                       const BridgeSqliteOptions *options);
void
bridge_sqlite_trim_free(BridgeSqliteTrim *trim);

/* Looks at one account, or at everything, when step is called next. */
void
bridge_sqlite_trim_add(BridgeSqliteTrim *trim, gint64 account_no);
gboolean
bridge_sqlite_trim_add_all(BridgeSqliteTrim *trim, GError **error);

gboolean
bridge_sqlite_trim_has_work(BridgeSqliteTrim *trim);
/* A few hundred rows at most. After a failure nothing is left to do until something is added. */
gboolean
bridge_sqlite_trim_step(BridgeSqliteTrim *trim, gint64 now_us, GError **error);

/* Off-the-record events that every device has acknowledged go, and their bodies from what was sent;
 * within the caller's transaction, of a few hundred events; the rest is for step. @forgot becomes
 * TRUE if there were any. */
gboolean
bridge_sqlite_trim_sweep(BridgeSqlite *db, BridgeSqliteAccount *account, gboolean *forgot,
                         GError **error);

/* What step has forgotten lies in the log still; asked once. */
gboolean
bridge_sqlite_trim_has_forgotten(BridgeSqliteTrim *trim);

/* Of one message that was sent off the record and is settled: @row is of
 * BRIDGE_SQLITE_OUTGOING_COLUMNS. */
gboolean
bridge_sqlite_trim_forget_body(BridgeSqlite *db, const BridgeSqliteAccount *account,
                               BridgeStatement *row, gboolean *forgot, GError **error);

G_END_DECLS
