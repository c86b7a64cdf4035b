/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-roster-menu.h"

#include "core/gtalk-discovery.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-parent.h"
#include "gtalk-roster-change.h"
#include "gtalk-roster-stanza.h"
#include "gtalk-roster.h"

#define GTALK_ROSTER_MENU_FIELD "people"
#define GTALK_ROSTER_MENU_MAX 500 /* more is no list that a person reads */

/* ---- A contact's menu ----------------------------------------------------------------------- */

static void
gtalk_roster_menu_choose_cb(PurpleBlistNode *node, gpointer data)
{
	PurpleBuddy *buddy = PURPLE_BUDDY(node);
	PurpleConnection *gc = purple_account_get_connection(purple_buddy_get_account(buddy));
	GTalkConnection *connection = gc != NULL ? gtalk_connection_find(gc) : NULL;

	if (connection != NULL)
		gtalk_roster_change_kind(connection, purple_buddy_get_name(buddy),
		                         GPOINTER_TO_UINT(data));
}

/* The way it is cannot be chosen. */
static PurpleMenuAction *
gtalk_roster_menu_new_choice(const char *label, GTalkRosterKind kind, GTalkRosterKind now)
{
	return purple_menu_action_new(
		label, kind != now ? PURPLE_CALLBACK(gtalk_roster_menu_choose_cb) : NULL,
		GUINT_TO_POINTER(kind), NULL);
}

GList *
gtalk_roster_menu_node(GTalkConnection *connection, gpointer state, PurpleBlistNode *node)
{
	const GTalkRosterContact *contact = NULL;
	GTalkRosterKind now = GTALK_ROSTER_NORMAL;
	GList *choices = NULL;

	if (!PURPLE_BLIST_NODE_IS_BUDDY(node) ||
	    !gtalk_discovery_has(connection, GTALK_FEATURE_ROSTER))
		return NULL;
	contact = gtalk_roster_find(connection, purple_buddy_get_name(PURPLE_BUDDY(node)));
	if (contact != NULL)
		now = contact->kind;
	if (now == GTALK_ROSTER_BLOCKED)
		return NULL; /* the user interface has "Unblock" */
	choices = g_list_append(
		choices, gtalk_roster_menu_new_choice(_("When Online"), GTALK_ROSTER_NORMAL, now));
	choices = g_list_append(
		choices, gtalk_roster_menu_new_choice(_("Always"), GTALK_ROSTER_PINNED, now));
	choices = g_list_append(choices,
	                        gtalk_roster_menu_new_choice(_("Never"), GTALK_ROSTER_HIDDEN, now));
	return g_list_append(
		NULL, purple_menu_action_new(_("Show in Contact List"), NULL, NULL, choices));
}

/* ---- Lists of people ------------------------------------------------------------------------ */

typedef gboolean (*GTalkRosterFilter)(const GTalkRosterContact *contact);

static gboolean
gtalk_roster_menu_is_away(const GTalkRosterContact *contact)
{
	return contact->kind == GTALK_ROSTER_HIDDEN || contact->kind == GTALK_ROSTER_BLOCKED;
}

static gboolean
gtalk_roster_menu_is_suggested(const GTalkRosterContact *contact)
{
	return contact->kind == GTALK_ROSTER_NORMAL && !contact->rejected &&
	       contact->alias_for == NULL && gtalk_roster_contact_is_stranger(contact);
}

static char *
gtalk_roster_menu_dup_label(const GTalkRosterContact *contact)
{
	g_autofree char *who = contact->name != NULL
	                               ? g_strdup_printf("%s <%s>", contact->name, contact->jid)
	                               : g_strdup(contact->jid);

	if (contact->kind == GTALK_ROSTER_BLOCKED)
		/* TRANSLATORS: a person in a list: name and address, or the address alone */
		return g_strdup_printf(_("%s, blocked"), who);
	if (contact->kind == GTALK_ROSTER_HIDDEN)
		/* TRANSLATORS: a person in a list: name and address, or the address alone */
		return g_strdup_printf(_("%s, hidden"), who);
	return g_steal_pointer(&who);
}

