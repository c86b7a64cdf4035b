/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * hostile-plugin.c: a libpurple plugin that ends or hangs the process that it is in when a stanza
 * says so. It stands for a bug in what parses what strangers send. Only tests build and load it:
 * it lies in no folder that is installed, and hosts look into the folder that GTALK_PLUGIN_PATH
 * names for them. */
#include "config.h"

#include <purple.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "plugin/gtalk.h"

#define HOSTILE_ID "prpl-hostile"
#define HOSTILE_CRASH "hostile: crash"
#define HOSTILE_HANG "hostile: hang"

/* Returns: FALSE: others may have it */
static gboolean
hostile_message_cb(PurpleConnection *gc, const GTalkMessage *message, gpointer user_data)
{
	if (message->body == NULL)
		return FALSE;
	if (strstr(message->body, HOSTILE_CRASH) != NULL)
		raise(SIGSEGV);
	while (strstr(message->body, HOSTILE_HANG) != NULL)
		pause();
	return FALSE;
}

static gboolean
hostile_connect_cb(gpointer user_data)
{
	PurplePlugin *plugin = purple_find_prpl(GTALK_PRPL_ID);

	if (plugin != NULL)
		purple_signal_connect_priority(plugin, GTALK_SIGNAL_MESSAGE, user_data,
		                               PURPLE_CALLBACK(hostile_message_cb), NULL,
		                               PURPLE_SIGNAL_PRIORITY_LOWEST);
	return G_SOURCE_REMOVE;
}

/* Plugins are loaded in any order: ours is there when the main loop runs. */
static gboolean
hostile_load(PurplePlugin *plugin)
{
	g_idle_add(hostile_connect_cb, plugin);
	return TRUE;
}

/* What libpurple wants of a protocol before it loads one without being asked. */
static const char *
hostile_icon(PurpleAccount *account, PurpleBuddy *buddy)
{
	return "hostile";
}

static void
hostile_login(PurpleAccount *account)
{
	purple_connection_error_reason(purple_account_get_connection(account),
	                               PURPLE_CONNECTION_ERROR_OTHER_ERROR, "hostile");
}

static void
hostile_close(PurpleConnection *gc)
{
	/* Nothing was opened. */
}

static PurplePluginProtocolInfo hostile_protocol = {
	.list_icon = hostile_icon,
	.login = hostile_login,
	.close = hostile_close,
	.struct_size = sizeof(PurplePluginProtocolInfo),
};

static PurplePluginInfo hostile_info = {
	.magic = PURPLE_PLUGIN_MAGIC,
	.major_version = PURPLE_MAJOR_VERSION,
	.minor_version = PURPLE_MINOR_VERSION,
	.type = PURPLE_PLUGIN_PROTOCOL,
	.id = (char *)HOSTILE_ID,
	.name = (char *)"Hostile",
	.version = (char *)PACKAGE_VERSION,
	.load = hostile_load,
	.extra_info = &hostile_protocol,
};

static void
hostile_init(PurplePlugin *plugin)
{
	/* The tables say everything. */
}

PURPLE_INIT_PLUGIN(hostile, hostile_init, hostile_info)
