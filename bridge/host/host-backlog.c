/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-backlog.h"

typedef struct {
	GVariant *message;
	guint stanza;
} HostWaiting;

struct _HostBacklog {
	HostBacklogFunction deliver;
	gpointer user_data;
	GQueue waiting; /* of HostWaiting */
	gboolean ended;
	guint timeout; /* source, 0 while nothing waits */
};

static void
host_waiting_free(gpointer data)
{
	HostWaiting *waiting = data;

	g_variant_unref(waiting->message);
	g_free(waiting);
}

HostBacklog *
host_backlog_new(HostBacklogFunction deliver, gpointer user_data)
{
	HostBacklog *backlog = g_new0(HostBacklog, 1);

	backlog->deliver = deliver;
	backlog->user_data = user_data;
	g_queue_init(&backlog->waiting);
	return backlog;
}

void
host_backlog_free(HostBacklog *backlog)
{
	g_clear_handle_id(&backlog->timeout, g_source_remove);
	g_queue_clear_full(&backlog->waiting, host_waiting_free);
	g_free(backlog);
}

static gboolean
host_backlog_timeout_cb(gpointer user_data)
{
	HostBacklog *backlog = user_data;

	backlog->timeout = 0;
	host_backlog_end(backlog);
	return G_SOURCE_REMOVE;
}

void
host_backlog_take(HostBacklog *backlog, GVariant *message, guint stanza)
{
	HostWaiting *waiting = g_new0(HostWaiting, 1);

	waiting->message = g_variant_ref_sink(message);
	waiting->stanza = stanza;
	g_queue_push_tail(&backlog->waiting, waiting);
	if (backlog->ended || backlog->waiting.length >= HOST_BACKLOG_MESSAGES_MAX)
		host_backlog_end(backlog);
	else if (backlog->timeout == 0)
		backlog->timeout =
			g_timeout_add(HOST_BACKLOG_WAIT_MS, host_backlog_timeout_cb, backlog);
}

void
host_backlog_end(HostBacklog *backlog)
{
	HostWaiting *waiting;

	backlog->ended = TRUE;
	g_clear_handle_id(&backlog->timeout, g_source_remove);
	while ((waiting = g_queue_pop_head(&backlog->waiting)) != NULL) {
		backlog->deliver(backlog->user_data, waiting->message, waiting->stanza);
		host_waiting_free(waiting);
	}
}
