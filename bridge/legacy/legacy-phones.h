/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-phones.h: the phones of all accounts. A phone's session ends when it signs out, when it
 * has done nothing for as long as the configuration says, or when its device is removed by the own
 * API. When an account's last device has gone that way, the account is signed out until one comes
 * back, as the old proxy did; an account that an app has, too, stays. Main loop only. */
#pragma once

#include "account/bridge-accounts.h"
#include "pushes/bridge-push.h"
#include "legacy-account.h"

G_BEGIN_DECLS

#define LEGACY_PHONES_MAX 8 /* of an account: the oldest goes */

typedef struct _LegacyPhones LegacyPhones;

/* @config: borrowed */
LegacyPhones *
legacy_phones_new(BridgeAccounts *accounts, BridgePush *push, BridgeConfig *config);
void
legacy_phones_free(LegacyPhones *self);

/* (nullable) borrowed */
LegacyAccount *
legacy_phones_find(LegacyPhones *self, BridgeAccount *account);
/* Borrowed; @queue: where its queue begins if it is new */
LegacyAccount *
legacy_phones_ensure(LegacyPhones *self, BridgeAccount *account, guint64 queue);
/* (nullable) borrowed; @phone: (out) */
LegacyAccount *
legacy_phones_find_proof(LegacyPhones *self, const char *proof, LegacyPhone **phone);

typedef gboolean (*LegacyPhonesFunc)(LegacyAccount *account, gpointer user_data);
/* Those with a phone, until @func returns FALSE. */
void
legacy_phones_foreach(LegacyPhones *self, LegacyPhonesFunc func, gpointer user_data);

/* Of accounts that have had a phone: their signal "ephemeral". */
typedef void (*LegacyPhonesHear)(LegacyAccount *account, const char *type, const char *json,
                                 gpointer user_data);
void
legacy_phones_set_hear(LegacyPhones *self, LegacyPhonesHear hear, gpointer user_data);

/* Its push channel, which is nobody else's from now on: another phone of the account that had it is
 * the same one, and is ended; another account's stays without. */
void
legacy_phones_take_callback(LegacyPhones *self, LegacyAccount *account, LegacyPhone *phone,
                            const char *url);

/* The phone did something. */
void
legacy_phones_note_act(LegacyAccount *account, const char *device_id);

/* Its token is good no more when this finishes. @callback: (nullable) */
void
legacy_phones_end_async(LegacyPhones *self, BridgeAccount *account, const char *device_id,
                        GAsyncReadyCallback callback, gpointer user_data);
gboolean
legacy_phones_end_finish(LegacyPhones *self, GAsyncResult *result, GError **error);

G_END_DECLS
