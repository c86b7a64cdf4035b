/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-request-stream.h: the GIOStream that libsoup gets for one request: it reads the request
 * from memory and then end of file, and writes to the connection. Closing it gives the connection
 * back instead of closing it. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct {
	void (*stalled)(gpointer user_data);  /* the client does not read */
	void (*advanced)(gpointer user_data); /* it did read */
	void (*failed)(gpointer user_data);   /* writing is over for good */
	void (*closed)(gpointer user_data);   /* once; libsoup has done with it */
} BridgeRequestStreamWatch;

#define BRIDGE_TYPE_REQUEST_STREAM (bridge_request_stream_get_type())
G_DECLARE_FINAL_TYPE(BridgeRequestStream, bridge_request_stream, BRIDGE, REQUEST_STREAM, GIOStream)

/**
 * bridge_request_stream_new:
 * @output: pollable
 * @watch: static; called with @user_data, released with @destroy when the stream is gone */
GIOStream *
bridge_request_stream_new(GBytes *request, GOutputStream *output,
                          const BridgeRequestStreamWatch *watch, gpointer user_data,
                          GDestroyNotify destroy);

G_END_DECLS
