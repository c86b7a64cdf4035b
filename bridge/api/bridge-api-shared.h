/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-api-shared.h: what the calls of devices and those of the administrator have in common. */
#pragma once

#include "bridge-api.h"
#include "bridge-exchange.h"
#include "bridge-server.h"

G_BEGIN_DECLS

BridgeConfig *
bridge_api_get_config(BridgeApi *self);
BridgeServer *
bridge_api_get_server(BridgeApi *self);
BridgePush *
bridge_api_get_push(BridgeApi *self);

/* Members of the objects that more than one call answers with. */
char *
api_account_build_text(BridgeAccount *account);
/* The same as a member or an element of what is being built */
void
api_account_build(JsonBuilder *builder, BridgeAccount *account);
/* Erases it; what comes of it is the answer. */
void
api_account_erase(BridgeExchange *exchange, BridgeAccounts *accounts, BridgeAccount *account);
void
api_contact_build(JsonBuilder *builder, BridgeAccount *account, const BridgeContact *contact);
/* An array of them, without their members */
void
api_rooms_build(JsonBuilder *builder, BridgeAccount *account);
void
api_device_build(JsonBuilder *builder, const BridgeDeviceRecord *device, const char *epoch);

/* Members of a subscription */
void
api_push_build(JsonBuilder *builder, const BridgePushStatus *status);
/* Sends the device a test; what comes of it is the answer. */
void
api_push_send_test(BridgeExchange *exchange, BridgePush *push, const char *device_id,
                   const char *type);

G_END_DECLS
