/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-rooms-private.h"

#include "base/bridge-backoff.h"
#include "base/bridge-jid.h"
#include "base/bridge-log.h"
#include "bridge-requests.h"
#include "base/bridge-text.h"

#define ROOMS_NAME "rooms"
#define ROOMS_CREATING "bridge-rooms-creating" /* of the account's data: how many */
#define ROOMS_KEPT_TYPE "a" BRIDGE_ROOM_KEPT_TYPE
#define ROOMS_JOINING_MAX 8 /* at a time, of one account */
#define ROOMS_NAME_BYTES_MAX 1023
#define ROOMS_DOUBT_MS 20000 /* a host asks the room, and tells if it is lost */

/* ---- The rooms of an account ----------------------------------------------------------------- */

static GHashTable *
bridge_rooms_load(BridgeAccount *account)
{
	GHashTable *rooms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
	                                          (GDestroyNotify)bridge_room_free);
	g_autoptr(GVariant) kept = bridge_account_dup_kept(account, ROOMS_NAME);

	if (kept == NULL || !g_variant_is_of_type(kept, G_VARIANT_TYPE(ROOMS_KEPT_TYPE)))
		return rooms;
	for (gsize i = 0; i < g_variant_n_children(kept); i++) {
		g_autoptr(GVariant) child = g_variant_get_child_value(kept, i);
		BridgeRoom *room = bridge_room_new_from_kept(child);

		room->account = account;
		g_hash_table_replace(rooms, room->jid, room);
	}
	return rooms;
}

static GHashTable *
bridge_rooms_of(BridgeAccount *account)
{
	GHashTable *rooms = g_object_get_data(G_OBJECT(account), ROOMS_NAME);

	if (rooms != NULL)
		return rooms;
	rooms = bridge_rooms_load(account);
	g_object_set_data_full(G_OBJECT(account), ROOMS_NAME, rooms,
	                       (GDestroyNotify)g_hash_table_unref);
	return rooms;
}

static gint
bridge_rooms_compare(gconstpointer a, gconstpointer b)
{
	const BridgeRoom *first = *(BridgeRoom *const *)a;
	const BridgeRoom *second = *(BridgeRoom *const *)b;

	return g_strcmp0(first->jid, second->jid);
}

GPtrArray *
bridge_rooms_list(BridgeAccount *account)
{
	GPtrArray *list = g_ptr_array_new();
	GHashTableIter iter;
	gpointer room;

	g_hash_table_iter_init(&iter, bridge_rooms_of(account));
	while (g_hash_table_iter_next(&iter, NULL, &room))
		g_ptr_array_add(list, room);
	g_ptr_array_sort(list, bridge_rooms_compare);
	return list;
}

BridgeRoom *
bridge_rooms_find(BridgeAccount *account, const char *jid)
{
	return g_hash_table_lookup(bridge_rooms_of(account), jid);
}

char *
bridge_rooms_normalise(BridgeAccount *account, const char *text, GError **error)
{
	if (g_strcmp0(account->protocol->name, BRIDGE_PROTOCOL_DEFAULT) == 0)
		return bridge_jid_normalise_peer(text, error);
	if (!bridge_text_check_line(text, ROOMS_NAME_BYTES_MAX, "the room", error))
		return NULL;
	return g_utf8_strdown(text, -1);
}

BridgeRoomGate
bridge_rooms_get_gate(BridgeAccount *account, const char *jid)
{
	const BridgeRoom *room = bridge_rooms_find(account, jid);

	if (room == NULL)
		return BRIDGE_ROOM_GATE_NONE;
	return room->state == BRIDGE_ROOM_JOINED && room->doubt == 0 &&
	                       (room->ready || !room->in_doubt)
	               ? BRIDGE_ROOM_GATE_OPEN
	               : BRIDGE_ROOM_GATE_CLOSED;
}

/* It was not lost after all. */
static gboolean
bridge_room_doubt_cb(gpointer user_data)
{
	BridgeRoom *room = user_data;

	room->doubt = 0;
	bridge_account_pump(room->account);
	return G_SOURCE_REMOVE;
}

gboolean
bridge_rooms_doubt(BridgeAccount *account, const char *jid)
{
	BridgeRoom *room = bridge_rooms_find(account, jid);

	if (room != NULL && room->state == BRIDGE_ROOM_JOINED && room->doubt == 0)
		room->doubt = g_timeout_add(ROOMS_DOUBT_MS, bridge_room_doubt_cb, room);
	return room != NULL;
}

