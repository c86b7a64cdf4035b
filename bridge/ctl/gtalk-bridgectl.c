/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-bridgectl: the administrator's command line. It speaks HTTP with a running gtalk-bridge
 * over the control socket (api/bridge-control.h). */
#include "config.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <gio/gunixsocketaddress.h>
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "bridge-config.h"

#define CTL_EXIT_FAILED 1
#define CTL_EXIT_USAGE 2
#define CTL_TIMEOUT_S 60
#define CTL_BASE_URI "http://localhost"
#define CTL_HOURS_UNSET 0

typedef struct {
	char *socket;
	char *config;
	char *domain;
	int valid_hours;
	gboolean json;
	gboolean version;
	char **words;
} CtlOptions;

typedef struct {
	guint status;
	char *text;
	JsonNode *root; /* an object */
} CtlAnswer;

typedef struct {
	const char *name;
	const char *method;
	const char *path;
	char *(*build)(const CtlOptions *options); /* NULL: no body */
	void (*show)(JsonObject *answer);
	gboolean invites; /* takes --domain and --valid */
} CtlCommand;

static void
ctl_options_clear(CtlOptions *options)
{
	g_free(options->socket);
	g_free(options->config);
	g_free(options->domain);
	g_strfreev(options->words);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CtlOptions, ctl_options_clear)

static void
ctl_answer_free(CtlAnswer *answer)
{
	g_free(answer->text);
	g_clear_pointer(&answer->root, json_node_unref);
	g_free(answer);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CtlAnswer, ctl_answer_free)

/* ---- Commands -------------------------------------------------------------------------------- */

static char *
ctl_build_invitation(const CtlOptions *options)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autoptr(JsonNode) root = NULL;

	json_builder_begin_object(builder);
	if (options->domain != NULL) {
		json_builder_set_member_name(builder, "domain");
		json_builder_add_string_value(builder, options->domain);
	}
	if (options->valid_hours != CTL_HOURS_UNSET) {
		json_builder_set_member_name(builder, "valid_hours");
		json_builder_add_int_value(builder, options->valid_hours);
	}
	json_builder_end_object(builder);
	root = json_builder_get_root(builder);
	return json_to_string(root, FALSE);
}

static void
ctl_show_invitation(JsonObject *answer)
{
	g_print("%s\n", json_object_get_string_member_with_default(answer, "code", ""));
}

static void
ctl_show_health(JsonObject *answer)
{
	g_print("%s\n", json_object_get_string_member_with_default(answer, "state", ""));
}

static void
ctl_show_host(JsonArray *array, guint index, JsonNode *node, gpointer user_data)
{
	if (JSON_NODE_HOLDS_OBJECT(node))
		g_print("%" G_GINT64_FORMAT "\n", json_object_get_int_member_with_default(
							  json_node_get_object(node), "pid", 0));
}

static void
ctl_show_hosts(JsonObject *answer)
{
	JsonNode *hosts = json_object_get_member(answer, "hosts");

	if (hosts != NULL && JSON_NODE_HOLDS_ARRAY(hosts))
		json_array_foreach_element(json_node_get_array(hosts), ctl_show_host, NULL);
}

static const CtlCommand ctl_commands[] = {
	{"invite", "POST", "/admin/invite", ctl_build_invitation, ctl_show_invitation, TRUE},
	{"health", "GET", "/readyz", NULL, ctl_show_health, FALSE},
	{"hosts", "GET", "/admin/hosts", NULL, ctl_show_hosts, FALSE},
};

/* Returns: (nullable): the command that the words name */
static const CtlCommand *
ctl_find_command(char **words)
{
	if (words == NULL || words[0] == NULL || words[1] != NULL)
		return NULL;
	for (guint i = 0; i < G_N_ELEMENTS(ctl_commands); i++)
		if (g_str_equal(ctl_commands[i].name, words[0]))
			return &ctl_commands[i];
	return NULL;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

/* Returns: (nullable): what the daemon says in JSON; it need not be a yes */
static CtlAnswer *
ctl_read_answer(SoupMessage *message, GBytes *bytes, GError **error)
{
	g_autoptr(CtlAnswer) answer = g_new0(CtlAnswer, 1);
	gsize length = 0;
	const char *text = g_bytes_get_data(bytes, &length);

	answer->status = soup_message_get_status(message);
	answer->text = g_strndup(text != NULL ? text : "", length);
	answer->root = json_from_string(answer->text, NULL);
	if (answer->root == NULL || !JSON_NODE_HOLDS_OBJECT(answer->root)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
		            "the answer (%u) is not a gtalk-bridge's", answer->status);
		return NULL;
	}
	return g_steal_pointer(&answer);
}

static CtlAnswer *
ctl_ask(const CtlCommand *command, const CtlOptions *options, const char *path, GError **error)
{
	g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
	g_autoptr(SoupSession) session = soup_session_new_with_options(
		"remote-connectable", address, "timeout", CTL_TIMEOUT_S, NULL);
	g_autofree char *uri = g_strconcat(CTL_BASE_URI, command->path, NULL);
	g_autoptr(SoupMessage) message = soup_message_new(command->method, uri);
	g_autoptr(GBytes) answer = NULL;

	if (command->build != NULL) {
		char *text = command->build(options);
		g_autoptr(GBytes) body = g_bytes_new_take(text, strlen(text));

		soup_message_set_request_body_from_bytes(message, "application/json", body);
	}
	answer = soup_session_send_and_read(session, message, NULL, error);
	return answer != NULL ? ctl_read_answer(message, answer, error) : NULL;
}

