/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-account-private.h"

#include <string.h>

#include "link/bridge-link.h"
#include "host-certificate.h"
#include "host-dns.h"
#include "host-event.h"
#include "host-feature.h"
#include "host-purple.h"
#include "host-reason.h"
#include "host-token.h"
#include "plugin/gtalk.h"

/* libpurple looks a contact up in every group that there is, and walks a group's contacts to add
 * one: with 300 accounts of 100 contacts the two cost least together at about this many. */
#define HOST_ACCOUNTS_PER_GROUP 4

PurpleConnection *
host_account_get_connection(HostAccount *account)
{
	return account->purple != NULL ? purple_account_get_connection(account->purple) : NULL;
}

HostAccount *
host_account_find(PurpleConnection *gc)
{
	PurpleAccount *purple = purple_connection_get_account(gc);

	return purple != NULL ? purple->ui_data : NULL;
}

const char *
host_account_get_bound_jid(HostAccount *account)
{
	PurpleConnection *gc = host_account_get_connection(account);
	gboolean ok = FALSE;
	const char *jid = NULL;

	if (gc != NULL && account->dialect == &host_xmpp_dialect)
		jid = purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_BOUND_JID,
		                             &ok, gc);
	return ok && jid != NULL ? jid : account->address;
}

/* libpurple reads the roster before it calls a connection connected; on the link "online" comes
 * first. */
typedef struct {
	const char *type; /* static */
	GVariant *data;
} HostEarlyEvent;

static void
host_early_event_free(gpointer data)
{
	HostEarlyEvent *event = data;

	g_variant_unref(event->data);
	g_free(event);
}

void
host_account_push(HostAccount *account, const char *type, GVariant *data)
{
	HostEarlyEvent *event;

	if (account->state != HOST_ACCOUNT_CONNECTING) {
		account->sink.push(account->user_data, account->id, type, data, NULL);
		return;
	}
	event = g_new0(HostEarlyEvent, 1);
	event->type = type;
	event->data = g_variant_ref_sink(data);
	g_ptr_array_add(account->early, event);
}

void
host_account_push_at_once(HostAccount *account, const char *type, GVariant *data)
{
	account->sink.push(account->user_data, account->id, type, data, NULL);
}

static void
host_account_push_early(HostAccount *account)
{
	for (guint i = 0; i < account->early->len; i++) {
		HostEarlyEvent *event = g_ptr_array_index(account->early, i);
		host_account_push(account, event->type, event->data);
	}
	g_ptr_array_set_size(account->early, 0);
}

static GVariant *
host_account_build_state(HostAccount *account, const char *state)
{
	gboolean online = account->state == HOST_ACCOUNT_ONLINE;

	return host_event_build_state(state, account->reason, account->detail,
	                              online ? host_account_get_bound_jid(account) : NULL);
}

static void
host_account_push_state(HostAccount *account, const char *state)
{
	account->sink.push(account->user_data, account->id, "state",
	                   host_account_build_state(account, state), NULL);
}

void
host_account_note_reason(HostAccount *account, const char *reason, const char *sentence)
{
	if (account->reason != NULL)
		return;
	account->reason = reason;
	account->detail = g_strdup(sentence);
}

static void
host_account_failed(PurpleConnection *gc, PurpleConnectionError error, const char *sentence)
{
	HostAccount *account = host_account_find(gc);
	const char *reason;

	if (account == NULL)
		return;
	reason = host_reason_find(error, account->state == HOST_ACCOUNT_ONLINE, sentence);
	/* An address that is wrong, or a service that is out of order for a while. */
	if (error == PURPLE_CONNECTION_ERROR_INVALID_SETTINGS && host_token_is_used(account))
		reason = BRIDGE_REASON_TOKEN_SERVICE;
	else if (host_token_is_captcha(account))
		reason = BRIDGE_REASON_CAPTCHA;
	if (g_str_equal(reason, BRIDGE_REASON_CERTIFICATE_REFUSED) && account->refusal != NULL)
		sentence = account->refusal;
	else if (g_str_equal(reason, BRIDGE_REASON_UNREACHABLE) && host_dns_get_refusal() != NULL)
		sentence = host_dns_get_refusal();
	host_account_note_reason(account, reason, sentence);
}

