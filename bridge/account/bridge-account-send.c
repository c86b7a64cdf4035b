/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-account-private.h"

#include "base/bridge-error.h"
#include "bridge-events.h"
#include "link/bridge-link.h"
#include "bridge-off-record.h"
#include "bridge-rooms.h"
#include "base/bridge-secret.h"

#define SEND_QUEUE_MAX 1000
#define SEND_PREFIX_CHARS 12
#define SEND_FEATURE_ACCEPTANCE "stream-management" /* of the "features" event */

/* One call of bridge_account_send_async(), and those that came with the same id while it ran. */
typedef struct {
	char *key;
	BridgeOutgoingRecord *wanted;
	GPtrArray *tasks; /* GTask; task data: the BridgeOutgoingRecord that it wants */
} BridgeSend;

static void
bridge_sending_free(BridgeSending *sending)
{
	bridge_outgoing_record_free(sending->record);
	g_free(sending);
}

void
bridge_account_free_sendings(BridgeAccount *self)
{
	g_queue_clear_full(&self->sendings, (GDestroyNotify)bridge_sending_free);
}

static void
bridge_send_free(BridgeSend *send)
{
	g_free(send->key);
	bridge_outgoing_record_free(send->wanted);
	g_ptr_array_unref(send->tasks);
	g_free(send);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeSend, bridge_send_free)

/* ---- Our own ids on the wire ----------------------------------------------------------------- */

/* Known by themselves, so that an old message of ours in the archive needs no look-up; a hash, so
 * that they do not tell the account's id. */
static const char *
bridge_account_get_wire_prefix(BridgeAccount *self)
{
	g_autofree char *text = NULL;
	g_autofree char *hash = NULL;

	if (self->wire_prefix == NULL) {
		text = g_strconcat("wire\n", self->record->id, NULL);
		hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
		hash[SEND_PREFIX_CHARS] = '\0';
		self->wire_prefix = g_strconcat(hash, "-", NULL);
	}
	return self->wire_prefix;
}

gboolean
bridge_account_is_own_wire_id(BridgeAccount *self, const char *id)
{
	return g_str_has_prefix(id, bridge_account_get_wire_prefix(self));
}

static char *
bridge_account_make_wire_id(BridgeAccount *self)
{
	g_autofree char *unique = bridge_secret_make_id();

	return g_strconcat(bridge_account_get_wire_prefix(self), unique, NULL);
}

/* ---- What became of them --------------------------------------------------------------------- */

GList *
bridge_account_find_sending(BridgeAccount *self, const char *wire_id)
{
	for (GList *l = self->sendings.head; l != NULL; l = l->next) {
		BridgeSending *sending = l->data;

		if (g_str_equal(sending->record->wire_id, wire_id))
			return l;
	}
	return NULL;
}

/* The archive has what contacts were sent, not rooms. */
static gboolean
bridge_sending_is_to_room(BridgeAccount *self, const BridgeSending *sending)
{
	return bridge_rooms_get_gate(self, sending->record->to) != BRIDGE_ROOM_GATE_NONE;
}

static BridgeSending *
bridge_account_find_doubtful(BridgeAccount *self)
{
	for (GList *l = self->sendings.head; l != NULL; l = l->next) {
		BridgeSending *sending = l->data;

		if (sending->phase != BRIDGE_SENDING_FRESH &&
		    !bridge_sending_is_to_room(self, sending))
			return sending;
	}
	return NULL;
}

gboolean
bridge_account_has_doubtful(BridgeAccount *self)
{
	return bridge_account_find_doubtful(self) != NULL;
}

gint64
bridge_account_get_doubtful_since_us(BridgeAccount *self)
{
	const BridgeSending *sending = bridge_account_find_doubtful(self);

	return sending != NULL ? sending->record->time_us : 0;
}

BridgeOutgoingRecord *
bridge_account_remove_sending(BridgeAccount *self, GList *link)
{
	g_autofree BridgeSending *sending = link->data;

	g_queue_delete_link(&self->sendings, link);
	return sending->record;
}

