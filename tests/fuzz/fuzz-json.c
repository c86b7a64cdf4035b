/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bodies as strangers send them. What our own check takes, json-glib must be able to read, and a
 * string that was read can be written again. */
#include "config.h"

#include "fuzz.h"

#include "api/bridge-json.h"
#include "base/bridge-json-text.h"
#include "http/bridge-json-check.h"

static void
fuzz_read(JsonNode *root)
{
	g_autoptr(BridgeJsonReader) reader = bridge_json_reader_new(root);
	BridgeProblemCode code = BRIDGE_PROBLEM_INTERNAL;
	GPtrArray *refusals = NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	const char *string = NULL;

	bridge_json_reader_get_string(reader, "/auth/token", BRIDGE_JSON_REQUIRED, 10);
	string = bridge_json_reader_get_string(reader, "/username", BRIDGE_JSON_OPTIONAL, 100);
	bridge_json_reader_get_uint(reader, "/valid_hours", 1, 10, 5);
	refusals = bridge_json_reader_get_refusals(reader, &code);
	g_assert_true(refusals == NULL || refusals->len > 0);
	bridge_json_text_append(text, string != NULL ? string : "");
	g_assert_true(bridge_json_check(text->str, text->len, NULL, NULL));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	const char *why = NULL;
	gsize offset = G_MAXSIZE;
	gboolean good = bridge_json_check((const char *)data, size, &why, &offset);
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(JsonNode) root = bridge_json_parse((const char *)data, size, NULL);

	g_assert_true(good || (why != NULL && offset <= size));
	g_assert_true(good || root == NULL);
	if (good)
		g_assert_true(json_parser_load_from_data(parser, (const char *)data, size, NULL));
	if (root == NULL)
		return 0;
	fuzz_read(root);
	bridge_json_wipe(root);
	return 0;
}
