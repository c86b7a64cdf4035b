/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-bridge: the daemon's command line. */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "config/bridge-config-named.h"
#include "config/bridge-config.h"
#include "bridge-daemon.h"
#include "bridge-restore.h"
#include "vault/bridge-vault.h"

typedef struct {
	char *config_path;
	char *backup_path;
	int passphrase_fd;
	gboolean check_only;
	gboolean version;
} BridgeArguments;

static gboolean
bridge_main_parse(BridgeArguments *arguments, int argc, char **argv, GError **error)
{
	GOptionEntry entries[] = {
		{"config", 0, 0, G_OPTION_ARG_FILENAME, &arguments->config_path,
	         "Read the configuration from FILE", "FILE"},
		{"check-config", 0, 0, G_OPTION_ARG_NONE, &arguments->check_only,
	         "Say what is wrong with the configuration, and exit", NULL},
		{"restore", 0, 0, G_OPTION_ARG_FILENAME, &arguments->backup_path,
	         "Make the store of the backup FILE, and exit", "FILE"},
		{"passphrase-fd", 0, 0, G_OPTION_ARG_INT, &arguments->passphrase_fd,
	         "Read the backup's passphrase from this descriptor, a line", "FD"},
		{"version", 0, 0, G_OPTION_ARG_NONE, &arguments->version,
	         "Print the version, and exit", NULL},
		{NULL}};
	g_autoptr(GOptionContext) context =
		g_option_context_new("- keep chat accounts signed in and serve them as JSON");

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, error))
		return FALSE;
	if (argc > 1) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
		            "what is \"%s\"? there are only options", argv[1]);
		return FALSE;
	}
	if (arguments->config_path == NULL && !arguments->version) {
		g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
		                    "--config FILE is needed");
		return FALSE;
	}
	return TRUE;
}

static int
bridge_main_check(const BridgeArguments *arguments, BridgeConfig *config)
{
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	gboolean is_good = bridge_config_check_named(config, arguments->config_path, notes, &error);

	for (guint i = 0; i < notes->len; i++)
		g_printerr("gtalk-bridge: note: %s\n", (char *)g_ptr_array_index(notes, i));
	if (!is_good) {
		g_printerr("gtalk-bridge: %s\n", error->message);
		return BRIDGE_EXIT_CONFIGURATION;
	}
	g_print("%s is good\n", arguments->config_path);
	return BRIDGE_EXIT_OK;
}

static int
bridge_main_run(const BridgeArguments *arguments)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeConfig) config = bridge_config_load(arguments->config_path, &error);

	if (config == NULL) {
		g_printerr("gtalk-bridge: %s\n", error->message);
		return BRIDGE_EXIT_CONFIGURATION;
	}
	if (arguments->check_only)
		return bridge_main_check(arguments, config);
	if (arguments->backup_path != NULL)
		return bridge_restore_run(config, arguments->backup_path, arguments->passphrase_fd);
	return bridge_daemon_run(config, arguments->config_path);
}

int
main(int argc, char **argv)
{
	BridgeArguments arguments = {.passphrase_fd = -1};
	g_autoptr(GError) error = NULL;
	int status = BRIDGE_EXIT_OK;

	bridge_vault_harden_process();
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	g_log_writer_default_set_use_stderr(TRUE);
	if (!bridge_main_parse(&arguments, argc, argv, &error)) {
		g_printerr("gtalk-bridge: %s\n", error->message);
		status = BRIDGE_EXIT_USAGE;
	} else if (arguments.version) {
		g_print("gtalk-bridge %s\n", PACKAGE_VERSION);
	} else {
		status = bridge_main_run(&arguments);
	}
	g_free(arguments.config_path);
	g_free(arguments.backup_path);
	return status;
}
