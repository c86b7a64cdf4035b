/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-stream-management.h: XEP-0198 of our own, behind the gate that gtalk.h describes.
 *
 * The inherited protocol's own must stay off: it acknowledges at sign-off what nobody handled, and
 * at the next sign-in it sends every stanza that was not acknowledged once more, old presence
 * included. So the feature is taken out of what it sees, and the namespace stays here.
 *
 * Resumption is not asked for. What counts is that a stanza which was not answered for comes back:
 * without resumption the server gives it to the archive or to its offline storage as soon as the
 * line is down, instead of keeping it for a session that a killed process can never take up again.
 *
 * Answers: a request is answered at once if nothing is withheld, else as soon as something is
 * released, and after a second at the latest with what there is. Releases that nobody asked about
 * are answered within a second too, so that the server has little to repeat. */
#pragma once

#include "gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_stream_management_unit;

/* Whether the server offered it and has not refused. */
gboolean
gtalk_stream_management_is_used(GTalkConnection *connection);

/* The number of the stanza that is being delivered now, if it may not be answered for yet because
 * it or one before it is held; else 0. GTALK_SIGNAL_ACKNOWLEDGED tells when it has been. */
guint
gtalk_stream_management_get_held(GTalkConnection *connection);

/* For the inbox, which delivers some messages later than their stanzas came. */

/* As GTALK_IPC_HOLD and GTALK_IPC_RELEASE. */
guint
gtalk_stream_management_hold(GTalkConnection *connection);
void
gtalk_stream_management_release(GTalkConnection *connection, guint number);

/* Between the two, who holds holds the stanza @number, which is held already, instead of the newest
 * one; 0: none. */
void
gtalk_stream_management_begin_late(GTalkConnection *connection, guint number);
void
gtalk_stream_management_end_late(GTalkConnection *connection);

G_END_DECLS
