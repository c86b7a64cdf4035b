/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-plugin.c: the protocol plugin's entry. It inherits from libpurple's own XMPP protocol: the
 * table is a copy of the parent's, overridden where something is to be done before or after, and
 * the parent registers its signals, IPC calls and stanza writer on our handle. Only public ABI is
 * used. Everything else is in units, see gtalk-connection.h. */
#include "config.h"

#include <string.h>

#include <purple.h>

#include "calls/gtalk-call.h"
#include "contacts/gtalk-invitation.h"
#include "contacts/gtalk-roster-change.h"
#include "contacts/gtalk-roster-menu.h"
#include "core/gtalk-account-options.h"
#include "core/gtalk-connection.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-menu.h"
#include "core/gtalk-parent.h"
#include "gtalk.h"
#include "rooms/gtalk-inherited-commands.h"
#include "sign-in/gtalk-deadline.h"
#include "sign-in/gtalk-token.h"
#include "status/gtalk-own-status.h"
#include "status/gtalk-queue.h"

/* From probing to destruction, in PurplePlugin.extra. */
typedef struct {
	gboolean was_unloaded;
	guint reconnect_id;               /* source, 0 if none */
	GTalkInheritedCommands *commands; /* NULL while unloaded */
} GTalkPluginState;

static PurplePluginProtocolInfo gtalk_protocol;
static PurplePluginInfo gtalk_plugin;

static void
gtalk_plugin_login(PurpleAccount *account);
static void
gtalk_plugin_close(PurpleConnection *gc);

static const char *
gtalk_plugin_list_icon(PurpleAccount *account, PurpleBuddy *buddy)
{
	return "googletalk"; /* data/icons */
}

static void
gtalk_plugin_begin(GTalkConnection *connection)
{
	gtalk_deadline_begin(connection);
	gtalk_parent_get_protocol()->login(gtalk_connection_get_account(connection));
}

static void
gtalk_plugin_begin_again(PurpleConnection *gc)
{
	purple_proxy_connect_cancel_with_handle(gc);
	gtalk_plugin_close(gc);
	gtalk_plugin_login(purple_connection_get_account(gc));
}

static const GTalkTokenEntry gtalk_plugin_token_entry = {
	.begin = gtalk_plugin_begin,
	.begin_again = gtalk_plugin_begin_again,
};

static void
gtalk_plugin_login(PurpleAccount *account)
{
	GTalkConnection *connection = gtalk_connection_attach(
		purple_account_get_connection(account), GTALK_PURPOSE_SIGN_IN);

	if (!gtalk_connection_has_failed(connection))
		gtalk_token_begin(connection, &gtalk_plugin_token_entry);
}

static void
gtalk_plugin_register_user(PurpleAccount *account)
{
	GTalkConnection *connection = gtalk_connection_attach(
		purple_account_get_connection(account), GTALK_PURPOSE_REGISTER);

	if (!gtalk_connection_has_failed(connection))
		gtalk_parent_get_protocol()->register_user(account);
}

static void
gtalk_plugin_close(PurpleConnection *gc)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	if (connection != NULL)
		gtalk_connection_detach(connection);
	/* Not there if a unit refused the settings before the parent began. */
	if (purple_connection_get_protocol_data(gc) != NULL)
		gtalk_parent_get_protocol()->close(gc);
}

