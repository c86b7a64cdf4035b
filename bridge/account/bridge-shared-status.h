/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-shared-status.h: the status that the chat server keeps for all clients of the account, of
 * what host/host-shared-status.h tells: "shared-status" events, one for each change, also over
 * restarts. */
#pragma once

#include "bridge-account-feature.h"

G_BEGIN_DECLS

extern const BridgeAccountFeature bridge_shared_status_feature;

/* Returns: (nullable): the JSON object of the API, borrowed; NULL where the server has none, and
 * while the account is not online or it is not known yet */
const char *
bridge_account_get_shared_status(BridgeAccount *self);

G_END_DECLS
