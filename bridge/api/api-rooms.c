/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET and POST /v1/rooms: the account's rooms; a new one. GET, PUT and DELETE /v1/rooms/{jid}: one
 * of them, with who is there; enters it; leaves it. POST /v1/rooms/{jid}/invite, PUT
 * /v1/rooms/{jid}/topic. What is said there goes the way of other messages. */
#include "config.h"

#include "api-page.h"
#include "bridge-api-private.h"
#include "account/bridge-conversations.h"
#include "base/bridge-jid.h"
#include "account/bridge-rooms.h"
#include "base/bridge-text.h"

#define ROOMS_NICK_BYTES_MAX 1023
#define ROOMS_PASSWORD_BYTES_MAX 255
#define ROOMS_COMPONENTS_MAX 8
#define ROOMS_COMPONENT_BYTES_MAX 255
#define ROOMS_TEXT_BYTES_MAX 1024 /* as the host takes it */
#define ROOMS_JID_BYTES_MAX (3 * BRIDGE_JID_PART_BYTES_MAX + 2)
#define ROOMS_INVITE_MAX 64

/* ---- As JSON --------------------------------------------------------------------------------- */

static const char *const api_room_states[] = {
	[BRIDGE_ROOM_WAITING] = "waiting",
	[BRIDGE_ROOM_JOINING] = "joining",
	[BRIDGE_ROOM_JOINED] = "joined",
};

static void
api_room_build_members(JsonBuilder *builder, const BridgeRoom *room)
{
	g_autoptr(GPtrArray) members = bridge_room_list_members(room);

	json_builder_set_member_name(builder, "members");
	json_builder_begin_array(builder);
	for (guint i = 0; i < members->len; i++) {
		const BridgeRoomMember *member = g_ptr_array_index(members, i);

		json_builder_begin_object(builder);
		bridge_json_add_string(builder, "nick", member->nick);
		bridge_json_add_string(builder, "jid",
		                       *member->address != '\0' ? member->address : NULL);
		bridge_json_add_string(builder, "role", member->role);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
}

static void
api_room_build_object(JsonBuilder *builder, BridgeAccount *account, const BridgeRoom *room,
                      gboolean with_members)
{
	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "jid", room->jid);
	bridge_json_add_string(builder, "nick", *room->nick != '\0' ? room->nick : NULL);
	bridge_json_add_string(builder, "state", api_room_states[room->state]);
	bridge_json_add_string(builder, "reason", room->trouble);
	bridge_json_add_string(builder, "topic", room->topic);
	bridge_json_add_int(builder, "count", g_hash_table_size(room->members));
	bridge_json_add_int(builder, "unread", bridge_conversations_get_unread(account, room->jid));
	if (with_members)
		api_room_build_members(builder, room);
	json_builder_end_object(builder);
}

void
api_rooms_build(JsonBuilder *builder, BridgeAccount *account)
{
	g_autoptr(GPtrArray) rooms = bridge_rooms_list(account);

	json_builder_begin_array(builder);
	for (guint i = 0; i < rooms->len; i++)
		api_room_build_object(builder, account, g_ptr_array_index(rooms, i), FALSE);
	json_builder_end_array(builder);
}

/* ---- What the calls share -------------------------------------------------------------------- */

/* NULL: the path names no room; it is answered. */
static char *
api_rooms_dup_parameter(BridgeExchange *exchange)
{
	g_autoptr(GError) error = NULL;
	char *jid = bridge_rooms_normalise(bridge_exchange_get_account(exchange),
	                                   bridge_exchange_get_parameter(exchange), &error);

	if (jid == NULL)
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_FOUND, error->message, NULL);
	return jid;
}

/* The same, of a room that the account has. */
static char *
api_rooms_dup_known(BridgeExchange *exchange)
{
	g_autofree char *jid = api_rooms_dup_parameter(exchange);

	if (jid == NULL || bridge_rooms_find(bridge_exchange_get_account(exchange), jid) != NULL)
		return g_steal_pointer(&jid);
	bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_FOUND,
	                       "the account is not in that room", NULL);
	return NULL;
}

/* One answer on its way: history is looked through for what is unread. */
typedef struct {
	BridgeExchange *exchange;
	char *jid;     /* of one; else NULL */
	ApiPage *page; /* of all of them; else NULL */
	guint status;
} ApiRooms;

static void
api_rooms_free(ApiRooms *rooms)
{
	g_object_unref(rooms->exchange);
	g_free(rooms->jid);
	g_clear_pointer(&rooms->page, api_page_free);
	g_free(rooms);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ApiRooms, api_rooms_free)

static char *
api_rooms_dup_key(gconstpointer thing)
{
	return g_strdup(((const BridgeRoom *)thing)->jid);
}

static void
api_rooms_build_one(JsonBuilder *builder, gconstpointer thing, gpointer user_data)
{
	api_room_build_object(builder, BRIDGE_ACCOUNT(user_data), thing, FALSE);
}

static const ApiPageKind api_rooms_kind = {
	.member = "rooms",
	.dup_key = api_rooms_dup_key,
	.build = api_rooms_build_one,
};

