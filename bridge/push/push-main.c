/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-bridge-push: makes the requests to push services for gtalk-bridge, which starts it and
 * talks to it at descriptor 3; nobody else does. It keeps nothing, so it can be killed at any time.
 */
#include "config.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "link/bridge-push-link.h"
#include "push-link.h"

/* This process holds keys and reads what strangers answer. */
static void
push_main_lock_down(void)
{
	const struct rlimit none = {0, 0};

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	/* The daemon's death ends it; it must not have died before that is asked for. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

static void
push_main_leave_signals_to_the_daemon(void)
{
	static const int ignored[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP};

	for (guint i = 0; i < G_N_ELEMENTS(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

/* Proxies, settings and buses are none of this program's; HTTP/2 only where a service speaks
 * nothing else: with libsoup 3.2 a request on a connection of it that the peer dropped may never
 * end. */
static void
push_main_set_environment(gboolean http2)
{
	if (http2)
		g_unsetenv("SOUP_FORCE_HTTP1");
	else
		g_setenv("SOUP_FORCE_HTTP1", "1", TRUE);
	g_setenv("GIO_USE_PROXY_RESOLVER", "dummy", TRUE);
	g_setenv("GSETTINGS_BACKEND", "memory", TRUE);
	g_setenv("GIO_USE_VFS", "local", TRUE);
}

static void
push_main_ended(gpointer user_data)
{
	g_main_loop_quit(user_data);
}

int
main(int argc, char **argv)
{
	g_autoptr(GMainLoop) loop = NULL;
	g_autoptr(GError) error = NULL;
	PushLink *link = NULL;
	gboolean http2;

	if (argc == 2 && g_str_equal(argv[1], "--version")) {
		g_print("gtalk-bridge-push %s\n", PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	http2 = argc == 2 && g_str_equal(argv[1], BRIDGE_PUSH_OPTION_HTTP2);
	if ((argc != 1 && !http2) || fcntl(BRIDGE_PUSH_LINK_FD, F_SETFD, FD_CLOEXEC) < 0) {
		g_printerr("gtalk-bridge-push is started by gtalk-bridge, with a socket as "
		           "descriptor %d\n",
		           BRIDGE_PUSH_LINK_FD);
		return 2;
	}
	setlocale(LC_ALL, "");
	push_main_lock_down();
	push_main_leave_signals_to_the_daemon();
	push_main_set_environment(http2);
	g_log_writer_default_set_use_stderr(TRUE);
	loop = g_main_loop_new(NULL, FALSE);
	link = push_link_new(BRIDGE_PUSH_LINK_FD, push_main_ended, loop, &error);
	if (link == NULL) {
		g_printerr("gtalk-bridge-push: %s\n", error->message);
		return EXIT_FAILURE;
	}
	g_main_loop_run(loop);
	push_link_free(link);
	return EXIT_SUCCESS;
}
