/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-timers.h"

typedef struct {
	guint id;
	gint64 due_us;  /* monotonic */
	guint64 number; /* rises with each turn it is given, so that equal times keep their order */
	gint64 interval_us;
	gint64 grain_us; /* it is due at a whole multiple, together with others */
	GSourceFunc function;
	gpointer user_data;
} BridgeTimer;

/* One for the process, as libpurple's event loop is. */
static struct {
	GSource *source;
	GSequence *timers; /* of BridgeTimer, the next one first */
	GHashTable *ids;   /* id -> GSequenceIter */
	guint last_id;
	guint64 last_number;
} bridge_timers;

static int
bridge_timer_compare(gconstpointer a, gconstpointer b, gpointer user_data)
{
	const BridgeTimer *one = a;
	const BridgeTimer *other = b;

	if (one->due_us != other->due_us)
		return one->due_us < other->due_us ? -1 : 1;
	return one->number < other->number ? -1 : one->number > other->number;
}

static BridgeTimer *
bridge_timers_peek(void)
{
	GSequenceIter *first = g_sequence_get_begin_iter(bridge_timers.timers);

	return g_sequence_iter_is_end(first) ? NULL : g_sequence_get(first);
}

static void
bridge_timers_update_source(void)
{
	BridgeTimer *next = bridge_timers_peek();

	g_source_set_ready_time(bridge_timers.source, next != NULL ? next->due_us : -1);
}

static void
bridge_timer_set_due(BridgeTimer *timer, gint64 now_us)
{
	gint64 due_us = now_us + timer->interval_us;

	timer->due_us = (due_us + timer->grain_us - 1) / timer->grain_us * timer->grain_us;
	timer->number = ++bridge_timers.last_number;
}

/* The timer is put in its next place before it runs, and may be gone when it has. */
static void
bridge_timers_run(BridgeTimer *timer, gint64 now_us)
{
	guint id = timer->id;
	GSourceFunc function = timer->function;
	gpointer user_data = timer->user_data;

	bridge_timer_set_due(timer, now_us);
	g_sequence_sort_changed(g_hash_table_lookup(bridge_timers.ids, GUINT_TO_POINTER(id)),
	                        bridge_timer_compare, NULL);
	if (!function(user_data))
		bridge_timers_remove(id);
}

static gboolean
bridge_timers_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
	gint64 now_us = g_source_get_time(source);
	guint64 newest = bridge_timers.last_number;
	BridgeTimer *next;

	while ((next = bridge_timers_peek()) != NULL && next->due_us <= now_us &&
	       next->number <= newest)
		bridge_timers_run(next, now_us);
	bridge_timers_update_source();
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs bridge_timers_source_funcs = {.dispatch = bridge_timers_dispatch};

static void
bridge_timers_ensure(void)
{
	if (bridge_timers.source != NULL)
		return;
	bridge_timers.timers = g_sequence_new(g_free);
	bridge_timers.ids = g_hash_table_new(NULL, NULL);
	bridge_timers.source = g_source_new(&bridge_timers_source_funcs, sizeof(GSource));
	g_source_set_static_name(bridge_timers.source, "timers");
	g_source_attach(bridge_timers.source, NULL);
}

static guint
bridge_timers_insert(gint64 interval_us, gint64 grain_us, GSourceFunc function, gpointer user_data)
{
	BridgeTimer *timer = g_new0(BridgeTimer, 1);
	GSequenceIter *iter;

	bridge_timers_ensure();
	timer->id = ++bridge_timers.last_id;
	timer->interval_us = interval_us;
	timer->grain_us = grain_us;
	timer->function = function;
	timer->user_data = user_data;
	bridge_timer_set_due(timer, g_get_monotonic_time());
	iter = g_sequence_insert_sorted(bridge_timers.timers, timer, bridge_timer_compare, NULL);
	g_hash_table_insert(bridge_timers.ids, GUINT_TO_POINTER(timer->id), iter);
	bridge_timers_update_source();
	return timer->id;
}

guint
bridge_timers_add(guint interval_ms, GSourceFunc function, gpointer user_data)
{
	return bridge_timers_insert(interval_ms * G_GINT64_CONSTANT(1000), 1, function, user_data);
}

guint
bridge_timers_add_seconds(guint interval_s, GSourceFunc function, gpointer user_data)
{
	return bridge_timers_insert(interval_s * (gint64)G_USEC_PER_SEC, G_USEC_PER_SEC, function,
	                            user_data);
}

gboolean
bridge_timers_remove(guint id)
{
	gpointer iter;

	if (bridge_timers.ids == NULL ||
	    !g_hash_table_steal_extended(bridge_timers.ids, GUINT_TO_POINTER(id), NULL, &iter))
		return FALSE;
	g_sequence_remove(iter);
	bridge_timers_update_source();
	return TRUE;
}
