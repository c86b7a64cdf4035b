/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-config-file.h: the configuration's file as a key file, before anybody asks what its groups
 * and keys mean. GKeyFile takes the last of several values of a key, and says nothing; here that is
 * an error, as the first one would be without effect. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* @file: a new one; @error: a BRIDGE_CONFIG_ERROR that names @path */
gboolean
bridge_config_file_load(GKeyFile *file, const char *path, GError **error);

G_END_DECLS
