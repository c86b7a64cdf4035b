/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-connection.h"

#include <string.h>
#include <sys/socket.h>

#include "bridge-channel.h"
#include "bridge-peer.h"
#include "bridge-request-reader.h"
#include "bridge-request-stream.h"
#include "link/bridge-timers.h"

#define CONNECTION_READ_BYTES (16 * 1024)
#define CONNECTION_AHEAD_BYTES (16 * 1024)   /* of requests that come before their turn */
#define CONNECTION_LINGER_BYTES (256 * 1024) /* dropped unread so that the answer arrives */

static const char connection_continue[] = "HTTP/1.1 100 Continue\r\n\r\n";

typedef enum {
	CONNECTION_READING,
	CONNECTION_SERVING,
	CONNECTION_SWITCHED,
	CONNECTION_LINGERING,
	CONNECTION_CLOSED,
} ConnectionState;

struct _BridgeConnection {
	grefcount references;
	SoupServer *server;
	GIOStream *stream;
	GSocketConnection *socket;
	BridgeDeadlines deadlines;
	BridgeRefusalFunc build_refusal;
	BridgeConnectionClosedFunc closed;
	gpointer user_data;

	ConnectionState state;
	BridgeRequestReader *reader;    /* NULL once it is switched */
	BridgeRequestProgress progress; /* for which the deadline was set */
	BridgePeer *peer;               /* of the request that is served */
	BridgeRequestStream *requests;  /* to libsoup; NULL while it has none */
	GSocketAddress *remote;         /* as libsoup has it; NULL before the first request */
	BridgeChannel *channel;         /* while it is switched */
	BridgeWatches *watches;
	BridgeWatch *watch; /* NULL while it is switched, and when it is closed */
	guint deadline_id;
	guint served_id;
	gsize lingered;
	gboolean broken; /* nothing more can be written */
	gboolean stalled;
};

static void
connection_advance(BridgeConnection *self);

BridgeConnection *
bridge_connection_ref(BridgeConnection *self)
{
	g_ref_count_inc(&self->references);
	return self;
}

void
bridge_connection_unref(BridgeConnection *self)
{
	if (!g_ref_count_dec(&self->references))
		return;
	g_clear_pointer(&self->peer, bridge_peer_unref);
	g_clear_object(&self->remote);
	g_clear_pointer(&self->reader, bridge_request_reader_free);
	bridge_watches_unref(self->watches);
	g_object_unref(self->stream);
	g_object_unref(self->socket);
	g_object_unref(self->server);
	g_free(self);
}

static void
connection_ignore(BridgeConnection *self)
{
	if (self->watch != NULL)
		bridge_watch_want(self->watch, 0);
}

/* The request is not served any more. */
static void
connection_drop_peer(BridgeConnection *self)
{
	if (self->peer != NULL)
		self->peer->connection = NULL;
	g_clear_pointer(&self->peer, bridge_peer_unref);
}

/* libsoup gets no further request by it. */
static void
connection_drop_requests(BridgeConnection *self)
{
	g_autoptr(BridgeRequestStream) requests = g_steal_pointer(&self->requests);

	if (requests != NULL)
		bridge_request_stream_end(requests);
}

static void
connection_drop_channel(BridgeConnection *self)
{
	g_autoptr(BridgeChannel) channel = g_steal_pointer(&self->channel);

	if (channel != NULL)
		bridge_channel_end(channel);
}

static void
connection_close(BridgeConnection *self)
{
	if (self->state == CONNECTION_CLOSED)
		return;
	bridge_connection_ref(self); /* what is cleared here may hold the last one */
	self->state = CONNECTION_CLOSED;
	g_clear_pointer(&self->watch, bridge_watch_free);
	g_clear_handle_id(&self->deadline_id, bridge_timers_remove);
	g_clear_handle_id(&self->served_id, g_source_remove);
	connection_drop_channel(self);
	connection_drop_requests(self);
	if (self->peer != NULL)
		g_cancellable_cancel(self->peer->gone);
	connection_drop_peer(self);
	/* TLS would say good-bye first, and wait for it: whatever has an end of its own needs none.
	 */
	g_io_stream_close(G_IO_STREAM(self->socket), NULL, NULL);
	if (self->closed != NULL)
		self->closed(self, self->user_data);
	bridge_connection_unref(self);
}

/* The system does not get to keep what the client did not read. */
static void
connection_abandon_output(BridgeConnection *self)
{
	const struct linger none = {.l_onoff = 1, .l_linger = 0};

	setsockopt(g_socket_get_fd(g_socket_connection_get_socket(self->socket)), SOL_SOCKET,
	           SO_LINGER, &none, sizeof(none));
}

