/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-frame.h: the frames of a WebSocket (RFC 6455 section 5) as a server has them. What clients
 * send is read up to limits: masks are taken off, fragments put together, text is UTF-8. libsoup's
 * own WebSocket queues whatever it is given, and answers pings of a client that reads nothing, for
 * as long as there is memory. Pure: no I/O, no clock. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BRIDGE_FRAME_MESSAGE_BYTES_MAX (64 * 1024) /* as a request's body */

typedef enum {
	BRIDGE_FRAME_NONE, /* no whole message is here */
	BRIDGE_FRAME_TEXT,
	BRIDGE_FRAME_BINARY,
	BRIDGE_FRAME_CLOSE,
	BRIDGE_FRAME_PING,
	BRIDGE_FRAME_PONG,
	BRIDGE_FRAME_BROKEN, /* for good: see bridge_frame_reader_get_status() */
} BridgeFrameKind;

/* Status codes of section 7.4.1, and of our own: a problem's status, raised into the range that
 * applications have for themselves. */
#define BRIDGE_FRAME_STATUS_NORMAL 1000
#define BRIDGE_FRAME_STATUS_PROTOCOL 1002
#define BRIDGE_FRAME_STATUS_UNSUPPORTED 1003
#define BRIDGE_FRAME_STATUS_INVALID 1007
#define BRIDGE_FRAME_STATUS_TOO_BIG 1009
#define BRIDGE_FRAME_STATUS_OF_PROBLEM(status) (4000 + (status))

/**
 * bridge_frame_build_accept:
 * @key: (nullable): Sec-WebSocket-Key
 *
 * Returns: (nullable): Sec-WebSocket-Accept (section 4.2.2); %NULL if the key is not 16 octets in
 * Base64 */
char *
bridge_frame_build_accept(const char *key);

/* ---- What clients send ----------------------------------------------------------------------- */

typedef struct _BridgeFrameReader BridgeFrameReader;

BridgeFrameReader *
bridge_frame_reader_new(void);
void
bridge_frame_reader_free(BridgeFrameReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeFrameReader, bridge_frame_reader_free)

void
bridge_frame_reader_feed(BridgeFrameReader *self, const void *bytes, gsize length);

/**
 * bridge_frame_reader_next:
 * @payload: (out) (transfer full): of the message; left alone for NONE and BROKEN
 *
 * To be called until it says NONE or BROKEN. Control frames come out between the fragments of a
 * message, as they came in. */
BridgeFrameKind
bridge_frame_reader_next(BridgeFrameReader *self, GByteArray **payload);

/* What to close with when it is broken. */
guint
bridge_frame_reader_get_status(BridgeFrameReader *self);

/* ---- What they are sent ---------------------------------------------------------------------- */

/* Appends one whole message; @kind is none of NONE, CLOSE and BROKEN. */
void
bridge_frame_append(GByteArray *out, BridgeFrameKind kind, const void *payload, gsize length);

/* @reason: at most 123 octets */
void
bridge_frame_append_close(GByteArray *out, guint status, const char *reason);

G_END_DECLS
