/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-request-stream.h"

/* ---- The way out: passes on, and tells how it goes --------------------------------------------
 */

#define BRIDGE_TYPE_REQUEST_OUTPUT (bridge_request_output_get_type())
G_DECLARE_FINAL_TYPE(BridgeRequestOutput, bridge_request_output, BRIDGE, REQUEST_OUTPUT,
                     GFilterOutputStream)

struct _BridgeRequestOutput {
	GFilterOutputStream parent;
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
request_output_write_nonblocking(GPollableOutputStream *stream, const void *buffer, gsize count,
                                 GError **error)
{
	BridgeRequestOutput *self = BRIDGE_REQUEST_OUTPUT(stream);
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
}

static void
bridge_request_output_init(BridgeRequestOutput *self)
{
}

/* ---- Both ways ------------------------------------------------------------------------------- */

struct _BridgeRequestStream {
	GIOStream parent;
	GInputStream *input;
	GOutputStream *output;
	const BridgeRequestStreamWatch *watch;
	gpointer user_data;
	GDestroyNotify destroy;
	gboolean closed;
};

G_DEFINE_FINAL_TYPE(BridgeRequestStream, bridge_request_stream, G_TYPE_IO_STREAM)

static GInputStream *
request_stream_get_input(GIOStream *stream)
{
	return BRIDGE_REQUEST_STREAM(stream)->input;
}

static GOutputStream *
request_stream_get_output(GIOStream *stream)
{
	return BRIDGE_REQUEST_STREAM(stream)->output;
}

static gboolean
request_stream_close(GIOStream *stream, GCancellable *cancellable, GError **error)
{
	BridgeRequestStream *self = BRIDGE_REQUEST_STREAM(stream);

	if (!self->closed) {
		self->closed = TRUE;
		self->watch->closed(self->user_data);
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

GIOStream *
bridge_request_stream_new(GBytes *request, GOutputStream *output,
                          const BridgeRequestStreamWatch *watch, gpointer user_data,
                          GDestroyNotify destroy)
{
	BridgeRequestStream *self = g_object_new(BRIDGE_TYPE_REQUEST_STREAM, NULL);
	BridgeRequestOutput *way_out = g_object_new(BRIDGE_TYPE_REQUEST_OUTPUT, "base-stream",
	                                            output, "close-base-stream", FALSE, NULL);

	way_out->watch = watch;
	way_out->user_data = user_data;
	self->input = g_memory_input_stream_new_from_bytes(request);
	self->output = G_OUTPUT_STREAM(way_out);
	self->watch = watch;
	self->user_data = user_data;
	self->destroy = destroy;
	return G_IO_STREAM(self);
}
