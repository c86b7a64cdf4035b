/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-event-reader.h: somebody reads an account's events: by long poll (answered once), as a
 * stream of server-sent events, or by a WebSocket. All read from the store until they have caught
 * up; from then on events come straight from the account, as soon as they are durable. A stream or
 * socket that cannot keep up goes back to reading from the store, so that a slow reader costs no
 * memory; one that takes nothing at all is cut off by its connection. */
#pragma once

#include "account/bridge-accounts.h"
#include "bridge-exchange.h"

G_BEGIN_DECLS

#define BRIDGE_EVENT_WAIT_S_MAX 50
#define BRIDGE_EVENT_COMMENT_S 25 /* of a stream: below the 30 s after which proxies give up */
#define BRIDGE_EVENT_LIMIT_MAX 500
#define BRIDGE_EVENT_LIMIT_DEFAULT 100

/* All readers that are open. */
typedef struct _BridgeEventReaders BridgeEventReaders;

/* @limits: copied */
BridgeEventReaders *
bridge_event_readers_new(BridgeAccounts *accounts, const BridgeLimitsConfig *limits);
/* Ends them all. */
void
bridge_event_readers_free(BridgeEventReaders *self);

/* @exchange: with its identity; @after: position to read from; @wait_s: 0 does not wait */
void
bridge_event_readers_poll(BridgeEventReaders *self, BridgeExchange *exchange, guint64 after,
                          guint limit, guint wait_s);
void
bridge_event_readers_stream(BridgeEventReaders *self, BridgeExchange *exchange, guint64 after);

/* Runs a command that came on a socket; it is answered sooner or later. */
typedef void (*BridgeCommandFunc)(BridgeExchange *command, gpointer user_data);

/**
 * bridge_event_readers_socket:
 * @exchange: as above, whose handshake is good and whose header fields for it are set
 * @run: for as long as @self is there */
void
bridge_event_readers_socket(BridgeEventReaders *self, BridgeExchange *exchange, guint64 after,
                            BridgeCommandFunc run, gpointer user_data);

/* Of readers that come from now on. */
void
bridge_event_readers_set_limits(BridgeEventReaders *self, const BridgeLimitsConfig *limits);

/* Ends a device's readers (a poll is answered with @code), or everybody's when it is NULL. */
void
bridge_event_readers_end(BridgeEventReaders *self, const char *device_id, BridgeProblemCode code);

G_END_DECLS
