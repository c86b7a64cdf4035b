/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What became of messages that were sent: a bounce or a receipt may come long after the chat server
 * has accepted a message, and after a restart, so they are looked for in the store. */
#include "config.h"

#include "bridge-account-private.h"

#include "bridge-events.h"

typedef struct {
	BridgeAccount *account;
	char *from; /* who has received it; NULL: it failed */
	char *reason;
	char *detail;
} BridgeOutcome;

static void
bridge_outcome_free(BridgeOutcome *outcome)
{
	g_object_unref(outcome->account);
	g_free(outcome->from);
	g_free(outcome->reason);
	g_free(outcome->detail);
	g_free(outcome);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeOutcome, bridge_outcome_free)

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

static void
bridge_account_outcome_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeOutcome) outcome = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeOutgoingRecord) record =
		bridge_store_find_sent_finish(BRIDGE_STORE(source), result, &error);
	BridgeWrite *write;

	if (error != NULL)
		g_warning("what became of a message cannot be told: %s", error->message);
	if (record == NULL || record->status == BRIDGE_OUTGOING_FAILED ||
	    record->status == BRIDGE_OUTGOING_DELIVERED ||
	    (outcome->from != NULL && !g_str_equal(outcome->from, record->to)))
		return;
	write = bridge_write_new(outcome->account, NULL);
	if (outcome->from != NULL)
		bridge_account_add_delivery(outcome->account, write, record);
	else
		bridge_account_add_failure(write, record, outcome->reason, outcome->detail);
	bridge_write_commit(write, NULL, NULL);
}

/* Takes @outcome. */
static void
bridge_account_look_up(BridgeOutcome *outcome, const char *wire_id)
{
	BridgeAccount *self = outcome->account;

	bridge_store_find_sent_async(self->store, self->record->id, wire_id, NULL,
	                             bridge_account_outcome_cb, outcome);
}

void
bridge_account_message_failed(BridgeAccount *self, BridgeWrite *write, const char *wire_id,
                              const char *reason, const char *detail)
{
	BridgeOutcome *outcome;

	if (bridge_account_sending_failed(self, write, wire_id, reason, detail) ||
	    !bridge_account_is_own_wire_id(self, wire_id))
		return;
	outcome = g_new0(BridgeOutcome, 1);
	outcome->account = g_object_ref(self);
	outcome->reason = g_strdup(reason);
	outcome->detail = g_strdup(detail);
	bridge_account_look_up(outcome, wire_id);
}

void
bridge_account_message_delivered(BridgeAccount *self, const char *wire_id, const char *from)
{
	BridgeOutcome *outcome;

	if (!bridge_account_is_own_wire_id(self, wire_id))
		return;
	outcome = g_new0(BridgeOutcome, 1);
	outcome->account = g_object_ref(self);
	outcome->from = g_strdup(from);
	bridge_account_look_up(outcome, wire_id);
}
