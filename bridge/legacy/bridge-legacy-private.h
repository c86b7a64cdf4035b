/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-legacy-private.h: the calls, one file each; an exchange's context is the BridgeLegacy. */
#pragma once

#include "bridge-legacy.h"
#include "legacy-exchange.h"
#include "legacy-images.h"
#include "legacy-logins.h"
#include "legacy-phones.h"
#include "legacy-push.h"

G_BEGIN_DECLS

BridgeAccounts *
bridge_legacy_get_accounts(BridgeLegacy *self);
BridgeConfig *
bridge_legacy_get_config(BridgeLegacy *self);
LegacyPhones *
bridge_legacy_get_phones(BridgeLegacy *self);
LegacyPush *
bridge_legacy_get_push(BridgeLegacy *self);
LegacyLogins *
bridge_legacy_get_logins(BridgeLegacy *self);
LegacyImages *
bridge_legacy_get_images(BridgeLegacy *self);
/* FALSE: too many have tried to sign in to it; it is answered. */
gboolean
bridge_legacy_admit_sign_in(BridgeLegacy *self, LegacyExchange *exchange, const char *account);
/* FALSE: too many crash reports came lately. */
gboolean
bridge_legacy_admit_crash_report(BridgeLegacy *self);

/* Of an exchange that has an account. (nullable): the account was erased meanwhile */
LegacyAccount *
legacy_call_get_account(LegacyExchange *exchange);
LegacyPhone *
legacy_call_get_phone(LegacyExchange *exchange);
/* Answers 200 and nothing else when what is known of the account's phones is durable. */
void
legacy_call_keep(LegacyExchange *exchange, LegacyAccount *account);

void
legacy_login_post(LegacyExchange *exchange);
void
legacy_key_post(LegacyExchange *exchange);
void
legacy_register_post(LegacyExchange *exchange);
void
legacy_roster_post(LegacyExchange *exchange);
void
legacy_queue_post(LegacyExchange *exchange);
void
legacy_message_post(LegacyExchange *exchange);
void
legacy_presence_post(LegacyExchange *exchange);
void
legacy_otr_post(LegacyExchange *exchange);
void
legacy_notifications_post(LegacyExchange *exchange);
void
legacy_logout_post(LegacyExchange *exchange);
void
legacy_crash_report_post(LegacyExchange *exchange);
void
legacy_photo_post(LegacyExchange *exchange);
/* @hash: of the path */
void
legacy_image_get(LegacyExchange *exchange, const char *hash);

G_END_DECLS