void
bridge_account_message_accepted(BridgeAccount *self, BridgeWrite *write, const char *wire_id)
{
	GList *link = bridge_account_find_sending(self, wire_id);
	const BridgeSending *sending = link != NULL ? link->data : NULL;
	BridgeOutgoingRecord *record;
	gboolean was_handed;

	/* What the chat server passed on, the room returned: that is to be sent again. */
	if (sending == NULL || (sending->returned && sending->phase == BRIDGE_SENDING_FRESH))
		return;
	/* The host's answer that it is on the wire comes another way, and has been overtaken. */
	was_handed = sending->phase == BRIDGE_SENDING_HANDED;
	record = bridge_account_remove_sending(self, link);
	record->status = BRIDGE_OUTGOING_ACCEPTED;
	bridge_write_set_status(write, wire_id, BRIDGE_OUTGOING_ACCEPTED);
	if (was_handed)
		bridge_write_add_event(
			write, bridge_event_new_message_status(record, "sent", NULL, NULL), NULL);
	bridge_write_add_event(
		write, bridge_event_new_message_status(record, "accepted", NULL, NULL), NULL);
	bridge_account_move_archive(self, write);
	bridge_outgoing_record_free(record);
}

gboolean
bridge_account_sending_failed(BridgeAccount *self, BridgeWrite *write, const char *wire_id,
                              const char *reason, const char *detail)
{
	GList *link = bridge_account_find_sending(self, wire_id);
	g_autoptr(BridgeOutgoingRecord) record = NULL;

	if (link == NULL)
		return FALSE;
	record = bridge_account_remove_sending(self, link);
	bridge_account_add_failure(write, record, reason, detail);
	bridge_account_move_archive(self, write);
	return TRUE;
}

void
bridge_account_sendings_lost(BridgeAccount *self)
{
	for (GList *l = self->sendings.head; l != NULL; l = l->next) {
		BridgeSending *sending = l->data;

		if (sending->phase == BRIDGE_SENDING_HANDED || sending->phase == BRIDGE_SENDING_OUT)
			sending->phase = BRIDGE_SENDING_DOUBTFUL;
	}
}

void
bridge_account_give_up(BridgeAccount *self, BridgeWrite *write, GList *link)
{
	g_autoptr(BridgeOutgoingRecord) record = bridge_account_remove_sending(self, link);

	bridge_write_set_status(write, record->wire_id, BRIDGE_OUTGOING_UNKNOWN);
	bridge_write_add_event(
		write, bridge_event_new_message_status(record, "unknown", NULL, NULL), NULL);
}

void
bridge_account_resolve_doubtful(BridgeAccount *self, BridgeWrite *write, gboolean complete)
{
	GList *next;

	for (GList *l = self->sendings.head; l != NULL; l = next) {
		BridgeSending *sending = l->data;

		next = l->next;
		if (sending->phase != BRIDGE_SENDING_DOUBTFUL ||
		    bridge_sending_is_to_room(self, sending))
			continue;
		/* What is off the record is in no archive: that it is not there says nothing. */
		if (complete && !sending->record->off_the_record)
			sending->phase = BRIDGE_SENDING_FRESH;
		else
			bridge_account_give_up(self, write, l);
	}
	bridge_account_move_archive(self, write);
}

/* ---- Without acceptance ---------------------------------------------------------------------- */

/* Without stream management nobody will ever say "accepted": on the wire is all there is. */
static gboolean
bridge_account_gets_no_acceptance(BridgeAccount *self)
{
	const char *const *features = (const char *const *)self->features;

	return features != NULL && !g_strv_contains(features, SEND_FEATURE_ACCEPTANCE) &&
	       !g_strv_contains(features, BRIDGE_FEATURE_ACCEPTANCE);
}

static void
bridge_account_settle_sent(BridgeAccount *self, BridgeWrite *write, GList *link)
{
	g_autoptr(BridgeOutgoingRecord) record = bridge_account_remove_sending(self, link);

	bridge_write_set_status(write, record->wire_id, BRIDGE_OUTGOING_ACCEPTED);
	bridge_account_move_archive(self, write);
}

void
bridge_account_features_changed(BridgeAccount *self, BridgeWrite *write)
{
	GList *next;

	if (!bridge_account_gets_no_acceptance(self))
		return;
	for (GList *l = self->sendings.head; l != NULL; l = next) {
		BridgeSending *sending = l->data;

		next = l->next;
		if (sending->phase == BRIDGE_SENDING_OUT)
			bridge_account_settle_sent(self, write, l);
	}
}

/* ---- Handing over to the host ---------------------------------------------------------------- */

