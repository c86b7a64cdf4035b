/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-purple.h"

#include <gio/gio.h>

#include "host-dns.h"
#include "host-event-loop.h"
#include "host-question.h"
#include "host-status.h"
#include "host-tls.h"
#include "plugin/gtalk.h"

#define HOST_PURPLE_NOWHERE "/dev/null/none" /* a directory that cannot come into being */

/* The plugins that are always needed, beside those of the protocols; every other file in
 * libpurple's directory is passed over, which saves each host their memory and everybody their
 * bugs. */
static const char *const host_purple_plugins[] = {
	"googletalk.so", "libgoogletalk.so", /* ours */
	"libxmpp.so",                        /* what it inherits from */
	"ssl.so",        "ssl-nss.so",       "ssl-gnutls.so",
};

static const char *const host_purple_default[] = {"googletalk", NULL};

static struct {
	const char *const *protocols; /* of the link; NULL: host_purple_default */
	HostPurpleListener listener;
	HostPurpleRoomListener rooms;
	gboolean debug;
} host_purple;

static const char *const *
host_purple_get_protocols(void)
{
	return host_purple.protocols != NULL ? host_purple.protocols : host_purple_default;
}

const char *
host_purple_find_protocol(const char *name)
{
	g_autofree char *id = g_strconcat("prpl-", name, NULL);

	if (!g_strv_contains(host_purple_get_protocols(), name))
		return NULL;
	return g_intern_string(id);
}

#define HOST_CONVERSATION_CLOSE "gtalk-bridge-close" /* the source that will close it */

static gboolean
host_conversation_close_cb(gpointer user_data)
{
	PurpleConversation *conversation = user_data;

	purple_conversation_set_data(conversation, HOST_CONVERSATION_CLOSE, NULL);
	purple_conversation_destroy(conversation);
	return G_SOURCE_REMOVE;
}

/* What a conversation would show was told by the protocol's signals: it is closed when whoever made
 * it has done with it. That of a chat is the only way to be there. */
static void
host_conversation_create(PurpleConversation *conversation)
{
	guint source;

	if (purple_conversation_get_type(conversation) == PURPLE_CONV_TYPE_CHAT)
		return;
	source = g_idle_add(host_conversation_close_cb, conversation);
	purple_conversation_set_data(conversation, HOST_CONVERSATION_CLOSE,
	                             GUINT_TO_POINTER(source));
}

static void
host_conversation_destroy(PurpleConversation *conversation)
{
	guint source = GPOINTER_TO_UINT(
		purple_conversation_get_data(conversation, HOST_CONVERSATION_CLOSE));

	if (source != 0)
		g_source_remove(source);
}

static void
host_conversation_write(PurpleConversation *conversation, const char *name, const char *alias,
                        const char *message, PurpleMessageFlags flags, time_t mtime)
{
	/* Told by the protocol's signals already. */
}

/* Protocols mark as read what has the focus. */
static gboolean
host_conversation_has_focus(PurpleConversation *conversation)
{
	return FALSE;
}

static void
host_conversation_add_users(PurpleConversation *conversation, GList *users, gboolean new_arrivals)
{
	for (GList *l = users; l != NULL && host_purple.rooms.came != NULL; l = l->next)
		host_purple.rooms.came(conversation, purple_conv_chat_cb_get_name(l->data));
}

static void
host_conversation_update_user(PurpleConversation *conversation, const char *nick)
{
	if (host_purple.rooms.came != NULL)
		host_purple.rooms.came(conversation, nick);
}

static void
host_conversation_rename_user(PurpleConversation *conversation, const char *nick,
                              const char *new_nick, const char *new_alias)
{
	if (host_purple.rooms.renamed != NULL)
		host_purple.rooms.renamed(conversation, nick, new_nick);
}

static void
host_conversation_remove_users(PurpleConversation *conversation, GList *nicks)
{
	for (GList *l = nicks; l != NULL && host_purple.rooms.left != NULL; l = l->next)
		host_purple.rooms.left(conversation, l->data);
}

static PurpleConversationUiOps host_conversation_ops = {
	.create_conversation = host_conversation_create,
	.destroy_conversation = host_conversation_destroy,
	.write_conv = host_conversation_write,
	.chat_add_users = host_conversation_add_users,
	.chat_update_user = host_conversation_update_user,
	.chat_rename_user = host_conversation_rename_user,
	.chat_remove_users = host_conversation_remove_users,
	.has_focus = host_conversation_has_focus,
};

static void
host_connection_connected(PurpleConnection *gc)
{
	if (host_purple.listener.signed_on != NULL)
		host_purple.listener.signed_on(gc);
}

static void
host_connection_failed(PurpleConnection *gc, PurpleConnectionError reason, const char *text)
{
	if (host_purple.listener.failed != NULL)
		host_purple.listener.failed(gc, reason, text);
}

