/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-rooms-private.h"

#include <string.h>

#include "host-dialect.h"
#include "host-iq.h"
#include "host-text.h"

#define HOST_ROOMS_STATE "rooms"
#define HOST_ROOMS_MAX 256 /* of one account, in which it is at once */
#define HOST_ROOMS_OWNER "http://jabber.org/protocol/muc#owner"
#define HOST_ROOMS_PING "urn:xmpp:ping"

/* ---- The rooms of an account ----------------------------------------------------------------- */

static void
host_room_end_request(HostRequest **request)
{
	g_clear_pointer(request, host_request_unref);
}

static void
host_room_free(gpointer data)
{
	HostRoom *room = data;

	g_clear_handle_id(&room->settle_source, g_source_remove);
	host_room_end_request(&room->join);
	host_room_end_request(&room->leave);
	g_clear_pointer(&room->next, g_variant_unref);
	g_free(room->jid);
	g_free(room->nick);
	g_free(room->detail);
	g_free(room->alternative);
	g_free(room->ping_id);
	g_free(room);
}

GHashTable *
host_rooms_get_all(HostAccount *account)
{
	return host_account_get_state(account, HOST_ROOMS_STATE);
}

char *
host_rooms_dup_key(HostAccount *account, const char *name)
{
	return g_strdup(purple_normalize(host_account_get_purple(account), name));
}

HostRoom *
host_rooms_find(HostAccount *account, const char *name)
{
	GHashTable *rooms = host_account_get_state(account, HOST_ROOMS_STATE);
	g_autofree char *key = NULL;

	if (rooms == NULL || g_hash_table_size(rooms) == 0)
		return NULL;
	key = host_rooms_dup_key(account, name);
	return g_hash_table_lookup(rooms, key);
}

HostRoom *
host_rooms_find_conversation(PurpleConversation *conversation)
{
	HostAccount *account = purple_conversation_get_account(conversation)->ui_data;

	return account != NULL
	               ? host_rooms_find(account, purple_conversation_get_name(conversation))
	               : NULL;
}

HostRoom *
host_rooms_ensure(HostAccount *account, const char *name)
{
	HostRoom *room = host_rooms_find(account, name);
	GHashTable *rooms = host_account_get_state(account, HOST_ROOMS_STATE);

	if (room != NULL)
		return room;
	if (rooms == NULL) {
		rooms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, host_room_free);
		host_account_set_state(account, HOST_ROOMS_STATE, rooms,
		                       (GDestroyNotify)g_hash_table_unref);
	}
	if (g_hash_table_size(rooms) >= HOST_ROOMS_MAX)
		return NULL;
	room = g_new0(HostRoom, 1);
	room->account = account;
	room->jid = host_rooms_dup_key(account, name);
	g_hash_table_insert(rooms, room->jid, room);
	return room;
}

PurplePluginProtocolInfo *
host_rooms_get_protocol(HostAccount *account)
{
	return PURPLE_PLUGIN_PROTOCOL_INFO(
		purple_connection_get_prpl(host_account_get_connection(account)));
}

gboolean
host_rooms_is_xmpp(HostAccount *account)
{
	return host_account_get_dialect(account) == &host_xmpp_dialect;
}

gboolean
host_rooms_has(HostAccount *account, const char *jid)
{
	return host_rooms_find(account, jid) != NULL;
}

/* ---- Events ---------------------------------------------------------------------------------- */

void
host_room_insert(GVariantDict *data, const char *member, const char *text, gsize max_bytes)
{
	g_autofree char *limited = host_text_limit(text, max_bytes);

	g_variant_dict_insert(data, member, "s", limited);
}

void
host_room_begin_event(const HostRoom *room, GVariantDict *data)
{
	g_variant_dict_init(data, NULL);
	host_room_insert(data, "jid", room->jid, HOST_ROOMS_NAME_MAX_BYTES);
}

