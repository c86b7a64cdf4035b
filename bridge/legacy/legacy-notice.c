/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy-notice.h"

#include <string.h>

#define NOTICE_PAGE "/Pages/Chat.xaml?from="
#define NOTICE_PLAIN "-_.!*'()"

char *
legacy_notice_build_tile(const char *jid)
{
	GString *tile = g_string_new(NOTICE_PAGE);

	for (const char *at = jid; *at != '\0'; at++)
		if (g_ascii_isalnum(*at) || strchr(NOTICE_PLAIN, *at) != NULL)
			g_string_append_c(tile, *at);
		else if (*at == ' ')
			g_string_append_c(tile, '+');
		else
			g_string_append_printf(tile, "%%%02x", (guchar)*at);
	return g_string_free(tile, FALSE);
}

char *
legacy_notice_build_page(const char *jid)
{
	g_autofree char *escaped = g_uri_escape_string(jid, NULL, FALSE);

	return g_strconcat(NOTICE_PAGE, escaped, NULL);
}
