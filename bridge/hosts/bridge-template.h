/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-template.h: the warm template, a gtalk-bridge-host --template that has libpurple started
 * and its plugins probed, and forks a host for each request, so that hosts share that memory.
 *
 * The template must not have threads when it forks, so it speaks no D-Bus. Its descriptor 3
 * (BRIDGE_LINK_FD) is one end of a SOCK_SEQPACKET pair. The daemon sends BridgeTemplateRequest
 * (bridge-link.h) with the host's link as SCM_RIGHTS; the template answers each, in order, with
 * BridgeTemplateReply, with a pidfd of the new host as SCM_RIGHTS if there is one. It reaps its
 * children, and when the daemon closes its end it kills what is left of them and exits. The
 * template started anew when it was lost answers the requests after that; hosts of a lost template
 * live on. Main loop only. */
#pragma once

#include <gio/gio.h>

#include "bridge-host-process.h"

G_BEGIN_DECLS

#define BRIDGE_TYPE_TEMPLATE (bridge_template_get_type())
G_DECLARE_FINAL_TYPE(BridgeTemplate, bridge_template, BRIDGE, TEMPLATE, GObject)

/**
 * bridge_template_new:
 * @program: path of gtalk-bridge-host
 * @protocols: (nullable): names on the link, ended by %NULL, that its hosts load
 *
 * The template is started at the first spawn. It ends with the last reference. */
BridgeTemplate *
bridge_template_new(const char *program, const char *const *protocols);

/**
 * bridge_template_spawn_async:
 *
 * Asks for a host. Deadline 30 s (a template starts in less than one). Errors: #GIOErrorEnum or
 * #GSpawnError; the next call starts a new template if this one is lost. */
void
bridge_template_spawn_async(BridgeTemplate *self, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data);

/* Returns: (transfer full) */
BridgeHostProcess *
bridge_template_spawn_finish(BridgeTemplate *self, GAsyncResult *result, GError **error);

G_END_DECLS
