/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-inherited-commands.h: the commands of the inherited protocol (/topic, /kick, /nick and
 * whatever else it has) for our conversations.
 *
 * It registers them for its own id alone, but once more for each plugin that it is loaded for, and
 * tells the user interface's hook each time: name, help and the command itself. So while it is
 * loaded for us that hook is ours. What is registered for our id then carries out the command that
 * was seen. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

typedef struct _GTalkInheritedCommands GTalkInheritedCommands;

/* From here on commands that are registered are seen (and the user interface still hears of them),
 * until gtalk_inherited_commands_register(). */
GTalkInheritedCommands *
gtalk_inherited_commands_watch(void);

/* Registers what was seen for our id. */
void
gtalk_inherited_commands_register(GTalkInheritedCommands *self);

/* Takes them away again; to be called before the inherited protocol does with its own. */
void
gtalk_inherited_commands_free(GTalkInheritedCommands *self);

G_END_DECLS
