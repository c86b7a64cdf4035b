/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-https.h: HTTPS for the plugin's token services. GLib's TLS is a module, and this process
 * loads none (host-purple.c): those with TLS are loaded when the first account needs them, after
 * the process was forked from its template. Main loop only. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* PEM files of this directory are trusted beside the system's authorities; NULL or "": none. Before
 * the first host_https_start(). */
void
host_https_set_directory(const char *directory);

/* Whatever fails is logged; nothing is then trusted that should not be. */
void
host_https_start(void);

G_END_DECLS