/* The part of the parent's table that both sides know, with our own slots in it. */
static gboolean
gtalk_plugin_inherit(void)
{
	const PurplePluginProtocolInfo *parent = gtalk_parent_get_protocol();
	gsize size;

	if (parent == NULL)
		return FALSE;
	size = MIN(parent->struct_size, sizeof(gtalk_protocol));
	memset(&gtalk_protocol, 0, sizeof(gtalk_protocol));
	memcpy(&gtalk_protocol, parent, size);
	gtalk_protocol.struct_size = size;
	/* Parent and child would each free them. */
	gtalk_protocol.user_splits = NULL;
	gtalk_protocol.protocol_options = NULL;
	/* A token has to be asked for before the sign-in starts, since what is offered then is cut
	 * down to what needs it. */
	gtalk_protocol.options &= ~OPT_PROTO_PASSWORD_OPTIONAL;
	gtalk_protocol.list_icon = gtalk_plugin_list_icon;
	gtalk_protocol.login = gtalk_plugin_login;
	gtalk_protocol.register_user = gtalk_plugin_register_user;
	gtalk_protocol.close = gtalk_plugin_close;
	gtalk_protocol.initiate_media = gtalk_call_initiate;
	gtalk_protocol.get_media_caps = gtalk_call_get_contact_caps;
	gtalk_protocol.tooltip_text = gtalk_roster_menu_tooltip_text;
	gtalk_protocol.options |= OPT_PROTO_INVITE_MESSAGE;
	gtalk_protocol.add_buddy_with_invite = gtalk_invitation_add_buddy;
	gtalk_protocol.add_deny = gtalk_roster_change_add_deny;
	gtalk_protocol.rem_deny = gtalk_roster_change_rem_deny;
	gtalk_protocol.blist_node_menu = gtalk_menu_node;
	gtalk_protocol.status_types = gtalk_own_status_types;
	gtalk_protocol.set_status = gtalk_own_status_set;
	gtalk_protocol.set_idle = gtalk_queue_set_idle;
	gtalk_plugin.actions = gtalk_menu_account_actions;
	return TRUE;
}

/* libpurple lists a protocol when it probes it and takes it from the list when it is unloaded, but
 * does not list it again when the same plugin is loaded once more. The list's head must stay what
 * it is, so we go behind the parent, or to the end where the parent has met the same fate. */
static void
gtalk_plugin_ensure_listed(PurplePlugin *plugin)
{
	GList *protocols = purple_plugins_get_protocols();
	GList *neighbour = g_list_find(protocols, gtalk_parent_get_plugin());

	if (neighbour == NULL)
		neighbour = g_list_last(protocols);
	if (neighbour != NULL && g_list_find(protocols, plugin) == NULL)
		protocols = g_list_insert_before(protocols, neighbour->next, plugin);
}

static gboolean
gtalk_plugin_is_own_account(PurpleAccount *account)
{
	return purple_strequal(purple_account_get_protocol_id(account), GTALK_PRPL_ID);
}

static gboolean
gtalk_plugin_reconnect_cb(gpointer user_data)
{
	PurplePlugin *plugin = user_data;
	GTalkPluginState *state = plugin->extra;

	state->reconnect_id = 0;
	for (GList *l = purple_accounts_get_all(); l != NULL; l = l->next) {
		PurpleAccount *account = l->data;

		if (gtalk_plugin_is_own_account(account) &&
		    purple_account_get_enabled(account, purple_core_get_ui()) &&
		    purple_presence_is_online(purple_account_get_presence(account)) &&
		    purple_account_is_disconnected(account))
			purple_account_connect(account);
	}
	return G_SOURCE_REMOVE;
}

/* The accounts that exist before the plugin were left behind when it was unloaded or replaced. At
 * the start of the program there are none yet, and connecting them is the user interface's. */
static void
gtalk_plugin_schedule_reconnect(PurplePlugin *plugin)
{
	GTalkPluginState *state = plugin->extra;

	for (GList *l = purple_accounts_get_all(); l != NULL && state->reconnect_id == 0;
	     l = l->next) {
		if (gtalk_plugin_is_own_account(l->data))
			state->reconnect_id =
				purple_timeout_add(0, gtalk_plugin_reconnect_cb, plugin);
	}
}

static void
gtalk_plugin_disconnect_all(PurplePlugin *plugin)
{
	g_autoptr(GList) connections = g_list_copy(purple_connections_get_all());

	for (GList *l = connections; l != NULL; l = l->next) {
		PurpleConnection *gc = l->data;

		if (g_list_find(purple_connections_get_all(), gc) != NULL &&
		    purple_connection_get_prpl(gc) == plugin)
			purple_account_disconnect(purple_connection_get_account(gc));
	}
}