void
bridge_rooms_keep(BridgeAccount *account, BridgeWrite *write)
{
	g_autoptr(GPtrArray) list = bridge_rooms_list(account);
	GVariantBuilder kept;

	g_variant_builder_init(&kept, G_VARIANT_TYPE(ROOMS_KEPT_TYPE));
	for (guint i = 0; i < list->len; i++) {
		BridgeRoom *room = g_ptr_array_index(list, i);

		if (!room->wanted)
			continue;
		room->kept_us = room->seen_us;
		g_variant_builder_add_value(&kept, bridge_room_build_kept(room));
	}
	if (!bridge_account_keep(account, write, ROOMS_NAME, g_variant_builder_end(&kept)))
		bridge_log_account(G_LOG_LEVEL_WARNING, bridge_account_get_id(account),
		                   "account %s: its rooms are too much to be kept",
		                   bridge_account_get_id(account));
}

/* ---- Who waits ------------------------------------------------------------------------------- */

static void
bridge_room_add_task(BridgeRoom *room, GTask *task)
{
	if (room->tasks == NULL)
		room->tasks = g_ptr_array_new_with_free_func(g_object_unref);
	g_ptr_array_add(room->tasks, g_object_ref(task));
}

static void
bridge_room_fail_tasks(BridgeRoom *room, BridgeError code, const char *sentence)
{
	g_autoptr(GPtrArray) tasks = g_steal_pointer(&room->tasks);

	for (guint i = 0; tasks != NULL && i < tasks->len; i++)
		g_task_return_new_error(g_ptr_array_index(tasks, i), BRIDGE_ERROR, (gint)code, "%s",
		                        sentence);
}

static void
bridge_rooms_remove(BridgeAccount *account, BridgeRoom *room)
{
	g_hash_table_remove(bridge_rooms_of(account), room->jid);
}

/* ---- Entering -------------------------------------------------------------------------------- */

static void
bridge_rooms_go_on(BridgeAccount *account);

/* Those who wait hear of it when it is durable. */
static void
bridge_rooms_committed_cb(BridgeAccount *account, const GError *error, gpointer data)
{
	g_autoptr(GPtrArray) tasks = data;

	for (guint i = 0; tasks != NULL && i < tasks->len; i++) {
		if (error != NULL)
			g_task_return_error(g_ptr_array_index(tasks, i), g_error_copy(error));
		else
			g_task_return_boolean(g_ptr_array_index(tasks, i), TRUE);
	}
	bridge_account_pump(account);
}

void
bridge_room_entered(BridgeAccount *account, BridgeWrite *write, BridgeRoom *room, const char *nick)
{
	gboolean is_news = !room->wanted || room->trouble != NULL || !g_str_equal(room->nick, nick);

	room->state = BRIDGE_ROOM_JOINED;
	room->wanted = TRUE;
	room->attempts = 0;
	if (!is_news)
		return;
	bridge_room_set_nick(room, nick);
	bridge_room_set_trouble(room, NULL);
	bridge_rooms_keep(account, write);
	bridge_write_add_event(write, bridge_event_new_room_state(room, "joined", NULL, NULL, NULL),
	                       NULL);
	bridge_requests_close_invitation(account, write, room->jid);
}

static gboolean
bridge_room_retry_cb(gpointer user_data)
{
	BridgeRoom *room = user_data;

	room->retry = 0;
	bridge_rooms_go_on(room->account);
	return G_SOURCE_REMOVE;
}

static void
bridge_room_wait(BridgeAccount *account, BridgeWrite *write, BridgeRoom *room, const char *reason,
                 const char *detail)
{
	gint64 delay_us = bridge_backoff_get_delay_us(room->attempts++);

	bridge_room_reset(room);
	room->retry = g_timeout_add((guint)(delay_us / 1000), bridge_room_retry_cb, room);
	if (g_strcmp0(room->trouble, reason) == 0)
		return;
	bridge_room_set_trouble(room, reason);
	bridge_rooms_keep(account, write);
	bridge_write_add_event(
		write, bridge_event_new_room_state(room, "waiting", reason, detail, NULL), NULL);
}

/* Frees @room. */
static void
bridge_room_drop(BridgeAccount *account, BridgeWrite *write, BridgeRoom *room, const char *reason,
                 const char *detail, const char *alternative)
{
	bridge_write_add_event(
		write, bridge_event_new_room_state(room, "left", reason, detail, alternative),
		NULL);
	bridge_account_sendings_to_failed(account, write, room->jid, reason,
	                                  detail != NULL ? detail
	                                                 : bridge_room_reason_get_sentence(reason));
	bridge_rooms_remove(account, room);
	bridge_rooms_keep(account, write);
}