/* Those the user writes to most first, then by name. */
static int
gtalk_roster_menu_compare(gconstpointer a, gconstpointer b)
{
	const GTalkRosterContact *one = a;
	const GTalkRosterContact *other = b;
	guint n_one = one->n_mails + one->n_messages;
	guint n_other = other->n_mails + other->n_messages;

	if (n_one != n_other)
		return n_one > n_other ? -1 : 1;
	return g_utf8_collate(one->name != NULL ? one->name : one->jid,
	                      other->name != NULL ? other->name : other->jid);
}

static GList *
gtalk_roster_menu_select(GTalkConnection *connection, GTalkRosterFilter filter)
{
	GList *all = gtalk_roster_list(connection);
	GList *selected = NULL;

	for (GList *l = all; l != NULL; l = l->next)
		if (filter(l->data))
			selected = g_list_prepend(selected, l->data);
	g_list_free(all);
	return g_list_sort(selected, gtalk_roster_menu_compare);
}

static PurpleRequestFields *
gtalk_roster_menu_new_fields(GList *people, gboolean many)
{
	PurpleRequestFields *fields = purple_request_fields_new();
	PurpleRequestFieldGroup *group = purple_request_field_group_new(NULL);
	PurpleRequestField *field = purple_request_field_list_new(GTALK_ROSTER_MENU_FIELD, NULL);
	guint n = 0;

	for (GList *l = people; l != NULL && n < GTALK_ROSTER_MENU_MAX; l = l->next, n++) {
		g_autofree char *text = gtalk_roster_menu_dup_label(l->data);

		purple_request_field_list_add_icon(field, text, NULL, field);
	}
	purple_request_field_list_set_multi_select(field, many);
	purple_request_field_group_add_field(group, field);
	purple_request_fields_add_group(fields, group);
	return fields;
}

/* Whom the user chose, as far as they are still there; only addresses, since what is done with the
 * first may change the others. */
static GPtrArray *
gtalk_roster_menu_get_chosen(GTalkConnection *connection, PurpleRequestFields *fields,
                             GTalkRosterFilter filter)
{
	PurpleRequestField *field =
		purple_request_fields_get_field(fields, GTALK_ROSTER_MENU_FIELD);
	GList *people = gtalk_roster_menu_select(connection, filter);
	GPtrArray *chosen = g_ptr_array_new_with_free_func(g_free);

	for (GList *l = people; l != NULL; l = l->next) {
		const GTalkRosterContact *contact = l->data;
		g_autofree char *text = gtalk_roster_menu_dup_label(contact);

		if (purple_request_field_list_is_selected(field, text))
			g_ptr_array_add(chosen, g_strdup(contact->jid));
	}
	g_list_free(people);
	return chosen;
}

static void
gtalk_roster_menu_show_again(GTalkConnection *connection, const char *jid)
{
	gtalk_roster_change_kind(connection, jid, GTALK_ROSTER_NORMAL);
}

static void
gtalk_roster_menu_add(GTalkConnection *connection, const char *jid)
{
	const GTalkRosterContact *contact = gtalk_roster_find(connection, jid);

	purple_blist_request_add_buddy(gtalk_connection_get_account(connection), jid, NULL,
	                               contact != NULL ? contact->name : NULL);
}

/* A list of people from whom the user chooses, and what is done with each of those. */
typedef struct {
	GTalkRosterFilter filter;
	void (*apply)(GTalkConnection *connection, const char *jid);
	gboolean many;
	const char *entry; /* in the account's menu */
	const char *title;
	const char *nobody;
	const char *question;
	const char *explanation;
	const char *button;
} GTalkRosterList;

static const GTalkRosterList gtalk_roster_menu_away = {
	.filter = gtalk_roster_menu_is_away,
	.apply = gtalk_roster_menu_show_again,
	.many = TRUE,
	.entry = N_("Hidden and Blocked People..."),
	.title = N_("Hidden and Blocked People"),
	.nobody = N_("Nobody is hidden or blocked."),
	.question = N_("Whom do you want to see again?"),
	.explanation = N_("Those whom you choose are neither hidden nor blocked any more."),
	.button = N_("_Show Again"),
};

static const GTalkRosterList gtalk_roster_menu_suggested = {
	.filter = gtalk_roster_menu_is_suggested,
	.apply = gtalk_roster_menu_add,
	.entry = N_("People You Write To..."),
	.title = N_("People You Write To"),
	.nobody = N_("The address book has nobody to suggest."),
	.question = N_("Whom do you want to add to your contacts?"),
	.explanation = N_("These people are in your address book. Those to whom you write most "
                          "come first."),
	.button = N_("_Add"),
};

