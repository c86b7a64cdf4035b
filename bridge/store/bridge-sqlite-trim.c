/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite-trim.h"

#include "base/bridge-error.h"
#include "store/bridge-sqlite-records.h"

#define TRIM_ROWS 200         /* in one transaction: a few milliseconds */
#define TRIM_SLACK_DIVISOR 32 /* history may exceed its number by this part before it is cut */
#define TRIM_OUTGOING_US (25 * G_TIME_SPAN_HOUR) /* the API promises 24 */
#define TRIM_TOMBSTONE_US (30 * G_TIME_SPAN_DAY)

struct _BridgeSqliteTrim {
	BridgeSqlite *db;
	BridgeSqliteKeys *keys;
	gint64 history_us;
	guint history_events;
	guint64 history_bytes;
	GHashTable *sizes;  /* account's number -> BridgeSqliteSize */
	GQueue accounts;    /* of gint64 *, owned by queued */
	GHashTable *queued; /* set of gint64 * */
	gboolean rest;      /* the tables that belong to no single account */
	gboolean forgotten;
};

BridgeSqliteTrim *
bridge_sqlite_trim_new(BridgeSqlite *db, BridgeSqliteKeys *keys, const BridgeSqliteOptions *options)
{
	BridgeSqliteTrim *trim = g_new0(BridgeSqliteTrim, 1);

	trim->db = db;
	trim->keys = keys;
	trim->history_us = options->history_days * G_TIME_SPAN_DAY;
	trim->history_events = options->history_events;
	trim->history_bytes = options->history_bytes;
	trim->sizes = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	trim->queued = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	g_queue_init(&trim->accounts);
	return trim;
}

static void
bridge_sqlite_trim_drop(BridgeSqliteTrim *trim)
{
	g_queue_clear(&trim->accounts);
	g_hash_table_remove_all(trim->queued);
	trim->rest = FALSE;
}

void
bridge_sqlite_trim_free(BridgeSqliteTrim *trim)
{
	if (trim == NULL)
		return;
	bridge_sqlite_trim_drop(trim);
	g_hash_table_unref(trim->queued);
	g_hash_table_unref(trim->sizes);
	g_free(trim);
}

void
bridge_sqlite_trim_add(BridgeSqliteTrim *trim, gint64 account_no)
{
	gint64 *key = NULL;

	if (g_hash_table_contains(trim->queued, &account_no))
		return;
	key = g_memdup2(&account_no, sizeof account_no);
	g_hash_table_add(trim->queued, key);
	g_queue_push_tail(&trim->accounts, key);
}

gboolean
bridge_sqlite_trim_add_all(BridgeSqliteTrim *trim, GError **error)
{
	g_autoptr(BridgeStatement) statement =
		bridge_sqlite_prepare(trim->db, error, "SELECT account_no FROM accounts", "");
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;

	if (statement == NULL)
		return FALSE;
	while ((step = bridge_sqlite_step(trim->db, statement, error)) == BRIDGE_SQLITE_ROW)
		bridge_sqlite_trim_add(trim, sqlite3_column_int64(statement, 0));
	trim->rest = TRUE;
	return step == BRIDGE_SQLITE_DONE;
}

gboolean
bridge_sqlite_trim_has_work(BridgeSqliteTrim *trim)
{
	return trim->rest || !g_queue_is_empty(&trim->accounts);
}

/* ---- Off the record -------------------------------------------------------------------------- */

/* Up to where every device has read; nothing if there is no device. */
static gboolean
bridge_sqlite_trim_find_acked(BridgeSqlite *db, const BridgeSqliteAccount *account, guint64 *acked,
                              GError **error)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		db, error, "SELECT min(acked_seq) FROM devices WHERE account_no = ?", "i",
		account->no);
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;

	if (statement != NULL)
		step = bridge_sqlite_step(db, statement, error);
	if (step == BRIDGE_SQLITE_ROW)
		*acked = (guint64)sqlite3_column_int64(statement, 0); /* 0 for NULL */
	return step != BRIDGE_SQLITE_FAILED;
}

