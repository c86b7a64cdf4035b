/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-log.h: what libpurple complains about. A stanza may make it complain, and a stranger may
 * send as many as he likes: each complaint is logged once. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Takes over what is logged without a domain, as libpurple does, and what GLib says to its callers.
 * None of it is fatal. */
void
host_log_install(void);

/* Whether @message was not seen before; says no to everything once there are too many. */
gboolean
host_log_is_new(const char *message);

G_END_DECLS