static void
gtalk_roster_menu_apply(PurpleConnection *gc, PurpleRequestFields *fields,
                        const GTalkRosterList *list)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	g_autoptr(GPtrArray) chosen = NULL;

	if (connection == NULL)
		return;
	chosen = gtalk_roster_menu_get_chosen(connection, fields, list->filter);
	for (guint i = 0; i < chosen->len; i++)
		list->apply(connection, chosen->pdata[i]);
}

static void
gtalk_roster_menu_ask(PurpleConnection *gc, const GTalkRosterList *list, GCallback chosen_cb)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	g_autoptr(GList) people = NULL;

	if (connection == NULL)
		return;
	people = gtalk_roster_menu_select(connection, list->filter);
	if (people == NULL) {
		purple_notify_info(gc, _(list->title), _(list->nobody), NULL);
		return;
	}
	purple_request_fields(gc, _(list->title), _(list->question), _(list->explanation),
	                      gtalk_roster_menu_new_fields(people, list->many), _(list->button),
	                      chosen_cb, _("_Cancel"), NULL,
	                      gtalk_connection_get_account(connection), NULL, NULL, gc);
}

static void
gtalk_roster_menu_away_chosen_cb(PurpleConnection *gc, PurpleRequestFields *fields)
{
	gtalk_roster_menu_apply(gc, fields, &gtalk_roster_menu_away);
}

static void
gtalk_roster_menu_away_cb(PurplePluginAction *action)
{
	gtalk_roster_menu_ask(action->context, &gtalk_roster_menu_away,
	                      G_CALLBACK(gtalk_roster_menu_away_chosen_cb));
}

static void
gtalk_roster_menu_suggested_chosen_cb(PurpleConnection *gc, PurpleRequestFields *fields)
{
	gtalk_roster_menu_apply(gc, fields, &gtalk_roster_menu_suggested);
}

static void
gtalk_roster_menu_suggested_cb(PurplePluginAction *action)
{
	gtalk_roster_menu_ask(action->context, &gtalk_roster_menu_suggested,
	                      G_CALLBACK(gtalk_roster_menu_suggested_chosen_cb));
}

GList *
gtalk_roster_menu_account_actions(GTalkConnection *connection, gpointer state)
{
	GList *actions = NULL;

	if (!gtalk_discovery_has(connection, GTALK_FEATURE_ROSTER))
		return NULL;
	actions = g_list_append(actions, purple_plugin_action_new(_(gtalk_roster_menu_away.entry),
	                                                          gtalk_roster_menu_away_cb));
	return g_list_append(actions, purple_plugin_action_new(_(gtalk_roster_menu_suggested.entry),
	                                                       gtalk_roster_menu_suggested_cb));
}

/* ---- The tooltip ---------------------------------------------------------------------------- */

static void
gtalk_roster_menu_add_count(PurpleNotifyUserInfo *info, const char *label, guint count)
{
	g_autofree char *text = g_strdup_printf("%u", count);

	if (count > 0)
		purple_notify_user_info_add_pair(info, label, text);
}

static void
gtalk_roster_menu_add_text(PurpleNotifyUserInfo *info, const char *label, const char *text)
{
	g_autofree char *escaped = text != NULL ? g_markup_escape_text(text, -1) : NULL;

	if (escaped != NULL)
		purple_notify_user_info_add_pair(info, label, escaped);
}

void
gtalk_roster_menu_tooltip_text(PurpleBuddy *buddy, PurpleNotifyUserInfo *info, gboolean full)
{
	PurpleConnection *gc = purple_account_get_connection(purple_buddy_get_account(buddy));
	GTalkConnection *connection = gc != NULL ? gtalk_connection_find(gc) : NULL;
	const GTalkRosterContact *contact = NULL;

	if (connection == NULL)
		return;
	gtalk_parent_get_protocol()->tooltip_text(buddy, info, full);
	contact = gtalk_roster_find(connection, purple_buddy_get_name(buddy));
	if (contact == NULL || !full)
		return;
	gtalk_roster_menu_add_count(info, _("Recent messages"), contact->n_messages);
	gtalk_roster_menu_add_count(info, _("Recent mails"), contact->n_mails);
	gtalk_roster_menu_add_text(info, _("Other address of"), contact->alias_for);
}
