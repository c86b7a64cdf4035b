/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite-schema.h: the file: making it, telling whether it is ours, and whether it is sound.
 * A store is built under another name and renamed when it is whole, so a file that is there is
 * complete; its salt is never written again. */
#pragma once

#include "store/bridge-sqlite-store.h"
#include "store/bridge-sqlite.h"
#include "vault/bridge-seal.h"

G_BEGIN_DECLS

#define BRIDGE_MASTER_KEY_FIRST_ID 1

/* Makes directory and file. */
gboolean
bridge_sqlite_schema_create(const char *path, const guint8 *master_key, GError **error);

/* What is to become the file at @path, empty, under another name: returns that name. The directory
 * is made if it is not there. */
char *
bridge_sqlite_schema_begin_file(const char *path, GError **error);
/* It is whole: gives it its name. */
gboolean
bridge_sqlite_schema_finish_file(const char *path, const char *building, GError **error);

/* 8 random letters */
char *
bridge_sqlite_schema_make_epoch(GError **error);

/* Whether the file needs a thorough look: its last user did not close it. Ask before opening. */
gboolean
bridge_sqlite_schema_is_unclean(const char *path);
/* (transfer full): what is wrong with some page, in SQLite's words, on one line; NULL: nothing is.
 * Reads the whole file. */
char *
bridge_sqlite_schema_dup_damage(BridgeSqlite *db);
/* Reads every page. */
gboolean
bridge_sqlite_schema_check(BridgeSqlite *db, GError **error);

char *
bridge_sqlite_schema_dup_epoch(BridgeSqlite *db, GError **error);

G_END_DECLS
