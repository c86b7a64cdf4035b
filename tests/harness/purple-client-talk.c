/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "harness/purple-client.h"

#include "gtalk.h"

static void
client_talk_off_record_cb(PurpleConnection *gc, const char *jid, guint off_record, guint by,
                          gpointer user_data)
{
	static const char *const names[] = {"us", "own", "contact", "unknown", "listed"};
	JsonBuilder *builder = client_begin("off-record");

	client_add(builder, "jid", jid);
	client_add_boolean(builder, "off", off_record != 0);
	client_add(builder, "by", names[by]);
	client_end(builder);
}

static void
client_talk_off_record_known_cb(PurpleConnection *gc, guint shared, gpointer user_data)
{
	JsonBuilder *builder = client_begin("off-record-known");

	client_add_boolean(builder, "shared", shared != 0);
	client_end(builder);
}

static void
client_talk_refused_cb(PurpleConnection *gc, const char *jid, const char *condition,
                       guint off_record, gpointer user_data)
{
	JsonBuilder *builder = client_begin("off-record-refused");

	client_add(builder, "jid", jid);
	client_add(builder, "condition", condition);
	client_add_boolean(builder, "off", off_record != 0);
	client_end(builder);
}

static void
client_talk_undelivered_cb(PurpleConnection *gc, const GTalkUndelivered *what, gpointer user_data)
{
	JsonBuilder *builder = client_begin("undelivered");

	client_add(builder, "id", what->id);
	client_add(builder, "jid", what->jid);
	client_add_int(builder, "reason", what->reason);
	client_add(builder, "condition", what->condition);
	client_add(builder, "text", what->text);
	client_add(builder, "body", what->body);
	client_end(builder);
}

static void
client_talk_delivered_cb(PurpleConnection *gc, const char *id, const char *jid, gpointer user_data)
{
	JsonBuilder *builder = client_begin("delivered");

	client_add(builder, "id", id);
	client_add(builder, "jid", jid);
	client_end(builder);
}

