/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-pacer.h: lets many wait for their turn and calls them one after the other, so many a
 * second: a thousand accounts that come back together must not do so in one burst. Nor do they pile
 * up at a server that is slower than that: it has to do with so many at once as would come in two
 * seconds; those who wait for other servers do not wait for it. Main loop only. */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define BRIDGE_TYPE_PACER (bridge_pacer_get_type())
G_DECLARE_FINAL_TYPE(BridgePacer, bridge_pacer, BRIDGE, PACER, GObject)

typedef void (*BridgePacerFunc)(gpointer user_data);

/* @per_second: turns a second; a fifth of them may come at once after a pause */
BridgePacer *
bridge_pacer_new(guint per_second);

/**
 * bridge_pacer_wait:
 * @server: whoever waits for the same one waits in order
 * @func: called once, from the main loop, never from within this call
 *
 * Returns: a ticket, not 0, for bridge_pacer_leave() */
guint64
bridge_pacer_wait(BridgePacer *self, const char *server, BridgePacerFunc func, gpointer user_data);

/* Before its turn: there will be none. After it: what the turn was for has ended, well or not, and
 * somebody else may go. Once; what is no ticket any more is ignored. */
void
bridge_pacer_leave(BridgePacer *self, guint64 ticket);

G_END_DECLS
