/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-spent.h"

#include "link/bridge-grant.h"
#include "base/bridge-secret.h"

#define SPENT_TABLE "bridge-spent" /* of the accounts' data: hash -> BridgeSpent */

typedef struct {
	GBytes *instead;
	gint64 until_us; /* monotonic */
} BridgeSpent;

static void
bridge_spent_free(BridgeSpent *spent)
{
	g_bytes_unref(spent->instead);
	g_free(spent);
}

static GHashTable *
bridge_spent_ensure_table(BridgeAccounts *accounts)
{
	GHashTable *table = g_object_get_data(G_OBJECT(accounts), SPENT_TABLE);

	if (table != NULL)
		return table;
	table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                              (GDestroyNotify)bridge_spent_free);
	g_object_set_data_full(G_OBJECT(accounts), SPENT_TABLE, table,
	                       (GDestroyNotify)g_hash_table_unref);
	return table;
}

/* By the refresh token alone: what else is shown with it may be another each time. */
static char *
bridge_spent_dup_key(const char *address, GBytes *shown)
{
	char *text = g_strndup(g_bytes_get_data(shown, NULL), g_bytes_get_size(shown));
	g_autoptr(BridgeGrant) grant = bridge_grant_parse(text);
	char *whole = NULL;
	char *key = NULL;

	bridge_secret_free_text(text);
	if (grant == NULL)
		return NULL;
	whole = g_strconcat(address, "\n", grant->refresh_token, NULL);
	key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, whole, -1);
	bridge_secret_free_text(whole);
	return key;
}

static gboolean
bridge_spent_is_over(gpointer key, gpointer value, gpointer user_data)
{
	return ((BridgeSpent *)value)->until_us <= *(gint64 *)user_data;
}

static void
bridge_spent_forget_old(GHashTable *table)
{
	gint64 now_us = g_get_monotonic_time();

	g_hash_table_foreach_remove(table, bridge_spent_is_over, &now_us);
}

void
bridge_spent_note(BridgeAccounts *accounts, const char *address, GBytes *shown, GBytes *instead)
{
	GHashTable *table = bridge_spent_ensure_table(accounts);
	g_autofree char *key = bridge_spent_dup_key(address, shown);
	BridgeSpent *spent;

	bridge_spent_forget_old(table);
	if (key == NULL || g_hash_table_size(table) >= BRIDGE_SPENT_MAX)
		return;
	spent = g_new0(BridgeSpent, 1);
	spent->instead = g_bytes_ref(instead);
	spent->until_us = g_get_monotonic_time() + BRIDGE_SPENT_KEPT_US;
	g_hash_table_replace(table, g_steal_pointer(&key), spent);
}

GBytes *
bridge_spent_find(BridgeAccounts *accounts, const char *address, GBytes *shown)
{
	GHashTable *table = bridge_spent_ensure_table(accounts);
	g_autofree char *key = bridge_spent_dup_key(address, shown);
	const BridgeSpent *spent;

	bridge_spent_forget_old(table);
	spent = key != NULL ? g_hash_table_lookup(table, key) : NULL;
	return spent != NULL ? g_bytes_ref(spent->instead) : NULL;
}
