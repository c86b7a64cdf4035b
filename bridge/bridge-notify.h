/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-notify.h: tells the service manager how we are (sd_notify(3)'s protocol). Nothing happens
 * where nobody listens. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @state: lines such as "READY=1" and "STATUS=..." */
void
bridge_notify(const char *state);

G_END_DECLS
