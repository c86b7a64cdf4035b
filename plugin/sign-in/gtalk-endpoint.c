/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-endpoint.h"

#include <string.h>

#include "core/gtalk-account-options.h"
#include "core/gtalk-i18n.h"

#define GTALK_ENDPOINT_SERVER_MAX_BYTES 255 /* RFC 1035, 2.3.4 */

int
gtalk_endpoint_choose_port(int port, const char *security)
{
	gboolean is_direct = g_strcmp0(security, "old_ssl") == 0;

	if (port < 1 || port > G_MAXUINT16)
		return 0;
	if (port == GTALK_PORT_STARTTLS || port == GTALK_PORT_DIRECT_TLS)
		return is_direct ? GTALK_PORT_DIRECT_TLS : GTALK_PORT_STARTTLS;
	return port;
}

gboolean
gtalk_endpoint_is_server(const char *server)
{
	gsize length = strlen(server);

	if (length == 0 || length > GTALK_ENDPOINT_SERVER_MAX_BYTES ||
	    !g_utf8_validate(server, -1, NULL))
		return FALSE;
	if (strspn(server, G_CSET_DIGITS "abcdefABCDEF:") == length)
		return strchr(server, ':') == NULL || g_hostname_is_ip_address(server);
	for (const char *p = server; *p != '\0'; p++) {
		if (g_ascii_iscntrl(*p) || strchr(" :/@?#", *p) != NULL)
			return FALSE;
	}
	return TRUE;
}

static gpointer
gtalk_endpoint_attach(GTalkConnection *connection)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);
	g_autofree char *server =
		g_strstrip(g_strdup(purple_account_get_string(account, "connect_server", "")));
	int typed = purple_account_get_int(account, "port", GTALK_PORT_STARTTLS);
	int port = gtalk_endpoint_choose_port(
		typed, purple_account_get_string(account, "connection_security", "require_tls"));

	if (port == 0)
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_INVALID_SETTINGS,
		                      _("The port in the account's settings is none. Ports go from "
		                        "1 to 65535; the usual ones are 5222 and 5223."));
	else if (*server != '\0' && !gtalk_endpoint_is_server(server))
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_INVALID_SETTINGS,
		                      _("The server in the account's settings is not a host name. "
		                        "Leave the field empty to have the server found by the "
		                        "account's domain."));
	if (gtalk_connection_has_failed(connection))
		return NULL;
	purple_account_set_int(account, "port", port);
	purple_account_set_string(account, "connect_server", server);
	return NULL;
}

const GTalkUnit gtalk_endpoint_unit = {
	.name = "endpoint",
	.attach = gtalk_endpoint_attach,
};
