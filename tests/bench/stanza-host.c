/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * stanza-host: signs one account in with the given protocol and takes what comes until the server
 * ends the stream. What it does for each stanza is counted from outside.
 *
 *   stanza-host PROTOCOL PORT USER-DIR PLUGIN-DIR */
#include "config.h"

#include <purple.h>
#include <stdlib.h>

#include "harness/purple-boot.h"

#define STANZA_HOST_UI "stanza-host"

static void
stanza_host_ended_cb(PurpleConnection *gc, PurpleConnectionError reason, const char *text,
                     gpointer user_data)
{
	g_main_loop_quit(user_data);
}

static PurpleAccount *
stanza_host_new_account(const char *protocol, int port)
{
	PurpleAccount *account = purple_account_new("juliet@talk.example/Desk", protocol);

	purple_account_set_password(account, "password");
	purple_account_set_string(account, "connect_server", "127.0.0.1");
	purple_account_set_int(account, "port", port);
	/* without TLS, whose work for each stanza would hide ours */
	purple_account_set_string(account, "connection_security", "opportunistic_tls");
	purple_account_set_bool(account, "auth_plain_in_clear", TRUE);
	purple_account_set_string(account, "gtalk_mechanism", "password");
	purple_account_set_check_mail(account, TRUE);
	return account;
}

int
main(int argc, char **argv)
{
	GMainLoop *loop = g_main_loop_new(NULL, FALSE);
	PurpleAccount *account = NULL;

	if (argc != 5)
		g_error("usage: %s PROTOCOL PORT USER-DIR PLUGIN-DIR", argv[0]);
	purple_boot_start(STANZA_HOST_UI, argv[3], argv[4]);
	purple_prefs_set_bool("/purple/logging/log_ims", FALSE);
	purple_signal_connect(purple_connections_get_handle(), "connection-error", loop,
	                      PURPLE_CALLBACK(stanza_host_ended_cb), loop);
	account = stanza_host_new_account(argv[1], atoi(argv[2]));
	purple_accounts_add(account);
	purple_account_set_enabled(account, STANZA_HOST_UI, TRUE);
	g_main_loop_run(loop);
	return 0;
}
