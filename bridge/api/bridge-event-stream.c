/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Server-sent events (WHATWG HTML, section 9.2): at most one piece is on its way to the client at a
 * time. What happens meanwhile is read from the store when that piece has left. */
#include "config.h"

#include "base/bridge-cursor.h"
#include "bridge-event-reader-private.h"
#include "link/bridge-timers.h"

typedef struct {
	gboolean begun;
	GString *pending; /* ephemeral events that wait for their turn */
} EventStream;

static EventStream *
event_stream_new(void)
{
	EventStream *stream = g_new0(EventStream, 1);

	stream->pending = g_string_new(NULL);
	return stream;
}

static void
event_stream_free(gpointer own)
{
	EventStream *stream = own;

	g_string_free(stream->pending, TRUE);
	g_free(stream);
}

static void
event_stream_append(BridgeEventReader *self, GString *text, const BridgeEventRecord *event)
{
	g_autofree char *cursor = NULL;

	if (event->seq > 0) {
		cursor = bridge_cursor_format(bridge_event_reader_get_epoch(self), event->seq);
		g_string_append_printf(text, "id: %s\n", cursor);
	}
	g_string_append(text, "data: ");
	bridge_json_append_event(text, event->seq > 0 ? bridge_event_reader_get_epoch(self) : NULL,
	                         event);
	g_string_append(text, "\n\n");
}

/* @text: (transfer full) */
static void
event_stream_write(BridgeEventReader *self, GString *text)
{
	self->writing = TRUE;
	bridge_exchange_write_stream(self->exchange, text);
}

static GString *
event_stream_take_pending(EventStream *stream)
{
	GString *pending = stream->pending;

	stream->pending = g_string_new(NULL);
	return pending;
}

static void
event_stream_go_on(BridgeEventReader *self)
{
	EventStream *stream = self->own;

	if (self->writing || self->reading)
		return;
	if (stream->pending->len > 0) {
		event_stream_write(self, event_stream_take_pending(stream));
	} else if (!bridge_event_reader_is_abreast(self)) {
		bridge_event_reader_read(self);
	}
}

static void
event_stream_drained(gpointer user_data)
{
	BridgeEventReader *self = user_data;

	self->writing = FALSE;
	event_stream_go_on(self);
}

static gboolean
event_stream_comment_cb(gpointer user_data)
{
	BridgeEventReader *self = user_data;

	if (!self->writing)
		event_stream_write(self, g_string_new(":\n\n"));
	return G_SOURCE_CONTINUE;
}

static void
event_stream_begin(BridgeEventReader *self)
{
	EventStream *stream = self->own;

	if (!bridge_exchange_begin_stream(self->exchange, "text/event-stream", event_stream_drained,
	                                  self)) {
		bridge_event_reader_close(self);
		return;
	}
	stream->begun = TRUE;
	self->timer_id =
		bridge_timers_add_seconds(BRIDGE_EVENT_COMMENT_S, event_stream_comment_cb, self);
	/* Says at once that it is open. */
	event_stream_write(self, g_string_new(":\n\n"));
}

/* It begins only when the store has given the first events: a cursor that expired is still told by
 * a status. */
static void
event_stream_give(BridgeEventReader *self, GPtrArray *events)
{
	EventStream *stream = self->own;
	GString *text = NULL;

	if (!stream->begun) {
		event_stream_begin(self);
		return;
	}
	if (self->writing || events->len == 0)
		return;
	text = g_string_new(NULL);
	bridge_event_reader_append(self, text, events, event_stream_append);
	event_stream_write(self, text);
}

static void
event_stream_ephemeral(BridgeEventReader *self, const BridgeEventRecord *event)
{
	EventStream *stream = self->own;

	if (stream->pending->len < BRIDGE_EVENT_PENDING_BYTES_MAX)
		event_stream_append(self, stream->pending, event);
	if (stream->begun)
		event_stream_go_on(self);
}

/* The client comes back and is told why then. */
static void
event_stream_ended(BridgeEventReader *self, const GError *error)
{
	g_autoptr(BridgeExchange) exchange = g_object_ref(self->exchange);
	gboolean begun = ((EventStream *)self->own)->begun;

	bridge_event_reader_close(self);
	if (begun)
		bridge_exchange_end_stream(exchange);
	else
		bridge_exchange_fail(exchange, error);
}

static const BridgeEventReaderKind event_stream_kind = {
	.read = event_stream_give,
	.happened = event_stream_give,
	.ephemeral = event_stream_ephemeral,
	.ended = event_stream_ended,
	.free_own = event_stream_free,
};

void
bridge_event_readers_stream(BridgeEventReaders *readers, BridgeExchange *exchange, guint64 after)
{
	BridgeEventReader *self = bridge_event_reader_new(readers, &event_stream_kind, exchange,
	                                                  after, BRIDGE_EVENT_PIECE_EVENTS);

	if (self == NULL)
		return;
	self->own = event_stream_new();
	if (bridge_event_reader_is_abreast(self))
		event_stream_begin(self);
	else
		bridge_event_reader_read(self);
}
