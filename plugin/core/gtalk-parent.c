/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-parent.h"

PurplePlugin *
gtalk_parent_get_plugin(void)
{
	return purple_plugins_find_with_id(GTALK_PARENT_ID);
}

PurplePluginProtocolInfo *
gtalk_parent_get_protocol(void)
{
	PurplePlugin *parent = gtalk_parent_get_plugin();

	return parent != NULL ? PURPLE_PLUGIN_PROTOCOL_INFO(parent) : NULL;
}
