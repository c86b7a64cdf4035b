/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-waiting.h: an answer that takes its time, on a connection that libsoup has let go: libsoup
 * keeps some 10 kB for each message that is paused, and looks at it on every turn of the main loop.
 * It ends as one whole answer, after which the connection speaks HTTP again, or goes on as a stream
 * that ends with the connection. */
#pragma once

#include "bridge-channel.h"

G_BEGIN_DECLS

typedef struct _BridgeWaiting BridgeWaiting;

/**
 * bridge_waiting_new:
 * @channel: (transfer full): of a connection that was just switched
 * @fields: (transfer full): the header so far: lines with their ends
 * @keep_alive: whether the client would like to go on with the connection */
BridgeWaiting *
bridge_waiting_new(BridgeChannel *channel, GString *fields, gboolean keep_alive);
/* What is on its way still leaves. */
void
bridge_waiting_unref(BridgeWaiting *self);

void
bridge_waiting_add_field(BridgeWaiting *self, const char *name, const char *value);

/* @content_type, @text: (nullable) */
void
bridge_waiting_answer(BridgeWaiting *self, guint status, const char *content_type,
                      const char *text);

/* @drained: when what was written has left, perhaps before bridge_waiting_write() returns */
void
bridge_waiting_begin(BridgeWaiting *self, const char *content_type,
                     void (*drained)(gpointer user_data), gpointer user_data);
/* @text: (transfer full); only when what was written before has left */
void
bridge_waiting_write(BridgeWaiting *self, GString *text);
/* Nothing is called any more. */
void
bridge_waiting_end(BridgeWaiting *self);

G_END_DECLS
