/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-memory.h"

#include <string.h>

/* Returns: the kB of the line that begins with @name, in bytes */
static guint64
host_memory_find_bytes(const char *rollup, const char *name)
{
	const char *line = strstr(rollup, name);

	return line != NULL ? g_ascii_strtoull(line + strlen(name), NULL, 10) * 1024 : 0;
}

guint64
host_memory_parse_private_bytes(const char *rollup)
{
	return host_memory_find_bytes(rollup, "\nPrivate_Clean:") +
	       host_memory_find_bytes(rollup, "\nPrivate_Dirty:");
}

guint64
host_memory_get_private_bytes(void)
{
	g_autofree char *rollup = NULL;

	if (!g_file_get_contents("/proc/self/smaps_rollup", &rollup, NULL, NULL))
		return 0;
	return host_memory_parse_private_bytes(rollup);
}