typedef struct {
	BridgeAccount *account;
	BridgeSession *session;
	char *wire_id;
} BridgeHandOver;

static void
bridge_hand_over_free(BridgeHandOver *hand_over)
{
	g_object_unref(hand_over->account);
	g_object_unref(hand_over->session);
	g_free(hand_over->wire_id);
	g_free(hand_over);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeHandOver, bridge_hand_over_free)

static void
bridge_account_was_sent(BridgeAccount *self, GList *link)
{
	BridgeSending *sending = link->data;
	BridgeWrite *write;

	if (sending->phase == BRIDGE_SENDING_FRESH) /* and has come back already */
		return;
	write = bridge_write_new(self, NULL);
	if (sending->phase == BRIDGE_SENDING_HANDED)
		sending->phase = BRIDGE_SENDING_OUT;
	bridge_write_add_event(
		write, bridge_event_new_message_status(sending->record, "sent", NULL, NULL), NULL);
	if (bridge_account_gets_no_acceptance(self))
		bridge_account_settle_sent(self, write, link);
	bridge_write_commit(write, NULL, NULL);
}

static void
bridge_account_was_not_sent(BridgeAccount *self, GList *link, const GError *error)
{
	BridgeSending *sending = link->data;
	BridgeWrite *write;

	if (g_error_matches(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_INVALID)) {
		g_autofree char *wire_id = g_strdup(sending->record->wire_id);

		write = bridge_write_new(self, NULL);
		bridge_account_sending_failed(self, write, wire_id, "invalid", error->message);
		bridge_write_commit(write, NULL, NULL);
	} else if (error->domain == BRIDGE_LINK_ERROR) {
		/* It never left us: it goes with the next session. */
		sending->phase = BRIDGE_SENDING_FRESH;
	} else {
		sending->phase = BRIDGE_SENDING_DOUBTFUL;
	}
}

static void
bridge_account_handed_over_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeHandOver) hand_over = user_data;
	BridgeAccount *self = hand_over->account;
	GList *link = bridge_account_find_sending(self, hand_over->wire_id);
	g_autoptr(GError) error = NULL;

	bridge_session_send_finish(hand_over->session, result, &error);
	/* Settled meanwhile, or another session has it by now. */
	if (link == NULL || (error != NULL && hand_over->session != self->session &&
	                     ((BridgeSending *)link->data)->phase != BRIDGE_SENDING_DOUBTFUL))
		return;
	if (error == NULL)
		bridge_account_was_sent(self, link);
	else
		bridge_account_was_not_sent(self, link, error);
	/* A host that has gone is told of otherwise. One that swallows messages is of no use, and
	 * only another session can settle the doubt. */
	if (hand_over->session == self->session &&
	    g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
		bridge_account_went_offline(self, NULL, BRIDGE_REASON_HOST_LOST,
		                            "the host did not answer");
}

static void
bridge_account_hand_over(BridgeAccount *self, BridgeSending *sending)
{
	BridgeHandOver *hand_over = g_new0(BridgeHandOver, 1);

	sending->phase = BRIDGE_SENDING_HANDED;
	hand_over->account = g_object_ref(self);
	hand_over->session = g_object_ref(self->session);
	hand_over->wire_id = g_strdup(sending->record->wire_id);
	bridge_session_send_async(self->session, sending->record->wire_id, sending->record->to,
	                          sending->record->body, bridge_account_handed_over_cb, hand_over);
}

static gboolean
bridge_account_can_send(BridgeAccount *self)
{
	return self->state == BRIDGE_ACCOUNT_ONLINE && self->session != NULL && !self->stopping &&
	       !self->erased;
}

/* What is in doubt comes first, so that the order holds. */
static gboolean
bridge_account_can_send_to_contacts(BridgeAccount *self)
{
	for (GList *l = self->sendings.head; l != NULL; l = l->next) {
		const BridgeSending *sending = l->data;

		if (sending->phase == BRIDGE_SENDING_DOUBTFUL &&
		    !bridge_sending_is_to_room(self, sending))
			return FALSE;
	}
	return TRUE;
}

