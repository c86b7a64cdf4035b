/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-backlog.h: what arrives live while the archive is still being read waits here, so that what
 * was missed comes first and the order is that in which people spoke. It does not wait for long: a
 * held stanza is a stanza that the chat server may give to somebody else. Main loop only. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HOST_BACKLOG_MESSAGES_MAX 200 /* what waits, */
#define HOST_BACKLOG_WAIT_MS 1000     /* and how long the first of it waits */

typedef struct _HostBacklog HostBacklog;

/* @message: (transfer none): a "message" event; @stanza: its XEP-0198 number */
typedef void (*HostBacklogFunction)(gpointer user_data, GVariant *message, guint stanza);

/* Waits for the archive from the beginning. */
HostBacklog *
host_backlog_new(HostBacklogFunction deliver, gpointer user_data);
/* What still waits is forgotten: it was never acknowledged. */
void
host_backlog_free(HostBacklog *backlog);

/* @message: (transfer floating): delivered at once, or when the waiting ends */
void
host_backlog_take(HostBacklog *backlog, GVariant *message, guint stanza);

/* The archive has been read, or never will be: delivers what waits, and from now on everything at
 * once. May be called again. */
void
host_backlog_end(HostBacklog *backlog);

G_END_DECLS