void
bridge_room_lost(BridgeAccount *account, BridgeWrite *write, BridgeRoom *room, const char *reason,
                 const char *detail, const char *alternative)
{
	const char *sentence = *detail != '\0' ? detail : bridge_room_reason_get_sentence(reason);

	bridge_room_fail_tasks(room, bridge_room_reason_get_error(reason), sentence);
	if (!room->wanted)
		bridge_rooms_remove(account, room);
	else if (bridge_room_reason_is_final(reason))
		bridge_room_drop(account, write, room, reason, sentence, alternative);
	else
		bridge_room_wait(account, write, room, reason, sentence);
}

typedef struct {
	char *jid;
	guint entry;
} BridgeRoomAttempt;

static void
bridge_room_attempt_free(BridgeRoomAttempt *attempt)
{
	g_free(attempt->jid);
	g_free(attempt);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeRoomAttempt, bridge_room_attempt_free)

/* The request itself has failed. Frees @room, or makes it wait. */
static void
bridge_room_attempt_failed(BridgeAccount *account, BridgeWrite *write, BridgeRoom *room,
                           const GError *error)
{
	bridge_room_fail_tasks(room, (BridgeError)error->code, error->message);
	if (!room->wanted)
		bridge_rooms_remove(account, room);
	else if (!g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_ONLINE))
		bridge_room_wait(account, write, room, BRIDGE_ROOM_REASON_NO_ANSWER,
		                 error->message);
	else
		bridge_room_reset(room); /* until the next sign-in */
}

static void
bridge_room_attempted_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeAccount *account = BRIDGE_ACCOUNT(source);
	g_autoptr(BridgeRoomAttempt) attempt = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer = bridge_account_request_finish(account, result, &error);
	BridgeRoom *room = bridge_rooms_find(account, attempt->jid);
	BridgeWrite *write;
	GPtrArray *waiting = NULL;
	const char *reason = NULL;
	const char *text = "";

	if (room == NULL || room->entry != attempt->entry)
		return;
	write = bridge_write_new(account, NULL);
	if (answer == NULL) {
		bridge_room_attempt_failed(account, write, room, error);
	} else if (g_variant_lookup(answer, "reason", "&s", &reason)) {
		g_variant_lookup(answer, "detail", "&s", &text);
		bridge_room_lost(account, write, room, reason, text, NULL);
	} else if (g_variant_lookup(answer, "nick", "&s", &text)) {
		waiting = g_steal_pointer(&room->tasks);
		bridge_room_entered(account, write, room, text);
		if (waiting != NULL)
			bridge_write_add_record(write);
	}
	bridge_write_try(write, bridge_rooms_committed_cb, waiting);
	bridge_rooms_go_on(account);
}

static void
bridge_room_attempt(BridgeAccount *account, BridgeRoom *room)
{
	BridgeRoomAttempt *attempt = g_new0(BridgeRoomAttempt, 1);
	GVariantDict arguments;

	bridge_room_reset(room);
	room->state = BRIDGE_ROOM_JOINING;
	room->in_doubt = bridge_account_is_in_doubt(account, room->jid);
	attempt->jid = g_strdup(room->jid);
	attempt->entry = room->entry;
	g_variant_dict_init(&arguments, NULL);
	g_variant_dict_insert(&arguments, "jid", "s", room->jid);
	g_variant_dict_insert(&arguments, "nick", "s", room->nick);
	g_variant_dict_insert_value(&arguments, "components", room->components);
	g_variant_dict_insert(&arguments, "since", "x",
	                      MAX(room->seen_us - BRIDGE_ROOM_SLACK_US, 0));
	bridge_account_request_async(account, "room-join", g_variant_dict_end(&arguments),
	                             bridge_room_attempted_cb, attempt);
}

/* The next ones that wait to be entered. */
static void
bridge_rooms_go_on(BridgeAccount *account)
{
	g_autoptr(GPtrArray) list = bridge_rooms_list(account);
	guint n_joining = 0;

	if (account->state != BRIDGE_ACCOUNT_ONLINE || account->session == NULL)
		return;
	for (guint i = 0; i < list->len; i++)
		if (((BridgeRoom *)g_ptr_array_index(list, i))->state == BRIDGE_ROOM_JOINING)
			n_joining++;
	for (guint i = 0; i < list->len && n_joining < ROOMS_JOINING_MAX; i++) {
		BridgeRoom *room = g_ptr_array_index(list, i);

		if (room->state != BRIDGE_ROOM_WAITING || room->retry != 0)
			continue;
		bridge_room_attempt(account, room);
		n_joining++;
	}
}

