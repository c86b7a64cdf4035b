/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-typing.h: who is typing (XEP-0085), in both directions.
 *
 * Request "typing": "to" s (bare JID), "state" s (composing, paused, active).
 * Event "typing": "jid" s (bare), "state" s (composing, paused, active). */
#pragma once

#include "host-feature.h"

G_BEGIN_DECLS

extern const HostFeature host_typing_feature;

G_END_DECLS
