/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "ctl.h"

#define SHOW_GAP 2 /* blanks between columns */

/* What a terminal would take for a command is shown as a question mark. */
static char *
ctl_show_clean(const char *text)
{
	GString *clean = g_string_new(NULL);

	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		g_string_append_unichar(clean, g_unichar_isprint(c) ? c : '?');
	}
	return g_string_free(clean, FALSE);
}

static char *
ctl_show_value(JsonNode *node)
{
	g_autofree char *text = NULL;

	if (node == NULL || JSON_NODE_HOLDS_NULL(node))
		return g_strdup("-");
	if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
		return ctl_show_clean(json_node_get_string(node));
	text = json_to_string(node, FALSE);
	return ctl_show_clean(text);
}

char *
ctl_show_member(JsonObject *object, const char *name)
{
	return ctl_show_value(json_object_get_member(object, name));
}

/* (element-type char **): the heads, and a row for each object */
static GPtrArray *
ctl_show_collect(JsonArray *array, const char *const *names)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	guint columns = g_strv_length((char **)names);

	g_ptr_array_add(rows, g_strdupv((char **)names));
	for (guint i = 0; i < json_array_get_length(array); i++) {
		char **row = g_new0(char *, columns + 1);

		for (guint j = 0; j < columns; j++)
			row[j] = ctl_show_member(json_array_get_object_element(array, i), names[j]);
		g_ptr_array_add(rows, row);
	}
	return rows;
}

static guint
ctl_show_measure(GPtrArray *rows, guint column)
{
	guint width = 0;

	for (guint i = 0; i < rows->len; i++) {
		char **row = g_ptr_array_index(rows, i);

		width = MAX(width, (guint)g_utf8_strlen(row[column], -1));
	}
	return width;
}

static void
ctl_show_row(char **row, const guint *widths)
{
	for (guint j = 0; row[j] != NULL; j++) {
		guint fill = widths[j] - (guint)g_utf8_strlen(row[j], -1) + SHOW_GAP;

		g_print("%s%*s", row[j], row[j + 1] != NULL ? (int)fill : 0, "");
	}
	g_print("\n");
}

void
ctl_show_table(JsonObject *answer, const char *list, const char *const *names)
{
	guint columns = g_strv_length((char **)names);
	g_autofree guint *widths = g_new0(guint, columns);
	g_autoptr(GPtrArray) rows =
		ctl_show_collect(json_object_get_array_member(answer, list), names);

	for (guint j = 0; j < columns; j++)
		widths[j] = ctl_show_measure(rows, j);
	for (guint i = 0; i < rows->len; i++)
		ctl_show_row(g_ptr_array_index(rows, i), widths);
}

void
ctl_show_object(JsonObject *object, const char *const *names)
{
	for (guint i = 0; names[i] != NULL; i++) {
		g_autofree char *value = ctl_show_member(object, names[i]);

		g_print("%s: %s\n", names[i], value);
	}
}
