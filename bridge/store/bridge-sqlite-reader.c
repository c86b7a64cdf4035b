/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite-reader.h"

#include "base/bridge-error.h"
#include "store/bridge-sqlite-credential.h"
#include "store/bridge-sqlite-delivery.h"
#include "store/bridge-sqlite-records.h"
#include "store/bridge-store-private.h"

#define READER_HASH_BYTES ((gsize)32)
#define READER_COMPLAINT_PERIOD_US G_TIME_SPAN_MINUTE
#define READER_EVENTS_BYTES (1024 * 1024) /* of data in one answer: memory has an end */

struct _BridgeSqliteReader {
	GThread *thread;
	GAsyncQueue *queue; /* of GTask, or the reader itself: stop */
	GMainContext *context;
	BridgeSqlite *db;
	BridgeSqliteKeys *keys;
	BridgeSqliteTrouble *trouble; /* borrowed */
	gint64 complained_us;         /* 0: never */
};

typedef gboolean (*BridgeSqliteReaderFunc)(BridgeSqliteReader *reader,
                                           const BridgeStoreQuery *query, BridgeStoreAnswer *answer,
                                           GError **error);

/* ---- Accounts and devices -------------------------------------------------------------------- */

/* An account that does not open stays out, so that it keeps no other one from signing in; nothing
 * of it is touched, and its devices are told by an error. */
static void
bridge_sqlite_reader_add_account(BridgeSqliteReader *reader, BridgeStatement *row,
                                 GPtrArray *records)
{
	const char *id = (const char *)sqlite3_column_text(row, 0);
	g_autoptr(GError) error = NULL;
	BridgeAccountRecord *record = NULL;
	g_autoptr(BridgeSqliteAccount) account =
		bridge_sqlite_account_load(reader->db, reader->keys, id, &error);

	if (account != NULL)
		record = bridge_sqlite_records_open_account(account->key, row, &error);
	if (record != NULL)
		g_ptr_array_add(records, record);
	else
		g_log_structured(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "GTALK_ACCOUNT", id, "MESSAGE",
		                 "account %s is left out: %s", id, error->message);
}

static gboolean
bridge_sqlite_reader_load_accounts(BridgeSqliteReader *reader, const BridgeStoreQuery *query,
                                   BridgeStoreAnswer *answer, GError **error)
{
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	g_autoptr(BridgeStatement) row = bridge_sqlite_prepare(
		reader->db, error,
		"SELECT " BRIDGE_SQLITE_ACCOUNT_COLUMNS " FROM accounts ORDER BY account_no", "");

	if (row == NULL)
		return FALSE;
	answer->records =
		g_ptr_array_new_with_free_func((GDestroyNotify)bridge_account_record_free);
	while ((step = bridge_sqlite_step(reader->db, row, error)) == BRIDGE_SQLITE_ROW)
		bridge_sqlite_reader_add_account(reader, row, answer->records);
	return step == BRIDGE_SQLITE_DONE;
}

/* How one kind of an account's records is opened and freed. */
typedef struct {
	gpointer (*open)(const BridgeSqliteAccount *account, BridgeStatement *row, GError **error);
	GDestroyNotify free;
} BridgeSqliteKind;

static gpointer
bridge_sqlite_reader_open_device(const BridgeSqliteAccount *account, BridgeStatement *row,
                                 GError **error)
{
	return bridge_sqlite_records_open_device(account, row, error);
}

static gpointer
bridge_sqlite_reader_open_outgoing(const BridgeSqliteAccount *account, BridgeStatement *row,
                                   GError **error)
{
	return bridge_sqlite_records_open_outgoing(account, row, error);
}

static gpointer
bridge_sqlite_reader_open_subscription(const BridgeSqliteAccount *account, BridgeStatement *row,
                                       GError **error)
{
	return bridge_sqlite_records_open_subscription(account, row, error);
}

static const BridgeSqliteKind bridge_sqlite_reader_subscriptions = {
	bridge_sqlite_reader_open_subscription, (GDestroyNotify)bridge_subscription_record_free};
static const BridgeSqliteKind bridge_sqlite_reader_devices = {
	bridge_sqlite_reader_open_device, (GDestroyNotify)bridge_device_record_free};
static const BridgeSqliteKind bridge_sqlite_reader_messages = {
	bridge_sqlite_reader_open_outgoing, (GDestroyNotify)bridge_outgoing_record_free};

