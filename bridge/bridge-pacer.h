/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-pacer.h: lets many wait for their turn and calls them one after the other, so many a
 * second: a thousand accounts that come back together must not do so in one burst. Main loop only.
 */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define BRIDGE_TYPE_PACER (bridge_pacer_get_type())
G_DECLARE_FINAL_TYPE(BridgePacer, bridge_pacer, BRIDGE, PACER, GObject)

typedef void (*BridgePacerFunc)(gpointer user_data);

/* @per_second: turns a second, and how many may come at once after a pause */
BridgePacer *
bridge_pacer_new(guint per_second);

/**
 * bridge_pacer_wait:
 * @func: called once, from the main loop, never from within this call
 *
 * Returns: a ticket, not 0, for bridge_pacer_cancel() */
guint64
bridge_pacer_wait(BridgePacer *self, BridgePacerFunc func, gpointer user_data);

/* A ticket that had its turn is ignored. */
void
bridge_pacer_cancel(BridgePacer *self, guint64 ticket);

G_END_DECLS
