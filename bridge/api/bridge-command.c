/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-command.h"

#include "base/bridge-json-text.h"

#include <string.h>

#define COMMAND_REF_BYTES_MAX 64
#define COMMAND_METHOD_BYTES_MAX 16
#define COMMAND_PATH_BYTES_MAX 4096

void
bridge_command_free(BridgeCommand *self)
{
	if (self->body != NULL)
		bridge_json_wipe(self->body);
	g_clear_pointer(&self->body, json_node_unref);
	g_free(self->ref);
	g_free(self->method);
	g_free(self->path);
	g_free(self->query);
	g_free(self);
}

char *
bridge_command_build_reply(const char *ref, guint status, const char *retry_after, const char *body)
{
	GString *text = g_string_new("{\"ref\":");

	if (ref != NULL)
		bridge_json_text_append(text, ref);
	else
		g_string_append(text, "null");
	g_string_append_printf(text, ",\"status\":%u", status);
	if (retry_after != NULL)
		g_string_append_printf(text, ",\"retry_after\":%s", retry_after);
	if (body != NULL)
		g_string_append_printf(text, ",\"body\":%s", body);
	g_string_append_c(text, '}');
	return g_string_free(text, FALSE);
}

static char *
command_build_problem(const char *ref, BridgeProblemCode code, const char *detail,
                      GPtrArray *fields)
{
	g_autofree char *body = bridge_problem_build(code, detail, fields);

	return bridge_command_build_reply(ref, bridge_problem_get(code)->status, NULL, body);
}

/* As in a request line: nothing that a log could be mistaken about. */
static gboolean
command_is_graphic(const char *text)
{
	while (g_ascii_isgraph(*text))
		text++;
	return *text == '\0';
}

static void
command_check(BridgeCommand *self, BridgeJsonReader *reader)
{
	if (self->method != NULL && !command_is_graphic(self->method))
		bridge_json_reader_refuse(reader, "/method", "it is none of HTTP");
	if (self->path != NULL && (*self->path != '/' || !command_is_graphic(self->path)))
		bridge_json_reader_refuse(reader, "/path", "a path of ASCII is needed");
}

static void
command_take_path(BridgeCommand *self, const char *path)
{
	const char *query = path != NULL ? strchr(path, '?') : NULL;

	self->query = query != NULL ? g_strdup(query + 1) : NULL;
	self->path = query != NULL ? g_strndup(path, query - path) : g_strdup(path);
}

BridgeCommand *
bridge_command_parse(const char *text, gsize length, char **problem)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) root = bridge_json_parse(text, length, &error);
	g_autoptr(BridgeJsonReader) reader = NULL;
	g_autoptr(BridgeCommand) self = NULL;
	BridgeProblemCode code = BRIDGE_PROBLEM_MALFORMED;
	GPtrArray *refusals = NULL;
	JsonNode *body = NULL;

	if (root == NULL) {
		*problem = command_build_problem(NULL, code, error->message, NULL);
		return NULL;
	}
	reader = bridge_json_reader_new(root);
	self = g_new0(BridgeCommand, 1);
	self->ref = g_strdup(bridge_json_reader_get_string(reader, "/ref", BRIDGE_JSON_OPTIONAL,
	                                                   COMMAND_REF_BYTES_MAX));
	self->method = g_strdup(bridge_json_reader_get_string(
		reader, "/method", BRIDGE_JSON_REQUIRED, COMMAND_METHOD_BYTES_MAX));
	command_take_path(self, bridge_json_reader_get_string(reader, "/path", BRIDGE_JSON_REQUIRED,
	                                                      COMMAND_PATH_BYTES_MAX));
	body = bridge_json_reader_get_object(reader, "/body");
	self->body = body != NULL ? json_node_ref(body) : NULL;
	command_check(self, reader);
	refusals = bridge_json_reader_get_refusals(reader, &code);
	if (refusals == NULL)
		return g_steal_pointer(&self);
	*problem = command_build_problem(self->ref, code, NULL, refusals);
	bridge_json_wipe(root);
	return NULL;
}
