/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-seen.h"

#include <string.h>

#define GTALK_SEEN_BUCKETS_MIN 16

typedef struct _GTalkSeenEntry GTalkSeenEntry;

struct _GTalkSeenEntry {
	GTalkSeenEntry *older; /* the next one of the same bucket */
	GTalkSeenEntry *newer; /* of all */
	guint hash;
	char key[];
};

/* Every message with an archive id comes by here: one table that knows the order, too, takes half
 * as long as a GHashTable and a GQueue. */
struct _GTalkSeen {
	guint capacity;
	guint n_entries;
	guint n_buckets;          /* a power of two, or 0 before the first id */
	GTalkSeenEntry **buckets; /* the newest of each */
	GTalkSeenEntry *oldest;
	GTalkSeenEntry *newest;
};

GTalkSeen *
gtalk_seen_new(guint capacity)
{
	GTalkSeen *self = g_new0(GTalkSeen, 1);

	self->capacity = capacity;
	return self;
}

static GTalkSeenEntry **
gtalk_seen_get_bucket(const GTalkSeen *self, guint hash)
{
	return &self->buckets[hash & (self->n_buckets - 1)];
}

/* It is the last one of its bucket. */
static void
gtalk_seen_drop_oldest(GTalkSeen *self)
{
	GTalkSeenEntry *entry = self->oldest;
	GTalkSeenEntry **link = gtalk_seen_get_bucket(self, entry->hash);

	while (*link != entry)
		link = &(*link)->older;
	*link = NULL;
	self->oldest = entry->newer;
	if (self->oldest == NULL)
		self->newest = NULL;
	self->n_entries--;
	g_free(entry);
}

void
gtalk_seen_free(GTalkSeen *self)
{
	while (self->oldest != NULL)
		gtalk_seen_drop_oldest(self);
	g_free(self->buckets);
	g_free(self);
}

static void
gtalk_seen_put_in_bucket(GTalkSeen *self, GTalkSeenEntry *entry)
{
	GTalkSeenEntry **bucket = gtalk_seen_get_bucket(self, entry->hash);

	entry->older = *bucket;
	*bucket = entry;
}

static void
gtalk_seen_grow(GTalkSeen *self)
{
	self->n_buckets = MAX(self->n_buckets * 2, GTALK_SEEN_BUCKETS_MIN);
	g_free(self->buckets);
	self->buckets = g_new0(GTalkSeenEntry *, self->n_buckets);
	for (GTalkSeenEntry *entry = self->oldest; entry != NULL; entry = entry->newer)
		gtalk_seen_put_in_bucket(self, entry);
}

static gboolean
gtalk_seen_has(const GTalkSeen *self, const GTalkSeenEntry *wanted)
{
	const GTalkSeenEntry *entry = NULL;

	if (self->n_buckets > 0)
		entry = *gtalk_seen_get_bucket(self, wanted->hash);
	while (entry != NULL &&
	       (entry->hash != wanted->hash || strcmp(entry->key, wanted->key) != 0))
		entry = entry->older;
	return entry != NULL;
}

/* @entry: (transfer full) */
static gboolean
gtalk_seen_take(GTalkSeen *self, GTalkSeenEntry *entry)
{
	if (gtalk_seen_has(self, entry)) {
		g_free(entry);
		return FALSE;
	}
	if (self->n_entries >= self->n_buckets)
		gtalk_seen_grow(self);
	gtalk_seen_put_in_bucket(self, entry);
	if (self->newest != NULL)
		self->newest->newer = entry;
	else
		self->oldest = entry;
	self->newest = entry;
	if (++self->n_entries > self->capacity)
		gtalk_seen_drop_oldest(self);
	return TRUE;
}

/* @length: of the key, which has to be filled in */
static GTalkSeenEntry *
gtalk_seen_new_entry(gsize length)
{
	GTalkSeenEntry *entry = g_malloc(sizeof(GTalkSeenEntry) + length + 1);

	*entry = (GTalkSeenEntry){0};
	entry->key[length] = '\0';
	return entry;
}

/* FNV-1a */
static guint
gtalk_seen_hash(const char *key)
{
	guint hash = 2166136261;

	for (; *key != '\0'; key++)
		hash = (hash ^ (guchar)*key) * 16777619;
	return hash;
}

gboolean
gtalk_seen_add(GTalkSeen *self, const char *id)
{
	gsize length = strlen(id);
	GTalkSeenEntry *entry = gtalk_seen_new_entry(length);

	memcpy(entry->key, id, length);
	entry->hash = gtalk_seen_hash(entry->key);
	return gtalk_seen_take(self, entry);
}

static GTalkSeenEntry *
gtalk_seen_new_message_entry(const char *id, const char *sender)
{
	gsize id_length = strlen(id);
	gsize bare_length = sender != NULL ? strcspn(sender, "/") : 0;
	GTalkSeenEntry *entry = gtalk_seen_new_entry(id_length + 1 + bare_length);

	memcpy(entry->key, id, id_length);
	entry->key[id_length] = '\n';
	if (bare_length > 0)
		memcpy(entry->key + id_length + 1, sender, bare_length);
	entry->hash = gtalk_seen_hash(entry->key);
	return entry;
}

gboolean
gtalk_seen_add_message(GTalkSeen *self, const char *id, const char *sender)
{
	return gtalk_seen_take(self, gtalk_seen_new_message_entry(id, sender));
}

gboolean
gtalk_seen_has_message(const GTalkSeen *self, const char *id, const char *sender)
{
	g_autofree GTalkSeenEntry *entry = gtalk_seen_new_message_entry(id, sender);

	return gtalk_seen_has(self, entry);
}
