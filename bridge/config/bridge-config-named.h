/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-config-named.h: the files that a configuration names, for whoever tries it before the
 * bridge is started by it: perhaps as root, perhaps as the user that the bridge will run as. */
#pragma once

#include "bridge-config.h"

G_BEGIN_DECLS

/* Whether all are there, and of the right kind; @path: of the configuration. What the store has a
 * copy of may be gone, and what the bridge makes itself not be there yet.
 *
 * @notes: (element-type utf8): gets what does not tell that anything is wrong: what may not be read
 * by who asks, and what is there only while the service runs. BRIDGE_CONFIG_ERROR_INVALID */
gboolean
bridge_config_check_named(BridgeConfig *config, const char *path, GPtrArray *notes, GError **error);

G_END_DECLS
