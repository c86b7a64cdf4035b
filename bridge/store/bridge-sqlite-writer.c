/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite-writer.h"

#include "base/bridge-error.h"
#include "store/bridge-sqlite-delivery.h"
#include "store/bridge-sqlite-trim.h"
#include "store/bridge-sqlite-trouble.h"
#include "store/bridge-sqlite-write.h"
#include "store/bridge-store-private.h"

#define WRITER_GROUP_MAX 512              /* batches in one transaction: bounds its latency */
#define WRITER_PATIENCE_US G_USEC_PER_SEC /* how long what can wait does */
#define WRITER_REST_US (20 * 1000)        /* less if nobody has written for so long */
#define WRITER_TRIM_PERIOD_US (10 * G_TIME_SPAN_MINUTE)
#define WRITER_TRIM_GROUPS 64 /* trimming gets its turn after so many groups at the latest */

struct _BridgeSqliteWriter {
	GThread *thread;
	GAsyncQueue *queue; /* of GTask, or the writer itself: stop */
	GMainContext *context;
	BridgeSqliteWrite write;
	BridgeSqliteTrim *trim;
	BridgeSqliteTrouble *trouble; /* borrowed */
	gint64 (*get_time_us)(void);

	GPtrArray *group; /* of GTask, in the order in which they came */
	gboolean urgent;  /* somebody waits for the group */
	gint64 group_deadline_us;
	gint64 trim_deadline_us;
	guint groups_since_trim;
	gint64 rest_until_us; /* what can wait would keep those waiting who are told of the last
	                         group */
	gboolean stopping;
	gboolean truncate;    /* the log holds what was erased */
	gint64 forget_due_us; /* and what has left for being off the record: cut by then; 0: none */
};

/* What became of one batch. */
typedef struct {
	GArray *receipt;
	GError *error;
} WriterOutcome;

static void
bridge_sqlite_writer_clear_outcome(gpointer data)
{
	WriterOutcome *outcome = data;

	g_clear_pointer(&outcome->receipt, g_array_unref);
	g_clear_error(&outcome->error);
}

/* ---- Transactions ---------------------------------------------------------------------------- */

/* No error is none of the database's. */
static gboolean
bridge_sqlite_writer_is_own_fault(const GError *error)
{
	return !g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE) &&
	       !g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE_UNWRITABLE);
}

static gboolean
bridge_sqlite_writer_persists(GTask *task)
{
	const BridgeStoreBatch *batch = g_task_get_task_data(task);

	return batch->persists;
}

/* FALSE: the database failed and the transaction is lost. A batch at fault is TRUE, its outcome
 * says so, and nothing of it is left; of a transaction that it has alone, nothing either. */
static gboolean
bridge_sqlite_writer_apply(BridgeSqliteWriter *writer, GTask *task, WriterOutcome *outcome,
                           gboolean alone, GError **error)
{
	BridgeSqlite *db = writer->write.db;
	g_autoptr(GArray) receipt = g_array_new(FALSE, FALSE, sizeof(guint64));
	g_autoptr(GError) inner = NULL;
	gboolean erased = writer->write.erased;
	const BridgeKey *kek = writer->write.kek;

	if (!alone && !bridge_sqlite_run(db, error, "SAVEPOINT batch", ""))
		return FALSE;
	if (bridge_sqlite_write_apply(&writer->write, g_task_get_task_data(task), receipt,
	                              &inner)) {
		outcome->receipt = g_steal_pointer(&receipt);
		return alone || bridge_sqlite_run(db, error, "RELEASE batch", "");
	}
	bridge_sqlite_write_forget(&writer->write);
	if (!bridge_sqlite_writer_is_own_fault(inner)) {
		g_propagate_error(error, g_steal_pointer(&inner));
		return FALSE;
	}
	outcome->error = g_steal_pointer(&inner);
	writer->write.erased = erased;
	writer->write.kek = kek;
	if (alone)
		return bridge_sqlite_run(db, error, "ROLLBACK", "");
	return bridge_sqlite_run(db, error, "ROLLBACK TO batch", "") &&
	       bridge_sqlite_run(db, error, "RELEASE batch", "");
}

static gboolean
bridge_sqlite_writer_apply_all(BridgeSqliteWriter *writer, GTask **tasks, guint n_tasks,
                               WriterOutcome *outcomes, GError **error)
{
	for (guint i = 0; i < n_tasks; i++)
		if (!bridge_sqlite_writer_apply(writer, tasks[i], &outcomes[i], n_tasks == 1,
		                                error))
			return FALSE;
	return TRUE;
}

