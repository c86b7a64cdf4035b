/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-host-process.h: one running gtalk-bridge-host as the daemon sees it: the daemon's end of
 * its link, its process id, and news of its end. Signals go through a pidfd, so that a process id
 * that was used again is never hit. Dropping the last reference closes the link, which ends a host
 * that works. Main loop only. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BRIDGE_TYPE_HOST_PROCESS (bridge_host_process_get_type())
G_DECLARE_FINAL_TYPE(BridgeHostProcess, bridge_host_process, BRIDGE, HOST_PROCESS, GObject)

/* Signal "exited": once, when the process is gone. */

/**
 * bridge_host_process_new:
 * @pidfd: (transfer full): of @pid
 * @link: (transfer full): the daemon's end of the host's link
 */
BridgeHostProcess *
bridge_host_process_new(GPid pid, int pidfd, int link, GError **error);

GPid
bridge_host_process_get_pid(BridgeHostProcess *self);

/* (transfer none): wrap it in a GDBusConnection with G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER
 * and any GUID; the same user at the other end may authenticate. */
GSocketConnection *
bridge_host_process_get_link(BridgeHostProcess *self);

gboolean
bridge_host_process_has_exited(BridgeHostProcess *self);

/* No effect after the end. */
void
bridge_host_process_kill(BridgeHostProcess *self, int signal_number);

G_END_DECLS
