/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-ledger.h"

#define GTALK_LEDGER_WIRE_MODULUS (G_GUINT64_CONSTANT(1) << 32)
#define GTALK_LEDGER_SPENT_MAX 64 /* released holds kept before the array is moved up */
/* Messages in flight whose acceptance is told; a server that acknowledges nothing for longer than
 * this is worth no more memory, and the oldest are then never told. */
#define GTALK_LEDGER_UNACKNOWLEDGED_MAX 10000

typedef struct {
	guint64 number;
	guint count; /* 0: released, waits for those before it */
} GTalkLedgerHold;

typedef struct {
	guint64 number;
	char *id;
} GTalkLedgerMessage;

struct _GTalkLedger {
	guint64 received;
	guint64 answered;
	GArray *holds;    /* of GTalkLedgerHold, by rising number; NULL before the first */
	guint first_hold; /* everything before it in the array is released */

	guint64 sent;
	guint64 acknowledged;
	GQueue messages; /* of GTalkLedgerMessage, by rising number */
};

GTalkLedger *
gtalk_ledger_new_at(guint64 received, guint64 sent)
{
	GTalkLedger *self = g_new0(GTalkLedger, 1);

	self->received = self->answered = received;
	self->sent = self->acknowledged = sent;
	g_queue_init(&self->messages);
	return self;
}

GTalkLedger *
gtalk_ledger_new(void)
{
	return gtalk_ledger_new_at(0, 0);
}

static void
gtalk_ledger_message_free(GTalkLedgerMessage *message)
{
	g_free(message->id);
	g_free(message);
}

void
gtalk_ledger_free(GTalkLedger *self)
{
	g_clear_pointer(&self->holds, g_array_unref);
	g_queue_clear_full(&self->messages, (GDestroyNotify)gtalk_ledger_message_free);
	g_free(self);
}

void
gtalk_ledger_receive(GTalkLedger *self)
{
	self->received++;
}

static guint
gtalk_ledger_count_holds(const GTalkLedger *self)
{
	return self->holds != NULL ? self->holds->len : 0;
}

static GTalkLedgerHold *
gtalk_ledger_get_hold(const GTalkLedger *self, guint index)
{
	return &g_array_index(self->holds, GTalkLedgerHold, index);
}

guint32
gtalk_ledger_hold(GTalkLedger *self)
{
	GTalkLedgerHold hold = {.number = self->received, .count = 1};
	GTalkLedgerHold *last = NULL;
	guint n_holds = gtalk_ledger_count_holds(self);

	/* A number that is 0 on the wire cannot be named: one stanza in 2^32 goes unheld. */
	if (self->received == self->answered || (guint32)self->received == 0)
		return 0;
	if (self->holds == NULL)
		self->holds = g_array_new(FALSE, FALSE, sizeof(GTalkLedgerHold));
	if (n_holds > 0)
		last = gtalk_ledger_get_hold(self, n_holds - 1);
	if (last != NULL && last->number == self->received)
		last->count++;
	else
		g_array_append_val(self->holds, hold);
	return (guint32)self->received;
}

/* The newest number not beyond what was received that looks like this on the wire. */
static guint64
gtalk_ledger_widen(const GTalkLedger *self, guint32 number)
{
	guint64 wide = (self->received & ~(GTALK_LEDGER_WIRE_MODULUS - 1)) | number;

	return wide > self->received && wide >= GTALK_LEDGER_WIRE_MODULUS
	               ? wide - GTALK_LEDGER_WIRE_MODULUS
	               : wide;
}

static int
gtalk_ledger_compare_hold(gconstpointer one, gconstpointer other)
{
	guint64 left = ((const GTalkLedgerHold *)one)->number;
	guint64 right = ((const GTalkLedgerHold *)other)->number;

	return left < right ? -1 : left > right;
}

