/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy-logins.h"

#include "link/bridge-timers.h"

struct _LegacyLogins {
	GHashTable *waiting; /* proof -> GPtrArray of LoginsWaiter */
};

typedef struct {
	LegacyExchange *exchange; /* NULL: it was answered */
	guint deadline;
} LoginsWaiter;

static void
logins_free_waiter(LoginsWaiter *waiter)
{
	g_clear_handle_id(&waiter->deadline, bridge_timers_remove);
	g_clear_object(&waiter->exchange);
	g_free(waiter);
}

static gboolean
logins_deadline_cb(gpointer user_data)
{
	LoginsWaiter *waiter = user_data;

	waiter->deadline = 0;
	legacy_exchange_refuse(waiter->exchange, 503);
	g_clear_object(&waiter->exchange);
	return G_SOURCE_REMOVE;
}

gboolean
legacy_logins_join(LegacyLogins *self, const char *proof, LegacyExchange *exchange)
{
	GPtrArray *waiters = g_hash_table_lookup(self->waiting, proof);
	gboolean joined = waiters != NULL;
	LoginsWaiter *waiter = g_new0(LoginsWaiter, 1);

	if (!joined) {
		waiters = g_ptr_array_new_with_free_func((GDestroyNotify)logins_free_waiter);
		g_hash_table_insert(self->waiting, g_strdup(proof), waiters);
	}
	waiter->exchange = g_object_ref(exchange);
	waiter->deadline = bridge_timers_add(legacy_exchange_get_rest_ms(exchange),
	                                     logins_deadline_cb, waiter);
	g_ptr_array_add(waiters, waiter);
	return joined;
}

GPtrArray *
legacy_logins_take(LegacyLogins *self, const char *proof)
{
	GPtrArray *waiters = g_hash_table_lookup(self->waiting, proof);
	GPtrArray *exchanges = g_ptr_array_new_with_free_func(g_object_unref);

	for (guint i = 0; waiters != NULL && i < waiters->len; i++) {
		LoginsWaiter *waiter = g_ptr_array_index(waiters, i);

		if (waiter->exchange != NULL)
			g_ptr_array_add(exchanges, g_object_ref(waiter->exchange));
	}
	g_hash_table_remove(self->waiting, proof);
	return exchanges;
}

LegacyLogins *
legacy_logins_new(void)
{
	LegacyLogins *self = g_new0(LegacyLogins, 1);

	self->waiting = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                      (GDestroyNotify)g_ptr_array_unref);
	return self;
}

void
legacy_logins_free(LegacyLogins *self)
{
	g_hash_table_unref(self->waiting);
	g_free(self);
}
