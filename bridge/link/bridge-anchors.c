/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memfd_create() */
#include "config.h"

#include "bridge-anchors.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Where systems have all their authorities in one file. */
static const char *const bridge_anchors_bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt", /* Debian, Arch */
	"/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
	"/etc/ssl/ca-bundle.pem",             /* openSUSE */
	"/etc/ssl/cert.pem",                  /* Alpine */
};

static void
bridge_anchors_add_file(GString *anchors, const char *path)
{
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL) ||
	    strstr(text, "-----BEGIN CERTIFICATE-----") == NULL)
		return;
	g_string_append(anchors, text);
	g_string_append_c(anchors, '\n');
}

static void
bridge_anchors_add_system(GString *anchors)
{
	for (guint i = 0; i < G_N_ELEMENTS(bridge_anchors_bundles) && anchors->len == 0; i++)
		bridge_anchors_add_file(anchors, bridge_anchors_bundles[i]);
}

static void
bridge_anchors_add_directory(GString *anchors, const char *directory)
{
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(directory, name, NULL);

		bridge_anchors_add_file(anchors, path);
	}
}

/* GLib takes one file, and there is none to be written: so it lies in memory. It stays open, as it
 * may be read again. */
static char *
bridge_anchors_write(const GString *anchors, GError **error)
{
	int fd = memfd_create("authorities", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, anchors->str, anchors->len) == (gssize)anchors->len)
		return g_strdup_printf("/proc/self/fd/%d", fd);
	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "no memory file: %s",
	            g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return NULL;
}

GTlsDatabase *
bridge_anchors_load(const char *directory, GError **error)
{
	g_autoptr(GString) anchors = g_string_new(NULL);
	g_autofree char *path = NULL;

	bridge_anchors_add_system(anchors);
	bridge_anchors_add_directory(anchors, directory);
	path = bridge_anchors_write(anchors, error);
	return path != NULL ? G_TLS_DATABASE(g_tls_file_database_new(path, error)) : NULL;
}