/* @contacts: as bridge_account_can_send_to_contacts() has it */
static gboolean
bridge_account_can_send_to(BridgeAccount *self, const char *to, gboolean contacts)
{
	switch (bridge_rooms_get_gate(self, to)) {
	case BRIDGE_ROOM_GATE_OPEN:
		return TRUE;
	case BRIDGE_ROOM_GATE_CLOSED:
		return FALSE;
	default:
		return contacts;
	}
}

static void
bridge_account_marked_cb(BridgeAccount *self, const GError *error, gpointer data)
{
	g_autoptr(GPtrArray) wire_ids = data;

	self->marking = FALSE;
	for (guint i = 0; error == NULL && i < wire_ids->len; i++) {
		GList *link = bridge_account_find_sending(self, g_ptr_array_index(wire_ids, i));

		if (link != NULL)
			((BridgeSending *)link->data)->record->status = BRIDGE_OUTGOING_SENT;
	}
	if (error == NULL)
		bridge_account_pump(self);
}

/* Durably SENT before it goes: were it QUEUED when we die, it would be sent twice. */
static void
bridge_account_mark(BridgeAccount *self, gboolean contacts)
{
	GPtrArray *wire_ids = g_ptr_array_new_with_free_func(g_free);
	BridgeWrite *write = bridge_write_new(self, NULL);

	for (GList *l = self->sendings.head; l != NULL; l = l->next) {
		BridgeOutgoingRecord *record = ((BridgeSending *)l->data)->record;

		if (record->status != BRIDGE_OUTGOING_QUEUED ||
		    !bridge_account_can_send_to(self, record->to, contacts))
			continue;
		bridge_write_set_status(write, record->wire_id, BRIDGE_OUTGOING_SENT);
		g_ptr_array_add(wire_ids, g_strdup(record->wire_id));
	}
	self->marking = TRUE;
	bridge_write_commit(write, bridge_account_marked_cb, wire_ids);
}

void
bridge_account_pump(BridgeAccount *self)
{
	gboolean queued = FALSE;
	gboolean contacts;

	if (!bridge_account_can_send(self) || self->sendings.head == NULL)
		return;
	contacts = bridge_account_can_send_to_contacts(self);
	for (GList *l = self->sendings.head; l != NULL && !queued; l = l->next) {
		BridgeSending *sending = l->data;

		if (!bridge_account_can_send_to(self, sending->record->to, contacts))
			continue;
		queued = sending->record->status == BRIDGE_OUTGOING_QUEUED;
		if (!queued && sending->phase == BRIDGE_SENDING_FRESH)
			bridge_account_hand_over(self, sending);
	}
	if (queued && !self->marking)
		bridge_account_mark(self, contacts);
}

/* ---- Taking them on -------------------------------------------------------------------------- */

static void
bridge_send_finish_task(GTask *task, const BridgeOutgoingRecord *record, const GError *error)
{
	const BridgeOutgoingRecord *wanted = g_task_get_task_data(task);

	if (error != NULL)
		g_task_return_error(task, g_error_copy(error));
	else if (!bridge_outgoing_record_is_same(record, wanted->to, wanted->body))
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_CONFLICT,
		                        "another message was sent with this id");
	else
		g_task_return_pointer(task, bridge_outgoing_record_copy(record),
		                      (GDestroyNotify)bridge_outgoing_record_free);
}

/* Takes @send. */
static void
bridge_account_finish_send(BridgeAccount *self, BridgeSend *send,
                           const BridgeOutgoingRecord *record, const GError *error)
{
	g_autoptr(BridgeAccount) guard = g_object_ref(self);
	g_autoptr(BridgeSend) owned = send;

	g_hash_table_remove(self->sends, send->key);
	for (guint i = 0; i < send->tasks->len; i++)
		bridge_send_finish_task(g_ptr_array_index(send->tasks, i), record, error);
}

static void
bridge_account_put_cb(BridgeAccount *self, const GError *error, gpointer data)
{
	BridgeSend *send = data;
	BridgeSending *sending;

	if (error == NULL) {
		sending = g_new0(BridgeSending, 1);
		sending->record = bridge_outgoing_record_copy(send->wanted);
		g_queue_push_tail(&self->sendings, sending);
	}
	bridge_account_finish_send(self, send, send->wanted, error);
	bridge_account_pump(self);
}

