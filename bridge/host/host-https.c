/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memfd_create() */
#include "config.h"

#include "host-https.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gio/gio.h>

/* Where systems have all their authorities in one file. */
static const char *const host_https_bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt", /* Debian, Arch */
	"/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
	"/etc/ssl/ca-bundle.pem",             /* openSUSE */
	"/etc/ssl/cert.pem",                  /* Alpine */
};

static struct {
	char *directory;
	gboolean started;
} host_https;

void
host_https_set_directory(const char *directory)
{
	g_free(host_https.directory);
	host_https.directory = directory != NULL && *directory != '\0' ? g_strdup(directory) : NULL;
}

/* ---- The module ------------------------------------------------------------------------------ */

static gboolean
host_https_is_tls_module(const char *file)
{
	return strstr(file, "gnutls") != NULL || strstr(file, "openssl") != NULL;
}

/* Others want buses, settings and proxies. */
static void
host_https_load_modules(void)
{
	GIOModuleScope *scope = g_io_module_scope_new(G_IO_MODULE_SCOPE_NONE);
	g_autoptr(GDir) dir = g_dir_open(GIO_MODULE_DIR, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
		if (!host_https_is_tls_module(name))
			g_io_module_scope_block(scope, name);
	/* GLib registers its own when it is first asked for any; that may not have been yet. */
	g_io_extension_point_register(G_TLS_BACKEND_EXTENSION_POINT_NAME);
	/* A list of modules that stay for good; only its cells are ours. */
	g_list_free(g_io_modules_load_all_in_directory_with_scope(GIO_MODULE_DIR, scope));
	g_io_module_scope_free(scope);
}

/* ---- Who is trusted -------------------------------------------------------------------------- */

static void
host_https_add_file(GString *anchors, const char *path)
{
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL) ||
	    strstr(text, "-----BEGIN CERTIFICATE-----") == NULL)
		return;
	g_string_append(anchors, text);
	g_string_append_c(anchors, '\n');
}

static void
host_https_add_system(GString *anchors)
{
	for (guint i = 0; i < G_N_ELEMENTS(host_https_bundles) && anchors->len == 0; i++)
		host_https_add_file(anchors, host_https_bundles[i]);
}

static void
host_https_add_directory(GString *anchors)
{
	g_autoptr(GDir) dir = g_dir_open(host_https.directory, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(host_https.directory, name, NULL);

		host_https_add_file(anchors, path);
	}
}

/* GLib takes one file, and there is none to be written: so it lies in memory. It stays open, as it
 * may be read again. */
static char *
host_https_write_anchors(const GString *anchors)
{
	int fd = memfd_create("authorities", MFD_CLOEXEC);

	if (fd < 0 || write(fd, anchors->str, anchors->len) != (gssize)anchors->len)
		return NULL;
	return g_strdup_printf("/proc/self/fd/%d", fd);
}

static void
host_https_trust_directory(void)
{
	g_autoptr(GString) anchors = g_string_new(NULL);
	g_autoptr(GTlsDatabase) database = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *path = NULL;

	host_https_add_system(anchors);
	host_https_add_directory(anchors);
	path = host_https_write_anchors(anchors);
	if (path != NULL)
		database = g_tls_file_database_new(path, &error);
	if (database != NULL)
		g_tls_backend_set_default_database(g_tls_backend_get_default(), database);
	else
		g_warning("ca-directory: token services are trusted by the system's authorities "
		          "only: %s",
		          error != NULL ? error->message : "no memory file");
}

void
host_https_start(void)
{
	if (host_https.started)
		return;
	host_https.started = TRUE;
	host_https_load_modules();
	if (!g_tls_backend_supports_tls(g_tls_backend_get_default()))
		g_warning("token services cannot be reached: GLib has no TLS (glib-networking)");
	else if (host_https.directory != NULL)
		host_https_trust_directory();
}
