/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-suggestion.h"

#include "core/gtalk-conversation.h"
#include "core/gtalk-discovery.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-xml.h"
#include "gtalk-invitation-stanza.h"

#define GTALK_SUGGESTION_FIELD "people"

typedef struct {
	GPtrArray *offered; /* GTalkSuggestion that the user is asked about, NULL if not asked */
	char *to;           /* whom the user wants to suggest somebody to, or NULL */
} GTalkSuggestions;

static gpointer
gtalk_suggestion_attach(GTalkConnection *connection)
{
	return g_new0(GTalkSuggestions, 1);
}

static void
gtalk_suggestion_detach(GTalkConnection *connection, gpointer state)
{
	GTalkSuggestions *self = state;

	g_clear_pointer(&self->offered, g_ptr_array_unref);
	g_free(self->to);
	g_free(self);
}

/* NULL when the connection has gone. */
static GTalkSuggestions *
gtalk_suggestion_find_state(PurpleConnection *gc)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	return connection != NULL ? gtalk_connection_get_state(connection, &gtalk_suggestion_unit)
	                          : NULL;
}

static char *
gtalk_suggestion_dup_label(const char *jid, const char *name)
{
	return name != NULL ? g_strdup_printf("%s <%s>", name, jid) : g_strdup(jid);
}

static PurpleRequestFields *
gtalk_suggestion_new_fields(PurpleRequestField **field)
{
	PurpleRequestFields *fields = purple_request_fields_new();
	PurpleRequestFieldGroup *group = purple_request_field_group_new(NULL);

	*field = purple_request_field_list_new(GTALK_SUGGESTION_FIELD, NULL);
	purple_request_field_list_set_multi_select(*field, TRUE);
	purple_request_field_group_add_field(group, *field);
	purple_request_fields_add_group(fields, group);
	return fields;
}

static gboolean
gtalk_suggestion_is_chosen(PurpleRequestFields *fields, const char *jid, const char *name)
{
	g_autofree char *label = gtalk_suggestion_dup_label(jid, name);

	return purple_request_field_list_is_selected(
		purple_request_fields_get_field(fields, GTALK_SUGGESTION_FIELD), label);
}

/* ---- Suggested by others -------------------------------------------------------------------- */

static void
gtalk_suggestion_add(PurpleAccount *account, const GTalkSuggestion *suggestion)
{
	const char *name = suggestion->group != NULL ? suggestion->group : _("Buddies");
	PurpleGroup *group = purple_find_group(name);
	PurpleBuddy *buddy = NULL;

	if (purple_find_buddy(account, suggestion->jid) != NULL)
		return;
	if (group == NULL) {
		group = purple_group_new(name);
		purple_blist_add_group(group, NULL);
	}
	buddy = purple_buddy_new(account, suggestion->jid, suggestion->name);
	purple_blist_add_buddy(buddy, NULL, group, NULL);
	purple_account_add_buddy(account, buddy);
}

static void
gtalk_suggestion_add_cb(PurpleConnection *gc, PurpleRequestFields *fields)
{
	GTalkSuggestions *self = gtalk_suggestion_find_state(gc);
	g_autoptr(GPtrArray) offered = self != NULL ? g_steal_pointer(&self->offered) : NULL;

	for (guint i = 0; offered != NULL && i < offered->len; i++) {
		const GTalkSuggestion *suggestion = offered->pdata[i];

		if (gtalk_suggestion_is_chosen(fields, suggestion->jid, suggestion->name))
			gtalk_suggestion_add(purple_connection_get_account(gc), suggestion);
	}
}

static void
gtalk_suggestion_cancel_cb(PurpleConnection *gc, PurpleRequestFields *fields)
{
	GTalkSuggestions *self = gtalk_suggestion_find_state(gc);

	if (self != NULL)
		g_clear_pointer(&self->offered, g_ptr_array_unref);
}

/* Without a user interface libpurple forgets the form that it is given. */
static gboolean
gtalk_suggestion_can_ask(void)
{
	const PurpleRequestUiOps *ops = purple_request_get_ui_ops();

	return ops != NULL && ops->request_fields != NULL;
}

