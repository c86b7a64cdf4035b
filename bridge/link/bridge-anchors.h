/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-anchors.h: the certificates of authorities that programs of the bridge trust over HTTPS:
 * the system's and an administrator's. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * bridge_anchors_load:
 * @directory: PEM files; those with a certificate in them count
 *
 * The system's authorities and those. It lies in memory and stays there: once a process.
 *
 * Returns: (transfer full) (nullable): %NULL with @error set on failure */
GTlsDatabase *
bridge_anchors_load(const char *directory, GError **error);

G_END_DECLS
