/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-account.h"

#include <string.h>

#include "bridge-link.h"
#include "host-certificate.h"
#include "host-event.h"
#include "host-gate.h"
#include "host-purple.h"
#include "host-reason.h"
#include "host-roster.h"
#include "host-text.h"
#include "plugin/gtalk.h"

#define HOST_ACCOUNT_SIGN_IN_TIMEOUT_S 60
#define HOST_ACCOUNT_PING_NAMESPACE "urn:xmpp:ping"
#define HOST_ACCOUNT_BODY_MAX_BYTES (256 * 1024)
#define HOST_ACCOUNT_ID_MAX_BYTES 256
/* libpurple looks a contact up in every group that there is, and walks a group's contacts to add
 * one: with 300 accounts of 100 contacts the two cost least together at about this many. */
#define HOST_ACCOUNTS_PER_GROUP 4

typedef enum {
	HOST_ACCOUNT_CONNECTING,
	HOST_ACCOUNT_ONLINE,
	HOST_ACCOUNT_ENDING, /* the connection is being taken down */
	HOST_ACCOUNT_GONE,
} HostAccountState;

struct _HostAccount {
	char *id;
	guint stream;
	HostAccountSink sink;
	gpointer user_data;
	char **pins;
	char *group; /* in libpurple's buddy list: known to no server, shared with a few accounts */

	PurpleAccount *purple;
	HostAccountState state;
	const char *reason; /* BRIDGE_REASON_*: the first one counts */
	char *detail;
	char *refusal; /* what the certificate check said */
	guint gone_source;
	GPtrArray *early; /* of HostEarlyEvent: what came before "online" and is told after it */

	HostRoster *roster;
	gint64 last_traffic_us;
	gint64 heard_s;  /* monotonic: begin of the silence */
	time_t received; /* libpurple's time of the last byte, as last seen */
	gboolean pinged; /* in this silence */
	HostGate *gate;
	char **features; /* as discovered, or NULL */
};

static PurpleConnection *
host_account_get_connection(HostAccount *account)
{
	return account->purple != NULL ? purple_account_get_connection(account->purple) : NULL;
}

static HostAccount *
host_account_find(PurpleConnection *gc)
{
	PurpleAccount *purple = purple_connection_get_account(gc);

	return purple != NULL ? purple->ui_data : NULL;
}

static const char *
host_account_get_bound_jid(HostAccount *account)
{
	PurpleConnection *gc = host_account_get_connection(account);
	gboolean ok = FALSE;
	const char *jid = NULL;

	if (gc != NULL)
		jid = purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_BOUND_JID,
		                             &ok, gc);
	if (!ok || jid == NULL)
		jid = purple_account_get_username(account->purple);
	return jid;
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

static void
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

static void
host_account_durable(gpointer data, guint stream, guint stanza)
{
	HostAccount *account = data;

	host_gate_release(account->gate, host_account_get_connection(account), stanza);
}

static void
host_account_push_features(HostAccount *account)
{
	const char *extra = host_gate_is_open(account->gate) ? BRIDGE_FEATURE_BEST_EFFORT : NULL;

	host_account_push(account, "features",
	                  host_event_build_features((const char *const *)account->features, extra));
}

static void
host_account_push_message(HostAccount *account, GVariant *message, guint stanza)
{
	HostWindowNotify notify = {0};

	notify.function = host_account_durable;
	notify.data = account;
	notify.stream = account->stream;
	notify.stanza = stanza;
	account->sink.push(account->user_data, account->id, "message", message,
	                   stanza != 0 ? &notify : NULL);
}

static gboolean
host_account_message_cb(PurpleConnection *gc, const GTalkMessage *message, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	guint stanza;
	GVariant *event;

	if (account == NULL)
		return FALSE;
	stanza = host_gate_take(account->gate, gc);
	event = host_event_build_message(message, account->stream, stanza);
	host_account_push_message(account, event, stanza);
	return TRUE;
}

static void
host_account_accepted_cb(PurpleConnection *gc, const char *id, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);

	if (account != NULL)
		host_account_push(account, "message-status",
		                  host_event_build_status(id, "accepted", NULL, NULL));
}

