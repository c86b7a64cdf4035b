/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-cork.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

struct _PushCork {
	GHashTable *sockets; /* id of a connection -> GSocket (weak) */
};

/* ---- Sockets --------------------------------------------------------------------------------- */

static gboolean
push_cork_is(gpointer id, gpointer socket, gpointer gone)
{
	return socket == gone;
}

static void
push_cork_forget(gpointer data, GObject *gone)
{
	PushCork *self = data;

	g_hash_table_foreach_remove(self->sockets, push_cork_is, gone);
}

static gpointer
push_cork_get_id(SoupMessage *message)
{
	return GSIZE_TO_POINTER(soup_message_get_connection_id(message));
}

/* Whoever made the connection is told of it. */
static void
push_cork_network_event_cb(SoupMessage *message, GSocketClientEvent event, GIOStream *connection,
                           gpointer user_data)
{
	PushCork *self = user_data;
	GSocket *socket;

	if (event != G_SOCKET_CLIENT_CONNECTED || !G_IS_TCP_CONNECTION(connection))
		return;
	socket = g_socket_connection_get_socket(G_SOCKET_CONNECTION(connection));
	if (g_hash_table_insert(self->sockets, push_cork_get_id(message), socket))
		g_object_weak_ref(G_OBJECT(socket), push_cork_forget, self);
}

/* ---- Messages -------------------------------------------------------------------------------- */

static void
push_cork_set(PushCork *self, SoupMessage *message, gboolean corked)
{
	GSocket *socket = g_hash_table_lookup(self->sockets, push_cork_get_id(message));

	if (socket != NULL)
		g_socket_set_option(socket, IPPROTO_TCP, TCP_CORK, corked, NULL);
}

static void
push_cork_starting_cb(SoupMessage *message, gpointer user_data)
{
	push_cork_set(user_data, message, TRUE);
}

/* Where it does not come to that, the connection is of no use any more. */
static void
push_cork_wrote_body_cb(SoupMessage *message, gpointer user_data)
{
	push_cork_set(user_data, message, FALSE);
}

void
push_cork_watch(PushCork *self, SoupMessage *message)
{
	g_signal_connect(message, "network-event", G_CALLBACK(push_cork_network_event_cb), self);
	g_signal_connect(message, "starting", G_CALLBACK(push_cork_starting_cb), self);
	g_signal_connect(message, "wrote-body", G_CALLBACK(push_cork_wrote_body_cb), self);
}

PushCork *
push_cork_new(void)
{
	PushCork *self = g_new0(PushCork, 1);

	self->sockets = g_hash_table_new(NULL, NULL);
	return self;
}

void
push_cork_free(PushCork *self)
{
	GHashTableIter iter;
	gpointer socket;

	g_hash_table_iter_init(&iter, self->sockets);
	while (g_hash_table_iter_next(&iter, NULL, &socket))
		g_object_weak_unref(socket, push_cork_forget, self);
	g_hash_table_unref(self->sockets);
	g_free(self);
}
