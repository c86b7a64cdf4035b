/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-event-shares.h"

static const char *
bridge_event_shares_get_account_id(GVariant *event)
{
	const char *account_id;

	g_variant_get_child(event, 1, "&s", &account_id);
	return account_id;
}

char *
bridge_event_shares_dup_only(GVariant *events)
{
	g_autofree char *only = NULL;
	gsize n_events = g_variant_n_children(events);

	for (gsize i = 0; i < n_events; i++) {
		g_autoptr(GVariant) event = g_variant_get_child_value(events, i);
		const char *account_id = bridge_event_shares_get_account_id(event);

		if (only == NULL)
			only = g_strdup(account_id);
		else if (!g_str_equal(only, account_id))
			return NULL;
	}
	return g_steal_pointer(&only);
}

GHashTable *
bridge_event_shares_split(GVariant *events)
{
	GHashTable *shares = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                           (GDestroyNotify)g_variant_builder_unref);
	gsize n_events = g_variant_n_children(events);

	for (gsize i = 0; i < n_events; i++) {
		g_autoptr(GVariant) event = g_variant_get_child_value(events, i);
		const char *account_id = bridge_event_shares_get_account_id(event);
		GVariantBuilder *builder = g_hash_table_lookup(shares, account_id);

		if (builder == NULL) {
			builder = g_variant_builder_new(G_VARIANT_TYPE("a(tssv)"));
			g_hash_table_insert(shares, g_strdup(account_id), builder);
		}
		g_variant_builder_add_value(builder, event);
	}
	return shares;
}