static void
host_account_bounced_cb(PurpleConnection *gc, const char *id, const char *condition,
                        const char *text, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);

	if (account != NULL)
		host_account_push(account, "message-status",
		                  host_event_build_status(id, "failed", condition, text));
}

static void
host_account_acknowledged_cb(PurpleConnection *gc, guint handled, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);

	if (account != NULL)
		host_account_push(account, "acknowledged",
		                  host_event_build_acknowledged(account->stream, handled));
}

static void
host_account_archive_done_cb(PurpleConnection *gc, gboolean available, gboolean complete,
                             const char *last_id, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);

	if (account == NULL)
		return;
	host_account_push(account, "archive-done",
	                  host_event_build_archive_done(available, complete, last_id));
}

static void
host_account_features_cb(PurpleConnection *gc, char **features, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);

	if (account == NULL)
		return;
	g_strfreev(account->features);
	account->features = g_strdupv(features);
	host_gate_set_archive(
		account->gate, gc,
		g_strv_contains((const char *const *)features, GTALK_FEATURE_ARCHIVE));
	host_account_push_features(account);
}

static gboolean
host_stanza_is_traffic(xmlnode *stanza)
{
	const char *type = xmlnode_get_attrib(stanza, "type");

	if (purple_strequal(stanza->name, "message") || purple_strequal(stanza->name, "presence"))
		return TRUE;
	return purple_strequal(stanza->name, "iq") &&
	       (purple_strequal(type, "set") || purple_strequal(type, "get")) &&
	       xmlnode_get_child_with_namespace(stanza, "ping", HOST_ACCOUNT_PING_NAMESPACE) ==
	               NULL;
}

static gboolean
host_account_is_own_jid(HostAccount *account, const char *bare_jid)
{
	const char *own = host_account_get_bound_jid(account);
	gsize length = strlen(bare_jid);

	return g_ascii_strncasecmp(own, bare_jid, length) == 0 &&
	       (own[length] == '\0' || own[length] == '/');
}

/* @full_jid: presence of one of the account's own resources */
static void
host_account_note_resource(HostAccount *account, const char *full_jid, gboolean available)
{
	gboolean was_open = host_gate_is_open(account->gate);

	if (purple_strequal(full_jid, host_account_get_bound_jid(account)))
		return;
	host_gate_note_resource(account->gate, host_account_get_connection(account), full_jid,
	                        available);
	if (host_gate_is_open(account->gate) != was_open)
		host_account_push_features(account);
}

static void
host_account_take_presence(HostAccount *account, xmlnode *presence)
{
	const char *from = xmlnode_get_attrib(presence, "from");
	const char *type = xmlnode_get_attrib(presence, "type");
	gboolean available = type == NULL;
	g_auto(GStrv) parts = NULL;

	if (from == NULL || (!available && !g_str_equal(type, "unavailable")))
		return;
	parts = g_strsplit(from, "/", 2);
	if (parts[0] == NULL)
		return;
	if (host_account_is_own_jid(account, parts[0]))
		host_account_note_resource(account, from, available);
	if (host_roster_note_presence(account->roster, parts[0], available) &&
	    host_roster_has(account->roster, parts[0]))
		host_account_push(account, "presence",
		                  host_event_build_presence(presence, parts[0], parts[1]));
}

static void
host_account_receiving_cb(PurpleConnection *gc, xmlnode **packet, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);

	if (account == NULL || *packet == NULL)
		return;
	if (host_stanza_is_traffic(*packet))
		account->last_traffic_us = g_get_real_time();
	if (purple_strequal((*packet)->name, "iq"))
		host_roster_receive(account->roster, *packet, host_account_get_bound_jid(account));
	else if (purple_strequal((*packet)->name, "presence"))
		host_account_take_presence(account, *packet);
}

/* Returns: whether libpurple need not look at it */
static gboolean
host_account_presence_cb(PurpleConnection *gc, const char *type, const char *from,
                         xmlnode *presence, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	g_autofree char *bare_jid = NULL;

	if (account == NULL || from == NULL || !purple_strequal(type, "unavailable"))
		return FALSE;
	bare_jid = g_strndup(from, strcspn(from, "/"));
	return !host_roster_note_presence(account->roster, bare_jid, FALSE);
}

