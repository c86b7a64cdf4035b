/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-conversations.h"

#include "bridge-account-feature.h"
#include "base/bridge-cursor.h"
#include "base/bridge-error.h"
#include "bridge-events.h"

#define CONVERSATIONS_KEY "conversations"
#define CONVERSATIONS_KEPT "read" /* a{st}: address -> seq */
#define CONVERSATIONS_KEPT_MAX 2000
#define CONVERSATIONS_CHUNK 500 /* events at a time */

typedef struct {
	GHashTable *of;     /* address -> BridgeConversation */
	gboolean loaded;    /* history is read to its beginning */
	guint64 known;      /* the highest seq that is in it, once loaded */
	guint64 target;     /* while history is being read: where that began */
	GPtrArray *waiting; /* of GTask; NULL: nothing is being read */
} BridgeConversations;

/* ---- One conversation ------------------------------------------------------------------------ */

static void
bridge_conversation_free(gpointer data)
{
	BridgeConversation *conversation = data;

	g_clear_pointer(&conversation->kept, bridge_event_record_free);
	g_clear_pointer(&conversation->hushed, bridge_event_record_free);
	g_array_unref(conversation->unread);
	g_free(conversation->jid);
	g_free(conversation);
}

static BridgeConversation *
bridge_conversations_ensure(BridgeConversations *self, const char *jid)
{
	BridgeConversation *conversation = g_hash_table_lookup(self->of, jid);

	if (conversation != NULL)
		return conversation;
	conversation = g_new0(BridgeConversation, 1);
	conversation->jid = g_strdup(jid);
	conversation->unread = g_array_new(FALSE, FALSE, sizeof(guint64));
	g_hash_table_insert(self->of, conversation->jid, conversation);
	return conversation;
}

const BridgeEventRecord *
bridge_conversation_get_last(const BridgeConversation *conversation)
{
	return conversation->hushed != NULL ? conversation->hushed : conversation->kept;
}

static void
bridge_conversation_note_last(BridgeConversation *conversation, const BridgeEventRecord *event,
                              gboolean newer)
{
	BridgeEventRecord **place =
		event->off_the_record ? &conversation->hushed : &conversation->kept;

	/* Backwards: what lies before the last one on the record is of no interest. */
	if (!newer && (*place != NULL || conversation->kept != NULL))
		return;
	if (newer)
		g_clear_pointer(&conversation->hushed, bridge_event_record_free);
	g_clear_pointer(place, bridge_event_record_free);
	*place = bridge_event_record_copy(event);
}

/* @newer: than all that is in it; else older */
static void
bridge_conversation_add(BridgeConversation *conversation, const BridgeEventRecord *event,
                        gboolean incoming, gboolean newer)
{
	GArray *unread = conversation->unread;

	bridge_conversation_note_last(conversation, event, newer);
	if (!incoming || event->seq <= conversation->read ||
	    unread->len >= BRIDGE_CONVERSATION_UNREAD_MAX)
		return;
	if (newer)
		g_array_append_val(unread, event->seq);
	else
		g_array_prepend_val(unread, event->seq);
}

static void
bridge_conversation_mark(BridgeConversation *conversation, guint64 seq)
{
	GArray *unread = conversation->unread;
	guint n_read = 0;

	conversation->read = seq;
	while (n_read < unread->len && g_array_index(unread, guint64, n_read) <= seq)
		n_read++;
	if (n_read > 0)
		g_array_remove_range(unread, 0, n_read);
}

/* ---- All of them ----------------------------------------------------------------------------- */

static void
bridge_conversations_free(gpointer data)
{
	BridgeConversations *self = data;

	g_hash_table_unref(self->of);
	g_clear_pointer(&self->waiting, g_ptr_array_unref);
	g_free(self);
}

static void
bridge_conversations_restore_marks(BridgeConversations *self, BridgeAccount *account)
{
	g_autoptr(GVariant) kept = bridge_account_dup_kept(account, CONVERSATIONS_KEPT);
	GVariantIter iter;
	const char *jid;
	guint64 seq;

	if (kept == NULL || !g_variant_is_of_type(kept, G_VARIANT_TYPE("a{st}")))
		return;
	g_variant_iter_init(&iter, kept);
	while (g_variant_iter_next(&iter, "{&st}", &jid, &seq))
		bridge_conversations_ensure(self, jid)->read = seq;
}

static BridgeConversations *
bridge_conversations_of(BridgeAccount *account)
{
	BridgeConversations *self = g_object_get_data(G_OBJECT(account), CONVERSATIONS_KEY);

	if (self != NULL)
		return self;
	self = g_new0(BridgeConversations, 1);
	self->of = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, bridge_conversation_free);
	bridge_conversations_restore_marks(self, account);
	g_object_set_data_full(G_OBJECT(account), CONVERSATIONS_KEY, self,
	                       bridge_conversations_free);
	return self;
}

