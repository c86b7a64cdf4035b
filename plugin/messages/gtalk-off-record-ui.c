/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-off-record-ui.h"

#include <string.h>

#include "core/gtalk-commands.h"
#include "core/gtalk-conversation.h"
#include "core/gtalk-i18n.h"
#include "gtalk-off-record.h"

/* Data of a conversation: the GTalkRecord that the user was told last, and whether its logging was
 * stopped by us and is to come back. */
#define GTALK_OFF_RECORD_TOLD "gtalk-off-record-told"
#define GTALK_OFF_RECORD_WAS_LOGGING "gtalk-off-record-was-logging"

/* TRANSLATORS: "off the record" is Google Talk's name for a conversation that no server keeps and
 * that is not logged. It is not encryption. %s is a contact's name. */
static const struct {
	GTalkOffRecordBy by;
	const char *off;
	const char *on;
} gtalk_off_record_lines[] = {
	{GTALK_OFF_RECORD_BY_US,
         N_("You have gone off the record with %s: what you write to each other from now on is not "
            "kept."),
         N_("You are back on the record with %s: what you write to each other may be kept again.")},
	{GTALK_OFF_RECORD_BY_OWN,
         N_("You have gone off the record with %s on another device: what you write to each other "
            "from now on is not kept."),
         N_("You have gone back on the record with %s on another device: what you write to each "
            "other may be kept again.")},
	{GTALK_OFF_RECORD_BY_CONTACT,
         N_("%s has gone off the record: what you write to each other from now on is not kept."),
         N_("%s has gone back on the record: what you write to each other may be kept again.")},
	{GTALK_OFF_RECORD_BY_UNKNOWN,
         N_("You and %s are off the record now: what you write to each other is not kept."),
         N_("You and %s are back on the record: what you write to each other may be kept again.")},
	{GTALK_OFF_RECORD_LISTED,
         N_("You and %s are off the record: what you write to each other is not kept."),
         N_("You and %s are on the record: what you write to each other may be kept.")},
};

/* Where no server helps, less can be promised. */
static const char gtalk_off_record_alone[] =
	/* TRANSLATORS: as before, %s is a contact's name */
	N_("You are off the record with %s: what you write is not logged here, and the servers are "
           "asked not to keep it.");

static char *
gtalk_off_record_ui_dup_line(GTalkConnection *connection, const char *jid, gboolean off_record,
                             GTalkOffRecordBy by)
{
	g_autofree char *name = gtalk_conversation_dup_name(connection, jid);
	const char *line = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(gtalk_off_record_lines); i++)
		if (gtalk_off_record_lines[i].by == by)
			line = off_record ? gtalk_off_record_lines[i].off
			                  : gtalk_off_record_lines[i].on;
	if (off_record && !gtalk_off_record_is_shared(connection))
		line = gtalk_off_record_alone;
	return gtalk_conversation_dup_sentence(_(line), name);
}

static void
gtalk_off_record_ui_write(PurpleConversation *conversation, const char *line)
{
	gtalk_conversation_write(conversation, line, PURPLE_MESSAGE_SYSTEM, time(NULL));
}

static GTalkRecord
gtalk_off_record_ui_get_told(PurpleConversation *conversation)
{
	return GPOINTER_TO_INT(purple_conversation_get_data(conversation, GTALK_OFF_RECORD_TOLD));
}

/* What the user has switched off stays off, what the user switches on meanwhile stays on. */
static void
gtalk_off_record_ui_stop_logging(PurpleConversation *conversation)
{
	if (!purple_conversation_is_logging(conversation))
		return;
	purple_conversation_set_data(conversation, GTALK_OFF_RECORD_WAS_LOGGING,
	                             GINT_TO_POINTER(TRUE));
	purple_conversation_set_logging(conversation, FALSE);
}

static void
gtalk_off_record_ui_resume_logging(PurpleConversation *conversation)
{
	if (purple_conversation_get_data(conversation, GTALK_OFF_RECORD_WAS_LOGGING) == NULL)
		return;
	purple_conversation_set_data(conversation, GTALK_OFF_RECORD_WAS_LOGGING, NULL);
	purple_conversation_set_logging(conversation, TRUE);
}

