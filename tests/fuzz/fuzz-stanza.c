/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "fuzz-stanza.h"

#include <string.h>

#include "harness/purple-boot.h"

int
fuzz_stanza_run(const guint8 *data, gsize size, FuzzStanzaFunction function)
{
	static gsize started = 0;
	xmlnode *stanza = NULL;

	if (g_once_init_enter(&started)) {
		purple_boot_start_nodes();
		g_once_init_leave(&started, 1);
	}
	if (size == 0 || memchr(data, '\0', size) != NULL)
		return 0;
	stanza = purple_boot_parse((const char *)data, (gssize)size);
	if (stanza == NULL)
		return 0;
	function(stanza);
	xmlnode_free(stanza);
	return 0;
}