static void
host_room_tell(const HostRoom *room, const char *type)
{
	GVariantDict data;

	host_room_begin_event(room, &data);
	if (g_str_equal(type, "room-joined")) {
		host_room_insert(&data, "nick", room->nick, HOST_ROOMS_NAME_MAX_BYTES);
	} else if (g_str_equal(type, "room-left")) {
		host_room_insert(&data, "alternative", room->alternative,
		                 HOST_ROOMS_NAME_MAX_BYTES);
		host_room_insert(&data, "detail", room->detail, HOST_ROOMS_TEXT_MAX_BYTES);
		g_variant_dict_insert(&data, "reason", "s",
		                      room->reason != NULL ? room->reason : HOST_ROOM_LEFT);
	}
	host_account_push(room->account, type, g_variant_dict_end(&data));
}

void
host_room_set_nick(HostRoom *room, const char *nick)
{
	char *copy = g_strdup(nick != NULL ? nick : "");

	g_free(room->nick);
	room->nick = copy;
}

static void
host_room_forget_reason(HostRoom *room)
{
	room->reason = NULL;
	g_clear_pointer(&room->detail, g_free);
	g_clear_pointer(&room->alternative, g_free);
}

/* ---- Left ------------------------------------------------------------------------------------ */

static void
host_room_start(HostRoom *room, GVariantDict *arguments);

static void
host_room_start_next(HostRoom *room)
{
	g_autoptr(GVariant) next = g_steal_pointer(&room->next);
	g_auto(GVariantDict) arguments = G_VARIANT_DICT_INIT(next);

	host_room_start(room, &arguments);
}

/* Libpurple has seen what we saw, and has forgotten the room. */
static gboolean
host_room_settle_cb(gpointer user_data)
{
	HostRoom *room = user_data;
	PurpleConversation *conversation = g_steal_pointer(&room->conversation);

	room->settle_source = 0;
	room->state = HOST_ROOM_OUT;
	if (conversation != NULL)
		purple_conversation_destroy(conversation);
	if (room->leave != NULL)
		host_request_answer(room->leave, NULL);
	host_room_end_request(&room->leave);
	if (room->next != NULL && host_account_is_online(room->account))
		host_room_start_next(room);
	else
		g_hash_table_remove(host_account_get_state(room->account, HOST_ROOMS_STATE),
		                    room->jid);
	return G_SOURCE_REMOVE;
}

static void
host_room_settle(HostRoom *room)
{
	if (room->settle_source == 0)
		room->settle_source = g_idle_add(host_room_settle_cb, room);
}

static void
host_room_answer_refused(HostRoom *room)
{
	GVariantDict answer;

	if (room->join == NULL)
		return;
	g_variant_dict_init(&answer, NULL);
	g_variant_dict_insert(&answer, "reason", "s",
	                      room->reason != NULL ? room->reason : HOST_ROOM_REFUSED);
	host_room_insert(&answer, "detail", room->detail, HOST_ROOMS_TEXT_MAX_BYTES);
	host_request_answer(room->join, g_variant_dict_end(&answer));
	host_room_end_request(&room->join);
}

gboolean
host_rooms_refuse(HostAccount *account, const char *name, const char *reason, const char *detail)
{
	HostRoom *room = host_rooms_find(account, name);

	if (room == NULL || room->state != HOST_ROOM_JOINING || room->conversation != NULL)
		return FALSE;
	host_room_forget_reason(room);
	room->reason = reason;
	room->detail = g_strdup(detail);
	host_room_answer_refused(room);
	room->state = HOST_ROOM_LEAVING;
	host_room_settle(room);
	return TRUE;
}

static void
host_rooms_left_cb(PurpleConversation *conversation, gpointer user_data)
{
	HostRoom *room = host_rooms_find_conversation(conversation);

	if (room == NULL || room->conversation != conversation)
		return;
	/* Elsewhere nobody is put out of a room but by somebody. */
	if (room->reason == NULL && !host_rooms_is_xmpp(room->account))
		room->reason = HOST_ROOM_KICKED;
	if (room->state == HOST_ROOM_IN)
		host_room_tell(room, "room-left");
	else if (room->state == HOST_ROOM_JOINING)
		host_room_answer_refused(room);
	room->state = HOST_ROOM_LEAVING;
	host_room_settle(room);
}

