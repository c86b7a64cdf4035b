/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-choice.h"

#include <string.h>

#include <json-glib/json-glib.h>

#include "base/bridge-cursor.h"

/* A server that tells it so late has told it to others before. */
#define CHOICE_NEWS_US (15 * 60 * (gint64)G_USEC_PER_SEC)

typedef struct {
	const BridgePushChoice *choice;
	GHashTable *items; /* key (borrowed) -> BridgePushItem */
} BridgePushSorting;

void
bridge_push_item_free(BridgePushItem *item)
{
	g_free(item->key);
	g_free(item->conversation);
	g_free(item->sender);
	g_free(item->body);
	g_free(item->detail);
	g_bytes_unref(item->data);
	g_free(item);
}

static const char *
bridge_push_get_text(JsonObject *data, const char *name)
{
	JsonNode *node = json_object_get_member(data, name);

	return node != NULL && JSON_NODE_HOLDS_VALUE(node) &&
	                       json_node_get_value_type(node) == G_TYPE_STRING
	               ? json_node_get_string(node)
	               : NULL;
}

static gboolean
bridge_push_is_set(JsonObject *data, const char *name)
{
	return json_object_get_boolean_member_with_default(data, name, FALSE);
}

/* ---- Words ----------------------------------------------------------------------------------- */

static gboolean
bridge_push_is_boundary(gunichar letter)
{
	return letter == 0 || !g_unichar_isalnum(letter);
}

gboolean
bridge_push_mentions(const char *body, const char *nick)
{
	g_autofree char *text = g_utf8_casefold(body, -1);
	g_autofree char *word = g_utf8_casefold(nick, -1);
	gsize length = strlen(word);

	if (length == 0)
		return FALSE;
	for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
		const char *before = at > text ? g_utf8_prev_char(at) : NULL;

		if ((before == NULL || bridge_push_is_boundary(g_utf8_get_char(before))) &&
		    bridge_push_is_boundary(g_utf8_get_char(at + length)))
			return TRUE;
	}
	return FALSE;
}

/* ---- One event ------------------------------------------------------------------------------- */

/* NULL: it is no news. */
static BridgePushItem *
bridge_push_item_new(const BridgePushChoice *choice, const BridgeEventRecord *event,
                     JsonObject *data, BridgePushKind kind, const char *conversation)
{
	BridgePushItem *item;

	if (bridge_push_is_set(data, "delayed") && event->time_us < choice->now_us - CHOICE_NEWS_US)
		return NULL;
	item = g_new0(BridgePushItem, 1);
	item->kind = kind;
	item->conversation = g_strdup(conversation);
	item->data = g_bytes_ref(event->data);
	item->off_the_record = event->off_the_record;
	item->count = 1;
	item->seq = event->seq;
	item->time_us = event->time_us;
	item->first_us = event->time_us;
	return item;
}

static BridgePushItem *
bridge_push_take_message(const BridgePushChoice *choice, const BridgeEventRecord *event,
                         JsonObject *data)
{
	const char *from = bridge_push_get_text(data, "from");
	BridgePushItem *item = bridge_push_item_new(choice, event, data, BRIDGE_PUSH_MESSAGE, from);

	if (item != NULL)
		item->body = g_strdup(bridge_push_get_text(data, "body"));
	return item;
}

static BridgePushItem *
bridge_push_take_room_message(const BridgePushChoice *choice, const BridgeEventRecord *event,
                              JsonObject *data)
{
	const char *room = bridge_push_get_text(data, "room");
	const char *body = bridge_push_get_text(data, "body");
	const char *nick = room != NULL ? choice->find_nick(room, choice->user_data) : NULL;
	BridgePushItem *item = NULL;

	if (body == NULL || nick == NULL || bridge_push_is_set(data, "own") ||
	    !bridge_push_mentions(body, nick))
		return NULL;
	item = bridge_push_item_new(choice, event, data, BRIDGE_PUSH_ROOM_MENTION, room);
	if (item != NULL) {
		item->body = g_strdup(body);
		item->sender = g_strdup(bridge_push_get_text(data, "nick"));
	}
	return item;
}

