/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-groupchat-ui.h"

#include <string.h>

#include "core/gtalk-commands.h"
#include "core/gtalk-conversation.h"
#include "core/gtalk-i18n.h"
#include "gtalk-groupchat.h"

#define GTALK_GROUPCHAT_TITLE_NAMES 3 /* more do not fit on a tab */

static gboolean
gtalk_groupchat_ui_start(GTalkConnection *connection, const char *const *who)
{
	if (gtalk_groupchat_start(connection, who) != NULL)
		return TRUE;
	purple_notify_error(gtalk_connection_get_purple(connection), _("Group chat"),
	                    _("There is no place for a group chat."),
	                    _("The server has no rooms, or you are not signed in."));
	return FALSE;
}

/* ---- A contact's menu ----------------------------------------------------------------------- */

static void
gtalk_groupchat_ui_start_cb(PurpleBlistNode *node, gpointer data)
{
	PurpleBuddy *buddy = PURPLE_BUDDY(node);
	PurpleConnection *gc = purple_account_get_connection(purple_buddy_get_account(buddy));
	GTalkConnection *connection = gc != NULL ? gtalk_connection_find(gc) : NULL;
	const char *who[] = {purple_buddy_get_name(buddy), NULL};

	if (connection != NULL)
		gtalk_groupchat_ui_start(connection, who);
}

GList *
gtalk_groupchat_ui_node_menu(GTalkConnection *connection, gpointer state, PurpleBlistNode *node)
{
	if (!PURPLE_BLIST_NODE_IS_BUDDY(node) ||
	    !purple_account_is_connected(gtalk_connection_get_account(connection)))
		return NULL;
	return g_list_append(NULL,
	                     purple_menu_action_new(_("Start Group Chat"),
	                                            PURPLE_CALLBACK(gtalk_groupchat_ui_start_cb),
	                                            NULL, NULL));
}

/* ---- The command in the conversation with one contact --------------------------------------- */

/* The contact of the conversation, without a resource, and whoever was named; a name without domain
 * is one of the own domain's. */
static char **
gtalk_groupchat_ui_dup_invitees(PurpleConversation *conversation, const char *names)
{
	PurpleAccount *account = purple_conversation_get_account(conversation);
	g_auto(GStrv) words = g_strsplit_set(names != NULL ? names : "", " ,;", -1);
	GPtrArray *who = g_ptr_array_new();

	g_ptr_array_add(who, g_strdup(purple_normalize(
				     account, purple_conversation_get_name(conversation))));
	for (guint i = 0; words[i] != NULL; i++)
		if (strchr(words[i], '@') != NULL)
			g_ptr_array_add(who, g_strdup(words[i]));
	g_ptr_array_add(who, NULL);
	return (char **)g_ptr_array_free(who, FALSE);
}

static PurpleCmdRet
gtalk_groupchat_ui_invite_cb(PurpleConversation *conversation, const char *command, char **args,
                             char **error, void *user_data)
{
	PurpleConnection *gc = purple_conversation_get_gc(conversation);
	GTalkConnection *connection = gc != NULL ? gtalk_connection_find(gc) : NULL;
	g_auto(GStrv) who = gtalk_groupchat_ui_dup_invitees(conversation, args[0]);

	if (connection == NULL) {
		*error = g_strdup(_("You are not signed in."));
		return PURPLE_CMD_RET_FAILED;
	}
	if (gtalk_groupchat_start(connection, (const char *const *)who) == NULL) {
		*error = g_strdup(_("There is no place for a group chat."));
		return PURPLE_CMD_RET_FAILED;
	}
	return PURPLE_CMD_RET_OK;
}

static const GTalkCommand gtalk_groupchat_ui_commands[] = {
	{"invite", "s", PURPLE_CMD_FLAG_IM | PURPLE_CMD_FLAG_ALLOW_WRONG_ARGS,
         gtalk_groupchat_ui_invite_cb,
         N_("invite [address] [address] ...:  Start a group chat with this contact and those whom "
            "you name.")},
};

void
gtalk_groupchat_ui_load(void)
{
	gtalk_commands_add(gtalk_groupchat_ui_commands, G_N_ELEMENTS(gtalk_groupchat_ui_commands));
}

/* ---- Titles --------------------------------------------------------------------------------- */