static PurpleConnectionUiOps host_connection_ops = {
	.connected = host_connection_connected,
	.report_disconnect_reason = host_connection_failed,
};

static void
host_purple_signed_off_cb(PurpleConnection *gc, gpointer user_data)
{
	if (host_purple.listener.signed_off != NULL)
		host_purple.listener.signed_off(gc);
}

/* Setting any of these turns libpurple's own files off. */
static void
host_blist_save_node(PurpleBlistNode *node)
{
	/* The chat server has it. */
}

static void
host_blist_save_account(PurpleAccount *account)
{
	/* The chat server has it. */
}

static PurpleBlistUiOps host_blist_ops = {
	.save_node = host_blist_save_node,
	.remove_node = host_blist_save_node,
	.save_account = host_blist_save_account,
};

static void
host_account_prefs_ignore(void)
{
	/* The daemon has the accounts; they come with SignIn. */
}

static PurpleAccountPrefsUiOps host_account_prefs_ops = {
	.load = host_account_prefs_ignore,
	.save = host_account_prefs_ignore,
	.schedule_save = host_account_prefs_ignore,
};

/* No request_authorize: who asks for the account's presence is not answered. */
static PurpleAccountUiOps host_account_ops = {0};

/* libpurple logs what it sends and receives; that may be a credential or what people write. */
static gboolean
host_debug_is_wire(const char *text)
{
	return g_str_has_prefix(text, "Sending") || g_str_has_prefix(text, "Recv");
}

static void
host_debug_print(PurpleDebugLevel level, const char *category, const char *text)
{
	g_autofree char *line = NULL;

	if (host_debug_is_wire(text))
		return;
	line = g_strchomp(g_strdup(text));
	g_message("%s: %s", category != NULL ? category : "purple", line);
}

static gboolean
host_debug_is_enabled(PurpleDebugLevel level, const char *category)
{
	return host_purple.debug;
}

static PurpleDebugUiOps host_debug_ops = {
	.print = host_debug_print,
	.is_enabled = host_debug_is_enabled,
};

void
host_purple_set_debug(gboolean debug)
{
	host_purple.debug = debug;
}

/* Preferences that libpurple would otherwise set to what suits a desktop; whoever comes first wins.
 */
static void
host_core_prefs_init(void)
{
	purple_prefs_add_none("/purple");
	purple_prefs_add_none("/purple/network");
	purple_prefs_add_bool("/purple/network/auto_ip", FALSE);   /* no STUN, no UPnP, */
	purple_prefs_add_bool("/purple/network/map_ports", FALSE); /* no NAT-PMP */
	purple_prefs_add_none("/purple/logging");
	purple_prefs_add_bool("/purple/logging/log_ims", FALSE);
	purple_prefs_add_bool("/purple/logging/log_chats", FALSE);
	purple_prefs_add_bool("/purple/logging/log_system", FALSE);
	purple_prefs_add_none("/purple/away");
	purple_prefs_add_string("/purple/away/idle_reporting", "none");
	purple_prefs_add_string("/purple/away/auto_reply", "never");
}

static void
host_core_debug_init(void)
{
	purple_debug_set_ui_ops(&host_debug_ops);
}

static void
host_core_ui_init(void)
{
	purple_accounts_set_ui_ops(&host_account_ops);
	purple_account_prefs_set_ui_ops(&host_account_prefs_ops);
	purple_blist_set_ui_ops(&host_blist_ops);
	purple_connections_set_ui_ops(&host_connection_ops);
	purple_conversations_set_ui_ops(&host_conversation_ops);
	host_question_install();
}

/* What other clients see when they ask who this is. */
static GHashTable *
host_core_get_info(void)
{
	static GHashTable *info;

	if (info == NULL) {
		info = g_hash_table_new(g_str_hash, g_str_equal);
		g_hash_table_insert(info, (gpointer) "name", (gpointer) "GTalk Bridge");
		g_hash_table_insert(info, (gpointer) "version", (gpointer)PACKAGE_VERSION);
		g_hash_table_insert(info, (gpointer) "client_type", (gpointer) "pc");
	}
	return info;
}

static PurpleCoreUiOps host_core_ops = {
	.ui_prefs_init = host_core_prefs_init,
	.debug_ui_init = host_core_debug_init,
	.ui_init = host_core_ui_init,
	.get_ui_info = host_core_get_info,
};