/* The log is not cut for each of them. */
static void
bridge_sqlite_writer_note_forgotten(BridgeSqliteWriter *writer, gboolean forgot)
{
	if (forgot && writer->forget_due_us == 0)
		writer->forget_due_us = g_get_monotonic_time() + WRITER_PATIENCE_US;
}

static gboolean
bridge_sqlite_writer_transact(BridgeSqliteWriter *writer, GTask **tasks, guint n_tasks,
                              WriterOutcome *outcomes, GError **error)
{
	BridgeSqlite *db = writer->write.db;
	const BridgeKey *kek = writer->write.kek;
	gboolean ok = FALSE;

	writer->write.now_us = writer->get_time_us();
	writer->write.erased = FALSE;
	writer->write.forgot = FALSE;
	ok = bridge_sqlite_run(db, error, "BEGIN IMMEDIATE", "") &&
	     bridge_sqlite_writer_apply_all(writer, tasks, n_tasks, outcomes, error) &&
	     (bridge_sqlite_is_idle(db) || bridge_sqlite_run(db, error, "COMMIT", ""));
	if (ok) {
		writer->truncate = writer->truncate || writer->write.erased;
		bridge_sqlite_writer_note_forgotten(writer, writer->write.forgot);
		return TRUE;
	}
	bridge_sqlite_write_forget(&writer->write);
	writer->write.kek = kek;
	if (!bridge_sqlite_is_idle(db))
		bridge_sqlite_exec(db, "ROLLBACK", NULL);
	for (guint i = 0; i < n_tasks; i++)
		bridge_sqlite_writer_clear_outcome(&outcomes[i]);
	return FALSE;
}

static gboolean
bridge_sqlite_writer_is_unwritable(const GError *error)
{
	return g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE_UNWRITABLE);
}

/* Nothing overtakes what is kept: behind it nothing is tried. */
static void
bridge_sqlite_writer_transact_each(BridgeSqliteWriter *writer, GTask **tasks, guint n_tasks,
                                   WriterOutcome *outcomes)
{
	const GError *kept = NULL;

	for (guint i = 0; i < n_tasks; i++) {
		GError *error = NULL;

		if (kept != NULL)
			outcomes[i].error = g_error_copy(kept);
		else if (!bridge_sqlite_writer_transact(writer, &tasks[i], 1, &outcomes[i], &error))
			outcomes[i].error = error;
		if (kept == NULL && bridge_sqlite_writer_is_unwritable(outcomes[i].error) &&
		    bridge_sqlite_writer_persists(tasks[i]))
			kept = outcomes[i].error;
	}
}

/* One of them may be small enough for a full disk. A file that is locked is so for all, and takes
 * its time to say it; and a damaged one is left alone. */
static void
bridge_sqlite_writer_write(BridgeSqliteWriter *writer, GTask **tasks, guint n_tasks,
                           WriterOutcome *outcomes)
{
	g_autoptr(GError) error = NULL;

	if (bridge_sqlite_writer_transact(writer, tasks, n_tasks, outcomes, &error))
		return;
	g_debug("group of %u failed: %s", n_tasks, error->message);
	if (n_tasks > 1 && !bridge_sqlite_was_busy(writer->write.db) &&
	    !bridge_sqlite_is_damaged(writer->write.db)) {
		bridge_sqlite_writer_transact_each(writer, tasks, n_tasks, outcomes);
		return;
	}
	for (guint i = 0; i < n_tasks; i++)
		outcomes[i].error = g_error_copy(error);
}

/* Old pages linger in the log until it is cut. */
static void
bridge_sqlite_writer_truncate_log(BridgeSqliteWriter *writer)
{
	g_autoptr(GError) error = NULL;
	gint64 busy = 0;

	if (!writer->truncate)
		return;
	if (!bridge_sqlite_get_integer(writer->write.db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy,
	                               &error))
		g_warning("what was erased stays in the log for now: %s", error->message);
	else
		writer->truncate = busy != 0;
	if (!writer->truncate)
		bridge_sqlite_reserve_log(writer->write.db);
}

static void
bridge_sqlite_writer_schedule_trim(BridgeSqliteWriter *writer)
{
	GHashTableIter iter;
	gpointer key = NULL;

	g_hash_table_iter_init(&iter, writer->write.touched);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		bridge_sqlite_trim_add(writer->trim, *(gint64 *)key);
	g_hash_table_remove_all(writer->write.touched);
}

