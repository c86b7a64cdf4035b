/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-offline.h: a server that lets its offline storage be asked (XEP-0013) is kept from pouring
 * it over the client with the first presence. What is stored there is in the archive too, which
 * brings it in order; and ejabberd returns to their senders messages out of that storage that were
 * not answered for when the line broke, whatever the archive has.
 *
 * The list is asked for before the first presence; that alone makes the server hold back. When the
 * archive has been read to its end, what was on that list is taken out unread, if the archive keeps
 * everything. What it may not have, and what was stored since (a message on its way while the
 * presence was), is asked for, and taken out when it has been answered for. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_offline_unit;

G_END_DECLS
