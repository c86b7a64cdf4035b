/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-inbox.h: every message with a text passes here, however it came: live, as a carbon, from
 * the archive. It tells GTALK_SIGNAL_MESSAGE of it, and where no listener takes it over sees to it
 * that the user finds it in its conversation once: the inherited protocol shows the live ones only.
 *
 * What comes live while the archive is still being read waits for it (gtalk-backlog.h), so that
 * messages are told in the order in which people spoke.
 *
 * Carbons that the own account did not send, and archive results that were not asked for, end here:
 * anybody could send one. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_inbox_unit;

/* A <result> of the own archive. */
void
gtalk_inbox_take_archived(GTalkConnection *connection, const xmlnode *result);

/* Whether a message of that stanza id and sender (nullable) was told not long ago. */
gboolean
gtalk_inbox_has_told(GTalkConnection *connection, const char *stanza_id, const char *sender);

/* The archive has been read, or never will be: tells what still waits. */
void
gtalk_inbox_end_waiting(GTalkConnection *connection);

/* Whether messages wait that are in the archive. */
gboolean
gtalk_inbox_is_archived_waiting(GTalkConnection *connection);

/* Whether messages came, since the last call, that are in the archive and that there was no room
 * for. */
gboolean
gtalk_inbox_take_overflow(GTalkConnection *connection);

G_END_DECLS
