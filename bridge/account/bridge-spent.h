/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-spent.h: refresh tokens that a sign-in has used up before it failed, and what the token
 * service gave in their place (RFC 6749, section 6): whoever shows such a one again, with the same
 * address, is taken to have shown the other. In memory, for an hour. */
#pragma once

#include "bridge-accounts.h"

G_BEGIN_DECLS

#define BRIDGE_SPENT_KEPT_US (3600 * (gint64)G_USEC_PER_SEC)
#define BRIDGE_SPENT_MAX 1000 /* beyond that they are lost as before */

/* @address: of the account, as BridgeAddress has its key; @shown, @instead: texts of BridgeGrant */
void
bridge_spent_note(BridgeAccounts *accounts, const char *address, GBytes *shown, GBytes *instead);

/* Returns: (transfer full) (nullable): what @shown has become; NULL: nothing else is known */
GBytes *
bridge_spent_find(BridgeAccounts *accounts, const char *address, GBytes *shown);

G_END_DECLS