static void
ctl_show_refusal_field(JsonArray *array, guint index, JsonNode *node, gpointer user_data)
{
	JsonObject *field = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;

	if (field != NULL)
		g_printerr("gtalk-bridgectl: %s: %s\n",
		           json_object_get_string_member_with_default(field, "pointer", ""),
		           json_object_get_string_member_with_default(field, "detail", ""));
}

static void
ctl_show_refusal(JsonObject *problem)
{
	JsonNode *errors = json_object_get_member(problem, "errors");
	const char *title = json_object_get_string_member_with_default(problem, "title", "refused");

	g_printerr("gtalk-bridgectl: %s\n",
	           json_object_get_string_member_with_default(problem, "detail", title));
	if (errors != NULL && JSON_NODE_HOLDS_ARRAY(errors))
		json_array_foreach_element(json_node_get_array(errors), ctl_show_refusal_field,
		                           NULL);
}

static int
ctl_run(const CtlCommand *command, const CtlOptions *options, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(CtlAnswer) answer = ctl_ask(command, options, path, &error);

	if (answer == NULL) {
		g_printerr("gtalk-bridgectl: no gtalk-bridge answers at %s: %s\n", path,
		           error->message);
		return CTL_EXIT_FAILED;
	}
	if (options->json)
		g_print("%s\n", answer->text);
	if (!SOUP_STATUS_IS_SUCCESSFUL(answer->status)) {
		ctl_show_refusal(json_node_get_object(answer->root));
		return CTL_EXIT_FAILED;
	}
	if (!options->json)
		command->show(json_node_get_object(answer->root));
	return EXIT_SUCCESS;
}

/* ---- Start ----------------------------------------------------------------------------------- */

/* Returns: (nullable): where the daemon listens */
static char *
ctl_find_socket(const CtlOptions *options, GError **error)
{
	g_autoptr(BridgeConfig) config = NULL;

	if (options->socket != NULL)
		return g_strdup(options->socket);
	if (options->config == NULL)
		return bridge_config_build_control_socket();
	config = bridge_config_load(options->config, error);
	return config != NULL ? g_strdup(bridge_config_get_control_socket(config)) : NULL;
}

static GOptionContext *
ctl_build_context(CtlOptions *options)
{
	const GOptionEntry entries[] = {
		{"socket", 0, 0, G_OPTION_ARG_FILENAME, &options->socket,
	         "The daemon's control socket", "PATH"},
		{"config", 0, 0, G_OPTION_ARG_FILENAME, &options->config,
	         "The daemon's configuration, which names the socket", "FILE"},
		{"domain", 0, 0, G_OPTION_ARG_STRING, &options->domain,
	         "invite: for accounts of this domain only", "DOMAIN"},
		{"valid", 0, 0, G_OPTION_ARG_INT, &options->valid_hours,
	         "invite: how long the code can be used (24)", "HOURS"},
		{"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "Show the answer as JSON", NULL},
		{"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Show the version", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->words, NULL,
	         "COMMAND"},
		{NULL},
	};
	GOptionContext *context = g_option_context_new(NULL);

	g_option_context_set_summary(context, "Commands:\n"
	                                      "  invite  make an enrolment code and print it\n"
	                                      "  health  say whether accounts are served\n"
	                                      "  hosts   list the process ids of the hosts");
	g_option_context_add_main_entries(context, entries, NULL);
	return context;
}

static gboolean
ctl_check_options(const CtlCommand *command, const CtlOptions *options, GError **error)
{
	gboolean invitation = options->domain != NULL || options->valid_hours != CTL_HOURS_UNSET;

	if (command == NULL)
		g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
		                    "one command is needed: invite, health or hosts");
	else if (invitation && !command->invites)
		g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
		                    "--domain and --valid go with invite only");
	else if (options->valid_hours < CTL_HOURS_UNSET)
		g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		                    "--valid must be a number of hours");
	else
		return TRUE;
	return FALSE;
}

static int
ctl_fail(const GError *error, int status)
{
	g_printerr("gtalk-bridgectl: %s\n", error->message);
	return status;
}

int
main(int argc, char **argv)
{
	g_auto(CtlOptions) options = {0};
	g_autoptr(GOptionContext) context = ctl_build_context(&options);
	const CtlCommand *command = NULL;
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;

	setlocale(LC_ALL, "");
	if (!g_option_context_parse(context, &argc, &argv, &error))
		return ctl_fail(error, CTL_EXIT_USAGE);
	if (options.version) {
		g_print("gtalk-bridgectl %s\n", PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	command = ctl_find_command(options.words);
	if (!ctl_check_options(command, &options, &error))
		return ctl_fail(error, CTL_EXIT_USAGE);
	path = ctl_find_socket(&options, &error);
	if (path == NULL)
		return ctl_fail(error, CTL_EXIT_FAILED);
	return ctl_run(command, &options, path);
}
