/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-pacer.h"

typedef struct {
	guint64 ticket;
	BridgePacerFunc func;
	gpointer user_data;
} BridgePacerTurn;

struct _BridgePacer {
	GObject parent_instance;

	guint per_second;
	double tokens;
	gint64 filled_us; /* monotonic: when tokens was true */
	guint64 last_ticket;
	GQueue turns;
	guint timer;
};

G_DEFINE_FINAL_TYPE(BridgePacer, bridge_pacer, G_TYPE_OBJECT)

static void
bridge_pacer_arm(BridgePacer *self);

static void
bridge_pacer_refill(BridgePacer *self)
{
	gint64 now_us = g_get_monotonic_time();
	double gained = (double)(now_us - self->filled_us) * self->per_second / G_USEC_PER_SEC;

	self->tokens = MIN(self->tokens + gained, (double)self->per_second);
	self->filled_us = now_us;
}

static gboolean
bridge_pacer_turn_cb(gpointer user_data)
{
	g_autoptr(BridgePacer) self = g_object_ref(BRIDGE_PACER(user_data));

	self->timer = 0;
	bridge_pacer_refill(self);
	while (self->tokens >= 1 && !g_queue_is_empty(&self->turns)) {
		g_autofree BridgePacerTurn *turn = g_queue_pop_head(&self->turns);

		self->tokens -= 1;
		turn->func(turn->user_data);
	}
	bridge_pacer_arm(self);
	return G_SOURCE_REMOVE;
}

static void
bridge_pacer_arm(BridgePacer *self)
{
	guint delay_ms;

	if (self->timer != 0 || g_queue_is_empty(&self->turns))
		return;
	bridge_pacer_refill(self);
	delay_ms = self->tokens >= 1 ? 0 : 1000 / self->per_second + 1;
	self->timer = g_timeout_add(delay_ms, bridge_pacer_turn_cb, self);
}

guint64
bridge_pacer_wait(BridgePacer *self, BridgePacerFunc func, gpointer user_data)
{
	BridgePacerTurn *turn;

	g_return_val_if_fail(BRIDGE_IS_PACER(self) && func != NULL, 0);

	turn = g_new0(BridgePacerTurn, 1);
	turn->ticket = ++self->last_ticket;
	turn->func = func;
	turn->user_data = user_data;
	g_queue_push_tail(&self->turns, turn);
	bridge_pacer_arm(self);
	return turn->ticket;
}

void
bridge_pacer_cancel(BridgePacer *self, guint64 ticket)
{
	g_return_if_fail(BRIDGE_IS_PACER(self));

	for (GList *l = self->turns.head; l != NULL; l = l->next) {
		BridgePacerTurn *turn = l->data;

		if (turn->ticket == ticket) {
			g_queue_delete_link(&self->turns, l);
			g_free(turn);
			return;
		}
	}
}

BridgePacer *
bridge_pacer_new(guint per_second)
{
	BridgePacer *self = g_object_new(BRIDGE_TYPE_PACER, NULL);

	g_return_val_if_fail(per_second > 0 && per_second <= 1000, NULL);

	self->per_second = per_second;
	self->tokens = per_second;
	self->filled_us = g_get_monotonic_time();
	return self;
}

static void
bridge_pacer_finalize(GObject *object)
{
	BridgePacer *self = BRIDGE_PACER(object);

	g_clear_handle_id(&self->timer, g_source_remove);
	g_queue_clear_full(&self->turns, g_free);
	G_OBJECT_CLASS(bridge_pacer_parent_class)->finalize(object);
}

static void
bridge_pacer_init(BridgePacer *self)
{
	g_queue_init(&self->turns);
}

static void
bridge_pacer_class_init(BridgePacerClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = bridge_pacer_finalize;
}
