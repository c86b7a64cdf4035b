/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-request-reader.h: reads HTTP/1.x requests (RFC 9112) out of what comes in on a connection,
 * up to limits, and makes of each a plain one that libsoup can take whole: one Content-Length, no
 * transfer coding, only the header fields that the API knows. Ambiguous framing is refused, so that
 * nothing in front of us can read it otherwise. Pure: no I/O, no clock. */
#pragma once

#include "bridge-problem.h"

G_BEGIN_DECLS

#define BRIDGE_REQUEST_HEAD_BYTES_MAX (16 * 1024)
#define BRIDGE_REQUEST_BODY_BYTES_MAX (64 * 1024)

typedef enum {
	BRIDGE_REQUEST_NONE, /* nothing of a next request is here */
	BRIDGE_REQUEST_HEAD, /* in the request line or header */
	BRIDGE_REQUEST_BODY, /* the header is complete and acceptable */
	BRIDGE_REQUEST_WHOLE,
	BRIDGE_REQUEST_REFUSED, /* for good: nothing after it can be read */
} BridgeRequestProgress;

typedef struct _BridgeRequestReader BridgeRequestReader;

BridgeRequestReader *
bridge_request_reader_new(void);
void
bridge_request_reader_free(BridgeRequestReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeRequestReader, bridge_request_reader_free)

/* Takes what has arrived and tells how far that gets the current request. With no bytes it only
 * looks again, after bridge_request_reader_steal(). */
BridgeRequestProgress
bridge_request_reader_feed(BridgeRequestReader *self, const void *bytes, gsize length);

/* TRUE when the body waits for "100 Continue"; once for each request. */
gboolean
bridge_request_reader_take_expectation(BridgeRequestReader *self);

/**
 * bridge_request_reader_steal:
 * @keep_alive: (out): whether the client wants another request on the connection
 *
 * Only when WHOLE. What came behind the request stays for the next one.
 *
 * Returns: (transfer full): the plain request */
GBytes *
bridge_request_reader_steal(BridgeRequestReader *self, gboolean *keep_alive);

/* Octets that wait here unread: bounds how much is taken in ahead. */
gsize
bridge_request_reader_get_pending(BridgeRequestReader *self);

/* TRUE when nothing of a next request has come. */
gboolean
bridge_request_reader_is_idle(BridgeRequestReader *self);

/* Why it was refused; @detail borrowed, may be NULL. */
BridgeProblemCode
bridge_request_reader_get_refusal(BridgeRequestReader *self, const char **detail);

G_END_DECLS
