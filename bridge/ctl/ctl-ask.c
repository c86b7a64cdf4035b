/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "ctl.h"

#include <stdarg.h>
#include <string.h>

#include <gio/gunixsocketaddress.h>

#define CTL_TIMEOUT_S 90 /* longer than the longest wait that a command asks for */
#define CTL_BASE_URI "http://localhost"

int
ctl_fail(int status, const char *format, ...)
{
	g_autofree char *message = NULL;
	va_list args;

	va_start(args, format);
	message = g_strdup_vprintf(format, args);
	va_end(args);
	g_printerr("gtalk-bridgectl: %s\n", message);
	return status;
}

char *
ctl_build_path(const char *beginning, const char *word)
{
	g_autofree char *escaped = g_uri_escape_string(word, NULL, FALSE);

	return g_strconcat(beginning, escaped, NULL);
}

/* ---- What it said ---------------------------------------------------------------------------- */

static const char *
ctl_get_text(JsonObject *object, const char *name, const char *fallback)
{
	return json_object_get_string_member_with_default(object, name, fallback);
}

static void
ctl_complain_of_field(JsonArray *array, guint index, JsonNode *node, gpointer user_data)
{
	JsonObject *field = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;

	if (field != NULL)
		ctl_fail(0, "%s: %s", ctl_get_text(field, "pointer", ""),
		         ctl_get_text(field, "detail", ""));
}

static int
ctl_find_exit(guint status, JsonObject *problem)
{
	if (status == SOUP_STATUS_NOT_FOUND)
		return CTL_EXIT_NOT_FOUND;
	return g_str_equal(ctl_get_text(problem, "code", ""), "sealed") ? CTL_EXIT_SEALED
	                                                                : CTL_EXIT_REFUSED;
}

static int
ctl_complain(guint status, JsonObject *problem)
{
	JsonNode *errors = json_object_get_member(problem, "errors");
	const char *title = ctl_get_text(problem, "title", "refused");

	ctl_fail(0, "%s", ctl_get_text(problem, "detail", title));
	if (errors != NULL && JSON_NODE_HOLDS_ARRAY(errors))
		json_array_foreach_element(json_node_get_array(errors), ctl_complain_of_field,
		                           NULL);
	return ctl_find_exit(status, problem);
}

static int
ctl_judge(const CtlCall *call, guint status, GBytes *bytes, JsonObject **answer)
{
	gsize length = 0;
	const char *data = g_bytes_get_data(bytes, &length);
	g_autofree char *text = length > 0 ? g_strndup(data, length) : g_strdup("{}");
	g_autoptr(JsonNode) root = json_from_string(text, NULL);

	if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root))
		return ctl_fail(CTL_EXIT_NO_DAEMON, "the answer (%u) is not a gtalk-bridge's",
		                status);
	if (call->options->json)
		g_print("%s\n", text);
	if (!SOUP_STATUS_IS_SUCCESSFUL(status))
		return ctl_complain(status, json_node_get_object(root));
	if (length > 0 && !call->options->json)
		*answer = json_node_dup_object(root);
	return 0;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

static SoupMessage *
ctl_make_message(const char *method, const char *path, JsonBuilder *body)
{
	g_autofree char *uri = g_strconcat(CTL_BASE_URI, path, NULL);
	SoupMessage *message = soup_message_new(method, uri);
	g_autoptr(JsonNode) root = body != NULL ? json_builder_get_root(body) : NULL;
	g_autoptr(GBytes) request = NULL;
	char *text = NULL;

	if (root == NULL)
		return message;
	text = json_to_string(root, FALSE);
	request = g_bytes_new_take(text, strlen(text));
	soup_message_set_request_body_from_bytes(message, "application/json", request);
	return message;
}

static SoupSession *
ctl_make_session(const CtlCall *call)
{
	g_autoptr(GSocketAddress) address = g_unix_socket_address_new(call->socket);

	return soup_session_new_with_options("remote-connectable", address, "timeout",
	                                     CTL_TIMEOUT_S, NULL);
}

static int
ctl_complain_of_silence(const CtlCall *call, const GError *error)
{
	return ctl_fail(CTL_EXIT_NO_DAEMON, "no gtalk-bridge answers at %s: %s", call->socket,
	                error->message);
}

int
ctl_ask(const CtlCall *call, const char *method, const char *path, JsonBuilder *body,
        JsonObject **answer)
{
	g_autoptr(SoupSession) session = ctl_make_session(call);
	g_autoptr(SoupMessage) message = ctl_make_message(method, path, body);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes = soup_session_send_and_read(session, message, NULL, &error);

	*answer = NULL;
	if (bytes == NULL)
		return ctl_complain_of_silence(call, error);
	return ctl_judge(call, soup_message_get_status(message), bytes, answer);
}

int
ctl_try(const CtlCall *call, const char *method, const char *path, JsonObject **answer, char **why)
{
	g_autoptr(SoupSession) session = ctl_make_session(call);
	g_autoptr(SoupMessage) message = ctl_make_message(method, path, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes = soup_session_send_and_read(session, message, NULL, &error);
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL;
	JsonObject *object = NULL;

	if (bytes == NULL) {
		*why = g_strdup_printf("nothing answers at %s (%s)", call->socket, error->message);
		return CTL_EXIT_NO_DAEMON;
	}
	text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
	root = json_from_string(text, NULL);
	if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root)) {
		*why = g_strdup_printf("what answers at %s is no gtalk-bridge", call->socket);
		return CTL_EXIT_NO_DAEMON;
	}
	object = json_node_get_object(root);
	if (SOUP_STATUS_IS_SUCCESSFUL(soup_message_get_status(message))) {
		*answer = json_object_ref(object);
		return 0;
	}
	*why = g_strdup(ctl_get_text(object, "detail", ctl_get_text(object, "title", "refused")));
	return ctl_find_exit(soup_message_get_status(message), object);
}

int
ctl_open(const CtlCall *call, const char *method, const char *path, JsonBuilder *body,
         SoupSession **session, SoupMessage **message, GInputStream **stream)
{
	g_autoptr(GOutputStream) memory = NULL;
	g_autoptr(GBytes) bytes = NULL;
	g_autoptr(GError) error = NULL;
	JsonObject *answer = NULL;

	*session = ctl_make_session(call);
	*message = ctl_make_message(method, path, body);
	*stream = soup_session_send(*session, *message, NULL, &error);
	if (*stream == NULL)
		return ctl_complain_of_silence(call, error);
	if (SOUP_STATUS_IS_SUCCESSFUL(soup_message_get_status(*message)))
		return 0;
	memory = g_memory_output_stream_new_resizable();
	g_output_stream_splice(memory, *stream, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, NULL);
	bytes = g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
	return ctl_judge(call, soup_message_get_status(*message), bytes, &answer);
}
