/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * purple-client: a libpurple program for tests. Reads one JSON object a line from standard input
 * and writes one a line to standard output. The first line is the account:
 *
 *   {"protocol": "prpl-googletalk", "username": "ann@talk.example", "password": "...",
 *    "user_dir": "...", "plugin_dir": "...", "ca": "ca.pem" (optional), "debug_log": "..."
 * (optional), "remember": true, "proxy": {"type": (PurpleProxyType), "host": "...", "port": 1080}
 * (optional), "options": {"port": 5222, "gtalk_mechanism": "x-oauth2", ...}}
 *
 * and the following ones commands: {"do": "connect"}, "disconnect", "register", {"do": "answer",
 * "accept": true} (the question about a certificate), {"do": "send", "to": "...", "text": "..."},
 * {"do": "state"},
 * {"do": "unload"}, {"do": "load"}, {"do": "quit"}. What happens is told as {"event": ...}.
 * purple-client.h names the commands and events of messages. */
#include "config.h"

#include "harness/purple-client.h"

#include <stdio.h>

#include "gtalk.h"
#include "harness/purple-boot.h"

#define CLIENT_UI "purple-client"

typedef struct {
	PurpleRequestActionCb accept;
	PurpleRequestActionCb reject;
	gpointer user_data;
} ClientQuestion;

typedef struct {
	GMainLoop *loop;
	PurpleAccount *account;
	PurpleAccount *bystander; /* NULL if there is none */
	ClientQuestion *question; /* the one that is open, or NULL */
	FILE *debug_log;
} Client;

static Client client;

/* The parts of the program in files of their own. */
static const struct {
	void (*connect)(PurplePlugin *plugin);
	gboolean (*run)(PurpleAccount *account, const char *name, JsonObject *command);
} client_parts[] = {
	{client_units_connect, client_units_run},
	{client_notices_connect, NULL},
	{NULL, client_form_run},
	{NULL, client_menu_run},
	{client_mail_connect, client_mail_run},
	{client_media_connect, client_media_run},
	{NULL, client_names_run},
	{client_talk_connect, client_talk_run},
	{client_roster_connect, client_roster_run},
	{client_rooms_connect, client_rooms_run},
	{client_status_connect, client_status_run},
};

/* ---- Telling -------------------------------------------------------------------------------- */

JsonBuilder *
client_begin(const char *event)
{
	JsonBuilder *builder = json_builder_new();

	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "event");
	json_builder_add_string_value(builder, event);
	return builder;
}

void
client_add(JsonBuilder *builder, const char *name, const char *value)
{
	json_builder_set_member_name(builder, name);
	if (value != NULL)
		json_builder_add_string_value(builder, value);
	else
		json_builder_add_null_value(builder);
}

void
client_add_int(JsonBuilder *builder, const char *name, gint64 value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_int_value(builder, value);
}

void
client_add_boolean(JsonBuilder *builder, const char *name, gboolean value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_boolean_value(builder, value);
}

void
client_end(JsonBuilder *builder)
{
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *line = NULL;

	json_builder_end_object(builder);
	root = json_builder_get_root(builder);
	line = json_to_string(root, FALSE);
	puts(line);
	fflush(stdout);
	g_object_unref(builder);
}

static JsonBuilder *
client_begin_of(const char *event, PurpleConnection *gc)
{
	JsonBuilder *builder = client_begin(event);

	json_builder_set_member_name(builder, "bystander");
	json_builder_add_boolean_value(builder, client.bystander != NULL &&
	                                                purple_connection_get_account(gc) ==
	                                                        client.bystander);
	return builder;
}

static const char *
client_get_bound_jid(PurpleConnection *gc)
{
	gboolean ok = FALSE;

	return purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_BOUND_JID, &ok, gc);
}

static void
client_signed_on_cb(PurpleConnection *gc, gpointer user_data)
{
	JsonBuilder *builder = client_begin_of("signed-on", gc);

	client_add(builder, "display_name", purple_connection_get_display_name(gc));
	client_add(builder, "bound_jid", client_get_bound_jid(gc));
	client_add(builder, "username",
	           purple_account_get_username(purple_connection_get_account(gc)));
	client_end(builder);
}

static void
client_signed_off_cb(PurpleConnection *gc, gpointer user_data)
{
	JsonBuilder *builder = client_begin_of("signed-off", gc);

	client_add(builder, "password", purple_account_get_password(client.account));
	client_end(builder);
}

