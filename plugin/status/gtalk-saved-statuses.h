/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-saved-statuses.h: the texts that the server remembers, as saved statuses of libpurple: they
 * come and go with the server's lists, and what the user edits or deletes there is changed on the
 * server. Off by GTALK_OPTION_SAVED_STATUSES.
 *
 * A saved status belongs to all accounts, so one that the user had before is linked, not doubled,
 * and never deleted; nor is one that is in use. */
#pragma once

#include "core/gtalk-connection.h"
#include "gtalk-local-status.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_saved_statuses_unit;

/* Shows @status as the program's current one where this account is the only one that it concerns,
 * by which the account gets it too. FALSE: nothing was done. */
gboolean
gtalk_saved_statuses_show(GTalkConnection *connection, const GTalkLocalStatus *status);

G_END_DECLS
