/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-account-private.h"

#include <string.h>

#include "link/bridge-link.h"
#include "host-avatar-stanza.h"
#include "host-blocking.h"
#include "host-event.h"
#include "host-rooms.h"
#include "host-stream-error.h"
#include "plugin/gtalk.h"

#define HOST_ACCOUNT_RECEIPTS "urn:xmpp:receipts"

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

/* @stanza: as host_gate_take() has it */
static void
host_account_push_of(HostAccount *account, const char *type, GVariant *data, guint stanza)
{
	HostWindowNotify notify = {0};

	notify.function = host_account_durable;
	notify.data = account;
	notify.stream = account->stream;
	notify.stanza = stanza;
	account->sink.push(account->user_data, account->id, type, data,
	                   stanza != 0 ? &notify : NULL);
}

void
host_account_push_held(HostAccount *account, const char *type, GVariant *data)
{
	PurpleConnection *gc = host_account_get_connection(account);
	guint stanza = gc != NULL ? host_gate_take(account->gate, gc) : 0;

	host_account_push_of(account, type, data, stanza);
}

static gboolean
host_account_message_cb(PurpleConnection *gc, const GTalkMessage *message, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	guint stanza;
	GVariant *event;

	if (account == NULL)
		return FALSE;
	if (message->origin == GTALK_MESSAGE_LIVE && g_str_equal(message->type, "groupchat")) {
		host_rooms_take_message(account, message);
		return TRUE;
	}
	stanza = host_gate_take(account->gate, gc);
	event = host_event_build_message(message, account->stream, stanza);
	host_account_push_of(account, "message", event, stanza);
	return TRUE;
}

void
host_account_push_plain(HostAccount *account, const GTalkMessage *message)
{
	account->last_traffic_us = g_get_real_time();
	host_account_push_of(account, "message",
	                     host_event_build_message(message, account->stream, 0), 0);
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
	const char *recent = NULL;
	const char *since = NULL;
	gint64 since_s = 0;

	if (account == NULL)
		return;
	recent = purple_account_get_string(purple_connection_get_account(gc),
	                                   GTALK_OPTION_ARCHIVE_RECENT, "");
	since = purple_account_get_string(purple_connection_get_account(gc),
	                                  GTALK_OPTION_ARCHIVE_SINCE, "");
	g_ascii_string_to_signed(since, 10, 1, G_MAXINT64 / G_USEC_PER_SEC, &since_s, NULL);
	host_account_push(
		account, "archive-done",
		host_event_build_archive_done(available, complete, last_id, recent, since_s));
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
host_account_receive_presence(HostAccount *account, xmlnode *presence)
{
	host_account_take_presence(account, presence);
	host_avatar_hide(presence);
}

/* XEP-0184. The plugin tells only of messages that this connection has sent; the daemon remembers
 * them for longer, and knows who may say so. */
static void
host_account_take_receipt(HostAccount *account, xmlnode *message)
{
	xmlnode *received =
		xmlnode_get_child_with_namespace(message, "received", HOST_ACCOUNT_RECEIPTS);
	const char *id = received != NULL ? xmlnode_get_attrib(received, "id") : NULL;
	const char *from = xmlnode_get_attrib(message, "from");

	if (id != NULL && from != NULL &&
	    !purple_strequal(xmlnode_get_attrib(message, "type"), "error"))
		host_account_push(account, "receipt", host_event_build_receipt(id, from));
}

/* Before libpurple takes it for trouble with the network. */
static void
host_account_take_stream_error(HostAccount *account, xmlnode *packet)
{
	const char *condition = host_stream_error_find_condition(packet);
	g_autofree char *sentence = NULL;

	if (condition == NULL)
		return;
	sentence = host_stream_error_dup_sentence(packet);
	host_account_note_reason(account, host_stream_error_get_reason(condition), sentence);
}

static void
host_account_receiving_cb(PurpleConnection *gc, xmlnode **packet, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);

	if (account == NULL || *packet == NULL)
		return;
	host_avatar_hide_addresses(*packet);
	if (host_stanza_is_traffic(*packet))
		account->last_traffic_us = g_get_real_time();
	if (purple_strequal((*packet)->name, "iq"))
		host_roster_receive(account->roster, *packet, host_account_get_bound_jid(account));
	else if (purple_strequal((*packet)->name, "presence"))
		host_account_receive_presence(account, *packet);
	else if (purple_strequal((*packet)->name, "message"))
		host_account_take_receipt(account, *packet);
	else
		host_account_take_stream_error(account, *packet);
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
	host_blocking_note_roster(user_data);
}

const HostRosterSink host_account_roster_sink = {
	.contact = host_account_contact,
	.removed = host_account_contact_removed,
	.done = host_account_roster_done,
};

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
host_account_install_news(PurplePlugin *plugin)
{
	for (guint i = 0; i < G_N_ELEMENTS(host_account_signals); i++)
		purple_signal_connect(plugin, host_account_signals[i].signal,
		                      (void *)host_account_signals,
		                      host_account_signals[i].callback, NULL);
}
