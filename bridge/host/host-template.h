/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-template.h: the other end of bridge-template.h: a process that has libpurple started and
 * waits for requests to fork hosts. It has one thread and no main loop; what it hands to its
 * children is memory. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
	HOST_TEMPLATE_ENDED, /* the daemon is gone, or asked for nothing more */
	HOST_TEMPLATE_CHILD, /* this is a new host */
	HOST_TEMPLATE_FAILED,
} HostTemplateOutcome;

/**
 * host_template_run:
 * @control: the SOCK_SEQPACKET socket to the daemon
 * @link: (out): for %HOST_TEMPLATE_CHILD: the host's link
 *
 * Serves requests. Returns in the template when it has ended, and in each child at once. */
HostTemplateOutcome
host_template_run(int control, int *link, GError **error);

G_END_DECLS
