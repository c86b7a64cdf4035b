/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-connection.h: one accepted connection. It reads requests itself, up to limits and
 * deadlines, and gives libsoup only whole ones, one after the other; what breaks a limit is
 * answered here and the connection ends.
 *
 *   READING -> SERVING    a whole request is with libsoup
 *   SERVING -> READING    it was answered and the connection goes on
 *   READING/SERVING -> LINGERING   our last word is said: the client gets a moment to read it
 *   SERVING -> SWITCHED    HTTP is over, a channel has the octets (bridge-channel.h)
 *   SWITCHED -> READING    it speaks HTTP again
 *   SWITCHED -> LINGERING
 *   any -> CLOSED
 *
 * While SERVING it goes on listening, so that whoever waits in a handler learns that the client has
 * gone. */
#pragma once

#include <libsoup/soup.h>

#include "bridge-problem.h"
#include "bridge-watch.h"

G_BEGIN_DECLS

/* Milliseconds. */
typedef struct {
	guint head_ms;   /* from the connection's start or the request's first octet to its empty
	                    line */
	guint body_ms;   /* from there to the end of the body */
	guint idle_ms;   /* between two requests */
	guint write_ms;  /* a client that reads nothing of an answer */
	guint linger_ms; /* after our last word */
	/* A peer that is silent, down to the acknowledgements of TCP, behind what was written; who
	 * is written nothing is asked when two thirds of it are over. Whole seconds, 3 or more. */
	guint vanished_ms;
} BridgeDeadlines;

/* Writes the whole response for what is refused before a handler sees it. (transfer full) */
typedef char *(*BridgeRefusalFunc)(BridgeProblemCode code, const char *detail);

typedef struct _BridgeConnection BridgeConnection;
typedef struct _BridgeChannel BridgeChannel;
typedef void (*BridgeConnectionClosedFunc)(BridgeConnection *connection, gpointer user_data);

/**
 * bridge_connection_new:
 * @stream: what to speak HTTP over (the socket itself, or TLS over it)
 * @socket: the socket below
 * @watches: to wait for it in
 * @closed: once, when the connection has ended; the connection is valid during the call
 *
 * Starts reading. */
BridgeConnection *
bridge_connection_new(SoupServer *server, GIOStream *stream, GSocketConnection *socket,
                      BridgeWatches *watches, const BridgeDeadlines *deadlines,
                      BridgeConnectionClosedFunc closed, gpointer user_data);
BridgeConnection *
bridge_connection_ref(BridgeConnection *self);
void
bridge_connection_unref(BridgeConnection *self);

/* Instead of bridge_problem_build_response(). */
void
bridge_connection_set_refusal(BridgeConnection *self, BridgeRefusalFunc refusal);

/* Answers without reading, and ends. */
void
bridge_connection_refuse(BridgeConnection *self, BridgeProblemCode code, const char *detail);

/**
 * bridge_connection_switch:
 * Ends HTTP while a request is with libsoup, which must not write any more.
 *
 * Returns: (transfer full) (nullable): what the octets go through now; %NULL if the client has said
 * more than the request */
BridgeChannel *
bridge_connection_switch(BridgeConnection *self);

/* HTTP again, with what was received meanwhile (nullable); unless it is not to be kept alive. */
void
bridge_connection_resume(BridgeConnection *self, GByteArray *ahead, gboolean keep_alive);

/* Ends it, once it is switched, when the client has done the same or linger_ms are over. */
void
bridge_connection_hang_up(BridgeConnection *self);

/* Takes no further request; an answer that is on its way has linger_ms to leave. */
void
bridge_connection_wind_up(BridgeConnection *self);

/* Ends it at once; a handler that is at work is told so. */
void
bridge_connection_abort(BridgeConnection *self);

/* The same, and its owner is not told any more. */
void
bridge_connection_detach(BridgeConnection *self);

G_END_DECLS
