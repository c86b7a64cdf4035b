/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-grant.h"

#include <string.h>

/* A line each; none of them can hold a newline. */
enum {
	GRANT_REFRESH_TOKEN,
	GRANT_CLIENT_ID,
	GRANT_ACCESS_TOKEN,
	GRANT_EXPIRES,
	GRANT_N_LINES,
};

gboolean
bridge_grant_is_text(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return FALSE;
	return TRUE;
}

static void
bridge_grant_wipe(char *text)
{
	if (text == NULL)
		return;
	explicit_bzero(text, strlen(text));
	g_free(text);
}

char *
bridge_grant_build(const BridgeGrant *grant)
{
	g_autofree char *expires = g_strdup_printf("%" G_GINT64_FORMAT, grant->expires_s);

	return g_strjoin("\n", grant->refresh_token, grant->client_id, grant->access_token, expires,
	                 NULL);
}

static char *
bridge_grant_dup_line(const char **rest)
{
	gsize length = strcspn(*rest, "\n");
	char *line = g_strndup(*rest, length);

	*rest += length;
	if (**rest == '\n')
		(*rest)++;
	return line;
}

static guint
bridge_grant_count_lines(const char *text)
{
	guint count = 1;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

BridgeGrant *
bridge_grant_parse(const char *text)
{
	g_autoptr(BridgeGrant) grant = NULL;
	g_autofree char *expires = NULL;

	g_return_val_if_fail(text != NULL, NULL);

	if (strlen(text) > BRIDGE_GRANT_BYTES_MAX ||
	    bridge_grant_count_lines(text) != GRANT_N_LINES)
		return NULL;
	grant = g_new0(BridgeGrant, 1);
	grant->refresh_token = bridge_grant_dup_line(&text);
	grant->client_id = bridge_grant_dup_line(&text);
	grant->access_token = bridge_grant_dup_line(&text);
	expires = bridge_grant_dup_line(&text);
	if (*grant->refresh_token == '\0' || !bridge_grant_is_text(grant->refresh_token) ||
	    !bridge_grant_is_text(grant->client_id) || !bridge_grant_is_text(grant->access_token) ||
	    !g_ascii_string_to_signed(expires, 10, 0, G_MAXINT64, &grant->expires_s, NULL))
		return NULL;
	return g_steal_pointer(&grant);
}

void
bridge_grant_free(BridgeGrant *grant)
{
	if (grant == NULL)
		return;
	bridge_grant_wipe(grant->refresh_token);
	bridge_grant_wipe(grant->client_id);
	bridge_grant_wipe(grant->access_token);
	g_free(grant);
}
