/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-watch.h: waiting for sockets: one epoll set behind one source of the main context. With a
 * GSource for each connection, every turn of the main loop would cost time in proportion to the
 * number of connections, most of which do nothing. Main loop only. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A set of sockets; lives as long as any watch in it. */
typedef struct _BridgeWatches BridgeWatches;

BridgeWatches *
bridge_watches_new(void);
BridgeWatches *
bridge_watches_ref(BridgeWatches *self);
void
bridge_watches_unref(BridgeWatches *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeWatches, bridge_watches_unref)

/* One socket. */
typedef struct _BridgeWatch BridgeWatch;

/* @condition: of what is wanted; an error or a hang-up is all of it. It may free its watch, and any
 * other. */
typedef void (*BridgeWatchFunc)(GIOCondition condition, gpointer user_data);

/* Waits for nothing yet. The descriptor must stay open as long as the watch is there. */
BridgeWatch *
bridge_watch_new(BridgeWatches *watches, int fd, BridgeWatchFunc function, gpointer user_data);
void
bridge_watch_free(BridgeWatch *self);

/* @condition: G_IO_IN, G_IO_OUT, both, or 0: even a hang-up is not told then */
void
bridge_watch_want(BridgeWatch *self, GIOCondition condition);

/* Calls it with G_IO_IN on the next turn, if that is wanted then, whatever the system says: a
 * stream above the socket may have kept something. */
void
bridge_watch_look_again(BridgeWatch *self);

G_END_DECLS