/* Nothing is waiting that it would have to wait behind. */
static gboolean
bridge_account_sends_at_once(BridgeAccount *self, const char *to)
{
	BridgeSending *last = g_queue_peek_tail(&self->sendings);

	return bridge_account_can_send(self) &&
	       (last == NULL || last->record->status == BRIDGE_OUTGOING_SENT) &&
	       bridge_account_can_send_to(self, to, bridge_account_can_send_to_contacts(self));
}

static void
bridge_account_put(BridgeAccount *self, BridgeSend *send)
{
	BridgeOutgoingRecord *record = send->wanted;
	g_autofree char *own = bridge_account_dup_own_jid(self);
	BridgeEventMessage message = {.id = record->id,
	                              .device = record->device_id,
	                              .from = own,
	                              .to = record->to,
	                              .body = record->body};
	BridgeWrite *write = bridge_write_new(self, NULL);

	record->wire_id = bridge_account_make_wire_id(self);
	record->time_us = g_get_real_time();
	record->off_the_record = bridge_account_is_off_the_record(self, record->to);
	message.off_the_record = record->off_the_record;
	record->status = bridge_account_sends_at_once(self, record->to) ? BRIDGE_OUTGOING_SENT
	                                                                : BRIDGE_OUTGOING_QUEUED;
	bridge_write_add_outgoing(write, record,
	                          bridge_event_new_message_sent(record->time_us, &message),
	                          &record->seq);
	bridge_write_add_event(write, bridge_event_new_message_status(record, "queued", NULL, NULL),
	                       NULL);
	bridge_write_try(write, bridge_account_put_cb, send);
}

static void
bridge_account_found_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeSend *send = user_data;
	g_autoptr(GTask) first = g_object_ref(g_ptr_array_index(send->tasks, 0));
	BridgeAccount *self = BRIDGE_ACCOUNT(g_task_get_source_object(first));
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeOutgoingRecord) found =
		bridge_store_find_outgoing_finish(BRIDGE_STORE(source), result, &error);

	if (error == NULL && found == NULL &&
	    self->sendings.length + g_hash_table_size(self->sends) > SEND_QUEUE_MAX)
		error = g_error_new(BRIDGE_ERROR, BRIDGE_ERROR_BUSY,
		                    "%d messages are waiting to be sent already", SEND_QUEUE_MAX);
	if (error != NULL || found != NULL)
		bridge_account_finish_send(self, send, found, error);
	else
		bridge_account_put(self, send);
}

void
bridge_account_send_async(BridgeAccount *self, const char *device_id, const char *id,
                          const char *to, const char *body, GAsyncReadyCallback callback,
                          gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
	g_autofree char *key = g_strconcat(device_id, "\n", id, NULL);
	BridgeOutgoingRecord *wanted = g_new0(BridgeOutgoingRecord, 1);
	BridgeSend *send;

	g_return_if_fail(BRIDGE_IS_ACCOUNT(self));

	wanted->account_id = g_strdup(self->record->id);
	wanted->device_id = g_strdup(device_id);
	wanted->id = g_strdup(id);
	wanted->to = g_strdup(to);
	wanted->body = g_strdup(body);
	g_task_set_source_tag(task, bridge_account_send_async);
	g_task_set_task_data(task, wanted, (GDestroyNotify)bridge_outgoing_record_free);
	if (self->erased || self->stopping) {
		g_task_return_new_error(
			task, BRIDGE_ERROR,
			self->erased ? BRIDGE_ERROR_ACCOUNT_ERASED : BRIDGE_ERROR_BUSY,
			self->erased ? "the account was erased" : "the bridge is shutting down");
		return;
	}
	send = g_hash_table_lookup(self->sends, key);
	if (send != NULL) {
		g_ptr_array_add(send->tasks, g_steal_pointer(&task));
		return;
	}
	send = g_new0(BridgeSend, 1);
	send->key = g_steal_pointer(&key);
	send->wanted = bridge_outgoing_record_copy(wanted);
	send->tasks = g_ptr_array_new_with_free_func(g_object_unref);
	g_ptr_array_add(send->tasks, g_steal_pointer(&task));
	g_hash_table_insert(self->sends, send->key, send);
	bridge_store_find_outgoing_async(self->store, device_id, id, NULL, bridge_account_found_cb,
	                                 send);
}

BridgeOutgoingRecord *
bridge_account_send_finish(BridgeAccount *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), NULL);
	return g_task_propagate_pointer(G_TASK(result), error);
}