/* Hands over what became of the group; what is to be tried again stays in it. */
static void
bridge_sqlite_writer_deliver(BridgeSqliteWriter *writer, WriterOutcome *outcomes)
{
	BridgeSqliteDelivery *delivery = bridge_sqlite_delivery_new();
	guint n_kept = 0;

	for (guint i = 0; i < writer->group->len; i++) {
		GTask *task = g_ptr_array_index(writer->group, i);

		if (bridge_sqlite_writer_is_unwritable(outcomes[i].error) &&
		    bridge_sqlite_writer_persists(task) && !writer->stopping) {
			bridge_sqlite_writer_clear_outcome(&outcomes[i]);
			writer->group->pdata[n_kept++] = task;
			continue;
		}
		bridge_sqlite_delivery_add(delivery, task, outcomes[i].receipt,
		                           (GDestroyNotify)g_array_unref, outcomes[i].error);
	}
	g_ptr_array_set_size(writer->group, (int)n_kept); /* the others are the delivery's now */
	bridge_sqlite_delivery_send(delivery, writer->context);
}

/* What was not written is not at fault. */
static void
bridge_sqlite_writer_note_damage(BridgeSqliteWriter *writer, WriterOutcome *outcomes)
{
	bridge_sqlite_trouble_note_damage(writer->trouble, "a page cannot be read");
	for (guint i = 0; i < writer->group->len; i++) {
		if (bridge_sqlite_writer_is_own_fault(outcomes[i].error))
			continue;
		g_clear_error(&outcomes[i].error);
		outcomes[i].error = bridge_sqlite_trouble_build_error(writer->trouble);
	}
}

/* One that does not fit is not the store's trouble, unless it has to. */
static void
bridge_sqlite_writer_judge(BridgeSqliteWriter *writer, WriterOutcome *outcomes)
{
	const GError *failure = NULL;
	gboolean kept = FALSE;
	g_autoptr(GError) error = NULL;

	if (bridge_sqlite_is_damaged(writer->write.db)) {
		bridge_sqlite_writer_note_damage(writer, outcomes);
		return;
	}
	for (guint i = 0; i < writer->group->len; i++) {
		if (!bridge_sqlite_writer_is_unwritable(outcomes[i].error))
			continue;
		failure = outcomes[i].error;
		kept = kept || bridge_sqlite_writer_persists(g_ptr_array_index(writer->group, i));
	}
	if (writer->group->len == 0 ||
	    (failure != NULL && !kept && !bridge_sqlite_was_busy(writer->write.db))) {
		bridge_sqlite_probe(writer->write.db, &error);
		failure = error;
	}
	if (failure != NULL)
		bridge_sqlite_trouble_note_failure(writer->trouble, failure,
		                                   g_get_monotonic_time());
	else
		bridge_sqlite_trouble_note_success(writer->trouble, g_get_monotonic_time());
}

static void
bridge_sqlite_writer_refuse_all(BridgeSqliteWriter *writer, WriterOutcome *outcomes)
{
	for (guint i = 0; i < writer->group->len; i++)
		outcomes[i].error = bridge_sqlite_trouble_build_error(writer->trouble);
}

/* The group may be empty: then it is only tried whether the store can be written again. */
static void
bridge_sqlite_writer_commit_group(BridgeSqliteWriter *writer)
{
	guint n_tasks = writer->group->len;
	g_autofree WriterOutcome *outcomes = g_new0(WriterOutcome, n_tasks);

	if (bridge_sqlite_trouble_is_damage(writer->trouble)) {
		bridge_sqlite_writer_refuse_all(writer, outcomes);
	} else {
		if (n_tasks > 0)
			bridge_sqlite_writer_write(writer, (GTask **)writer->group->pdata, n_tasks,
			                           outcomes);
		bridge_sqlite_writer_judge(writer, outcomes);
	}
	if (!bridge_sqlite_trouble_is_on(writer->trouble))
		bridge_sqlite_writer_truncate_log(writer);
	bridge_sqlite_writer_deliver(writer, outcomes);
	writer->groups_since_trim++;
	if (!writer->urgent) /* it was written in a lull, so that trimming may have its turn too */
		writer->groups_since_trim = WRITER_TRIM_GROUPS;
	writer->urgent = FALSE;
	writer->rest_until_us = g_get_monotonic_time() + WRITER_REST_US;
	bridge_sqlite_writer_schedule_trim(writer);
}

