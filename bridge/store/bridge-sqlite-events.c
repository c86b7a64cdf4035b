/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite-events.c: events, what makes an incoming message a repetition, messages to send. */
#include "config.h"

#include "bridge-sqlite-write.h"

#include "base/bridge-error.h"
#include "store/bridge-sqlite-records.h"
#include "store/bridge-sqlite-trim.h"

/* Stanzas that are settled and still in the table: looked through for each message. */
#define EVENTS_SETTLED_MAX 32

static gboolean
bridge_sqlite_events_append(BridgeSqliteWrite *write, BridgeSqliteAccount *account,
                            const BridgeEventRecord *event, GArray *receipt, GError **error)
{
	guint64 seq = account->last_seq + 1;
	g_autoptr(GBytes) sealed = bridge_sqlite_records_seal_event(account, event, seq, error);

	if (sealed == NULL ||
	    !bridge_sqlite_run(write->db, error,
	                       "INSERT INTO events (account_no, seq, time_us, stored_us, sealed)"
	                       " VALUES (?, ?, ?, ?, ?)",
	                       "iiiib", account->no, (gint64)seq, event->time_us, write->now_us,
	                       sealed))
		return FALSE;
	account->last_seq = seq;
	g_array_append_val(receipt, seq);
	bridge_sqlite_write_touch(write, account->no);
	return TRUE;
}

/* ---- Repetitions ----------------------------------------------------------------------------- */

/* The keys of one message as they are looked up. */
typedef struct {
	GBytes *stanza_id;
	GBytes *id;
	GBytes *content;
} EventIndexes;

