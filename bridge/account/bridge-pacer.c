/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-pacer.h"

/* Of a second: how much of what nobody wanted can be had at once later. */
#define PACER_SAVED_PART 5
/* A server that needs longer for each is full: more at once would only make all of them late. */
#define PACER_UNDER_WAY_S 2

/* Who waits for one server, and how many it has to do with. */
typedef struct {
	char *server;
	GQueue turns; /* of BridgePacerTurn */
	guint under_way;
	gboolean ready; /* in the queue of those that may have a turn */
} BridgePacerLane;

typedef struct {
	GList link; /* in its lane's queue, while it waits */
	guint64 ticket;
	BridgePacerLane *lane;
	BridgePacerFunc func; /* NULL once it was called */
	gpointer user_data;
} BridgePacerTurn;

struct _BridgePacer {
	GObject parent_instance;

	guint per_second;
	double tokens_max;
	double tokens;
	gint64 filled_us; /* monotonic: when tokens was true */
	guint64 last_ticket;
	GHashTable *turns; /* ticket -> BridgePacerTurn */
	GHashTable *lanes; /* server -> BridgePacerLane */
	GQueue ready;      /* of BridgePacerLane, which take turns */
	guint timer;
};

G_DEFINE_FINAL_TYPE(BridgePacer, bridge_pacer, G_TYPE_OBJECT)

static void
bridge_pacer_arm(BridgePacer *self);

/* ---- Lanes ----------------------------------------------------------------------------------- */

static void
bridge_pacer_lane_free(gpointer data)
{
	BridgePacerLane *lane = data;

	g_free(lane->server);
	g_free(lane);
}

static BridgePacerLane *
bridge_pacer_ensure_lane(BridgePacer *self, const char *server)
{
	BridgePacerLane *lane = g_hash_table_lookup(self->lanes, server);

	if (lane != NULL)
		return lane;
	lane = g_new0(BridgePacerLane, 1);
	lane->server = g_strdup(server);
	g_queue_init(&lane->turns);
	g_hash_table_insert(self->lanes, lane->server, lane);
	return lane;
}

/* Enters or leaves the queue of those that may have a turn; goes when nobody needs it. */
static void
bridge_pacer_update_lane(BridgePacer *self, BridgePacerLane *lane)
{
	gboolean ready = !g_queue_is_empty(&lane->turns) &&
	                 lane->under_way < self->per_second * PACER_UNDER_WAY_S;

	if (ready && !lane->ready)
		g_queue_push_tail(&self->ready, lane);
	else if (!ready && lane->ready)
		g_queue_remove(&self->ready, lane);
	lane->ready = ready;
	if (g_queue_is_empty(&lane->turns) && lane->under_way == 0)
		g_hash_table_remove(self->lanes, lane->server);
}

/* ---- Turns ----------------------------------------------------------------------------------- */

static void
bridge_pacer_refill(BridgePacer *self)
{
	gint64 now_us = g_get_monotonic_time();
	double gained = (double)(now_us - self->filled_us) * self->per_second / G_USEC_PER_SEC;

	self->tokens = MIN(self->tokens + gained, self->tokens_max);
	self->filled_us = now_us;
}

static void
bridge_pacer_call(BridgePacer *self, BridgePacerLane *lane)
{
	BridgePacerTurn *turn = g_queue_pop_head_link(&lane->turns)->data;
	BridgePacerFunc func = turn->func;

	turn->func = NULL;
	lane->under_way++;
	lane->ready = FALSE; /* behind all others, if it may have another one */
	bridge_pacer_update_lane(self, lane);
	func(turn->user_data);
}

static gboolean
bridge_pacer_turn_cb(gpointer user_data)
{
	g_autoptr(BridgePacer) self = g_object_ref(BRIDGE_PACER(user_data));

	self->timer = 0;
	bridge_pacer_refill(self);
	while (self->tokens >= 1 && !g_queue_is_empty(&self->ready)) {
		self->tokens -= 1;
		bridge_pacer_call(self, g_queue_pop_head(&self->ready));
	}
	bridge_pacer_arm(self);
	return G_SOURCE_REMOVE;
}

static void
bridge_pacer_arm(BridgePacer *self)
{
	guint delay_ms;

	if (self->timer != 0 || g_queue_is_empty(&self->ready))
		return;
	bridge_pacer_refill(self);
	delay_ms = self->tokens >= 1 ? 0 : 1000 / self->per_second + 1;
	self->timer = g_timeout_add(delay_ms, bridge_pacer_turn_cb, self);
}

guint64
bridge_pacer_wait(BridgePacer *self, const char *server, BridgePacerFunc func, gpointer user_data)
{
	BridgePacerTurn *turn;

	g_return_val_if_fail(BRIDGE_IS_PACER(self) && server != NULL && func != NULL, 0);

	turn = g_new0(BridgePacerTurn, 1);
	turn->link.data = turn;
	turn->ticket = ++self->last_ticket;
	turn->lane = bridge_pacer_ensure_lane(self, server);
	turn->func = func;
	turn->user_data = user_data;
	g_hash_table_insert(self->turns, &turn->ticket, turn);
	g_queue_push_tail_link(&turn->lane->turns, &turn->link);
	bridge_pacer_update_lane(self, turn->lane);
	bridge_pacer_arm(self);
	return turn->ticket;
}

void
bridge_pacer_leave(BridgePacer *self, guint64 ticket)
{
	BridgePacerTurn *turn;

	g_return_if_fail(BRIDGE_IS_PACER(self));

	turn = g_hash_table_lookup(self->turns, &ticket);
	if (turn == NULL)
		return;
	if (turn->func != NULL)
		g_queue_unlink(&turn->lane->turns, &turn->link);
	else
		turn->lane->under_way--;
	bridge_pacer_update_lane(self, turn->lane);
	g_hash_table_remove(self->turns, &ticket);
	bridge_pacer_arm(self);
}

/* ---- Making ---------------------------------------------------------------------------------- */

BridgePacer *
bridge_pacer_new(guint per_second)
{
	BridgePacer *self = g_object_new(BRIDGE_TYPE_PACER, NULL);

	g_return_val_if_fail(per_second > 0 && per_second <= 1000, NULL);

	self->per_second = per_second;
	self->tokens_max = MAX(1, (double)per_second / PACER_SAVED_PART);
	self->tokens = self->tokens_max;
	self->filled_us = g_get_monotonic_time();
	return self;
}

static void
bridge_pacer_finalize(GObject *object)
{
	BridgePacer *self = BRIDGE_PACER(object);

	g_clear_handle_id(&self->timer, g_source_remove);
	g_queue_clear(&self->ready);
	g_hash_table_unref(self->turns);
	g_hash_table_unref(self->lanes);
	G_OBJECT_CLASS(bridge_pacer_parent_class)->finalize(object);
}

static void
bridge_pacer_class_init(BridgePacerClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = bridge_pacer_finalize;
}

static void
bridge_pacer_init(BridgePacer *self)
{
	self->turns = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	self->lanes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, bridge_pacer_lane_free);
	g_queue_init(&self->ready);
}