/* libsoup still holds the stream: break it below, libsoup's next write finds out and lets go. */
static void
connection_break(BridgeConnection *self)
{
	self->broken = TRUE;
	connection_abandon_output(self);
	connection_ignore(self);
	g_clear_handle_id(&self->deadline_id, bridge_timers_remove);
	g_socket_shutdown(g_socket_connection_get_socket(self->socket), TRUE, TRUE, NULL);
	if (self->peer != NULL)
		g_cancellable_cancel(self->peer->gone);
}

void
bridge_connection_abort(BridgeConnection *self)
{
	if (self->state == CONNECTION_SWITCHED)
		connection_abandon_output(self);
	if (self->state == CONNECTION_SERVING)
		connection_break(self);
	else
		connection_close(self);
}

void
bridge_connection_detach(BridgeConnection *self)
{
	self->closed = NULL;
	bridge_connection_abort(self);
}

/* ---- Deadlines ------------------------------------------------------------------------------- */

static gboolean
connection_deadline_cb(gpointer user_data)
{
	BridgeConnection *self = user_data;

	self->deadline_id = 0;
	bridge_connection_ref(self);
	if (self->state == CONNECTION_SERVING)
		connection_break(self);
	else if (self->state == CONNECTION_READING && self->progress != BRIDGE_REQUEST_NONE)
		bridge_connection_refuse(self, BRIDGE_PROBLEM_REQUEST_TIMEOUT, NULL);
	else
		connection_close(self);
	bridge_connection_unref(self);
	return G_SOURCE_REMOVE;
}

static void
connection_set_deadline(BridgeConnection *self, guint milliseconds)
{
	g_clear_handle_id(&self->deadline_id, bridge_timers_remove);
	self->deadline_id = bridge_timers_add(milliseconds, connection_deadline_cb, self);
}

static void
connection_note_progress(BridgeConnection *self, BridgeRequestProgress progress)
{
	if (progress == self->progress)
		return;
	self->progress = progress;
	if (progress == BRIDGE_REQUEST_NONE)
		connection_set_deadline(self, self->deadlines.idle_ms);
	else if (progress == BRIDGE_REQUEST_HEAD)
		connection_set_deadline(self, self->deadlines.head_ms);
	else if (progress == BRIDGE_REQUEST_BODY)
		connection_set_deadline(self, self->deadlines.body_ms);
}

void
bridge_connection_wind_up(BridgeConnection *self)
{
	if (self->state == CONNECTION_SERVING) {
		self->peer->keep_alive = FALSE;
		connection_set_deadline(self, self->deadlines.linger_ms);
	} else if (self->state == CONNECTION_SWITCHED) {
		connection_set_deadline(self, self->deadlines.linger_ms);
	} else if (self->state == CONNECTION_READING) {
		connection_close(self);
	}
}

/* ---- Our own words ----------------------------------------------------------------------------
 */

/* What fits into the socket's buffer at once; a client that does not even take that gets no more.
 */
static void
connection_say(BridgeConnection *self, const char *text)
{
	GOutputStream *output = g_io_stream_get_output_stream(self->stream);

	g_pollable_output_stream_write_nonblocking(G_POLLABLE_OUTPUT_STREAM(output), text,
	                                           strlen(text), NULL, NULL);
}

/* Closing with octets unread would make the system reset the connection, and the client might lose
 * the answer. */
static void
connection_linger(BridgeConnection *self)
{
	self->state = CONNECTION_LINGERING;
	connection_drop_requests(self);
	g_socket_shutdown(g_socket_connection_get_socket(self->socket), FALSE, TRUE, NULL);
	connection_set_deadline(self, self->deadlines.linger_ms);
}

void
bridge_connection_set_refusal(BridgeConnection *self, BridgeRefusalFunc refusal)
{
	self->build_refusal = refusal;
}

void
bridge_connection_refuse(BridgeConnection *self, BridgeProblemCode code, const char *detail)
{
	g_autofree char *response = self->build_refusal(code, detail);

	g_return_if_fail(self->state == CONNECTION_READING);
	connection_say(self, response);
	connection_linger(self);
}

/* ---- Serving --------------------------------------------------------------------------------- */

static void
connection_served(BridgeConnection *self)
{
	gboolean keep = self->peer->complete && self->peer->keep_alive && !self->broken;

	g_clear_handle_id(&self->deadline_id, bridge_timers_remove);
	connection_drop_peer(self);
	if (keep) {
		self->state = CONNECTION_READING;
		self->progress = BRIDGE_REQUEST_WHOLE; /* of the one before */
		connection_advance(self);
	} else if (self->broken) {
		connection_close(self);
	} else {
		connection_linger(self);
		connection_advance(self);
	}
}

static gboolean
connection_served_cb(gpointer user_data)
{
	BridgeConnection *self = user_data;

	self->served_id = 0;
	connection_served(self);
	return G_SOURCE_REMOVE;
}

