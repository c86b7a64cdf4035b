/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite-account.h: an account as the store's threads know it: its number in the tables, its
 * positions and its keys. True as of the transaction in which it was loaded; the writer keeps the
 * positions of those that it holds true from there on. One thread's own. */
#pragma once

#include "store/bridge-sqlite-keys.h"

G_BEGIN_DECLS

/* The newest event of a row of accounts. Only what was trimmed or swept goes, so that no number
 * comes again; kept in the row it would be one more page to write for each event. */
#define BRIDGE_SQLITE_LAST_SEQ                                                                     \
	"max(trimmed_seq, swept_seq, (SELECT coalesce(max(seq), 0) FROM events"                    \
	" WHERE events.account_no = accounts.account_no))"

typedef struct {
	char *id;
	gint64 no;
	guint64 last_seq;
	guint64 last_stream;
	guint32 settled_stanza;   /* what the server knows to be handled of the last stream */
	guint32 forgotten_stanza; /* up to where that was taken out of the table, as far as known */
	guint64 trimmed_seq;      /* history starts behind it */
	guint64 swept_seq;        /* off-the-record events up to it are gone */
	guint64 archive_version;
	gboolean has_unsettled; /* of a stream before the last one */
	BridgeKey *key;
	BridgeKey *event_key;   /* of events.sealed, NULL until it is needed */
	BridgeKey *archive_key; /* of accounts.archive_after, likewise */
} BridgeSqliteAccount;

/* BRIDGE_ERROR_NOT_FOUND if there is none. */
BridgeSqliteAccount *
bridge_sqlite_account_load(BridgeSqlite *db, BridgeSqliteKeys *keys, const char *id,
                           GError **error);
BridgeSqliteAccount *
bridge_sqlite_account_load_no(BridgeSqlite *db, BridgeSqliteKeys *keys, gint64 no, GError **error);
void
bridge_sqlite_account_free(BridgeSqliteAccount *account);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeSqliteAccount, bridge_sqlite_account_free)

/* Of one column, derived once; (transfer none). */
const BridgeKey *
bridge_sqlite_account_get_event_key(BridgeSqliteAccount *account, GError **error);
const BridgeKey *
bridge_sqlite_account_get_archive_key(BridgeSqliteAccount *account, GError **error);

/* "<account id>/<seq>": the primary key of events and messages to send, for sealing. */
char *
bridge_sqlite_account_format_key(const BridgeSqliteAccount *account, guint64 seq);

G_END_DECLS