static void
gtalk_suggestion_ask(GTalkConnection *connection, const char *from)
{
	GTalkSuggestions *self = gtalk_connection_get_state(connection, &gtalk_suggestion_unit);
	PurpleConnection *gc = gtalk_connection_get_purple(connection);
	PurpleRequestField *field = NULL;
	PurpleRequestFields *fields = gtalk_suggestion_new_fields(&field);
	g_autofree char *name = gtalk_conversation_dup_name(connection, from);
	g_autofree char *text = g_strdup_printf(_("%s suggests contacts to you."), name);

	for (guint i = 0; i < self->offered->len; i++) {
		const GTalkSuggestion *suggestion = self->offered->pdata[i];
		g_autofree char *label =
			gtalk_suggestion_dup_label(suggestion->jid, suggestion->name);

		purple_request_field_list_add_icon(field, label, NULL, field);
	}
	if (purple_request_fields(gc, _("Suggested Contacts"), text,
	                          _("Those whom you choose are added to your contacts."), fields,
	                          _("_Add"), G_CALLBACK(gtalk_suggestion_add_cb), _("_Cancel"),
	                          G_CALLBACK(gtalk_suggestion_cancel_cb),
	                          gtalk_connection_get_account(connection), from, NULL, gc) == NULL)
		g_clear_pointer(&self->offered, g_ptr_array_unref); /* nobody can be asked */
}

/* Whom the user has already is no suggestion. */
static void
gtalk_suggestion_remove_known(GTalkConnection *connection, GPtrArray *suggestions)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);

	for (guint i = suggestions->len; i > 0; i--) {
		const GTalkSuggestion *suggestion = suggestions->pdata[i - 1];

		if (purple_find_buddy(account, suggestion->jid) != NULL ||
		    gtalk_connection_is_own_jid(connection, suggestion->jid))
			g_ptr_array_remove_index(suggestions, i - 1);
	}
}

static void
gtalk_suggestion_take(GTalkConnection *connection, GTalkSuggestions *self, const char *from,
                      GPtrArray *suggestions)
{
	g_autoptr(GPtrArray) terminated = NULL;
	gboolean taken = FALSE;

	gtalk_suggestion_remove_known(connection, suggestions);
	if (suggestions->len == 0)
		return;
	terminated = g_ptr_array_copy(suggestions, NULL, NULL);
	g_ptr_array_set_free_func(terminated, NULL);
	g_ptr_array_add(terminated, NULL);
	taken = GPOINTER_TO_INT(purple_signal_emit_return_1(
		gtalk_connection_get_plugin(connection), GTALK_SIGNAL_SUGGESTED,
		gtalk_connection_get_purple(connection), from, terminated->pdata));
	if (taken || self->offered != NULL || !gtalk_suggestion_can_ask())
		return; /* one question at a time: the user is no target */
	self->offered = g_ptr_array_ref(suggestions);
	gtalk_suggestion_ask(connection, from);
}

/* Strangers have nothing to suggest. */
static gboolean
gtalk_suggestion_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	const char *from = NULL;
	g_autofree char *bare = NULL;
	g_autoptr(GPtrArray) suggestions = NULL;

	suggestions = gtalk_suggestion_parse(*packet);
	from = suggestions != NULL ? xmlnode_get_attrib(*packet, "from") : NULL;
	if (from == NULL)
		return FALSE;
	bare = gtalk_jid_dup_bare(from);
	if (purple_find_buddy(gtalk_connection_get_account(connection), bare) != NULL)
		gtalk_suggestion_take(connection, state, bare, suggestions);
	return FALSE;
}

/* ---- Suggested to others -------------------------------------------------------------------- */

gboolean
gtalk_suggestion_send(GTalkConnection *connection, const char *to,
                      const GTalkSuggestion *const *suggestions)
{
	if (!gtalk_discovery_has(connection, GTALK_FEATURE_SUGGESTIONS))
		return FALSE;
	gtalk_connection_send(connection, gtalk_suggestion_build(to, suggestions));
	return TRUE;
}

static GPtrArray *
gtalk_suggestion_get_chosen(PurpleAccount *account, PurpleRequestFields *fields)
{
	GPtrArray *chosen = g_ptr_array_new_with_free_func((GDestroyNotify)gtalk_suggestion_free);
	GSList *buddies = purple_find_buddies(account, NULL);

	for (GSList *l = buddies; l != NULL && chosen->len < GTALK_SUGGESTIONS_MAX; l = l->next) {
		const char *jid = purple_buddy_get_name(l->data);
		const char *name = purple_buddy_get_local_buddy_alias(l->data);
		GTalkSuggestion *suggestion = NULL;

		if (!gtalk_suggestion_is_chosen(fields, jid, name))
			continue;
		suggestion = g_new0(GTalkSuggestion, 1);
		suggestion->jid = g_strdup(jid);
		suggestion->name = g_strdup(name);
		g_ptr_array_add(chosen, suggestion);
	}
	g_slist_free(buddies);
	return chosen;
}

