/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-channel.h: octets both ways over a connection that has left HTTP. One piece is written at
 * a time, so that a client that does not read makes its owner wait instead of the memory grow; one
 * that takes nothing at all for a while is cut off, and the system keeps nothing for it. */
#pragma once

#include "bridge-connection.h"
#include "bridge-watch.h"

G_BEGIN_DECLS

typedef struct {
	void (*received)(const guint8 *bytes, gsize length, gpointer user_data);
	/* The piece that did not leave at once has left. */
	void (*drained)(gpointer user_data);
	/* Once; nothing else is called afterwards. */
	void (*ended)(gpointer user_data);
} BridgeChannelOwner;

BridgeChannel *
bridge_channel_ref(BridgeChannel *self);
void
bridge_channel_unref(BridgeChannel *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeChannel, bridge_channel_unref)

/* Begins to read. @owner: static */
void
bridge_channel_open(BridgeChannel *self, const BridgeChannelOwner *owner, gpointer user_data);

/**
 * bridge_channel_write:
 * Only when the piece before has left.
 *
 * Returns: whether it has left at once; else @owner is told when it has */
gboolean
bridge_channel_write(BridgeChannel *self, GBytes *bytes);

gboolean
bridge_channel_is_writing(BridgeChannel *self);

/* Reads on, or leaves to the system and the client what comes. */
void
bridge_channel_set_reading(BridgeChannel *self, gboolean reading);

/* Says no more, and ends when the client has hung up or some time is over; @owner hears at once. */
void
bridge_channel_hang_up(BridgeChannel *self);
/* Ends at once. */
void
bridge_channel_abort(BridgeChannel *self);

/* The connection speaks HTTP again, if the client would like to (@keep_alive): with @ahead,
 * (nullable), that was received. Nothing must be on its way; @owner is told nothing any more. */
void
bridge_channel_give_back(BridgeChannel *self, GByteArray *ahead, gboolean keep_alive);

/* ---- For its connection ---------------------------------------------------------------------- */

BridgeChannel *
bridge_channel_new(BridgeConnection *connection, GIOStream *stream, BridgeWatches *watches, int fd,
                   guint write_ms);
/* The connection is going. */
void
bridge_channel_end(BridgeChannel *self);

G_END_DECLS
