/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-xmpp.c: accounts of our plugin, which acknowledges, archives and tells what it sees. */
#include "config.h"

#include "host-dialect.h"

#include <string.h>

#include "host-text.h"
#include "plugin/gtalk.h"

#define HOST_XMPP_PORT_STARTTLS 5222
#define HOST_XMPP_PORT_DIRECT 5223
#define HOST_XMPP_PING_NAMESPACE "urn:xmpp:ping" /* XEP-0199 */

static gboolean
host_xmpp_is_username(const char *jid)
{
	return *jid != '\0' && *jid != '@' && strchr(jid, '/') == NULL;
}

static guint16
host_xmpp_get_port(gboolean direct_tls)
{
	return direct_tls ? HOST_XMPP_PORT_DIRECT : HOST_XMPP_PORT_STARTTLS;
}

static char *
host_xmpp_build_username(const HostSettings *settings)
{
	if (settings->resource[0] == '\0')
		return g_strdup(settings->address);
	return g_strconcat(settings->address, "/", settings->resource, NULL);
}

static void
host_xmpp_apply(PurpleAccount *purple, const HostSettings *settings)
{
	purple_account_set_string(purple, "connect_server", settings->server);
	purple_account_set_int(purple, "port", settings->port);
	purple_account_set_string(purple, "connection_security",
	                          settings->direct_tls ? "old_ssl" : "require_tls");
	purple_account_set_bool(purple, "auth_plain_in_clear", FALSE);
	purple_account_set_string(purple, GTALK_OPTION_MECHANISM, settings->mechanism);
	purple_account_set_string(purple, GTALK_OPTION_ARCHIVE_AFTER, settings->archive_after);
	purple_account_set_string(purple, GTALK_OPTION_ARCHIVE_RECENT, settings->archive_recent);
	purple_account_set_string(purple, GTALK_OPTION_ARCHIVE_SINCE, settings->archive_since);
	purple_account_set_bool(purple, GTALK_OPTION_SAVED_STATUSES, FALSE);
}

static void
host_xmpp_sending(PurpleConnection *gc, const char *id)
{
	gboolean ok;

	purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_SET_NEXT_MESSAGE_ID, &ok,
	                       gc, id);
}

/* Whatever the server answers, it answers. */
static void
host_xmpp_ping(HostAccount *account)
{
	PurpleConnection *gc = host_account_get_connection(account);
	xmlnode *iq = xmlnode_new("iq");
	g_autofree char *id =
		g_strdup_printf("gtalk-bridge-ping-%" G_GINT64_FORMAT, g_get_monotonic_time());

	xmlnode_set_attrib(iq, "type", "get");
	xmlnode_set_attrib(iq, "id", id);
	xmlnode_set_namespace(xmlnode_new_child(iq, "ping"), HOST_XMPP_PING_NAMESPACE);
	purple_signal_emit(purple_connection_get_prpl(gc), "jabber-sending-xmlnode", gc, &iq);
	if (iq != NULL)
		xmlnode_free(iq);
}

const HostDialect host_xmpp_dialect = {
	.name = "googletalk",
	.is_username = host_xmpp_is_username,
	.is_peer = host_text_is_jid,
	.get_port = host_xmpp_get_port,
	.build_username = host_xmpp_build_username,
	.apply = host_xmpp_apply,
	.sending = host_xmpp_sending,
	.ping = host_xmpp_ping,
};