static void
bridge_sqlite_events_clear_indexes(EventIndexes *indexes)
{
	g_clear_pointer(&indexes->stanza_id, g_bytes_unref);
	g_clear_pointer(&indexes->id, g_bytes_unref);
	g_clear_pointer(&indexes->content, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EventIndexes, bridge_sqlite_events_clear_indexes)

static gboolean
bridge_sqlite_events_index(BridgeSqliteWrite *write, const BridgeSqliteAccount *account,
                           const char *label, const char *value, GBytes **index, GError **error)
{
	if (value == NULL)
		return TRUE;
	*index = bridge_sqlite_index(write->keys, label, BRIDGE_SHORT_INDEX_BYTES, account->id,
	                             value, error);
	return *index != NULL;
}

static gboolean
bridge_sqlite_events_make_indexes(BridgeSqliteWrite *write, const BridgeSqliteAccount *account,
                                  const BridgeRepetitionKeys *keys, EventIndexes *indexes,
                                  GError **error)
{
	return bridge_sqlite_events_index(write, account, "stanza_ids.id_index", keys->stanza_id,
	                                  &indexes->stanza_id, error) &&
	       bridge_sqlite_events_index(write, account, "unsettled.id_index", keys->sender_and_id,
	                                  &indexes->id, error) &&
	       bridge_sqlite_events_index(write, account, "unsettled.content_index",
	                                  keys->sender_and_content, &indexes->content, error);
}

/* Sets @seq to what the statement finds, leaves it alone if that is nothing. */
static gboolean
bridge_sqlite_events_find(BridgeSqliteWrite *write, BridgeStatement *statement, guint64 *seq,
                          GError **error)
{
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;

	if (statement != NULL)
		step = bridge_sqlite_step(write->db, statement, error);
	if (step == BRIDGE_SQLITE_ROW)
		*seq = (guint64)sqlite3_column_int64(statement, 0);
	return step != BRIDGE_SQLITE_FAILED;
}

/* @stanza_id: (nullable) */
static gboolean
bridge_sqlite_events_find_stanza_id(BridgeSqliteWrite *write, const BridgeSqliteAccount *account,
                                    GBytes *stanza_id, guint64 *seq, GError **error)
{
	g_autoptr(BridgeStatement) statement = NULL;

	if (stanza_id == NULL)
		return TRUE;
	statement = bridge_sqlite_prepare(
		write->db, error,
		"SELECT seq FROM stanza_ids WHERE account_no = ?1 AND id_index = ?2"
		" UNION ALL"
		" SELECT seq FROM unsettled WHERE account_no = ?1 AND stanza_index = ?2",
		"ib", account->no, stanza_id);
	return bridge_sqlite_events_find(write, statement, seq, error);
}

static gboolean
bridge_sqlite_events_find_other_ids(BridgeSqliteWrite *write, const BridgeSqliteAccount *account,
                                    const BridgeRepetitionKeys *keys, guint64 *seq, GError **error)
{
	const char *const *ids = keys->other_stanza_ids;

	for (guint i = 0; ids != NULL && ids[i] != NULL && *seq == 0; i++) {
		g_autoptr(GBytes) index = NULL;

		if (!bridge_sqlite_events_index(write, account, "stanza_ids.id_index", ids[i],
		                                &index, error) ||
		    !bridge_sqlite_events_find_stanza_id(write, account, index, seq, error))
			return FALSE;
	}
	return TRUE;
}

/* By a lesser key only where one of the two lacks the better one: messages with two different
 * stanza ids, or ids, are two messages. The oldest goes first. */
static gboolean
bridge_sqlite_events_find_unsettled(BridgeSqliteWrite *write, const BridgeSqliteAccount *account,
                                    const BridgeRepetitionKeys *keys, const EventIndexes *indexes,
                                    guint64 *seq, GError **error)
{
	gint64 has_stanza_id = indexes->stanza_id != NULL;
	g_autoptr(BridgeStatement) by_id = NULL;
	g_autoptr(BridgeStatement) by_content = NULL;

	if (!account->has_unsettled)
		return TRUE;
	if (indexes->id != NULL) {
		by_id = bridge_sqlite_prepare(
			write->db, error,
			"SELECT seq FROM unsettled WHERE account_no = ? AND id_index = ?"
			" AND stream < ? AND NOT (stanza_index IS NOT NULL AND ?) ORDER BY seq "
			"LIMIT 1",
			"ibii", account->no, indexes->id, (gint64)keys->stream, has_stanza_id);
		if (!bridge_sqlite_events_find(write, by_id, seq, error))
			return FALSE;
	}
	if (*seq != 0 || indexes->content == NULL)
		return TRUE;
	by_content = bridge_sqlite_prepare(
		write->db, error,
		"SELECT seq FROM unsettled WHERE account_no = ? AND content_index = ?"
		" AND stream < ? AND NOT (stanza_index IS NOT NULL AND ?)"
		" AND NOT (id_index IS NOT NULL AND ?) ORDER BY seq LIMIT 1",
		"ibiii", account->no, indexes->content, (gint64)keys->stream, has_stanza_id,
		(gint64)(indexes->id != NULL));
	return bridge_sqlite_events_find(write, by_content, seq, error);
}

/* The message of @seq came again, by @keys->stream: it has had its repetition for that stream, and
 * if that ends before the server is told, may have another one in the next. Without a number the
 * repetition is settled now. */
static gboolean
bridge_sqlite_events_repeat(BridgeSqliteWrite *write, const BridgeSqliteAccount *account,
                            const BridgeRepetitionKeys *keys, const EventIndexes *indexes,
                            guint64 seq, GError **error)
{
	guint64 stream = keys->stanza > 0 ? keys->stream : account->last_stream;

	return bridge_sqlite_run(write->db, error,
	                         "UPDATE unsettled SET stream = ?, stanza = ?,"
	                         " stanza_index = coalesce(stanza_index, ?)"
	                         " WHERE account_no = ? AND seq = ?",
	                         "iibii", (gint64)stream, (gint64)keys->stanza, indexes->stanza_id,
	                         account->no, (gint64)seq);
}

/* A settled message is known by its stanza id alone. That of an unsettled one waits in its row:
 * each of these goes to a page of its own, so that many are written together. */
static gboolean
bridge_sqlite_events_remember(BridgeSqliteWrite *write, BridgeSqliteAccount *account,
                              const BridgeRepetitionKeys *keys, const EventIndexes *indexes,
                              GError **error)
{
	gint64 seq = (gint64)account->last_seq;

	if (keys->stanza == 0 || (indexes->id == NULL && indexes->content == NULL))
		return indexes->stanza_id == NULL ||
		       bridge_sqlite_run(write->db, error,
		                         "INSERT OR REPLACE INTO stanza_ids"
		                         " (account_no, id_index, seq) VALUES (?, ?, ?)",
		                         "ibi", account->no, indexes->stanza_id, seq);
	if (keys->stream < account->last_stream)
		account->has_unsettled = TRUE; /* it comes from a session that is ending */
	return bridge_sqlite_run(write->db, error,
	                         "INSERT INTO unsettled (account_no, seq, stream, stanza,"
	                         " stanza_index, id_index, content_index)"
	                         " VALUES (?, ?, ?, ?, ?, ?, ?)",
	                         "iiiibbb", account->no, seq, (gint64)keys->stream,
	                         (gint64)keys->stanza, indexes->stanza_id, indexes->id,
	                         indexes->content);
}

/* A few rows at most: what a stream may leave unsettled is limited. */
static gboolean
bridge_sqlite_events_look_for_unsettled(BridgeSqliteWrite *write, BridgeSqliteAccount *account,
                                        GError **error)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		write->db, error,
		"SELECT 1 FROM unsettled WHERE account_no = ? AND stream < ? LIMIT 1", "ii",
		account->no, (gint64)account->last_stream);
	guint64 found = 0;

	if (!bridge_sqlite_events_find(write, statement, &found, error))
		return FALSE;
	account->has_unsettled = found != 0;
	return TRUE;
}

