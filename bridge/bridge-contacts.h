/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-contacts.h: what is known of contacts beyond the roster of RFC 6121: "contact" events of
 * what host/host-blocking.h tells. */
#pragma once

#include "bridge-account-feature.h"

G_BEGIN_DECLS

extern const BridgeAccountFeature bridge_contacts_feature;

G_END_DECLS
