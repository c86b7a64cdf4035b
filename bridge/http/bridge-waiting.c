/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-api"

#include "bridge-waiting.h"

#include <libsoup/soup.h>

#include <string.h>

#include "bridge-problem.h"

#define WAITING_AHEAD_BYTES (16 * 1024) /* of requests that come before their turn */

struct _BridgeWaiting {
	grefcount references; /* one is the channel's, until it ends or is given back */
	BridgeChannel *channel;
	GString *fields;   /* NULL once the head has left */
	GByteArray *ahead; /* NULL for nothing */
	gboolean keep_alive;
	gboolean ended;
	gboolean last; /* what is on its way is all */
	gboolean streaming;
	void (*drained)(gpointer user_data);
	gpointer drained_data;
};

void
bridge_waiting_unref(BridgeWaiting *self)
{
	if (!g_ref_count_dec(&self->references))
		return;
	if (self->fields != NULL)
		g_string_free(self->fields, TRUE);
	g_clear_pointer(&self->ahead, g_byte_array_unref);
	bridge_channel_unref(self->channel);
	g_free(self);
}

/* The last piece has left. */
static void
waiting_finish(BridgeWaiting *self)
{
	if (self->streaming) {
		bridge_channel_hang_up(self->channel);
		return;
	}
	self->ended = TRUE;
	bridge_channel_give_back(self->channel, self->ahead, self->keep_alive);
	bridge_waiting_unref(self);
}

static void
waiting_left(BridgeWaiting *self)
{
	if (self->last)
		waiting_finish(self);
	else if (self->drained != NULL)
		self->drained(self->drained_data);
}

/* @text: (transfer full) */
static void
waiting_write(BridgeWaiting *self, GString *text)
{
	g_autoptr(GBytes) bytes = g_string_free_to_bytes(text);

	if (!self->ended && bridge_channel_write(self->channel, bytes))
		waiting_left(self);
}

void
bridge_waiting_add_field(BridgeWaiting *self, const char *name, const char *value)
{
	if (self->fields != NULL)
		g_string_append_printf(self->fields, "%s: %s\r\n", name, value);
}

/* Returns: (transfer full): with the empty line */
static GString *
waiting_take_head(BridgeWaiting *self, guint status)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *date = soup_date_time_to_string(now, SOUP_DATE_HTTP);
	GString *head = g_string_new(NULL);

	g_string_append_printf(head, "HTTP/1.1 %u %s\r\nDate: %s\r\n%s\r\n", status,
	                       bridge_problem_get_reason(status), date, self->fields->str);
	g_string_free(g_steal_pointer(&self->fields), TRUE);
	return head;
}

void
bridge_waiting_answer(BridgeWaiting *self, guint status, const char *content_type, const char *text)
{
	GString *answer = NULL;

	g_return_if_fail(self->fields != NULL);
	if (text != NULL) {
		bridge_waiting_add_field(self, "Content-Type", content_type);
		g_string_append_printf(self->fields, "Content-Length: %zu\r\n", strlen(text));
	}
	answer = waiting_take_head(self, status);
	if (text != NULL)
		g_string_append(answer, text);
	self->last = TRUE;
	waiting_write(self, answer);
}

void
bridge_waiting_begin(BridgeWaiting *self, const char *content_type,
                     void (*drained)(gpointer user_data), gpointer user_data)
{
	bridge_waiting_add_field(self, "Content-Type", content_type);
	self->streaming = TRUE;
	self->drained = drained;
	self->drained_data = user_data;
}

void
bridge_waiting_write(BridgeWaiting *self, GString *text)
{
	if (self->fields != NULL) {
		g_autoptr(GString) head = waiting_take_head(self, 200);

		g_string_prepend_len(text, head->str, head->len);
	}
	waiting_write(self, text);
}

void
bridge_waiting_end(BridgeWaiting *self)
{
	self->drained = NULL;
	self->last = TRUE;
	if (!self->ended && !bridge_channel_is_writing(self->channel))
		waiting_finish(self);
}

/* ---- What the channel tells ------------------------------------------------------------------ */

static void
waiting_received(const guint8 *bytes, gsize length, gpointer user_data)
{
	BridgeWaiting *self = user_data;

	if (self->ahead == NULL)
		self->ahead = g_byte_array_new();
	g_byte_array_append(self->ahead, bytes, length);
	if (self->ahead->len >= WAITING_AHEAD_BYTES)
		bridge_channel_set_reading(self->channel, FALSE);
}

static void
waiting_drained(gpointer user_data)
{
	waiting_left(user_data);
}

static void
waiting_ended(gpointer user_data)
{
	BridgeWaiting *self = user_data;

	self->ended = TRUE;
	self->drained = NULL;
	bridge_waiting_unref(self);
}

static const BridgeChannelOwner waiting_owner = {
	.received = waiting_received,
	.drained = waiting_drained,
	.ended = waiting_ended,
};

BridgeWaiting *
bridge_waiting_new(BridgeChannel *channel, GString *fields, gboolean keep_alive)
{
	BridgeWaiting *self = g_new0(BridgeWaiting, 1);

	g_ref_count_init(&self->references);
	self->channel = channel;
	self->fields = fields;
	self->keep_alive = keep_alive;
	g_ref_count_inc(&self->references);
	bridge_channel_open(channel, &waiting_owner, self);
	return self;
}
