/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-https.h"

#include <string.h>

#include <gio/gio.h>

#include "link/bridge-anchors.h"

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
host_https_trust_directory(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GTlsDatabase) database = bridge_anchors_load(host_https.directory, &error);

	if (database != NULL)
		g_tls_backend_set_default_database(g_tls_backend_get_default(), database);
	else
		g_warning("ca-directory: token services are trusted by the system's authorities "
		          "only: %s",
		          error->message);
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
