/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "harness/purple-client.h"

#include "gtalk.h"

static const char *const client_roster_kinds[] = {"normal", "blocked", "hidden", "pinned"};

static void
client_roster_add_strings(JsonBuilder *builder, const char *name, const char *const *strings)
{
	json_builder_set_member_name(builder, name);
	json_builder_begin_array(builder);
	for (; *strings != NULL; strings++)
		json_builder_add_string_value(builder, *strings);
	json_builder_end_array(builder);
}

static void
client_roster_add_contact(JsonBuilder *builder, const GTalkRosterContact *contact)
{
	client_add(builder, "jid", contact->jid);
	client_add(builder, "name", contact->name);
	client_roster_add_strings(builder, "groups", contact->groups);
	client_add(builder, "subscription", contact->subscription);
	client_add_boolean(builder, "asked", contact->asked);
	client_add(builder, "kind", client_roster_kinds[contact->kind]);
	client_add_int(builder, "weight", (gint64)(contact->weight * 1000));
	client_add_int(builder, "messages", contact->n_messages);
	client_add_int(builder, "mails", contact->n_mails);
	client_add_boolean(builder, "automatic", contact->automatic);
	client_add_boolean(builder, "rejected", contact->rejected);
	client_add_boolean(builder, "invited", contact->invited);
	client_add(builder, "alias_for", contact->alias_for);
	client_add(builder, "profile_url", contact->profile_url);
}

static void
client_roster_contact_cb(PurpleConnection *gc, const GTalkRosterContact *contact,
                         gpointer user_data)
{
	JsonBuilder *builder = client_begin("roster-contact");

	client_roster_add_contact(builder, contact);
	client_end(builder);
}

static void
client_roster_status_cb(PurpleBuddy *buddy, PurpleStatus *old, PurpleStatus *now,
                        gpointer user_data)
{
	JsonBuilder *builder = client_begin("buddy-status");

	client_add(builder, "name", purple_buddy_get_name(buddy));
	client_add(builder, "status", purple_status_get_id(now));
	client_end(builder);
}

static void
client_roster_removed_cb(PurpleBuddy *buddy, gpointer user_data)
{
	JsonBuilder *builder = client_begin("buddy-removed");

	client_add(builder, "name", purple_buddy_get_name(buddy));
	client_end(builder);
}

static void
client_roster_invited_cb(PurpleConnection *gc, const char *from, const char *text,
                         gpointer user_data)
{
	JsonBuilder *builder = client_begin("invited");

	client_add(builder, "from", from);
	client_add(builder, "text", text);
	client_end(builder);
}

static gboolean
client_roster_suggested_cb(PurpleConnection *gc, const char *from,
                           const GTalkSuggestion *const *suggestions, gpointer user_data)
{
	JsonBuilder *builder = client_begin("suggested");

	client_add(builder, "from", from);
	client_add(builder, "jid", (*suggestions)->jid);
	client_add(builder, "name", (*suggestions)->name);
	client_add(builder, "group", (*suggestions)->group);
	client_end(builder);
	return FALSE;
}

