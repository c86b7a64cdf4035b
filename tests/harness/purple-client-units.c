/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "harness/purple-client.h"

#include "gtalk.h"

typedef struct {
	gboolean hold;
	gboolean take;
	char *greeting; /* or NULL: said when libpurple calls the account online */
} ClientUnits;

static ClientUnits client_units;

static guint
client_units_hold(PurpleConnection *gc)
{
	gboolean ok = FALSE;
	gpointer number =
		purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_HOLD, &ok, gc);

	g_assert_true(ok);
	return GPOINTER_TO_UINT(number);
}

static const char *
client_units_get_origin(GTalkMessageOrigin origin)
{
	static const char *const names[] = {"live", "carbon", "archive"};

	return names[origin];
}

static gboolean
client_units_message_cb(PurpleConnection *gc, const GTalkMessage *message, gpointer user_data)
{
	JsonBuilder *builder = client_begin("googletalk-message");
	gboolean sent = message->direction == GTALK_MESSAGE_SENT;

	client_add(builder, "direction", sent ? "sent" : "received");
	client_add(builder, "origin", client_units_get_origin(message->origin));
	client_add(builder, "id", message->id);
	client_add(builder, "stanza_id", message->stanza_id);
	client_add(builder, "from", message->from);
	client_add(builder, "to", message->to);
	client_add(builder, "body", message->body);
	client_add(builder, "type", message->type);
	client_add_int(builder, "time", message->time_us);
	client_add_boolean(builder, "encrypted", message->encrypted);
	client_add_int(builder, "record", message->record);
	if (client_units.hold)
		client_add_int(builder, "stanza", client_units_hold(gc));
	client_end(builder);
	return client_units.take;
}

static void
client_units_bounced_cb(PurpleConnection *gc, const char *id, const char *condition,
                        const char *text, gpointer user_data)
{
	JsonBuilder *builder = client_begin("bounced");

	client_add(builder, "id", id);
	client_add(builder, "condition", condition);
	client_add(builder, "text", text);
	client_end(builder);
}

static void
client_units_accepted_cb(PurpleConnection *gc, const char *id, gpointer user_data)
{
	JsonBuilder *builder = client_begin("accepted");

	client_add(builder, "id", id);
	client_end(builder);
}

static void
client_units_acknowledged_cb(PurpleConnection *gc, guint handled, gpointer user_data)
{
	JsonBuilder *builder = client_begin("acknowledged");

	client_add_int(builder, "handled", handled);
	client_end(builder);
}

static void
client_units_archive_done_cb(PurpleConnection *gc, gboolean available, gboolean complete,
                             const char *last_id, gpointer user_data)
{
	JsonBuilder *builder = client_begin("archive-done");
	PurpleAccount *account = purple_connection_get_account(gc);

	client_add_boolean(builder, "available", available);
	client_add_boolean(builder, "complete", complete);
	client_add(builder, "last_id", last_id);
	client_add(builder, "after",
	           purple_account_get_string(account, GTALK_OPTION_ARCHIVE_AFTER, NULL));
	client_add(builder, "recent",
	           purple_account_get_string(account, GTALK_OPTION_ARCHIVE_RECENT, NULL));
	client_add(builder, "since",
	           purple_account_get_string(account, GTALK_OPTION_ARCHIVE_SINCE, NULL));
	client_end(builder);
}

static void
client_units_features_cb(PurpleConnection *gc, char **features, gpointer user_data)
{
	JsonBuilder *builder = client_begin("features");

	json_builder_set_member_name(builder, "features");
	json_builder_begin_array(builder);
	for (; *features != NULL; features++)
		json_builder_add_string_value(builder, *features);
	json_builder_end_array(builder);
	client_end(builder);
}

static void
client_units_token_cb(PurpleConnection *gc, guint lifetime_s, gpointer user_data)
{
	JsonBuilder *builder = client_begin("token");

	client_add_int(builder, "lifetime", lifetime_s);
	client_end(builder);
}