/* ---- The thread ------------------------------------------------------------------------------ */

static void
bridge_sqlite_writer_refuse(BridgeSqliteWriter *writer, GTask *task)
{
	BridgeSqliteDelivery *delivery = bridge_sqlite_delivery_new();

	bridge_sqlite_delivery_add(delivery, task, NULL, NULL,
	                           bridge_sqlite_trouble_build_error(writer->trouble));
	bridge_sqlite_delivery_send(delivery, writer->context);
}

static void
bridge_sqlite_writer_take(BridgeSqliteWriter *writer, gpointer item)
{
	if (item == writer) {
		writer->stopping = TRUE;
		return;
	}
	if (bridge_sqlite_trouble_is_on(writer->trouble) && !bridge_sqlite_writer_persists(item)) {
		bridge_sqlite_writer_refuse(writer, item);
		return;
	}
	if (writer->group->len == 0)
		writer->group_deadline_us = g_get_monotonic_time() + WRITER_PATIENCE_US;
	g_ptr_array_add(writer->group, item);
	if (!bridge_store_batch_can_wait(g_task_get_task_data(item)))
		writer->urgent = TRUE;
}

static gint64
bridge_sqlite_writer_get_trim_due_us(BridgeSqliteWriter *writer)
{
	gint64 due_us = writer->trim_deadline_us;

	if (bridge_sqlite_trim_has_work(writer->trim))
		due_us = MIN(due_us, writer->rest_until_us);
	return writer->forget_due_us != 0 ? MIN(due_us, writer->forget_due_us) : due_us;
}

/* Of a group for which nobody waits. */
static gint64
bridge_sqlite_writer_get_group_due_us(BridgeSqliteWriter *writer)
{
	return MIN(writer->group_deadline_us, writer->rest_until_us);
}

static gpointer
bridge_sqlite_writer_pop(BridgeSqliteWriter *writer)
{
	gint64 deadline = bridge_sqlite_writer_get_trim_due_us(writer);
	gint64 now = g_get_monotonic_time();

	if (bridge_sqlite_trouble_is_on(writer->trouble))
		deadline = bridge_sqlite_trouble_get_retry_us(writer->trouble);
	else if (writer->urgent)
		return g_async_queue_try_pop(writer->queue);
	if (writer->group->len > 0 && !bridge_sqlite_trouble_is_on(writer->trouble))
		deadline = MIN(deadline, bridge_sqlite_writer_get_group_due_us(writer));
	if (deadline <= now)
		return g_async_queue_try_pop(writer->queue);
	return g_async_queue_timeout_pop(writer->queue,
	                                 (guint64)MIN(deadline - now, WRITER_TRIM_PERIOD_US));
}

/* While nothing can be written there is no end to it, but for what callers keep under way: who is
 * not to wait behind a full group has to be told. */
static gboolean
bridge_sqlite_writer_has_room(BridgeSqliteWriter *writer)
{
	return writer->group->len < WRITER_GROUP_MAX ||
	       bridge_sqlite_trouble_is_on(writer->trouble);
}

static void
bridge_sqlite_writer_gather(BridgeSqliteWriter *writer)
{
	gpointer item = NULL;

	while (!writer->stopping && bridge_sqlite_writer_has_room(writer) &&
	       (item = bridge_sqlite_writer_pop(writer)) != NULL)
		bridge_sqlite_writer_take(writer, item);
}

static gboolean
bridge_sqlite_writer_is_group_due(BridgeSqliteWriter *writer)
{
	if (bridge_sqlite_trouble_is_on(writer->trouble))
		return writer->stopping ||
		       g_get_monotonic_time() >=
		               bridge_sqlite_trouble_get_retry_us(writer->trouble);
	return writer->group->len > 0 &&
	       (writer->urgent || writer->stopping || writer->group->len >= WRITER_GROUP_MAX ||
	        g_get_monotonic_time() >= bridge_sqlite_writer_get_group_due_us(writer));
}

static gboolean
bridge_sqlite_writer_is_trim_due(BridgeSqliteWriter *writer)
{
	if (bridge_sqlite_trouble_is_on(writer->trouble))
		return FALSE;
	if (writer->groups_since_trim >= WRITER_TRIM_GROUPS)
		return TRUE;
	return g_async_queue_length(writer->queue) <= 0 &&
	       g_get_monotonic_time() >= bridge_sqlite_writer_get_trim_due_us(writer);
}

