/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-window.h: the events on their way to the daemon: numbered, queued, cut into batches of at
 * most BRIDGE_LINK_WINDOW_EVENTS or BRIDGE_LINK_WINDOW_BYTES, of which at most
 * BRIDGE_LINK_WINDOW_BATCHES are unanswered. It knows nothing of sockets: a sender takes the
 * batches and says which was answered. Main loop only. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _HostWindow HostWindow;

/* Runs once, when the daemon has the event on disk; not at all if the window ends before. */
typedef void (*HostWindowDurable)(gpointer user_data, guint stream, guint stanza);

typedef struct {
	/* @events: BRIDGE_LINK_EVENTS_TYPE, floating. */
	void (*send)(gpointer user_data, GVariant *events);
	/* The window became full, or is not full any more. */
	void (*full)(gpointer user_data, gboolean full);
} HostWindowSender;

HostWindow *
host_window_new(const HostWindowSender *sender, gpointer user_data);
void
host_window_free(HostWindow *window);

/* What to call when an event is durable; @data must live until then. */
typedef struct {
	HostWindowDurable function;
	gpointer data;
	guint stream;
	guint stanza;
} HostWindowNotify;

/**
 * host_window_push:
 * @data: what the event's type has, floating or not
 * @notify: (nullable): copied
 */
void
host_window_push(HostWindow *window, const char *account, const char *type, GVariant *data,
                 const HostWindowNotify *notify);

/* Of the event that was pushed last; 0: none was. */
guint64
host_window_get_last_number(HostWindow *window);

/* Sends what the window has room for. */
void
host_window_flush(HostWindow *window);

/* While it is held by anybody, nothing is sent. */
void
host_window_hold(HostWindow *window);
void
host_window_release(HostWindow *window);

/* Drops the notifications that would go to @data; the events are sent all the same. */
void
host_window_forget(HostWindow *window, gpointer data);

/* To be called by the sender once for each batch. @number: of its last event. FALSE if no such
 * batch is unanswered. */
gboolean
host_window_answered(HostWindow *window, guint64 number);

/* When the oldest batch that is unanswered was sent, in monotonic time; G_MAXINT64 if there is
 * none. */
gint64
host_window_get_waiting_since_us(HostWindow *window);

gboolean
host_window_is_full(HostWindow *window);
/* Nothing queued and nothing unanswered. */
gboolean
host_window_is_empty(HostWindow *window);

G_END_DECLS
