/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy-callback.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "http/bridge-json-check.h"

#define CALLBACK_HOST "abcdefghijklmnopqrstuvwxyz0123456789.-"
#define CALLBACK_TILE_BYTES_MAX 1024

/* @rest: behind the host */
static gboolean
callback_is_rest(const char *rest)
{
	if (*rest == ':') {
		gsize digits = strspn(++rest, "0123456789");
		guint64 port = 0;
		g_autofree char *text = g_strndup(rest, digits);

		if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT16, &port, NULL))
			return FALSE;
		rest += digits;
	}
	if (*rest != '\0' && *rest != '/')
		return FALSE;
	while (g_ascii_isgraph(*rest))
		rest++;
	return *rest == '\0';
}

LegacyCallback
legacy_callback_judge(const char *url)
{
	gboolean secure = g_str_has_prefix(url, "https://");
	const char *host = NULL;
	gsize length = 0;

	if (!secure && !g_str_has_prefix(url, "http://"))
		return LEGACY_CALLBACK_BROKEN;
	host = strstr(url, "://") + strlen("://");
	length = strspn(host, CALLBACK_HOST);
	if (length == 0 || strlen(url) > LEGACY_CALLBACK_BYTES_MAX ||
	    !callback_is_rest(host + length))
		return LEGACY_CALLBACK_BROKEN;
	return secure ? LEGACY_CALLBACK_GOOD : LEGACY_CALLBACK_PLAIN;
}

/* Returns: (nullable) */
static const char *
callback_get_tile(JsonNode *node)
{
	const char *tile =
		json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;

	return tile != NULL && strlen(tile) <= CALLBACK_TILE_BYTES_MAX ? tile : NULL;
}

char **
legacy_callback_parse_tiles(const char *text)
{
	g_autoptr(JsonParser) parser = json_parser_new_immutable();
	g_autoptr(GStrvBuilder) tiles = g_strv_builder_new();
	JsonArray *array = NULL;

	/* json-glib goes as deep as it is led. */
	if (!bridge_json_check(text, strlen(text), NULL, NULL) ||
	    !json_parser_load_from_data(parser, text, -1, NULL) ||
	    !JSON_NODE_HOLDS_ARRAY(json_parser_get_root(parser)))
		return NULL;
	array = json_node_get_array(json_parser_get_root(parser));
	for (guint i = 0; i < json_array_get_length(array) && i < LEGACY_TILES_MAX; i++) {
		const char *tile = callback_get_tile(json_array_get_element(array, i));

		if (tile == NULL)
			return NULL;
		g_strv_builder_add(tiles, tile);
	}
	return g_strv_builder_end(tiles);
}
