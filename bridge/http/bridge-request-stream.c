/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memmem */
#include "config.h"

#include "bridge-request-stream.h"

#include <string.h>

/* libsoup 3.2 forgets a connection whose input ends between two requests, but keeps its memory
 * until the server ends. What is no request it refuses, tells no handler of, and lets go of all. */
#define REQUEST_INPUT_END "END\r\n\r\n"

#define REQUEST_OUTPUT_LENGTH "\r\nContent-Length: "
#define REQUEST_OUTPUT_JOINED_BYTES (16 * 1024) /* of a body, that leave with its header */

/* ---- The way in: one request, or end of file, or nothing yet -----------------------------------
 */

#define BRIDGE_TYPE_REQUEST_INPUT (bridge_request_input_get_type())
G_DECLARE_FINAL_TYPE(BridgeRequestInput, bridge_request_input, BRIDGE, REQUEST_INPUT, GInputStream)

struct _BridgeRequestInput {
	GInputStream parent;
	GBytes *request; /* NULL for none */
	gsize taken;     /* of it */
	gboolean ended;
	GSource *source; /* the last that was asked for; NULL for none */
	const BridgeRequestStreamWatch *watch;
	gpointer user_data; /* borrowed from the stream, which outlives our use */
};

static void
bridge_request_input_pollable_init(GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(BridgeRequestInput, bridge_request_input, G_TYPE_INPUT_STREAM,
                              G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_INPUT_STREAM,
                                                    bridge_request_input_pollable_init))

static gboolean
request_input_is_readable(GPollableInputStream *stream)
{
	BridgeRequestInput *self = BRIDGE_REQUEST_INPUT(stream);

	return self->request != NULL || self->ended;
}

static void
request_input_drop_source(BridgeRequestInput *self)
{
	g_clear_pointer(&self->source, g_source_unref);
}

static GSource *
request_input_create_source(GPollableInputStream *stream, GCancellable *cancellable)
{
	BridgeRequestInput *self = BRIDGE_REQUEST_INPUT(stream);

	request_input_drop_source(self);
	self->source = g_timeout_source_new(G_MAXUINT);
	g_source_set_ready_time(self->source, request_input_is_readable(stream) ? 0 : -1);
	if (!request_input_is_readable(stream))
		self->watch->wanted(self->user_data);
	return g_pollable_source_new_full(stream, self->source, cancellable);
}

static gssize
request_input_read_nonblocking(GPollableInputStream *stream, void *buffer, gsize count,
                               GError **error)
{
	BridgeRequestInput *self = BRIDGE_REQUEST_INPUT(stream);
	gsize length = 0;
	const guint8 *bytes =
		self->request != NULL ? g_bytes_get_data(self->request, &length) : NULL;
	gsize given = MIN(count, length - self->taken);

	if (bytes == NULL && !self->ended) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "no request yet");
		return -1;
	}
	if (bytes == NULL)
		return 0;
	memcpy(buffer, bytes + self->taken, given);
	self->taken += given;
	if (self->taken == length)
		g_clear_pointer(&self->request, g_bytes_unref);
	return (gssize)given;
}

/* libsoup does not, but the class asks for it. */
static gssize
request_input_read(GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable,
                   GError **error)
{
	return request_input_read_nonblocking(G_POLLABLE_INPUT_STREAM(stream), buffer, count,
	                                      error);
}

static void
request_input_wake(BridgeRequestInput *self)
{
	if (self->source != NULL)
		g_source_set_ready_time(self->source, 0);
}

static void
request_input_finalize(GObject *object)
{
	BridgeRequestInput *self = BRIDGE_REQUEST_INPUT(object);

	request_input_drop_source(self);
	g_clear_pointer(&self->request, g_bytes_unref);
	G_OBJECT_CLASS(bridge_request_input_parent_class)->finalize(object);
}

static void
bridge_request_input_pollable_init(GPollableInputStreamInterface *iface)
{
	iface->is_readable = request_input_is_readable;
	iface->create_source = request_input_create_source;
	iface->read_nonblocking = request_input_read_nonblocking;
}

static void
bridge_request_input_class_init(BridgeRequestInputClass *klass)
{
	G_INPUT_STREAM_CLASS(klass)->read_fn = request_input_read;
	G_OBJECT_CLASS(klass)->finalize = request_input_finalize;
}

static void
bridge_request_input_init(BridgeRequestInput *self)
{
}

