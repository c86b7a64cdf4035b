/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-control-private.h: what the administrator's calls, one file a noun, share. The context of
 * their exchanges is the BridgeControl. */
#pragma once

#include "api/bridge-exchange.h"
#include "bridge-control.h"
#include "account/bridge-event-tail.h"

G_BEGIN_DECLS

BridgeAccounts *
bridge_control_get_accounts(BridgeControl *self);
BridgeSupervisor *
bridge_control_get_supervisor(BridgeControl *self);
BridgeEventTail *
bridge_control_get_tail(BridgeControl *self);
BridgeVault *
bridge_control_get_vault(BridgeControl *self);
BridgeApi *
bridge_control_get_api(BridgeControl *self);
/* NULL: it serves accounts; else why it does not. */
const char *
bridge_control_get_trouble(BridgeControl *self);

/* FALSE: there is no store yet; it is answered. */
gboolean
bridge_control_check_unsealed(BridgeExchange *exchange);

void
control_healthz(BridgeExchange *exchange);
void
control_readyz(BridgeExchange *exchange);
void
control_metrics(BridgeExchange *exchange);
void
control_hosts(BridgeExchange *exchange);
void
control_invite(BridgeExchange *exchange);
void
control_accounts_get(BridgeExchange *exchange);
void
control_account_get(BridgeExchange *exchange);
void
control_account_release(BridgeExchange *exchange);
void
control_account_delete(BridgeExchange *exchange);
void
control_devices_get(BridgeExchange *exchange);
void
control_device_delete(BridgeExchange *exchange);
void
control_events_get(BridgeExchange *exchange);
void
control_rotate(BridgeExchange *exchange);
void
control_backup(BridgeExchange *exchange);
void
control_push_get(BridgeExchange *exchange);
void
control_push_test(BridgeExchange *exchange);

G_END_DECLS
