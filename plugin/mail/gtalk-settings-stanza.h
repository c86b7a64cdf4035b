/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-settings-stanza.h: reads and builds <usersetting> of google:setting. Pure. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define GTALK_SETTINGS_MAX 32               /* the service had seven */
#define GTALK_SETTINGS_VALUE_MAX_BYTES 1024 /* the longest is a person's name */

/* Called for each setting in the element; strings are borrowed from it. */
typedef void (*GTalkSettingsFunc)(const char *name, const char *value, gpointer user_data);

/* Reads at most GTALK_SETTINGS_MAX settings of @usersetting, known to us or not; those without a
 * value, or with one that is too long, are left out. Returns how many there were. */
guint
gtalk_settings_parse(const xmlnode *usersetting, GTalkSettingsFunc func, gpointer user_data);

/* Puts the request to change one setting into @iq. */
void
gtalk_settings_build(xmlnode *iq, const char *name, const char *value);

/* Whether @name can be the name of a setting: short, lower-case letters and the like. */
gboolean
gtalk_settings_is_name(const char *name);

G_END_DECLS