static void
api_rooms_answer_all(BridgeExchange *exchange, const ApiPage *page)
{
	BridgeAccount *account = bridge_exchange_get_account(exchange);
	g_autoptr(GPtrArray) rooms = bridge_rooms_list(account);
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	api_page_build(page, builder, rooms, &api_rooms_kind, account);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

static void
api_rooms_answer_one(BridgeExchange *exchange, const char *jid, guint status)
{
	BridgeAccount *account = bridge_exchange_get_account(exchange);
	const BridgeRoom *room = bridge_rooms_find(account, jid);
	g_autoptr(JsonBuilder) builder = json_builder_new();

	if (room == NULL) {
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_FOUND,
		                       "the account is not in that room any more", NULL);
		return;
	}
	api_room_build_object(builder, account, room, TRUE);
	bridge_exchange_answer(exchange, status, builder);
}

static void
api_rooms_loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(ApiRooms) rooms = user_data;
	g_autoptr(GError) error = NULL;

	if (!bridge_conversations_load_finish(BRIDGE_ACCOUNT(source), result, &error))
		bridge_exchange_fail(rooms->exchange, error);
	else if (rooms->page != NULL)
		api_rooms_answer_all(rooms->exchange, rooms->page);
	else
		api_rooms_answer_one(rooms->exchange, rooms->jid, rooms->status);
}

static void
api_rooms_load(BridgeExchange *exchange, const char *jid, guint status)
{
	ApiRooms *rooms = g_new0(ApiRooms, 1);

	rooms->exchange = g_object_ref(exchange);
	rooms->jid = g_strdup(jid);
	rooms->status = status;
	bridge_conversations_load_async(bridge_exchange_get_account(exchange), api_rooms_loaded_cb,
	                                rooms);
}

void
api_rooms_get(BridgeExchange *exchange)
{
	ApiPage *page = api_page_new(exchange);
	ApiRooms *rooms;

	if (page == NULL)
		return;
	rooms = g_new0(ApiRooms, 1);
	rooms->exchange = g_object_ref(exchange);
	rooms->page = page;
	bridge_conversations_load_async(bridge_exchange_get_account(exchange), api_rooms_loaded_cb,
	                                rooms);
}

void
api_room_get(BridgeExchange *exchange)
{
	g_autofree char *jid = api_rooms_dup_known(exchange);

	if (jid != NULL)
		api_rooms_load(exchange, jid, 200);
}

/* ---- Entering -------------------------------------------------------------------------------- */

static void
api_room_joined_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = NULL;

	if (!bridge_rooms_join_finish(BRIDGE_ACCOUNT(source), result, &error)) {
		bridge_exchange_fail(exchange, error);
		return;
	}
	jid = api_rooms_dup_parameter(exchange);
	if (jid != NULL)
		api_rooms_load(exchange, jid, 200);
}

static void
api_room_check_line(BridgeJsonReader *reader, const char *pointer, const char *line,
                    const char *what)
{
	g_autoptr(GError) error = NULL;

	if (line != NULL && !bridge_text_check_line(line, ROOMS_NICK_BYTES_MAX, what, &error))
		bridge_json_reader_refuse(reader, pointer, error->message);
}

/* (transfer floating) (nullable): what the protocol needs beyond address and nickname */
static GVariant *
api_room_read_components(BridgeJsonReader *reader)
{
	const char *password = bridge_json_reader_get_string(
		reader, "/password", BRIDGE_JSON_OPTIONAL, ROOMS_PASSWORD_BYTES_MAX);
	JsonNode *node = bridge_json_reader_get_object(reader, "/components");
	g_autoptr(GList) names =
		node != NULL ? json_object_get_members(json_node_get_object(node)) : NULL;
	GVariantBuilder components;

	if (password == NULL && node == NULL)
		return NULL;
	if (g_list_length(names) > ROOMS_COMPONENTS_MAX)
		bridge_json_reader_refuse(reader, "/components", "too many");
	g_variant_builder_init(&components, G_VARIANT_TYPE("a{ss}"));
	if (password != NULL)
		g_variant_builder_add(&components, "{ss}", "password", password);
	for (GList *l = names; l != NULL; l = l->next) {
		g_autofree char *pointer = g_strconcat("/components/", l->data, NULL);
		const char *value = bridge_json_reader_get_string(
			reader, pointer, BRIDGE_JSON_OPTIONAL, ROOMS_COMPONENT_BYTES_MAX);

		if (value != NULL && (password == NULL || !g_str_equal(l->data, "password")))
			g_variant_builder_add(&components, "{ss}", l->data, value);
	}
	return g_variant_builder_end(&components);
}

