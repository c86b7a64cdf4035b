/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-api"

#include "bridge-socket.h"

#include <string.h>

#include "bridge-frame.h"
#include "link/bridge-timers.h"

/* Pongs that wait; a client that pings on and does not read gets no more of them. */
#define SOCKET_PONG_BYTES_MAX 1024

struct _BridgeSocket {
	grefcount references;
	BridgeChannel *channel;
	const BridgeSocketOwner *owner; /* NULL when it has gone */
	gpointer user_data;
	BridgeFrameReader *reader;
	GByteArray *waiting; /* behind what is on its way; NULL for nothing */
	gboolean writing;
	gboolean reading;
	gboolean heard;   /* anything since the last ping */
	gboolean closing; /* our last word is said */
	gboolean ended;
	guint ping_id;
};

BridgeSocket *
bridge_socket_ref(BridgeSocket *self)
{
	g_ref_count_inc(&self->references);
	return self;
}

void
bridge_socket_unref(BridgeSocket *self)
{
	if (!g_ref_count_dec(&self->references))
		return;
	bridge_frame_reader_free(self->reader);
	g_clear_pointer(&self->waiting, g_byte_array_unref);
	bridge_channel_unref(self->channel);
	g_free(self);
}

/* ---- Sending --------------------------------------------------------------------------------- */

static GByteArray *
socket_ensure_waiting(BridgeSocket *self)
{
	if (self->waiting == NULL)
		self->waiting = g_byte_array_new();
	return self->waiting;
}

/* Nothing waits and nothing is on its way. */
static void
socket_cleared(BridgeSocket *self)
{
	if (self->closing)
		bridge_channel_hang_up(self->channel);
	else if (self->owner != NULL)
		self->owner->clear(self->user_data);
}

void
bridge_socket_flush(BridgeSocket *self)
{
	g_autoptr(GBytes) piece = NULL;

	if (self->writing || self->ended || self->waiting == NULL)
		return;
	piece = g_byte_array_free_to_bytes(g_steal_pointer(&self->waiting));
	self->writing = !bridge_channel_write(self->channel, piece);
	if (!self->writing && self->closing)
		socket_cleared(self);
}

static void
socket_drained(gpointer user_data)
{
	BridgeSocket *self = bridge_socket_ref(user_data);

	self->writing = FALSE;
	bridge_socket_flush(self);
	if (!self->ended && bridge_socket_is_clear(self))
		socket_cleared(self);
	bridge_socket_unref(self);
}

void
bridge_socket_add(BridgeSocket *self, const char *text, gsize length)
{
	if (!self->closing)
		bridge_frame_append(socket_ensure_waiting(self), BRIDGE_FRAME_TEXT, text, length);
}

gboolean
bridge_socket_is_clear(BridgeSocket *self)
{
	return !self->writing && self->waiting == NULL;
}

gsize
bridge_socket_get_waiting(BridgeSocket *self)
{
	return self->waiting != NULL ? self->waiting->len : 0;
}

void
bridge_socket_close(BridgeSocket *self, guint status, const char *reason)
{
	if (self->closing || self->ended)
		return;
	bridge_frame_append_close(socket_ensure_waiting(self), status, reason);
	self->closing = TRUE;
	bridge_channel_set_reading(self->channel, FALSE);
	bridge_socket_flush(self);
}

/* ---- Receiving ------------------------------------------------------------------------------- */

static void
socket_pong(BridgeSocket *self, const GByteArray *payload)
{
	if (bridge_socket_get_waiting(self) > SOCKET_PONG_BYTES_MAX)
		return;
	bridge_frame_append(socket_ensure_waiting(self), BRIDGE_FRAME_PONG, payload->data,
	                    payload->len);
	bridge_socket_flush(self);
}