/* Which events of (swept_seq, acked] are off the record. @swept becomes what was looked at. */
static GArray *
bridge_sqlite_trim_find_off_the_record(BridgeSqlite *db, BridgeSqliteAccount *account,
                                       guint64 acked, guint64 *swept, GError **error)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(gint64));
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	guint rows = 0;
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		db, error,
		"SELECT " BRIDGE_SQLITE_EVENT_COLUMNS " FROM events"
		" WHERE account_no = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
		"iiii", account->no, (gint64)account->swept_seq, (gint64)acked, (gint64)TRIM_ROWS);

	if (statement == NULL)
		return NULL;
	while ((step = bridge_sqlite_step(db, statement, error)) == BRIDGE_SQLITE_ROW) {
		gint64 seq = sqlite3_column_int64(statement, 0);
		g_autoptr(BridgeEventRecord) event =
			bridge_sqlite_records_open_event(account, statement, NULL);

		/* one that does not open is the reader's to complain of */
		if (event != NULL && event->off_the_record)
			g_array_append_val(found, seq);
		*swept = (guint64)seq;
		rows++;
	}
	if (rows < TRIM_ROWS)
		*swept = acked;
	return step == BRIDGE_SQLITE_DONE ? g_steal_pointer(&found) : NULL;
}

gboolean
bridge_sqlite_trim_forget_body(BridgeSqlite *db, const BridgeSqliteAccount *account,
                               BridgeStatement *row, gboolean *forgot, GError **error)
{
	gint64 seq = sqlite3_column_int64(row, 0);
	g_autoptr(BridgeOutgoingRecord) record =
		bridge_sqlite_records_open_outgoing(account, row, NULL);
	g_autoptr(GBytes) sealed = NULL;

	/* one that does not open is for whoever looks for it */
	if (record == NULL || !record->off_the_record || record->body == NULL)
		return TRUE;
	bridge_outgoing_record_forget_body(record);
	sealed = bridge_sqlite_records_seal_outgoing(account, record, (guint64)seq, error);
	*forgot = TRUE;
	return sealed != NULL &&
	       bridge_sqlite_run(db, error,
	                         "UPDATE outgoing SET sealed = ? WHERE account_no = ? AND seq = ?",
	                         "bii", sealed, account->no, seq);
}

/* What is still to be sent, or in doubt, keeps its body until that is settled. */
static gboolean
bridge_sqlite_trim_forget_sent(BridgeSqlite *db, const BridgeSqliteAccount *account, gint64 seq,
                               gboolean *forgot, GError **error)
{
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	g_autoptr(BridgeStatement) row =
		bridge_sqlite_prepare(db, error,
	                              "SELECT " BRIDGE_SQLITE_OUTGOING_COLUMNS " FROM outgoing"
	                              " WHERE account_no = ? AND seq = ? AND status NOT IN (?, ?)",
	                              "iiii", account->no, seq, (gint64)BRIDGE_OUTGOING_QUEUED,
	                              (gint64)BRIDGE_OUTGOING_SENT);

	if (row != NULL)
		step = bridge_sqlite_step(db, row, error);
	if (step == BRIDGE_SQLITE_ROW)
		return bridge_sqlite_trim_forget_body(db, account, row, forgot, error);
	return step == BRIDGE_SQLITE_DONE;
}

static gboolean
bridge_sqlite_trim_forget(BridgeSqlite *db, const BridgeSqliteAccount *account, gint64 seq,
                          gboolean *forgot, GError **error)
{
	*forgot = TRUE;
	return bridge_sqlite_run(db, error, "DELETE FROM events WHERE account_no = ? AND seq = ?",
	                         "ii", account->no, seq) &&
	       bridge_sqlite_trim_forget_sent(db, account, seq, forgot, error);
}

gboolean
bridge_sqlite_trim_has_forgotten(BridgeSqliteTrim *trim)
{
	gboolean forgotten = trim->forgotten;

	trim->forgotten = FALSE;
	return forgotten;
}

gboolean
bridge_sqlite_trim_sweep(BridgeSqlite *db, BridgeSqliteAccount *account, gboolean *forgot,
                         GError **error)
{
	guint64 acked = 0;
	guint64 swept = account->swept_seq;
	g_autoptr(GArray) found = NULL;

	if (!bridge_sqlite_trim_find_acked(db, account, &acked, error))
		return FALSE;
	if (acked <= account->swept_seq)
		return TRUE;
	found = bridge_sqlite_trim_find_off_the_record(db, account, acked, &swept, error);
	if (found == NULL)
		return FALSE;
	for (guint i = 0; i < found->len; i++)
		if (!bridge_sqlite_trim_forget(db, account, g_array_index(found, gint64, i), forgot,
		                               error))
			return FALSE;
	return bridge_sqlite_run(db, error,
	                         "UPDATE accounts SET swept_seq = ? WHERE account_no = ?", "ii",
	                         (gint64)swept, account->no);
}

/* ---- Age, number and size -------------------------------------------------------------------- */

static guint64
bridge_sqlite_trim_target_by_number(BridgeSqliteTrim *trim, const BridgeSqliteAccount *account)
{
	guint64 held = account->last_seq - account->trimmed_seq;

	if (held <= trim->history_events + trim->history_events / TRIM_SLACK_DIVISOR)
		return 0;
	return account->last_seq - trim->history_events;
}