static void
client_error_cb(PurpleConnection *gc, PurpleConnectionError reason, const char *text,
                gpointer user_data)
{
	JsonBuilder *builder = client_begin_of("error", gc);

	json_builder_set_member_name(builder, "reason");
	json_builder_add_int_value(builder, reason);
	json_builder_set_member_name(builder, "fatal");
	json_builder_add_boolean_value(builder, purple_connection_error_is_fatal(reason));
	client_add(builder, "text", text);
	client_end(builder);
}

static void
client_bound_cb(PurpleConnection *gc, const char *jid, gpointer user_data)
{
	JsonBuilder *builder = client_begin("bound");

	client_add(builder, "jid", jid);
	client_end(builder);
}

static void
client_message_cb(PurpleAccount *account, const char *sender, const char *text,
                  PurpleConversation *conversation, PurpleMessageFlags flags, gpointer user_data)
{
	JsonBuilder *builder = client_begin("message");

	client_add(builder, "from", sender);
	client_add(builder, "text", text);
	client_end(builder);
}

static void
client_buddy_added_cb(PurpleBuddy *buddy, gpointer user_data)
{
	JsonBuilder *builder = client_begin("buddy");

	client_add(builder, "name", purple_buddy_get_name(buddy));
	client_end(builder);
}

/* ---- Questions ------------------------------------------------------------------------------ */

static void *
client_request_action(const char *title, const char *primary, const char *secondary,
                      int default_action, PurpleAccount *account, const char *who,
                      PurpleConversation *conversation, void *user_data, size_t n_actions,
                      va_list actions)
{
	ClientQuestion *question = g_new0(ClientQuestion, 1);
	JsonBuilder *builder = client_begin("question");

	question->user_data = user_data;
	(void)va_arg(actions, char *);
	question->accept = (PurpleRequestActionCb)va_arg(actions, GCallback);
	(void)va_arg(actions, char *);
	question->reject = (PurpleRequestActionCb)va_arg(actions, GCallback);
	client.question = question;
	client_add(builder, "text", primary);
	client_end(builder);
	return question;
}

static void
client_close_request(PurpleRequestType type, void *ui_handle)
{
	if (type == PURPLE_REQUEST_FIELDS) {
		client_form_close(ui_handle);
		return;
	}
	if (client.question == ui_handle)
		client.question = NULL;
	g_free(ui_handle);
}

static void
client_answer(gboolean accept)
{
	ClientQuestion *question = client.question;

	if (question == NULL)
		g_error("there is no question");
	if (accept)
		question->accept(question->user_data, 0);
	else
		question->reject(question->user_data, 1);
	purple_request_close(PURPLE_REQUEST_ACTION, question);
}

static PurpleRequestUiOps client_request_ops = {
	.request_action = client_request_action,
	.request_fields = client_form_open,
	.close_request = client_close_request,
};

/* ---- The core ------------------------------------------------------------------------------- */

static void
client_debug_print(PurpleDebugLevel level, const char *category, const char *text)
{
	fprintf(client.debug_log, "%s: %s", category, text);
	fflush(client.debug_log);
}

static gboolean
client_debug_is_enabled(PurpleDebugLevel level, const char *category)
{
	return client.debug_log != NULL;
}

static PurpleDebugUiOps client_debug_ops = {
	.print = client_debug_print,
	.is_enabled = client_debug_is_enabled,
};

static void
client_trust(const char *path)
{
	PurpleCertificateScheme *scheme;
	PurpleCertificate *certificate;
	g_autoptr(GTlsDatabase) database = NULL;

	g_assert_true(purple_ssl_is_supported());
	scheme = purple_certificate_find_scheme("x509");
	certificate = purple_certificate_import(scheme, path);
	g_assert_nonnull(certificate);
	g_assert_true(purple_certificate_pool_store(purple_certificate_find_pool("x509", "ca"),
	                                            "test", certificate));
	purple_certificate_destroy(certificate);
	/* And GLib, for what goes over HTTPS. */
	database = g_tls_file_database_new(path, NULL);
	g_assert_nonnull(database);
	g_tls_backend_set_default_database(g_tls_backend_get_default(), database);
}

