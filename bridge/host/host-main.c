/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-bridge-host: hosts libpurple for gtalk-bridge, which starts it; nobody else does.
 *
 *   gtalk-bridge-host             serves the link at descriptor 3
 *   gtalk-bridge-host --template  serves requests for hosts at descriptor 3 (bridge-template.h)
 *
 * with --protocols NAMES behind it: what accounts may speak, separated by commas. */
#include "config.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "link/bridge-link.h"
#include "host-account.h"
#include "host-link.h"
#include "host-log.h"
#include "host-purple.h"
#include "host-template.h"

/* This process holds secrets and parses what strangers send. */
static void
host_main_lock_down(void)
{
	const struct rlimit none = {0, 0};

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
}

/* A terminal and a service manager signal the whole group at once. The daemon then signs the
 * accounts out and closes the links, which ends the hosts; one that does not listen to it is
 * killed. */
static void
host_main_leave_signals_to_the_daemon(void)
{
	static const int ignored[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP};

	for (guint i = 0; i < G_N_ELEMENTS(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

/* Each account takes a few descriptors, and the usual soft limit is meant for programs that use
 * select(). */
static void
host_main_raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void
host_main_ended(gpointer user_data)
{
	g_main_loop_quit(user_data);
}

static int
host_main_serve(int fd)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GError) error = NULL;
	HostLink *link = NULL;

	if (host_purple_start_tls(&error)) {
		host_account_install();
		link = host_link_new(fd, host_main_ended, loop, &error);
	}
	if (link == NULL) {
		g_printerr("gtalk-bridge-host: %s\n", error->message);
		return EXIT_FAILURE;
	}
	g_main_loop_run(loop);
	/* No farewell to the chat servers: what was not acknowledged must come again. */
	return EXIT_SUCCESS;
}

static int
host_main_be_template(void)
{
	g_autoptr(GError) error = NULL;
	int link = -1;

	switch (host_template_run(BRIDGE_LINK_FD, &link, &error)) {
	case HOST_TEMPLATE_ENDED:
		return EXIT_SUCCESS;
	case HOST_TEMPLATE_CHILD:
		return host_main_serve(link);
	default:
		g_printerr("gtalk-bridge-host: %s\n", error->message);
		return EXIT_FAILURE;
	}
}

int
main(int argc, char **argv)
{
	gboolean template = argc >= 2 && g_str_equal(argv[1], "--template");
	char **rest = argv + (template ? 2 : 1);
	const char *protocols = NULL;
	g_autoptr(GError) error = NULL;

	if (argc == 2 && g_str_equal(argv[1], "--version")) {
		g_print("gtalk-bridge-host %s\n", PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	if (rest[0] != NULL && rest[1] != NULL && g_str_equal(rest[0], "--protocols")) {
		protocols = rest[1];
		rest += 2;
	}
	if (rest[0] != NULL || fcntl(BRIDGE_LINK_FD, F_SETFD, FD_CLOEXEC) < 0) {
		g_printerr("gtalk-bridge-host is started by gtalk-bridge, with a socket as "
		           "descriptor %d\n",
		           BRIDGE_LINK_FD);
		return 2;
	}
	setlocale(LC_ALL, "");
	host_main_lock_down();
	host_main_leave_signals_to_the_daemon();
	host_main_raise_descriptor_limit();
	host_log_install();
	/* The daemon's death ends a host or template that is started by it; a host that a template
	 * forked is ended by its template. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (!host_purple_start(protocols, &error)) {
		g_printerr("gtalk-bridge-host: %s\n", error->message);
		return EXIT_FAILURE;
	}
	return template ? host_main_be_template() : host_main_serve(BRIDGE_LINK_FD);
}
