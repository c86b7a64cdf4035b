/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy-images.h"

#include "http/bridge-image.h"

struct _LegacyImages {
	GHashTable *images; /* hash -> GBytes */
	GQueue hashes;      /* oldest first; of the table's */
	gsize bytes;
};

GBytes *
legacy_images_find(LegacyImages *self, const char *hash)
{
	return g_hash_table_lookup(self->images, hash);
}

static void
images_drop_oldest(LegacyImages *self)
{
	const char *oldest = g_queue_pop_head(&self->hashes);

	self->bytes -= g_bytes_get_size(legacy_images_find(self, oldest));
	g_hash_table_remove(self->images, oldest);
}

static gboolean
images_is_good(const char *hash, GBytes *image)
{
	const char *type = bridge_image_find_type(image);
	g_autofree char *own = NULL;

	if (g_bytes_get_size(image) > LEGACY_IMAGE_BYTES_MAX || type == NULL ||
	    !(g_str_equal(type, "image/png") || g_str_equal(type, "image/jpeg")))
		return FALSE;
	own = g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, image);
	return g_str_equal(own, hash);
}

gboolean
legacy_images_add(LegacyImages *self, const char *hash, GBytes *image)
{
	char *own = NULL;

	if (!images_is_good(hash, image))
		return FALSE;
	if (legacy_images_find(self, hash) != NULL)
		return TRUE;
	own = g_strdup(hash);
	g_hash_table_insert(self->images, own, g_bytes_ref(image));
	g_queue_push_tail(&self->hashes, own);
	self->bytes += g_bytes_get_size(image);
	while (self->bytes > LEGACY_IMAGES_BYTES_MAX)
		images_drop_oldest(self);
	return TRUE;
}

LegacyImages *
legacy_images_new(void)
{
	LegacyImages *self = g_new0(LegacyImages, 1);

	self->images = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                     (GDestroyNotify)g_bytes_unref);
	g_queue_init(&self->hashes);
	return self;
}

void
legacy_images_free(LegacyImages *self)
{
	g_queue_clear(&self->hashes);
	g_hash_table_unref(self->images);
	g_free(self);
}