static void
client_connect_signals(void)
{
	PurplePlugin *plugin = purple_find_prpl(GTALK_PRPL_ID);

	purple_signal_connect(purple_connections_get_handle(), "signed-on", &client,
	                      PURPLE_CALLBACK(client_signed_on_cb), NULL);
	purple_signal_connect(purple_connections_get_handle(), "signed-off", &client,
	                      PURPLE_CALLBACK(client_signed_off_cb), NULL);
	purple_signal_connect(purple_connections_get_handle(), "connection-error", &client,
	                      PURPLE_CALLBACK(client_error_cb), NULL);
	purple_signal_connect(purple_conversations_get_handle(), "received-im-msg", &client,
	                      PURPLE_CALLBACK(client_message_cb), NULL);
	purple_signal_connect(purple_blist_get_handle(), "buddy-added", &client,
	                      PURPLE_CALLBACK(client_buddy_added_cb), NULL);
	if (plugin == NULL)
		return;
	purple_signal_connect(plugin, GTALK_SIGNAL_BOUND, &client, PURPLE_CALLBACK(client_bound_cb),
	                      NULL);
	for (guint i = 0; i < G_N_ELEMENTS(client_parts); i++)
		if (client_parts[i].connect != NULL)
			client_parts[i].connect(plugin);
}

/* ---- The account ---------------------------------------------------------------------------- */

static void
client_set_option(JsonObject *options, const char *name, JsonNode *node, gpointer user_data)
{
	PurpleAccount *account = user_data;

	switch (json_node_get_value_type(node)) {
	case G_TYPE_STRING:
		purple_account_set_string(account, name, json_node_get_string(node));
		break;
	case G_TYPE_BOOLEAN:
		purple_account_set_bool(account, name, json_node_get_boolean(node));
		break;
	default:
		purple_account_set_int(account, name, (int)json_node_get_int(node));
	}
}

static void
client_set_proxy(PurpleAccount *account, JsonObject *settings)
{
	PurpleProxyInfo *info = purple_proxy_info_new();

	purple_proxy_info_set_type(info, (int)json_object_get_int_member(settings, "type"));
	purple_proxy_info_set_host(
		info, json_object_get_string_member_with_default(settings, "host", ""));
	purple_proxy_info_set_port(
		info, (int)json_object_get_int_member_with_default(settings, "port", 0));
	purple_account_set_proxy_info(account, info);
}

static PurpleAccount *
client_add_account(JsonObject *settings)
{
	PurpleAccount *account =
		purple_account_new(json_object_get_string_member(settings, "username"),
	                           json_object_get_string_member(settings, "protocol"));

	purple_account_set_remember_password(
		account, json_object_get_boolean_member_with_default(settings, "remember", FALSE));
	purple_account_set_password(account, json_object_get_string_member(settings, "password"));
	json_object_foreach_member(json_object_get_object_member(settings, "options"),
	                           client_set_option, account);
	if (json_object_has_member(settings, "proxy"))
		client_set_proxy(account, json_object_get_object_member(settings, "proxy"));
	purple_accounts_add(account);
	return account;
}

static void
client_start(JsonObject *settings)
{
	const char *ca = json_object_get_string_member_with_default(settings, "ca", NULL);
	const char *log = json_object_get_string_member_with_default(settings, "debug_log", NULL);

	if (log != NULL) {
		client.debug_log = fopen(log, "w");
		g_assert_nonnull(client.debug_log);
	}
	purple_debug_set_ui_ops(&client_debug_ops);
	purple_boot_start(CLIENT_UI, json_object_get_string_member(settings, "user_dir"),
	                  json_object_get_string_member(settings, "plugin_dir"));
	purple_request_set_ui_ops(&client_request_ops);
	if (ca != NULL)
		client_trust(ca);
	client_connect_signals();
	client.account = client_add_account(settings);
	if (json_object_has_member(settings, "bystander"))
		client.bystander =
			client_add_account(json_object_get_object_member(settings, "bystander"));
	client_end(client_begin("ready"));
}

static void
client_tell_state(void)
{
	PurpleConnection *gc = purple_account_get_connection(client.account);
	JsonBuilder *builder = client_begin("state");
	const char *state = "offline";

	if (purple_account_is_connected(client.account))
		state = "connected";
	else if (purple_account_is_connecting(client.account))
		state = "connecting";
	client_add(builder, "state", state);
	client_add(builder, "display_name",
	           gc != NULL ? purple_connection_get_display_name(gc) : NULL);
	client_add(builder, "connection_security",
	           purple_account_get_string(client.account, "connection_security", NULL));
	client_add_int(builder, "port", purple_account_get_int(client.account, "port", 0));
	client_add(builder, "token_service",
	           purple_account_get_string(client.account, GTALK_OPTION_TOKEN_SERVICE, NULL));
	client_add(builder, "password", purple_account_get_password(client.account));
	client_end(builder);
}

