/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-seen.h"

struct _GTalkSeen {
	guint capacity;
	GHashTable *ids; /* owns them; NULL before the first */
	GQueue order;    /* the same strings, oldest first */
};

GTalkSeen *
gtalk_seen_new(guint capacity)
{
	GTalkSeen *self = g_new0(GTalkSeen, 1);

	self->capacity = capacity;
	g_queue_init(&self->order);
	return self;
}

void
gtalk_seen_free(GTalkSeen *self)
{
	g_queue_clear(&self->order);
	g_clear_pointer(&self->ids, g_hash_table_unref);
	g_free(self);
}

gboolean
gtalk_seen_add(GTalkSeen *self, const char *id)
{
	char *copy = NULL;

	if (self->ids == NULL)
		self->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	else if (g_hash_table_contains(self->ids, id))
		return FALSE;
	copy = g_strdup(id);
	g_hash_table_add(self->ids, copy);
	g_queue_push_tail(&self->order, copy);
	if (self->order.length > self->capacity)
		g_hash_table_remove(self->ids, g_queue_pop_head(&self->order));
	return TRUE;
}
