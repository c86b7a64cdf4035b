/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-avatar.h: pictures of contacts, as their vCards have them (XEP-0054, XEP-0153). Presence
 * says which one it is, as "avatar" of a "presence" event; the picture itself is asked for when
 * somebody wants it, and kept nowhere. libpurple, which would fetch and keep those of everybody, is
 * not shown what presence says.
 *
 * Request "avatar": "jid" s (bare); the answer has "image" ay, of whatever type, unless there is
 *   none. */
#pragma once

#include "host-feature.h"

G_BEGIN_DECLS

extern const HostFeature host_avatar_feature;

G_END_DECLS
