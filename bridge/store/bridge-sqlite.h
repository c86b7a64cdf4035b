/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite.h: one SQLite connection with its prepared statements. Knows no table. Used by one
 * thread at a time. Failures are BRIDGE_ERROR_STORE, or BRIDGE_ERROR_STORE_UNWRITABLE where another
 * try may succeed; those of opening BRIDGE_SQLITE_ERROR. */
#pragma once

#include <gio/gio.h>
#include <sqlite3.h>

G_BEGIN_DECLS

typedef struct _BridgeSqlite BridgeSqlite;
typedef sqlite3_stmt BridgeStatement; /* borrowed from its connection; reset when let go of */

typedef enum {
	BRIDGE_SQLITE_PEEK,  /* as if on a read-only medium: nothing beside the file is touched */
	BRIDGE_SQLITE_WRITE, /* durable at each commit */
	BRIDGE_SQLITE_READ,  /* refuses to write */
} BridgeSqliteMode;

typedef enum {
	BRIDGE_SQLITE_FAILED = -1,
	BRIDGE_SQLITE_DONE,
	BRIDGE_SQLITE_ROW,
} BridgeSqliteStep;

/* The file must be there. */
BridgeSqlite *
bridge_sqlite_open(const char *path, BridgeSqliteMode mode, GError **error);
void
bridge_sqlite_close(BridgeSqlite *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeSqlite, bridge_sqlite_close)

const char *
bridge_sqlite_get_path(BridgeSqlite *self);

/* Statements without parameters, one or several. */
gboolean
bridge_sqlite_exec(BridgeSqlite *self, const char *sql, GError **error);

/**
 * bridge_sqlite_prepare:
 * @sql: a string constant: it is looked up by its address
 * @format: one letter a parameter: 'i' gint64, 's' const char *, 'b' GBytes *, 'h' const guint8 *
 *   and its length as gsize; %NULL binds NULL
 *
 * What is bound must live as long as the statement is used. */
BridgeStatement *
bridge_sqlite_prepare(BridgeSqlite *self, GError **error, const char *sql, const char *format, ...);

BridgeSqliteStep
bridge_sqlite_step(BridgeSqlite *self, BridgeStatement *statement, GError **error);

/* Prepares and runs to the end. */
gboolean
bridge_sqlite_run(BridgeSqlite *self, GError **error, const char *sql, const char *format, ...);

/* Rows that the last statement changed. */
gint64
bridge_sqlite_get_changes(BridgeSqlite *self);

/* Whether the last failure was that somebody else has locked the file, which takes long to say. */
gboolean
bridge_sqlite_was_busy(BridgeSqlite *self);

/* Whether it has come upon a page that is not what it was. */
gboolean
bridge_sqlite_is_damaged(BridgeSqlite *self);

/* Copies nothing from the log back to the database any more. */
void
bridge_sqlite_leave_log(BridgeSqlite *self);

/* Writes as little as can be, and changes nothing. */
gboolean
bridge_sqlite_probe(BridgeSqlite *self, GError **error);

/* FALSE while a transaction is open; a failed statement may have ended it. */
gboolean
bridge_sqlite_is_idle(BridgeSqlite *self);

/* Makes the log as long as it grows between checkpoints: to write over what is there takes the disk
 * a third less than to append. Only from the thread that writes; without the room for it nothing is
 * lost but that. */
void
bridge_sqlite_reserve_log(BridgeSqlite *self);

/* The first column of the first row, 0 if there is none. */
gboolean
bridge_sqlite_get_integer(BridgeSqlite *self, const char *sql, gint64 *value, GError **error);
char *
bridge_sqlite_dup_text(BridgeSqlite *self, const char *sql, GError **error);

void
bridge_statement_release(BridgeStatement *statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeStatement, bridge_statement_release)

/* (transfer full) (nullable): a copy of a column */
GBytes *
bridge_statement_dup_blob(BridgeStatement *statement, int column);

/* The BRIDGE_SQLITE_ERROR code that fits what SQLite says. */
int
bridge_sqlite_classify(int code);

G_END_DECLS
