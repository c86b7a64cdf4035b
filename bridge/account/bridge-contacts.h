/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-contacts.h: what is known of contacts beyond the roster of RFC 6121: "contact" events of
 * what host/host-blocking.h tells. Who is blocked is kept over restarts, so that a sign-in is news
 * only of what changed meanwhile. */
#pragma once

#include "bridge-account-feature.h"

G_BEGIN_DECLS

#define BRIDGE_CONTACTS_KEPT_MAX 500 /* who are blocked; of more, a restart tells again */

extern const BridgeAccountFeature bridge_contacts_feature;

G_END_DECLS
