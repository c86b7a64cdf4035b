/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "harness/purple-client.h"

#include "gtalk.h"

/* ---- Status --------------------------------------------------------------------------------- */

static const char *
client_status_get_text(PurpleStatus *status)
{
	if (purple_status_type_get_attr(purple_status_get_type(status), "message") == NULL)
		return NULL;
	return purple_status_get_attr_string(status, "message");
}

static void
client_status_changed_cb(PurpleAccount *account, PurpleStatus *old, PurpleStatus *status,
                         gpointer user_data)
{
	JsonBuilder *builder = client_begin("status");

	client_add(builder, "id", purple_status_get_id(status));
	client_add(builder, "text", client_status_get_text(status));
	client_end(builder);
}

static void
client_status_add_texts(JsonBuilder *builder, const char *name, const char *const *texts)
{
	json_builder_set_member_name(builder, name);
	json_builder_begin_array(builder);
	for (; *texts != NULL; texts++)
		json_builder_add_string_value(builder, *texts);
	json_builder_end_array(builder);
}

static void
client_status_shared_cb(PurpleConnection *gc, const GTalkSharedStatus *shared, gpointer user_data)
{
	JsonBuilder *builder = client_begin("shared-status");

	client_add_boolean(builder, "available", shared != NULL);
	if (shared != NULL) {
		client_add(builder, "text", shared->text);
		client_add_boolean(builder, "busy", shared->busy);
		client_add_boolean(builder, "invisible", shared->invisible);
		client_add_boolean(builder, "can_hide", shared->can_hide);
		client_status_add_texts(builder, "available_texts", shared->available_texts);
		client_status_add_texts(builder, "busy_texts", shared->busy_texts);
	}
	client_end(builder);
}

static void
client_status_queue_cb(PurpleConnection *gc, guint mode, gpointer user_data)
{
	static const char *const names[] = {"off", "server", "client-state", "local"};
	JsonBuilder *builder = client_begin("queue");

	client_add(builder, "mode", names[mode]);
	client_end(builder);
}

static void
client_status_tell_buddy(PurpleBuddy *buddy)
{
	JsonBuilder *builder = client_begin("contact-status");
	PurpleStatus *status = purple_presence_get_active_status(purple_buddy_get_presence(buddy));

	client_add(builder, "name", purple_buddy_get_name(buddy));
	client_add(builder, "id", purple_status_get_id(status));
	client_add(builder, "text", client_status_get_text(status));
	client_end(builder);
}

static void
client_status_buddy_cb(PurpleBuddy *buddy, PurpleStatus *old, PurpleStatus *status,
                       gpointer user_data)
{
	client_status_tell_buddy(buddy);
}

/* Coming and going are no changes of the status to libpurple. */
static void
client_status_buddy_signed_cb(PurpleBuddy *buddy, gpointer user_data)
{
	client_status_tell_buddy(buddy);
}

static void
client_status_set_queue(PurpleAccount *account, JsonObject *command)
{
	PurpleConnection *gc = purple_account_get_connection(account);
	gboolean ok = FALSE;

	purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_SET_QUEUE, &ok, gc,
	                       json_object_get_boolean_member(command, "on"));
	g_assert_true(ok);
}

static void
client_status_set(PurpleAccount *account, JsonObject *command)
{
	const char *id = json_object_get_string_member(command, "id");
	const char *text = json_object_get_string_member_with_default(command, "text", NULL);

	if (text != NULL)
		purple_account_set_status(account, id, TRUE, "message", text, NULL);
	else
		purple_account_set_status(account, id, TRUE, NULL);
}

static void
client_status_set_texts(PurpleAccount *account, JsonObject *command)
{
	PurpleConnection *gc = purple_account_get_connection(account);
	JsonArray *array = json_object_get_array_member(command, "texts");
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	gboolean ok = FALSE;

	for (guint i = 0; i < json_array_get_length(array); i++)
		g_ptr_array_add(texts, (gpointer)json_array_get_string_element(array, i));
	g_ptr_array_add(texts, NULL);
	purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_SET_STATUS_TEXTS, &ok, gc,
	                       texts->pdata, json_object_get_boolean_member(command, "busy"));
	g_assert_true(ok);
}