static void
bridge_conversations_add(BridgeConversations *self, const BridgeEventRecord *event, gboolean newer)
{
	gboolean incoming = FALSE;
	g_autofree char *peer = bridge_event_dup_peer(event, &incoming);

	if (peer != NULL)
		bridge_conversation_add(bridge_conversations_ensure(self, peer), event, incoming,
		                        newer);
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* @error: (nullable) */
static void
bridge_conversations_answer(BridgeConversations *self, const GError *error)
{
	g_autoptr(GPtrArray) waiting = g_steal_pointer(&self->waiting);

	for (guint i = 0; i < waiting->len; i++) {
		GTask *task = g_ptr_array_index(waiting, i);

		if (error != NULL)
			g_task_return_error(task, g_error_copy(error));
		else
			g_task_return_boolean(task, TRUE);
	}
}

static void
bridge_conversations_begin(BridgeConversations *self, BridgeAccount *account);
static void
bridge_conversations_go_on(BridgeConversations *self, BridgeAccount *account, guint64 before);

static void
bridge_conversations_history_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeAccount) account = BRIDGE_ACCOUNT(user_data);
	BridgeConversations *self = bridge_conversations_of(account);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) events =
		bridge_store_read_history_finish(BRIDGE_STORE(source), result, &error);
	guint64 before = 0;

	if (events == NULL) {
		bridge_conversations_answer(self, error);
		return;
	}
	for (guint i = 0; i < events->len; i++) {
		const BridgeEventRecord *event = g_ptr_array_index(events, i);

		before = event->seq;
		bridge_conversations_add(self, event, FALSE);
	}
	if (before <= 1) {
		self->loaded = TRUE;
		self->known = self->target;
	}
	bridge_conversations_go_on(self, account, before);
}

static void
bridge_conversations_news_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeAccount) account = BRIDGE_ACCOUNT(user_data);
	BridgeConversations *self = bridge_conversations_of(account);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) events =
		bridge_store_read_events_finish(BRIDGE_STORE(source), result, &error);

	if (g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_CURSOR_EXPIRED)) {
		/* Not asked for so long that history has moved on. */
		bridge_conversations_begin(self, account);
		return;
	}
	if (events == NULL) {
		bridge_conversations_answer(self, error);
		return;
	}
	for (guint i = 0; i < events->len; i++) {
		const BridgeEventRecord *event = g_ptr_array_index(events, i);

		self->known = event->seq;
		bridge_conversations_add(self, event, TRUE);
	}
	if (events->len == 0)
		self->known = MAX(self->known, account->seq); /* what was there has gone */
	bridge_conversations_go_on(self, account, 0);
}

static guint64
bridge_conversations_find_acked(GPtrArray *devices)
{
	guint64 acked = devices->len > 0 ? G_MAXUINT64 : 0;

	for (guint i = 0; i < devices->len; i++)
		acked = MIN(acked,
		            ((const BridgeDeviceRecord *)g_ptr_array_index(devices, i))->acked_seq);
	return acked;
}

/* What is off the record leaves the store when every device has acknowledged it. */
static void
bridge_conversations_devices_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeAccount) account = BRIDGE_ACCOUNT(user_data);
	BridgeConversations *self = bridge_conversations_of(account);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) devices =
		bridge_store_load_devices_finish(BRIDGE_STORE(source), result, &error);
	guint64 acked = devices != NULL ? bridge_conversations_find_acked(devices) : 0;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, self->of);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		BridgeConversation *conversation = value;

		if (conversation->hushed != NULL && conversation->hushed->seq <= acked)
			g_clear_pointer(&conversation->hushed, bridge_event_record_free);
	}
	bridge_conversations_answer(self, error);
}

static gboolean
bridge_conversations_have_hushed(BridgeConversations *self)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, self->of);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (((const BridgeConversation *)value)->hushed != NULL)
			return TRUE;
	return FALSE;
}

/* @before: where to go on in history, while that is not read to its beginning */
static void
bridge_conversations_go_on(BridgeConversations *self, BridgeAccount *account, guint64 before)
{
	if (!self->loaded)
		bridge_store_read_history_async(
			account->store, account->record->id, before, CONVERSATIONS_CHUNK, NULL,
			bridge_conversations_history_cb, g_object_ref(account));
	else if (self->known < account->seq)
		bridge_store_read_events_async(account->store, account->record->id, self->known,
		                               CONVERSATIONS_CHUNK, NULL,
		                               bridge_conversations_news_cb, g_object_ref(account));
	else if (bridge_conversations_have_hushed(self))
		bridge_store_load_devices_async(account->store, account->record->id, NULL,
		                                bridge_conversations_devices_cb,
		                                g_object_ref(account));
	else
		bridge_conversations_answer(self, NULL);
}

