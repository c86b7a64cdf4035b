/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-seen.h"

#include <string.h>

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

/* @id: (transfer full) */
static gboolean
gtalk_seen_take(GTalkSeen *self, char *id)
{
	if (self->ids == NULL)
		self->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (g_hash_table_contains(self->ids, id)) {
		g_free(id);
		return FALSE;
	}
	g_hash_table_add(self->ids, id);
	g_queue_push_tail(&self->order, id);
	if (self->order.length > self->capacity)
		g_hash_table_remove(self->ids, g_queue_pop_head(&self->order));
	return TRUE;
}

gboolean
gtalk_seen_add(GTalkSeen *self, const char *id)
{
	return gtalk_seen_take(self, g_strdup(id));
}

static char *
gtalk_seen_make_key(const char *id, const char *sender)
{
	gsize id_length = strlen(id);
	gsize bare_length = sender != NULL ? strcspn(sender, "/") : 0;
	char *key = g_malloc(id_length + 1 + bare_length + 1);

	memcpy(key, id, id_length);
	key[id_length] = '\n';
	if (bare_length > 0)
		memcpy(key + id_length + 1, sender, bare_length);
	key[id_length + 1 + bare_length] = '\0';
	return key;
}

gboolean
gtalk_seen_add_message(GTalkSeen *self, const char *id, const char *sender)
{
	return gtalk_seen_take(self, gtalk_seen_make_key(id, sender));
}

gboolean
gtalk_seen_has_message(const GTalkSeen *self, const char *id, const char *sender)
{
	g_autofree char *key = gtalk_seen_make_key(id, sender);

	return self->ids != NULL && g_hash_table_contains(self->ids, key);
}
