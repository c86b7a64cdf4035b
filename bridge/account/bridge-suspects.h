/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-suspects.h: the stanzas of an account at which its hosts died twice. They come again, so
 * the host is told of them at sign-in, lets libpurple see nothing of what is in them, and the chat
 * server hears that they were handled. */
#pragma once

#include "bridge-account-feature.h"
#include "link/bridge-link.h"

G_BEGIN_DECLS

/* From now on; an event tells that it could not be delivered. */
void
bridge_suspects_add(BridgeAccount *self, BridgeWrite *write, const BridgeBlackBoxNote *note);

G_END_DECLS
