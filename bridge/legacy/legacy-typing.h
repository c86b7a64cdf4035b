/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-typing.h: tells phones whose app is open who is typing. That is worth nothing later, so it
 * is said between two messages or not at all; what was said is taken back, at the next occasion if
 * not at once, unless a message or the end of the app has done it. Main loop only. */
#pragma once

#include "legacy-phones.h"
#include "pushes/bridge-push.h"

G_BEGIN_DECLS

typedef struct _LegacyTyping LegacyTyping;

/* @push, @phones: outlive it */
LegacyTyping *
legacy_typing_new(BridgePush *push, LegacyPhones *phones);
void
legacy_typing_free(LegacyTyping *self);

G_END_DECLS
