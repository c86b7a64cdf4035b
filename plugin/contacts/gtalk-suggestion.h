/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-suggestion.h: contacts that one contact suggests to another (XEP-0144). What comes from a
 * contact is put before the user, who chooses; nothing changes by itself. */
#pragma once

#include "core/gtalk-connection.h"
#include "gtalk.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_suggestion_unit;

/* As GTALK_IPC_SUGGEST has it. */
gboolean
gtalk_suggestion_send(GTalkConnection *connection, const char *to,
                      const GTalkSuggestion *const *suggestions);

G_END_DECLS
