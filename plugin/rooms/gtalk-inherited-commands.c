/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-inherited-commands.h"

#include "core/gtalk-i18n.h"
#include "core/gtalk-parent.h"
#include "gtalk.h"

typedef struct {
	char *name;
	char *help; /* in the user's language: the inherited protocol's text */
	PurpleCmdPriority priority;
	PurpleCmdFlag flags;
	PurpleCmd *inherited; /* borrowed: lives until the inherited protocol is unloaded */
	PurpleCmdId id;       /* ours, 0 before it is registered */
} GTalkInheritedCommand;

struct _GTalkInheritedCommands {
	GPtrArray *commands;
	guint n_first;        /* of those, how many are the inherited protocol's own */
	PurpleCmdId first_id; /* of what was registered after begin, 0 before that */
	guint n_later;        /* how many registrations, anybody's, there were after it */
	PurpleCommandsUiOps ops;
	PurpleCommandsUiOps *outer; /* the user interface's, or NULL */
};

/* The one that watches. libpurple calls the hook without a context; NULL once we are loaded. */
static GTalkInheritedCommands *gtalk_inherited_commands_watching = NULL;

static void
gtalk_inherited_command_free(GTalkInheritedCommand *command)
{
	if (command->id != 0)
		purple_cmd_unregister(command->id);
	g_free(command->name);
	g_free(command->help);
	g_free(command);
}

static void
gtalk_inherited_commands_seen_cb(const gchar *name, PurpleCmdPriority priority, PurpleCmdFlag flags,
                                 const gchar *prpl_id, const gchar *help, PurpleCmd *cmd)
{
	GTalkInheritedCommands *self = gtalk_inherited_commands_watching;
	GTalkInheritedCommand *command = NULL;

	if (self->outer != NULL && self->outer->register_command != NULL)
		self->outer->register_command(name, priority, flags, prpl_id, help, cmd);
	if (self->first_id != 0)
		self->n_later++;
	if (!purple_strequal(prpl_id, GTALK_PARENT_ID))
		return;
	command = g_new0(GTalkInheritedCommand, 1);
	command->name = g_strdup(name);
	command->help = g_strdup(help);
	command->priority = priority;
	command->flags = flags;
	command->inherited = cmd;
	g_ptr_array_add(self->commands, command);
}

static void
gtalk_inherited_commands_gone_cb(const gchar *name, const gchar *prpl_id)
{
	const PurpleCommandsUiOps *outer = gtalk_inherited_commands_watching->outer;

	if (outer != NULL && outer->unregister_command != NULL)
		outer->unregister_command(name, prpl_id);
}

static void
gtalk_inherited_commands_stop(GTalkInheritedCommands *self)
{
	if (gtalk_inherited_commands_watching != self)
		return;
	if (purple_cmds_get_ui_ops() == &self->ops)
		purple_cmds_set_ui_ops(self->outer);
	gtalk_inherited_commands_watching = NULL;
}

GTalkInheritedCommands *
gtalk_inherited_commands_watch(void)
{
	GTalkInheritedCommands *self = g_new0(GTalkInheritedCommands, 1);

	if (gtalk_inherited_commands_watching != NULL) /* a plugin that was probed in vain */
		gtalk_inherited_commands_stop(gtalk_inherited_commands_watching);
	self->commands =
		g_ptr_array_new_with_free_func((GDestroyNotify)gtalk_inherited_command_free);
	self->outer = purple_cmds_get_ui_ops();
	self->ops.register_command = gtalk_inherited_commands_seen_cb;
	self->ops.unregister_command = gtalk_inherited_commands_gone_cb;
	gtalk_inherited_commands_watching = self;
	purple_cmds_set_ui_ops(&self->ops);
	return self;
}

/* args: what follows the command as it was typed, which the inherited command takes apart. It keeps
 * what it has to say about a failure to itself. */
static PurpleCmdRet
gtalk_inherited_commands_run_cb(PurpleConversation *conversation, const gchar *name, gchar **args,
                                gchar **error, void *user_data)
{
	const GTalkInheritedCommand *command = user_data;

	if (purple_conversation_get_gc(conversation) == NULL) {
		*error = g_strdup(_("You are not signed in."));
		return PURPLE_CMD_RET_FAILED;
	}
	if (purple_cmd_execute(command->inherited, conversation, args[0] != NULL ? args[0] : ""))
		return PURPLE_CMD_RET_OK;
	/* TRANSLATORS: both are the name of a command, like "kick" */
	*error = g_strdup_printf(_("/%s could not be done. Type /help %s to see what it takes."),
	                         name, name);
	return PURPLE_CMD_RET_FAILED;
}

static PurpleCmdRet
gtalk_inherited_commands_nothing_cb(PurpleConversation *conversation, const gchar *name,
                                    gchar **args, gchar **error, void *user_data)
{
	return PURPLE_CMD_RET_CONTINUE;
}

/* The id that libpurple gives now. */
static PurpleCmdId
gtalk_inherited_commands_find_id(void)
{
	PurpleCmdId id =
		purple_cmd_register(GTALK_PRPL_ID, "", PURPLE_CMD_P_VERY_LOW, PURPLE_CMD_FLAG_IM,
	                            NULL, gtalk_inherited_commands_nothing_cb, NULL, NULL);

	purple_cmd_unregister(id);
	return id;
}

void
gtalk_inherited_commands_begin(GTalkInheritedCommands *self)
{
	PurpleCmdId id = gtalk_inherited_commands_find_id();

	self->n_first = self->commands->len;
	self->n_later = 0;
	self->first_id = id + 1;
}

/* Whether the second half repeats the first, and each of it has the id that comes from counting. */
static gboolean
gtalk_inherited_commands_is_twice(GTalkInheritedCommands *self)
{
	guint n_later = self->n_later;

	if (self->n_first == 0 || self->commands->len != 2 * self->n_first ||
	    n_later != self->n_first ||
	    gtalk_inherited_commands_find_id() != self->first_id + n_later)
		return FALSE;
	for (guint i = 0; i < self->n_first; i++) {
		const GTalkInheritedCommand *own = self->commands->pdata[i];
		const GTalkInheritedCommand *other = self->commands->pdata[self->n_first + i];

		if (!purple_strequal(own->name, other->name))
			return FALSE;
	}
	return TRUE;
}

/* Of commands that were seen twice one stays. */
static void
gtalk_inherited_commands_settle(GTalkInheritedCommands *self)
{
	if (gtalk_inherited_commands_is_twice(self)) {
		for (guint i = 0; i < self->n_first; i++)
			purple_cmd_unregister(self->first_id + i);
		g_ptr_array_set_size(self->commands, (int)self->n_first);
	} else if (self->n_first > 0) {
		g_ptr_array_remove_range(self->commands, 0, self->n_first);
	}
}

void
gtalk_inherited_commands_register(GTalkInheritedCommands *self)
{
	gtalk_inherited_commands_settle(self);
	gtalk_inherited_commands_stop(self);
	for (guint i = 0; i < self->commands->len; i++) {
		GTalkInheritedCommand *command = self->commands->pdata[i];

		command->id = purple_cmd_register(command->name, "s", command->priority,
		                                  command->flags | PURPLE_CMD_FLAG_ALLOW_WRONG_ARGS,
		                                  GTALK_PRPL_ID, gtalk_inherited_commands_run_cb,
		                                  command->help, command);
	}
}

void
gtalk_inherited_commands_free(GTalkInheritedCommands *self)
{
	gtalk_inherited_commands_stop(self);
	g_ptr_array_unref(self->commands);
	g_free(self);
}
