/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite-delivery.h"

typedef struct {
	GTask *task;
	gpointer result;
	GDestroyNotify free_result;
	GError *error;
} DeliveryItem;

struct _BridgeSqliteDelivery {
	GArray *items;
};

static void
bridge_sqlite_delivery_clear_item(gpointer data)
{
	DeliveryItem *item = data;

	if (item->result != NULL)
		item->free_result(item->result);
	g_clear_error(&item->error);
	g_clear_object(&item->task);
}

BridgeSqliteDelivery *
bridge_sqlite_delivery_new(void)
{
	BridgeSqliteDelivery *delivery = g_new0(BridgeSqliteDelivery, 1);

	delivery->items = g_array_new(FALSE, FALSE, sizeof(DeliveryItem));
	g_array_set_clear_func(delivery->items, bridge_sqlite_delivery_clear_item);
	return delivery;
}

void
bridge_sqlite_delivery_add(BridgeSqliteDelivery *delivery, GTask *task, gpointer result,
                           GDestroyNotify free_result, GError *error)
{
	DeliveryItem item = {task, result, free_result, error};

	g_array_append_val(delivery->items, item);
}

static void
bridge_sqlite_delivery_free(gpointer data)
{
	BridgeSqliteDelivery *delivery = data;

	g_array_unref(delivery->items);
	g_free(delivery);
}

static gboolean
bridge_sqlite_delivery_dispatch_cb(gpointer user_data)
{
	BridgeSqliteDelivery *delivery = user_data;

	for (guint i = 0; i < delivery->items->len; i++) {
		DeliveryItem *item = &g_array_index(delivery->items, DeliveryItem, i);

		if (item->error != NULL)
			g_task_return_error(item->task, g_steal_pointer(&item->error));
		else
			g_task_return_pointer(item->task, g_steal_pointer(&item->result),
			                      item->free_result);
		g_clear_object(&item->task);
	}
	return G_SOURCE_REMOVE;
}

void
bridge_sqlite_delivery_send(BridgeSqliteDelivery *delivery, GMainContext *context)
{
	g_autoptr(GSource) source = NULL;

	/* an idle source of our own: g_main_context_invoke() may run things right here */
	source = g_idle_source_new();
	g_source_set_priority(source, G_PRIORITY_DEFAULT);
	g_source_set_static_name(source, "store results");
	g_source_set_callback(source, bridge_sqlite_delivery_dispatch_cb, delivery,
	                      bridge_sqlite_delivery_free);
	g_source_attach(source, context);
}
