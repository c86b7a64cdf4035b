/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "base/bridge-error.h"
#include "bridge-sqlite-write.h"
#include "store/bridge-sqlite-records.h"

#define SUBSCRIPTIONS_GONE 4 /* a state of tombstones, beside those of BridgeTokenState */
#define SUBSCRIPTIONS_HASH_BYTES 32

/* 0: it is a new one */
static gboolean
bridge_sqlite_subscriptions_read_version(BridgeSqliteWrite *write, const char *id, guint64 *version,
                                         GError **error)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		write->db, error, "SELECT version FROM subscriptions WHERE subscription_id = ?",
		"s", id);

	*version = 0;
	if (statement == NULL)
		return FALSE;
	switch (bridge_sqlite_step(write->db, statement, error)) {
	case BRIDGE_SQLITE_ROW:
		*version = (guint64)sqlite3_column_int64(statement, 0);
		return TRUE;
	case BRIDGE_SQLITE_DONE:
		return TRUE;
	default:
		return FALSE;
	}
}

gboolean
bridge_sqlite_write_put_subscription(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                     GArray *receipt, GError **error)
{
	const BridgeSubscriptionRecord *record = change->subscription;
	BridgeSqliteAccount *account =
		bridge_sqlite_write_get_account(write, record->account_id, error);
	guint64 version = 0;
	g_autoptr(GBytes) sealed = NULL;

	if (account == NULL ||
	    !bridge_sqlite_subscriptions_read_version(write, record->id, &version, error))
		return FALSE;
	sealed = bridge_sqlite_records_seal_subscription(account->key, record, version + 1, error);
	if (sealed == NULL ||
	    !bridge_sqlite_run(
		    write->db, error,
		    "INSERT INTO subscriptions (subscription_id, account_no, device_id,"
		    " pushed_seq, not_before_us, attempts, failing_us, failures, created_us,"
		    " version, sealed, last_success_us, last_failure_us, last_error)"
		    " SELECT ?1, account_no, device_id, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		    " ?13, ?14"
		    " FROM devices"
		    " WHERE account_no = ?2 AND device_id = ?3"
		    " ON CONFLICT (subscription_id) DO UPDATE SET pushed_seq = excluded.pushed_seq,"
		    " not_before_us = excluded.not_before_us, attempts = excluded.attempts,"
		    " failing_us = excluded.failing_us, failures = excluded.failures,"
		    " version = excluded.version, sealed = excluded.sealed,"
		    " last_success_us = excluded.last_success_us,"
		    " last_failure_us = excluded.last_failure_us,"
		    " last_error = excluded.last_error",
		    "sisiiiiiiibiis", record->id, account->no, record->device_id,
		    (gint64)record->pushed_seq, record->not_before_us, (gint64)record->attempts,
		    record->failing_us, (gint64)record->failures, record->created_us,
		    (gint64)(version + 1), sealed, record->last_success_us, record->last_failure_us,
		    record->last_error))
		return FALSE;
	if (bridge_sqlite_get_changes(write->db) == 1)
		return TRUE;
	g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_FOUND, "no such device");
	return FALSE;
}

gboolean
bridge_sqlite_write_set_pushed(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                               GArray *receipt, GError **error)
{
	const BridgeSubscriptionRecord *record = change->subscription;

	return bridge_sqlite_run(write->db, error,
	                         "UPDATE subscriptions SET pushed_seq = ?, not_before_us = ?,"
	                         " attempts = ?, failing_us = ?, failures = ?, last_success_us = ?,"
	                         " last_failure_us = ?, last_error = ? WHERE subscription_id = ?",
	                         "iiiiiiiss", (gint64)record->pushed_seq, record->not_before_us,
	                         (gint64)record->attempts, record->failing_us,
	                         (gint64)record->failures, record->last_success_us,
	                         record->last_failure_us, record->last_error, record->id);
}

gboolean
bridge_sqlite_write_remove_subscription(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                        GArray *receipt, GError **error)
{
	return bridge_sqlite_run(write->db, error,
	                         "DELETE FROM subscriptions WHERE subscription_id = ?", "s",
	                         change->text);
}

/* ---- Endpoints that are gone ----------------------------------------------------------------- */

gboolean
bridge_sqlite_write_bury_endpoint(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                  GArray *receipt, GError **error)
{
	return bridge_sqlite_run(write->db, error,
	                         "INSERT OR REPLACE INTO tombstones (hash, state, time_us)"
	                         " VALUES (?, ?, ?)",
	                         "hii", change->hash, (gsize)SUBSCRIPTIONS_HASH_BYTES,
	                         (gint64)SUBSCRIPTIONS_GONE, write->now_us);
}

/* By a clock that was put back since, it would be one of the future. */
gboolean
bridge_sqlite_write_refuse_buried(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                  GArray *receipt, GError **error)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		write->db, error,
		"SELECT 1 FROM tombstones WHERE hash = ? AND state = ? AND time_us > ?"
		" AND time_us <= ?",
		"hiii", change->hash, (gsize)SUBSCRIPTIONS_HASH_BYTES, (gint64)SUBSCRIPTIONS_GONE,
		write->now_us - (gint64)change->number, write->now_us);

	if (statement == NULL)
		return FALSE;
	switch (bridge_sqlite_step(write->db, statement, error)) {
	case BRIDGE_SQLITE_DONE:
		return TRUE;
	case BRIDGE_SQLITE_ROW:
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_CONFLICT,
		                    "the endpoint is gone");
		return FALSE;
	default:
		return FALSE;
	}
}