static void
bridge_sqlite_writer_cut_forgotten(BridgeSqliteWriter *writer)
{
	gint64 now_us = g_get_monotonic_time();

	if (writer->forget_due_us == 0 || now_us < writer->forget_due_us)
		return;
	writer->truncate = TRUE;
	bridge_sqlite_writer_truncate_log(writer);
	writer->forget_due_us = writer->truncate ? now_us + WRITER_PATIENCE_US : 0;
}

static void
bridge_sqlite_writer_trim(BridgeSqliteWriter *writer)
{
	g_autoptr(GError) error = NULL;
	gboolean ok = TRUE;

	writer->groups_since_trim = 0;
	if (g_get_monotonic_time() >= writer->trim_deadline_us) {
		writer->trim_deadline_us = g_get_monotonic_time() + WRITER_TRIM_PERIOD_US;
		ok = bridge_sqlite_trim_add_all(writer->trim, &error);
		bridge_sqlite_writer_truncate_log(writer);
	}
	if (ok && bridge_sqlite_trim_has_work(writer->trim))
		ok = bridge_sqlite_trim_step(writer->trim, writer->get_time_us(), &error);
	bridge_sqlite_writer_note_forgotten(writer, bridge_sqlite_trim_has_forgotten(writer->trim));
	bridge_sqlite_writer_cut_forgotten(writer);
	if (bridge_sqlite_is_damaged(writer->write.db))
		bridge_sqlite_trouble_note_damage(writer->trouble, "a page cannot be read");
	else if (!ok)
		g_warning("history was not trimmed, next try in ten minutes: %s", error->message);
}

static gpointer
bridge_sqlite_writer_thread(gpointer data)
{
	BridgeSqliteWriter *writer = data;

	/* Who was killed has left there what had been forgotten. */
	if (!bridge_sqlite_trouble_is_damage(writer->trouble)) {
		bridge_sqlite_exec(writer->write.db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL);
		bridge_sqlite_reserve_log(writer->write.db);
	}
	while (!writer->stopping) {
		bridge_sqlite_writer_gather(writer);
		if (bridge_sqlite_writer_is_group_due(writer))
			bridge_sqlite_writer_commit_group(writer);
		if (bridge_sqlite_writer_is_trim_due(writer))
			bridge_sqlite_writer_trim(writer);
	}
	return NULL;
}

BridgeSqliteWriter *
bridge_sqlite_writer_new(BridgeSqlite *db, BridgeSqliteKeys *keys, const BridgeKey *kek,
                         const BridgeSqliteOptions *options, BridgeSqliteTrouble *trouble)
{
	BridgeSqliteWriter *writer = g_new0(BridgeSqliteWriter, 1);

	writer->queue = g_async_queue_new();
	writer->context = g_main_context_ref_thread_default();
	writer->group = g_ptr_array_new();
	writer->get_time_us = options->get_time_us;
	writer->write.db = db;
	writer->trouble = trouble;
	writer->write.keys = keys;
	writer->write.kek = kek;
	writer->write.accounts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
	                                               (GDestroyNotify)bridge_sqlite_account_free);
	writer->write.touched = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	writer->trim = bridge_sqlite_trim_new(db, keys, options);
	writer->thread = g_thread_new("store-writer", bridge_sqlite_writer_thread, writer);
	return writer;
}

void
bridge_sqlite_writer_push(BridgeSqliteWriter *writer, GTask *task)
{
	g_async_queue_push(writer->queue, task);
}

void
bridge_sqlite_writer_free(BridgeSqliteWriter *writer)
{
	if (writer == NULL)
		return;
	g_async_queue_push(writer->queue, writer);
	g_thread_join(writer->thread);
	bridge_sqlite_trim_free(writer->trim);
	g_hash_table_unref(writer->write.accounts);
	g_hash_table_unref(writer->write.touched);
	g_ptr_array_unref(writer->group);
	g_async_queue_unref(writer->queue);
	g_main_context_unref(writer->context);
	if (bridge_sqlite_trouble_is_damage(writer->trouble))
		bridge_sqlite_leave_log(writer->write.db);
	else
		bridge_sqlite_exec(writer->write.db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL);
	bridge_sqlite_close(writer->write.db);
	g_free(writer);
}
