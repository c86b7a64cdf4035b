/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-tls.h: libpurple's TLS with our hand on what is read: no more at once than leaves the others
 * their turn (host-event-loop.h), and of a chat server's stream nothing that would end or hang the
 * process (host-stanza-guard.h). Main loop only. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Behind libpurple's own start. FALSE if it has no TLS plugin. */
gboolean
host_tls_start(GError **error);

G_END_DECLS