void
client_roster_connect(PurplePlugin *plugin)
{
	purple_signal_connect(plugin, GTALK_SIGNAL_INVITED, (gpointer)client_roster_kinds,
	                      PURPLE_CALLBACK(client_roster_invited_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_SUGGESTED, (gpointer)client_roster_kinds,
	                      PURPLE_CALLBACK(client_roster_suggested_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_ROSTER_CONTACT, (gpointer)client_roster_kinds,
	                      PURPLE_CALLBACK(client_roster_contact_cb), NULL);
	purple_signal_connect(purple_blist_get_handle(), "buddy-status-changed",
	                      (gpointer)client_roster_kinds,
	                      PURPLE_CALLBACK(client_roster_status_cb), NULL);
	purple_signal_connect(purple_blist_get_handle(), "buddy-removed",
	                      (gpointer)client_roster_kinds,
	                      PURPLE_CALLBACK(client_roster_removed_cb), NULL);
}

static gboolean
client_roster_ipc_set(PurpleConnection *gc, const char *jid, const char *kind)
{
	gboolean ok = FALSE;
	guint number = 0;

	while (!g_str_equal(client_roster_kinds[number], kind))
		number++;
	return GPOINTER_TO_INT(purple_plugin_ipc_call(
		purple_connection_get_prpl(gc), GTALK_IPC_ROSTER_SET_KIND, &ok, gc, jid, number));
}

static void
client_roster_tell_list(PurpleConnection *gc)
{
	JsonBuilder *builder = client_begin("roster-list");
	gboolean ok = FALSE;
	GList *contacts = purple_plugin_ipc_call(purple_connection_get_prpl(gc),
	                                         GTALK_IPC_ROSTER_LIST, &ok, gc);

	g_assert_true(ok);
	json_builder_set_member_name(builder, "contacts");
	json_builder_begin_array(builder);
	for (GList *l = contacts; l != NULL; l = l->next) {
		const GTalkRosterContact *contact = l->data;

		g_assert_true(purple_plugin_ipc_call(purple_connection_get_prpl(gc),
		                                     GTALK_IPC_ROSTER_FIND, &ok, gc,
		                                     contact->jid) == contact);
		json_builder_begin_object(builder);
		client_roster_add_contact(builder, contact);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
	client_end(builder);
	g_list_free(contacts);
}

static void
client_roster_add_buddy(JsonBuilder *builder, PurpleBuddy *buddy)
{
	PurpleStatus *status = purple_presence_get_active_status(purple_buddy_get_presence(buddy));

	json_builder_begin_object(builder);
	client_add(builder, "name", purple_buddy_get_name(buddy));
	client_add(builder, "alias", purple_buddy_get_local_buddy_alias(buddy));
	client_add(builder, "group", purple_group_get_name(purple_buddy_get_group(buddy)));
	client_add(builder, "status", purple_status_get_id(status));
	client_add_boolean(builder, "show_offline",
	                   purple_blist_node_get_bool(PURPLE_BLIST_NODE(buddy), "show_offline"));
	json_builder_end_object(builder);
}

/* What a user interface would show: buddies, and whom the account denies. */
static void
client_roster_tell_buddies(PurpleAccount *account)
{
	JsonBuilder *builder = client_begin("buddies");
	GSList *buddies = purple_find_buddies(account, NULL);

	json_builder_set_member_name(builder, "buddies");
	json_builder_begin_array(builder);
	for (GSList *l = buddies; l != NULL; l = l->next)
		client_roster_add_buddy(builder, l->data);
	json_builder_end_array(builder);
	json_builder_set_member_name(builder, "denied");
	json_builder_begin_array(builder);
	for (GSList *l = account->deny; l != NULL; l = l->next)
		json_builder_add_string_value(builder, l->data);
	json_builder_end_array(builder);
	client_end(builder);
	g_slist_free(buddies);
}

/* As "Add Buddy" does it. */
static void
client_roster_add(PurpleAccount *account, JsonObject *command)
{
	const char *name = json_object_get_string_member(command, "group");
	const char *message = json_object_get_string_member_with_default(command, "message", NULL);
	PurpleGroup *group = purple_find_group(name);
	PurpleBuddy *buddy = purple_buddy_new(
		account, json_object_get_string_member(command, "jid"),
		json_object_get_string_member_with_default(command, "alias", NULL));

	if (group == NULL) {
		group = purple_group_new(name);
		purple_blist_add_group(group, NULL);
	}
	purple_blist_add_buddy(buddy, NULL, group, NULL);
	purple_account_add_buddy_with_invite(account, buddy, message);
}

static void
client_roster_alias(PurpleAccount *account, const char *jid, const char *alias)
{
	PurpleBuddy *buddy = purple_find_buddy(account, jid);

	purple_blist_alias_buddy(buddy, alias);
	serv_alias_buddy(buddy);
}

static void
client_roster_answer(gpointer result)
{
	JsonBuilder *builder = client_begin("answer");

	client_add_boolean(builder, "done", GPOINTER_TO_INT(result));
	client_end(builder);
}

static void
client_roster_invite(PurpleConnection *gc, const char *jid, JsonObject *command)
{
	gboolean ok = FALSE;

	client_roster_answer(
		purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_INVITE, &ok, gc,
	                               jid, json_object_get_string_member(command, "name"),
	                               json_object_get_string_member(command, "text")));
}

static void
client_roster_suggest(PurpleConnection *gc, const char *jid, JsonObject *command)
{
	gboolean ok = FALSE;
	GTalkSuggestion suggestion = {
		.jid = json_object_get_string_member(command, "whom"),
		.name = json_object_get_string_member(command, "name"),
	};
	const GTalkSuggestion *suggestions[] = {&suggestion, NULL};

	client_roster_answer(purple_plugin_ipc_call(purple_connection_get_prpl(gc),
	                                            GTALK_IPC_SUGGEST, &ok, gc, jid, suggestions));
}

gboolean
client_roster_run(PurpleAccount *account, const char *name, JsonObject *command)
{
	PurpleConnection *gc = purple_account_get_connection(account);
	const char *jid = json_object_get_string_member_with_default(command, "jid", NULL);

	if (g_str_equal(name, "roster-kind")) {
		JsonBuilder *builder = client_begin("roster-kind");
		const char *kind = json_object_get_string_member(command, "kind");

		client_add_boolean(builder, "done", client_roster_ipc_set(gc, jid, kind));
		client_end(builder);
	} else if (g_str_equal(name, "roster-list")) {
		client_roster_tell_list(gc);
	} else if (g_str_equal(name, "buddies")) {
		client_roster_tell_buddies(account);
	} else if (g_str_equal(name, "add-buddy")) {
		client_roster_add(account, command);
	} else if (g_str_equal(name, "alias-buddy")) {
		client_roster_alias(account, jid, json_object_get_string_member(command, "alias"));
	} else if (g_str_equal(name, "invite")) {
		client_roster_invite(gc, jid, command);
	} else if (g_str_equal(name, "suggest")) {
		client_roster_suggest(gc, jid, command);
	} else if (g_str_equal(name, "block")) {
		purple_privacy_deny(account, jid, FALSE, FALSE);
	} else if (g_str_equal(name, "unblock")) {
		purple_privacy_allow(account, jid, FALSE, FALSE);
	} else {
		return FALSE;
	}
	return TRUE;
}
