/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-off-record.h: with whom the account is off the record, of what host/host-off-record.h
 * tells: "off-the-record" events, one for each change, also over restarts. Messages off the record
 * leave the store as soon as every device has acknowledged them. Where the chat server keeps no
 * state, what is kept here is all there is, and the host is given it at each sign-in. */
#pragma once

#include "bridge-account-feature.h"

G_BEGIN_DECLS

#define BRIDGE_OFF_RECORD_CONTACTS_MAX 1000
#define BRIDGE_OFF_RECORD_BYTES_MAX (64 * 1024) /* of their addresses */

extern const BridgeAccountFeature bridge_off_record_feature;

/* Whether what is said with @jid (bare, normalised) is off the record now, as far as is known: by
 * agreement of the two, or because the account has nothing kept. */
gboolean
bridge_account_is_off_the_record(BridgeAccount *self, const char *jid);
/* Of the two alone. */
gboolean
bridge_account_has_off_the_record(BridgeAccount *self, const char *jid);

/**
 * bridge_account_set_off_the_record_async:
 * @jid: a contact's normalised bare address
 *
 * Finishes when the chat server, if it keeps the state, has confirmed, and it is durable here.
 * Errors as of bridge_account_request_async(), BRIDGE_ERROR_INVALID too when there are too many,
 * BRIDGE_ERROR_STORE. */
void
bridge_account_set_off_the_record_async(BridgeAccount *self, const char *jid, gboolean enabled,
                                        GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_account_set_off_the_record_finish(BridgeAccount *self, GAsyncResult *result, GError **error);

G_END_DECLS
