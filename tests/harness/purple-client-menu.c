/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "harness/purple-client.h"

static GList *
client_menu_get_actions(PurpleConnection *gc)
{
	PurplePlugin *plugin = purple_connection_get_prpl(gc);

	return plugin->info->actions(plugin, gc);
}

static void
client_menu_tell(PurpleConnection *gc)
{
	GList *actions = client_menu_get_actions(gc);
	JsonBuilder *builder = client_begin("menu");

	json_builder_set_member_name(builder, "labels");
	json_builder_begin_array(builder);
	for (GList *l = actions; l != NULL; l = l->next) {
		if (l->data == NULL)
			continue;
		json_builder_add_string_value(builder, ((PurplePluginAction *)l->data)->label);
		purple_plugin_action_free(l->data);
	}
	json_builder_end_array(builder);
	client_end(builder);
	g_list_free(actions);
}

static void
client_menu_choose(PurpleConnection *gc, const char *label)
{
	GList *actions = client_menu_get_actions(gc);
	gboolean is_found = FALSE;

	for (GList *l = actions; l != NULL; l = l->next) {
		PurplePluginAction *action = l->data;

		if (action == NULL)
			continue;
		if (g_str_equal(action->label, label)) {
			action->plugin = purple_connection_get_prpl(gc);
			action->context = gc;
			action->callback(action);
			is_found = TRUE;
		}
		purple_plugin_action_free(action);
	}
	g_list_free(actions);
	if (!is_found)
		g_error("no entry %s in the menu", label);
}

gboolean
client_menu_run(PurpleAccount *account, const char *name, JsonObject *command)
{
	PurpleConnection *gc = purple_account_get_connection(account);

	if (g_str_equal(name, "menu"))
		client_menu_tell(gc);
	else if (g_str_equal(name, "choose"))
		client_menu_choose(gc, json_object_get_string_member(command, "label"));
	else
		return FALSE;
	return TRUE;
}
