/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "harness/purple-client.h"

#include "gtalk.h"

static void
client_rooms_joined_cb(PurpleConversation *conversation, gpointer user_data)
{
	JsonBuilder *builder = client_begin("chat-joined");

	client_add(builder, "room", purple_conversation_get_name(conversation));
	client_end(builder);
}

static void
client_rooms_left_cb(PurpleConversation *conversation, gpointer user_data)
{
	JsonBuilder *builder = client_begin("chat-left");

	client_add(builder, "room", purple_conversation_get_name(conversation));
	client_end(builder);
}

static void
client_rooms_failed_cb(PurpleConnection *gc, GHashTable *components, gpointer user_data)
{
	JsonBuilder *builder = client_begin("chat-join-failed");

	client_add(builder, "room", g_hash_table_lookup(components, "room"));
	client_end(builder);
}

/* 0: the user is asked. */
static gint
client_rooms_invited_cb(PurpleAccount *account, const char *inviter, const char *chat,
                        const char *message, GHashTable *components, gpointer user_data)
{
	JsonBuilder *builder = client_begin("chat-invited");

	client_add(builder, "from", inviter);
	client_add(builder, "room", chat);
	client_add(builder, "message", message);
	client_end(builder);
	return 0;
}

static void
client_rooms_refused_cb(PurpleConnection *gc, const char *room, const char *who,
                        const char *condition, gpointer user_data)
{
	JsonBuilder *builder = client_begin("groupchat-refused");

	client_add(builder, "room", room);
	client_add(builder, "who", who);
	client_add(builder, "condition", condition);
	client_end(builder);
}

void
client_rooms_connect(PurplePlugin *plugin)
{
	static int handle;
	gpointer conversations = purple_conversations_get_handle();

	purple_signal_connect(conversations, "chat-joined", &handle,
	                      PURPLE_CALLBACK(client_rooms_joined_cb), NULL);
	purple_signal_connect(conversations, "chat-left", &handle,
	                      PURPLE_CALLBACK(client_rooms_left_cb), NULL);
	purple_signal_connect(conversations, "chat-join-failed", &handle,
	                      PURPLE_CALLBACK(client_rooms_failed_cb), NULL);
	purple_signal_connect(conversations, "chat-invited", &handle,
	                      PURPLE_CALLBACK(client_rooms_invited_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_GROUPCHAT_REFUSED, &handle,
	                      PURPLE_CALLBACK(client_rooms_refused_cb), NULL);
}

static PurpleConversation *
client_rooms_find(PurpleAccount *account, JsonObject *command)
{
	return purple_find_conversation_with_account(
		PURPLE_CONV_TYPE_CHAT, json_object_get_string_member(command, "to"), account);
}

static void
client_rooms_start(PurpleAccount *account, JsonObject *command)
{
	PurpleConnection *gc = purple_account_get_connection(account);
	JsonArray *names = json_object_get_array_member(command, "who");
	g_autoptr(GPtrArray) who = g_ptr_array_new();
	JsonBuilder *builder = client_begin("groupchat");
	gboolean ok = FALSE;

	for (guint i = 0; i < json_array_get_length(names); i++)
		g_ptr_array_add(who, (gpointer)json_array_get_string_element(names, i));
	g_ptr_array_add(who, NULL);
	client_add(builder, "room",
	           purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_GROUPCHAT_START,
	                                  &ok, gc, who->pdata));
	g_assert_true(ok);
	client_end(builder);
}

/* As "Join a Chat" does it. */
static void
client_rooms_join(PurpleAccount *account, JsonObject *command)
{
	static const char *const names[] = {"room", "server", "handle"};
	GHashTable *components = g_hash_table_new(g_str_hash, g_str_equal);

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		g_hash_table_insert(components, (gpointer)names[i],
		                    (gpointer)json_object_get_string_member(command, names[i]));
	serv_join_chat(purple_account_get_connection(account), components);
	g_hash_table_unref(components);
}

static void
client_rooms_add_users(JsonBuilder *builder, PurpleConvChat *chat)
{
	json_builder_set_member_name(builder, "users");
	json_builder_begin_array(builder);
	for (GList *l = purple_conv_chat_get_users(chat); l != NULL; l = l->next)
		json_builder_add_string_value(builder, purple_conv_chat_cb_get_name(l->data));
	json_builder_end_array(builder);
}

static void
client_rooms_tell(PurpleAccount *account, JsonObject *command)
{
	PurpleConversation *conversation = client_rooms_find(account, command);
	JsonBuilder *builder = client_begin("room");

	client_add_boolean(builder, "open", conversation != NULL);
	if (conversation != NULL) {
		PurpleConvChat *chat = PURPLE_CONV_CHAT(conversation);

		client_add(builder, "title", purple_conversation_get_title(conversation));
		client_add(builder, "topic", purple_conv_chat_get_topic(chat));
		client_add(builder, "nick", purple_conv_chat_get_nick(chat));
		client_add_boolean(builder, "left", purple_conv_chat_has_left(chat));
		client_rooms_add_users(builder, chat);
	}
	client_end(builder);
}

static void
client_rooms_say(PurpleAccount *account, JsonObject *command)
{
	purple_conv_chat_send(PURPLE_CONV_CHAT(client_rooms_find(account, command)),
	                      json_object_get_string_member(command, "text"));
}

static void
client_rooms_invite(PurpleAccount *account, JsonObject *command)
{
	PurpleConvChat *chat = PURPLE_CONV_CHAT(client_rooms_find(account, command));

	purple_conv_chat_invite_user(chat, json_object_get_string_member(command, "who"),
	                             json_object_get_string_member(command, "text"), FALSE);
}

/* What /help would list, each name with how many helps it has. */
static void
client_rooms_tell_commands(PurpleAccount *account, JsonObject *command)
{
	PurpleConversation *conversation = purple_find_conversation_with_account(
		PURPLE_CONV_TYPE_ANY, json_object_get_string_member(command, "to"), account);
	JsonBuilder *builder = client_begin("commands");
	GList *names = purple_cmd_list(conversation);
	GString *text = g_string_new(NULL);

	json_builder_set_member_name(builder, "help");
	json_builder_begin_object(builder);
	for (GList *l = names; l != NULL; l = l->next) {
		GList *help = purple_cmd_help(conversation, l->data);

		g_string_truncate(text, 0);
		for (GList *m = help; m != NULL; m = m->next)
			g_string_append_printf(text, "%s%s", (const char *)m->data,
			                       m->next != NULL ? "\n" : "");
		client_add(builder, l->data, text->str);
		g_list_free(help);
	}
	json_builder_end_object(builder);
	client_end(builder);
	g_list_free(names);
	g_string_free(text, TRUE);
}

static const struct {
	const char *name;
	void (*run)(PurpleAccount *account, JsonObject *command);
} client_rooms_commands[] = {
	{"groupchat", client_rooms_start},    {"join", client_rooms_join},
	{"room", client_rooms_tell},          {"room-say", client_rooms_say},
	{"room-invite", client_rooms_invite}, {"commands", client_rooms_tell_commands},
};

gboolean
client_rooms_run(PurpleAccount *account, const char *name, JsonObject *command)
{
	for (gsize i = 0; i < G_N_ELEMENTS(client_rooms_commands); i++) {
		if (g_str_equal(client_rooms_commands[i].name, name)) {
			client_rooms_commands[i].run(account, command);
			return TRUE;
		}
	}
	return FALSE;
}