/* The line stands in a log that ends or begins with it, but begins none by itself. */
static void
gtalk_off_record_ui_tell(GTalkConnection *connection, PurpleConversation *conversation,
                         gboolean off_record, GTalkOffRecordBy by)
{
	const char *jid = purple_conversation_get_name(conversation);
	g_autofree char *line = gtalk_off_record_ui_dup_line(connection, jid, off_record, by);
	GTalkRecord told = off_record ? GTALK_RECORD_OFF : GTALK_RECORD_ON;

	purple_conversation_set_data(conversation, GTALK_OFF_RECORD_TOLD, GINT_TO_POINTER(told));
	if (!off_record)
		gtalk_off_record_ui_resume_logging(conversation);
	else if (by == GTALK_OFF_RECORD_LISTED)
		gtalk_off_record_ui_stop_logging(conversation);
	gtalk_off_record_ui_write(conversation, line);
	if (off_record)
		gtalk_off_record_ui_stop_logging(conversation);
}

void
gtalk_off_record_ui_show(GTalkConnection *connection, const char *jid, gboolean off_record,
                         GTalkOffRecordBy by)
{
	PurpleConversation *conversation = gtalk_conversation_find(connection, jid);
	GTalkRecord told = GTALK_RECORD_ON;

	if (conversation == NULL)
		return;
	if (gtalk_off_record_ui_get_told(conversation) == GTALK_RECORD_OFF)
		told = GTALK_RECORD_OFF;
	if ((told == GTALK_RECORD_OFF) != off_record)
		gtalk_off_record_ui_tell(connection, conversation, off_record, by);
}

static void
gtalk_off_record_ui_show_in(GTalkConnection *connection, PurpleConversation *conversation)
{
	const char *jid = purple_conversation_get_name(conversation);
	GTalkRecord record = gtalk_off_record_get(connection, jid);

	if (record != GTALK_RECORD_UNKNOWN)
		gtalk_off_record_ui_show(connection, jid, record == GTALK_RECORD_OFF,
		                         GTALK_OFF_RECORD_LISTED);
}

void
gtalk_off_record_ui_show_all(GTalkConnection *connection)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);

	for (GList *l = purple_get_ims(); l != NULL; l = l->next)
		if (purple_conversation_get_account(l->data) == account)
			gtalk_off_record_ui_show_in(connection, l->data);
}

void
gtalk_off_record_ui_show_refusal(GTalkConnection *connection, const char *jid, gboolean off_record)
{
	PurpleConversation *conversation = gtalk_conversation_find(connection, jid);
	g_autofree char *name = gtalk_conversation_dup_name(connection, jid);
	g_autofree char *line = NULL;

	if (conversation == NULL)
		return;
	if (off_record)
		line = g_strdup_printf(_("The server has not taken you off the record with %s: "
		                         "what you write to each other may still be kept."),
		                       name);
	else
		line = g_strdup_printf(_("The server has not put you back on the record with %s: "
		                         "what you write to each other is still not kept."),
		                       name);
	gtalk_conversation_write(conversation, line, PURPLE_MESSAGE_ERROR, time(NULL));
}

void
gtalk_off_record_ui_conversation_created(GTalkConnection *connection, gpointer state,
                                         PurpleConversation *conversation)
{
	gtalk_off_record_ui_show_in(connection, conversation);
}

/* ---- The buddy's menu ----------------------------------------------------------------------- */

static void
gtalk_off_record_ui_menu_cb(PurpleBlistNode *node, gpointer off_record)
{
	PurpleBuddy *buddy = PURPLE_BUDDY(node);
	GTalkConnection *connection = gtalk_connection_find(
		purple_account_get_connection(purple_buddy_get_account(buddy)));

	if (connection != NULL)
		gtalk_off_record_set(connection, purple_buddy_get_name(buddy),
		                     GPOINTER_TO_INT(off_record));
}