static gboolean
bridge_sqlite_events_delete_settled(BridgeSqliteWrite *write, const BridgeSqliteAccount *account,
                                    guint64 stream, guint32 stanza, GError **error)
{
	return bridge_sqlite_run(write->db, error,
	                         "INSERT OR IGNORE INTO stanza_ids (account_no, id_index, seq)"
	                         " SELECT account_no, stanza_index, seq FROM unsettled"
	                         " WHERE account_no = ? AND stream = ? AND stanza <= ?"
	                         " AND stanza_index IS NOT NULL",
	                         "iii", account->no, (gint64)stream, (gint64)stanza) &&
	       bridge_sqlite_run(write->db, error,
	                         "DELETE FROM unsettled"
	                         " WHERE account_no = ? AND stream = ? AND stanza <= ?",
	                         "iii", account->no, (gint64)stream, (gint64)stanza);
}

/* A new stream: what the one before has left is unsettled in earnest. */
static gboolean
bridge_sqlite_events_raise_stream(BridgeSqliteWrite *write, BridgeSqliteAccount *account,
                                  guint64 stream, GError **error)
{
	if (stream > G_MAXINT64) {
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
		                    "no stream has such a number");
		return FALSE;
	}
	if (stream <= account->last_stream)
		return TRUE;
	if (!bridge_sqlite_events_delete_settled(write, account, account->last_stream,
	                                         account->settled_stanza, error))
		return FALSE;
	account->last_stream = stream;
	account->settled_stanza = 0;
	account->forgotten_stanza = 0;
	return bridge_sqlite_run(write->db, error,
	                         "UPDATE accounts SET last_stream = ?, settled_stanza = 0"
	                         " WHERE account_no = ?",
	                         "ii", (gint64)stream, account->no) &&
	       bridge_sqlite_events_look_for_unsettled(write, account, error);
}