/* ---- For those who ask ----------------------------------------------------------------------- */

static void
bridge_rooms_refuse(GTask *task, BridgeError code, const char *sentence)
{
	g_task_return_new_error(task, BRIDGE_ERROR, (gint)code, "%s", sentence);
}

/* FALSE: it is answered. */
static gboolean
bridge_rooms_check_join(BridgeAccount *account, const BridgeRoom *room, const char *nick,
                        GTask *task)
{
	gboolean is_other = room != NULL && nick != NULL && !g_str_equal(room->nick, nick);

	if (account->state != BRIDGE_ACCOUNT_ONLINE)
		bridge_rooms_refuse(task, BRIDGE_ERROR_NOT_ONLINE, "the account is not signed in");
	else if (room == NULL && g_hash_table_size(bridge_rooms_of(account)) >= BRIDGE_ROOMS_MAX)
		bridge_rooms_refuse(task, BRIDGE_ERROR_INVALID,
		                    "the account is in as many rooms as it can be");
	else if (is_other && room->state != BRIDGE_ROOM_WAITING)
		bridge_rooms_refuse(task, BRIDGE_ERROR_INVALID,
		                    "another nickname is to be had by leaving the room first");
	else if (room != NULL && room->state == BRIDGE_ROOM_JOINED)
		g_task_return_boolean(task, TRUE);
	else
		return TRUE;
	return FALSE;
}

void
bridge_rooms_join_async(BridgeAccount *account, const char *jid, const char *nick,
                        GVariant *components, GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(account, NULL, callback, user_data);
	g_autoptr(GVariant) owned = components != NULL ? g_variant_ref_sink(components) : NULL;
	BridgeRoom *room;

	g_return_if_fail(BRIDGE_IS_ACCOUNT(account));

	g_task_set_source_tag(task, bridge_rooms_join_async);
	room = bridge_rooms_find(account, jid);
	if (!bridge_rooms_check_join(account, room, nick, task))
		return;
	if (room == NULL) {
		room = bridge_room_new(jid);
		room->account = account;
		g_hash_table_insert(bridge_rooms_of(account), room->jid, room);
	}
	bridge_room_add_task(room, task);
	if (room->state != BRIDGE_ROOM_WAITING)
		return;
	if (nick != NULL)
		bridge_room_set_nick(room, nick);
	if (owned != NULL)
		bridge_room_set_components(room, owned);
	bridge_room_attempt(account, room);
}

gboolean
bridge_rooms_join_finish(BridgeAccount *account, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, account), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* Whatever comes of it: the room is none of the account's any more. */
static void
bridge_rooms_left_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = user_data;
	g_autoptr(GVariant) answer =
		bridge_account_request_finish(BRIDGE_ACCOUNT(source), result, NULL);

	if (task != NULL)
		g_task_return_boolean(task, TRUE);
}

/* @task: (nullable) (transfer full) */
static void
bridge_rooms_request_leave(BridgeAccount *account, const char *jid, GTask *task)
{
	GVariantDict arguments;

	g_variant_dict_init(&arguments, NULL);
	g_variant_dict_insert(&arguments, "jid", "s", jid);
	bridge_account_request_async(account, "room-leave", g_variant_dict_end(&arguments),
	                             bridge_rooms_left_cb, task);
}

/* How many rooms are being made whose addresses are not known yet. */
static guint
bridge_rooms_count_creating(BridgeAccount *account, gint change)
{
	guint count =
		GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(account), ROOMS_CREATING)) + change;

	if (change != 0)
		g_object_set_data(G_OBJECT(account), ROOMS_CREATING, GUINT_TO_POINTER(count));
	return count;
}

/* Answers and events do not come in one order: it may be the new one. */
void
bridge_rooms_leave_unwanted(BridgeAccount *account, const char *jid)
{
	if (bridge_rooms_count_creating(account, 0) == 0)
		bridge_rooms_request_leave(account, jid, NULL);
}

