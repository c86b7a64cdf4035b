/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-images.h: pictures by the hash of what is in them, as phones ask for them: without saying
 * who they are, and keeping for ever what they get. So only what has the hash is ever kept here,
 * and only the newest. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LEGACY_IMAGE_BYTES_MAX (64 * 1024)
#define LEGACY_IMAGES_BYTES_MAX (4 * 1024 * 1024) /* of all of them */

typedef struct _LegacyImages LegacyImages;

LegacyImages *
legacy_images_new(void);
void
legacy_images_free(LegacyImages *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LegacyImages, legacy_images_free)

/* (nullable) borrowed */
GBytes *
legacy_images_find(LegacyImages *self, const char *hash);
/* FALSE: it is none that a phone can show, too large, or another one */
gboolean
legacy_images_add(LegacyImages *self, const char *hash, GBytes *image);

G_END_DECLS
