/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-clock.h: whether the time of day can be right. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* FALSE: it stands before the day that this program was built on, as on a machine without a battery
 * that has not asked for the time yet. What is signed then is refused wherever it goes. */
gboolean
bridge_clock_is_right(void);

G_END_DECLS
