/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-backoff.h: how long to wait before the next try. Pure but for chance. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BRIDGE_BACKOFF_FIRST_US (1 * G_USEC_PER_SEC)
#define BRIDGE_BACKOFF_LAST_US (300 * (gint64)G_USEC_PER_SEC)

/* @attempt: 0 for the first. One second doubling to five minutes, of which a random half is taken
 * off, so that what failed together does not come back together. */
gint64
bridge_backoff_get_delay_us(guint attempt);

#define BRIDGE_BACKOFF_STEADY_US (60 * (gint64)G_USEC_PER_SEC)
#define BRIDGE_BACKOFF_UNDISPUTED_US (900 * (gint64)G_USEC_PER_SEC)

/* Whether what failed before counts no more: it went well for @well_us. @is_contest: it ended since
 * somebody else wants the same; two of that kind who began anew each time would go on for ever. */
gboolean
bridge_backoff_is_over(gint64 well_us, gboolean is_contest);

G_END_DECLS