/* How much of an account's history was counted up to which event. What left meanwhile counts still,
 * so before anything is cut it is counted anew. */
typedef struct {
	guint64 bytes;
	guint64 seq;
} BridgeSqliteSize;

static BridgeSqliteSize *
bridge_sqlite_trim_get_size(BridgeSqliteTrim *trim, const BridgeSqliteAccount *account)
{
	BridgeSqliteSize *size = g_hash_table_lookup(trim->sizes, &account->no);

	if (size == NULL) {
		size = g_new0(BridgeSqliteSize, 1);
		size->seq = account->trimmed_seq;
		g_hash_table_insert(trim->sizes, g_memdup2(&account->no, sizeof account->no), size);
	}
	return size;
}

/* Only what came since; SQLite does not read a value to tell its length. */
static gboolean
bridge_sqlite_trim_count_size(BridgeSqliteTrim *trim, const BridgeSqliteAccount *account,
                              BridgeSqliteSize *size, GError **error)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		trim->db, error,
		"SELECT sum(length(sealed)), max(seq) FROM events WHERE account_no = ? AND seq > ?",
		"ii", account->no, (gint64)size->seq);

	if (statement == NULL ||
	    bridge_sqlite_step(trim->db, statement, error) != BRIDGE_SQLITE_ROW)
		return FALSE;
	size->bytes += (guint64)sqlite3_column_int64(statement, 0); /* 0 for NULL */
	size->seq = MAX(size->seq, (guint64)sqlite3_column_int64(statement, 1));
	return TRUE;
}

/* The last of the oldest few events without which the rest is small enough; the newest stays. */
static gboolean
bridge_sqlite_trim_find_excess(BridgeSqliteTrim *trim, const BridgeSqliteAccount *account,
                               guint64 excess, guint64 *target, GError **error)
{
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	guint64 found = 0;
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		trim->db, error,
		"SELECT seq, length(sealed) FROM events WHERE account_no = ? AND seq > ?"
		" AND seq < ? ORDER BY seq LIMIT ?",
		"iiii", account->no, (gint64)account->trimmed_seq, (gint64)account->last_seq,
		(gint64)TRIM_ROWS);

	if (statement == NULL)
		return FALSE;
	while (found < excess &&
	       (step = bridge_sqlite_step(trim->db, statement, error)) == BRIDGE_SQLITE_ROW) {
		found += (guint64)sqlite3_column_int64(statement, 1);
		*target = MAX(*target, (guint64)sqlite3_column_int64(statement, 0));
	}
	return step != BRIDGE_SQLITE_FAILED;
}

static gboolean
bridge_sqlite_trim_target_by_size(BridgeSqliteTrim *trim, const BridgeSqliteAccount *account,
                                  guint64 *target, GError **error)
{
	BridgeSqliteSize *size = bridge_sqlite_trim_get_size(trim, account);

	if (!bridge_sqlite_trim_count_size(trim, account, size, error))
		return FALSE;
	if (size->bytes <= trim->history_bytes)
		return TRUE;
	size->bytes = 0;
	size->seq = account->trimmed_seq;
	if (!bridge_sqlite_trim_count_size(trim, account, size, error))
		return FALSE;
	if (size->bytes <= trim->history_bytes)
		return TRUE;
	return bridge_sqlite_trim_find_excess(trim, account,
	                                      size->bytes - trim->history_bytes +
	                                              trim->history_bytes / TRIM_SLACK_DIVISOR,
	                                      target, error);
}

/* The last of the oldest few events that are too old. */
static gboolean
bridge_sqlite_trim_find_old(BridgeSqliteTrim *trim, const BridgeSqliteAccount *account,
                            gint64 now_us, guint64 *target, GError **error)
{
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		trim->db, error,
		"SELECT seq, stored_us FROM events WHERE account_no = ? AND seq > ?"
		" ORDER BY seq LIMIT ?",
		"iii", account->no, (gint64)account->trimmed_seq, (gint64)TRIM_ROWS);

	if (statement == NULL)
		return FALSE;
	while ((step = bridge_sqlite_step(trim->db, statement, error)) == BRIDGE_SQLITE_ROW) {
		if (sqlite3_column_int64(statement, 1) >= now_us - trim->history_us)
			return TRUE;
		*target = MAX(*target, (guint64)sqlite3_column_int64(statement, 0));
	}
	return step == BRIDGE_SQLITE_DONE;
}

