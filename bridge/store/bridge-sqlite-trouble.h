/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite-trouble.h: whether a store can be written now, since when it cannot, and when to
 * try again: later each time; never once it is known to be damaged. Belongs to the thread that
 * writes; note_damage() and dup_words() are for others, too. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BRIDGE_SQLITE_TROUBLE_FIRST_US (G_USEC_PER_SEC / 4)
#define BRIDGE_SQLITE_TROUBLE_LAST_US (15 * (gint64)G_USEC_PER_SEC)

typedef struct _BridgeSqliteTrouble BridgeSqliteTrouble;

/* @path: whose, for the journal */
BridgeSqliteTrouble *
bridge_sqlite_trouble_new(const char *path);
void
bridge_sqlite_trouble_free(BridgeSqliteTrouble *self);

/* It could not be written, for the first time or once more. Times are monotonic. */
void
bridge_sqlite_trouble_note_failure(BridgeSqliteTrouble *self, const GError *error, gint64 now_us);
/* It was written. */
void
bridge_sqlite_trouble_note_success(BridgeSqliteTrouble *self, gint64 now_us);

/* A page is not what it was: nothing may be written any more, lest it overwrites what is left. */
void
bridge_sqlite_trouble_note_damage(BridgeSqliteTrouble *self, const char *what);
gboolean
bridge_sqlite_trouble_is_damage(const BridgeSqliteTrouble *self);

gboolean
bridge_sqlite_trouble_is_on(BridgeSqliteTrouble *self);
/* While it is on; G_MAXINT64: never. */
gint64
bridge_sqlite_trouble_get_retry_us(const BridgeSqliteTrouble *self);
/* (transfer full): while it is on: BRIDGE_ERROR_STORE_UNWRITABLE */
GError *
bridge_sqlite_trouble_build_error(BridgeSqliteTrouble *self);
/* (transfer full): what is wrong; NULL while nothing is. From any thread. */
char *
bridge_sqlite_trouble_dup_words(BridgeSqliteTrouble *self);

G_END_DECLS
