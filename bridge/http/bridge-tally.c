/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-tally.h"

struct _BridgeTally {
	GHashTable *counts;
};

BridgeTally *
bridge_tally_new(void)
{
	BridgeTally *self = g_new0(BridgeTally, 1);

	self->counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return self;
}

void
bridge_tally_free(BridgeTally *self)
{
	g_hash_table_unref(self->counts);
	g_free(self);
}

guint
bridge_tally_get(BridgeTally *self, const char *key)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(self->counts, key));
}

static void
tally_set(BridgeTally *self, const char *key, guint count)
{
	if (count == 0)
		g_hash_table_remove(self->counts, key);
	else
		g_hash_table_insert(self->counts, g_strdup(key), GUINT_TO_POINTER(count));
}

void
bridge_tally_add(BridgeTally *self, const char *key)
{
	tally_set(self, key, bridge_tally_get(self, key) + 1);
}

void
bridge_tally_remove(BridgeTally *self, const char *key)
{
	guint count = bridge_tally_get(self, key);

	g_return_if_fail(count > 0);
	tally_set(self, key, count - 1);
}
