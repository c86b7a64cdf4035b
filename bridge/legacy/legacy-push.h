/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-push.h: what phones are pushed, by the channels that they register: the words of the
 * common push queue (bridge-push-translation.h). While a phone's app is open, a message is handed
 * to it as it is, sealed, and with that it is out of the phone's queue. When the push service says
 * that the app is closed, messages wait in the queue, and the phone is told by a toast and by the
 * counts on its tiles, which follow what is read elsewhere, too, until the app is opened: then it
 * registers again. Whatever else goes wrong with a push, its message is in the queue. */
#pragma once

#include "pushes/bridge-push.h"
#include "legacy-phones.h"

G_BEGIN_DECLS

typedef struct _LegacyPush LegacyPush;

/* @push, @phones: outlive it */
LegacyPush *
legacy_push_new(BridgePush *push, LegacyPhones *phones, BridgeAccounts *accounts,
                BridgeConfig *config);
void
legacy_push_free(LegacyPush *self);

/**
 * legacy_push_register_async:
 * @device_id: a phone, with the channel that it is to have, or none
 *
 * Finishes when that is durable; a channel that may not be pushed to is taken from the phone, which
 * finds its messages in the queue. BRIDGE_ERROR_*, BRIDGE_ERROR_BUSY: another change of it is on
 * its way */
void
legacy_push_register_async(LegacyPush *self, LegacyAccount *account, const char *device_id,
                           GAsyncReadyCallback callback, gpointer user_data);
gboolean
legacy_push_register_finish(LegacyPush *self, GAsyncResult *result, GError **error);

G_END_DECLS
