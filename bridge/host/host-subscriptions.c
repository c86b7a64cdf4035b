/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-subscriptions.h"

#include <string.h>

#include "host-text.h"
#include "plugin/gtalk.h"

#define HOST_SUBSCRIPTIONS_STATE "subscriptions"
#define HOST_SUBSCRIPTIONS_NICK "http://jabber.org/protocol/nick" /* XEP-0172 */

/* The plugin says what somebody wrote, wherever it stood, right before their request passes. */
typedef struct {
	char *from;
	char *text;
} HostInvited;

static void
host_invited_free(HostInvited *invited)
{
	g_free(invited->from);
	g_free(invited->text);
	g_free(invited);
}

static void
host_subscriptions_invited_cb(PurpleConnection *gc, const char *from, const char *text,
                              gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	HostInvited *invited;

	if (account == NULL)
		return;
	invited = g_new0(HostInvited, 1);
	invited->from = g_strdup(from);
	invited->text = g_strdup(text);
	host_account_set_state(account, HOST_SUBSCRIPTIONS_STATE, invited,
	                       (GDestroyNotify)host_invited_free);
}

static char *
host_subscriptions_dup_name(xmlnode *presence)
{
	xmlnode *nick = xmlnode_get_child_with_namespace(presence, "nick", HOST_SUBSCRIPTIONS_NICK);
	g_autofree char *name = nick != NULL ? xmlnode_get_data(nick) : NULL;

	return host_text_limit(name, HOST_SUBSCRIPTIONS_NAME_MAX_BYTES);
}

static void
host_subscriptions_tell_request(HostAccount *account, const char *from, xmlnode *presence)
{
	const HostInvited *invited = host_account_get_state(account, HOST_SUBSCRIPTIONS_STATE);
	gboolean is_theirs = invited != NULL && g_str_equal(invited->from, from);
	g_autofree char *jid = g_strndup(from, strcspn(from, "/"));
	g_autofree char *name = host_subscriptions_dup_name(presence);
	g_autofree char *text = host_text_limit(is_theirs ? invited->text : NULL,
	                                        HOST_SUBSCRIPTIONS_TEXT_MAX_BYTES);
	GVariantDict data;

	host_account_set_state(account, HOST_SUBSCRIPTIONS_STATE, NULL, NULL);
	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "jid", "s", jid);
	g_variant_dict_insert(&data, "name", "s", name);
	g_variant_dict_insert(&data, "text", "s", text);
	host_account_push(account, "subscription-request", g_variant_dict_end(&data));
}

static void
host_subscriptions_tell_withdrawn(HostAccount *account, const char *from)
{
	g_autofree char *jid = g_strndup(from, strcspn(from, "/"));
	GVariantDict data;

	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "jid", "s", jid);
	host_account_push(account, "subscription-withdrawn", g_variant_dict_end(&data));
}

/* Returns: whether libpurple need not look at it */
static gboolean
host_subscriptions_presence_cb(PurpleConnection *gc, const char *type, const char *from,
                               xmlnode *presence, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);

	if (account == NULL || type == NULL || from == NULL || !host_text_is_jid(from))
		return FALSE;
	if (g_str_equal(type, "unsubscribe"))
		host_subscriptions_tell_withdrawn(account, from);
	if (!g_str_equal(type, "subscribe"))
		return FALSE;
	host_subscriptions_tell_request(account, from, presence);
	return TRUE;
}

static void
host_subscriptions_install(PurplePlugin *plugin)
{
	void *handle = (void *)&host_subscriptions_feature;

	if (plugin == NULL)
		return;
	purple_signal_connect(plugin, GTALK_SIGNAL_INVITED, handle,
	                      PURPLE_CALLBACK(host_subscriptions_invited_cb), NULL);
	purple_signal_connect(plugin, "jabber-receiving-presence", handle,
	                      PURPLE_CALLBACK(host_subscriptions_presence_cb), NULL);
}

const HostFeature host_subscriptions_feature = {
	.name = HOST_SUBSCRIPTIONS_STATE,
	.install = host_subscriptions_install,
};
