/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-settings.h: the settings that the server keeps for the whole account (google:setting): read
 * once for each session, followed by the server's pushes, changed here. Nothing is kept beyond the
 * session, and nothing is turned off when it ends: other clients share them. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_settings_unit;

/* NULL if it is not known: not read yet, or the server has no such setting. Borrowed, until the
 * setting changes. */
const char *
gtalk_settings_get(GTalkConnection *connection, const char *name);

/* Whether the value is "true"; @otherwise if it is not known. */
gboolean
gtalk_settings_get_boolean(GTalkConnection *connection, const char *name, gboolean otherwise);

/* Who wants a setting changed. */
typedef enum {
	GTALK_SETTINGS_PROGRAM,
	GTALK_SETTINGS_PERSON, /* is told of a refusal */
} GTalkSettingsAsker;

/* Asks the server to change one; GTALK_SIGNAL_SETTING tells when it has. FALSE if the server has no
 * settings, or @name can be no name of one. */
gboolean
gtalk_settings_set(GTalkConnection *connection, const char *name, const char *value,
                   GTalkSettingsAsker asker);

G_END_DECLS