/* ---- Saved statuses ------------------------------------------------------------------------- */

static void
client_status_tell_saved(PurpleAccount *account, JsonObject *command)
{
	JsonBuilder *builder = client_begin("saved-statuses");
	PurpleSavedStatus *current = purple_savedstatus_get_current();

	json_builder_set_member_name(builder, "saved");
	json_builder_begin_array(builder);
	for (GList *l = purple_savedstatuses_get_all(); l != NULL; l = l->next) {
		PurpleSavedStatus *saved = l->data;

		json_builder_begin_object(builder);
		client_add(builder, "title", purple_savedstatus_get_title(saved));
		client_add(builder, "text", purple_savedstatus_get_message(saved));
		client_add(builder, "type",
		           purple_primitive_get_id_from_type(purple_savedstatus_get_type(saved)));
		client_add_boolean(builder, "transient", purple_savedstatus_is_transient(saved));
		client_add_boolean(builder, "current", saved == current);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
	client_end(builder);
}

static void
client_status_save(PurpleAccount *account, JsonObject *command)
{
	const char *title = json_object_get_string_member(command, "title");
	PurpleSavedStatus *saved = purple_savedstatus_find(title);

	if (saved == NULL)
		saved = purple_savedstatus_new(title, PURPLE_STATUS_AVAILABLE);
	purple_savedstatus_set_message(saved, json_object_get_string_member(command, "text"));
}

static void
client_status_delete_saved(PurpleAccount *account, JsonObject *command)
{
	g_assert_true(purple_savedstatus_delete(json_object_get_string_member(command, "title")));
}

static void
client_status_idle(PurpleAccount *account, JsonObject *command)
{
	gboolean idle = json_object_get_boolean_member(command, "idle");

	purple_presence_set_idle(purple_account_get_presence(account), idle,
	                         idle ? time(NULL) - 600 : 0);
}

void
client_status_connect(PurplePlugin *plugin)
{
	static int handle;

	/* Nobody is at the keyboard; the accounts' statuses are the test's alone. */
	purple_prefs_set_bool("/purple/away/away_when_idle", FALSE);
	purple_prefs_set_string("/purple/away/idle_reporting", "none");
	purple_signal_connect(purple_accounts_get_handle(), "account-status-changed", &handle,
	                      PURPLE_CALLBACK(client_status_changed_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_SHARED_STATUS, &handle,
	                      PURPLE_CALLBACK(client_status_shared_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_QUEUE, &handle,
	                      PURPLE_CALLBACK(client_status_queue_cb), NULL);
	purple_signal_connect(purple_blist_get_handle(), "buddy-status-changed", &handle,
	                      PURPLE_CALLBACK(client_status_buddy_cb), NULL);
	purple_signal_connect(purple_blist_get_handle(), "buddy-signed-on", &handle,
	                      PURPLE_CALLBACK(client_status_buddy_signed_cb), NULL);
	purple_signal_connect(purple_blist_get_handle(), "buddy-signed-off", &handle,
	                      PURPLE_CALLBACK(client_status_buddy_signed_cb), NULL);
}

gboolean
client_status_run(PurpleAccount *account, const char *name, JsonObject *command)
{
	static const struct {
		const char *name;
		void (*run)(PurpleAccount *account, JsonObject *command);
	} commands[] = {
		{"set-status", client_status_set},
		{"set-texts", client_status_set_texts},
		{"saved-statuses", client_status_tell_saved},
		{"save-status", client_status_save},
		{"delete-status", client_status_delete_saved},
		{"idle", client_status_idle},
		{"queue", client_status_set_queue},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (g_str_equal(name, commands[i].name)) {
			commands[i].run(account, command);
			return TRUE;
		}
	}
	return FALSE;
}