/* ---- The way out: passes on, and tells how it goes ---------------------------------------------
 * libsoup writes the header by itself and then the body. Where one follows, the header waits for
 * it: one packet, and one call of the system. */

#define BRIDGE_TYPE_REQUEST_OUTPUT (bridge_request_output_get_type())
G_DECLARE_FINAL_TYPE(BridgeRequestOutput, bridge_request_output, BRIDGE, REQUEST_OUTPUT,
                     GFilterOutputStream)

struct _BridgeRequestOutput {
	GFilterOutputStream parent;
	gboolean ended;   /* nobody reads any more */
	gboolean awaited; /* the header of an answer that may have a body is what comes next */
	GByteArray *head; /* what waits for the body; empty for nothing */
	const BridgeRequestStreamWatch *watch;
	gpointer user_data; /* borrowed from the stream, which outlives our use */
};

static void
bridge_request_output_pollable_init(GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(BridgeRequestOutput, bridge_request_output,
                              G_TYPE_FILTER_OUTPUT_STREAM,
                              G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                    bridge_request_output_pollable_init))

static GPollableOutputStream *
request_output_get_base(gpointer self)
{
	return G_POLLABLE_OUTPUT_STREAM(
		g_filter_output_stream_get_base_stream(G_FILTER_OUTPUT_STREAM(self)));
}

static gboolean
request_output_is_writable(GPollableOutputStream *stream)
{
	return g_pollable_output_stream_is_writable(request_output_get_base(stream));
}

static GSource *
request_output_create_source(GPollableOutputStream *stream, GCancellable *cancellable)
{
	g_autoptr(GSource) base = g_pollable_output_stream_create_source(
		request_output_get_base(stream), cancellable);

	return g_pollable_source_new_full(stream, base, cancellable);
}

