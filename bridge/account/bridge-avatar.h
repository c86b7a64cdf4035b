/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-avatar.h: which picture each contact has, by its hash, of what host/host-avatar.h tells: a
 * change is a "contact" event. The hashes are kept over restarts, so that a sign-in is no news; the
 * pictures are not. */
#pragma once

#include "bridge-account-feature.h"

G_BEGIN_DECLS

#define BRIDGE_AVATAR_KEPT_MAX 500 /* contacts; of more, a restart tells again */

extern const BridgeAccountFeature bridge_avatar_feature;

/* A contact's presence says it. @hash: "" for none */
void
bridge_avatar_take(BridgeAccount *self, BridgeWrite *write, const char *jid, const char *hash);

G_END_DECLS
