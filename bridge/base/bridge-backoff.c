/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-backoff.h"

#define BACKOFF_DOUBLINGS_MAX 16 /* far beyond the last: keeps the shift defined */

gint64
bridge_backoff_get_delay_us(guint attempt)
{
	gint64 delay_us = (gint64)BRIDGE_BACKOFF_FIRST_US << MIN(attempt, BACKOFF_DOUBLINGS_MAX);

	delay_us = MIN(delay_us, BRIDGE_BACKOFF_LAST_US);
	return delay_us / 2 + (gint64)(g_random_double() * (double)(delay_us / 2));
}

gboolean
bridge_backoff_is_over(gint64 well_us, gboolean is_contest)
{
	return well_us >= (is_contest ? BRIDGE_BACKOFF_UNDISPUTED_US : BRIDGE_BACKOFF_STEADY_US);
}