static void
host_rooms_join_failed_cb(PurpleConnection *gc, GHashTable *components, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	PurplePluginProtocolInfo *protocol = NULL;
	g_autofree char *name = NULL;
	HostRoom *room = NULL;

	if (account == NULL || components == NULL)
		return;
	protocol = host_rooms_get_protocol(account);
	if (protocol->get_chat_name != NULL)
		name = protocol->get_chat_name(components);
	if (name != NULL)
		room = host_rooms_find(account, name);
	if (room == NULL || room->state == HOST_ROOM_IN)
		return;
	host_room_answer_refused(room);
	room->state = HOST_ROOM_LEAVING;
	host_room_settle(room);
}

/* In XMPP libpurple keeps a room, and a pointer to the conversation, until the server has answered:
 * only then may the conversation go. */
static void
host_room_part(HostRoom *room)
{
	PurpleConvChat *chat = PURPLE_CONV_CHAT(room->conversation);

	room->state = HOST_ROOM_LEAVING;
	serv_chat_leave(host_account_get_connection(room->account), purple_conv_chat_get_id(chat));
}

static void
host_rooms_leave(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	const char *name = host_rooms_find_name(arguments, request);
	HostRoom *room = name != NULL ? host_rooms_find(account, name) : NULL;

	if (name == NULL)
		return;
	if (room == NULL || room->leave != NULL || room->conversation == NULL) {
		host_request_answer(request, NULL);
	} else {
		room->leave = host_request_ref(request);
		if (room->state != HOST_ROOM_LEAVING)
			host_room_part(room);
	}
	/* What has not been entered is left when it is. */
	if (room == NULL || room->state != HOST_ROOM_JOINING)
		return;
	host_room_end_request(&room->join);
	room->state = HOST_ROOM_LEAVING;
}

/* ---- Entered --------------------------------------------------------------------------------- */

typedef struct {
	char *jid;
	gint64 entered_us;
} HostRoomReady;

static void
host_room_ready_free(gpointer data)
{
	HostRoomReady *ready = data;

	g_free(ready->jid);
	g_free(ready);
}

static void
host_rooms_ready_cb(HostAccount *account, xmlnode *reply, gpointer user_data)
{
	const HostRoomReady *ready = user_data;
	HostRoom *room = host_rooms_find(account, ready->jid);

	if (room != NULL && room->state == HOST_ROOM_IN && room->entered_us == ready->entered_us)
		host_room_tell(room, "room-ready");
}

/* A room tells its history before it looks at what comes next (XEP-0045, section 7.2): whatever it
 * answers, it has done so. The plugin keeps the empty topic that ends it from libpurple. */
static void
host_room_await_history(HostRoom *room)
{
	HostRoomReady *ready = NULL;
	xmlnode *ping = NULL;

	if (!host_rooms_is_xmpp(room->account)) {
		host_room_tell(room, "room-ready");
		return;
	}
	ready = g_new0(HostRoomReady, 1);
	ready->jid = g_strdup(room->jid);
	ready->entered_us = room->entered_us;
	if (!host_iq_send(room->account,
	                  host_iq_new_with_child("get", room->jid, "ping", HOST_ROOMS_PING, &ping),
	                  host_rooms_ready_cb, ready, host_room_ready_free))
		host_room_tell(room, "room-ready");
}

static void
host_room_answer_joined(HostRoom *room, HostRequest *request)
{
	GVariantDict answer;

	g_variant_dict_init(&answer, NULL);
	host_room_insert(&answer, "nick", room->nick, HOST_ROOMS_NAME_MAX_BYTES);
	host_request_answer(request, g_variant_dict_end(&answer));
}

static void
host_room_enter(HostRoom *room)
{
	room->state = HOST_ROOM_IN;
	room->entered_us = g_get_monotonic_time();
	host_room_note_heard(room);
	host_room_forget_reason(room);
	host_room_tell(room, "room-joined");
	if (room->join != NULL)
		host_room_answer_joined(room, room->join);
	host_room_end_request(&room->join);
	host_room_await_history(room);
}

