/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy-form.h"

#include <string.h>

#include "base/bridge-secret.h"

static const char *const legacy_form_names[] = {
	"auth",          "body",  "enabled", "exception", "jid",   "show", "status",  "tile",
	"secondarytile", "tiles", "to",      "toast",     "token", "url",  "username"};

struct _LegacyForm {
	char *values[G_N_ELEMENTS(legacy_form_names)];
};

/* Returns: its place, or -1 */
static int
legacy_form_get_place(const char *name, gsize length)
{
	for (guint i = 0; i < G_N_ELEMENTS(legacy_form_names); i++)
		if (strlen(legacy_form_names[i]) == length &&
		    memcmp(legacy_form_names[i], name, length) == 0)
			return (int)i;
	return -1;
}

/* Returns: (transfer full) (nullable) */
static char *
legacy_form_decode(const char *text, gsize length)
{
	char *escaped = g_strdelimit(g_strndup(text, length), "+", ' ');
	char *value = g_uri_unescape_segment(escaped, escaped + length, NULL);

	bridge_secret_free_text(escaped);
	if (value == NULL || g_utf8_validate(value, -1, NULL))
		return value;
	bridge_secret_free_text(value);
	return NULL;
}

/* FALSE: it is broken, or there already */
static gboolean
legacy_form_take(LegacyForm *form, const char *field, gsize length)
{
	const char *equals = memchr(field, '=', length);
	int place = equals != NULL ? legacy_form_get_place(field, equals - field) : -1;

	if (place < 0)
		return TRUE;
	if (form->values[place] != NULL)
		return FALSE;
	form->values[place] = legacy_form_decode(equals + 1, length - (equals + 1 - field));
	return form->values[place] != NULL;
}

LegacyForm *
legacy_form_parse(const char *text, gsize length)
{
	g_autoptr(LegacyForm) form = g_new0(LegacyForm, 1);
	const char *end = text + length;

	if (length > 0 && memchr(text, '\0', length) != NULL)
		return NULL;
	while (text < end) {
		const char *next = memchr(text, '&', end - text);

		if (next == NULL)
			next = end;
		if (!legacy_form_take(form, text, next - text))
			return NULL;
		text = next + 1;
	}
	return g_steal_pointer(&form);
}

void
legacy_form_free(LegacyForm *form)
{
	if (form == NULL)
		return;
	for (guint i = 0; i < G_N_ELEMENTS(form->values); i++)
		bridge_secret_free_text(form->values[i]);
	g_free(form);
}

const char *
legacy_form_find(LegacyForm *form, const char *name)
{
	int place = legacy_form_get_place(name, strlen(name));

	g_return_val_if_fail(place >= 0, NULL);
	return form->values[place];
}

const char *
legacy_form_get(LegacyForm *form, const char *name)
{
	const char *value = legacy_form_find(form, name);

	return value != NULL && *value != '\0' ? value : NULL;
}

gboolean
legacy_form_get_boolean(LegacyForm *form, const char *name, gboolean fallback)
{
	const char *value = legacy_form_get(form, name);

	return value != NULL ? g_str_equal(value, "True") : fallback;
}
