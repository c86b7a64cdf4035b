/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-peer.h"

#include <string.h>

#define PEER_KEY "bridge-peer"
#define PEER_IPV6_NETWORK_BYTES 8

BridgePeer *
bridge_peer_new(GSocketAddress *remote, gboolean keep_alive)
{
	BridgePeer *self = g_new0(BridgePeer, 1);

	g_ref_count_init(&self->references);
	self->address = bridge_peer_build_key(remote, &self->local);
	self->gone = g_cancellable_new();
	self->keep_alive = keep_alive;
	return self;
}

BridgePeer *
bridge_peer_ref(BridgePeer *self)
{
	g_ref_count_inc(&self->references);
	return self;
}

void
bridge_peer_unref(BridgePeer *self)
{
	if (!g_ref_count_dec(&self->references))
		return;
	g_free(self->address);
	g_object_unref(self->gone);
	g_free(self);
}

static char *
peer_build_network(GInetAddress *address)
{
	guint8 bytes[16] = {0};
	g_autoptr(GInetAddress) network = NULL;

	memcpy(bytes, g_inet_address_to_bytes(address), PEER_IPV6_NETWORK_BYTES);
	network = g_inet_address_new_from_bytes(bytes, G_SOCKET_FAMILY_IPV6);
	return g_inet_address_to_string(network);
}

static char *
peer_build_key_of(GInetAddress *address, gboolean *local)
{
	*local = g_inet_address_get_is_loopback(address);
	if (!*local && g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6)
		return peer_build_network(address);
	return g_inet_address_to_string(address);
}

char *
bridge_peer_build_key(GSocketAddress *remote, gboolean *local)
{
	*local = TRUE;
	if (remote == NULL || !G_IS_INET_SOCKET_ADDRESS(remote))
		return g_strdup("unix");
	return peer_build_key_of(g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(remote)),
	                         local);
}

void
bridge_peer_note_client(BridgePeer *self, BridgeProxies *proxies, SoupServerMessage *message)
{
	SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);
	g_autoptr(GInetAddress) client = NULL;

	if (!bridge_proxies_trust(proxies, soup_server_message_get_remote_address(message)))
		return;
	client = bridge_proxies_find_client(
		proxies, soup_message_headers_get_list(headers, bridge_proxies_get_field(proxies)));
	if (client == NULL)
		return;
	g_free(self->address);
	self->address = peer_build_key_of(client, &self->local);
}

void
bridge_peer_attach(BridgePeer *self, GSocketAddress *remote)
{
	g_object_set_data_full(G_OBJECT(remote), PEER_KEY, bridge_peer_ref(self),
	                       (GDestroyNotify)bridge_peer_unref);
}

BridgePeer *
bridge_peer_get(SoupServerMessage *message)
{
	GSocketAddress *remote = soup_server_message_get_remote_address(message);

	return remote == NULL ? NULL : g_object_get_data(G_OBJECT(remote), PEER_KEY);
}