/* @sql: with one parameter, the account's number */
static gboolean
bridge_sqlite_reader_load_all(BridgeSqliteReader *reader, const BridgeStoreQuery *query,
                              const char *sql, const BridgeSqliteKind *kind,
                              BridgeStoreAnswer *answer, GError **error)
{
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	g_autoptr(BridgeStatement) row = NULL;
	g_autoptr(BridgeSqliteAccount) account =
		bridge_sqlite_account_load(reader->db, reader->keys, query->account_id, error);

	if (account != NULL)
		row = bridge_sqlite_prepare(reader->db, error, sql, "i", account->no);
	if (row == NULL)
		return FALSE;
	answer->records = g_ptr_array_new_with_free_func(kind->free);
	while ((step = bridge_sqlite_step(reader->db, row, error)) == BRIDGE_SQLITE_ROW) {
		gpointer record = kind->open(account, row, error);

		if (record == NULL)
			return FALSE;
		g_ptr_array_add(answer->records, record);
	}
	return step == BRIDGE_SQLITE_DONE;
}

static gboolean
bridge_sqlite_reader_load_devices(BridgeSqliteReader *reader, const BridgeStoreQuery *query,
                                  BridgeStoreAnswer *answer, GError **error)
{
	return bridge_sqlite_reader_load_all(reader, query,
	                                     "SELECT " BRIDGE_SQLITE_DEVICE_COLUMNS " FROM devices"
	                                     " WHERE account_no = ? ORDER BY created_us, device_id",
	                                     &bridge_sqlite_reader_devices, answer, error);
}

static gboolean
bridge_sqlite_reader_load_subscriptions(BridgeSqliteReader *reader, const BridgeStoreQuery *query,
                                        BridgeStoreAnswer *answer, GError **error)
{
	return bridge_sqlite_reader_load_all(
		reader, query,
		"SELECT " BRIDGE_SQLITE_SUBSCRIPTION_COLUMNS " FROM subscriptions"
		" WHERE account_no = ? ORDER BY created_us, subscription_id",
		&bridge_sqlite_reader_subscriptions, answer, error);
}

static gboolean
bridge_sqlite_reader_find_tombstone(BridgeSqliteReader *reader, const guint8 hash[32],
                                    BridgeStoreAnswer *answer, GError **error)
{
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	g_autoptr(BridgeStatement) row = bridge_sqlite_prepare(
		reader->db, error, "SELECT state FROM tombstones WHERE hash = ?", "h", hash,
		READER_HASH_BYTES);

	if (row != NULL)
		step = bridge_sqlite_step(reader->db, row, error);
	answer->token = BRIDGE_TOKEN_UNKNOWN;
	if (step == BRIDGE_SQLITE_ROW)
		answer->token = sqlite3_column_int(row, 0);
	return step != BRIDGE_SQLITE_FAILED;
}

static gboolean
bridge_sqlite_reader_find_device(BridgeSqliteReader *reader, const BridgeStoreQuery *query,
                                 BridgeStoreAnswer *answer, GError **error)
{
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	g_autoptr(BridgeSqliteAccount) account = NULL;
	g_autoptr(BridgeStatement) row = bridge_sqlite_prepare(
		reader->db, error,
		"SELECT " BRIDGE_SQLITE_DEVICE_COLUMNS ", account_no FROM devices"
		" WHERE token_hash = ?",
		"h", query->hash, READER_HASH_BYTES);

	if (row != NULL)
		step = bridge_sqlite_step(reader->db, row, error);
	if (step == BRIDGE_SQLITE_DONE)
		return bridge_sqlite_reader_find_tombstone(reader, query->hash, answer, error);
	if (step == BRIDGE_SQLITE_FAILED)
		return FALSE;
	account = bridge_sqlite_account_load_no(reader->db, reader->keys,
	                                        sqlite3_column_int64(row, 6), error);
	if (account != NULL)
		answer->device = bridge_sqlite_records_open_device(account, row, error);
	answer->token = BRIDGE_TOKEN_VALID;
	return answer->device != NULL;
}

/* ---- Events ---------------------------------------------------------------------------------- */

static gboolean
bridge_sqlite_reader_check_after(const BridgeSqliteAccount *account, guint64 after, GError **error)
{
	/* beyond the end: the file is an older one than the cursor came from */
	if (after >= account->trimmed_seq && after <= account->last_seq)
		return TRUE;
	g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_CURSOR_EXPIRED,
	                    "history does not reach back to this cursor");
	return FALSE;
}

