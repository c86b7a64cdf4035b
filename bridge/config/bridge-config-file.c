/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-config-file.h"

#include <string.h>

#include "bridge-config.h"

#define CONFIG_FILE_BYTES_MAX (1024 * 1024)

/* @text: lines that GKeyFile has read */
static gboolean
bridge_config_file_check_repeats(const char *text, const char *path, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const char *group = "";

	for (guint i = 0; lines[i] != NULL; i++) {
		const char *line = g_strstrip(lines[i]);
		const char *end = strchr(line, '=');
		g_autofree char *key = NULL;
		char *name;

		if (*line == '[')
			group = line;
		if (*line == '[' || *line == '#' || end == NULL)
			continue;
		key = g_strchomp(g_strndup(line, (gsize)(end - line)));
		name = g_strconcat(group, " ", key, NULL);
		if (g_hash_table_add(seen, name))
			continue;
		g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
		            "%s: %s %s: it is there twice", path, group, key);
		return FALSE;
	}
	return TRUE;
}

gboolean
bridge_config_file_load(GKeyFile *file, const char *path, GError **error)
{
	gsize length = 0;
	g_autofree char *text = NULL;
	g_autoptr(GError) cause = NULL;

	if (!g_file_get_contents(path, &text, &length, &cause)) {
		g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_UNREADABLE, "%s",
		            cause->message);
		return FALSE;
	}
	if (length > CONFIG_FILE_BYTES_MAX) {
		g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
		            "%s: larger than 1 MiB: this is not a configuration", path);
		return FALSE;
	}
	if (!g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, &cause)) {
		g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID, "%s: %s", path,
		            cause->message);
		return FALSE;
	}
	return bridge_config_file_check_repeats(text, path, error);
}
