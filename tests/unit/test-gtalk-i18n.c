/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/gtalk-i18n.h"

#include <locale.h>

#include <glib.h>

/* One for each line of po/LINGUAS: a sentence of the plugin, and what a person reads. */
static const struct {
	const char *language;
	const char *text;
} catalogues[] = {
	{"de", "Der Server antwortet nicht."},  {"es", "El servidor no responde."},
	{"fr", "Le serveur ne répond pas."},    {"pt_BR", "O servidor não responde."},
	{"ru", "Сервер не отвечает."},          {"uk", "Сервер не відповідає."},
	{"tlh", "The server does not answer."},
};

static void
test_each_language(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(catalogues); i++) {
		g_setenv("LANGUAGE", catalogues[i].language, TRUE);
		/* gettext looks at LANGUAGE again when the locale has changed */
		g_assert_nonnull(setlocale(LC_ALL, "C"));
		g_assert_nonnull(setlocale(LC_ALL, "C.UTF-8"));
		g_assert_cmpstr(_("The server does not answer."), ==, catalogues[i].text);
	}
}

static void
test_what_is_not_translated(void)
{
	g_assert_cmpstr(_("no sentence of ours"), ==, "no sentence of ours");
	g_assert_cmpstr(ngettext("one thing", "many things", 1), ==, "one thing");
	g_assert_cmpstr(ngettext("one thing", "many things", 2), ==, "many things");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	bindtextdomain(GETTEXT_PACKAGE, TEST_PO_DIR);
	bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
	g_test_add_func("/i18n/each-language", test_each_language);
	g_test_add_func("/i18n/what-is-not-translated", test_what_is_not_translated);
	return g_test_run();
}
