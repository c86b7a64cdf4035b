/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-tickets.h: tickets that stand for a device's token once, where a browser cannot set a
 * header (EventSource, WebSocket) and only the address is left, which others may log. They are kept
 * in memory, as hashes, and looked up by hash: how long that takes tells nothing of them. Pure:
 * time is given, in microseconds of any clock that does not go back. */
#pragma once

#include "base/bridge-secret.h"

G_BEGIN_DECLS

#define BRIDGE_TICKET_LIFETIME_S 60

typedef struct _BridgeTickets BridgeTickets;

BridgeTickets *
bridge_tickets_new(void);
void
bridge_tickets_free(BridgeTickets *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeTickets, bridge_tickets_free)

/**
 * bridge_tickets_issue:
 * @token_hash: of the device's token
 *
 * A device's oldest ticket makes room for its newest when it has many.
 *
 * Returns: (nullable): the ticket, shown once; %NULL when there are too many altogether */
char *
bridge_tickets_issue(BridgeTickets *self, const char *device_id,
                     const guint8 token_hash[BRIDGE_SECRET_HASH_BYTES], gint64 now_us);

/* FALSE: it is none of ours, was used, or is too old. @token_hash: (out) */
gboolean
bridge_tickets_redeem(BridgeTickets *self, const char *ticket, gint64 now_us,
                      guint8 token_hash[BRIDGE_SECRET_HASH_BYTES]);

G_END_DECLS
