/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-status.h: fewer statuses in libpurple. It keeps a value for every attribute of every status
 * of every account and contact: the mood, the tune, whether one may be buzzed. Here nobody asks it;
 * what contacts announce is read from their stanzas (host-event.h). */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

/* From now on accounts of this protocol have statuses with text and priority only. Call it once,
 * before there are accounts. */
void
host_status_install(PurplePluginProtocolInfo *protocol);

G_END_DECLS
