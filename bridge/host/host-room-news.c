/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-rooms-private.h"

#include <string.h>

#include "host-purple.h"
#include "host-text.h"

#define HOST_ROOM_BODY_MAX_BYTES G_MAXINT32 /* as for other messages */

/* ---- Who is there ---------------------------------------------------------------------------- */

static const struct {
	PurpleConvChatBuddyFlags flag;
	const char *role;
} host_room_roles[] = {
	{PURPLE_CBFLAGS_FOUNDER, "owner"},
	{PURPLE_CBFLAGS_OP, "moderator"},
	{PURPLE_CBFLAGS_HALFOP, "moderator"},
	{PURPLE_CBFLAGS_VOICE, "participant"},
};

static const char *
host_room_find_role(PurpleConversation *conversation, const char *nick)
{
	PurpleConvChatBuddyFlags flags =
		purple_conv_chat_user_get_flags(PURPLE_CONV_CHAT(conversation), nick);

	for (gsize i = 0; i < G_N_ELEMENTS(host_room_roles); i++)
		if ((flags & host_room_roles[i].flag) != 0)
			return host_room_roles[i].role;
	return "none";
}

/* (transfer full) (nullable): who somebody is outside; protocols without an answer give the
 * address within the room. */
static char *
host_room_dup_address(const HostRoom *room, PurpleConversation *conversation, const char *nick)
{
	PurplePluginProtocolInfo *protocol = host_rooms_get_protocol(room->account);
	int id = purple_conv_chat_get_id(PURPLE_CONV_CHAT(conversation));
	g_autofree char *address = NULL;
	g_autofree char *key = NULL;

	if (protocol->get_cb_real_name == NULL)
		return NULL;
	address = protocol->get_cb_real_name(host_account_get_connection(room->account), id, nick);
	if (address == NULL)
		return NULL;
	key = g_strndup(address, strcspn(address, "/"));
	return g_str_has_prefix(address, room->jid) || *key == '\0' ? NULL : g_steal_pointer(&key);
}

static void
host_room_tell_member(PurpleConversation *conversation, const char *nick, gboolean here,
                      const char *new_nick)
{
	HostRoom *room = host_rooms_find_conversation(conversation);
	g_autofree char *address = NULL;
	GVariantDict data;

	if (room == NULL || room->state == HOST_ROOM_LEAVING || nick == NULL)
		return;
	host_room_begin_event(room, &data);
	host_room_insert(&data, "nick", nick, HOST_ROOMS_NAME_MAX_BYTES);
	host_room_insert(&data, "renamed", new_nick, HOST_ROOMS_NAME_MAX_BYTES);
	g_variant_dict_insert(&data, "here", "b", here);
	if (here) {
		address = host_room_dup_address(room, conversation, nick);
		host_room_insert(&data, "address", address, HOST_ROOMS_NAME_MAX_BYTES);
		g_variant_dict_insert(&data, "role", "s", host_room_find_role(conversation, nick));
	}
	host_account_push(room->account, "room-member", g_variant_dict_end(&data));
}

static void
host_room_came(PurpleConversation *conversation, const char *nick)
{
	host_room_tell_member(conversation, nick, TRUE, NULL);
}

static void
host_room_left(PurpleConversation *conversation, const char *nick)
{
	host_room_tell_member(conversation, nick, FALSE, NULL);
}

static void
host_room_renamed(PurpleConversation *conversation, const char *nick, const char *new_nick)
{
	host_room_tell_member(conversation, nick, FALSE, new_nick);
}

/* ---- The topic ------------------------------------------------------------------------------- */

static void
host_room_topic_cb(PurpleConversation *conversation, const char *who, const char *topic,
                   gpointer user_data)
{
	HostRoom *room = host_rooms_find_conversation(conversation);
	GVariantDict data;

	if (room == NULL || room->state == HOST_ROOM_LEAVING)
		return;
	host_room_begin_event(room, &data);
	host_room_insert(&data, "topic", topic, HOST_ROOMS_TEXT_MAX_BYTES);
	host_room_insert(&data, "by", who, HOST_ROOMS_NAME_MAX_BYTES);
	host_account_push(room->account, "room-topic", g_variant_dict_end(&data));
}