static char *
gtalk_groupchat_ui_dup_title(GPtrArray *names)
{
	guint n_more = names->len > GTALK_GROUPCHAT_TITLE_NAMES
	                       ? names->len - GTALK_GROUPCHAT_TITLE_NAMES
	                       : 0;
	g_autofree char *joined = NULL;

	if (names->len == 0)
		return g_strdup(_("Group chat"));
	g_ptr_array_set_size(names, (int)(names->len - n_more));
	g_ptr_array_add(names, NULL);
	joined = g_strjoinv(", ", (char **)names->pdata);
	if (n_more == 0)
		return g_steal_pointer(&joined);
	/* TRANSLATORS: the title of a group chat: some names, and how many more people there are */
	return g_strdup_printf(ngettext("%s and %u more", "%s and %u more", n_more), joined,
	                       n_more);
}

static int
gtalk_groupchat_ui_compare(gconstpointer a, gconstpointer b)
{
	return g_utf8_collate(*(const char *const *)a, *(const char *const *)b);
}

void
gtalk_groupchat_ui_set_title(PurpleAccount *account, const char *jid, const char *nick)
{
	PurpleConversation *conversation =
		purple_find_conversation_with_account(PURPLE_CONV_TYPE_CHAT, jid, account);
	PurpleConvChat *chat = conversation != NULL ? PURPLE_CONV_CHAT(conversation) : NULL;
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *title = NULL;

	if (chat == NULL)
		return;
	/* Where another nickname was taken, the inherited protocol has not told of it. */
	if (!purple_strequal(purple_conv_chat_get_nick(chat), nick))
		purple_conv_chat_set_nick(chat, nick);
	for (GList *l = purple_conv_chat_get_users(chat); l != NULL; l = l->next) {
		const char *name = purple_conv_chat_cb_get_name(l->data);

		if (!purple_strequal(name, nick))
			g_ptr_array_add(names, (gpointer)name);
	}
	g_ptr_array_sort(names, gtalk_groupchat_ui_compare);
	title = gtalk_groupchat_ui_dup_title(names);
	if (!purple_strequal(title, purple_conversation_get_title(conversation)))
		purple_conversation_set_title(conversation, title);
}

gboolean
gtalk_groupchat_ui_has_topic(PurpleAccount *account, const char *jid)
{
	PurpleConversation *conversation =
		purple_find_conversation_with_account(PURPLE_CONV_TYPE_CHAT, jid, account);
	const char *topic = conversation != NULL
	                            ? purple_conv_chat_get_topic(PURPLE_CONV_CHAT(conversation))
	                            : NULL;

	return topic != NULL && *topic != '\0';
}

/* ---- Refused invitations -------------------------------------------------------------------- */

static const struct {
	const char *condition;
	const char *sentence;
} gtalk_groupchat_ui_refusals[] = {
	{"service-unavailable", N_("%s is not online and cannot be invited.")},
	{"recipient-unavailable", N_("%s is not online and cannot be invited.")},
	{"not-acceptable", N_("%s uses a client that cannot take part in group chats.")},
	{"forbidden", N_("%s may not be invited to this group chat.")},
	{"not-allowed", N_("%s may not be invited to this group chat.")},
	{"item-not-found", N_("There is nobody called %s.")},
	{"jid-malformed", N_("%s is not an address.")},
};

static const char *
gtalk_groupchat_ui_get_refusal(const char *condition)
{
	for (gsize i = 0; i < G_N_ELEMENTS(gtalk_groupchat_ui_refusals); i++)
		if (purple_strequal(gtalk_groupchat_ui_refusals[i].condition, condition))
			return _(gtalk_groupchat_ui_refusals[i].sentence);
	return _("%s could not be invited.");
}

void
gtalk_groupchat_ui_write_refusal(GTalkConnection *connection, const char *room, const char *who,
                                 const char *condition)
{
	PurpleConversation *conversation = purple_find_conversation_with_account(
		PURPLE_CONV_TYPE_CHAT, room, gtalk_connection_get_account(connection));
	g_autofree char *name = NULL;
	g_autofree char *text = NULL;

	if (conversation == NULL)
		return;
	name = gtalk_conversation_dup_name(connection, who);
	text = gtalk_conversation_dup_sentence(gtalk_groupchat_ui_get_refusal(condition), name);
	gtalk_conversation_write(conversation, text, PURPLE_MESSAGE_ERROR, time(NULL));
}
