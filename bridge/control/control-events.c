/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /admin/events: what happened lately, of all accounts, without names and texts. */
#include "config.h"

#include "bridge-control-private.h"

#define CONTROL_EVENTS_WAIT_S_MAX 50

/* Somebody who waits for more. */
typedef struct {
	BridgeExchange *exchange;
	BridgeEventTail *tail;
	guint64 after;
	guint timer_id;
} ControlWait;

static void
control_events_answer(BridgeExchange *exchange, BridgeEventTail *tail, guint64 after)
{
	g_autoptr(GPtrArray) entries = bridge_event_tail_list(tail, after);
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "events");
	json_builder_begin_array(builder);
	for (guint i = 0; i < entries->len; i++) {
		const BridgeTailEntry *entry = g_ptr_array_index(entries, i);

		json_builder_begin_object(builder);
		bridge_json_add_int(builder, "number", (gint64)entry->number);
		bridge_json_add_time(builder, "time", entry->time_us);
		bridge_json_add_string(builder, "account", entry->account_id);
		bridge_json_add_int(builder, "seq", (gint64)entry->seq);
		bridge_json_add_string(builder, "type", entry->type);
		bridge_json_add_int(builder, "bytes", (gint64)entry->bytes);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
	bridge_json_add_int(builder, "last", (gint64)bridge_event_tail_get_last(tail));
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

static void
control_wait_end(ControlWait *wait)
{
	g_signal_handlers_disconnect_by_data(wait->tail, wait);
	g_signal_handlers_disconnect_by_data(bridge_exchange_get_gone(wait->exchange), wait);
	g_clear_handle_id(&wait->timer_id, g_source_remove);
	control_events_answer(wait->exchange, wait->tail, wait->after);
	g_object_unref(wait->exchange);
	g_object_unref(wait->tail);
	g_free(wait);
}

static void
control_wait_grown_cb(BridgeEventTail *tail, gpointer user_data)
{
	control_wait_end(user_data);
}

static gboolean
control_wait_timeout_cb(gpointer user_data)
{
	ControlWait *wait = user_data;

	wait->timer_id = 0;
	control_wait_end(wait);
	return G_SOURCE_REMOVE;
}

static void
control_wait_gone_cb(GCancellable *gone, gpointer user_data)
{
	control_wait_end(user_data);
}

static void
control_wait_begin(BridgeExchange *exchange, BridgeEventTail *tail, guint64 after, guint seconds)
{
	ControlWait *wait = g_new0(ControlWait, 1);

	wait->exchange = g_object_ref(exchange);
	wait->tail = g_object_ref(tail);
	wait->after = after;
	wait->timer_id = g_timeout_add_seconds(seconds, control_wait_timeout_cb, wait);
	g_signal_connect(tail, "grown", G_CALLBACK(control_wait_grown_cb), wait);
	g_signal_connect(bridge_exchange_get_gone(exchange), "cancelled",
	                 G_CALLBACK(control_wait_gone_cb), wait);
}

void
control_events_get(BridgeExchange *exchange)
{
	BridgeEventTail *tail = bridge_control_get_tail(bridge_exchange_get_context(exchange));
	guint after = 0;
	guint wait_s = 0;

	if (!bridge_exchange_get_query_uint(exchange, "after", 0, G_MAXUINT, 0, &after) ||
	    !bridge_exchange_get_query_uint(exchange, "wait", 0, CONTROL_EVENTS_WAIT_S_MAX, 0,
	                                    &wait_s))
		return;
	if (wait_s == 0 || bridge_event_tail_get_last(tail) > after)
		control_events_answer(exchange, tail, after);
	else
		control_wait_begin(exchange, tail, after, wait_s);
}
