/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-message.h: a contact's message as old phones read it, of the account's event. Pure. */
#pragma once

#include "store/bridge-store.h"

G_BEGIN_DECLS

/* Returns: (transfer full) (nullable): the JSON object; %NULL if the event is no message of a
 * contact's: phones know of nothing else that lasts */
char *
legacy_message_build(const BridgeEventRecord *event);
/* Who has sent it, as far as is known with the resource; likewise %NULL. */
char *
legacy_message_dup_sender(const BridgeEventRecord *event);

typedef enum {
	LEGACY_TYPING_COMPOSING,
	LEGACY_TYPING_PAUSED,
	LEGACY_TYPING_OVER,
} LegacyTypingState;

/* That a contact is typing, or no more: the JSON object, which is pushed only. */
char *
legacy_message_build_typing(const char *jid, LegacyTypingState state, gboolean off_the_record,
                            gint64 time_us);

G_END_DECLS
