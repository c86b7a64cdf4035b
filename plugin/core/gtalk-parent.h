/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-parent.h: the protocol that ours inherits from. */
#pragma once

#include <purple.h>

#define GTALK_PARENT_ID "prpl-jabber"

/* NULL only while libpurple probes the plugins, whose order is that of the directory. */
PurplePlugin *
gtalk_parent_get_plugin(void);
PurplePluginProtocolInfo *
gtalk_parent_get_protocol(void);