static gboolean
bridge_sqlite_trim_cut(BridgeSqliteTrim *trim, const BridgeSqliteAccount *account, guint64 seq,
                       GError **error)
{
	static const char *const cuts[] = {
		"DELETE FROM events WHERE account_no = ? AND seq <= ?",
		"DELETE FROM stanza_ids WHERE account_no = ? AND seq <= ?",
		"DELETE FROM unsettled WHERE account_no = ? AND seq <= ?",
	};

	for (guint i = 0; i < G_N_ELEMENTS(cuts); i++)
		if (!bridge_sqlite_run(trim->db, error, cuts[i], "ii", account->no, (gint64)seq))
			return FALSE;
	return bridge_sqlite_run(trim->db, error,
	                         "UPDATE accounts SET trimmed_seq = ? WHERE account_no = ?", "ii",
	                         (gint64)seq, account->no);
}

static gboolean
bridge_sqlite_trim_history(BridgeSqliteTrim *trim, const BridgeSqliteAccount *account,
                           gint64 now_us, GError **error)
{
	guint64 target = bridge_sqlite_trim_target_by_number(trim, account);

	if (!bridge_sqlite_trim_find_old(trim, account, now_us, &target, error) ||
	    !bridge_sqlite_trim_target_by_size(trim, account, &target, error))
		return FALSE;
	if (target <= account->trimmed_seq)
		return TRUE;
	bridge_sqlite_trim_add(trim, account->no); /* look again: there may be more */
	return bridge_sqlite_trim_cut(trim, account, MIN(target, account->trimmed_seq + TRIM_ROWS),
	                              error);
}

static gboolean
bridge_sqlite_trim_account(BridgeSqliteTrim *trim, gint64 account_no, gint64 now_us, GError **error)
{
	g_autoptr(GError) inner = NULL;
	guint64 acked = 0;
	g_autoptr(BridgeSqliteAccount) account =
		bridge_sqlite_account_load_no(trim->db, trim->keys, account_no, &inner);

	if (account == NULL) {
		/* erased meanwhile, or damaged: then its own readers are told */
		return TRUE;
	}
	if (!bridge_sqlite_trim_find_acked(trim->db, account, &acked, error))
		return FALSE;
	if (acked > account->swept_seq) {
		bridge_sqlite_trim_add(trim, account_no);
		return bridge_sqlite_trim_sweep(trim->db, account, &trim->forgotten, error);
	}
	return bridge_sqlite_trim_history(trim, account, now_us, error);
}

/* ---- What belongs to no single account ------------------------------------------------------- */

static gboolean
bridge_sqlite_trim_rest(BridgeSqliteTrim *trim, gint64 now_us, GError **error)
{
	if (!bridge_sqlite_run(trim->db, error,
	                       "DELETE FROM outgoing WHERE (account_no, seq) IN"
	                       " (SELECT account_no, seq FROM outgoing"
	                       " WHERE stored_us < ? AND status NOT IN (?, ?) LIMIT ?)",
	                       "iiii", now_us - TRIM_OUTGOING_US, (gint64)BRIDGE_OUTGOING_QUEUED,
	                       (gint64)BRIDGE_OUTGOING_SENT, (gint64)TRIM_ROWS))
		return FALSE;
	trim->rest = bridge_sqlite_get_changes(trim->db) == TRIM_ROWS;
	return bridge_sqlite_run(trim->db, error, "DELETE FROM tombstones WHERE time_us < ?", "i",
	                         now_us - TRIM_TOMBSTONE_US) &&
	       bridge_sqlite_run(trim->db, error, "DELETE FROM enrolments WHERE expires_us <= ?",
	                         "i", now_us);
}

static gboolean
bridge_sqlite_trim_next(BridgeSqliteTrim *trim, gint64 now_us, GError **error)
{
	gint64 *key = g_queue_pop_head(&trim->accounts);
	gint64 account_no = key != NULL ? *key : 0;

	if (key == NULL)
		return bridge_sqlite_trim_rest(trim, now_us, error);
	g_hash_table_remove(trim->queued, key);
	return bridge_sqlite_trim_account(trim, account_no, now_us, error);
}

gboolean
bridge_sqlite_trim_step(BridgeSqliteTrim *trim, gint64 now_us, GError **error)
{
	if (bridge_sqlite_exec(trim->db, "BEGIN", error) &&
	    bridge_sqlite_trim_next(trim, now_us, error) &&
	    bridge_sqlite_exec(trim->db, "COMMIT", error))
		return TRUE;
	if (!bridge_sqlite_is_idle(trim->db))
		bridge_sqlite_exec(trim->db, "ROLLBACK", NULL);
	bridge_sqlite_trim_drop(trim);
	return FALSE;
}