/* ---- Commands ------------------------------------------------------------------------------- */

static void
client_send(const char *to, const char *text)
{
	serv_send_im(purple_account_get_connection(client.account), to, text, 0);
}

static void
client_send_raw(const char *text)
{
	PurpleConnection *gc = purple_account_get_connection(client.account);
	PurplePlugin *plugin = purple_connection_get_prpl(gc);

	PURPLE_PLUGIN_PROTOCOL_INFO(plugin)->send_raw(gc, text, -1);
}

static void
client_load(void)
{
	purple_plugin_load(purple_plugins_find_with_id(GTALK_PRPL_ID));
}

static void
client_unload(void)
{
	purple_plugin_unload(purple_plugins_find_with_id(GTALK_PRPL_ID));
}

static void
client_quit(void)
{
	g_main_loop_quit(client.loop);
}

static void
client_connect(void)
{
	purple_account_set_enabled(client.account, CLIENT_UI, TRUE);
	if (purple_account_is_disconnected(client.account))
		purple_account_connect(client.account);
}

static void
client_disconnect(void)
{
	purple_account_set_enabled(client.account, CLIENT_UI, FALSE);
}

static void
client_register(void)
{
	purple_account_register(client.account);
}

static void
client_connect_bystander(void)
{
	purple_account_set_enabled(client.bystander, CLIENT_UI, TRUE);
}

typedef struct {
	const char *name;
	void (*run)(void);
} ClientCommand;

static const ClientCommand client_commands[] = {
	{"connect", client_connect},   {"disconnect", client_disconnect},
	{"register", client_register}, {"state", client_tell_state},
	{"load", client_load},         {"unload", client_unload},
	{"quit", client_quit},         {"connect-bystander", client_connect_bystander},
};

static void
client_run(JsonObject *command)
{
	const char *name = json_object_get_string_member(command, "do");

	if (g_str_equal(name, "answer")) {
		client_answer(json_object_get_boolean_member(command, "accept"));
		return;
	}
	if (g_str_equal(name, "send")) {
		client_send(json_object_get_string_member(command, "to"),
		            json_object_get_string_member(command, "text"));
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(client_parts); i++)
		if (client_parts[i].run != NULL &&
		    client_parts[i].run(client.account, name, command))
			return;
	if (g_str_equal(name, "raw")) {
		client_send_raw(json_object_get_string_member(command, "text"));
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(client_commands); i++) {
		if (g_str_equal(name, client_commands[i].name)) {
			client_commands[i].run();
			return;
		}
	}
	g_error("unknown command: %s", name);
}

static gboolean
client_read_line(GIOChannel *channel)
{
	g_autofree char *line = NULL;
	g_autoptr(JsonNode) node = NULL;

	if (g_io_channel_read_line(channel, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL)
		return FALSE;
	node = json_from_string(line, NULL);
	g_assert_nonnull(node);
	if (client.account == NULL)
		client_start(json_node_get_object(node));
	else
		client_run(json_node_get_object(node));
	return TRUE;
}

/* Several lines may have come at once; the channel keeps those that are not read, and does not call
 * again for them. */
static gboolean
client_line_cb(GIOChannel *channel, GIOCondition condition, gpointer user_data)
{
	do {
		if (!client_read_line(channel)) {
			client_quit();
			return G_SOURCE_REMOVE;
		}
	} while (g_io_channel_get_buffer_condition(channel) & G_IO_IN);
	return G_SOURCE_CONTINUE;
}

int
main(void)
{
	GIOChannel *input = g_io_channel_unix_new(0);

	client.loop = g_main_loop_new(NULL, FALSE);
	g_io_add_watch(input, G_IO_IN | G_IO_HUP, client_line_cb, NULL);
	g_main_loop_run(client.loop);
	g_io_channel_unref(input);
	if (client.account != NULL) {
		purple_signals_disconnect_by_handle(&client);
		purple_boot_stop();
	}
	g_main_loop_unref(client.loop);
	if (client.debug_log != NULL)
		fclose(client.debug_log);
	return 0;
}
