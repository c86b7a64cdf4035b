/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-roster.h: the attributes that Google's rosters have beside RFC 6121's: who is blocked,
 * hidden or pinned, how close somebody is, and who is merely in the address book. The inherited
 * protocol asks for them and knows blocking of contacts; this unit keeps all of them, shows nobody
 * who is not to be shown, blocks strangers too, and sees that what the inherited protocol sets does
 * not undo what the user set. */
#pragma once

#include "core/gtalk-connection.h"
#include "gtalk.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_roster_unit;

/* As GTALK_IPC_ROSTER_FIND and GTALK_IPC_ROSTER_LIST have it. */
const GTalkRosterContact *
gtalk_roster_find(GTalkConnection *connection, const char *jid);
GList *
gtalk_roster_list(GTalkConnection *connection);

gboolean
gtalk_roster_is_kind(GTalkConnection *connection, const char *jid, GTalkRosterKind kind);

G_END_DECLS