static void
host_account_signed_on(PurpleConnection *gc)
{
	HostAccount *account = host_account_find(gc);

	if (account == NULL || account->state != HOST_ACCOUNT_CONNECTING ||
	    (account->dialect->refuse != NULL && account->dialect->refuse(account, gc)))
		return;
	account->state = HOST_ACCOUNT_ONLINE;
	host_account_excuse_silence(account);
	host_account_push_state(account, "online");
	host_account_push_early(account);
	host_features_online(account);
	if (account->dialect->online != NULL)
		account->dialect->online(account);
}

static gboolean
host_account_gone_cb(gpointer user_data)
{
	HostAccount *account = user_data;

	account->gone_source = 0;
	account->state = HOST_ACCOUNT_GONE;
	host_account_note_reason(account, BRIDGE_REASON_SERVER, "The connection ended.");
	account->sink.gone(account->user_data, account,
	                   host_account_build_state(account, "offline"));
	return G_SOURCE_REMOVE;
}

static void
host_account_end(HostAccount *account)
{
	account->state = HOST_ACCOUNT_ENDING;
	host_account_fail_requests(account);
	if (account->gone_source == 0)
		account->gone_source = g_idle_add(host_account_gone_cb, account);
}

static void
host_account_signed_off(PurpleConnection *gc)
{
	HostAccount *account = host_account_find(gc);

	if (account == NULL)
		return;
	host_account_end(account);
}

void
host_account_disconnect(HostAccount *account)
{
	if (account->state >= HOST_ACCOUNT_ENDING)
		return;
	if (host_account_get_connection(account) == NULL) {
		host_account_end(account);
		return;
	}
	purple_account_set_enabled(account->purple, HOST_PURPLE_UI_ID, FALSE);
	/* Disabling leaves a connection alone that has failed already. */
	if (host_account_get_connection(account) != NULL && account->state < HOST_ACCOUNT_ENDING)
		purple_account_disconnect(account->purple);
}

void
host_account_sign_out(HostAccount *account)
{
	host_account_note_reason(account, BRIDGE_REASON_SIGNED_OUT, "Signed out.");
	host_account_disconnect(account);
}

static const char *const *
host_account_get_pins(PurpleConnection *gc)
{
	HostAccount *account = host_account_find(gc);

	return account != NULL ? (const char *const *)account->pins : NULL;
}

static char *
host_account_dup_domain(PurpleConnection *gc)
{
	HostAccount *account = host_account_find(gc);
	const char *at = account != NULL ? strchr(account->address, '@') : NULL;

	return at != NULL ? g_strdup(at + 1) : NULL;
}

static void
host_account_certificate_refused(PurpleConnection *gc, const char *sentence)
{
	HostAccount *account = host_account_find(gc);

	if (account == NULL)
		return;
	g_free(account->refusal);
	account->refusal = g_strdup(sentence);
}

void
host_account_install(void)
{
	static const HostPurpleListener listener = {
		.signed_on = host_account_signed_on,
		.failed = host_account_failed,
		.signed_off = host_account_signed_off,
	};
	static const HostCertificatePolicy policy = {
		.get_pins = host_account_get_pins,
		.dup_domain = host_account_dup_domain,
		.refused = host_account_certificate_refused,
	};
	PurplePlugin *plugin = purple_find_prpl(GTALK_PRPL_ID);

	host_purple_set_listener(&listener);
	host_certificate_install(&policy);
	host_features_install(plugin);
	host_dialects_install();
	if (plugin != NULL)
		host_account_install_news(plugin);
}

static void
host_account_apply(HostAccount *account, const HostSettings *settings)
{
	PurpleAccount *purple = account->purple;
	PurpleProxyInfo *proxy = purple_proxy_info_new();

	purple_proxy_info_set_type(proxy, PURPLE_PROXY_NONE);
	purple_account_set_proxy_info(purple, proxy);
	account->dialect->apply(purple, settings);
	host_features_prepare(account, settings->wanted);
}