static void
connection_stream_wanted(gpointer user_data)
{
	BridgeConnection *self = user_data;

	if (self->state != CONNECTION_SERVING || self->served_id != 0)
		return;
	bridge_connection_ref(self);
	connection_served(self);
	bridge_connection_unref(self);
}

static void
connection_stream_closed(gpointer stream, gpointer user_data)
{
	BridgeConnection *self = user_data;

	if (stream != self->requests)
		return; /* it was taken from libsoup, or ended, before */
	g_clear_object(&self->requests);
	/* Not from within libsoup, which is still taking its connection apart. */
	if (self->state == CONNECTION_SERVING && self->served_id == 0)
		self->served_id = g_idle_add_full(G_PRIORITY_DEFAULT, connection_served_cb,
		                                  bridge_connection_ref(self),
		                                  (GDestroyNotify)bridge_connection_unref);
}

static void
connection_stream_stalled(gpointer user_data)
{
	BridgeConnection *self = user_data;

	if (self->stalled || self->state != CONNECTION_SERVING)
		return;
	self->stalled = TRUE;
	connection_set_deadline(self, self->deadlines.write_ms);
}

static void
connection_stream_advanced(gpointer user_data)
{
	BridgeConnection *self = user_data;

	if (!self->stalled)
		return;
	self->stalled = FALSE;
	g_clear_handle_id(&self->deadline_id, bridge_timers_remove);
}

static void
connection_stream_failed(gpointer user_data)
{
	BridgeConnection *self = user_data;

	if (self->state == CONNECTION_SERVING)
		connection_break(self);
}

static const BridgeRequestStreamWatch connection_watch = {
	.stalled = connection_stream_stalled,
	.advanced = connection_stream_advanced,
	.failed = connection_stream_failed,
	.wanted = connection_stream_wanted,
	.closed = connection_stream_closed,
};

/* For libsoup, with the first request in it: FALSE if the client has gone already. */
static gboolean
connection_open_requests(BridgeConnection *self, GBytes *request)
{
	g_autoptr(GSocketAddress) local = g_socket_connection_get_local_address(self->socket, NULL);

	if (local == NULL)
		return FALSE;
	self->requests = bridge_request_stream_new(g_io_stream_get_output_stream(self->stream),
	                                           &connection_watch, bridge_connection_ref(self),
	                                           (GDestroyNotify)bridge_connection_unref);
	bridge_request_stream_give(self->requests, request);
	soup_server_accept_iostream(self->server, G_IO_STREAM(self->requests), local, self->remote,
	                            NULL);
	return TRUE;
}

static void
connection_serve(BridgeConnection *self)
{
	gboolean keep_alive = FALSE;
	g_autoptr(GBytes) request = bridge_request_reader_steal(self->reader, &keep_alive);

	if (self->remote == NULL)
		self->remote = g_socket_connection_get_remote_address(self->socket, NULL);
	if (self->remote == NULL) {
		connection_close(self);
		return;
	}
	self->state = CONNECTION_SERVING;
	self->stalled = FALSE;
	g_clear_handle_id(&self->deadline_id, bridge_timers_remove);
	self->peer = bridge_peer_new(self->remote, keep_alive);
	self->peer->connection = self;
	bridge_peer_attach(self->peer, self->remote);
	if (self->requests != NULL)
		bridge_request_stream_give(self->requests, request);
	else if (!connection_open_requests(self, request))
		connection_close(self);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static void
connection_take(BridgeConnection *self, const void *bytes, gsize length)
{
	BridgeRequestProgress progress = bridge_request_reader_feed(self->reader, bytes, length);
	const char *detail = NULL;
	BridgeProblemCode refusal = BRIDGE_PROBLEM_INTERNAL;

	if (self->state != CONNECTION_READING)
		return;
	switch (progress) {
	case BRIDGE_REQUEST_NONE:
	case BRIDGE_REQUEST_HEAD:
	case BRIDGE_REQUEST_BODY:
		if (bridge_request_reader_take_expectation(self->reader))
			connection_say(self, connection_continue);
		connection_note_progress(self, progress);
		break;
	case BRIDGE_REQUEST_WHOLE:
		connection_serve(self);
		break;
	case BRIDGE_REQUEST_REFUSED:
		refusal = bridge_request_reader_get_refusal(self->reader, &detail);
		bridge_connection_refuse(self, refusal, detail);
		break;
	}
}

static void
connection_end_of_input(BridgeConnection *self)
{
	connection_ignore(self);
	if (self->state == CONNECTION_SERVING)
		g_cancellable_cancel(self->peer->gone);
	else
		connection_close(self);
}

static void
connection_drop(BridgeConnection *self, gsize length)
{
	self->lingered += length;
	if (self->lingered > CONNECTION_LINGER_BYTES)
		connection_close(self);
}

static void
connection_received(BridgeConnection *self, const void *bytes, gsize length)
{
	if (self->state == CONNECTION_LINGERING) {
		connection_drop(self, length);
		return;
	}
	connection_take(self, bytes, length);
	if (self->state == CONNECTION_SERVING &&
	    bridge_request_reader_get_pending(self->reader) >= CONNECTION_AHEAD_BYTES)
		connection_ignore(self);
}

static void
connection_readable_cb(GIOCondition condition, gpointer user_data)
{
	BridgeConnection *self = bridge_connection_ref(user_data);
	GInputStream *input = g_io_stream_get_input_stream(self->stream);
	guint8 buffer[CONNECTION_READ_BYTES];
	g_autoptr(GError) error = NULL;
	gssize length = g_pollable_input_stream_read_nonblocking(
		G_POLLABLE_INPUT_STREAM(input), buffer, sizeof(buffer), NULL, &error);

	if (length > 0) {
		if (G_IS_TLS_CONNECTION(self->stream)) /* which may have more */
			bridge_watch_look_again(self->watch);
		connection_received(self, buffer, length);
	} else if (length == 0) {
		connection_end_of_input(self);
	} else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
		bridge_connection_abort(self);
	}
	bridge_connection_unref(self);
	explicit_bzero(buffer, MAX(length, 0));
}

