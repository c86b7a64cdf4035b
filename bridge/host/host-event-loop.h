/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-event-loop.h: the event loop that libpurple runs on: GLib's default main context, with two
 * things that GLib's own sources lack. Reading can be paused for all of libpurple's sockets at
 * once, which makes the kernel and then the chat servers wait; and a reader that stopped before it
 * had drained its socket can ask to be called again although poll() has nothing new to say (TLS
 * keeps decrypted bytes of its own). Timers are bridge-timers.h's. Main loop only. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Sets libpurple's event loop operations; before purple_core_init(). */
void
host_event_loop_install(void);

/* While paused no read handler runs; writing goes on, and so do timers. */
void
host_event_loop_set_paused(gboolean paused);
gboolean
host_event_loop_is_paused(void);

/* How much a read handler may take off its socket in one go, so that no account starves the others.
 */
#define HOST_EVENT_LOOP_BUDGET_BYTES (64 * 1024)

/**
 * host_event_loop_may_read:
 * @fd: a socket that libpurple watches
 *
 * To be asked by whoever reads from @fd in a loop. When it says no, the read handler is called
 * again as soon as reading goes on, whether or not poll() sees anything. */
gboolean
host_event_loop_may_read(int fd);
void
host_event_loop_count_read(int fd, gsize n_bytes);

G_END_DECLS
