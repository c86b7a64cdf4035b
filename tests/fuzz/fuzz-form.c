/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What old phones, or whoever knows their door, post: forms, and in their fields push channels,
 * tiles and hashes. What was read can be written as a form again and reads the same. */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "legacy/legacy-callback.h"
#include "legacy/legacy-contact.h"
#include "legacy/legacy-form.h"

static const char *const fuzz_names[] = {
	"auth", "body",  "enabled", "exception",     "jid",   "show", "status",  "tile",
	"to",   "toast", "tiles",   "secondarytile", "token", "url",  "username"};

static void
fuzz_read_tiles(const char *text)
{
	g_auto(GStrv) tiles = legacy_callback_parse_tiles(text);

	if (tiles == NULL)
		return;
	g_assert_cmpuint(g_strv_length(tiles), <=, LEGACY_TILES_MAX);
	for (guint i = 0; tiles[i] != NULL; i++)
		g_assert_true(g_utf8_validate(tiles[i], -1, NULL));
}

static void
fuzz_read_value(const char *value)
{
	LegacyCallback judged = legacy_callback_judge(value);

	g_assert_true(g_utf8_validate(value, -1, NULL));
	if (judged == LEGACY_CALLBACK_GOOD)
		g_assert_true(g_str_has_prefix(value, "https://") && g_str_is_ascii(value));
	if (legacy_contact_is_hash(value))
		g_assert_cmpuint(strlen(value), ==, 40);
	fuzz_read_tiles(value);
}

static GString *
fuzz_write(LegacyForm *form)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(fuzz_names); i++) {
		const char *value = legacy_form_find(form, fuzz_names[i]);

		if (value == NULL)
			continue;
		g_string_append_printf(text, "&%s=", fuzz_names[i]);
		g_string_append_uri_escaped(text, value, NULL, FALSE);
	}
	return text;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autoptr(LegacyForm) form = legacy_form_parse((const char *)data, size);
	g_autoptr(LegacyForm) again = NULL;
	g_autoptr(GString) text = NULL;

	if (form == NULL)
		return 0;
	text = fuzz_write(form);
	again = legacy_form_parse(text->str, text->len);
	g_assert_nonnull(again);
	for (guint i = 0; i < G_N_ELEMENTS(fuzz_names); i++) {
		const char *value = legacy_form_find(form, fuzz_names[i]);

		g_assert_cmpstr(value, ==, legacy_form_find(again, fuzz_names[i]));
		g_assert_cmpint(legacy_form_get_boolean(form, fuzz_names[i], FALSE), ==,
		                legacy_form_get_boolean(again, fuzz_names[i], FALSE));
		if (value != NULL)
			fuzz_read_value(value);
	}
	return 0;
}