void
api_room_put(BridgeExchange *exchange)
{
	g_autofree char *jid = api_rooms_dup_parameter(exchange);
	g_autoptr(BridgeJsonReader) reader = NULL;
	g_autoptr(GVariant) components = NULL;
	GVariant *read;
	const char *nick;

	if (jid == NULL)
		return;
	reader = bridge_json_reader_new(bridge_exchange_get_body(exchange));
	nick = bridge_json_reader_get_string(reader, "/nick", BRIDGE_JSON_OPTIONAL,
	                                     ROOMS_NICK_BYTES_MAX);
	api_room_check_line(reader, "/nick", nick, "the nickname");
	read = api_room_read_components(reader);
	if (read != NULL)
		components = g_variant_ref_sink(read);
	if (bridge_exchange_check_reader(exchange, reader))
		bridge_rooms_join_async(bridge_exchange_get_account(exchange), jid, nick,
		                        components, api_room_joined_cb, g_object_ref(exchange));
}

static void
api_rooms_created_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = bridge_rooms_create_finish(BRIDGE_ACCOUNT(source), result, &error);

	if (jid != NULL)
		api_rooms_load(exchange, jid, 201);
	else
		bridge_exchange_fail(exchange, error);
}

/* (transfer full) */
static char **
api_rooms_read_invited(BridgeAccount *account, BridgeJsonReader *reader)
{
	g_auto(GStrv) given = bridge_json_reader_dup_strings(reader, "/invite", ROOMS_INVITE_MAX,
	                                                     ROOMS_JID_BYTES_MAX);
	g_autoptr(GStrvBuilder) normal = g_strv_builder_new();

	for (guint i = 0; given != NULL && given[i] != NULL; i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *jid = bridge_account_normalise_peer(account, given[i], &error);

		if (jid != NULL)
			g_strv_builder_add(normal, jid);
		else
			bridge_json_reader_refuse(reader, "/invite", error->message);
	}
	return g_strv_builder_end(normal);
}

void
api_rooms_post(BridgeExchange *exchange)
{
	g_autoptr(BridgeJsonReader) reader =
		bridge_json_reader_new(bridge_exchange_get_body(exchange));
	g_auto(GStrv) invite =
		api_rooms_read_invited(bridge_exchange_get_account(exchange), reader);

	if (bridge_exchange_check_reader(exchange, reader))
		bridge_rooms_create_async(bridge_exchange_get_account(exchange),
		                          (const char *const *)invite, api_rooms_created_cb,
		                          g_object_ref(exchange));
}

/* ---- Leaving --------------------------------------------------------------------------------- */

static void
api_room_left_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (bridge_rooms_leave_finish(BRIDGE_ACCOUNT(source), result, &error))
		bridge_exchange_answer_empty(exchange, 204);
	else
		bridge_exchange_fail(exchange, error);
}

void
api_room_delete(BridgeExchange *exchange)
{
	g_autofree char *jid = api_rooms_dup_known(exchange);

	if (jid != NULL)
		bridge_rooms_leave_async(bridge_exchange_get_account(exchange), jid,
		                         api_room_left_cb, g_object_ref(exchange));
}

/* ---- While it is there ----------------------------------------------------------------------- */

void
api_room_invite_post(BridgeExchange *exchange)
{
	g_autofree char *room = api_rooms_dup_known(exchange);
	g_autoptr(BridgeJsonReader) reader = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *who = NULL;
	const char *jid;
	const char *text;
	GVariantDict arguments;

	if (room == NULL)
		return;
	reader = bridge_json_reader_new(bridge_exchange_get_body(exchange));
	jid = bridge_json_reader_get_string(reader, "/jid", BRIDGE_JSON_REQUIRED,
	                                    ROOMS_JID_BYTES_MAX);
	text = bridge_json_reader_get_string(reader, "/text", BRIDGE_JSON_OPTIONAL,
	                                     ROOMS_TEXT_BYTES_MAX);
	if (jid != NULL)
		who = bridge_account_normalise_peer(bridge_exchange_get_account(exchange), jid,
		                                    &error);
	if (error != NULL)
		bridge_json_reader_refuse(reader, "/jid", error->message);
	if (!bridge_exchange_check_reader(exchange, reader))
		return;
	g_variant_dict_init(&arguments, NULL);
	g_variant_dict_insert(&arguments, "jid", "s", room);
	g_variant_dict_insert(&arguments, "who", "s", who);
	g_variant_dict_insert(&arguments, "text", "s", text != NULL ? text : "");
	api_request(exchange, "room-invite", g_variant_dict_end(&arguments), NULL);
}

void
api_room_topic_put(BridgeExchange *exchange)
{
	g_autofree char *room = api_rooms_dup_known(exchange);
	g_autoptr(BridgeJsonReader) reader = NULL;
	const char *topic;
	GVariantDict arguments;

	if (room == NULL)
		return;
	reader = bridge_json_reader_new(bridge_exchange_get_body(exchange));
	topic = bridge_json_reader_get_string(reader, "/topic", BRIDGE_JSON_REQUIRED,
	                                      ROOMS_TEXT_BYTES_MAX);
	if (!bridge_exchange_check_reader(exchange, reader))
		return;
	g_variant_dict_init(&arguments, NULL);
	g_variant_dict_insert(&arguments, "jid", "s", room);
	g_variant_dict_insert(&arguments, "topic", "s", topic);
	api_request(exchange, "room-topic", g_variant_dict_end(&arguments), NULL);
}