static void
bridge_rooms_dropped_cb(BridgeAccount *account, const GError *error, gpointer data)
{
	g_autoptr(GTask) task = data;
	const char *jid = g_task_get_task_data(task);

	if (error != NULL)
		g_task_return_error(task, g_error_copy(error));
	else if (bridge_rooms_find(account, jid) != NULL) /* it is to be entered again already */
		g_task_return_boolean(task, TRUE);
	else
		bridge_rooms_request_leave(account, jid, g_steal_pointer(&task));
}

void
bridge_rooms_leave_async(BridgeAccount *account, const char *jid, GAsyncReadyCallback callback,
                         gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(account, NULL, callback, user_data);
	BridgeRoom *room;
	BridgeWrite *write;

	g_return_if_fail(BRIDGE_IS_ACCOUNT(account));

	g_task_set_source_tag(task, bridge_rooms_leave_async);
	g_task_set_task_data(task, g_strdup(jid), g_free);
	room = bridge_rooms_find(account, jid);
	if (room == NULL) {
		bridge_rooms_refuse(task, BRIDGE_ERROR_NOT_FOUND,
		                    "the account is not in that room");
		return;
	}
	bridge_room_fail_tasks(room, BRIDGE_ERROR_REFUSED, "the room has been left meanwhile");
	write = bridge_write_new(account, NULL);
	bridge_room_drop(account, write, room, BRIDGE_ROOM_REASON_LEFT, NULL, NULL);
	bridge_write_try(write, bridge_rooms_dropped_cb, g_steal_pointer(&task));
}

gboolean
bridge_rooms_leave_finish(BridgeAccount *account, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, account), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* ---- New ones -------------------------------------------------------------------------------- */

static void
bridge_rooms_created_entered_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	g_autoptr(GError) error = NULL;

	if (bridge_rooms_join_finish(BRIDGE_ACCOUNT(source), result, &error))
		g_task_return_pointer(task, g_strdup(g_task_get_task_data(task)), g_free);
	else
		g_task_return_error(task, g_steal_pointer(&error));
}

static void
bridge_rooms_created_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeAccount *account = BRIDGE_ACCOUNT(source);
	g_autoptr(GTask) task = G_TASK(user_data);
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer = bridge_account_request_finish(account, result, &error);
	g_autofree char *room = NULL;
	const char *told = "";

	bridge_rooms_count_creating(account, -1);
	if (answer == NULL) {
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	g_variant_lookup(answer, "jid", "&s", &told);
	room = bridge_rooms_normalise(account, told, &error);
	if (room == NULL) {
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	g_task_set_task_data(task, g_strdup(room), g_free);
	bridge_rooms_join_async(account, room, NULL, NULL, bridge_rooms_created_entered_cb,
	                        g_steal_pointer(&task));
}

void
bridge_rooms_create_async(BridgeAccount *account, const char *const *invite,
                          GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(account, NULL, callback, user_data);
	GVariantDict arguments;

	g_return_if_fail(BRIDGE_IS_ACCOUNT(account));

	g_task_set_source_tag(task, bridge_rooms_create_async);
	g_variant_dict_init(&arguments, NULL);
	g_variant_dict_insert(&arguments, "invite", "^as", invite);
	bridge_rooms_count_creating(account, 1);
	bridge_account_request_async(account, "room-create", g_variant_dict_end(&arguments),
	                             bridge_rooms_created_cb, task);
}

char *
bridge_rooms_create_finish(BridgeAccount *account, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, account), NULL);
	return g_task_propagate_pointer(G_TASK(result), error);
}

/* ---- The feature ----------------------------------------------------------------------------- */

/* Those that were never entered have only those who wait for it. */
static void
bridge_rooms_offline(BridgeAccount *account, BridgeWrite *write)
{
	g_autoptr(GPtrArray) list = bridge_rooms_list(account);

	for (guint i = 0; i < list->len; i++) {
		BridgeRoom *room = g_ptr_array_index(list, i);

		bridge_room_fail_tasks(room, BRIDGE_ERROR_NOT_ONLINE,
		                       "the account went offline before the room was entered");
		bridge_room_reset(room);
		if (!room->wanted)
			bridge_rooms_remove(account, room);
	}
}

static void
bridge_rooms_online(BridgeAccount *account, BridgeWrite *write)
{
	bridge_rooms_offline(account, write); /* of the session before, whose end nobody told */
	bridge_rooms_go_on(account);
}

const BridgeAccountFeature bridge_rooms_feature = {
	.name = ROOMS_NAME,
	.news = bridge_room_news,
	.online = bridge_rooms_online,
	.offline = bridge_rooms_offline,
};