/* @row: (nullable): BRIDGE_SQLITE_EVENT_COLUMNS */
static gboolean
bridge_sqlite_reader_take_events(BridgeSqliteReader *reader, BridgeSqliteAccount *account,
                                 BridgeStatement *row, BridgeStoreAnswer *answer, GError **error)
{
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	gsize held = 0;

	if (row == NULL)
		return FALSE;
	answer->records = g_ptr_array_new_with_free_func((GDestroyNotify)bridge_event_record_free);
	while (held < READER_EVENTS_BYTES &&
	       (step = bridge_sqlite_step(reader->db, row, error)) == BRIDGE_SQLITE_ROW) {
		BridgeEventRecord *event = bridge_sqlite_records_open_event(account, row, error);

		if (event == NULL)
			return FALSE;
		held += g_bytes_get_size(event->data);
		g_ptr_array_add(answer->records, event);
	}
	return step != BRIDGE_SQLITE_FAILED;
}

static gboolean
bridge_sqlite_reader_take_events_after(BridgeSqliteReader *reader, BridgeSqliteAccount *account,
                                       guint64 after, guint limit, BridgeStoreAnswer *answer,
                                       GError **error)
{
	g_autoptr(BridgeStatement) row =
		bridge_sqlite_prepare(reader->db, error,
	                              "SELECT " BRIDGE_SQLITE_EVENT_COLUMNS " FROM events"
	                              " WHERE account_no = ? AND seq > ? ORDER BY seq LIMIT ?",
	                              "iii", account->no, (gint64)after, (gint64)limit);

	return bridge_sqlite_reader_take_events(reader, account, row, answer, error);
}

static gboolean
bridge_sqlite_reader_read_events(BridgeSqliteReader *reader, const BridgeStoreQuery *query,
                                 BridgeStoreAnswer *answer, GError **error)
{
	g_autoptr(BridgeSqliteAccount) account =
		bridge_sqlite_account_load(reader->db, reader->keys, query->account_id, error);

	return account != NULL && bridge_sqlite_reader_check_after(account, query->after, error) &&
	       bridge_sqlite_reader_take_events_after(reader, account, query->after, query->limit,
	                                              answer, error);
}

static gboolean
bridge_sqlite_reader_read_kept_events(BridgeSqliteReader *reader, const BridgeStoreQuery *query,
                                      BridgeStoreAnswer *answer, GError **error)
{
	g_autoptr(BridgeSqliteAccount) account =
		bridge_sqlite_account_load(reader->db, reader->keys, query->account_id, error);

	return account != NULL && bridge_sqlite_reader_take_events_after(
					  reader, account, MAX(query->after, account->trimmed_seq),
					  query->limit, answer, error);
}

static gboolean
bridge_sqlite_reader_read_history(BridgeSqliteReader *reader, const BridgeStoreQuery *query,
                                  BridgeStoreAnswer *answer, GError **error)
{
	g_autoptr(BridgeStatement) row = NULL;
	g_autoptr(BridgeSqliteAccount) account =
		bridge_sqlite_account_load(reader->db, reader->keys, query->account_id, error);

	if (account == NULL)
		return FALSE;
	row = bridge_sqlite_prepare(
		reader->db, error,
		"SELECT " BRIDGE_SQLITE_EVENT_COLUMNS " FROM events"
		" WHERE account_no = ? AND seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?",
		"iiii", account->no, (gint64)account->trimmed_seq, (gint64)query->before,
		(gint64)query->limit);
	return bridge_sqlite_reader_take_events(reader, account, row, answer, error);
}

static gboolean
bridge_sqlite_reader_get_position(BridgeSqliteReader *reader, const BridgeStoreQuery *query,
                                  BridgeStoreAnswer *answer, GError **error)
{
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	g_autoptr(BridgeStatement) row = bridge_sqlite_prepare(
		reader->db, error,
		"SELECT " BRIDGE_SQLITE_LAST_SEQ ", last_stream FROM accounts WHERE account_id = ?",
		"s", query->account_id);

	if (row != NULL)
		step = bridge_sqlite_step(reader->db, row, error);
	if (step == BRIDGE_SQLITE_ROW) {
		answer->seq = (guint64)sqlite3_column_int64(row, 0);
		answer->stream = (guint64)sqlite3_column_int64(row, 1);
	}
	return step != BRIDGE_SQLITE_FAILED;
}

/* ---- Messages to send ------------------------------------------------------------------------ */