/* In XMPP somebody else's presence may come first. */
static void
host_rooms_joined_cb(PurpleConversation *conversation, gpointer user_data)
{
	HostAccount *account = purple_conversation_get_account(conversation)->ui_data;
	HostRoom *room = NULL;

	if (account != NULL)
		room = host_rooms_ensure(account, purple_conversation_get_name(conversation));
	if (room == NULL)
		return;
	room->conversation = conversation;
	if (room->state == HOST_ROOM_OUT || room->state == HOST_ROOM_LEAVING) {
		host_room_part(room); /* nobody wants to be there */
		return;
	}
	if (!host_rooms_is_xmpp(account)) {
		host_room_set_nick(room, purple_conv_chat_get_nick(PURPLE_CONV_CHAT(conversation)));
		room->admitted = TRUE;
	}
	if (room->state == HOST_ROOM_JOINING && room->admitted)
		host_room_enter(room);
}

/* A new room is locked until its owner says how it shall be. */
static void
host_room_accept_defaults(HostRoom *room, xmlnode *presence)
{
	xmlnode *query = NULL;
	xmlnode *iq = host_iq_new_with_child("set", room->jid, "query", HOST_ROOMS_OWNER, &query);

	host_room_presence_hide_created(presence);
	host_room_fill_configuration(query);
	host_iq_send(room->account, iq, NULL, NULL, NULL); /* else it stays as it is */
}

static void
host_room_take_entry(HostRoom *room, const HostRoomPresence *read, xmlnode *presence)
{
	gboolean is_new = !purple_strequal(room->nick, read->nick);

	if (read->created)
		host_room_accept_defaults(room, presence);
	host_room_set_nick(room, read->nick);
	room->admitted = TRUE;
	if (room->state == HOST_ROOM_JOINING && room->conversation != NULL)
		host_room_enter(room);
	else if (room->state == HOST_ROOM_IN && is_new)
		host_room_tell(room, "room-joined");
}

static void
host_room_take_reason(HostRoom *room, HostRoomPresence *read)
{
	host_room_forget_reason(room);
	room->reason = read->reason;
	room->detail = g_steal_pointer(&read->detail);
	room->alternative = g_steal_pointer(&read->alternative);
}

/* Before libpurple sees it. Returns: whether it need not */
static gboolean
host_rooms_presence_cb(PurpleConnection *gc, const char *type, const char *from, xmlnode *presence,
                       gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	g_auto(HostRoomPresence) read = {0};
	g_autofree char *bare = NULL;
	HostRoom *room = NULL;

	if (account == NULL || from == NULL)
		return FALSE;
	bare = g_strndup(from, strcspn(from, "/"));
	room = host_rooms_find(account, bare);
	if (room == NULL)
		return FALSE;
	host_room_note_heard(room);
	host_room_presence_read(presence, room->nick, &read);
	if (read.kind == HOST_ROOM_PRESENCE_ENTERED) {
		host_room_take_entry(room, &read, presence);
	} else if (read.kind == HOST_ROOM_PRESENCE_LEFT ||
	           (read.kind == HOST_ROOM_PRESENCE_REFUSED && room->state == HOST_ROOM_JOINING)) {
		host_room_take_reason(room, &read);
		if (room->state == HOST_ROOM_LEAVING)
			host_room_settle(room);
	}
	return FALSE;
}

/* ---- Entering -------------------------------------------------------------------------------- */

static void
host_room_start(HostRoom *room, GVariantDict *arguments)
{
	GHashTable *components = host_room_build_components(room, arguments);

	host_room_forget_reason(room);
	if (components == NULL) {
		host_room_end_request(&room->join);
		host_room_settle(room);
		return;
	}
	room->state = HOST_ROOM_JOINING;
	room->admitted = FALSE;
	host_room_note_nick(room, components);
	serv_join_chat(host_account_get_connection(room->account), components);
	g_hash_table_unref(components);
}

const char *
host_rooms_find_name(GVariantDict *arguments, HostRequest *request)
{
	const char *name = "";

	g_variant_dict_lookup(arguments, "jid", "&s", &name);
	if (*name != '\0' && strlen(name) <= HOST_ROOMS_NAME_MAX_BYTES && host_text_is_xml(name))
		return name;
	host_request_fail(request, BRIDGE_LINK_ERROR_INVALID, "This cannot be a room's address.");
	return NULL;
}