static void
connection_listen(BridgeConnection *self)
{
	if (self->watch == NULL)
		self->watch = bridge_watch_new(
			self->watches,
			g_socket_get_fd(g_socket_connection_get_socket(self->socket)),
			connection_readable_cb, self);
	bridge_watch_want(self->watch, G_IO_IN);
	if (G_IS_TLS_CONNECTION(self->stream))
		bridge_watch_look_again(self->watch);
}

/* On with what is here already, and with what comes. */
static void
connection_advance(BridgeConnection *self)
{
	connection_listen(self);
	if (self->state == CONNECTION_READING)
		connection_take(self, NULL, 0);
}

/* ---- Leaving HTTP ---------------------------------------------------------------------------- */

BridgeChannel *
bridge_connection_switch(BridgeConnection *self)
{
	g_return_val_if_fail(self->state == CONNECTION_SERVING, NULL);

	/* RFC 6455 section 4.1: the client waits for the answer. */
	if (self->broken || !bridge_request_reader_is_idle(self->reader))
		return NULL;
	self->state = CONNECTION_SWITCHED;
	g_clear_object(&self->requests); /* who switches takes it from libsoup */
	g_clear_handle_id(&self->deadline_id, bridge_timers_remove);
	g_clear_pointer(&self->watch, bridge_watch_free);
	g_clear_pointer(&self->reader, bridge_request_reader_free);
	self->channel =
		bridge_channel_new(self, self->stream, self->watches,
	                           g_socket_get_fd(g_socket_connection_get_socket(self->socket)),
	                           self->deadlines.write_ms);
	return bridge_channel_ref(self->channel);
}

void
bridge_connection_resume(BridgeConnection *self, GByteArray *ahead, gboolean keep_alive)
{
	g_return_if_fail(self->state == CONNECTION_SWITCHED);

	if (!keep_alive) {
		bridge_connection_hang_up(self);
		return;
	}
	bridge_connection_ref(self);
	connection_drop_channel(self);
	connection_drop_peer(self);
	self->state = CONNECTION_READING;
	self->progress = BRIDGE_REQUEST_WHOLE; /* of the one before */
	self->reader = bridge_request_reader_new();
	connection_listen(self);
	connection_take(self, ahead != NULL ? ahead->data : NULL, ahead != NULL ? ahead->len : 0);
	bridge_connection_unref(self);
}

void
bridge_connection_hang_up(BridgeConnection *self)
{
	if (self->state != CONNECTION_SWITCHED)
		return;
	bridge_connection_ref(self);
	connection_linger(self);
	connection_drop_channel(self);
	connection_listen(self);
	bridge_connection_unref(self);
}

BridgeConnection *
bridge_connection_new(SoupServer *server, GIOStream *stream, GSocketConnection *socket,
                      BridgeWatches *watches, const BridgeDeadlines *deadlines,
                      BridgeConnectionClosedFunc closed, gpointer user_data)
{
	BridgeConnection *self = g_new0(BridgeConnection, 1);

	g_ref_count_init(&self->references);
	self->server = g_object_ref(server);
	self->stream = g_object_ref(stream);
	self->socket = g_object_ref(socket);
	self->watches = bridge_watches_ref(watches);
	self->deadlines = *deadlines;
	self->build_refusal = bridge_problem_build_response;
	self->closed = closed;
	self->user_data = user_data;
	self->reader = bridge_request_reader_new();
	self->progress = BRIDGE_REQUEST_NONE;
	connection_set_deadline(self, deadlines->head_ms);
	connection_listen(self);
	return self;
}
