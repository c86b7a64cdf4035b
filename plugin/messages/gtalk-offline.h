/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-offline.h: a server that lets its offline storage be asked (XEP-0013) is kept from pouring
 * it over the client with the first presence. Most of what is stored there is in the archive
 * too, which brings it in order; and ejabberd returns to their senders messages out of that storage
 * that were not answered for when the line broke, whatever the archive has.
 *
 * The list is asked for before the first presence; that alone makes the server hold back. It is
 * asked for again before the reading of the archive ends: a message on its way while the presence
 * was may have been stored since. The archive got it first, so that is read once more, until the
 * list has nothing new. Then what the archive brought (gtalk-offline-match.h) is taken out unread,
 * when that has been answered for: nothing of it ever comes as a stanza that could be returned.
 * What the archive did not bring is asked for, and taken out when it has been answered for. It may
 * be what no archive keeps, like a receipt, or what this one had no room for: ejabberd's own
 * database stores nothing any more in a table of 2 GB, and says so to nobody. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_offline_unit;

/* The archive brought a message of @sender, a full JID, that came at @time_us by its clock, since
 * the epoch; or that it has was known. */
void
gtalk_offline_note_archived(GTalkConnection *connection, const char *sender, gint64 time_us);

G_END_DECLS