static BridgePushItem *
bridge_push_take_mail(const BridgePushChoice *choice, const BridgeEventRecord *event,
                      JsonObject *data)
{
	/* Also told when there is less of it. */
	if (json_object_get_int_member_with_default(data, "unread", 1) == 0)
		return NULL;
	return bridge_push_item_new(choice, event, data, BRIDGE_PUSH_MAIL, NULL);
}

static BridgePushItem *
bridge_push_take_request(const BridgePushChoice *choice, const BridgeEventRecord *event,
                         JsonObject *data)
{
	BridgePushKind kind = g_str_equal(event->type, "subscription.request")
	                              ? BRIDGE_PUSH_SUBSCRIPTION_REQUEST
	                      : g_str_equal(event->type, "room.invite") ? BRIDGE_PUSH_ROOM_INVITE
	                                                                : BRIDGE_PUSH_REQUEST;
	BridgePushItem *item =
		bridge_push_item_new(choice, event, data, kind, bridge_push_get_text(data, "jid"));

	if (item != NULL) {
		item->detail = g_strdup(bridge_push_get_text(data, "id"));
		item->body = g_strdup(bridge_push_get_text(data, "text"));
	}
	return item;
}

static BridgePushItem *
bridge_push_take_state(const BridgePushChoice *choice, const BridgeEventRecord *event,
                       JsonObject *data)
{
	BridgePushItem *item = NULL;

	if (g_strcmp0(bridge_push_get_text(data, "state"), "signed-out") != 0)
		return NULL;
	item = bridge_push_item_new(choice, event, data, BRIDGE_PUSH_SIGN_OUT, NULL);
	if (item != NULL)
		item->detail = g_strdup(bridge_push_get_text(data, "reason"));
	return item;
}

static BridgePushItem *
bridge_push_take_read(const BridgePushChoice *choice, const BridgeEventRecord *event,
                      JsonObject *data)
{
	BridgePushItem *item = bridge_push_item_new(choice, event, data, BRIDGE_PUSH_READ,
	                                            bridge_push_get_text(data, "jid"));

	if (item != NULL)
		item->detail = g_strdup(bridge_push_get_text(data, "cursor"));
	return item;
}

static const struct {
	const char *type;
	guint kinds; /* that it may become */
	BridgePushItem *(*take)(const BridgePushChoice *choice, const BridgeEventRecord *event,
	                        JsonObject *data);
} bridge_push_types[] = {
	{"message", 1u << BRIDGE_PUSH_MESSAGE, bridge_push_take_message},
	{"room.message", 1u << BRIDGE_PUSH_ROOM_MENTION, bridge_push_take_room_message},
	{"mail", 1u << BRIDGE_PUSH_MAIL, bridge_push_take_mail},
	{"subscription.request", 1u << BRIDGE_PUSH_SUBSCRIPTION_REQUEST, bridge_push_take_request},
	{"room.invite", 1u << BRIDGE_PUSH_ROOM_INVITE, bridge_push_take_request},
	{"request", 1u << BRIDGE_PUSH_REQUEST, bridge_push_take_request},
	{"account.state", 1u << BRIDGE_PUSH_SIGN_OUT, bridge_push_take_state},
	/* Always looked at: what was read needs no push. */
	{"read", BRIDGE_PUSH_ALL_KINDS, bridge_push_take_read},
};

static guint
bridge_push_find_place(const char *type)
{
	guint i = 0;

	while (i < G_N_ELEMENTS(bridge_push_types) && !g_str_equal(bridge_push_types[i].type, type))
		i++;
	return i;
}

gboolean
bridge_push_may_choose(const char *type)
{
	return bridge_push_find_place(type) < G_N_ELEMENTS(bridge_push_types);
}

