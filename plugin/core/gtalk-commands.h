/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-commands.h: commands that the user types in a conversation of ours ("/otr on"). A unit adds
 * its own in load(); they go when the plugin is unloaded. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

typedef struct {
	const char *name;    /* without the slash */
	const char *args;    /* as purple_cmd_register() has it: "w" a word, "s" the rest, … */
	PurpleCmdFlag flags; /* where it can be typed; that it is ours alone is added */
	PurpleCmdFunc run;
	const char *help; /* N_("name &lt;word&gt;:  What it does.") with markup */
} GTalkCommand;

void
gtalk_commands_add(const GTalkCommand *commands, gsize n_commands);

/* For gtalk-connection.c, when the plugin is unloaded. */
void
gtalk_commands_remove_all(void);

G_END_DECLS