/* Sets @seq to the message that it repeats; 0: none */
static gboolean
bridge_sqlite_events_find_repeated(BridgeSqliteWrite *write, const BridgeSqliteAccount *account,
                                   const BridgeRepetitionKeys *keys, const EventIndexes *indexes,
                                   guint64 *seq, GError **error)
{
	if (keys->is_first)
		return TRUE;
	if (!bridge_sqlite_events_find_stanza_id(write, account, indexes->stanza_id, seq, error) ||
	    !bridge_sqlite_events_find_other_ids(write, account, keys, seq, error))
		return FALSE;
	return *seq != 0 ||
	       bridge_sqlite_events_find_unsettled(write, account, keys, indexes, seq, error);
}

static gboolean
bridge_sqlite_events_append_once(BridgeSqliteWrite *write, BridgeSqliteAccount *account,
                                 const BridgeStoreChange *change, GArray *receipt, GError **error)
{
	const BridgeRepetitionKeys *keys = change->keys;
	g_auto(EventIndexes) indexes = {0};
	guint64 seq = 0;

	if (!bridge_sqlite_events_raise_stream(write, account, keys->stream, error) ||
	    !bridge_sqlite_events_make_indexes(write, account, keys, &indexes, error) ||
	    !bridge_sqlite_events_find_repeated(write, account, keys, &indexes, &seq, error))
		return FALSE;
	if (seq != 0) {
		guint64 nothing = 0;

		g_array_append_val(receipt, nothing);
		return bridge_sqlite_events_repeat(write, account, keys, &indexes, seq, error);
	}
	return bridge_sqlite_events_append(write, account, change->event, receipt, error) &&
	       bridge_sqlite_events_remember(write, account, keys, &indexes, error);
}

gboolean
bridge_sqlite_write_append_event(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                 GArray *receipt, GError **error)
{
	BridgeSqliteAccount *account =
		bridge_sqlite_write_get_account(write, change->account_id, error);

	if (account == NULL)
		return FALSE;
	if (change->keys != NULL)
		return bridge_sqlite_events_append_once(write, account, change, receipt, error);
	return bridge_sqlite_events_append(write, account, change->event, receipt, error);
}

/* Of the stream that goes on it is enough to note how far; the rows are looked at when it has
 * ended, and go many at a time. */
static gboolean
bridge_sqlite_events_settle_last(BridgeSqliteWrite *write, BridgeSqliteAccount *account,
                                 guint32 stanza, GError **error)
{
	if (stanza <= account->settled_stanza)
		return TRUE;
	account->settled_stanza = stanza;
	if (stanza - account->forgotten_stanza >= EVENTS_SETTLED_MAX) {
		account->forgotten_stanza = stanza;
		if (!bridge_sqlite_events_delete_settled(write, account, account->last_stream,
		                                         stanza, error))
			return FALSE;
	}
	return bridge_sqlite_run(write->db, error,
	                         "UPDATE accounts SET settled_stanza = ? WHERE account_no = ?",
	                         "ii", (gint64)stanza, account->no);
}

gboolean
bridge_sqlite_write_settle(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                           GArray *receipt, GError **error)
{
	BridgeSqliteAccount *account =
		bridge_sqlite_write_get_account(write, change->account_id, error);

	if (account == NULL ||
	    !bridge_sqlite_events_raise_stream(write, account, change->number, error))
		return FALSE;
	if (change->number == account->last_stream)
		return bridge_sqlite_events_settle_last(write, account, change->stanza, error);
	return bridge_sqlite_events_delete_settled(write, account, change->number, change->stanza,
	                                           error);
}

/* ---- Messages to send ------------------------------------------------------------------------ */

static gboolean
bridge_sqlite_events_check_new(BridgeSqliteWrite *write, const BridgeSqliteAccount *account,
                               GBytes *id_index, GBytes *wire_index, GError **error)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		write->db, error,
		"SELECT 1 FROM outgoing WHERE id_index = ?1"
		" UNION ALL SELECT 1 FROM outgoing WHERE account_no = ?2 AND wire_index = ?3",
		"bib", id_index, account->no, wire_index);
	guint64 found = 0;

	if (!bridge_sqlite_events_find(write, statement, &found, error))
		return FALSE;
	if (found == 0)
		return TRUE;
	g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_CONFLICT,
	                    "this message id was used before");
	return FALSE;
}

