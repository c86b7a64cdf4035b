/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-control.h: the administrator's listener: HTTP on a unix socket that only the daemon's own
 * user and root can use, spoken by gtalk-bridgectl. It answers from the daemon's first moment on,
 * while the store is sealed, too.
 *
 *   GET /healthz        the daemon runs
 *   GET /readyz         200 when it serves accounts; 503 with the reason
 *   POST /admin/invite  {domain?, valid_hours?} -> {code, domain, expires}
 *   GET /admin/hosts    the host processes */
#pragma once

#include "bridge-accounts.h"
#include "bridge-supervisor.h"

G_BEGIN_DECLS

#define BRIDGE_TYPE_CONTROL (bridge_control_get_type())
G_DECLARE_FINAL_TYPE(BridgeControl, bridge_control, BRIDGE, CONTROL, GObject)

BridgeControl *
bridge_control_new(BridgeAccounts *accounts, BridgeSupervisor *supervisor);

/* Makes the directory of @path (0700) if it is not there. */
gboolean
bridge_control_listen(BridgeControl *self, const char *path, GError **error);

/* What /readyz says. Until it is ready: @detail says why it is not. */
void
bridge_control_set_ready(BridgeControl *self);
void
bridge_control_set_sealed(BridgeControl *self, const char *detail);

/* May be called twice. */
void
bridge_control_stop(BridgeControl *self);

G_END_DECLS