void
client_talk_connect(PurplePlugin *plugin)
{
	static int handle;

	purple_signal_connect(plugin, GTALK_SIGNAL_OFF_RECORD, &handle,
	                      PURPLE_CALLBACK(client_talk_off_record_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_OFF_RECORD_KNOWN, &handle,
	                      PURPLE_CALLBACK(client_talk_off_record_known_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_OFF_RECORD_REFUSED, &handle,
	                      PURPLE_CALLBACK(client_talk_refused_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_MESSAGE_UNDELIVERED, &handle,
	                      PURPLE_CALLBACK(client_talk_undelivered_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_MESSAGE_DELIVERED, &handle,
	                      PURPLE_CALLBACK(client_talk_delivered_cb), NULL);
}

static PurpleConversation *
client_talk_find(PurpleAccount *account, JsonObject *command)
{
	return purple_find_conversation_with_account(
		PURPLE_CONV_TYPE_ANY, json_object_get_string_member(command, "to"), account);
}

static PurpleConversation *
client_talk_ensure(PurpleAccount *account, JsonObject *command)
{
	PurpleConversation *conversation = client_talk_find(account, command);

	if (conversation != NULL)
		return conversation;
	return purple_conversation_new(PURPLE_CONV_TYPE_IM, account,
	                               json_object_get_string_member(command, "to"));
}

static void
client_talk_say(PurpleAccount *account, JsonObject *command)
{
	PurpleConversation *conversation = client_talk_ensure(account, command);

	purple_conv_im_send(PURPLE_CONV_IM(conversation),
	                    json_object_get_string_member(command, "text"));
}

static void
client_talk_open(PurpleAccount *account, JsonObject *command)
{
	client_talk_ensure(account, command);
}

static void
client_talk_close(PurpleAccount *account, JsonObject *command)
{
	purple_conversation_destroy(client_talk_find(account, command));
}

static void
client_talk_command(PurpleAccount *account, JsonObject *command)
{
	const char *line = json_object_get_string_member(command, "text");
	g_autofree char *error = NULL;
	PurpleCmdStatus status =
		purple_cmd_do_command(client_talk_ensure(account, command), line, line, &error);
	JsonBuilder *builder = client_begin("commanded");

	client_add_int(builder, "status", status);
	client_add(builder, "error", error);
	client_end(builder);
}

static void
client_talk_conversation(PurpleAccount *account, JsonObject *command)
{
	PurpleConversation *conversation = client_talk_find(account, command);
	JsonBuilder *builder = client_begin("conversation");

	client_add_boolean(builder, "open", conversation != NULL);
	client_add_boolean(builder, "logging",
	                   conversation != NULL && purple_conversation_is_logging(conversation));
	client_end(builder);
}

static void
client_talk_deny(PurpleAccount *account, JsonObject *command)
{
	purple_privacy_deny(account, json_object_get_string_member(command, "to"), FALSE, FALSE);
}

static void
client_talk_allow(PurpleAccount *account, JsonObject *command)
{
	purple_privacy_allow(account, json_object_get_string_member(command, "to"), FALSE, FALSE);
}

static GList *
client_talk_get_menu(PurpleAccount *account, PurpleBuddy *buddy)
{
	PurplePlugin *plugin = purple_connection_get_prpl(purple_account_get_connection(account));

	return PURPLE_PLUGIN_PROTOCOL_INFO(plugin)->blist_node_menu(PURPLE_BLIST_NODE(buddy));
}

/* Entries below another one are called "above/below"; those that cannot be chosen are left out.
 * Chooses the one of that label. Frees the entries. */
static void
client_talk_tell_menu(JsonBuilder *builder, GList *actions, const char *above, PurpleBuddy *buddy,
                      const char *label)
{
	for (GList *l = actions; l != NULL; l = l->next) {
		PurpleMenuAction *action = l->data;
		g_autofree char *name = NULL;

		if (action == NULL)
			continue;
		name = above != NULL ? g_strdup_printf("%s/%s", above, action->label)
		                     : g_strdup(action->label);
		if (action->callback != NULL)
			json_builder_add_string_value(builder, name);
		client_talk_tell_menu(builder, action->children, name, buddy, label);
		action->children = NULL;
		if (action->callback != NULL && g_strcmp0(name, label) == 0)
			((void (*)(PurpleBlistNode *, gpointer))action->callback)(
				PURPLE_BLIST_NODE(buddy), action->data);
		purple_menu_action_free(action);
	}
	g_list_free(actions);
}

/* With a label, chooses the entry. */
static void
client_talk_buddy_menu(PurpleAccount *account, JsonObject *command)
{
	PurpleBuddy *buddy =
		purple_find_buddy(account, json_object_get_string_member(command, "to"));
	JsonBuilder *builder = client_begin("buddy-menu");

	json_builder_set_member_name(builder, "labels");
	json_builder_begin_array(builder);
	client_talk_tell_menu(builder, client_talk_get_menu(account, buddy), NULL, buddy,
	                      json_object_get_string_member_with_default(command, "label", NULL));
	json_builder_end_array(builder);
	client_end(builder);
}

static gpointer
client_talk_call(PurpleAccount *account, const char *name, JsonObject *command)
{
	PurpleConnection *gc = purple_account_get_connection(account);
	gboolean ok = FALSE;
	gpointer result = purple_plugin_ipc_call(
		purple_connection_get_prpl(gc), name, &ok, gc,
		json_object_get_string_member(command, "to"),
		(guint)json_object_get_boolean_member_with_default(command, "off", FALSE));

	g_assert_true(ok);
	return result;
}

static void
client_talk_set_off_record(PurpleAccount *account, JsonObject *command)
{
	JsonBuilder *builder = client_begin("asked");

	client_add_boolean(
		builder, "accepted",
		GPOINTER_TO_INT(client_talk_call(account, GTALK_IPC_SET_OFF_RECORD, command)));
	client_end(builder);
}

static void
client_talk_get_record(PurpleAccount *account, JsonObject *command)
{
	JsonBuilder *builder = client_begin("record");

	client_add_int(builder, "record",
	               GPOINTER_TO_INT(client_talk_call(account, GTALK_IPC_GET_RECORD, command)));
	client_end(builder);
}

static const struct {
	const char *name;
	void (*run)(PurpleAccount *account, JsonObject *command);
} client_talk_commands[] = {
	{"open", client_talk_open},
	{"close", client_talk_close},
	{"say", client_talk_say},
	{"command", client_talk_command},
	{"conversation", client_talk_conversation},
	{"deny", client_talk_deny},
	{"allow", client_talk_allow},
	{"buddy-menu", client_talk_buddy_menu},
	{"off-record", client_talk_set_off_record},
	{"record", client_talk_get_record},
};

gboolean
client_talk_run(PurpleAccount *account, const char *name, JsonObject *command)
{
	for (gsize i = 0; i < G_N_ELEMENTS(client_talk_commands); i++) {
		if (g_str_equal(client_talk_commands[i].name, name)) {
			client_talk_commands[i].run(account, command);
			return TRUE;
		}
	}
	return FALSE;
}
