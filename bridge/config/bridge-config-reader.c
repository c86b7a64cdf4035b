/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-config-reader.h"

#include <string.h>

#include "bridge-config.h"

static gboolean
config_reader_refuse(const BridgeConfigReader *self, const char *value, const char *why,
                     GError **error)
{
	g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
	            "%s: [%s] %s: \"%s\" is not allowed: %s", self->path, self->group,
	            self->key->key, value, why);
	return FALSE;
}

static gboolean
config_reader_read_uint(const BridgeConfigReader *self, const char *value, guint *target,
                        GError **error)
{
	guint64 number = 0;
	g_autofree char *why = NULL;

	if (g_ascii_string_to_unsigned(value, 10, self->key->min, self->key->max, &number, NULL)) {
		*target = (guint)number;
		return TRUE;
	}
	why = g_strdup_printf("a number from %u to %u is needed", self->key->min, self->key->max);
	return config_reader_refuse(self, value, why, error);
}

static gboolean
config_reader_read_bool(const BridgeConfigReader *self, const char *value, gboolean *target,
                        GError **error)
{
	if (!g_str_equal(value, "true") && !g_str_equal(value, "false"))
		return config_reader_refuse(self, value, "true or false is needed", error);
	*target = g_str_equal(value, "true");
	return TRUE;
}

static gboolean
config_reader_read_word(const BridgeConfigReader *self, const char *value, guint *target,
                        GError **error)
{
	g_autofree char *words = NULL;
	g_autofree char *why = NULL;

	for (guint i = 0; self->key->words[i] != NULL; i++) {
		if (g_str_equal(value, self->key->words[i])) {
			*target = i;
			return TRUE;
		}
	}
	words = g_strjoinv(", ", (char **)self->key->words);
	why = g_strdup_printf("one of %s is needed", words);
	return config_reader_refuse(self, value, why, error);
}

static gboolean
config_reader_read_text(const BridgeConfigReader *self, const char *value, char **target,
                        GError **error)
{
	const char *why = NULL;
	char *checked = self->key->check(value, &why);

	if (checked == NULL)
		return config_reader_refuse(self, value, why, error);
	g_free(*target);
	*target = checked;
	return TRUE;
}

static gboolean
config_reader_read_list(const BridgeConfigReader *self, const char *value, char ***target,
                        GError **error)
{
	g_auto(GStrv) items =
		g_key_file_get_string_list(self->file, self->group, self->key->key, NULL, NULL);
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; items != NULL && items[i] != NULL; i++) {
		char *item = NULL;

		if (!config_reader_read_text(self, g_strstrip(items[i]), &item, error))
			return FALSE;
		g_ptr_array_add(list, item);
	}
	if (list->len == 0)
		return config_reader_refuse(self, value, "the list is empty", error);
	g_ptr_array_add(list, NULL);
	g_strfreev(*target);
	*target = (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
	return TRUE;
}

static gboolean
config_reader_read_value(const BridgeConfigReader *self, gpointer base, GError **error)
{
	gpointer target = G_STRUCT_MEMBER_P(base, self->key->offset);
	g_autofree char *value =
		g_key_file_get_string(self->file, self->group, self->key->key, NULL);

	if (value == NULL)
		return config_reader_refuse(self, "", "it is not UTF-8 or has a broken escape",
		                            error);
	g_strstrip(value);
	switch (self->key->type) {
	case CONFIG_UINT:
		return config_reader_read_uint(self, value, target, error);
	case CONFIG_BOOL:
		return config_reader_read_bool(self, value, target, error);
	case CONFIG_WORD:
		return config_reader_read_word(self, value, target, error);
	case CONFIG_TEXT:
		return config_reader_read_text(self, value, target, error);
	case CONFIG_LIST:
		return config_reader_read_list(self, value, target, error);
	}
	g_return_val_if_reached(FALSE);
}

static const BridgeConfigKey *
config_reader_find_key(const BridgeConfigKey *keys, const char *group, const char *key)
{
	for (; keys->group != NULL; keys++) {
		if (g_str_equal(keys->group, group) && g_str_equal(keys->key, key))
			return keys;
	}
	return NULL;
}

gboolean
bridge_config_reader_read_group(BridgeConfigReader *self, const BridgeConfigKey *keys,
                                const char *table_group, gpointer base, GError **error)
{
	g_auto(GStrv) names = g_key_file_get_keys(self->file, self->group, NULL, NULL);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		self->key = config_reader_find_key(keys, table_group, names[i]);
		if (self->key == NULL) {
			g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
			            "%s: [%s] %s: there is no such key", self->path, self->group,
			            names[i]);
			return FALSE;
		}
		if (!config_reader_read_value(self, base, error))
			return FALSE;
	}
	return TRUE;
}

/* ---- Comparing ------------------------------------------------------------------------------- */

static gboolean
bridge_config_lists_are_equal(char **one, char **other)
{
	if (one == NULL || other == NULL)
		return one == other;
	return g_strv_equal((const char *const *)one, (const char *const *)other);
}

gboolean
bridge_config_key_is_equal(const BridgeConfigKey *key, gconstpointer one, gconstpointer other)
{
	gpointer here = G_STRUCT_MEMBER_P(one, key->offset);
	gpointer there = G_STRUCT_MEMBER_P(other, key->offset);

	switch (key->type) {
	case CONFIG_UINT:
	case CONFIG_BOOL:
	case CONFIG_WORD:
		return *(guint *)here == *(guint *)there;
	case CONFIG_TEXT:
		return g_strcmp0(*(char **)here, *(char **)there) == 0;
	case CONFIG_LIST:
		return bridge_config_lists_are_equal(*(char ***)here, *(char ***)there);
	}
	g_return_val_if_reached(FALSE);
}

void
bridge_config_key_clear(const BridgeConfigKey *key, gpointer base)
{
	gpointer place = G_STRUCT_MEMBER_P(base, key->offset);

	if (key->type == CONFIG_TEXT)
		g_clear_pointer((char **)place, g_free);
	else if (key->type == CONFIG_LIST)
		g_clear_pointer((char ***)place, g_strfreev);
}

void
bridge_config_key_swap(const BridgeConfigKey *key, gpointer one, gpointer other)
{
	gboolean is_pointer = key->type == CONFIG_TEXT || key->type == CONFIG_LIST;
	gsize size = is_pointer ? sizeof(gpointer) : sizeof(guint);
	guint8 *here = G_STRUCT_MEMBER_P(one, key->offset);
	guint8 *there = G_STRUCT_MEMBER_P(other, key->offset);
	guint8 kept[sizeof(gpointer)];

	memcpy(kept, here, size);
	memcpy(here, there, size);
	memcpy(there, kept, size);
}
