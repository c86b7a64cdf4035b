/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-activation.h: listening sockets that the service manager has opened for us (the protocol
 * of sd_listen_fds(3)), so that nobody finds the door shut while we are restarted. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _BridgeActivation BridgeActivation;

/* Takes what is there, once for the process, before there are threads; our children see nothing of
 * it. Descriptors that are no listening stream sockets are closed, with a warning. */
BridgeActivation *
bridge_activation_new(void);
void
bridge_activation_free(BridgeActivation *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeActivation, bridge_activation_free)

/**
 * bridge_activation_take:
 * @name: (nullable): as FileDescriptorName= of the socket unit; %NULL for whatever is left
 *
 * Returns: (element-type GSocket) (transfer full): perhaps empty; each is given out once */
GPtrArray *
bridge_activation_take(BridgeActivation *self, const char *name);

/* How many nobody has taken. */
guint
bridge_activation_count(BridgeActivation *self);

G_END_DECLS
