/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-offline-match.h"

#include <string.h>

#define GTALK_OFFLINE_MATCH_OLDEST_US 1000000000000000 /* in 2001: what is less is no time */

typedef struct {
	char *sender;
	gint64 time_us;
} GTalkOfflineMatchEntry;

struct _GTalkOfflineMatch {
	GTree *entries; /* set of GTalkOfflineMatchEntry, by sender, and then by time */
};

static int
gtalk_offline_match_compare(gconstpointer a, gconstpointer b, gpointer user_data)
{
	const GTalkOfflineMatchEntry *one = a;
	const GTalkOfflineMatchEntry *other = b;
	int order = strcmp(one->sender, other->sender);

	if (order != 0)
		return order;
	return one->time_us < other->time_us ? -1 : one->time_us > other->time_us;
}

static void
gtalk_offline_match_free_entry(gpointer data)
{
	GTalkOfflineMatchEntry *entry = data;

	g_free(entry->sender);
	g_free(entry);
}

GTalkOfflineMatch *
gtalk_offline_match_new(void)
{
	GTalkOfflineMatch *self = g_new0(GTalkOfflineMatch, 1);

	self->entries = g_tree_new_full(gtalk_offline_match_compare, NULL,
	                                gtalk_offline_match_free_entry, NULL);
	return self;
}

void
gtalk_offline_match_free(GTalkOfflineMatch *self)
{
	g_tree_unref(self->entries);
	g_free(self);
}

void
gtalk_offline_match_note(GTalkOfflineMatch *self, const char *sender, gint64 time_us)
{
	GTalkOfflineMatchEntry *entry = NULL;

	if (g_tree_nnodes(self->entries) >= GTALK_OFFLINE_MATCH_MAX)
		return;
	entry = g_new(GTalkOfflineMatchEntry, 1);
	entry->sender = g_strdup(sender);
	entry->time_us = time_us;
	g_tree_replace(self->entries, entry, NULL);
}

gboolean
gtalk_offline_match_take(GTalkOfflineMatch *self, const char *node, const char *sender)
{
	GTalkOfflineMatchEntry earliest = {.sender = (char *)sender};
	const GTalkOfflineMatchEntry *entry = NULL;
	GTreeNode *found = NULL;
	guint64 stored_us = 0;

	if (sender == NULL || !g_ascii_string_to_unsigned(node, 10, GTALK_OFFLINE_MATCH_OLDEST_US,
	                                                  G_MAXINT64, &stored_us, NULL))
		return FALSE;
	earliest.time_us = (gint64)stored_us - GTALK_OFFLINE_MATCH_US;
	found = g_tree_lower_bound(self->entries, &earliest);
	entry = found != NULL ? g_tree_node_key(found) : NULL;
	if (entry == NULL || strcmp(entry->sender, sender) != 0 ||
	    entry->time_us > (gint64)stored_us)
		return FALSE;
	g_tree_remove(self->entries, entry);
	return TRUE;
}
