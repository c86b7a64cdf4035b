/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-reach.h"

#include "link/bridge-address.h"

static struct {
	GPtrArray *networks; /* of GInetAddressMask, or NULL */
	GHashTable *servers; /* set of "name port" */
} host_reach;

void
host_reach_set_networks(const char *const *networks)
{
	g_clear_pointer(&host_reach.networks, g_ptr_array_unref);
	host_reach.networks = g_ptr_array_new_with_free_func(g_object_unref);
	for (guint i = 0; networks != NULL && networks[i] != NULL; i++) {
		GInetAddressMask *mask = g_inet_address_mask_new_from_string(networks[i], NULL);

		if (mask != NULL)
			g_ptr_array_add(host_reach.networks, mask);
	}
}

static char *
host_reach_build_key(const char *name, guint16 port)
{
	g_autofree char *lower = g_ascii_strdown(name, -1);

	return g_strdup_printf("%s %u", lower, port);
}

void
host_reach_add_server(const char *name, guint16 port)
{
	if (host_reach.servers == NULL)
		host_reach.servers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_hash_table_add(host_reach.servers, host_reach_build_key(name, port));
}

static gboolean
host_reach_is_named(const char *name, guint16 port)
{
	g_autofree char *exact = host_reach_build_key(name, port);
	g_autofree char *any = host_reach_build_key(name, 0);

	return host_reach.servers != NULL && (g_hash_table_contains(host_reach.servers, exact) ||
	                                      g_hash_table_contains(host_reach.servers, any));
}

gboolean
host_reach_permits(const char *name, guint16 port, GInetAddress *address)
{
	if (bridge_address_is_public(address) || host_reach_is_named(name, port))
		return TRUE;
	for (guint i = 0; host_reach.networks != NULL && i < host_reach.networks->len; i++)
		if (g_inet_address_mask_matches(host_reach.networks->pdata[i], address))
			return TRUE;
	return FALSE;
}