HostAccount *
host_account_new(const char *id, guint stream, const HostSettings *settings, const char *credential,
                 const HostAccountSink *sink, gpointer user_data)
{
	HostAccount *account = g_new0(HostAccount, 1);

	account->id = g_strdup(id);
	account->stream = stream;
	account->sink = *sink;
	account->user_data = user_data;
	account->dialect = settings->dialect;
	account->address = g_strdup(settings->address);
	account->pins = g_strdupv(settings->pins);
	account->group = g_strdup_printf("gtalk-bridge %u", stream / HOST_ACCOUNTS_PER_GROUP);
	account->roster = host_roster_new(account->group, &host_account_roster_sink, account);
	account->early = g_ptr_array_new_with_free_func(host_early_event_free);
	account->gate = host_gate_new();
	host_account_excuse_silence(account);
	host_account_push_state(account, "connecting");
	if (purple_find_prpl(settings->protocol_id) == NULL) {
		host_account_note_reason(account, BRIDGE_REASON_UNSUPPORTED,
		                         "The protocol plugin is not installed.");
		host_account_end(account);
		return account;
	}
	/* Not in libpurple's list of accounts, where the same JID at another endpoint would be
	 * taken for this one. */
	account->purple = purple_account_new(settings->username, settings->protocol_id);
	account->purple->ui_data = account;
	host_account_apply(account, settings);
	host_token_prepare(account, settings, credential);
	purple_account_set_enabled(account->purple, HOST_PURPLE_UI_ID, TRUE);
	if (host_account_get_connection(account) == NULL)
		host_account_end(account);
	return account;
}

static void
host_account_free_purple(HostAccount *account)
{
	PurpleGroup *group = purple_find_group(account->group);

	account->purple->ui_data = NULL;
	purple_accounts_delete(account->purple);
	if (group != NULL)
		purple_blist_remove_group(group);
}

void
host_account_free(HostAccount *account)
{
	account->sink.forget(account->user_data, account);
	g_clear_handle_id(&account->gone_source, g_source_remove);
	if (account->purple != NULL)
		host_account_free_purple(account);
	host_roster_free(account->roster);
	g_ptr_array_unref(account->early);
	host_gate_free(account->gate);
	host_account_fail_requests(account);
	g_datalist_clear(&account->states);
	g_strfreev(account->features);
	g_strfreev(account->pins);
	g_free(account->refusal);
	g_free(account->detail);
	g_free(account->group);
	g_free(account->address);
	g_free(account->id);
	g_free(account);
}

const char *
host_account_get_id(HostAccount *account)
{
	return account->id;
}

gint64
host_account_get_last_traffic_us(HostAccount *account)
{
	return account->last_traffic_us;
}

PurpleAccount *
host_account_get_purple(HostAccount *account)
{
	return account->purple;
}

gboolean
host_account_is_online(HostAccount *account)
{
	return account->state == HOST_ACCOUNT_ONLINE && account->reason == NULL &&
	       host_account_get_connection(account) != NULL;
}

gboolean
host_account_is_discovered(HostAccount *account)
{
	return account->features != NULL;
}

gboolean
host_account_has_feature(HostAccount *account, const char *feature)
{
	return account->features != NULL &&
	       g_strv_contains((const char *const *)account->features, feature);
}

void
host_account_keep(HostAccount *account, const char *mechanism, const char *credential)
{
	account->sink.keep(account->user_data, account->id, mechanism, credential);
}

const HostDialect *
host_account_get_dialect(HostAccount *account)
{
	return account->dialect;
}

HostRoster *
host_account_get_roster(HostAccount *account)
{
	return account->roster;
}

gpointer
host_account_get_state(HostAccount *account, const char *name)
{
	return g_datalist_get_data(&account->states, name);
}

void
host_account_set_state(HostAccount *account, const char *name, gpointer state,
                       GDestroyNotify free_state)
{
	g_datalist_set_data_full(&account->states, name, state, free_state);
}
