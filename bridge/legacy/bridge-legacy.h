/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-legacy.h: the API of the old proxy, for phones that speak nothing else: a translation on
 * the same accounts, devices and events as the own API, behind a listener of its own. */
#pragma once

#include "account/bridge-accounts.h"
#include "config/bridge-activation.h"
#include "pushes/bridge-push.h"

G_BEGIN_DECLS

#define BRIDGE_TYPE_LEGACY (bridge_legacy_get_type())
G_DECLARE_FINAL_TYPE(BridgeLegacy, bridge_legacy, BRIDGE, LEGACY, GObject)

/* @config: outlives it */
BridgeLegacy *
bridge_legacy_new(BridgeConfig *config, BridgeAccounts *accounts, BridgePush *push);

/* Where the configuration says; the message names the address, or the keys of the certificate. */
gboolean
bridge_legacy_listen(BridgeLegacy *self, BridgeActivation *activation, GError **error);
/* As bridge_listener_dup_addresses(). */
char **
bridge_legacy_dup_addresses(BridgeLegacy *self);

/* The configuration was read anew. */
void
bridge_legacy_reconfigure(BridgeLegacy *self);
/* For whoever connects from now on. */
gboolean
bridge_legacy_reload_certificate(BridgeLegacy *self, GError **error);

/* Takes nothing more. */
void
bridge_legacy_stop(BridgeLegacy *self);

G_END_DECLS
