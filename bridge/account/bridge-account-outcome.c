/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What became of messages that were sent: a bounce or a receipt may come long after the chat server
 * has accepted a message, and after a restart, so they are looked for in the store. One after the
 * other, each when what was told before it is durable: two bounces of one message are one event.
 * Until then the host's call is held, which also bounds how many there can be. */
#include "config.h"

#include "bridge-account-private.h"

#include "bridge-events.h"

typedef struct {
	BridgeAccount *account;
	const BridgeWrite *behind; /* compared only; NULL when that is durable */
	BridgeHostEvents *call;    /* held; NULL: nobody waits */
	char *wire_id;
	char *from; /* who has received it; NULL: it failed */
	char *reason;
	char *detail;
} BridgeOutcome;

static void
bridge_outcome_free(BridgeOutcome *outcome)
{
	g_object_unref(outcome->account);
	g_free(outcome->wire_id);
	g_free(outcome->from);
	g_free(outcome->reason);
	g_free(outcome->detail);
	g_free(outcome);
}

void
bridge_account_add_failure(BridgeWrite *write, const BridgeOutgoingRecord *record,
                           const char *reason, const char *detail)
{
	bridge_write_set_status(write, record->wire_id, BRIDGE_OUTGOING_FAILED);
	bridge_write_add_event(
		write,
		bridge_event_new_message_status(
			record, "failed", reason[0] != '\0' ? reason : "refused",
			detail[0] != '\0' ? detail : "the server did not take the message"),
		NULL);
}

/* It was accepted, too, whether the server has said so or not. */
static void
bridge_account_add_delivery(BridgeAccount *self, BridgeWrite *write,
                            const BridgeOutgoingRecord *record)
{
	bridge_account_message_accepted(self, write, record->wire_id);
	bridge_write_set_status(write, record->wire_id, BRIDGE_OUTGOING_DELIVERED);
	bridge_write_add_event(
		write, bridge_event_new_message_status(record, "delivered", NULL, NULL), NULL);
}

/* @record: (nullable): as it is in the store */
static gboolean
bridge_outcome_is_news(const BridgeOutcome *outcome, const BridgeOutgoingRecord *record)
{
	return record != NULL && record->status != BRIDGE_OUTGOING_FAILED &&
	       record->status != BRIDGE_OUTGOING_DELIVERED &&
	       (outcome->from == NULL || g_str_equal(outcome->from, record->to));
}

static void
bridge_account_look_up_next(BridgeAccount *self);

static void
bridge_account_outcome_done_cb(BridgeAccount *self, const GError *error, gpointer data)
{
	bridge_outcome_free(g_queue_pop_head(&self->outcomes));
	bridge_account_look_up_next(self);
}

static void
bridge_account_outcome_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeOutcome *outcome = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeOutgoingRecord) record =
		bridge_store_find_sent_finish(BRIDGE_STORE(source), result, &error);
	BridgeWrite *write;

	if (error != NULL)
		g_warning("what became of a message cannot be told: %s", error->message);
	write = bridge_write_new(outcome->account, g_steal_pointer(&outcome->call));
	if (bridge_outcome_is_news(outcome, record) && outcome->from != NULL)
		bridge_account_add_delivery(outcome->account, write, record);
	else if (bridge_outcome_is_news(outcome, record))
		bridge_account_add_failure(write, record, outcome->reason, outcome->detail);
	bridge_write_commit(write, bridge_account_outcome_done_cb, NULL);
}

/* The head of the queue is being looked for unless it waits. */
static void
bridge_account_look_up_next(BridgeAccount *self)
{
	BridgeOutcome *outcome = g_queue_peek_head(&self->outcomes);

	if (outcome != NULL && outcome->behind == NULL)
		bridge_store_find_sent_async(self->store, self->record->id, outcome->wire_id, NULL,
		                             bridge_account_outcome_cb, outcome);
}

void
bridge_account_outcomes_go_on(BridgeAccount *self, const BridgeWrite *finished)
{
	BridgeOutcome *head = g_queue_peek_head(&self->outcomes);
	gboolean head_waited = head != NULL && head->behind == finished;

	for (GList *i = self->outcomes.head; i != NULL; i = i->next) {
		BridgeOutcome *outcome = i->data;

		if (outcome->behind == finished)
			outcome->behind = NULL;
	}
	if (head_waited)
		bridge_account_look_up_next(self);
}

static BridgeOutcome *
bridge_account_add_outcome(BridgeAccount *self, BridgeWrite *write, const char *wire_id)
{
	BridgeOutcome *outcome = g_new0(BridgeOutcome, 1);

	outcome->account = g_object_ref(self);
	outcome->behind = write;
	outcome->call = bridge_write_hold_call(write);
	outcome->wire_id = g_strdup(wire_id);
	g_queue_push_tail(&self->outcomes, outcome);
	return outcome;
}

void
bridge_account_message_failed(BridgeAccount *self, BridgeWrite *write, const char *wire_id,
                              const char *reason, const char *detail)
{
	BridgeOutcome *outcome;

	if (bridge_account_sending_returned(self, write, wire_id, reason) ||
	    bridge_account_sending_failed(self, write, wire_id, reason, detail) ||
	    !bridge_account_is_own_wire_id(self, wire_id))
		return;
	outcome = bridge_account_add_outcome(self, write, wire_id);
	outcome->reason = g_strdup(reason);
	outcome->detail = g_strdup(detail);
}

void
bridge_account_message_delivered(BridgeAccount *self, BridgeWrite *write, const char *wire_id,
                                 const char *from)
{
	BridgeOutcome *outcome;

	if (!bridge_account_is_own_wire_id(self, wire_id))
		return;
	outcome = bridge_account_add_outcome(self, write, wire_id);
	outcome->from = g_strdup(from);
}