static GBytes *
bridge_sqlite_events_index_wire(BridgeSqliteWrite *write, const BridgeSqliteAccount *account,
                                const char *wire_id, GError **error)
{
	return bridge_sqlite_index(write->keys, BRIDGE_SQLITE_WIRE_LABEL, BRIDGE_SHORT_INDEX_BYTES,
	                           account->id, wire_id, error);
}

gboolean
bridge_sqlite_write_put_outgoing(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                 GArray *receipt, GError **error)
{
	const BridgeOutgoingRecord *record = change->outgoing;
	BridgeSqliteAccount *account =
		bridge_sqlite_write_get_account(write, record->account_id, error);
	g_autoptr(GBytes) id_index = NULL;
	g_autoptr(GBytes) wire_index = NULL;
	g_autoptr(GBytes) sealed = NULL;

	if (account == NULL)
		return FALSE;
	id_index =
		bridge_sqlite_index(write->keys, BRIDGE_SQLITE_OUTGOING_LABEL,
	                            BRIDGE_SEAL_INDEX_BYTES, record->device_id, record->id, error);
	wire_index = id_index != NULL ? bridge_sqlite_events_index_wire(write, account,
	                                                                record->wire_id, error)
	                              : NULL;
	if (id_index == NULL || wire_index == NULL ||
	    !bridge_sqlite_events_check_new(write, account, id_index, wire_index, error) ||
	    !bridge_sqlite_events_append(write, account, change->event, receipt, error))
		return FALSE;
	sealed = bridge_sqlite_records_seal_outgoing(account, record, account->last_seq, error);
	return sealed != NULL &&
	       bridge_sqlite_run(write->db, error,
	                         "INSERT INTO outgoing (account_no, seq, id_index, wire_index,"
	                         " status, time_us, stored_us, sealed)"
	                         " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	                         "iibbiiib", account->no, (gint64)account->last_seq, id_index,
	                         wire_index, (gint64)record->status, record->time_us, write->now_us,
	                         sealed);
}

/* What its event left behind when every device had acknowledged that and it was still under way. */
static gboolean
bridge_sqlite_events_forget_settled(BridgeSqliteWrite *write, const BridgeSqliteAccount *account,
                                    GBytes *wire_index, GError **error)
{
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	g_autoptr(BridgeStatement) row = bridge_sqlite_prepare(
		write->db, error,
		"SELECT " BRIDGE_SQLITE_OUTGOING_COLUMNS " FROM outgoing"
		" WHERE account_no = ? AND wire_index = ? AND NOT EXISTS"
		" (SELECT 1 FROM events WHERE events.account_no = outgoing.account_no"
		" AND events.seq = outgoing.seq)",
		"ib", account->no, wire_index);

	if (row != NULL)
		step = bridge_sqlite_step(write->db, row, error);
	if (step == BRIDGE_SQLITE_ROW)
		return bridge_sqlite_trim_forget_body(write->db, account, row, &write->forgot,
		                                      error);
	return step == BRIDGE_SQLITE_DONE;
}

gboolean
bridge_sqlite_write_set_outgoing_status(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                        GArray *receipt, GError **error)
{
	BridgeSqliteAccount *account =
		bridge_sqlite_write_get_account(write, change->account_id, error);
	g_autoptr(GBytes) wire_index = NULL;

	if (account == NULL)
		return FALSE;
	wire_index = bridge_sqlite_events_index_wire(write, account, change->text, error);
	if (wire_index == NULL ||
	    !bridge_sqlite_run(write->db, error,
	                       "UPDATE outgoing SET status = ?"
	                       " WHERE account_no = ? AND wire_index = ?",
	                       "iib", (gint64)change->status, account->no, wire_index))
		return FALSE;
	return change->status == BRIDGE_OUTGOING_QUEUED || change->status == BRIDGE_OUTGOING_SENT ||
	       bridge_sqlite_events_forget_settled(write, account, wire_index, error);
}