/* This process must find neither a bus to join nor a module of the desktop to load. */
static void
host_purple_clear_environment(void)
{
	g_unsetenv("HOME");
	g_setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=" HOST_PURPLE_NOWHERE, TRUE);
	g_setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=" HOST_PURPLE_NOWHERE, TRUE);
	g_setenv("GIO_MODULE_DIR", HOST_PURPLE_NOWHERE, TRUE);
	g_setenv("GIO_USE_VFS", "local", TRUE);
	g_setenv("GSETTINGS_BACKEND", "memory", TRUE);
	/* libpurple starts GStreamer, which would look for plugins and remember them on disk. */
	g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
	g_setenv("GST_REGISTRY_FORK", "no", TRUE);
	g_setenv("GST_REGISTRY_UPDATE", "no", TRUE);
	g_setenv("GST_REGISTRY_1_0", HOST_PURPLE_NOWHERE, TRUE);
	g_setenv("GST_PLUGIN_SYSTEM_PATH_1_0", "", TRUE);
}

static gboolean
host_purple_needs(const char *file)
{
	for (guint i = 0; i < G_N_ELEMENTS(host_purple_plugins); i++) {
		if (g_str_equal(file, host_purple_plugins[i]))
			return TRUE;
	}
	for (const char *const *name = host_purple_get_protocols(); *name != NULL; name++) {
		g_autofree char *plugin = g_strconcat("lib", *name, "." G_MODULE_SUFFIX, NULL);

		if (g_str_equal(file, plugin))
			return TRUE;
	}
	return FALSE;
}

/* Libpurple probes every plugin in its directory but those it knows by file name: so it gets to
 * know the others as plugins that are never loaded. */
static void
host_purple_skip_plugins(const char *directory)
{
	static PurplePluginInfo skipped = {
		.magic = PURPLE_PLUGIN_MAGIC,
		.major_version = PURPLE_MAJOR_VERSION,
		.minor_version = PURPLE_MINOR_VERSION,
		.type = PURPLE_PLUGIN_STANDARD,
		.id = (char *)"gtalk-bridge-skipped",
		.name = (char *)"Skipped",
	};
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(directory, name, NULL);
		PurplePlugin *plugin;

		if (!g_str_has_suffix(name, "." G_MODULE_SUFFIX) || host_purple_needs(name))
			continue;
		/* Not by purple_plugin_new(), which wants libpurple to be up. */
		plugin = g_new0(PurplePlugin, 1);
		plugin->native_plugin = TRUE;
		plugin->path = g_steal_pointer(&path);
		plugin->info = &skipped;
		purple_plugin_register(plugin);
	}
}

/* TLS plugins start their library when they are loaded, and NSS does not survive a fork: libpurple
 * must fail to load them until host_purple_start_tls(). */
static const char *const host_purple_tls_ids[] = {"core-ssl", "ssl-nss", "ssl-gnutls"};

static void
host_purple_set_tls_loadable(gboolean loadable)
{
	for (guint i = 0; i < G_N_ELEMENTS(host_purple_tls_ids); i++) {
		PurplePlugin *plugin = purple_plugins_find_with_id(host_purple_tls_ids[i]);

		if (plugin != NULL)
			plugin->unloadable = !loadable;
	}
}

static void
host_purple_probed_cb(void *user_data)
{
	host_purple_set_tls_loadable(FALSE);
}

static void
host_purple_reduce_statuses(void)
{
	PurplePlugin *plugin = purple_find_prpl(GTALK_PRPL_ID);

	if (plugin != NULL)
		host_status_install(PURPLE_PLUGIN_PROTOCOL_INFO(plugin));
}

gboolean
host_purple_start(const char *protocols, GError **error)
{
	const char *extra = g_getenv("GTALK_PLUGIN_PATH");

	if (protocols != NULL)
		host_purple.protocols = (const char *const *)g_strsplit(protocols, ",", -1);
	host_purple_clear_environment();
	host_event_loop_install();
	host_dns_install();
	purple_util_set_user_dir(HOST_PURPLE_NOWHERE);
	purple_core_set_ui_ops(&host_core_ops);
	if (extra != NULL)
		purple_plugins_add_search_path(extra);
	host_purple_skip_plugins(PURPLE_PLUGIN_DIR);
	purple_plugins_register_probe_notify_cb(host_purple_probed_cb, NULL);
	if (!purple_core_init(HOST_PURPLE_UI_ID)) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED,
		                    "libpurple did not start");
		return FALSE;
	}
	purple_plugins_unregister_probe_notify_cb(host_purple_probed_cb);
	purple_set_blist(purple_blist_new());
	host_purple_reduce_statuses();
	purple_signal_connect(purple_connections_get_handle(), "signed-off", &host_purple,
	                      PURPLE_CALLBACK(host_purple_signed_off_cb), NULL);
	return TRUE;
}

gboolean
host_purple_start_tls(GError **error)
{
	host_purple_set_tls_loadable(TRUE);
	return host_tls_start(error);
}

void
host_purple_set_listener(const HostPurpleListener *listener)
{
	host_purple.listener = *listener;
}

void
host_purple_set_room_listener(const HostPurpleRoomListener *listener)
{
	host_purple.rooms = *listener;
}
