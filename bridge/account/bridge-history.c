/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-history.h"

#include "bridge-account-private.h"
#include "bridge-events.h"

#define HISTORY_CHUNK 500 /* events at a time */

typedef struct {
	char *with;
	guint limit;
	GPtrArray *found;
} BridgeHistorySearch;

static void
bridge_history_search_free(gpointer data)
{
	BridgeHistorySearch *search = data;

	g_clear_pointer(&search->found, g_ptr_array_unref);
	g_free(search->with);
	g_free(search);
}

static gboolean
bridge_history_fits(const BridgeHistorySearch *search, const BridgeEventRecord *event)
{
	g_autofree char *peer = bridge_event_dup_peer(event, NULL);

	return peer != NULL && (search->with == NULL || g_str_equal(peer, search->with));
}

static void
bridge_history_look(GTask *task, guint64 before);

static void
bridge_history_read_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgeHistorySearch *search = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) events =
		bridge_store_read_history_finish(BRIDGE_STORE(source), result, &error);
	guint64 before = 0;

	if (events == NULL) {
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	for (guint i = 0; i < events->len && search->found->len < search->limit; i++) {
		const BridgeEventRecord *event = g_ptr_array_index(events, i);

		before = event->seq;
		if (bridge_history_fits(search, event))
			g_ptr_array_add(search->found, bridge_event_record_copy(event));
	}
	if (before <= 1 || search->found->len == search->limit)
		g_task_return_pointer(task, g_steal_pointer(&search->found),
		                      (GDestroyNotify)g_ptr_array_unref);
	else
		bridge_history_look(g_steal_pointer(&task), before);
}

/* @task: (transfer full) */
static void
bridge_history_look(GTask *task, guint64 before)
{
	BridgeAccount *account = BRIDGE_ACCOUNT(g_task_get_source_object(task));

	bridge_store_read_history_async(account->store, account->record->id, before, HISTORY_CHUNK,
	                                g_task_get_cancellable(task), bridge_history_read_cb, task);
}

void
bridge_history_read_async(BridgeAccount *account, const char *with, guint64 before, guint limit,
                          GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data)
{
	GTask *task = g_task_new(account, cancellable, callback, user_data);
	BridgeHistorySearch *search = g_new0(BridgeHistorySearch, 1);

	g_return_if_fail(BRIDGE_IS_ACCOUNT(account));

	g_task_set_source_tag(task, bridge_history_read_async);
	search->with = g_strdup(with);
	search->limit = CLAMP(limit, 1, BRIDGE_HISTORY_LIMIT_MAX);
	search->found = g_ptr_array_new_with_free_func((GDestroyNotify)bridge_event_record_free);
	g_task_set_task_data(task, search, bridge_history_search_free);
	bridge_history_look(task, before);
}

GPtrArray *
bridge_history_read_finish(BridgeAccount *account, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, account), NULL);
	return g_task_propagate_pointer(G_TASK(result), error);
}
