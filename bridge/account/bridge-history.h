/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-history.h: the messages of an account that the store still holds, newest first. What the
 * store has is sealed, so a contact's messages are found by opening one event after the other. */
#pragma once

#include "bridge-account.h"

G_BEGIN_DECLS

#define BRIDGE_HISTORY_LIMIT_MAX 500

/**
 * bridge_history_read_async:
 * @with: (nullable): a contact's normalised bare address; %NULL: everybody
 * @before: only those with a lower seq
 * @limit: 1..BRIDGE_HISTORY_LIMIT_MAX
 *
 * Finishes with "message" and "message.sent" events, newest first; fewer than @limit: there are no
 * older ones. */
void
bridge_history_read_async(BridgeAccount *account, const char *with, guint64 before, guint limit,
                          GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data);
/* (transfer full) (element-type BridgeEventRecord) */
GPtrArray *
bridge_history_read_finish(BridgeAccount *account, GAsyncResult *result, GError **error);

G_END_DECLS
