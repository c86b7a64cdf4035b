/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-offline.h: a server that lets its offline storage be asked (XEP-0013) is kept from pouring
 * it over the client with the first presence. What is stored there is in the archive too, which
 * brings it in order; and ejabberd returns to their senders messages out of that storage that were
 * not answered for when the line broke, whatever the archive has.
 *
 * The list is asked for before the first presence; that alone makes the server hold back. It is
 * asked for again before the reading of the archive ends: a message on its way while the presence
 * was may have been stored since. The archive got it first, so that is read once more, until the
 * list has nothing new. Then all that was listed is taken out unread, if the archive keeps
 * everything and what came from there has been answered for: nothing of it ever comes as a stanza
 * that could be returned. What the archive may not have is asked for, and taken out when it has
 * been answered for. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_offline_unit;

G_END_DECLS
