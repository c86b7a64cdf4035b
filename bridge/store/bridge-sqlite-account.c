/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite-account.h"

#include "base/bridge-error.h"

#define ACCOUNT_COLUMNS                                                                            \
	"account_no, account_id, " BRIDGE_SQLITE_LAST_SEQ                                          \
	", last_stream, trimmed_seq, swept_seq, archive_version,"                                  \
	" settled_stanza, EXISTS (SELECT 1 FROM unsettled"                                         \
	" WHERE unsettled.account_no = accounts.account_no AND stream < last_stream)"

static BridgeSqliteAccount *
bridge_sqlite_account_read(BridgeSqlite *db, BridgeSqliteKeys *keys, BridgeStatement *statement,
                           GError **error)
{
	g_autoptr(BridgeSqliteAccount) account = g_new0(BridgeSqliteAccount, 1);
	g_autoptr(GError) inner = NULL;

	account->no = sqlite3_column_int64(statement, 0);
	account->id = g_strdup((const char *)sqlite3_column_text(statement, 1));
	account->last_seq = (guint64)sqlite3_column_int64(statement, 2);
	account->last_stream = (guint64)sqlite3_column_int64(statement, 3);
	account->trimmed_seq = (guint64)sqlite3_column_int64(statement, 4);
	account->swept_seq = (guint64)sqlite3_column_int64(statement, 5);
	account->archive_version = (guint64)sqlite3_column_int64(statement, 6);
	account->settled_stanza = (guint32)sqlite3_column_int64(statement, 7);
	account->has_unsettled = sqlite3_column_int(statement, 8) != 0;
	account->key =
		bridge_sqlite_data_key_load(db, keys, BRIDGE_OWNER_ACCOUNT, account->id, &inner);
	if (account->key != NULL)
		return g_steal_pointer(&account);
	if (inner != NULL)
		g_propagate_error(error, g_steal_pointer(&inner));
	else
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE,
		                    "the store has lost an account's key");
	return NULL;
}

static BridgeSqliteAccount *
bridge_sqlite_account_step(BridgeSqlite *db, BridgeSqliteKeys *keys, BridgeStatement *statement,
                           GError **error)
{
	if (statement == NULL)
		return NULL;
	switch (bridge_sqlite_step(db, statement, error)) {
	case BRIDGE_SQLITE_ROW:
		return bridge_sqlite_account_read(db, keys, statement, error);
	case BRIDGE_SQLITE_DONE:
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_FOUND, "no such account");
		return NULL;
	default:
		return NULL;
	}
}

BridgeSqliteAccount *
bridge_sqlite_account_load(BridgeSqlite *db, BridgeSqliteKeys *keys, const char *id, GError **error)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		db, error, "SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE account_id = ?", "s",
		id);

	return bridge_sqlite_account_step(db, keys, statement, error);
}

BridgeSqliteAccount *
bridge_sqlite_account_load_no(BridgeSqlite *db, BridgeSqliteKeys *keys, gint64 no, GError **error)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		db, error, "SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE account_no = ?", "i",
		no);

	return bridge_sqlite_account_step(db, keys, statement, error);
}

void
bridge_sqlite_account_free(BridgeSqliteAccount *account)
{
	if (account == NULL)
		return;
	bridge_key_free(account->key);
	bridge_key_free(account->event_key);
	bridge_key_free(account->archive_key);
	g_free(account->id);
	g_free(account);
}

static const BridgeKey *
bridge_sqlite_account_ensure_key(BridgeSqliteAccount *account, BridgeKey **key, const char *table,
                                 const char *column, GError **error)
{
	if (*key == NULL)
		*key = bridge_sqlite_derive(account->key, table, column, error);
	return *key;
}

const BridgeKey *
bridge_sqlite_account_get_event_key(BridgeSqliteAccount *account, GError **error)
{
	return bridge_sqlite_account_ensure_key(account, &account->event_key, "events", "sealed",
	                                        error);
}

const BridgeKey *
bridge_sqlite_account_get_archive_key(BridgeSqliteAccount *account, GError **error)
{
	return bridge_sqlite_account_ensure_key(account, &account->archive_key, "accounts",
	                                        "archive_after", error);
}

char *
bridge_sqlite_account_format_key(const BridgeSqliteAccount *account, guint64 seq)
{
	return g_strdup_printf("%s/%" G_GUINT64_FORMAT, account->id, seq);
}
