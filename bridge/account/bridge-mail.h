/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-mail.h: the account's unread mail, of what host/host-mail.h tells: a "mail" event for what
 * is new and when the number changes, each once, also over restarts. */
#pragma once

#include "bridge-account-feature.h"

G_BEGIN_DECLS

extern const BridgeAccountFeature bridge_mail_feature;

/* Returns: (nullable) (transfer full): the JSON object of the API, as last told, also while the
 * account is not online; NULL where the server tells of no mail, and before its first answer since
 * the daemon began: the host's "mail" waits for that */
char *
bridge_account_dup_mail(BridgeAccount *self);

G_END_DECLS