static gboolean
gtalk_plugin_load_parent(PurplePlugin *plugin)
{
	GTalkPluginState *state = plugin->extra;
	gboolean loaded;

	if (state->commands == NULL)
		state->commands = gtalk_inherited_commands_watch();
	gtalk_inherited_commands_begin(state->commands);
	loaded = gtalk_parent_get_plugin()->info->load(plugin);
	gtalk_inherited_commands_register(state->commands);
	return loaded;
}

static gboolean
gtalk_plugin_load(PurplePlugin *plugin)
{
	GTalkPluginState *state = plugin->extra;

	if (!gtalk_plugin_inherit() || !gtalk_plugin_load_parent(plugin))
		return FALSE;
	gtalk_protocol.user_splits = gtalk_account_options_new_user_splits();
	gtalk_protocol.protocol_options = gtalk_account_options_new();
	gtalk_connections_load(plugin);
	if (state->was_unloaded)
		gtalk_plugin_ensure_listed(plugin);
	gtalk_plugin_schedule_reconnect(plugin);
	return TRUE;
}

static gboolean
gtalk_plugin_unload(PurplePlugin *plugin)
{
	PurplePlugin *parent = gtalk_parent_get_plugin();
	GTalkPluginState *state = plugin->extra;

	/* libpurple would leave them "connected" on a protocol that is gone. */
	gtalk_plugin_disconnect_all(plugin);
	if (state->reconnect_id != 0)
		purple_timeout_remove(state->reconnect_id);
	state->reconnect_id = 0;
	state->was_unloaded = TRUE;
	gtalk_connections_unload(plugin);
	g_clear_pointer(&state->commands, gtalk_inherited_commands_free);
	return parent->info->unload(plugin);
}

static void
gtalk_plugin_destroy(PurplePlugin *plugin)
{
	GTalkPluginState *state = plugin->extra;

	if (state != NULL)
		g_clear_pointer(&state->commands, gtalk_inherited_commands_free);
	g_clear_pointer(&plugin->extra, g_free);
}

/* What libpurple asks for when it probes the plugin; the rest is inherited when it is loaded. */
static PurplePluginProtocolInfo gtalk_protocol = {
	.list_icon = gtalk_plugin_list_icon,
	.login = gtalk_plugin_login,
	.close = gtalk_plugin_close,
	.struct_size = sizeof(PurplePluginProtocolInfo),
};

static PurplePluginInfo gtalk_plugin = {
	.magic = PURPLE_PLUGIN_MAGIC,
	.major_version = PURPLE_MAJOR_VERSION,
	.minor_version = PURPLE_MINOR_VERSION,
	.type = PURPLE_PLUGIN_PROTOCOL,
	.priority = PURPLE_PRIORITY_DEFAULT,
	.id = (char *)GTALK_PRPL_ID,
	.name = (char *)"GTalk",
	.version = (char *)PACKAGE_VERSION,
	.load = gtalk_plugin_load,
	.unload = gtalk_plugin_unload,
	.destroy = gtalk_plugin_destroy,
	.extra_info = &gtalk_protocol,
};

static void
gtalk_plugin_init(PurplePlugin *plugin)
{
	GTalkPluginState *state = g_new0(GTalkPluginState, 1);

	bindtextdomain(GETTEXT_PACKAGE, LOCALEDIR);
	bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
	gtalk_plugin.summary = (char *)_("Google Talk Protocol Plugin");
	gtalk_plugin.description = (char *)_("XMPP with the extensions of Google Talk");
	/* libpurple frees the list with the plugin, and a module that it keeps open (under
	 * valgrind) is initialised again. */
	gtalk_plugin.dependencies = g_list_append(NULL, (gpointer)GTALK_PARENT_ID);
	plugin->extra = state;
	state->commands = gtalk_inherited_commands_watch();
}

PURPLE_INIT_PLUGIN(googletalk, gtalk_plugin_init, gtalk_plugin)
