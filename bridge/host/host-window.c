/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-window.h"

#include "bridge-link.h"

typedef struct {
	GVariant *event; /* (tssv) */
	HostWindowNotify notify;
} HostEvent;

struct _HostBatch {
	GPtrArray *events; /* of HostEvent */
};

struct _HostWindow {
	HostWindowSender sender;
	gpointer user_data;
	guint64 last_number;
	GQueue queue; /* of HostEvent */
	gsize queued_bytes;
	GPtrArray *unanswered; /* of HostBatch */
	gboolean full;
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
	return window->unanswered->len >= BRIDGE_LINK_WINDOW_CALLS &&
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

	event->event = g_variant_ref_sink(
		g_variant_new("(tssv)", ++window->last_number, account, type, data));
	if (notify != NULL)
		event->notify = *notify;
	window->queued_bytes += g_variant_get_size(event->event);
	g_queue_push_tail(&window->queue, event);
	host_window_update_full(window);
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
		g_ptr_array_add(batch->events, g_queue_pop_head(&window->queue));
	}
	return batch;
}

static GVariant *
host_batch_build(HostBatch *batch)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a(tssv)"));
	for (guint i = 0; i < batch->events->len; i++) {
		HostEvent *event = g_ptr_array_index(batch->events, i);
		g_variant_builder_add_value(&builder, event->event);
	}
	return g_variant_builder_end(&builder);
}

void
host_window_flush(HostWindow *window)
{
	while (!g_queue_is_empty(&window->queue) &&
	       window->unanswered->len < BRIDGE_LINK_WINDOW_CALLS) {
		HostBatch *batch = host_window_take_batch(window);

		g_ptr_array_add(window->unanswered, batch);
		window->sender.send(window->user_data, batch, host_batch_build(batch));
	}
	host_window_update_full(window);
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

void
host_window_answered(HostWindow *window, HostBatch *batch)
{
	guint index;

	g_return_if_fail(g_ptr_array_find(window->unanswered, batch, &index));

	for (guint i = 0; i < batch->events->len; i++) {
		HostEvent *event = g_ptr_array_index(batch->events, i);
		const HostWindowNotify *notify = &event->notify;

		if (notify->function != NULL)
			notify->function(notify->data, notify->stream, notify->stanza);
	}
	g_ptr_array_remove_index(window->unanswered, index);
	host_window_flush(window);
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
