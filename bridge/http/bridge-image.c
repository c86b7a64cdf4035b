/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-image.h"

#include <string.h>

/* WHATWG's MIME Sniffing, section 6.1: how each begins. */
static const struct {
	const char *type;
	const char *pattern;
	const char *mask; /* NULL: all of it */
	gsize length;
} image_kinds[] = {
	{"image/png", "\x89PNG\r\n\x1a\n", NULL, 8},
	{"image/jpeg", "\xff\xd8\xff", NULL, 3},
	{"image/gif", "GIF87a", NULL, 6},
	{"image/gif", "GIF89a", NULL, 6},
	{"image/webp", "RIFF\0\0\0\0WEBPVP", "\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff\xff\xff",
         14},
};

static gboolean
bridge_image_fits(const char *octets, guint kind)
{
	const char *mask = image_kinds[kind].mask;

	for (gsize i = 0; i < image_kinds[kind].length; i++)
		if ((mask == NULL || mask[i] != 0) && octets[i] != image_kinds[kind].pattern[i])
			return FALSE;
	return TRUE;
}

const char *
bridge_image_find_type(GBytes *image)
{
	gsize length = 0;
	const char *octets = g_bytes_get_data(image, &length);

	for (guint i = 0; i < G_N_ELEMENTS(image_kinds); i++)
		if (length > image_kinds[i].length && bridge_image_fits(octets, i))
			return image_kinds[i].type;
	return NULL;
}