static gssize
request_output_write_base(BridgeRequestOutput *self, const void *buffer, gsize count,
                          GError **error)
{
	g_autoptr(GError) local_error = NULL;
	gssize written = g_pollable_output_stream_write_nonblocking(
		request_output_get_base(self), buffer, count, NULL, &local_error);

	if (written >= 0)
		self->watch->advanced(self->user_data);
	else if (g_error_matches(local_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
		self->watch->stalled(self->user_data);
	else
		self->watch->failed(self->user_data);
	if (local_error != NULL)
		g_propagate_error(error, g_steal_pointer(&local_error));
	return written;
}

/* A header that says that something follows. */
static gboolean
request_output_precedes_body(const char *head, gsize count)
{
	const char *length =
		memmem(head, count, REQUEST_OUTPUT_LENGTH, strlen(REQUEST_OUTPUT_LENGTH));

	/* It ends in an empty line: there is a character. */
	return length != NULL && count >= 4 && memcmp(head + count - 4, "\r\n\r\n", 4) == 0 &&
	       length[strlen(REQUEST_OUTPUT_LENGTH)] != '0';
}

/* Returns: how much of the body went out behind the header */
static gssize
request_output_write_joined(BridgeRequestOutput *self, const void *body, gsize count,
                            GError **error)
{
	guint waiting = self->head->len;
	gssize written;

	g_byte_array_append(self->head, body, MIN(count, REQUEST_OUTPUT_JOINED_BYTES));
	written = request_output_write_base(self, self->head->data, self->head->len, error);
	explicit_bzero(self->head->data + waiting, self->head->len - waiting); /* maybe a token */
	g_byte_array_set_size(self->head, waiting);
	if (written < 0)
		return written;
	g_byte_array_remove_range(self->head, 0, MIN((guint)written, waiting));
	if (written <= waiting) {
		self->watch->stalled(self->user_data);
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
		                    "no room but for the header");
		return -1;
	}
	return written - waiting;
}

static gssize
request_output_write_nonblocking(GPollableOutputStream *stream, const void *buffer, gsize count,
                                 GError **error)
{
	BridgeRequestOutput *self = BRIDGE_REQUEST_OUTPUT(stream);
	gboolean awaited = self->awaited;

	self->awaited = FALSE;
	if (self->ended)
		return (gssize)count;
	if (awaited && request_output_precedes_body(buffer, count)) {
		g_byte_array_append(self->head, buffer, count);
		return (gssize)count;
	}
	return self->head->len > 0 ? request_output_write_joined(self, buffer, count, error)
	                           : request_output_write_base(self, buffer, count, error);
}

/* Of the request @bytes. */
static void
request_output_await(BridgeRequestOutput *self, const char *bytes)
{
	self->awaited = !g_str_has_prefix(bytes, "HEAD ");
	g_byte_array_set_size(self->head, 0);
}

static void
request_output_finalize(GObject *object)
{
	BridgeRequestOutput *self = BRIDGE_REQUEST_OUTPUT(object);

	g_byte_array_unref(self->head);
	G_OBJECT_CLASS(bridge_request_output_parent_class)->finalize(object);
}

static void
bridge_request_output_pollable_init(GPollableOutputStreamInterface *iface)
{
	iface->is_writable = request_output_is_writable;
	iface->create_source = request_output_create_source;
	iface->write_nonblocking = request_output_write_nonblocking;
}

static void
bridge_request_output_class_init(BridgeRequestOutputClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = request_output_finalize;
}

static void
bridge_request_output_init(BridgeRequestOutput *self)
{
	self->head = g_byte_array_new();
}

/* ---- Both ways ------------------------------------------------------------------------------- */

struct _BridgeRequestStream {
	GIOStream parent;
	BridgeRequestInput *input;
	BridgeRequestOutput *output;
	const BridgeRequestStreamWatch *watch;
	gpointer user_data;
	GDestroyNotify destroy;
	gboolean closed;
};

G_DEFINE_FINAL_TYPE(BridgeRequestStream, bridge_request_stream, G_TYPE_IO_STREAM)

static GInputStream *
request_stream_get_input(GIOStream *stream)
{
	return G_INPUT_STREAM(BRIDGE_REQUEST_STREAM(stream)->input);
}

static GOutputStream *
request_stream_get_output(GIOStream *stream)
{
	return G_OUTPUT_STREAM(BRIDGE_REQUEST_STREAM(stream)->output);
}

static gboolean
request_stream_close(GIOStream *stream, GCancellable *cancellable, GError **error)
{
	BridgeRequestStream *self = BRIDGE_REQUEST_STREAM(stream);

	if (!self->closed) {
		self->closed = TRUE;
		self->watch->closed(self, self->user_data);
	}
	return TRUE;
}

static void
request_stream_finalize(GObject *object)
{
	BridgeRequestStream *self = BRIDGE_REQUEST_STREAM(object);

	g_clear_object(&self->input);
	g_clear_object(&self->output);
	if (self->destroy != NULL)
		self->destroy(self->user_data);
	G_OBJECT_CLASS(bridge_request_stream_parent_class)->finalize(object);
}

static void
bridge_request_stream_class_init(BridgeRequestStreamClass *klass)
{
	G_IO_STREAM_CLASS(klass)->get_input_stream = request_stream_get_input;
	G_IO_STREAM_CLASS(klass)->get_output_stream = request_stream_get_output;
	G_IO_STREAM_CLASS(klass)->close_fn = request_stream_close;
	G_OBJECT_CLASS(klass)->finalize = request_stream_finalize;
}

static void
bridge_request_stream_init(BridgeRequestStream *self)
{
}

BridgeRequestStream *
bridge_request_stream_new(GOutputStream *output, const BridgeRequestStreamWatch *watch,
                          gpointer user_data, GDestroyNotify destroy)
{
	BridgeRequestStream *self = g_object_new(BRIDGE_TYPE_REQUEST_STREAM, NULL);

	self->input = g_object_new(BRIDGE_TYPE_REQUEST_INPUT, NULL);
	self->input->watch = watch;
	self->input->user_data = user_data;
	self->output = g_object_new(BRIDGE_TYPE_REQUEST_OUTPUT, "base-stream", output,
	                            "close-base-stream", FALSE, NULL);
	self->output->watch = watch;
	self->output->user_data = user_data;
	self->watch = watch;
	self->user_data = user_data;
	self->destroy = destroy;
	return self;
}

void
bridge_request_stream_give(BridgeRequestStream *self, GBytes *request)
{
	g_return_if_fail(self->input->request == NULL && g_bytes_get_size(request) > 0);

	self->input->request = g_bytes_ref(request);
	self->input->taken = 0;
	request_output_await(self->output, g_bytes_get_data(request, NULL));
	request_input_wake(self->input);
}

void
bridge_request_stream_end(BridgeRequestStream *self)
{
	g_autoptr(GBytes) end = g_bytes_new_static(REQUEST_INPUT_END, strlen(REQUEST_INPUT_END));

	self->output->ended = TRUE;
	self->input->ended = TRUE;
	if (self->input->request == NULL)
		bridge_request_stream_give(self, end);
}
