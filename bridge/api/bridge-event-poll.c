/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Long poll: one answer, as soon as there is anything, or when the time is over. */
#include "config.h"

#include "base/bridge-cursor.h"
#include "bridge-event-reader-private.h"
#include "base/bridge-json-text.h"
#include "link/bridge-timers.h"

static void
event_poll_append(BridgeEventReader *self, GString *text, const BridgeEventRecord *event)
{
	if (text->str[text->len - 1] != '[')
		g_string_append_c(text, ',');
	bridge_json_append_event(text, bridge_event_reader_get_epoch(self), event);
}

/* @text: (transfer full): so far */
static void
event_poll_finish(BridgeEventReader *self, GString *text)
{
	g_autofree char *cursor =
		bridge_cursor_format(bridge_event_reader_get_epoch(self), self->position);
	g_autoptr(BridgeExchange) exchange = g_object_ref(self->exchange);

	g_string_append(text, "],\"cursor\":");
	bridge_json_text_append(text, cursor);
	g_string_append(text, bridge_event_reader_is_abreast(self) ? ",\"more\":false}"
	                                                           : ",\"more\":true}");
	bridge_event_reader_close(self);
	bridge_exchange_answer_text(exchange, 200, g_string_free(text, FALSE));
}

static void
event_poll_answer(BridgeEventReader *self, GPtrArray *events)
{
	GString *text = g_string_new("{\"events\":[");

	bridge_event_reader_append(self, text, events, event_poll_append);
	event_poll_finish(self, text);
}

/* Without a cursor of its own: it is not stored. */
static void
event_poll_ephemeral(BridgeEventReader *self, const BridgeEventRecord *event)
{
	GString *text = NULL;

	if (self->reading)
		return;
	text = g_string_new("{\"events\":[");
	bridge_json_append_event(text, NULL, event);
	event_poll_finish(self, text);
}

static void
event_poll_ended(BridgeEventReader *self, const GError *error)
{
	g_autoptr(BridgeExchange) exchange = g_object_ref(self->exchange);

	bridge_event_reader_close(self);
	bridge_exchange_fail(exchange, error);
}

static const BridgeEventReaderKind event_poll_kind = {
	.read = event_poll_answer,
	.happened = event_poll_answer,
	.ephemeral = event_poll_ephemeral,
	.ended = event_poll_ended,
};

static gboolean
event_poll_time_cb(gpointer user_data)
{
	BridgeEventReader *self = user_data;

	self->timer_id = 0;
	event_poll_finish(self, g_string_new("{\"events\":["));
	return G_SOURCE_REMOVE;
}

void
bridge_event_readers_poll(BridgeEventReaders *readers, BridgeExchange *exchange, guint64 after,
                          guint limit, guint wait_s)
{
	BridgeEventReader *self =
		bridge_event_reader_new(readers, &event_poll_kind, exchange, after, limit);

	if (self == NULL)
		return;
	self->bytes_max = BRIDGE_EVENT_PAGE_BYTES;
	if (!bridge_event_reader_is_abreast(self)) {
		bridge_event_reader_read(self);
	} else if (wait_s == 0) {
		event_poll_finish(self, g_string_new("{\"events\":["));
	} else {
		bridge_exchange_park(exchange);
		self->timer_id = bridge_timers_add_seconds(wait_s, event_poll_time_cb, self);
	}
}
