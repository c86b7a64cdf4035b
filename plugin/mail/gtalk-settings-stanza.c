/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-settings-stanza.h"

#include <string.h>

#include "core/gtalk-xml.h"

#define GTALK_SETTINGS_NAME_MAX_BYTES 64

gboolean
gtalk_settings_is_name(const char *name)
{
	if (!g_ascii_isalpha(*name) || strlen(name) > GTALK_SETTINGS_NAME_MAX_BYTES)
		return FALSE;
	for (; *name != '\0'; name++)
		if (!g_ascii_isalnum(*name) && strchr("-_.", *name) == NULL)
			return FALSE;
	return TRUE;
}

guint
gtalk_settings_parse(const xmlnode *usersetting, GTalkSettingsFunc func, gpointer user_data)
{
	xmlnode *child = gtalk_xml_find_child(usersetting, NULL, GTALK_NS_GOOGLE_SETTING);
	guint n = 0;

	for (; child != NULL && n < GTALK_SETTINGS_MAX;
	     child = gtalk_xml_find_next(child, NULL, GTALK_NS_GOOGLE_SETTING)) {
		const char *value = xmlnode_get_attrib(child, "value");

		if (value == NULL || strlen(value) > GTALK_SETTINGS_VALUE_MAX_BYTES ||
		    !gtalk_settings_is_name(child->name))
			continue;
		func(child->name, value, user_data);
		n++;
	}
	return n;
}

void
gtalk_settings_build(xmlnode *iq, const char *name, const char *value)
{
	xmlnode *usersetting = gtalk_xml_add_child(iq, "usersetting", GTALK_NS_GOOGLE_SETTING);

	xmlnode_set_attrib(gtalk_xml_add_child(usersetting, name, GTALK_NS_GOOGLE_SETTING), "value",
	                   value);
}
