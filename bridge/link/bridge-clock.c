/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-clock.h"

#include "bridge-build-day.h"

#define CLOCK_DAY_US (86400 * (gint64)G_USEC_PER_SEC)

gboolean
bridge_clock_is_right(void)
{
	return g_get_real_time() >= BRIDGE_BUILD_DAY * CLOCK_DAY_US;
}
