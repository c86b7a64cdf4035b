/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-blocking.h: who sees the account as offline and cannot write to it: an attribute of the
 * roster on Google's servers (the plugin's roster unit), elsewhere XEP-0191.
 *
 * Request "contact-block": "jid" s (bare), "blocked" b. Told before the answer:
 * Event "blocked": "jid" s, "blocked" b; after a sign-in at least once for each who is blocked.
 * Event "blocked-done": (no members) all who are blocked have been told since "online". */
#pragma once

#include "host-feature.h"

G_BEGIN_DECLS

extern const HostFeature host_blocking_feature;

/* The whole roster has been told. */
void
host_blocking_note_roster(HostAccount *account);

G_END_DECLS