GList *
gtalk_off_record_ui_node_menu(GTalkConnection *connection, gpointer state, PurpleBlistNode *node)
{
	GTalkRecord record;
	gboolean to_off;

	if (!PURPLE_BLIST_NODE_IS_BUDDY(node) || !gtalk_off_record_is_possible(connection))
		return NULL;
	record = gtalk_off_record_get(connection, purple_buddy_get_name(PURPLE_BUDDY(node)));
	if (record == GTALK_RECORD_UNKNOWN)
		return NULL;
	to_off = record == GTALK_RECORD_ON;
	return g_list_append(NULL, purple_menu_action_new(
					   to_off ? _("Go Off the Record") : _("Go On the Record"),
					   PURPLE_CALLBACK(gtalk_off_record_ui_menu_cb),
					   GINT_TO_POINTER(to_off), NULL));
}

/* ---- /otr ----------------------------------------------------------------------------------- */

static PurpleCmdRet
gtalk_off_record_ui_run_status(GTalkConnection *connection, PurpleConversation *conversation)
{
	const char *jid = purple_conversation_get_name(conversation);
	GTalkRecord record = gtalk_off_record_get(connection, jid);
	g_autofree char *line = gtalk_off_record_ui_dup_line(
		connection, jid, record == GTALK_RECORD_OFF, GTALK_OFF_RECORD_LISTED);

	gtalk_conversation_write(conversation, line, PURPLE_MESSAGE_SYSTEM | PURPLE_MESSAGE_NO_LOG,
	                         time(NULL));
	return PURPLE_CMD_RET_OK;
}

static PurpleCmdRet
gtalk_off_record_ui_run_set(GTalkConnection *connection, PurpleConversation *conversation,
                            GTalkRecord wanted)
{
	const char *jid = purple_conversation_get_name(conversation);

	if (gtalk_off_record_get(connection, jid) == wanted)
		return gtalk_off_record_ui_run_status(connection, conversation);
	gtalk_off_record_set(connection, jid, wanted == GTALK_RECORD_OFF);
	return PURPLE_CMD_RET_OK;
}

static PurpleCmdRet
gtalk_off_record_ui_run(PurpleConversation *conversation, const char *word, char **error)
{
	GTalkConnection *connection =
		gtalk_connection_find(purple_conversation_get_gc(conversation));
	const char *jid = purple_conversation_get_name(conversation);

	if (connection == NULL || gtalk_off_record_get(connection, jid) == GTALK_RECORD_UNKNOWN) {
		*error = g_strdup(_("You are not signed in yet."));
		return PURPLE_CMD_RET_FAILED;
	}
	if (gtalk_conversation_is_in_room(conversation)) {
		*error = g_strdup(_("What you write to somebody through a room cannot go off the "
		                    "record."));
		return PURPLE_CMD_RET_FAILED;
	}
	if (!gtalk_off_record_is_possible(connection)) {
		*error = g_strdup(
			_("The server keeps none of your chats: chat history is switched off "
		          "for your account."));
		return PURPLE_CMD_RET_FAILED;
	}
	if (word == NULL || *word == '\0' || strcmp(word, "status") == 0)
		return gtalk_off_record_ui_run_status(connection, conversation);
	if (strcmp(word, "on") == 0)
		return gtalk_off_record_ui_run_set(connection, conversation, GTALK_RECORD_OFF);
	if (strcmp(word, "off") == 0)
		return gtalk_off_record_ui_run_set(connection, conversation, GTALK_RECORD_ON);
	*error = g_strdup(_("Type /otr on, /otr off or /otr status."));
	return PURPLE_CMD_RET_FAILED;
}

static PurpleCmdRet
gtalk_off_record_ui_command_cb(PurpleConversation *conversation, const char *command, char **args,
                               char **error, void *user_data)
{
	return gtalk_off_record_ui_run(conversation, args[0], error);
}

static const GTalkCommand gtalk_off_record_commands[] = {
	{"otr", "w", PURPLE_CMD_FLAG_IM | PURPLE_CMD_FLAG_ALLOW_WRONG_ARGS,
         gtalk_off_record_ui_command_cb,
         /* TRANSLATORS: on, off and status are typed as they stand here. */
         N_("otr [on|off|status]:  Go off the record with this contact, so that nothing you write "
            "to each other is kept, or back on the record; or tell which it is. This is not "
            "encryption.")},
};

void
gtalk_off_record_ui_load(void)
{
	gtalk_commands_add(gtalk_off_record_commands, G_N_ELEMENTS(gtalk_off_record_commands));
}
