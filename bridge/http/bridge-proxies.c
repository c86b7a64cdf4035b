/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-proxies.h"

#include <libsoup/soup.h>

#include <string.h>

#define PROXIES_UNIX "unix"

struct _BridgeProxies {
	gboolean unix_sockets;
	GPtrArray *masks; /* of GInetAddressMask */
	BridgeForwardedHeader header;
};

BridgeProxies *
bridge_proxies_new(const char *const *trusted, BridgeForwardedHeader header)
{
	BridgeProxies *self = g_new0(BridgeProxies, 1);

	self->masks = g_ptr_array_new_with_free_func(g_object_unref);
	self->header = header;
	for (guint i = 0; trusted != NULL && trusted[i] != NULL; i++) {
		GInetAddressMask *mask = NULL;

		if (g_str_equal(trusted[i], PROXIES_UNIX))
			self->unix_sockets = TRUE;
		else
			mask = g_inet_address_mask_new_from_string(trusted[i], NULL);
		if (mask != NULL)
			g_ptr_array_add(self->masks, mask);
	}
	return self;
}

void
bridge_proxies_free(BridgeProxies *self)
{
	g_ptr_array_unref(self->masks);
	g_free(self);
}

static gboolean
proxies_trust_address(BridgeProxies *self, GInetAddress *address)
{
	for (guint i = 0; i < self->masks->len; i++)
		if (g_inet_address_mask_matches(g_ptr_array_index(self->masks, i), address))
			return TRUE;
	return FALSE;
}

gboolean
bridge_proxies_trust(BridgeProxies *self, GSocketAddress *remote)
{
	if (!G_IS_INET_SOCKET_ADDRESS(remote))
		return self->unix_sockets;
	return proxies_trust_address(
		self, g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(remote)));
}

const char *
bridge_proxies_get_field(BridgeProxies *self)
{
	return self->header == BRIDGE_FORWARDED_RFC7239 ? "Forwarded" : "X-Forwarded-For";
}

/* "192.0.2.1", "192.0.2.1:8080", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:8080" */
static GInetAddress *
proxies_parse_address(const char *text)
{
	g_autofree char *host = NULL;
	const char *end = NULL;

	if (*text == '[') {
		end = strchr(text, ']');
		host = end != NULL ? g_strndup(text + 1, end - text - 1) : NULL;
	} else if (strchr(text, ':') == strrchr(text, ':')) {
		host = g_strndup(text, strcspn(text, ":"));
	} else {
		host = g_strdup(text);
	}
	return host != NULL ? g_inet_address_new_from_string(host) : NULL;
}

/* RFC 7239 section 4: "for=..." of one element. */
static GInetAddress *
proxies_parse_element(BridgeProxies *self, const char *element)
{
	g_autoptr(GHashTable) parameters = NULL;
	const char *client = NULL;

	if (self->header == BRIDGE_FORWARDED_X_FORWARDED_FOR)
		return proxies_parse_address(element);
	parameters = soup_header_parse_semi_param_list(element);
	client = g_hash_table_lookup(parameters, "for");
	return client != NULL ? proxies_parse_address(client) : NULL;
}

GInetAddress *
bridge_proxies_find_client(BridgeProxies *self, const char *value)
{
	GSList *elements = value != NULL ? soup_header_parse_list(value) : NULL;
	g_autoptr(GInetAddress) client = NULL;

	elements = g_slist_reverse(elements);
	for (GSList *item = elements; item != NULL; item = item->next) {
		GInetAddress *before = proxies_parse_element(self, item->data);

		if (before == NULL)
			break;
		g_set_object(&client, before);
		g_object_unref(before);
		if (!proxies_trust_address(self, client))
			break;
	}
	soup_header_free_list(elements);
	return g_steal_pointer(&client);
}
