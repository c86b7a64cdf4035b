/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "legacy/legacy-images.h"

#define PNG "\x89PNG\r\n\x1a\n"

static GBytes *
make_image(const char *beginning, gsize length, guint number)
{
	guint8 *octets = g_malloc0(length);

	memcpy(octets, beginning, strlen(beginning));
	memcpy(octets + length - sizeof(number), &number, sizeof(number));
	return g_bytes_new_take(octets, length);
}

static gboolean
add(LegacyImages *images, GBytes *image)
{
	g_autofree char *hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, image);

	return legacy_images_add(images, hash, image);
}

static void
test_only_what_has_the_hash(void)
{
	g_autoptr(LegacyImages) images = legacy_images_new();
	g_autoptr(GBytes) good = make_image(PNG, 100, 1);
	g_autoptr(GBytes) other = make_image(PNG, 100, 2);
	g_autofree char *hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, good);

	g_assert_false(legacy_images_add(images, hash, other));
	g_assert_null(legacy_images_find(images, hash));
	g_assert_true(legacy_images_add(images, hash, good));
	g_assert_true(legacy_images_add(images, hash, good));
	g_assert_true(g_bytes_equal(legacy_images_find(images, hash), good));
}

static void
test_only_what_phones_can_show(void)
{
	g_autoptr(LegacyImages) images = legacy_images_new();
	g_autoptr(GBytes) jpeg = make_image("\xff\xd8\xff", 100, 1);
	g_autoptr(GBytes) gif = make_image("GIF89a", 100, 1);
	g_autoptr(GBytes) page = make_image("<html>", 100, 1);
	g_autoptr(GBytes) large = make_image(PNG, LEGACY_IMAGE_BYTES_MAX + 1, 1);

	g_assert_true(add(images, jpeg));
	g_assert_false(add(images, gif));
	g_assert_false(add(images, page));
	g_assert_false(add(images, large));
}

static void
test_the_oldest_goes(void)
{
	g_autoptr(LegacyImages) images = legacy_images_new();
	guint most = LEGACY_IMAGES_BYTES_MAX / LEGACY_IMAGE_BYTES_MAX;
	g_autofree char *first = NULL;
	g_autofree char *last = NULL;

	for (guint i = 0; i <= most; i++) {
		g_autoptr(GBytes) image = make_image(PNG, LEGACY_IMAGE_BYTES_MAX, i);

		if (i == 0)
			first = g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, image);
		if (i == most)
			last = g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, image);
		g_assert_true(add(images, image));
	}
	g_assert_null(legacy_images_find(images, first));
	g_assert_nonnull(legacy_images_find(images, last));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/legacy-images/only-what-has-the-hash", test_only_what_has_the_hash);
	g_test_add_func("/legacy-images/only-what-phones-can-show", test_only_what_phones_can_show);
	g_test_add_func("/legacy-images/the-oldest-goes", test_the_oldest_goes);
	return g_test_run();
}
