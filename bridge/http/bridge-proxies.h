/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-proxies.h: reverse proxies that are trusted to say for whom they ask. What anybody else
 * says of that counts for nothing, and of several addresses the last one that is no trusted proxy's
 * counts: what is before it, the client may have made up. Pure. */
#pragma once

#include <gio/gio.h>

#include "config/bridge-config.h"

G_BEGIN_DECLS

typedef struct _BridgeProxies BridgeProxies;

/* @trusted: addresses, networks ("10.0.0.0/8") and "unix", checked; (nullable) */
BridgeProxies *
bridge_proxies_new(const char *const *trusted, BridgeForwardedHeader header);
void
bridge_proxies_free(BridgeProxies *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeProxies, bridge_proxies_free)

gboolean
bridge_proxies_trust(BridgeProxies *self, GSocketAddress *remote);

/* The header field that proxies set. */
const char *
bridge_proxies_get_field(BridgeProxies *self);

/**
 * bridge_proxies_find_client:
 * @value: (nullable): of that field, as a trusted proxy sent it
 *
 * Returns: (transfer full) (nullable): %NULL: it does not say */
GInetAddress *
bridge_proxies_find_client(BridgeProxies *self, const char *value);

G_END_DECLS