static void
socket_take(BridgeSocket *self, BridgeFrameKind kind, GByteArray *payload)
{
	static const guint8 end = '\0';

	switch (kind) {
	case BRIDGE_FRAME_TEXT:
		g_byte_array_append(payload, &end, 1);
		if (self->owner != NULL)
			self->owner->received((char *)payload->data, payload->len - 1,
			                      self->user_data);
		break;
	case BRIDGE_FRAME_BINARY:
		bridge_socket_close(self, BRIDGE_FRAME_STATUS_UNSUPPORTED, "text is wanted");
		break;
	case BRIDGE_FRAME_PING:
		socket_pong(self, payload);
		break;
	case BRIDGE_FRAME_CLOSE:
		bridge_socket_close(self, BRIDGE_FRAME_STATUS_NORMAL, "");
		break;
	case BRIDGE_FRAME_NONE:
	case BRIDGE_FRAME_PONG:
	case BRIDGE_FRAME_BROKEN:
		break;
	}
}

/* Takes what is there, one message after the other, as long as anybody wants to read. */
static void
socket_advance(BridgeSocket *self)
{
	BridgeFrameKind kind = BRIDGE_FRAME_PONG;

	while (self->reading && !self->closing && !self->ended && kind != BRIDGE_FRAME_NONE) {
		g_autoptr(GByteArray) payload = NULL;

		kind = bridge_frame_reader_next(self->reader, &payload);
		if (kind == BRIDGE_FRAME_BROKEN)
			bridge_socket_close(self, bridge_frame_reader_get_status(self->reader), "");
		else if (kind != BRIDGE_FRAME_NONE)
			socket_take(self, kind, payload);
	}
}

static void
socket_received(const guint8 *bytes, gsize length, gpointer user_data)
{
	BridgeSocket *self = bridge_socket_ref(user_data);

	self->heard = TRUE;
	bridge_frame_reader_feed(self->reader, bytes, length);
	socket_advance(self);
	bridge_socket_unref(self);
}

void
bridge_socket_set_reading(BridgeSocket *self, gboolean reading)
{
	if (self->reading == reading || self->closing || self->ended)
		return;
	bridge_socket_ref(self);
	self->reading = reading;
	self->heard = TRUE;
	bridge_channel_set_reading(self->channel, reading);
	if (reading)
		socket_advance(self);
	bridge_socket_unref(self);
}

/* ---- Being there ----------------------------------------------------------------------------- */

static gboolean
socket_ping_cb(gpointer user_data)
{
	BridgeSocket *self = user_data;

	if (self->writing || !self->reading || self->closing)
		return G_SOURCE_CONTINUE; /* writing has a deadline, the rest is not its fault */
	if (!self->heard) {
		bridge_channel_abort(self->channel);
		return G_SOURCE_CONTINUE; /* its end has removed us */
	}
	self->heard = FALSE;
	bridge_frame_append(socket_ensure_waiting(self), BRIDGE_FRAME_PING, NULL, 0);
	bridge_socket_flush(self);
	return G_SOURCE_CONTINUE;
}

static void
socket_ended(gpointer user_data)
{
	BridgeSocket *self = user_data;
	const BridgeSocketOwner *owner = g_steal_pointer(&self->owner);

	self->ended = TRUE;
	g_clear_handle_id(&self->ping_id, bridge_timers_remove);
	if (owner != NULL)
		owner->ended(self->user_data);
	bridge_socket_unref(self);
}

static const BridgeChannelOwner socket_channel_owner = {
	.received = socket_received,
	.drained = socket_drained,
	.ended = socket_ended,
};

void
bridge_socket_disown(BridgeSocket *self)
{
	self->owner = NULL;
	bridge_socket_close(self, BRIDGE_FRAME_STATUS_NORMAL, "");
}

BridgeSocket *
bridge_socket_new(BridgeChannel *channel, const char *head, const BridgeSocketOwner *owner,
                  gpointer user_data)
{
	BridgeSocket *self = g_new0(BridgeSocket, 1);

	g_ref_count_init(&self->references);
	self->channel = channel;
	self->owner = owner;
	self->user_data = user_data;
	self->reader = bridge_frame_reader_new();
	self->reading = TRUE;
	self->heard = TRUE;
	g_byte_array_append(socket_ensure_waiting(self), (const guint8 *)head, strlen(head));
	self->ping_id = bridge_timers_add_seconds(BRIDGE_SOCKET_PING_S, socket_ping_cb, self);
	bridge_socket_ref(self); /* for the channel, until it ends */
	bridge_channel_open(channel, &socket_channel_owner, self);
	bridge_socket_flush(self);
	return self;
}