static void
gtalk_suggestion_send_cb(PurpleConnection *gc, PurpleRequestFields *fields)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkSuggestions *self = gtalk_suggestion_find_state(gc);
	g_autoptr(GPtrArray) chosen = NULL;

	if (self == NULL || self->to == NULL)
		return;
	chosen = gtalk_suggestion_get_chosen(purple_connection_get_account(gc), fields);
	if (chosen->len == 0)
		return;
	g_ptr_array_add(chosen, NULL);
	gtalk_suggestion_send(connection, self->to, (const GTalkSuggestion *const *)chosen->pdata);
}

static void
gtalk_suggestion_choose_cb(PurpleBlistNode *node, gpointer data)
{
	PurpleAccount *account = purple_buddy_get_account(PURPLE_BUDDY(node));
	PurpleConnection *gc = purple_account_get_connection(account);
	GTalkSuggestions *self = gc != NULL ? gtalk_suggestion_find_state(gc) : NULL;
	PurpleRequestField *field = NULL;
	PurpleRequestFields *fields = NULL;
	GSList *buddies = NULL;

	if (self == NULL)
		return;
	g_free(self->to);
	self->to = g_strdup(purple_buddy_get_name(PURPLE_BUDDY(node)));
	fields = gtalk_suggestion_new_fields(&field);
	buddies = purple_find_buddies(account, NULL);
	for (GSList *l = buddies; l != NULL; l = l->next) {
		const char *jid = purple_buddy_get_name(l->data);
		g_autofree char *label = gtalk_suggestion_dup_label(
			jid, purple_buddy_get_local_buddy_alias(l->data));

		if (!purple_strequal(jid, self->to))
			purple_request_field_list_add_icon(field, label, NULL, field);
	}
	g_slist_free(buddies);
	purple_request_fields(gc, _("Suggest Contacts"), _("Whom do you want to suggest?"), NULL,
	                      fields, _("_Send"), G_CALLBACK(gtalk_suggestion_send_cb),
	                      _("_Cancel"), NULL, account, self->to, NULL, gc);
}

static GList *
gtalk_suggestion_node_menu(GTalkConnection *connection, gpointer state, PurpleBlistNode *node)
{
	if (!PURPLE_BLIST_NODE_IS_BUDDY(node) ||
	    !gtalk_discovery_has(connection, GTALK_FEATURE_SUGGESTIONS))
		return NULL;
	return g_list_append(NULL,
	                     purple_menu_action_new(_("Suggest Contacts..."),
	                                            PURPLE_CALLBACK(gtalk_suggestion_choose_cb),
	                                            NULL, NULL));
}

static gboolean
gtalk_suggestion_ipc_suggest(PurpleConnection *gc, const char *to,
                             const GTalkSuggestion *const *suggestions)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	if (connection == NULL || to == NULL || suggestions == NULL || *suggestions == NULL)
		return FALSE;
	return gtalk_suggestion_send(connection, to, suggestions);
}

static void
gtalk_suggestion_load(PurplePlugin *plugin)
{
	PurpleValue *of_connection =
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION);

	purple_signal_register(
		plugin, GTALK_SIGNAL_SUGGESTED, purple_marshal_BOOLEAN__POINTER_POINTER_POINTER,
		purple_value_new(PURPLE_TYPE_BOOLEAN), 3, of_connection,
		purple_value_new(PURPLE_TYPE_STRING), purple_value_new(PURPLE_TYPE_POINTER));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_SUGGEST, PURPLE_CALLBACK(gtalk_suggestion_ipc_suggest),
		purple_marshal_BOOLEAN__POINTER_POINTER_POINTER,
		purple_value_new(PURPLE_TYPE_BOOLEAN), 3, purple_value_dup(of_connection),
		purple_value_new(PURPLE_TYPE_STRING), purple_value_new(PURPLE_TYPE_POINTER));
}

const GTalkUnit gtalk_suggestion_unit = {
	.name = "suggestion",
	.load = gtalk_suggestion_load,
	.attach = gtalk_suggestion_attach,
	.detach = gtalk_suggestion_detach,
	.receives = GTALK_ARRIVES_MESSAGE,
	.receiving = gtalk_suggestion_receiving,
	.node_menu = gtalk_suggestion_node_menu,
};
