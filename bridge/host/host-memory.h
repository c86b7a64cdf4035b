/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-memory.h: how much memory this process has to itself. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: bytes of pages that no other process shares; 0 where the kernel does not say */
guint64
host_memory_get_private_bytes(void);

/* @rollup: the text of /proc/self/smaps_rollup */
guint64
host_memory_parse_private_bytes(const char *rollup);

G_END_DECLS
