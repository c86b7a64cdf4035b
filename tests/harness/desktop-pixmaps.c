/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * desktop-pixmaps: preloaded into Pidgin by the tests. Pidgin takes icons of protocols from a
 * folder that was fixed when it was built; ours are not installed there. GTALK_PIXMAPS is a folder
 * that stands before that one, with the same layout. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIXMAPS "/pixmaps/pidgin/protocols/"
#define PATH_MAX_BYTES 4096

typedef void *(*PixmapsLoad)(const char *path, void **error);

void *
gdk_pixbuf_new_from_file(const char *path, void **error);

void *
gdk_pixbuf_new_from_file(const char *path, void **error)
{
	PixmapsLoad load = (PixmapsLoad)dlsym(RTLD_NEXT, "gdk_pixbuf_new_from_file");
	const char *folder = getenv("GTALK_PIXMAPS");
	const char *tail = path != NULL ? strstr(path, PIXMAPS) : NULL;
	char ours[PATH_MAX_BYTES] = "";

	if (folder == NULL || tail == NULL)
		return load(path, error);
	tail += strlen(PIXMAPS);
	snprintf(ours, sizeof(ours), "%s/%s", folder, tail);
	if (access(ours, R_OK) == 0)
		path = ours;
	fprintf(stderr, "pixmap %s %s\n", tail, access(path, R_OK) == 0 ? "found" : "missing");
	return load(path, error);
}
