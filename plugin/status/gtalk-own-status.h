/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-own-status.h: the account's own status, on its way out and in. Where the server has shared
 * status, what the user chooses is set there and what others set there is chosen here; away is this
 * session's alone. Where it has not, presence says it, as the inherited protocol does.
 *
 * Invisible is never left to chance: the gate of gtalk-presence opens when the server has confirmed
 * that it hides the account. Means: the shared status; else the command of XEP-0186; else to be
 * unavailable. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_own_status_unit;

/* The protocol's `set_status` and `status_types`. */
void
gtalk_own_status_set(PurpleAccount *account, PurpleStatus *status);
GList *
gtalk_own_status_types(PurpleAccount *account);

G_END_DECLS