static gboolean
bridge_sqlite_reader_find_outgoing(BridgeSqliteReader *reader, const BridgeStoreQuery *query,
                                   BridgeStoreAnswer *answer, GError **error)
{
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	g_autoptr(BridgeStatement) row = NULL;
	g_autoptr(BridgeSqliteAccount) account = NULL;
	g_autoptr(GBytes) index =
		bridge_sqlite_index(reader->keys, BRIDGE_SQLITE_OUTGOING_LABEL,
	                            BRIDGE_SEAL_INDEX_BYTES, query->device_id, query->text, error);

	if (index == NULL)
		return FALSE;
	row = bridge_sqlite_prepare(reader->db, error,
	                            "SELECT " BRIDGE_SQLITE_OUTGOING_COLUMNS ", account_no"
	                            " FROM outgoing WHERE id_index = ?",
	                            "b", index);
	if (row != NULL)
		step = bridge_sqlite_step(reader->db, row, error);
	if (step != BRIDGE_SQLITE_ROW)
		return step == BRIDGE_SQLITE_DONE;
	account = bridge_sqlite_account_load_no(reader->db, reader->keys,
	                                        sqlite3_column_int64(row, 4), error);
	if (account != NULL)
		answer->outgoing = bridge_sqlite_records_open_outgoing(account, row, error);
	return answer->outgoing != NULL;
}

static gboolean
bridge_sqlite_reader_find_sent(BridgeSqliteReader *reader, const BridgeStoreQuery *query,
                               BridgeStoreAnswer *answer, GError **error)
{
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	g_autoptr(BridgeStatement) row = NULL;
	g_autoptr(BridgeSqliteAccount) account =
		bridge_sqlite_account_load(reader->db, reader->keys, query->account_id, error);
	g_autoptr(GBytes) index = bridge_sqlite_index(reader->keys, BRIDGE_SQLITE_WIRE_LABEL,
	                                              BRIDGE_SHORT_INDEX_BYTES, query->account_id,
	                                              query->text, error);

	if (account == NULL || index == NULL)
		return FALSE;
	row = bridge_sqlite_prepare(reader->db, error,
	                            "SELECT " BRIDGE_SQLITE_OUTGOING_COLUMNS
	                            " FROM outgoing WHERE account_no = ? AND wire_index = ?",
	                            "ib", account->no, index);
	if (row != NULL)
		step = bridge_sqlite_step(reader->db, row, error);
	if (step != BRIDGE_SQLITE_ROW)
		return step == BRIDGE_SQLITE_DONE;
	answer->outgoing = bridge_sqlite_records_open_outgoing(account, row, error);
	return answer->outgoing != NULL;
}

static gboolean
bridge_sqlite_reader_load_outgoing(BridgeSqliteReader *reader, const BridgeStoreQuery *query,
                                   BridgeStoreAnswer *answer, GError **error)
{
	G_STATIC_ASSERT(BRIDGE_OUTGOING_QUEUED == 0 && BRIDGE_OUTGOING_SENT == 1);
	return bridge_sqlite_reader_load_all(
		reader, query,
		"SELECT " BRIDGE_SQLITE_OUTGOING_COLUMNS " FROM outgoing"
		" WHERE account_no = ? AND status IN (0, 1) ORDER BY seq",
		&bridge_sqlite_reader_messages, answer, error);
}

/* ---- Enrolment ------------------------------------------------------------------------------- */

static gboolean
bridge_sqlite_reader_check_enrolment(BridgeSqliteReader *reader, const BridgeStoreQuery *query,
                                     BridgeStoreAnswer *answer, GError **error)
{
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	g_autofree char *domain = NULL;
	g_autoptr(BridgeStatement) row = bridge_sqlite_prepare(
		reader->db, error,
		"SELECT sealed FROM enrolments WHERE hash = ? AND expires_us > ?", "hi",
		query->hash, READER_HASH_BYTES, query->now_us);

	if (row != NULL)
		step = bridge_sqlite_step(reader->db, row, error);
	if (step != BRIDGE_SQLITE_ROW)
		return step == BRIDGE_SQLITE_DONE;
	if (!bridge_sqlite_records_open_domain(reader->keys, query->hash, row, 0, &domain, error))
		return FALSE;
	answer->found = domain == NULL || g_strcmp0(domain, query->text) == 0;
	return TRUE;
}

static gboolean
bridge_sqlite_reader_load_credential(BridgeSqliteReader *reader, const BridgeStoreQuery *query,
                                     BridgeStoreAnswer *answer, GError **error)
{
	return bridge_sqlite_credential_load(reader->db, reader->keys, query->text, &answer->secret,
	                                     error);
}

/* ---- The thread ------------------------------------------------------------------------------ */

