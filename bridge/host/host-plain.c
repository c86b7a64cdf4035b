/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-plain.c: accounts of protocols of which nothing is known but what libpurple says of all.
 * Nobody says that a message was accepted, and nothing comes again that was lost on the way to the
 * daemon. */
#include "config.h"

#include "host-dialect.h"

#include <string.h>

#include "link/bridge-link.h"
#include "host-event.h"
#include "host-text.h"

static gboolean
host_plain_is_address(const char *address)
{
	return *address != '\0' && strlen(address) <= HOST_SETTINGS_JID_MAX_BYTES &&
	       host_text_is_xml(address) && strpbrk(address, " \t\r\n") == NULL;
}

static guint16
host_plain_get_port(gboolean direct_tls)
{
	return 0;
}

static char *
host_plain_build_username(const HostSettings *settings)
{
	return g_strdup(settings->address);
}

static void
host_plain_apply(PurpleAccount *purple, const HostSettings *settings)
{
	if (settings->server[0] != '\0')
		purple_account_set_string(purple, "server", settings->server);
	if (settings->port != 0)
		purple_account_set_int(purple, "port", settings->port);
	purple_account_set_bool(purple, "ssl", TRUE);
}

/* ---- What comes ------------------------------------------------------------------------------ */

/* Returns: FALSE: whoever is asked next keeps it from becoming a conversation */
static gboolean
host_plain_receiving_cb(PurpleAccount *purple, char **sender, char **html,
                        PurpleConversation *conversation, PurpleMessageFlags *flags,
                        gpointer user_data)
{
	HostAccount *account = purple->ui_data;
	g_autofree char *body = NULL;

	if (account == NULL || host_account_get_dialect(account) == &host_xmpp_dialect ||
	    *sender == NULL || *html == NULL)
		return FALSE;
	body = purple_markup_strip_html(*html);
	host_account_push_plain(account, &(GTalkMessage){
						 .direction = GTALK_MESSAGE_RECEIVED,
						 .origin = GTALK_MESSAGE_LIVE,
						 .from = *sender,
						 .body = body,
						 .type = "chat",
					 });
	return FALSE;
}

static void
host_plain_install(PurplePlugin *plugin)
{
	purple_signal_connect_priority(
		purple_conversations_get_handle(), "receiving-im-msg", (void *)&host_plain_dialect,
		PURPLE_CALLBACK(host_plain_receiving_cb), NULL, PURPLE_SIGNAL_PRIORITY_LOWEST);
}

void
host_plain_online(HostAccount *account)
{
	static const char *const accepting[] = {BRIDGE_FEATURE_ACCEPTANCE, NULL};
	gboolean accepts = host_account_get_dialect(account)->sent != NULL;
	GVariantDict none;

	host_account_push(
		account, "features",
		host_event_build_features(accepts ? accepting : NULL, BRIDGE_FEATURE_BEST_EFFORT));
	g_variant_dict_init(&none, NULL);
	host_account_push(account, "roster-done", g_variant_dict_end(&none));
	host_account_push(account, "archive-done",
	                  host_event_build_archive_done(FALSE, FALSE, "", "", 0));
}

/* ---- What goes ------------------------------------------------------------------------------- */

void
host_plain_settle(HostAccount *account, const char *id, const char *reason, const char *detail)
{
	host_account_push(account, "message-status",
	                  host_event_build_status(id, reason != NULL ? "failed" : "accepted",
	                                          reason, detail));
}

const HostDialect host_plain_dialect = {
	.is_username = host_plain_is_address,
	.is_peer = host_plain_is_address,
	.get_port = host_plain_get_port,
	.build_username = host_plain_build_username,
	.apply = host_plain_apply,
	.install = host_plain_install,
	.online = host_plain_online,
};
