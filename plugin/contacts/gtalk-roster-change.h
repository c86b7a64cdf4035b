/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-roster-change.h: changes of a contact's kind, which is an attribute of its roster entry:
 * blocking (contacts by the inherited protocol, strangers by ourselves), hiding and pinning. A
 * refusal is told to the user, and a block that was refused taken back. */
#pragma once

#include "core/gtalk-connection.h"
#include "gtalk.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_roster_change_unit;

/* As GTALK_IPC_ROSTER_SET_KIND has it. */
gboolean
gtalk_roster_change_kind(GTalkConnection *connection, const char *jid, GTalkRosterKind kind);

/* Whether the roster set that is on its way out is one of ours. */
gboolean
gtalk_roster_change_is_sending(GTalkConnection *connection);

/* Whether @jid is on the account's list of those who are denied. */
gboolean
gtalk_roster_change_is_denied(PurpleAccount *account, const char *jid);

/* Slots of the protocol. */
void
gtalk_roster_change_add_deny(PurpleConnection *gc, const char *who);
void
gtalk_roster_change_rem_deny(PurpleConnection *gc, const char *who);

G_END_DECLS
