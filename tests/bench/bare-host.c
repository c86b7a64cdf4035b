/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bare-host: the least that signs accounts in with libpurple's own XMPP protocol and does nothing
 * else. What the bridge costs is measured beside it, in the same run.
 *
 * Signs in <prefix>1 to <prefix>N, a few at a time, and says on standard output, one line each,
 *
 *   online <number>             the account is signed in
 *   message <time in us> <body> a message came; the time is this process's wall clock
 *   error <number> <text>       and ends with status 1
 *
 * until standard input ends. */
#include "config.h"

#include <glib-unix.h>
#include <purple.h>
#include <stdio.h>

#define CONNECTING_MAX 8 /* enough to keep two processors busy, few enough to time nobody out */
#define NUMBER_SETTING "bare-host-number"

typedef struct {
	PurpleInputFunction function;
	gpointer data;
} Watch;

typedef struct {
	char *domain;
	char *password;
	char *prefix;
	char *server;
	int port;
	int count;
	int started;
	int online;
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
bare_host_start_next(BareHost *self)
{
	PurpleAccount *account;
	g_autofree char *user =
		g_strdup_printf("%s%d@%s/bare", self->prefix, ++self->started, self->domain);

	account = purple_account_new(user, "prpl-jabber");
	purple_account_set_password(account, self->password);
	purple_account_set_string(account, "connect_server", self->server);
	purple_account_set_int(account, "port", self->port);
	purple_account_set_string(account, "connection_security", "require_tls");
	purple_account_set_int(account, NUMBER_SETTING, self->started);
	purple_accounts_add(account);
	purple_account_set_enabled(account, purple_core_get_ui(), TRUE);
}

static void
bare_host_start_more(BareHost *self)
{
	while (self->started < self->count && self->started - self->online < CONNECTING_MAX)
		bare_host_start_next(self);
}

static int
number_of(PurpleConnection *connection)
{
	return purple_account_get_int(purple_connection_get_account(connection), NUMBER_SETTING, 0);
}

static gboolean
start_more_cb(gpointer user_data)
{
	bare_host_start_more(user_data);
	return G_SOURCE_REMOVE;
}

static void
signed_on_cb(PurpleConnection *connection, gpointer user_data)
{
	BareHost *self = user_data;

	self->online++;
	printf("online %d\n", number_of(connection));
	g_idle_add(start_more_cb, self);
}

static void
connection_error_cb(PurpleConnection *connection, PurpleConnectionError reason, const char *text,
                    gpointer user_data)
{
	BareHost *self = user_data;

	printf("error %d %s\n", number_of(connection), text);
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
input_ended_cb(int fd, GIOCondition condition, gpointer user_data)
{
	BareHost *self = user_data;
	char buffer[256];

	if (read(fd, buffer, sizeof buffer) > 0)
		return G_SOURCE_CONTINUE;
	g_main_loop_quit(self->loop);
	return G_SOURCE_REMOVE;
}

static void
purple_start(BareHost *self)
{
	static int handle;

	purple_util_set_user_dir("/dev/null/none");
	purple_debug_set_enabled(FALSE);
	purple_eventloop_set_ui_ops(&event_loop_ops);
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
		{"domain", 0, 0, G_OPTION_ARG_STRING, &self->domain, "of the users", "DOMAIN"},
		{"prefix", 0, 0, G_OPTION_ARG_STRING, &self->prefix, "of the users", "NAME"},
		{"password", 0, 0, G_OPTION_ARG_STRING, &self->password, "of all", "TEXT"},
		{"count", 0, 0, G_OPTION_ARG_INT, &self->count, "how many users", "N"},
		{NULL},
	};

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || self->server == NULL ||
	    self->domain == NULL || self->prefix == NULL || self->password == NULL)
		g_error("bad options: %s", error ? error->message : "one is missing");
	setvbuf(stdout, NULL, _IOLBF, 0);
	purple_start(self);
	self->loop = g_main_loop_new(NULL, FALSE);
	g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, input_ended_cb, self);
	bare_host_start_more(self);
	g_main_loop_run(self->loop);
	purple_core_quit();
	g_main_loop_unref(self->loop);
	return self->failed ? 1 : 0;
}
