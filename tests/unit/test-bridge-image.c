/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "http/bridge-image.h"

static const struct {
	const char *octets;
	gsize length;
	const char *type; /* NULL: none that is shown */
} test_images[] = {
	{"\x89PNG\r\n\x1a\n....", 12, "image/png"},
	{"\xff\xd8\xff\xe0....", 8, "image/jpeg"},
	{"GIF87a....", 10, "image/gif"},
	{"GIF89a....", 10, "image/gif"},
	{"RIFF\x24\0\0\0WEBPVP8 ....", 20, "image/webp"},
	/* nothing but the beginning */
	{"\x89PNG\r\n\x1a\n", 8, NULL},
	{"\x89PNG", 4, NULL},
	{"\xff\xd8", 2, NULL},
	{"", 0, NULL},
	/* what a browser might run, or other kinds */
	{"<svg xmlns='http://www.w3.org/2000/svg'/>", 41, NULL},
	{"<html></html>", 13, NULL},
	{"RIFF\x24\0\0\0WAVEfmt ....", 20, NULL},
	{"GIF88a....", 10, NULL},
	{" \x89PNG\r\n\x1a\n....", 13, NULL},
	{"BM..........", 12, NULL},
};

static void
test_types(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(test_images); i++) {
		g_autoptr(GBytes) image = g_bytes_new(test_images[i].octets, test_images[i].length);

		g_test_message("%u", i);
		g_assert_cmpstr(bridge_image_find_type(image), ==, test_images[i].type);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-image/types", test_types);
	return g_test_run();
}
