/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-listener.h: accepts connections for a SoupServer, up to caps, and feeds it with whole
 * requests (bridge-connection.h): libsoup alone keeps any body in memory and waits for ever.
 *
 * Addresses are "192.0.2.1:8642", "[::1]:8642" (port 0: any that is free) and "unix:/path". Main
 * loop only. */
#pragma once

#include "config/bridge-activation.h"
#include "bridge-connection.h"
#include "bridge-proxies.h"

G_BEGIN_DECLS

#define BRIDGE_TYPE_LISTENER (bridge_listener_get_type())
G_DECLARE_FINAL_TYPE(BridgeListener, bridge_listener, BRIDGE, LISTENER, GObject)

typedef enum {
	BRIDGE_LISTENER_ANYBODY,
	BRIDGE_LISTENER_OWN_USER, /* unix sockets only: mode 0600, peers of our own user or root */
} BridgeListenerAudience;

typedef struct {
	guint max_connections;
	guint max_per_address;  /* loopback, unix sockets and @proxies are not counted */
	BridgeProxies *proxies; /* that are trusted; borrowed; NULL for none */
	BridgeListenerAudience audience;
	BridgeDeadlines deadlines;
	BridgeRefusalFunc refusal; /* NULL: as the API has it */
} BridgeListenerOptions;

#define BRIDGE_LISTENER_DEADLINES                                                                  \
	((BridgeDeadlines){.head_ms = 10000,                                                       \
	                   .body_ms = 20000,                                                       \
	                   .idle_ms = 60000,                                                       \
	                   .write_ms = 30000,                                                      \
	                   .linger_ms = 2000,                                                      \
	                   .vanished_ms = 30000})

/* Raises the process's limit of open files for so many connections beside everything else. Returns:
 * how many really fit; accepting more would fail, over and over. */
guint
bridge_listener_reserve_files(guint connections);

BridgeListener *
bridge_listener_new(SoupServer *server, const BridgeListenerOptions *options);

/* G_IO_ERROR; the message names @address. A unix socket that nobody serves any more is replaced. */
gboolean
bridge_listener_add(BridgeListener *self, const char *address, GError **error);

/* A socket that somebody else has opened, and takes away. */
gboolean
bridge_listener_add_socket(BridgeListener *self, GSocket *socket, GError **error);

/* As the configuration writes it: an address, or "systemd" for what is left in @activation, or
 * "systemd:name" for what has that name there. */
gboolean
bridge_listener_add_configured(BridgeListener *self, BridgeActivation *activation,
                               const char *address, GError **error);

/* Whoever connects by TCP from now on speaks TLS. */
void
bridge_listener_set_certificate(BridgeListener *self, GTlsCertificate *certificate);

/* Where it really listens: ports that were chosen are filled in. NULL-terminated. */
char **
bridge_listener_dup_addresses(BridgeListener *self);

/* Of connections that come from now on. */
void
bridge_listener_set_max_per_address(BridgeListener *self, guint max_per_address);

guint
bridge_listener_get_connections(BridgeListener *self);

/* Accepts nothing more, removes its unix sockets and ends every connection, where an answer is on
 * its way after a moment. What is left when the listener goes is cut. May be called twice. */
void
bridge_listener_stop(BridgeListener *self);

G_END_DECLS
