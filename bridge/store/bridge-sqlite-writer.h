/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite-writer.h: the thread that writes. What queued up while one transaction was made
 * durable is the next one. A batch that is at fault fails alone; when the database fails, each is
 * tried alone once more, so that one that does not fit takes no other down. While nothing can be
 * written, what persists (bridge_store_batch_persist) is kept and tried again, less often each
 * time; what does not fails at once. */
#pragma once

#include "store/bridge-sqlite-keys.h"
#include "store/bridge-sqlite-store.h"
#include "store/bridge-sqlite-trouble.h"

G_BEGIN_DECLS

typedef struct _BridgeSqliteWriter BridgeSqliteWriter;

/* @db is taken over; @keys must outlive the writer; @kek: the one of @keys that wraps new keys.
 * @options has its defaults filled in; @trouble must outlive the writer. */
BridgeSqliteWriter *
bridge_sqlite_writer_new(BridgeSqlite *db, BridgeSqliteKeys *keys, const BridgeKey *kek,
                         const BridgeSqliteOptions *options, BridgeSqliteTrouble *trouble);
/* @task (transfer full): its data is the batch; it returns the receipt, on the main loop. */
void
bridge_sqlite_writer_push(BridgeSqliteWriter *writer, GTask *task);
/* Writes what was pushed, checkpoints, closes; blocks. */
void
bridge_sqlite_writer_free(BridgeSqliteWriter *writer);

G_END_DECLS
