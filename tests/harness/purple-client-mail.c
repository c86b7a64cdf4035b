/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "harness/purple-client.h"

#include "gtalk.h"

static int client_mail_handle;

static void
client_mail_add_thread(JsonBuilder *builder, const GTalkMailThread *thread)
{
	g_autofree char *tid = g_strdup_printf("%" G_GUINT64_FORMAT, thread->tid);

	json_builder_begin_object(builder);
	client_add(builder, "tid", tid);
	client_add(builder, "subject", thread->subject);
	client_add(builder, "snippet", thread->snippet);
	client_add(builder, "url", thread->url);
	client_add_boolean(builder, "new", thread->is_new);
	client_add_boolean(builder, "unread", thread->is_unread);
	json_builder_end_object(builder);
}

static void
client_mail_cb(PurpleConnection *gc, const GTalkMailbox *mailbox, gpointer user_data)
{
	JsonBuilder *builder = client_begin("mail");

	client_add(builder, "url", mailbox->url);
	client_add_int(builder, "matched", mailbox->n_matched);
	client_add_boolean(builder, "whole", mailbox->is_whole);
	json_builder_set_member_name(builder, "threads");
	json_builder_begin_array(builder);
	for (guint i = 0; i < mailbox->n_threads; i++)
		client_mail_add_thread(builder, &mailbox->threads[i]);
	json_builder_end_array(builder);
	client_end(builder);
}

static void
client_mail_setting_cb(PurpleConnection *gc, const char *name, const char *value,
                       gpointer user_data)
{
	JsonBuilder *builder = client_begin("setting");

	client_add(builder, "name", name);
	client_add(builder, "value", value);
	client_end(builder);
}

void
client_mail_connect(PurplePlugin *plugin)
{
	purple_signal_connect(plugin, GTALK_SIGNAL_MAIL, &client_mail_handle,
	                      PURPLE_CALLBACK(client_mail_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_SETTING, &client_mail_handle,
	                      PURPLE_CALLBACK(client_mail_setting_cb), NULL);
}

static void
client_mail_tell_answer(const char *value)
{
	JsonBuilder *builder = client_begin("answer");

	client_add(builder, "value", value);
	client_end(builder);
}

gboolean
client_mail_run(PurpleAccount *account, const char *name, JsonObject *command)
{
	PurpleConnection *gc = purple_account_get_connection(account);
	PurplePlugin *plugin = purple_find_prpl(GTALK_PRPL_ID);

	if (g_str_equal(name, "want-mail"))
		purple_account_set_check_mail(account,
		                              json_object_get_boolean_member(command, "want"));
	else if (g_str_equal(name, "check-mail"))
		client_mail_tell_answer(
			purple_plugin_ipc_call(plugin, GTALK_IPC_CHECK_MAIL, NULL, gc) ? "true"
										       : "false");
	else if (g_str_equal(name, "get-setting"))
		client_mail_tell_answer(
			purple_plugin_ipc_call(plugin, GTALK_IPC_GET_SETTING, NULL, gc,
		                               json_object_get_string_member(command, "name")));
	else if (g_str_equal(name, "set-setting"))
		purple_plugin_ipc_call(plugin, GTALK_IPC_SET_SETTING, NULL, gc,
		                       json_object_get_string_member(command, "name"),
		                       json_object_get_string_member(command, "value"));
	else
		return FALSE;
	return TRUE;
}
