/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bare-host: the least that signs accounts in with libpurple's own XMPP protocol (or another one,
 * by --protocol and --plugins) and does nothing else. What the bridge and the plugin cost is
 * measured beside it, in the same run.
 *
 * Takes lines "<bare JID> <password>" on standard input and signs each in, a few at a time. Says on
 * standard output, one line each,
 *
 *   online <jid>
 *   message <time in us> <body>   the time is this process's wall clock
 *   error <jid> <text>            and ends with status 1
 *
 * until standard input ends. */
#include "config.h"

#include <glib-unix.h>
#include <purple.h>
#include <stdio.h>

#define CONNECTING_MAX 8 /* enough to keep two processors busy, few enough to time nobody out */

typedef struct {
	PurpleInputFunction function;
	gpointer data;
} Watch;

typedef struct {
	char *server;
	int port;
	char *protocol;
	char *plugins; /* a folder to look for the protocol, or NULL */
	GIOChannel *input;
	GQueue *waiting; /* (element-type utf8) lines */
	guint connecting;
	GMainLoop *loop;
	gboolean failed;
} BareHost;

static gboolean
watch_cb(int fd, GIOCondition condition, gpointer user_data)
{
	Watch *watch = user_data;
	int events = 0;

	if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR))
		events |= PURPLE_INPUT_READ;
	if (condition & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL))
		events |= PURPLE_INPUT_WRITE;
	watch->function(watch->data, fd, events);
	return G_SOURCE_CONTINUE;
}

static guint
watch_add(int fd, PurpleInputCondition events, PurpleInputFunction function, gpointer data)
{
	Watch *watch = g_new(Watch, 1);
	GIOCondition condition = 0;

	watch->function = function;
	watch->data = data;
	if (events & PURPLE_INPUT_READ)
		condition |= G_IO_IN | G_IO_HUP | G_IO_ERR;
	if (events & PURPLE_INPUT_WRITE)
		condition |= G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL;
	return g_unix_fd_add_full(G_PRIORITY_DEFAULT, fd, condition, watch_cb, watch, g_free);
}

static PurpleEventLoopUiOps event_loop_ops = {
	.timeout_add = g_timeout_add,
	.timeout_remove = g_source_remove,
	.input_add = watch_add,
	.input_remove = g_source_remove,
	.timeout_add_seconds = g_timeout_add_seconds,
};

/* The benchmark's server has a certificate of its own making. */
static void
certificate_verify(PurpleCertificateVerificationRequest *request)
{
	purple_certificate_verify_complete(request, PURPLE_CERTIFICATE_VALID);
}

static void
certificate_destroy_request(PurpleCertificateVerificationRequest *request)
{
}

static PurpleCertificateVerifier certificate_verifier = {
	.scheme_name = (char *)"x509",
	.name = (char *)"tls_cached",
	.start_verification = certificate_verify,
	.destroy_request = certificate_destroy_request,
};

static void
certificate_replace_verifier(void)
{
	PurpleCertificateVerifier *stock = purple_certificate_find_verifier("x509", "tls_cached");

	if (stock != NULL)
		purple_certificate_unregister_verifier(stock);
	purple_certificate_register_verifier(&certificate_verifier);
}

static void
bare_host_sign_in(BareHost *self, const char *line)
{
	PurpleAccount *account;
	g_auto(GStrv) words = g_strsplit(line, " ", 2);
	g_autofree char *user = g_strconcat(words[0], "/bare", NULL);

	account = purple_account_new(user, self->protocol != NULL ? self->protocol : "prpl-jabber");
	purple_account_set_password(account, words[1]);
	purple_account_set_string(account, "gtalk_mechanism", "password");
	purple_account_set_string(account, "connect_server", self->server);
	purple_account_set_int(account, "port", self->port);
	purple_account_set_string(account, "connection_security", "require_tls");
	purple_accounts_add(account);
	purple_account_set_enabled(account, purple_core_get_ui(), TRUE);
}

static gboolean
bare_host_start_more_cb(gpointer user_data)
{
	BareHost *self = user_data;

	while (self->connecting < CONNECTING_MAX && !g_queue_is_empty(self->waiting)) {
		g_autofree char *line = g_queue_pop_head(self->waiting);

		self->connecting++;
		bare_host_sign_in(self, line);
	}
	return G_SOURCE_REMOVE;
}

