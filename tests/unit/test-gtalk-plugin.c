/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The plugin in a real libpurple: it is found, loads, inherits, unloads, and leaves the rest of the
 * program alone. The build directory's plugin folder is the first argument. */
#include <glib/gstdio.h>
#include <purple.h>

#include "gtalk.h"
#include "harness/purple-boot.h"

static PurplePlugin *
test_find_plugin(void)
{
	PurplePlugin *plugin = purple_find_prpl(GTALK_PRPL_ID);

	g_assert_nonnull(plugin);
	g_assert_true(purple_plugin_is_loaded(plugin));
	return plugin;
}

static gboolean
test_has_option(PurplePlugin *plugin, const char *key)
{
	for (GList *l = PURPLE_PLUGIN_PROTOCOL_INFO(plugin)->protocol_options; l != NULL;
	     l = l->next) {
		if (purple_strequal(purple_account_option_get_setting(l->data), key))
			return TRUE;
	}
	return FALSE;
}

static void
test_is_found_and_inherits(void)
{
	PurplePlugin *plugin = test_find_plugin();
	PurplePluginProtocolInfo *own = PURPLE_PLUGIN_PROTOCOL_INFO(plugin);
	PurplePluginProtocolInfo *parent =
		PURPLE_PLUGIN_PROTOCOL_INFO(purple_find_prpl("prpl-jabber"));

	g_assert_cmpstr(plugin->info->name, ==, "GTalk");
	g_assert_true(own->send_im == parent->send_im);
	g_assert_true(own->login != parent->login);
	g_assert_cmpint(own->options & OPT_PROTO_PASSWORD_OPTIONAL, ==, 0);
	g_assert_cmpuint(g_list_length(own->user_splits), ==, 2);
	g_assert_true(own->user_splits != parent->user_splits);
	g_assert_true(test_has_option(plugin, GTALK_OPTION_MECHANISM));
	g_assert_true(test_has_option(plugin, GTALK_OPTION_DEFAULT_DOMAIN));
	g_assert_true(test_has_option(plugin, "connect_server"));
	g_assert_true(test_has_option(plugin, "port"));
	g_assert_true(test_has_option(plugin, "connection_security"));
}

static void
test_account_has_its_own_protocol(void)
{
	PurpleAccount *account = purple_account_new("ann@talk.example", GTALK_PRPL_ID);

	g_assert_cmpstr(purple_account_get_protocol_name(account), ==, "GTalk");
	purple_account_destroy(account);
}

static void
test_unloads_and_loads_again(void)
{
	PurplePlugin *parent = purple_find_prpl("prpl-jabber");
	guint n_protocols = g_list_length(purple_plugins_get_protocols());

	for (guint i = 0; i < 2; i++) {
		PurplePlugin *plugin = test_find_plugin();

		g_assert_true(purple_plugin_unload(plugin));
		g_assert_null(purple_find_prpl(GTALK_PRPL_ID));
		g_assert_true(purple_plugin_is_loaded(parent));
		g_assert_true(purple_plugin_load(plugin));
		g_assert_cmpuint(g_list_length(purple_plugins_get_protocols()), ==, n_protocols);
		test_is_found_and_inherits();
	}
}

static void
test_parent_takes_it_along(void)
{
	PurplePlugin *parent = purple_find_prpl("prpl-jabber");
	PurplePlugin *plugin = test_find_plugin();

	g_assert_nonnull(g_list_find_custom(parent->dependent_plugins, GTALK_PRPL_ID,
	                                    (GCompareFunc)g_strcmp0));
	g_assert_true(plugin->info->dependencies != NULL);
}

/* As when a newer version is put in its place. */
static void
test_is_destroyed_and_probed_again(void)
{
	guint n_protocols = g_list_length(purple_plugins_get_protocols());

	purple_plugin_destroy(test_find_plugin());
	g_assert_null(purple_find_prpl(GTALK_PRPL_ID));
	purple_plugins_probe(G_MODULE_SUFFIX);
	g_assert_cmpuint(g_list_length(purple_plugins_get_protocols()), ==, n_protocols);
	test_is_found_and_inherits();
}

/* The last one: libpurple does not list the parent again either. */
static void
test_comes_back_without_the_parent(void)
{
	PurplePlugin *parent = purple_find_prpl("prpl-jabber");
	PurplePlugin *plugin = test_find_plugin();

	g_assert_true(purple_plugin_unload(parent));
	g_assert_false(purple_plugin_is_loaded(plugin));
	g_assert_true(purple_plugin_load(plugin));
	g_assert_true(purple_plugin_is_loaded(parent));
	g_assert_true(test_find_plugin() == plugin);
}

int
main(int argc, char **argv)
{
	g_autofree char *user_dir = g_dir_make_tmp("test-gtalk-plugin-XXXXXX", NULL);
	int status;

	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(argc, ==, 2);
	purple_boot_start("test-gtalk-plugin", user_dir, argv[1]);

	g_test_add_func("/gtalk-plugin/is-found-and-inherits", test_is_found_and_inherits);
	g_test_add_func("/gtalk-plugin/account-has-its-own-protocol",
	                test_account_has_its_own_protocol);
	g_test_add_func("/gtalk-plugin/unloads-and-loads-again", test_unloads_and_loads_again);
	g_test_add_func("/gtalk-plugin/parent-takes-it-along", test_parent_takes_it_along);

	g_test_add_func("/gtalk-plugin/is-destroyed-and-probed-again",
	                test_is_destroyed_and_probed_again);
	g_test_add_func("/gtalk-plugin/comes-back-without-the-parent",
	                test_comes_back_without_the_parent);

	status = g_test_run();
	purple_boot_stop();
	purple_boot_remove_tree(user_dir);
	return status;
}
