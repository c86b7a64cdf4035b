/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-credentials.h: as whom the bridge pushes at vendors' services: what these hand out as
 * files. Once they were read they are kept sealed in the store, and the files can go. */
#pragma once

#include "config/bridge-config.h"
#include "store/bridge-store.h"

G_BEGIN_DECLS

/**
 * bridge_push_credentials_load:
 *
 * Of each service that there is, that of the file which the configuration names, which is put into
 * the store, too; or, where that is not there, that of the store. What is nowhere is told in the
 * log: pushes by that service wait until it is.
 *
 * Returns: (transfer full): BRIDGE_PUSH_CREDENTIAL_* -> GBytes; filled before the store answers
 * what it is asked later */
GHashTable *
bridge_push_credentials_load(const BridgePushConfig *config, BridgeStore *store);

G_END_DECLS
