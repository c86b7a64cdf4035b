/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-timers.h: timers, kept in order of time behind one source of GLib's default main context.
 * libpurple has several for each account, the listener one for each connection: a GSource for each
 * would cost every turn of the main loop time in proportion to their number. Main loop only. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* As g_timeout_add(), g_timeout_add_seconds() and g_source_remove(), in the form that libpurple's
 * event loop operations want. The ids are of their own kind. A timer that returns TRUE runs again
 * when its interval has passed once more; what is due runs in order of time, and what was added
 * meanwhile waits for the next turn of the main loop. Timers in seconds are late by up to one, so
 * that they run together. */
guint
bridge_timers_add(guint interval_ms, GSourceFunc function, gpointer user_data);
guint
bridge_timers_add_seconds(guint interval_s, GSourceFunc function, gpointer user_data);
gboolean
bridge_timers_remove(guint id);

G_END_DECLS