static const char *
name_of(PurpleConnection *connection)
{
	return purple_account_get_username(purple_connection_get_account(connection));
}

static void
signed_on_cb(PurpleConnection *connection, gpointer user_data)
{
	BareHost *self = user_data;

	self->connecting--;
	printf("online %s\n", name_of(connection));
	g_idle_add(bare_host_start_more_cb, self);
}

static void
connection_error_cb(PurpleConnection *connection, PurpleConnectionError reason, const char *text,
                    gpointer user_data)
{
	BareHost *self = user_data;

	printf("error %s %s\n", name_of(connection), text);
	self->failed = TRUE;
	g_main_loop_quit(self->loop);
}

static gboolean
receiving_im_cb(PurpleAccount *account, char **sender, char **message, PurpleConversation *chat,
                PurpleMessageFlags *flags, gpointer user_data)
{
	g_autofree char *body = purple_markup_strip_html(*message);

	printf("message %" G_GINT64_FORMAT " %s\n", g_get_real_time(), body);
	return TRUE; /* no conversation is made */
}

static gboolean
input_cb(GIOChannel *channel, GIOCondition condition, gpointer user_data)
{
	BareHost *self = user_data;
	char *line = NULL;
	gsize end = 0;

	if (g_io_channel_read_line(channel, &line, NULL, &end, NULL) != G_IO_STATUS_NORMAL) {
		g_main_loop_quit(self->loop);
		return G_SOURCE_REMOVE;
	}
	line[end] = '\0';
	g_queue_push_tail(self->waiting, line);
	bare_host_start_more_cb(self);
	return G_SOURCE_CONTINUE;
}

static void
purple_start(BareHost *self)
{
	static int handle;

	purple_util_set_user_dir("/dev/null/none");
	purple_debug_set_enabled(FALSE);
	purple_eventloop_set_ui_ops(&event_loop_ops);
	if (self->plugins != NULL)
		purple_plugins_add_search_path(self->plugins);
	if (!purple_core_init("bare-host"))
		g_error("libpurple does not start");
	purple_set_blist(purple_blist_new());
	certificate_replace_verifier();
	purple_prefs_set_bool("/purple/away/away_when_idle", FALSE);
	purple_signal_connect(purple_connections_get_handle(), "signed-on", &handle,
	                      PURPLE_CALLBACK(signed_on_cb), self);
	purple_signal_connect(purple_connections_get_handle(), "connection-error", &handle,
	                      PURPLE_CALLBACK(connection_error_cb), self);
	purple_signal_connect(purple_conversations_get_handle(), "receiving-im-msg", &handle,
	                      PURPLE_CALLBACK(receiving_im_cb), self);
}

int
main(int argc, char **argv)
{
	BareHost host = {0}, *self = &host;
	g_autoptr(GError) error = NULL;
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	const GOptionEntry entries[] = {
		{"server", 0, 0, G_OPTION_ARG_STRING, &self->server, "where", "HOST"},
		{"port", 0, 0, G_OPTION_ARG_INT, &self->port, "at which port", "PORT"},
		{"protocol", 0, 0, G_OPTION_ARG_STRING, &self->protocol, "by which", "ID"},
		{"plugins", 0, 0, G_OPTION_ARG_FILENAME, &self->plugins, "found here", "FOLDER"},
		{NULL},
	};

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || self->server == NULL)
		g_error("bad options: %s", error ? error->message : "one is missing");
	setvbuf(stdout, NULL, _IOLBF, 0);
	purple_start(self);
	self->loop = g_main_loop_new(NULL, FALSE);
	self->waiting = g_queue_new();
	self->input = g_io_channel_unix_new(STDIN_FILENO);
	g_io_add_watch(self->input, G_IO_IN | G_IO_HUP, input_cb, self);
	g_main_loop_run(self->loop);
	purple_core_quit();
	g_queue_free_full(self->waiting, g_free);
	g_io_channel_unref(self->input);
	g_main_loop_unref(self->loop);
	return self->failed ? 1 : 0;
}