static const BridgeSqliteReaderFunc reader_funcs[BRIDGE_STORE_N_QUERIES] = {
	[BRIDGE_STORE_LOAD_ACCOUNTS] = bridge_sqlite_reader_load_accounts,
	[BRIDGE_STORE_LOAD_DEVICES] = bridge_sqlite_reader_load_devices,
	[BRIDGE_STORE_LOAD_SUBSCRIPTIONS] = bridge_sqlite_reader_load_subscriptions,
	[BRIDGE_STORE_FIND_DEVICE] = bridge_sqlite_reader_find_device,
	[BRIDGE_STORE_READ_EVENTS] = bridge_sqlite_reader_read_events,
	[BRIDGE_STORE_READ_KEPT_EVENTS] = bridge_sqlite_reader_read_kept_events,
	[BRIDGE_STORE_READ_HISTORY] = bridge_sqlite_reader_read_history,
	[BRIDGE_STORE_FIND_OUTGOING] = bridge_sqlite_reader_find_outgoing,
	[BRIDGE_STORE_FIND_SENT] = bridge_sqlite_reader_find_sent,
	[BRIDGE_STORE_LOAD_OUTGOING] = bridge_sqlite_reader_load_outgoing,
	[BRIDGE_STORE_GET_POSITION] = bridge_sqlite_reader_get_position,
	[BRIDGE_STORE_CHECK_ENROLMENT] = bridge_sqlite_reader_check_enrolment,
	[BRIDGE_STORE_LOAD_CREDENTIAL] = bridge_sqlite_reader_load_credential,
};

/* Within one transaction, so that what is read belongs together. */
static BridgeStoreAnswer *
bridge_sqlite_reader_run(BridgeSqliteReader *reader, const BridgeStoreQuery *query, GError **error)
{
	g_autoptr(BridgeStoreAnswer) answer = g_new0(BridgeStoreAnswer, 1);
	gboolean ok = FALSE;

	if (!bridge_sqlite_exec(reader->db, "BEGIN", error))
		return NULL;
	ok = reader_funcs[query->kind](reader, query, answer, error);
	if (!bridge_sqlite_is_idle(reader->db))
		bridge_sqlite_exec(reader->db, "ROLLBACK", NULL);
	return ok ? g_steal_pointer(&answer) : NULL;
}

/* A page that cannot be read concerns the whole store; a value that does not open only who asks for
 * it, and he may go on asking. */
static void
bridge_sqlite_reader_judge(BridgeSqliteReader *reader, const GError *error)
{
	gint64 now_us = g_get_monotonic_time();

	if (bridge_sqlite_is_damaged(reader->db))
		bridge_sqlite_trouble_note_damage(reader->trouble, "a page cannot be read");
	else if (g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE) &&
	         (reader->complained_us == 0 ||
	          now_us - reader->complained_us >= READER_COMPLAINT_PERIOD_US)) {
		reader->complained_us = now_us;
		g_warning("something cannot be read, and is left as it is: %s", error->message);
	}
}

static gpointer
bridge_sqlite_reader_thread(gpointer data)
{
	BridgeSqliteReader *reader = data;
	gpointer item = NULL;

	while ((item = g_async_queue_pop(reader->queue)) != reader) {
		BridgeSqliteDelivery *delivery = bridge_sqlite_delivery_new();
		BridgeStoreAnswer *answer = NULL;
		GError *error = NULL;

		if (!g_cancellable_set_error_if_cancelled(g_task_get_cancellable(item), &error))
			answer = bridge_sqlite_reader_run(reader, g_task_get_task_data(item),
			                                  &error);
		bridge_sqlite_reader_judge(reader, error);
		bridge_sqlite_delivery_add(delivery, item, answer,
		                           (GDestroyNotify)bridge_store_answer_free, error);
		bridge_sqlite_delivery_send(delivery, reader->context);
	}
	return NULL;
}

BridgeSqliteReader *
bridge_sqlite_reader_new(BridgeSqlite *db, BridgeSqliteKeys *keys, BridgeSqliteTrouble *trouble)
{
	BridgeSqliteReader *reader = g_new0(BridgeSqliteReader, 1);

	reader->queue = g_async_queue_new();
	reader->context = g_main_context_ref_thread_default();
	reader->db = db;
	reader->keys = keys;
	reader->trouble = trouble;
	reader->thread = g_thread_new("store-reader", bridge_sqlite_reader_thread, reader);
	return reader;
}

void
bridge_sqlite_reader_push(BridgeSqliteReader *reader, GTask *task)
{
	g_async_queue_push(reader->queue, task);
}

void
bridge_sqlite_reader_free(BridgeSqliteReader *reader)
{
	if (reader == NULL)
		return;
	g_async_queue_push(reader->queue, reader);
	g_thread_join(reader->thread);
	g_async_queue_unref(reader->queue);
	g_main_context_unref(reader->context);
	bridge_sqlite_close(reader->db);
	g_free(reader);
}
