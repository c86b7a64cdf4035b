/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite-reader.h: the thread that reads, by a connection of its own, so that no read waits
 * behind a flush. It sees what was committed when its turn comes. */
#pragma once

#include "store/bridge-sqlite-keys.h"
#include "store/bridge-sqlite-trouble.h"

G_BEGIN_DECLS

typedef struct _BridgeSqliteReader BridgeSqliteReader;

/* @db is taken over; @keys and @trouble must outlive the reader. */
BridgeSqliteReader *
bridge_sqlite_reader_new(BridgeSqlite *db, BridgeSqliteKeys *keys, BridgeSqliteTrouble *trouble);
/* @task (transfer full): its data is the query; it returns the answer, on the main loop. */
void
bridge_sqlite_reader_push(BridgeSqliteReader *reader, GTask *task);
/* Answers what was pushed and closes; blocks. */
void
bridge_sqlite_reader_free(BridgeSqliteReader *reader);

G_END_DECLS
