/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-commands.h"

#include "gtalk-i18n.h"
#include "gtalk.h"

/* The ids that libpurple gave, from load to unload: its list of commands is the process's, as its
 * plugin table is. */
static GArray *gtalk_commands = NULL;

void
gtalk_commands_add(const GTalkCommand *commands, gsize n_commands)
{
	if (gtalk_commands == NULL)
		gtalk_commands = g_array_new(FALSE, FALSE, sizeof(PurpleCmdId));
	for (gsize i = 0; i < n_commands; i++) {
		PurpleCmdId id = purple_cmd_register(
			commands[i].name, commands[i].args, PURPLE_CMD_P_PRPL,
			commands[i].flags | PURPLE_CMD_FLAG_PRPL_ONLY, GTALK_PRPL_ID,
			commands[i].run, _(commands[i].help), NULL);

		g_array_append_val(gtalk_commands, id);
	}
}

void
gtalk_commands_remove_all(void)
{
	for (guint i = 0; gtalk_commands != NULL && i < gtalk_commands->len; i++)
		purple_cmd_unregister(g_array_index(gtalk_commands, PurpleCmdId, i));
	g_clear_pointer(&gtalk_commands, g_array_unref);
}
