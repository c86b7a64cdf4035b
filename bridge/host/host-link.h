/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-link.h: the host's end of the link to the daemon: answers gtalk.bridge.Host1, hands
 * over events, and pauses reading from the chat servers while the daemon has its hands full. When
 * the daemon is gone or refuses events the link has ended, and with it the host: what was not
 * acknowledged comes again at the accounts' next sign-in. Main loop only. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _HostLink HostLink;

/**
 * host_link_new:
 * @fd: (transfer full): a connected stream socket
 * @ended: (scope async): called once, from the main loop */
HostLink *
host_link_new(int fd, void (*ended)(gpointer user_data), gpointer user_data, GError **error);
void
host_link_free(HostLink *link);

G_END_DECLS
