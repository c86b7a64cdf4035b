/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-inherited-commands.h: the commands of the inherited protocol (/topic, /kick, /nick and
 * whatever else it has) for our conversations.
 *
 * It registers them for its own id alone, but once more for each plugin that it is loaded for, and
 * each time libpurple tells the user interface's hook: name, help and the command itself. So that
 * hook is ours, from the time that the plugins are probed, when none is loaded yet, until we are
 * loaded. What is registered for our id then carries out the command that was seen.
 *
 * Where the inherited protocol's own commands were seen, those that it registered for us are taken
 * away again, or /help in its conversations would list everything twice. Not where it was loaded
 * before us, as when our plugin is loaded again: then its second ones are all that we have. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

typedef struct _GTalkInheritedCommands GTalkInheritedCommands;

/* From here on commands that are registered are seen (and the user interface still hears of them),
 * until gtalk_inherited_commands_register(). */
GTalkInheritedCommands *
gtalk_inherited_commands_watch(void);

/* What comes now is registered for us. */
void
gtalk_inherited_commands_begin(GTalkInheritedCommands *self);

/* Registers what was seen for our id. */
void
gtalk_inherited_commands_register(GTalkInheritedCommands *self);

/* Takes them away again; to be called before the inherited protocol does with its own. */
void
gtalk_inherited_commands_free(GTalkInheritedCommands *self);

G_END_DECLS