static void
gtalk_ledger_drop_released(GTalkLedger *self)
{
	while (self->first_hold < self->holds->len &&
	       gtalk_ledger_get_hold(self, self->first_hold)->count == 0)
		self->first_hold++;
	if (self->first_hold > GTALK_LEDGER_SPENT_MAX || self->first_hold == self->holds->len) {
		g_array_remove_range(self->holds, 0, self->first_hold);
		self->first_hold = 0;
	}
}

/* NULL if nothing of that number is held. */
static GTalkLedgerHold *
gtalk_ledger_find_hold(const GTalkLedger *self, guint32 number)
{
	GTalkLedgerHold key = {.number = gtalk_ledger_widen(self, number)};
	GTalkLedgerHold *hold = NULL;
	guint index;

	if (self->holds == NULL ||
	    !g_array_binary_search(self->holds, &key, gtalk_ledger_compare_hold, &index))
		return NULL;
	hold = gtalk_ledger_get_hold(self, index);
	return hold->count > 0 ? hold : NULL;
}

gboolean
gtalk_ledger_hold_again(GTalkLedger *self, guint32 number)
{
	GTalkLedgerHold *hold = gtalk_ledger_find_hold(self, number);

	if (hold == NULL)
		return FALSE;
	hold->count++;
	return TRUE;
}

gboolean
gtalk_ledger_release(GTalkLedger *self, guint32 number)
{
	GTalkLedgerHold *hold = gtalk_ledger_find_hold(self, number);

	if (hold == NULL)
		return FALSE;
	hold->count--;
	gtalk_ledger_drop_released(self);
	return TRUE;
}

static guint64
gtalk_ledger_get_answerable(const GTalkLedger *self)
{
	return self->first_hold < gtalk_ledger_count_holds(self)
	               ? gtalk_ledger_get_hold(self, self->first_hold)->number - 1
	               : self->received;
}

guint64
gtalk_ledger_get_due(const GTalkLedger *self)
{
	return gtalk_ledger_get_answerable(self) - self->answered;
}

guint64
gtalk_ledger_get_withheld(const GTalkLedger *self)
{
	return self->received - gtalk_ledger_get_answerable(self);
}

guint32
gtalk_ledger_get_held(const GTalkLedger *self)
{
	return gtalk_ledger_get_withheld(self) > 0 ? (guint32)self->received : 0;
}

guint32
gtalk_ledger_answer(GTalkLedger *self)
{
	self->answered = gtalk_ledger_get_answerable(self);
	return (guint32)self->answered;
}

void
gtalk_ledger_send(GTalkLedger *self, const char *message_id)
{
	GTalkLedgerMessage *message = NULL;

	self->sent++;
	if (message_id == NULL)
		return;
	message = g_new(GTalkLedgerMessage, 1);
	*message = (GTalkLedgerMessage){.number = self->sent, .id = g_strdup(message_id)};
	g_queue_push_tail(&self->messages, message);
	if (self->messages.length > GTALK_LEDGER_UNACKNOWLEDGED_MAX)
		gtalk_ledger_message_free(g_queue_pop_head(&self->messages));
}

gboolean
gtalk_ledger_acknowledge(GTalkLedger *self, guint32 h)
{
	guint32 step = h - (guint32)self->acknowledged;

	if (step > self->sent - self->acknowledged)
		return FALSE;
	self->acknowledged += step;
	return TRUE;
}

char *
gtalk_ledger_take_accepted(GTalkLedger *self)
{
	GTalkLedgerMessage *message = g_queue_peek_head(&self->messages);
	char *id = NULL;

	if (message == NULL || message->number > self->acknowledged)
		return NULL;
	id = g_steal_pointer(&message->id);
	gtalk_ledger_message_free(g_queue_pop_head(&self->messages));
	return id;
}

gboolean
gtalk_ledger_is_awaiting(GTalkLedger *self)
{
	GTalkLedgerMessage *message = g_queue_peek_tail(&self->messages);

	return message != NULL && message->number > self->acknowledged;
}