static void
host_account_sending_cb(PurpleConnection *gc, xmlnode **packet, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);

	if (account != NULL && *packet != NULL)
		host_roster_send(account->roster, *packet);
}

static void
host_account_contact(gpointer user_data, GVariant *contact)
{
	HostAccount *account = user_data;

	host_account_push(account, "contact", contact);
}

static void
host_account_contact_removed(gpointer user_data, const char *jid)
{
	GVariantDict data;

	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "jid", "s", jid);
	host_account_push(user_data, "contact-removed", g_variant_dict_end(&data));
}

static void
host_account_roster_done(gpointer user_data)
{
	GVariantDict data;

	g_variant_dict_init(&data, NULL);
	host_account_push(user_data, "roster-done", g_variant_dict_end(&data));
}

static const HostRosterSink host_account_roster_sink = {
	.contact = host_account_contact,
	.removed = host_account_contact_removed,
	.done = host_account_roster_done,
};

static void
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
	if (g_str_equal(reason, BRIDGE_REASON_CERTIFICATE_REFUSED) && account->refusal != NULL)
		sentence = account->refusal;
	host_account_note_reason(account, reason, sentence);
}

static void
host_account_signed_on(PurpleConnection *gc)
{
	HostAccount *account = host_account_find(gc);

	if (account == NULL || account->state != HOST_ACCOUNT_CONNECTING)
		return;
	account->state = HOST_ACCOUNT_ONLINE;
	host_account_excuse_silence(account);
	host_account_push_state(account, "online");
	host_account_push_early(account);
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

/* Ends the connection from our side. */
static void
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

void
host_account_excuse_silence(HostAccount *account)
{
	account->heard_s = g_get_monotonic_time() / G_USEC_PER_SEC;
	account->pinged = FALSE;
}

/* XEP-0199. Whatever the server answers, it answers. */
static void
host_account_ping(HostAccount *account, PurpleConnection *gc)
{
	xmlnode *iq = xmlnode_new("iq");
	g_autofree char *id =
		g_strdup_printf("gtalk-bridge-ping-%" G_GINT64_FORMAT, account->heard_s);

	xmlnode_set_attrib(iq, "type", "get");
	xmlnode_set_attrib(iq, "id", id);
	xmlnode_set_namespace(xmlnode_new_child(iq, "ping"), HOST_ACCOUNT_PING_NAMESPACE);
	account->pinged = TRUE;
	purple_signal_emit(purple_connection_get_prpl(gc), "jabber-sending-xmlnode", gc, &iq);
	if (iq != NULL)
		xmlnode_free(iq);
}

static void
host_account_check_silence(HostAccount *account, PurpleConnection *gc, guint dead_after_s)
{
	if (gc->last_received != account->received) {
		account->received = gc->last_received;
		host_account_excuse_silence(account);
	}
	if (!account->pinged &&
	    g_get_monotonic_time() / G_USEC_PER_SEC - account->heard_s >= dead_after_s / 2)
		host_account_ping(account, gc);
}

void
host_account_check_link(HostAccount *account, guint dead_after_s)
{
	PurpleConnection *gc = host_account_get_connection(account);
	gint64 limit_s = account->state == HOST_ACCOUNT_ONLINE ? dead_after_s
	                                                       : HOST_ACCOUNT_SIGN_IN_TIMEOUT_S;

	if (gc == NULL || account->state >= HOST_ACCOUNT_ENDING)
		return;
	if (account->state == HOST_ACCOUNT_ONLINE)
		host_account_check_silence(account, gc, dead_after_s);
	if (g_get_monotonic_time() / G_USEC_PER_SEC - account->heard_s < limit_s)
		return;
	host_account_note_reason(account, BRIDGE_REASON_UNREACHABLE,
	                         "The chat server does not answer.");
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
	const char *jid = purple_account_get_username(purple_connection_get_account(gc));
	const char *at = strchr(jid, '@');

	return at != NULL ? g_strndup(at + 1, strcspn(at + 1, "/")) : NULL;
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

static const struct {
	const char *signal;
	PurpleCallback callback;
} host_account_signals[] = {
	{GTALK_SIGNAL_MESSAGE, PURPLE_CALLBACK(host_account_message_cb)},
	{GTALK_SIGNAL_MESSAGE_ACCEPTED, PURPLE_CALLBACK(host_account_accepted_cb)},
	{GTALK_SIGNAL_MESSAGE_BOUNCED, PURPLE_CALLBACK(host_account_bounced_cb)},
	{GTALK_SIGNAL_ACKNOWLEDGED, PURPLE_CALLBACK(host_account_acknowledged_cb)},
	{GTALK_SIGNAL_ARCHIVE_DONE, PURPLE_CALLBACK(host_account_archive_done_cb)},
	{GTALK_SIGNAL_FEATURES, PURPLE_CALLBACK(host_account_features_cb)},
	{"jabber-receiving-xmlnode", PURPLE_CALLBACK(host_account_receiving_cb)},
	{"jabber-receiving-presence", PURPLE_CALLBACK(host_account_presence_cb)},
	{"jabber-sending-xmlnode", PURPLE_CALLBACK(host_account_sending_cb)},
};

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
	if (plugin == NULL)
		return;
	for (guint i = 0; i < G_N_ELEMENTS(host_account_signals); i++)
		purple_signal_connect(plugin, host_account_signals[i].signal,
		                      (void *)host_account_signals,
		                      host_account_signals[i].callback, NULL);
}

static void
host_account_apply(HostAccount *account, const HostSettings *settings)
{
	PurpleAccount *purple = account->purple;
	PurpleProxyInfo *proxy = purple_proxy_info_new();

	purple_proxy_info_set_type(proxy, PURPLE_PROXY_NONE);
	purple_account_set_proxy_info(purple, proxy);
	purple_account_set_string(purple, "connect_server", settings->server);
	purple_account_set_int(purple, "port", settings->port);
	purple_account_set_string(purple, "connection_security",
	                          settings->direct_tls ? "old_ssl" : "require_tls");
	purple_account_set_bool(purple, "auth_plain_in_clear", FALSE);
	purple_account_set_string(purple, GTALK_OPTION_MECHANISM, settings->mechanism);
	purple_account_set_string(purple, GTALK_OPTION_ARCHIVE_AFTER, settings->archive_after);
	purple_account_set_string(purple, GTALK_OPTION_ARCHIVE_SINCE, settings->archive_since);
	purple_account_set_bool(purple, GTALK_OPTION_SAVED_STATUSES, FALSE);
	/* 0: the account's other clients keep getting what is sent to its bare JID. */
	purple_account_set_status(purple, "available", TRUE, "priority", GINT_TO_POINTER(0), NULL);
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
	purple_account_set_password(account->purple, credential);
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
	g_strfreev(account->features);
	g_strfreev(account->pins);
	g_free(account->refusal);
	g_free(account->detail);
	g_free(account->group);
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

static gboolean
host_account_check_message(const char *id, const char *to, const char *body, GError **error)
{
	const char *wrong = NULL;

	if (*id == '\0' || strlen(id) > HOST_ACCOUNT_ID_MAX_BYTES || !host_text_is_xml(id))
		wrong = "id";
	else if (!host_text_is_jid(to))
		wrong = "to";
	else if (*body == '\0' || strlen(body) > HOST_ACCOUNT_BODY_MAX_BYTES ||
	         !host_text_is_xml(body))
		wrong = "body";
	if (wrong == NULL)
		return TRUE;
	g_set_error(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_INVALID,
	            "SendMessage: \"%s\" is not acceptable", wrong);
	return FALSE;
}

gboolean
host_account_send(HostAccount *account, const char *id, const char *to, const char *body,
                  GError **error)
{
	PurpleConnection *gc = host_account_get_connection(account);
	g_autofree char *html = NULL;
	gboolean ok;

	if (gc == NULL || account->state != HOST_ACCOUNT_ONLINE || account->reason != NULL) {
		g_set_error_literal(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_NOT_ONLINE,
		                    "the account is not signed in");
		return FALSE;
	}
	if (!host_account_check_message(id, to, body, error))
		return FALSE;
	html = host_text_to_html(body);
	purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_SET_NEXT_MESSAGE_ID, &ok,
	                       gc, id);
	if (serv_send_im(gc, to, html, 0) > 0)
		return TRUE;
	g_set_error_literal(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_NOT_ONLINE,
	                    "the message did not go out");
	return FALSE;
}
