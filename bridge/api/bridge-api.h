/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-api.h: the JSON API that apps use (the contract is api/openapi.json). It adds HTTP to what
 * the core does, and nothing else. */
#pragma once

#include "account/bridge-accounts.h"
#include "config/bridge-activation.h"
#include "config/bridge-config.h"
#include "pushes/bridge-push.h"

G_BEGIN_DECLS

#define BRIDGE_TYPE_API (bridge_api_get_type())
G_DECLARE_FINAL_TYPE(BridgeApi, bridge_api, BRIDGE, API, GObject)

/* @config: outlives it */
BridgeApi *
bridge_api_new(BridgeConfig *config, BridgeAccounts *accounts, BridgePush *push);

/* Opens every address of the configuration; @activation: sockets that are open already. */
gboolean
bridge_api_listen(BridgeApi *self, BridgeActivation *activation, GError **error);

/* Reads certificate and key anew, if there are any; on failure the ones before stay. */
gboolean
bridge_api_reload_certificate(BridgeApi *self, GError **error);

/* The configuration was read anew: names, origins and limits that it has now hold. */
void
bridge_api_reconfigure(BridgeApi *self);

/* Where it really listens; ports that were left to the system are filled in. NULL-terminated. */
char **
bridge_api_dup_addresses(BridgeApi *self);

/* Answers who waits, takes nothing more, hangs up. May be called twice. */
void
bridge_api_stop(BridgeApi *self);

G_END_DECLS
