/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-control.h: the administrator's listener: HTTP on a unix socket that only the daemon's own
 * user and root can use, spoken by gtalk-bridgectl. It answers from the daemon's first moment on,
 * while the store is sealed, too.
 *
 *   GET /healthz                        the daemon runs
 *   GET /readyz                         200 when it serves accounts; 503 with the reason
 *   GET /metrics                        Prometheus text
 *   GET /admin/hosts                    the host processes
 *   POST /admin/invite                  {domain?, valid_hours?} -> {code, domain, expires}
 *   GET /admin/accounts                 all accounts
 *   GET, DELETE /admin/accounts/{x}     one of them, by id or JID; erases it
 *   POST /admin/accounts/{x}/release    out of quarantine
 *   GET, DELETE /admin/devices/{x}      its devices; signs the one out that ?device= names
 *   GET /admin/events?after=&wait=      what happened lately, without names and texts
 *   GET /admin/push                     all subscriptions, and how they are doing
 *   POST /admin/push/{x}/test           a test to a device, by ?type=
 *   POST /admin/rotate                  another master key -> {master_key}: its number
 *   POST /admin/backup                  {passphrase?} -> the store as a sealed file
 *
 * The first three are served at the addresses of bridge_control_listen_monitor(), too. */
#pragma once

#include "api/bridge-api.h"
#include "account/bridge-accounts.h"
#include "store/bridge-rotation.h"
#include "hosts/bridge-supervisor.h"

G_BEGIN_DECLS

#define BRIDGE_TYPE_CONTROL (bridge_control_get_type())
G_DECLARE_FINAL_TYPE(BridgeControl, bridge_control, BRIDGE, CONTROL, GObject)

/* What it speaks for. */
typedef struct {
	BridgeAccounts *accounts;
	BridgeSupervisor *supervisor;
	BridgeVault *vault;
	BridgeApi *api;
	const char *const *host_names; /* what Host may be at the monitor's addresses */
} BridgeControlParts;

BridgeControl *
bridge_control_new(const BridgeControlParts *parts);

/* Makes the directory of @path (0700) if it is not there. */
gboolean
bridge_control_listen(BridgeControl *self, const char *path, GError **error);

/* Health and metrics for everybody who can reach these addresses (as bridge_listener_add()). */
gboolean
bridge_control_listen_monitor(BridgeControl *self, const char *const *addresses, GError **error);
/* Where that is; ports that were chosen are filled in. NULL-terminated */
char **
bridge_control_dup_monitor_addresses(BridgeControl *self);

/* What /readyz says. Until it is ready: @detail says why it is not. */
void
bridge_control_set_ready(BridgeControl *self);
void
bridge_control_set_sealed(BridgeControl *self, const char *detail);

/* May be called twice. */
void
bridge_control_stop(BridgeControl *self);

G_END_DECLS
