/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-window.h"

#include "link/bridge-link.h"

typedef struct {
	guint64 number;
	GVariant *event; /* (tssv) */
	HostWindowNotify notify;
} HostEvent;

typedef struct {
	GPtrArray *events; /* of HostEvent */
	guint64 number;    /* of the last */
	gint64 sent_us;
} HostBatch;

struct _HostWindow {
	HostWindowSender sender;
	gpointer user_data;
	guint64 last_number;
	GQueue queue; /* of HostEvent */
	gsize queued_bytes;
	GPtrArray *unanswered; /* of HostBatch */
	gboolean full;
	guint holds;
};

static void
host_event_free(HostEvent *event)
{
	g_variant_unref(event->event);
	g_free(event);
}

static void
host_batch_free(HostBatch *batch)
{
	g_ptr_array_unref(batch->events);
	g_free(batch);
}

HostWindow *
host_window_new(const HostWindowSender *sender, gpointer user_data)
{
	HostWindow *window = g_new0(HostWindow, 1);

	window->sender = *sender;
	window->user_data = user_data;
	g_queue_init(&window->queue);
	window->unanswered = g_ptr_array_new_with_free_func((GDestroyNotify)host_batch_free);
	return window;
}

void
host_window_free(HostWindow *window)
{
	g_queue_clear_full(&window->queue, (GDestroyNotify)host_event_free);
	g_ptr_array_unref(window->unanswered);
	g_free(window);
}

/* Full means that the next batch could be a whole one and nobody would take it: while small batches
 * are under way, what arrives is gathered for the next. */
static gboolean
host_window_has_no_room(HostWindow *window)
{
	return window->unanswered->len >= BRIDGE_LINK_WINDOW_BATCHES &&
	       (window->queue.length >= BRIDGE_LINK_WINDOW_EVENTS ||
	        window->queued_bytes >= BRIDGE_LINK_WINDOW_BYTES);
}

static void
host_window_update_full(HostWindow *window)
{
	gboolean full = host_window_has_no_room(window);

	if (full == window->full)
		return;
	window->full = full;
	window->sender.full(window->user_data, full);
}

void
host_window_push(HostWindow *window, const char *account, const char *type, GVariant *data,
                 const HostWindowNotify *notify)
{
	HostEvent *event = g_new0(HostEvent, 1);

	event->number = ++window->last_number;
	event->event =
		g_variant_ref_sink(g_variant_new("(tssv)", event->number, account, type, data));
	if (notify != NULL)
		event->notify = *notify;
	window->queued_bytes += g_variant_get_size(event->event);
	g_queue_push_tail(&window->queue, event);
	host_window_update_full(window);
}

guint64
host_window_get_last_number(HostWindow *window)
{
	return window->last_number;
}

/* Takes events off the queue until the batch is full; at least one, whatever its size. */
static HostBatch *
host_window_take_batch(HostWindow *window)
{
	HostBatch *batch = g_new0(HostBatch, 1);
	gsize n_bytes = 0;

	batch->events = g_ptr_array_new_with_free_func((GDestroyNotify)host_event_free);
	while (!g_queue_is_empty(&window->queue) &&
	       batch->events->len < BRIDGE_LINK_WINDOW_EVENTS) {
		HostEvent *event = g_queue_peek_head(&window->queue);

		n_bytes += g_variant_get_size(event->event);
		if (batch->events->len > 0 && n_bytes > BRIDGE_LINK_WINDOW_BYTES)
			break;
		window->queued_bytes -= g_variant_get_size(event->event);
		batch->number = event->number;
		g_ptr_array_add(batch->events, g_queue_pop_head(&window->queue));
	}
	return batch;
}

static GVariant *
host_batch_build(HostBatch *batch)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE(BRIDGE_LINK_EVENTS_TYPE));
	for (guint i = 0; i < batch->events->len; i++) {
		HostEvent *event = g_ptr_array_index(batch->events, i);
		g_variant_builder_add_value(&builder, event->event);
	}
	return g_variant_builder_end(&builder);
}

void
host_window_flush(HostWindow *window)
{
	while (window->holds == 0 && !g_queue_is_empty(&window->queue) &&
	       window->unanswered->len < BRIDGE_LINK_WINDOW_BATCHES) {
		HostBatch *batch = host_window_take_batch(window);

		batch->sent_us = g_get_monotonic_time();
		g_ptr_array_add(window->unanswered, batch);
		window->sender.send(window->user_data, host_batch_build(batch));
	}
	host_window_update_full(window);
}

void
host_window_hold(HostWindow *window)
{
	window->holds++;
}

void
host_window_release(HostWindow *window)
{
	g_return_if_fail(window->holds > 0);

	if (--window->holds == 0)
		host_window_flush(window);
}

static void
host_event_forget(HostEvent *event, gpointer data)
{
	if (event->notify.data == data)
		event->notify.function = NULL;
}

static void
host_batch_forget(HostBatch *batch, gpointer data)
{
	g_ptr_array_foreach(batch->events, (GFunc)host_event_forget, data);
}

void
host_window_forget(HostWindow *window, gpointer data)
{
	g_queue_foreach(&window->queue, (GFunc)host_event_forget, data);
	g_ptr_array_foreach(window->unanswered, (GFunc)host_batch_forget, data);
}

static gboolean
host_window_find_batch(HostWindow *window, guint64 number, guint *index)
{
	for (*index = 0; *index < window->unanswered->len; ++*index) {
		HostBatch *batch = g_ptr_array_index(window->unanswered, *index);

		if (batch->number == number)
			return TRUE;
	}
	return FALSE;
}

gboolean
host_window_answered(HostWindow *window, guint64 number)
{
	HostBatch *batch;
	guint index;

	if (!host_window_find_batch(window, number, &index))
		return FALSE;
	batch = g_ptr_array_index(window->unanswered, index);
	for (guint i = 0; i < batch->events->len; i++) {
		HostEvent *event = g_ptr_array_index(batch->events, i);
		const HostWindowNotify *notify = &event->notify;

		if (notify->function != NULL)
			notify->function(notify->data, notify->stream, notify->stanza);
	}
	g_ptr_array_remove_index(window->unanswered, index);
	host_window_flush(window);
	return TRUE;
}

gint64
host_window_get_waiting_since_us(HostWindow *window)
{
	HostBatch *oldest;

	if (window->unanswered->len == 0)
		return G_MAXINT64;
	oldest = g_ptr_array_index(window->unanswered, 0);
	return oldest->sent_us;
}

gboolean
host_window_is_full(HostWindow *window)
{
	return window->full;
}

gboolean
host_window_is_empty(HostWindow *window)
{
	return g_queue_is_empty(&window->queue) && window->unanswered->len == 0;
}
