/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-socket.h: a WebSocket (RFC 6455) over a channel: text messages both ways, pings that find
 * out when the other side has gone without a word, the closing handshake. What is sent waits in one
 * place until the client has taken what was sent before; the owner looks there before it sends
 * more. */
#pragma once

#include "bridge-channel.h"

G_BEGIN_DECLS

#define BRIDGE_SOCKET_PING_S                                                                       \
	25 /* below the 30 s after which proxies give up; one that is not                          \
	      answered before the next ends the socket */

typedef struct _BridgeSocket BridgeSocket;

typedef struct {
	/* @text: UTF-8; may be wiped */
	void (*received)(char *text, gsize length, gpointer user_data);
	/* All that was sent has left. */
	void (*clear)(gpointer user_data);
	/* Once; nothing else is called afterwards. */
	void (*ended)(gpointer user_data);
} BridgeSocketOwner;

/**
 * bridge_socket_new:
 * @channel: (transfer full): on which nothing was written
 * @head: the answer to the handshake
 * @owner: static */
BridgeSocket *
bridge_socket_new(BridgeChannel *channel, const char *head, const BridgeSocketOwner *owner,
                  gpointer user_data);
BridgeSocket *
bridge_socket_ref(BridgeSocket *self);
void
bridge_socket_unref(BridgeSocket *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeSocket, bridge_socket_unref)

/* Adds a text message to what leaves next. */
void
bridge_socket_add(BridgeSocket *self, const char *text, gsize length);
/* Lets it leave, now or after what is on its way. */
void
bridge_socket_flush(BridgeSocket *self);

/* TRUE when nothing waits. */
gboolean
bridge_socket_is_clear(BridgeSocket *self);
/* Octets that wait behind what is on its way. */
gsize
bridge_socket_get_waiting(BridgeSocket *self);

/* While not reading, no message is received and no answer to a ping is missed. */
void
bridge_socket_set_reading(BridgeSocket *self, gboolean reading);

/* Says why, behind all that waits, and ends. Once it is called nothing is received. */
void
bridge_socket_close(BridgeSocket *self, guint status, const char *reason);

/* Whoever owned it is not there any more: nothing is called, it closes. */
void
bridge_socket_disown(BridgeSocket *self);

G_END_DECLS
