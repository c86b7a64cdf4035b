/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-past.h"

#define PAST_KEYS_MAX 1000

struct _BridgePushPast {
	GHashTable *pushed; /* key -> BridgePushPushed */
	gboolean lost;      /* some of it */
};

typedef struct {
	guint64 seq;
	gint64 at_us;
	gboolean shown; /* else it was withdrawn */
} BridgePushPushed;

void
bridge_push_past_lose(BridgePushPast *self)
{
	self->lost = TRUE;
	g_hash_table_remove_all(self->pushed);
}

void
bridge_push_past_add(BridgePushPast *self, const BridgePushItem *item, gint64 now_us)
{
	BridgePushPushed *pushed = g_hash_table_lookup(self->pushed, item->key);

	if (pushed == NULL) {
		if (g_hash_table_size(self->pushed) >= PAST_KEYS_MAX)
			bridge_push_past_lose(self);
		pushed = g_new0(BridgePushPushed, 1);
		g_hash_table_insert(self->pushed, g_strdup(item->key), pushed);
	}
	pushed->seq = MAX(pushed->seq, item->seq);
	pushed->at_us = now_us;
	pushed->shown = item->kind != BRIDGE_PUSH_READ;
}

gboolean
bridge_push_past_shows(BridgePushPast *self, const char *key)
{
	const BridgePushPushed *pushed = g_hash_table_lookup(self->pushed, key);

	return pushed != NULL ? pushed->shown : self->lost;
}

gboolean
bridge_push_past_has(BridgePushPast *self, const BridgePushItem *item)
{
	const BridgePushPushed *pushed = g_hash_table_lookup(self->pushed, item->key);

	return pushed != NULL && pushed->seq >= item->seq;
}

gint64
bridge_push_past_get_due_us(BridgePushPast *self, const char *key)
{
	const BridgePushPushed *pushed = g_hash_table_lookup(self->pushed, key);

	return pushed != NULL ? pushed->at_us + BRIDGE_PUSH_SPACING_US : 0;
}

BridgePushPast *
bridge_push_past_new(void)
{
	BridgePushPast *self = g_new0(BridgePushPast, 1);

	self->pushed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return self;
}

void
bridge_push_past_free(BridgePushPast *self)
{
	g_hash_table_unref(self->pushed);
	g_free(self);
}
