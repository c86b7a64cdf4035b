/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-account-private.h"
#include "base/bridge-error.h"
#include "base/bridge-log.h"

struct _BridgeWrite {
	BridgeAccount *account;
	BridgeStoreBatch *batch;
	GPtrArray *events; /* BridgeEventRecord, as in the receipt */
	BridgeHostEvents *call;
	char *archive_before;  /* the position that was durable when it began */
	guint64 *outgoing_seq; /* borrowed; NULL: no message to send is in it */
	guint outgoing_place;
	gboolean has_record;
	gboolean has_position;
	gboolean has_settled;
	gboolean has_anything; /* else */
	BridgeWriteDone done;
	gpointer data;
};

BridgeWrite *
bridge_write_new(BridgeAccount *self, BridgeHostEvents *call)
{
	BridgeWrite *write = g_new0(BridgeWrite, 1);

	write->account = g_object_ref(self);
	write->batch = bridge_store_batch_new();
	write->events = g_ptr_array_new_with_free_func((GDestroyNotify)bridge_event_record_free);
	write->call = call;
	write->archive_before = g_strdup(self->record->archive_after);
	return write;
}

static void
bridge_write_free(BridgeWrite *write)
{
	g_clear_pointer(&write->batch, bridge_store_batch_free);
	g_ptr_array_unref(write->events);
	g_free(write->archive_before);
	g_object_unref(write->account);
	g_free(write);
}

BridgeHostEvents *
bridge_write_hold_call(BridgeWrite *write)
{
	if (write->call != NULL)
		bridge_host_events_hold(write->call);
	return write->call;
}

void
bridge_write_add_event(BridgeWrite *write, BridgeEventRecord *event,
                       const BridgeRepetitionKeys *keys)
{
	write->has_anything = TRUE;
	bridge_store_batch_append_event(write->batch, write->account->record->id, event, keys);
	g_ptr_array_add(write->events, event);
}

void
bridge_write_add_outgoing(BridgeWrite *write, const BridgeOutgoingRecord *record,
                          BridgeEventRecord *event, guint64 *seq)
{
	write->has_anything = TRUE;
	write->outgoing_place = write->events->len;
	write->outgoing_seq = seq;
	bridge_store_batch_put_outgoing(write->batch, record, event);
	g_ptr_array_add(write->events, event);
}

void
bridge_write_set_status(BridgeWrite *write, const char *wire_id, BridgeOutgoingStatus status)
{
	write->has_anything = TRUE;
	bridge_store_batch_set_outgoing_status(write->batch, write->account->record->id, wire_id,
	                                       status);
}

void
bridge_write_settle(BridgeWrite *write, guint64 stream, guint32 stanza)
{
	write->has_settled = TRUE;
	bridge_store_batch_settle(write->batch, write->account->record->id, stream, stanza);
}

void
bridge_write_remove_subscription(BridgeWrite *write, const char *subscription_id)
{
	write->has_anything = TRUE;
	bridge_store_batch_remove_subscription(write->batch, subscription_id);
}

void
bridge_write_bury_endpoint(BridgeWrite *write, const guint8 hash[32])
{
	write->has_anything = TRUE;
	bridge_store_batch_bury_endpoint(write->batch, hash);
}

void
bridge_write_add_record(BridgeWrite *write)
{
	write->has_record = TRUE;
}

void
bridge_write_add_position(BridgeWrite *write)
{
	write->has_position = TRUE;
}

static void
bridge_write_announce(BridgeWrite *write, GArray *receipt)
{
	BridgeAccount *self = write->account;
	g_autoptr(GPtrArray) stored = g_ptr_array_new();

	for (guint i = 0; i < write->events->len && i < receipt->len; i++) {
		BridgeEventRecord *event = g_ptr_array_index(write->events, i);

		event->seq = g_array_index(receipt, guint64, i);
		if (write->outgoing_seq != NULL && i == write->outgoing_place)
			*write->outgoing_seq = event->seq;
		if (event->seq == 0)
			continue; /* a repetition */
		self->seq = MAX(self->seq, event->seq);
		g_ptr_array_add(stored, event);
	}
	if (stored->len > 0 && !self->erased)
		bridge_account_emit_events(self, stored);
}

/* What could not be stored comes again only if the position in the archive does not claim it, now
 * or later. Later writes on their way may claim more, so it is written once more after them. */
static void
bridge_write_revert(BridgeWrite *write)
{
	BridgeAccount *self = write->account;
	gboolean claimed = g_strcmp0(self->record->archive_after, write->archive_before) != 0;
	BridgeWrite *correction;

	if (self->archive_reverted || self->erased || (!claimed && write->call == NULL))
		return;
	self->archive_reverted = TRUE;
	self->archive_caught_up = FALSE;
	self->archive_reading = FALSE;
	bridge_archive_place_load(self->archive_place,
	                          claimed ? write->archive_before : self->record->archive_after);
	if (!claimed)
		return;
	g_free(self->record->archive_after);
	self->record->archive_after = g_steal_pointer(&write->archive_before);
	correction = bridge_write_new(self, NULL);
	bridge_write_add_record(correction);
	bridge_write_commit(correction, NULL, NULL);
}

static void
bridge_write_finish(BridgeWrite *write, const GError *error)
{
	BridgeAccount *self = write->account;

	if (write->call != NULL && error != NULL && !self->erased)
		bridge_host_events_fail(write->call);
	else if (write->call != NULL)
		bridge_host_events_done(write->call);
	if (write->done != NULL)
		write->done(self, error, write->data);
	bridge_account_outcomes_go_on(self, write);
	bridge_account_check_stopped(self);
	bridge_write_free(write);
}

static void
bridge_write_committed_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeWrite *write = user_data;
	BridgeAccount *self = write->account;
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);

	self->writes--;
	if (receipt != NULL) {
		bridge_write_announce(write, receipt);
	} else {
		bridge_log_account(G_LOG_LEVEL_WARNING, self->record->id,
		                   "account %s: cannot store: %s", self->record->id,
		                   error->message);
		if (!g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE_UNWRITABLE))
			bridge_write_revert(write); /* else nothing that came is in it */
	}
	bridge_write_finish(write, error);
}

void
bridge_write_commit(BridgeWrite *write, BridgeWriteDone done, gpointer data)
{
	bridge_store_batch_persist(write->batch);
	bridge_write_try(write, done, data);
}

void
bridge_write_try(BridgeWrite *write, BridgeWriteDone done, gpointer data)
{
	BridgeAccount *self = write->account;
	gboolean awaited = write->has_record || write->has_anything; /* by the host */
	g_autoptr(GError) error = NULL;

	write->done = done;
	write->data = data;
	if (self->erased) {
		/* Erasing wins: nothing of the account may be written after it. */
		error = g_error_new_literal(BRIDGE_ERROR, BRIDGE_ERROR_ACCOUNT_ERASED,
		                            "the account was erased");
		bridge_write_finish(write, error);
		return;
	}
	if (write->has_record)
		bridge_store_batch_put_account(write->batch, self->record);
	else if (write->has_position)
		bridge_store_batch_set_archive_after(write->batch, self->record->id,
		                                     self->record->archive_after);
	if (!awaited && write->call != NULL)
		bridge_host_events_done(g_steal_pointer(&write->call));
	if (!awaited && !write->has_position && !write->has_settled) {
		bridge_write_finish(write, NULL);
		return;
	}
	self->writes++;
	bridge_store_commit_async(self->store, g_steal_pointer(&write->batch),
	                          bridge_write_committed_cb, write);
}
