/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-event-tail.h"

struct _BridgeEventTail {
	GObject parent_instance;

	BridgeAccounts *accounts;
	GQueue entries; /* of BridgeTailEntry, oldest first */
	guint64 last;
	GHashTable *counts; /* type (interned) -> guint64 * */
};

G_DEFINE_FINAL_TYPE(BridgeEventTail, bridge_event_tail, G_TYPE_OBJECT)

enum { BRIDGE_EVENT_TAIL_GROWN, BRIDGE_EVENT_TAIL_N_SIGNALS };
static guint bridge_event_tail_signals[BRIDGE_EVENT_TAIL_N_SIGNALS];

static void
bridge_tail_entry_free(gpointer data)
{
	BridgeTailEntry *entry = data;

	g_free(entry->account_id);
	g_free(entry);
}

static void
bridge_event_tail_count(BridgeEventTail *self, const char *type)
{
	guint64 *count = g_hash_table_lookup(self->counts, type);

	if (count == NULL) {
		count = g_new0(guint64, 1);
		g_hash_table_insert(self->counts, (gpointer)type, count);
	}
	(*count)++;
}

static void
bridge_event_tail_add(BridgeEventTail *self, BridgeAccount *account, const BridgeEventRecord *event)
{
	BridgeTailEntry *entry = g_new0(BridgeTailEntry, 1);

	entry->number = ++self->last;
	entry->time_us = g_get_real_time();
	entry->account_id = g_strdup(bridge_account_get_id(account));
	entry->type = g_intern_string(event->type);
	entry->seq = event->seq;
	entry->bytes = event->data != NULL ? g_bytes_get_size(event->data) : 0;
	g_queue_push_tail(&self->entries, entry);
	if (self->entries.length > BRIDGE_EVENT_TAIL_LENGTH)
		bridge_tail_entry_free(g_queue_pop_head(&self->entries));
	bridge_event_tail_count(self, entry->type);
}

static void
bridge_event_tail_events_cb(BridgeAccount *account, GPtrArray *events, gpointer user_data)
{
	BridgeEventTail *self = user_data;

	for (guint i = 0; i < events->len; i++)
		bridge_event_tail_add(self, account, g_ptr_array_index(events, i));
	g_signal_emit(self, bridge_event_tail_signals[BRIDGE_EVENT_TAIL_GROWN], 0);
}

static void
bridge_event_tail_account_cb(BridgeAccounts *accounts, BridgeAccount *account, gpointer user_data)
{
	g_signal_connect_object(account, "events", G_CALLBACK(bridge_event_tail_events_cb),
	                        user_data, 0);
}

guint64
bridge_event_tail_get_last(BridgeEventTail *self)
{
	g_return_val_if_fail(BRIDGE_IS_EVENT_TAIL(self), 0);
	return self->last;
}

GPtrArray *
bridge_event_tail_list(BridgeEventTail *self, guint64 after)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new();

	g_return_val_if_fail(BRIDGE_IS_EVENT_TAIL(self), NULL);

	for (GList *link = self->entries.head; link != NULL; link = link->next)
		if (((BridgeTailEntry *)link->data)->number > after)
			g_ptr_array_add(list, link->data);
	return g_steal_pointer(&list);
}

void
bridge_event_tail_foreach_type(BridgeEventTail *self, BridgeEventTailFunc func, gpointer user_data)
{
	g_autoptr(GList) types = g_hash_table_get_keys(self->counts);

	types = g_list_sort(types, (GCompareFunc)g_strcmp0);
	for (GList *link = types; link != NULL; link = link->next)
		func(link->data, *(guint64 *)g_hash_table_lookup(self->counts, link->data),
		     user_data);
}

BridgeEventTail *
bridge_event_tail_new(BridgeAccounts *accounts)
{
	BridgeEventTail *self = g_object_new(BRIDGE_TYPE_EVENT_TAIL, NULL);
	g_autoptr(GPtrArray) list = bridge_accounts_list(accounts);

	self->accounts = g_object_ref(accounts);
	for (guint i = 0; i < list->len; i++)
		bridge_event_tail_account_cb(accounts, g_ptr_array_index(list, i), self);
	g_signal_connect_object(accounts, "account-added", G_CALLBACK(bridge_event_tail_account_cb),
	                        self, 0);
	return self;
}

static void
bridge_event_tail_dispose(GObject *object)
{
	BridgeEventTail *self = BRIDGE_EVENT_TAIL(object);

	g_clear_object(&self->accounts);
	G_OBJECT_CLASS(bridge_event_tail_parent_class)->dispose(object);
}

static void
bridge_event_tail_finalize(GObject *object)
{
	BridgeEventTail *self = BRIDGE_EVENT_TAIL(object);

	g_queue_clear_full(&self->entries, bridge_tail_entry_free);
	g_hash_table_unref(self->counts);
	G_OBJECT_CLASS(bridge_event_tail_parent_class)->finalize(object);
}

static void
bridge_event_tail_init(BridgeEventTail *self)
{
	g_queue_init(&self->entries);
	self->counts = g_hash_table_new_full(NULL, NULL, NULL, g_free);
}

static void
bridge_event_tail_class_init(BridgeEventTailClass *klass)
{
	GObjectClass *object_class = G_OBJECT_CLASS(klass);

	object_class->dispose = bridge_event_tail_dispose;
	object_class->finalize = bridge_event_tail_finalize;
	bridge_event_tail_signals[BRIDGE_EVENT_TAIL_GROWN] =
		g_signal_new("grown", BRIDGE_TYPE_EVENT_TAIL, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
	                     NULL, G_TYPE_NONE, 0);
}