static gboolean
host_rooms_can_join(HostAccount *account, HostRequest *request)
{
	PurplePluginProtocolInfo *protocol = host_rooms_get_protocol(account);

	if (protocol->join_chat != NULL && protocol->chat_info != NULL &&
	    protocol->chat_info_defaults != NULL)
		return TRUE;
	host_request_fail(request, BRIDGE_LINK_ERROR_UNSUPPORTED, "This protocol has no rooms.");
	return FALSE;
}

static void
host_room_join(HostRoom *room, GVariantDict *arguments, HostRequest *request)
{
	if (room->state == HOST_ROOM_IN) {
		host_room_answer_joined(room, request);
		return;
	}
	/* Of one that was left again before it was entered, say. */
	if (room->join != NULL)
		host_request_fail(room->join, BRIDGE_LINK_ERROR_NOT_ONLINE,
		                  "This room is being entered for somebody who has asked later.");
	host_room_end_request(&room->join);
	room->join = host_request_ref(request);
	if (room->state == HOST_ROOM_OUT) {
		host_room_start(room, arguments);
	} else if (room->state == HOST_ROOM_LEAVING) {
		g_clear_pointer(&room->next, g_variant_unref);
		room->next = g_variant_ref_sink(g_variant_dict_end(arguments));
	}
}

static void
host_rooms_join(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	const char *name = host_rooms_find_name(arguments, request);
	HostRoom *room = NULL;

	if (name == NULL || !host_rooms_can_join(account, request))
		return;
	room = host_rooms_ensure(account, name);
	if (room != NULL)
		host_room_join(room, arguments, request);
	else
		host_request_fail(request, BRIDGE_LINK_ERROR_INVALID,
		                  "The account is in as many rooms as it can be.");
}

HostRoom *
host_rooms_find_entered(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	const char *name = host_rooms_find_name(arguments, request);
	HostRoom *room = name != NULL ? host_rooms_find(account, name) : NULL;

	if (room != NULL && room->state == HOST_ROOM_IN)
		return room;
	host_request_fail(request, BRIDGE_LINK_ERROR_NOT_ONLINE,
	                  "The account is not in that room.");
	return NULL;
}

/* ---- The feature ----------------------------------------------------------------------------- */

/* An account that goes takes its conversations along. */
static void
host_rooms_deleting_cb(PurpleConversation *conversation, gpointer user_data)
{
	HostRoom *room = NULL;

	if (purple_conversation_get_type(conversation) == PURPLE_CONV_TYPE_CHAT)
		room = host_rooms_find_conversation(conversation);
	if (room != NULL && room->conversation == conversation)
		room->conversation = NULL;
}

static void
host_rooms_install(PurplePlugin *plugin)
{
	void *conversations = purple_conversations_get_handle();
	void *handle = (void *)&host_rooms_feature;

	purple_signal_connect(conversations, "chat-joined", handle,
	                      PURPLE_CALLBACK(host_rooms_joined_cb), NULL);
	purple_signal_connect(conversations, "chat-left", handle,
	                      PURPLE_CALLBACK(host_rooms_left_cb), NULL);
	purple_signal_connect(conversations, "chat-join-failed", handle,
	                      PURPLE_CALLBACK(host_rooms_join_failed_cb), NULL);
	purple_signal_connect(conversations, "deleting-conversation", handle,
	                      PURPLE_CALLBACK(host_rooms_deleting_cb), NULL);
	if (plugin != NULL)
		purple_signal_connect(plugin, "jabber-receiving-presence", handle,
		                      PURPLE_CALLBACK(host_rooms_presence_cb), NULL);
	host_room_news_install(plugin);
	host_room_invite_install(plugin);
	host_room_ping_install(plugin);
}

static const HostCommand host_rooms_commands[] = {
	{"room-join", host_rooms_join},
	{"room-leave", host_rooms_leave},
	{"room-create", host_rooms_create},
	{"room-invite", host_rooms_invite},
	{"room-decline", host_rooms_decline},
	{"room-topic", host_rooms_set_topic},
	{NULL},
};

const HostFeature host_rooms_feature = {
	.name = HOST_ROOMS_STATE,
	.commands = host_rooms_commands,
	.install = host_rooms_install,
};
