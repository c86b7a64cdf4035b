/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-json-text.h"

/* What follows the backslash; 0: nothing has to be escaped, 'u': by its number. */
static char
bridge_json_text_find_escape(char c)
{
	switch (c) {
	case '"':
	case '\\':
		return c;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return g_ascii_iscntrl(c) ? 'u' : '\0';
	}
}

static void
bridge_json_text_append_escaped(GString *text, char c, char escape)
{
	g_string_append_c(text, '\\');
	g_string_append_c(text, escape);
	if (escape == 'u')
		g_string_append_printf(text, "%04x", (guint)c);
}

void
bridge_json_text_append(GString *text, const char *string)
{
	const char *start = string;

	if (string == NULL) {
		g_string_append(text, "null");
		return;
	}
	g_string_append_c(text, '"');
	for (; *string != '\0'; string++) {
		char escape = bridge_json_text_find_escape(*string);

		if (escape == '\0')
			continue;
		g_string_append_len(text, start, string - start);
		bridge_json_text_append_escaped(text, *string, escape);
		start = string + 1;
	}
	g_string_append_len(text, start, string - start);
	g_string_append_c(text, '"');
}

GString *
bridge_json_text_begin(void)
{
	return g_string_new("{");
}

static void
bridge_json_text_add_name(GString *text, const char *name)
{
	if (text->str[text->len - 1] != '{')
		g_string_append_c(text, ',');
	bridge_json_text_append(text, name);
	g_string_append_c(text, ':');
}

void
bridge_json_text_add(GString *text, const char *name, const char *value)
{
	bridge_json_text_add_name(text, name);
	bridge_json_text_append(text, value);
}

void
bridge_json_text_add_boolean(GString *text, const char *name, gboolean value)
{
	bridge_json_text_add_name(text, name);
	g_string_append(text, value ? "true" : "false");
}

void
bridge_json_text_add_number(GString *text, const char *name, gint64 number)
{
	bridge_json_text_add_name(text, name);
	g_string_append_printf(text, "%" G_GINT64_FORMAT, number);
}

void
bridge_json_text_add_object(GString *text, const char *name, GString *object)
{
	bridge_json_text_end(object);
	bridge_json_text_add_name(text, name);
	g_string_append_len(text, object->str, (gssize)object->len);
	g_string_free(object, TRUE);
}

void
bridge_json_text_add_objects(GString *text, const char *name, GPtrArray *objects)
{
	bridge_json_text_add_name(text, name);
	g_string_append_c(text, '[');
	for (guint i = 0; i < objects->len; i++) {
		if (i > 0)
			g_string_append_c(text, ',');
		g_string_append(text, g_ptr_array_index(objects, i));
	}
	g_string_append_c(text, ']');
}

void
bridge_json_text_add_strings(GString *text, const char *name, char **values)
{
	bridge_json_text_add_name(text, name);
	g_string_append_c(text, '[');
	for (guint i = 0; values[i] != NULL; i++) {
		if (i > 0)
			g_string_append_c(text, ',');
		bridge_json_text_append(text, values[i]);
	}
	g_string_append_c(text, ']');
}

void
bridge_json_text_end(GString *text)
{
	g_string_append_c(text, '}');
}
