/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "mail/gtalk-settings-stanza.h"

#include <string.h>

#include "core/gtalk-xml.h"
#include "harness/purple-boot.h"

static void
test_take(const char *name, const char *value, gpointer user_data)
{
	g_string_append_printf(user_data, "%s=%s;", name, value);
}

static const struct {
	const char *children;
	const char *seen;
} test_settings[] = {
	{"<archivingenabled value='true'/><displayname value='Ann &lt;Example&gt;'/>",
         "archivingenabled=true;displayname=Ann <Example>;"},
	{"<future value=''/>", "future=;"},
	{"<gmail/><gmail val='true'/>", ""},
	{"text", ""},
	{"<other xmlns='urn:example:other' value='true'/>", ""},
	{"<gmail value='true'><deeper value='false'/></gmail>", "gmail=true;"},
	{"<gmail value='true'/><gmail value='false'/>", "gmail=true;gmail=false;"},
	{"<\xc3\xa4 value='true'/>", ""},
	{"", ""},
};

static void
test_parse(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_settings); i++) {
		g_autofree char *text =
			g_strdup_printf("<usersetting xmlns='google:setting'>%s</usersetting>",
		                        test_settings[i].children);
		g_autoptr(GString) seen = g_string_new(NULL);
		xmlnode *usersetting = xmlnode_from_str(text, -1);

		gtalk_settings_parse(usersetting, test_take, seen);
		g_assert_cmpstr(seen->str, ==, test_settings[i].seen);
		xmlnode_free(usersetting);
	}
}

static void
test_limits(void)
{
	xmlnode *usersetting = xmlnode_new("usersetting");
	g_autofree char *large = g_strnfill(GTALK_SETTINGS_VALUE_MAX_BYTES + 1, 'x');
	g_autofree char *name = g_strnfill(65, 'x');
	g_autoptr(GString) seen = g_string_new(NULL);

	xmlnode_set_namespace(usersetting, GTALK_NS_GOOGLE_SETTING);
	xmlnode_set_attrib(gtalk_xml_add_child(usersetting, "large", GTALK_NS_GOOGLE_SETTING),
	                   "value", large);
	xmlnode_set_attrib(gtalk_xml_add_child(usersetting, name, GTALK_NS_GOOGLE_SETTING), "value",
	                   "1");
	for (guint i = 0; i < 2 * GTALK_SETTINGS_MAX; i++)
		xmlnode_set_attrib(
			gtalk_xml_add_child(usersetting, "many", GTALK_NS_GOOGLE_SETTING), "value",
			"1");
	g_assert_cmpuint(gtalk_settings_parse(usersetting, test_take, seen), ==,
	                 GTALK_SETTINGS_MAX);
	g_assert_true(g_str_has_prefix(seen->str, "many=1;"));
	xmlnode_free(usersetting);
}

static void
test_build(void)
{
	xmlnode *iq = xmlnode_new("iq");
	g_autofree char *text = NULL;

	gtalk_settings_build(iq, "displayname", "Ann & Co");
	text = xmlnode_to_str(iq, NULL);
	g_assert_cmpstr(text, ==,
	                "<iq><usersetting xmlns='google:setting'><displayname "
	                "value='Ann &amp; Co'/></usersetting></iq>");
	xmlnode_free(iq);
}

static void
test_names(void)
{
	g_assert_true(gtalk_settings_is_name("archivingenabled"));
	g_assert_true(gtalk_settings_is_name("a-b_c.d1"));
	g_assert_false(gtalk_settings_is_name(""));
	g_assert_false(gtalk_settings_is_name("1a"));
	g_assert_false(gtalk_settings_is_name("a b"));
	g_assert_false(gtalk_settings_is_name("a>b"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/settings-stanza/parse", test_parse);
	g_test_add_func("/settings-stanza/limits", test_limits);
	g_test_add_func("/settings-stanza/build", test_build);
	g_test_add_func("/settings-stanza/names", test_names);
	return g_test_run();
}
