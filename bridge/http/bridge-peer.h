/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-peer.h: what the listener and the API tell each other about who made a request. It hangs
 * on the remote address that libsoup carries along with the message. */
#pragma once

#include <libsoup/soup.h>

#include "bridge-connection.h"
#include "bridge-proxies.h"

G_BEGIN_DECLS

typedef struct {
	grefcount references;
	char *address;                /* for limits: "192.0.2.1", an IPv6 /64, or "unix" */
	gboolean local;               /* loopback or unix: perhaps a proxy that speaks for many */
	GCancellable *gone;           /* cancelled when the client has hung up */
	gboolean keep_alive;          /* the client would like to go on with the connection */
	BridgeConnection *connection; /* borrowed; NULL once the request is not served any more */
	gboolean complete; /* a whole, framed answer was written: the connection can go on */
} BridgePeer;

/* @remote: the address to derive it from */
BridgePeer *
bridge_peer_new(GSocketAddress *remote, gboolean keep_alive);
BridgePeer *
bridge_peer_ref(BridgePeer *self);
void
bridge_peer_unref(BridgePeer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgePeer, bridge_peer_unref)

/* The key by which limits count: an address, or an IPv6 network of 64 bits, which one person has.
 */
char *
bridge_peer_build_key(GSocketAddress *remote, gboolean *local);

/* If a trusted proxy says in @message for whom it asks, that is who the peer is. */
void
bridge_peer_note_client(BridgePeer *self, BridgeProxies *proxies, SoupServerMessage *message);

void
bridge_peer_attach(BridgePeer *self, GSocketAddress *remote);
/* Borrowed; NULL for a message that did not come through a BridgeListener. */
BridgePeer *
bridge_peer_get(SoupServerMessage *message);

G_END_DECLS