void
host_rooms_set_topic(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	HostRoom *room = host_rooms_find_entered(account, arguments, request);
	const char *topic = "";

	if (room == NULL)
		return;
	g_variant_dict_lookup(arguments, "topic", "&s", &topic);
	if (host_rooms_get_protocol(account)->set_chat_topic == NULL) {
		host_request_fail(request, BRIDGE_LINK_ERROR_UNSUPPORTED,
		                  "Rooms of this protocol have no topic.");
	} else if (strlen(topic) > HOST_ROOMS_TEXT_MAX_BYTES || !host_text_is_xml(topic)) {
		host_request_fail(request, BRIDGE_LINK_ERROR_INVALID,
		                  "The topic is not acceptable.");
	} else {
		host_rooms_get_protocol(account)->set_chat_topic(
			host_account_get_connection(account),
			purple_conv_chat_get_id(PURPLE_CONV_CHAT(room->conversation)), topic);
		host_request_answer(request, NULL);
	}
}

/* ---- What is said ---------------------------------------------------------------------------- */

typedef struct {
	const char *nick;
	const char *id;
	const char *body;
	gint64 time_us;
	gboolean encrypted;
} HostRoomMessage;

static void
host_room_tell_message(const HostRoom *room, const HostRoomMessage *message)
{
	GVariantDict data;

	host_room_begin_event(room, &data);
	host_room_insert(&data, "nick", message->nick, HOST_ROOMS_NAME_MAX_BYTES);
	host_room_insert(&data, "id", message->id, HOST_ROOMS_NAME_MAX_BYTES);
	host_room_insert(&data, "body", message->body, HOST_ROOM_BODY_MAX_BYTES);
	g_variant_dict_insert(&data, "time", "x", message->time_us);
	g_variant_dict_insert(&data, "encrypted", "b", message->encrypted);
	host_account_push_held(room->account, "room-message", g_variant_dict_end(&data));
}

/* Whoever is no room that was entered has nothing to say in one: anybody can send such a stanza. */
void
host_rooms_take_message(HostAccount *account, const GTalkMessage *message)
{
	g_autofree char *bare = g_strndup(message->from, strcspn(message->from, "/"));
	HostRoom *room = host_rooms_find(account, bare);
	const char *slash = strchr(message->from, '/');

	if (room == NULL || room->state == HOST_ROOM_LEAVING || !room->admitted)
		return;
	host_room_note_heard(room);
	host_room_tell_message(room, &(HostRoomMessage){.nick = slash != NULL ? slash + 1 : "",
	                                                .id = message->id,
	                                                .body = message->body,
	                                                .time_us = message->time_us,
	                                                .encrypted = message->encrypted});
}

/* Of a protocol that tells no more than libpurple does. A message of one's own is told while it is
 * being sent, and nobody wants to hear of that. */
static void
host_room_take_chat(HostRoom *room, const char *nick, const char *html, PurpleMessageFlags flags)
{
	g_autofree char *body = purple_markup_strip_html(html);

	if (room->sending || room->state != HOST_ROOM_IN)
		return;
	host_room_tell_message(room,
	                       &(HostRoomMessage){.nick = nick,
	                                          .body = body,
	                                          .time_us = (flags & PURPLE_MESSAGE_DELAYED) != 0
	                                                             ? g_get_real_time()
	                                                             : 0});
}

/* Returns TRUE: nobody need show it. */
static gboolean
host_room_chat_cb(PurpleAccount *purple, char **sender, char **message,
                  PurpleConversation *conversation, PurpleMessageFlags *flags, gpointer user_data)
{
	HostRoom *room = host_rooms_find_conversation(conversation);

	if (room != NULL && *sender != NULL && *message != NULL &&
	    !host_rooms_is_xmpp(room->account))
		host_room_take_chat(room, *sender, *message, *flags);
	return TRUE;
}

gboolean
host_rooms_send(HostAccount *account, const char *jid, const char *html)
{
	HostRoom *room = host_rooms_find(account, jid);
	gboolean sent;
	int id;

	if (room == NULL || room->state != HOST_ROOM_IN || room->conversation == NULL)
		return FALSE;
	id = purple_conv_chat_get_id(PURPLE_CONV_CHAT(room->conversation));
	room->sending = TRUE;
	sent = serv_chat_send(host_account_get_connection(account), id, html, 0) >= 0;
	room->sending = FALSE;
	return sent;
}

void
host_room_news_install(PurplePlugin *plugin)
{
	static const HostPurpleRoomListener listener = {
		.came = host_room_came,
		.left = host_room_left,
		.renamed = host_room_renamed,
	};
	void *conversations = purple_conversations_get_handle();
	void *handle = (void *)&host_rooms_feature;

	host_purple_set_room_listener(&listener);
	purple_signal_connect(conversations, "chat-topic-changed", handle,
	                      PURPLE_CALLBACK(host_room_topic_cb), NULL);
	purple_signal_connect(conversations, "receiving-chat-msg", handle,
	                      PURPLE_CALLBACK(host_room_chat_cb), NULL);
}
