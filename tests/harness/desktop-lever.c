/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * desktop-lever: a libpurple plugin for the tests. What Pidgin's D-Bus interface cannot do, it does
 * when a preference changes:
 *
 *   /plugins/core/gtalk-lever/loaded    bool    whether our protocol is loaded
 *
 * GTALK_ROOTS in the environment names a file with the certificates that GLib trusts. */
#include <gio/gio.h>
#include <purple.h>

#define LEVER_ID "core-gtalk-lever"
#define LEVER_PREFS "/plugins/core/gtalk-lever"
#define LEVER_LOADED LEVER_PREFS "/loaded"
#define LEVER_PROTOCOL "prpl-googletalk"

static void
lever_loaded_cb(const char *name, PurplePrefType type, gconstpointer value, gpointer user_data)
{
	PurplePlugin *protocol = purple_plugins_find_with_id(LEVER_PROTOCOL);

	if (protocol == NULL || purple_plugin_is_loaded(protocol) == GPOINTER_TO_INT(value))
		return;
	if (GPOINTER_TO_INT(value))
		purple_plugin_load(protocol);
	else
		purple_plugin_unload(protocol);
}

static void
lever_trust(const char *path)
{
	g_autoptr(GTlsDatabase) database = g_tls_file_database_new(path, NULL);

	if (database != NULL)
		g_tls_backend_set_default_database(g_tls_backend_get_default(), database);
}

static gboolean
lever_load(PurplePlugin *plugin)
{
	if (g_getenv("GTALK_ROOTS") != NULL)
		lever_trust(g_getenv("GTALK_ROOTS"));
	purple_prefs_connect_callback(plugin, LEVER_LOADED, lever_loaded_cb, NULL);
	return TRUE;
}

static gboolean
lever_unload(PurplePlugin *plugin)
{
	purple_prefs_disconnect_by_handle(plugin);
	return TRUE;
}

static PurplePluginInfo lever_info = {
	.magic = PURPLE_PLUGIN_MAGIC,
	.major_version = PURPLE_MAJOR_VERSION,
	.minor_version = PURPLE_MINOR_VERSION,
	.type = PURPLE_PLUGIN_STANDARD,
	.priority = PURPLE_PRIORITY_DEFAULT,
	.id = (char *)LEVER_ID,
	.name = (char *)"Lever of the tests",
	.version = (char *)"1",
	.load = lever_load,
	.unload = lever_unload,
};

static void
lever_init(PurplePlugin *plugin)
{
	purple_prefs_add_none(LEVER_PREFS);
	purple_prefs_add_bool(LEVER_LOADED, TRUE);
}

PURPLE_INIT_PLUGIN(desktop_lever, lever_init, lever_info)