static void
client_units_write(PurpleConversation *conversation, const char *name, const char *alias,
                   const char *message, PurpleMessageFlags flags, time_t time)
{
	JsonBuilder *builder = client_begin("written");

	client_add(builder, "conversation", purple_conversation_get_name(conversation));
	client_add(builder, "name", name);
	client_add(builder, "html", message);
	client_add_int(builder, "flags", flags);
	client_add_int(builder, "time", time);
	client_end(builder);
}

static PurpleConversationUiOps client_units_conversation_ops = {
	.write_conv = client_units_write,
};

void
client_units_connect(PurplePlugin *plugin)
{
	const struct {
		const char *signal;
		PurpleCallback callback;
	} handlers[] = {
		{GTALK_SIGNAL_MESSAGE, PURPLE_CALLBACK(client_units_message_cb)},
		{GTALK_SIGNAL_MESSAGE_BOUNCED, PURPLE_CALLBACK(client_units_bounced_cb)},
		{GTALK_SIGNAL_MESSAGE_ACCEPTED, PURPLE_CALLBACK(client_units_accepted_cb)},
		{GTALK_SIGNAL_ACKNOWLEDGED, PURPLE_CALLBACK(client_units_acknowledged_cb)},
		{GTALK_SIGNAL_ARCHIVE_DONE, PURPLE_CALLBACK(client_units_archive_done_cb)},
		{GTALK_SIGNAL_FEATURES, PURPLE_CALLBACK(client_units_features_cb)},
		{GTALK_SIGNAL_TOKEN, PURPLE_CALLBACK(client_units_token_cb)},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(handlers); i++)
		purple_signal_connect(plugin, handlers[i].signal, &client_units,
		                      handlers[i].callback, NULL);
	purple_conversations_set_ui_ops(&client_units_conversation_ops);
}

static void
client_units_release(PurpleConnection *gc, guint number)
{
	purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_RELEASE, NULL, gc, number);
}

static void
client_units_send_raw(PurpleConnection *gc, const char *text)
{
	PURPLE_PLUGIN_PROTOCOL_INFO(purple_connection_get_prpl(gc))->send_raw(gc, text, -1);
}

static void
client_units_greet_cb(PurpleConnection *gc, gpointer user_data)
{
	if (client_units.greeting != NULL)
		client_units_send_raw(gc, client_units.greeting);
	g_clear_pointer(&client_units.greeting, g_free);
}

static void
client_units_set_greeting(const char *text)
{
	client_units.greeting = g_strdup(text);
	purple_signal_connect(purple_connections_get_handle(), "signed-on", &client_units,
	                      PURPLE_CALLBACK(client_units_greet_cb), NULL);
}

gboolean
client_units_run(PurpleAccount *account, const char *name, JsonObject *command)
{
	PurpleConnection *gc = purple_account_get_connection(account);

	if (g_str_equal(name, "hold"))
		client_units.hold = json_object_get_boolean_member(command, "hold");
	else if (g_str_equal(name, "take"))
		client_units.take = json_object_get_boolean_member(command, "take");
	else if (g_str_equal(name, "greet"))
		client_units_set_greeting(json_object_get_string_member(command, "text"));
	else if (g_str_equal(name, "release"))
		client_units_release(gc, (guint)json_object_get_int_member(command, "number"));
	else if (g_str_equal(name, "raw"))
		client_units_send_raw(gc, json_object_get_string_member(command, "text"));
	else if (g_str_equal(name, "renew-token"))
		purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_RENEW_TOKEN, NULL,
		                       gc);
	else if (g_str_equal(name, "next-id"))
		purple_plugin_ipc_call(purple_connection_get_prpl(gc),
		                       GTALK_IPC_SET_NEXT_MESSAGE_ID, NULL, gc,
		                       json_object_get_string_member(command, "id"));
	else
		return FALSE;
	return TRUE;
}