static BridgePushItem *
bridge_push_take(const BridgePushChoice *choice, const BridgeEventRecord *event)
{
	g_autoptr(JsonParser) parser = NULL;
	gsize length = 0;
	const char *text = NULL;
	guint i = bridge_push_find_place(event->type);

	if (i == G_N_ELEMENTS(bridge_push_types) ||
	    (bridge_push_types[i].kinds & choice->kinds) == 0 || event->time_us < choice->oldest_us)
		return NULL;
	parser = json_parser_new_immutable();
	text = g_bytes_get_data(event->data, &length);
	if (!json_parser_load_from_data(parser, text, (gssize)length, NULL))
		return NULL;
	return bridge_push_types[i].take(choice, event,
	                                 json_node_get_object(json_parser_get_root(parser)));
}

/* ---- All of them ----------------------------------------------------------------------------- */

static char *
bridge_push_build_key(const BridgePushItem *item)
{
	BridgePushKind kind = item->kind == BRIDGE_PUSH_READ ? BRIDGE_PUSH_MESSAGE : item->kind;

	return g_strdup_printf("%s %s", bridge_push_kind_to_string(kind),
	                       item->conversation != NULL ? item->conversation : "");
}

/* FALSE: something newer is there of that conversation. */
static gboolean
bridge_push_reads(const BridgePushChoice *choice, const BridgePushItem *read,
                  const BridgePushItem *waiting)
{
	guint64 seq = 0;

	return waiting == NULL || read->detail == NULL ||
	       !bridge_cursor_parse(read->detail, choice->epoch, &seq, NULL) || waiting->seq <= seq;
}

/* @item: (transfer full) */
static void
bridge_push_sort(BridgePushSorting *sorting, BridgePushItem *item)
{
	const BridgePushChoice *choice = sorting->choice;
	BridgePushItem *waiting = NULL;
	gboolean wanted = TRUE;

	item->key = bridge_push_build_key(item);
	if (!choice->coalesces && item->kind != BRIDGE_PUSH_READ) {
		char *key = g_strdup_printf("%s %" G_GUINT64_FORMAT, item->key, item->seq);

		g_free(item->key);
		item->key = key;
	}
	waiting = g_hash_table_lookup(sorting->items, item->key);
	if (item->kind == BRIDGE_PUSH_READ) {
		if (bridge_push_reads(choice, item, waiting))
			g_hash_table_remove(sorting->items, item->key);
		else
			wanted = FALSE;
		wanted = wanted && (choice->kinds & 1u << BRIDGE_PUSH_READ) != 0 &&
		         (!choice->coalesces || choice->is_shown(item->key, choice->user_data));
	} else if (waiting != NULL && waiting->kind == item->kind) {
		item->count += waiting->count;
		item->first_us = MIN(item->first_us, waiting->first_us);
	}
	if (wanted)
		g_hash_table_replace(sorting->items, item->key, item);
	else
		bridge_push_item_free(item);
}

static int
bridge_push_compare(gconstpointer a, gconstpointer b)
{
	const BridgePushItem *one = *(BridgePushItem *const *)a;
	const BridgePushItem *other = *(BridgePushItem *const *)b;

	return one->seq < other->seq ? -1 : one->seq > other->seq;
}

GPtrArray *
bridge_push_choose(GPtrArray *events, const BridgePushChoice *choice)
{
	BridgePushSorting sorting = {choice};
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)bridge_push_item_free);
	GHashTableIter iter;
	gpointer value;

	sorting.items = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
	                                      (GDestroyNotify)bridge_push_item_free);
	for (guint i = 0; i < events->len; i++) {
		BridgePushItem *item = bridge_push_take(choice, g_ptr_array_index(events, i));

		if (item != NULL)
			bridge_push_sort(&sorting, item);
	}
	g_hash_table_iter_init(&iter, sorting.items);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		g_hash_table_iter_steal(&iter);
		g_ptr_array_add(list, value);
	}
	g_hash_table_unref(sorting.items);
	g_ptr_array_sort(list, bridge_push_compare);
	return list;
}
