/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-api"

#include "bridge-channel.h"
#include "link/bridge-timers.h"

#include <string.h>

#define CHANNEL_READ_BYTES (16 * 1024)

struct _BridgeChannel {
	grefcount references;
	BridgeConnection *connection; /* NULL when it has ended */
	GIOStream *stream;
	BridgeWatch *watch;
	guint write_ms;
	const BridgeChannelOwner *owner;
	gpointer user_data;

	gboolean reading;
	gboolean failed; /* to write; told on the next turn */
	GBytes *piece;   /* on its way, or NULL */
	gsize written;   /* of it */
	guint deadline_id;
};

BridgeChannel *
bridge_channel_ref(BridgeChannel *self)
{
	g_ref_count_inc(&self->references);
	return self;
}

void
bridge_channel_unref(BridgeChannel *self)
{
	if (!g_ref_count_dec(&self->references))
		return;
	g_clear_pointer(&self->watch, bridge_watch_free);
	g_clear_pointer(&self->piece, g_bytes_unref);
	g_object_unref(self->stream);
	g_free(self);
}

void
bridge_channel_end(BridgeChannel *self)
{
	if (self->connection == NULL)
		return;
	self->connection = NULL;
	g_clear_pointer(&self->watch, bridge_watch_free);
	g_clear_pointer(&self->piece, g_bytes_unref);
	g_clear_handle_id(&self->deadline_id, bridge_timers_remove);
	if (self->owner != NULL)
		self->owner->ended(self->user_data);
}

void
bridge_channel_hang_up(BridgeChannel *self)
{
	if (self->connection != NULL)
		bridge_connection_hang_up(self->connection);
}

void
bridge_channel_abort(BridgeChannel *self)
{
	if (self->connection != NULL)
		bridge_connection_abort(self->connection);
}

void
bridge_channel_give_back(BridgeChannel *self, GByteArray *ahead, gboolean keep_alive)
{
	self->owner = NULL;
	if (self->connection != NULL)
		bridge_connection_resume(self->connection, ahead, keep_alive);
}

gboolean
bridge_channel_is_writing(BridgeChannel *self)
{
	return self->piece != NULL;
}

static void
channel_update(BridgeChannel *self)
{
	GIOCondition wanted = 0;

	if (self->reading || self->failed)
		wanted |= G_IO_IN;
	if (self->piece != NULL)
		wanted |= G_IO_OUT;
	bridge_watch_want(self->watch, wanted);
}

/* ---- Writing --------------------------------------------------------------------------------- */

static gboolean
channel_deadline_cb(gpointer user_data)
{
	BridgeChannel *self = user_data;

	self->deadline_id = 0;
	bridge_channel_abort(self);
	return G_SOURCE_REMOVE;
}

static void
channel_set_deadline(BridgeChannel *self)
{
	g_clear_handle_id(&self->deadline_id, bridge_timers_remove);
	if (self->piece != NULL)
		self->deadline_id = bridge_timers_add(self->write_ms, channel_deadline_cb, self);
}

/* Returns: whether there may be more to write at once */
static gboolean
channel_write_some(BridgeChannel *self)
{
	GOutputStream *output = g_io_stream_get_output_stream(self->stream);
	g_autoptr(GError) error = NULL;
	gsize length = 0;
	const guint8 *bytes = g_bytes_get_data(self->piece, &length);
	gssize written = g_pollable_output_stream_write_nonblocking(
		G_POLLABLE_OUTPUT_STREAM(output), bytes + self->written, length - self->written,
		NULL, &error);

	if (written >= 0) {
		self->written += written;
		return self->written < length;
	}
	self->failed = !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
	return FALSE;
}

/* Returns: whether the piece has left */
static gboolean
channel_flush(BridgeChannel *self)
{
	gsize before = self->written;

	while (channel_write_some(self))
		;
	if (self->written == g_bytes_get_size(self->piece))
		g_clear_pointer(&self->piece, g_bytes_unref);
	if (self->written > before || self->deadline_id == 0)
		channel_set_deadline(self);
	if (self->failed)
		bridge_watch_look_again(self->watch);
	channel_update(self);
	return self->piece == NULL;
}

gboolean
bridge_channel_write(BridgeChannel *self, GBytes *bytes)
{
	g_return_val_if_fail(self->piece == NULL, FALSE);

	if (self->connection == NULL || self->failed)
		return FALSE;
	self->piece = g_bytes_ref(bytes);
	self->written = 0;
	return channel_flush(self);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static void
channel_read(BridgeChannel *self)
{
	GInputStream *input = g_io_stream_get_input_stream(self->stream);
	guint8 buffer[CHANNEL_READ_BYTES];
	g_autoptr(GError) error = NULL;
	gssize length = g_pollable_input_stream_read_nonblocking(
		G_POLLABLE_INPUT_STREAM(input), buffer, sizeof(buffer), NULL, &error);

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
		return;
	if (length > 0) {
		if (G_IS_TLS_CONNECTION(self->stream)) /* which may have more */
			bridge_watch_look_again(self->watch);
		self->owner->received(buffer, length, self->user_data);
	} else {
		bridge_channel_abort(self);
	}
	explicit_bzero(buffer, sizeof(buffer));
}

static void
channel_ready_cb(GIOCondition condition, gpointer user_data)
{
	BridgeChannel *self = bridge_channel_ref(user_data);

	if (self->failed)
		bridge_channel_abort(self);
	else if ((condition & G_IO_OUT) != 0 && channel_flush(self))
		self->owner->drained(self->user_data);
	if (self->connection != NULL && (condition & G_IO_IN) != 0 && self->reading)
		channel_read(self);
	bridge_channel_unref(self);
}

void
bridge_channel_set_reading(BridgeChannel *self, gboolean reading)
{
	if (self->connection == NULL || self->reading == reading)
		return;
	self->reading = reading;
	channel_update(self);
	if (reading)
		bridge_watch_look_again(self->watch);
}

void
bridge_channel_open(BridgeChannel *self, const BridgeChannelOwner *owner, gpointer user_data)
{
	self->owner = owner;
	self->user_data = user_data;
	bridge_channel_set_reading(self, TRUE);
}

BridgeChannel *
bridge_channel_new(BridgeConnection *connection, GIOStream *stream, BridgeWatches *watches, int fd,
                   guint write_ms)
{
	BridgeChannel *self = g_new0(BridgeChannel, 1);

	g_ref_count_init(&self->references);
	self->connection = connection;
	self->stream = g_object_ref(stream);
	self->watch = bridge_watch_new(watches, fd, channel_ready_cb, self);
	self->write_ms = write_ms;
	return self;
}
