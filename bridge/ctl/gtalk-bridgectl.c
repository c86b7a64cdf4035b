/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-bridgectl: the administrator's command line. It speaks HTTP with a running gtalk-bridge
 * over the control socket (control/bridge-control.h). */
#include "config.h"

#include <locale.h>
#include <stdlib.h>

#include "ctl.h"

#define CTL_SERVICE_SOCKET "/run/gtalk-bridge/control" /* by data/gtalk-bridge.service.in */

static const CtlCommand *const ctl_commands[] = {
	&ctl_command_invite,  &ctl_command_accounts, &ctl_command_devices, &ctl_command_revoke,
	&ctl_command_release, &ctl_command_erase,    &ctl_command_health,  &ctl_command_hosts,
	&ctl_command_events,  &ctl_command_push,     &ctl_command_rotate,  &ctl_command_backup,
	&ctl_command_restore, &ctl_command_doctor,
};

/* Before or behind the command. */
static const CtlOption ctl_common_options[] = {
	{"socket", G_OPTION_ARG_FILENAME, CTL_OPTION_AT(socket), "The daemon's control socket",
         "PATH"},
	{"config", G_OPTION_ARG_FILENAME, CTL_OPTION_AT(config),
         "The daemon's configuration, which names the socket", "FILE"},
	{"json", G_OPTION_ARG_NONE, CTL_OPTION_AT(json), "Show the answer as JSON", NULL},
	{NULL},
};

static const CtlOption ctl_first_options[] = {
	{"version", G_OPTION_ARG_NONE, CTL_OPTION_AT(version), "Show the version", NULL},
	{NULL},
};

static void
ctl_options_clear(CtlOptions *options)
{
	g_free(options->socket);
	g_free(options->config);
	g_free(options->domain);
	g_strfreev(options->words);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CtlOptions, ctl_options_clear)

/* ---- The command line ------------------------------------------------------------------------ */

static void
ctl_add_options(GArray *entries, const CtlOption *options, CtlOptions *target)
{
	for (; options != NULL && options->name != NULL; options++) {
		GOptionEntry entry = {options->name,
		                      0,
		                      0,
		                      options->type,
		                      G_STRUCT_MEMBER_P(target, options->offset),
		                      options->help,
		                      options->value};

		g_array_append_val(entries, entry);
	}
}

/* GOption parses one command line in two goes: up to the command, and what follows it. */
static gboolean
ctl_parse(GOptionContext *context, const CtlOption *more, CtlOptions *options, char ***arguments,
          GError **error)
{
	g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));

	ctl_add_options(entries, ctl_common_options, options);
	ctl_add_options(entries, more, options);
	g_option_context_add_main_entries(context, (GOptionEntry *)entries->data, NULL);
	return g_option_context_parse_strv(context, arguments, error);
}

static char *
ctl_describe_commands(void)
{
	GString *text = g_string_new("Commands:\n");

	for (guint i = 0; i < G_N_ELEMENTS(ctl_commands); i++)
		g_string_append_printf(text, "  %-9s %s\n", ctl_commands[i]->name,
		                       ctl_commands[i]->summary);
	g_string_append(text, "\ngtalk-bridgectl COMMAND --help tells more of each.");
	return g_string_free(text, FALSE);
}

static const CtlCommand *
ctl_find_command(const char *name, GError **error)
{
	for (guint i = 0; name != NULL && i < G_N_ELEMENTS(ctl_commands); i++)
		if (g_str_equal(ctl_commands[i]->name, name))
			return ctl_commands[i];
	if (name == NULL)
		g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
		                    "a command is needed; --help lists them");
	else
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
		            "there is no command \"%s\"; --help lists them", name);
	return NULL;
}

/* Program and command are no words. */
static gboolean
ctl_take_words(const CtlCommand *command, CtlOptions *options, char **arguments, GError **error)
{
	guint count = g_strv_length(arguments) - 1;

	if (count < command->words_min || count > command->words_max) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "usage: %s %s",
		            command->name, command->arguments);
		return FALSE;
	}
	options->words = g_strdupv(arguments + 1);
	return TRUE;
}

static gboolean
ctl_parse_command(const CtlCommand *command, CtlOptions *options, char ***arguments, GError **error)
{
	g_autofree char *usage = g_strconcat(command->name, " ", command->arguments, NULL);
	g_autoptr(GOptionContext) context = g_option_context_new(usage);
	g_autofree char *summary = g_strconcat("Will ", command->summary, ".", NULL);

	g_option_context_set_summary(context, summary);
	return ctl_parse(context, command->options, options, arguments, error) &&
	       ctl_take_words(command, options, *arguments, error);
}

/* Returns: (nullable): the command, none also if the version is all that was asked for */
static const CtlCommand *
ctl_parse_all(CtlOptions *options, char **argv, GError **error)
{
	g_autoptr(GOptionContext) context = g_option_context_new("COMMAND ...");
	g_autofree char *summary = ctl_describe_commands();
	g_auto(GStrv) arguments = g_strdupv(argv);
	g_autofree char *name = NULL;
	const CtlCommand *command = NULL;

	g_option_context_set_summary(context, summary);
	g_option_context_set_strict_posix(context, TRUE);
	if (!ctl_parse(context, ctl_first_options, options, &arguments, error) || options->version)
		return NULL;
	command = ctl_find_command(arguments[1], error);
	if (command == NULL)
		return NULL;
	/* the second go sees the program and what follows the command */
	name = arguments[1];
	for (guint i = 1; arguments[i] != NULL; i++)
		arguments[i] = arguments[i + 1];
	return ctl_parse_command(command, options, &arguments, error) ? command : NULL;
}

/* ---- Start ----------------------------------------------------------------------------------- */

/* The user's own, or that of the system's service. */
static char *
ctl_find_default_socket(void)
{
	g_autofree char *own = bridge_config_build_control_socket();

	if (!g_file_test(own, G_FILE_TEST_EXISTS) &&
	    g_file_test(CTL_SERVICE_SOCKET, G_FILE_TEST_EXISTS))
		return g_strdup(CTL_SERVICE_SOCKET);
	return g_steal_pointer(&own);
}

/* Returns: (nullable): where the daemon listens */
static char *
ctl_find_socket(const CtlOptions *options, GError **error)
{
	g_autoptr(BridgeConfig) config = NULL;

	if (options->socket != NULL)
		return g_strdup(options->socket);
	if (options->config == NULL)
		return ctl_find_default_socket();
	config = bridge_config_load(options->config, error);
	return config != NULL ? g_strdup(bridge_config_get_control_socket(config)) : NULL;
}

int
main(int argc, char **argv)
{
	g_auto(CtlOptions) options = {.passphrase_fd = -1, .valid_hours = CTL_VALID_HOURS};
	const CtlCommand *command = NULL;
	g_autofree char *socket = NULL;
	g_autoptr(GError) error = NULL;
	CtlCall call = {&options, NULL};

	setlocale(LC_ALL, "");
	command = ctl_parse_all(&options, argv, &error);
	if (options.version) {
		g_print("gtalk-bridgectl %s\n", PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	if (command == NULL)
		return ctl_fail(CTL_EXIT_USAGE, "%s", error->message);
	socket = ctl_find_socket(&options, &error);
	if (socket == NULL && command == &ctl_command_doctor) /* that is for it to tell */
		socket = ctl_find_default_socket();
	if (socket == NULL)
		return ctl_fail(CTL_EXIT_REFUSED, "%s", error->message);
	call.socket = socket;
	return command->run(&call);
}
