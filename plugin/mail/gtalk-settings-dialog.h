/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-settings-dialog.h: the dialogue in which a person sees and changes the settings that the
 * server keeps. Only those that the server told are in it. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

typedef struct _GTalkSettingsDialog GTalkSettingsDialog;

/* Whether there is anything to show. */
gboolean
gtalk_settings_dialog_has_fields(GTalkConnection *connection);

/* Opens it with what is known now. @slot is set to NULL when the person closes it. NULL if the user
 * interface has no dialogues. */
GTalkSettingsDialog *
gtalk_settings_dialog_open(GTalkConnection *connection, GTalkSettingsDialog **slot);

/* Takes it away (transfer full) without a word to the server. */
void
gtalk_settings_dialog_close(GTalkSettingsDialog *self);

/* Tells the person that the server refused to change that setting; those that are in no dialogue
 * are none of a person's business. */
void
gtalk_settings_dialog_tell_refusal(GTalkConnection *connection, const char *name);

G_END_DECLS
