/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-keepsake.h: a memory file with a line of text that the daemon hands to a process, which
 * may write it anew: what a process knew when it ended, the next one finds there. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BRIDGE_KEEPSAKE_CHARS_MAX 1022

/* An empty one, of a size that nobody can change; -1 with @error set on failure */
int
bridge_keepsake_new(GError **error);
/* FALSE: it is too long, or no line of ASCII; or the file is none. */
gboolean
bridge_keepsake_write(int fd, const char *text);
/* (transfer full) (nullable): none, or it was not written to its end; to be wiped */
char *
bridge_keepsake_read(int fd);

G_END_DECLS