/* Reads all of history, whatever was read of it. */
static void
bridge_conversations_begin(BridgeConversations *self, BridgeAccount *account)
{
	g_hash_table_remove_all(self->of);
	bridge_conversations_restore_marks(self, account);
	self->loaded = FALSE;
	self->target = account->seq;
	bridge_conversations_go_on(self, account, self->target + 1);
}

void
bridge_conversations_load_async(BridgeAccount *account, GAsyncReadyCallback callback,
                                gpointer user_data)
{
	GTask *task = g_task_new(account, NULL, callback, user_data);
	BridgeConversations *self;

	g_return_if_fail(BRIDGE_IS_ACCOUNT(account));

	g_task_set_source_tag(task, bridge_conversations_load_async);
	self = bridge_conversations_of(account);
	if (self->waiting != NULL) {
		g_ptr_array_add(self->waiting, task);
		return;
	}
	self->waiting = g_ptr_array_new_with_free_func(g_object_unref);
	g_ptr_array_add(self->waiting, task);
	if (self->loaded)
		bridge_conversations_go_on(self, account, 0);
	else
		bridge_conversations_begin(self, account);
}

gboolean
bridge_conversations_load_finish(BridgeAccount *account, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, account), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

static gint
bridge_conversations_compare(gconstpointer a, gconstpointer b)
{
	const BridgeConversation *first = *(BridgeConversation *const *)a;
	const BridgeConversation *second = *(BridgeConversation *const *)b;

	return bridge_conversation_get_last(first)->seq > bridge_conversation_get_last(second)->seq
	               ? -1
	               : 1;
}

GPtrArray *
bridge_conversations_get(BridgeAccount *account)
{
	BridgeConversations *self = bridge_conversations_of(account);
	GPtrArray *found = g_ptr_array_new();
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, self->of);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (bridge_conversation_get_last(value) != NULL)
			g_ptr_array_add(found, value);
	g_ptr_array_sort(found, bridge_conversations_compare);
	return found;
}

guint
bridge_conversations_get_unread(BridgeAccount *account, const char *jid)
{
	BridgeConversations *self = bridge_conversations_of(account);
	const BridgeConversation *conversation = g_hash_table_lookup(self->of, jid);

	return conversation != NULL ? conversation->unread->len : 0;
}

/* ---- Read ------------------------------------------------------------------------------------ */

static gint
bridge_conversations_compare_marks(gconstpointer a, gconstpointer b)
{
	const BridgeConversation *first = *(BridgeConversation *const *)a;
	const BridgeConversation *second = *(BridgeConversation *const *)b;

	return first->read > second->read ? -1 : first->read < second->read;
}

/* The oldest marks give way when there are too many. */
static GVariant *
bridge_conversations_build_marks(BridgeConversations *self)
{
	g_autoptr(GPtrArray) marked = g_ptr_array_new();
	GVariantBuilder marks;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, self->of);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (((BridgeConversation *)value)->read > 0)
			g_ptr_array_add(marked, value);
	g_ptr_array_sort(marked, bridge_conversations_compare_marks);
	g_variant_builder_init(&marks, G_VARIANT_TYPE("a{st}"));
	for (guint i = 0; i < MIN(marked->len, CONVERSATIONS_KEPT_MAX); i++) {
		const BridgeConversation *conversation = g_ptr_array_index(marked, i);

		g_variant_builder_add(&marks, "{st}", conversation->jid, conversation->read);
	}
	return g_variant_builder_end(&marks);
}

static void
bridge_conversations_read_cb(BridgeAccount *account, const GError *error, gpointer data)
{
	g_autoptr(GTask) task = G_TASK(data);

	if (error != NULL)
		g_task_return_error(task, g_error_copy(error));
	else
		g_task_return_boolean(task, TRUE);
}

void
bridge_conversations_read_async(BridgeAccount *account, const char *jid, guint64 seq,
                                GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(account, NULL, callback, user_data);
	g_autofree char *cursor = NULL;
	BridgeConversations *self;
	BridgeConversation *conversation;
	BridgeWrite *write;

	g_return_if_fail(BRIDGE_IS_ACCOUNT(account));

	g_task_set_source_tag(task, bridge_conversations_read_async);
	self = bridge_conversations_of(account);
	conversation = bridge_conversations_ensure(self, jid);
	if (seq <= conversation->read) {
		g_task_return_boolean(task, TRUE);
		return;
	}
	bridge_conversation_mark(conversation, seq);
	cursor = bridge_cursor_format(bridge_store_get_epoch(account->store), seq);
	write = bridge_write_new(account, NULL);
	bridge_account_keep(account, write, CONVERSATIONS_KEPT,
	                    bridge_conversations_build_marks(self));
	bridge_write_add_event(write, bridge_event_new_read(jid, cursor), NULL);
	bridge_write_try(write, bridge_conversations_read_cb, g_steal_pointer(&task));
}

gboolean
bridge_conversations_read_finish(BridgeAccount *account, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, account), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}
