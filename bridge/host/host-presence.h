/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-presence.h: what contacts are shown of the account. It is restored before the account
 * connects, and never is the account shown while it is to be invisible: where the chat server does
 * not hide it, it is shown as offline.
 *
 * Wanted, and Request "presence": "show" s (available, chat, away, xa, dnd), "status" s (plain
 * text), "invisible" b (show and status wait until it is not), "serial" u (of the choice; rises).
 * Wanted also has "agreed" s (as last told here), the Request "idle" s ("" or away, xa: shown
 * instead of available and chat, until the next Request). The Request is answered with "shown" s
 * (see below) when the server hides the account, if that was wanted, and else at once; Unsupported:
 * the server does not hide it, and it is shown as offline.
 *
 * Event "own-presence": "show" s, "status" s, "invisible" b: the choice, which another client of
 * the account may have changed; "serial" u: of the last choice that came from the daemon; "agreed"
 * s: opaque; "shown" s: what contacts see (as show, and unavailable). */
#pragma once

#include "host-feature.h"

G_BEGIN_DECLS

extern const HostFeature host_presence_feature;

G_END_DECLS
