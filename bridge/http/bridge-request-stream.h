/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-request-stream.h: the GIOStream that libsoup gets for a connection: it reads one whole
 * request after the other from memory, each when the connection gives it, and writes to the
 * connection. Closing it gives the connection back instead of closing it. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct {
	void (*stalled)(gpointer user_data);  /* the client does not read */
	void (*advanced)(gpointer user_data); /* it did read */
	void (*failed)(gpointer user_data);   /* writing is over for good */
	/* libsoup has answered and would read the next request; it can be given at once */
	void (*wanted)(gpointer user_data);
	void (*closed)(gpointer stream, gpointer user_data); /* once; libsoup has done with it */
} BridgeRequestStreamWatch;

#define BRIDGE_TYPE_REQUEST_STREAM (bridge_request_stream_get_type())
G_DECLARE_FINAL_TYPE(BridgeRequestStream, bridge_request_stream, BRIDGE, REQUEST_STREAM, GIOStream)

/**
 * bridge_request_stream_new:
 * @output: pollable
 * @watch: static; called with @user_data, released with @destroy when the stream is gone */
BridgeRequestStream *
bridge_request_stream_new(GOutputStream *output, const BridgeRequestStreamWatch *watch,
                          gpointer user_data, GDestroyNotify destroy);

/* What libsoup reads next. Only before it reads at all, and when one is wanted. */
void
bridge_request_stream_give(BridgeRequestStream *self, GBytes *request);

/* No more requests, and what is still written goes nowhere: libsoup closes it, if it has not. */
void
bridge_request_stream_end(BridgeRequestStream *self);

G_END_DECLS
