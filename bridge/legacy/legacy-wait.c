/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy-wait.h"

#include "link/bridge-timers.h"

typedef struct {
	LegacyExchange *exchange;
	LegacyWaitFunc func;
	gulong changed;
	gulong gone;
	guint deadline;
} LegacyWait;

/* TRUE: there is nothing to wait for */
static gboolean
wait_is_over(BridgeAccount *account, gboolean *known)
{
	*known = bridge_account_knows_contacts(account);
	return *known || (bridge_account_get_state(account) == BRIDGE_ACCOUNT_SIGNED_OUT &&
	                  !bridge_account_is_idle(account));
}

static void
wait_end(LegacyWait *wait, gboolean known)
{
	g_autoptr(LegacyExchange) exchange = wait->exchange;
	LegacyWaitFunc func = wait->func;

	g_signal_handler_disconnect(legacy_exchange_get_account(exchange), wait->changed);
	g_clear_handle_id(&wait->deadline, bridge_timers_remove);
	g_signal_handler_disconnect(legacy_exchange_get_peer(exchange)->gone, wait->gone);
	g_free(wait);
	func(exchange, known);
}

static void
wait_changed_cb(BridgeAccount *account, gpointer user_data)
{
	gboolean known = FALSE;

	if (wait_is_over(account, &known))
		wait_end(user_data, known);
}

static gboolean
wait_deadline_cb(gpointer user_data)
{
	LegacyWait *wait = user_data;

	wait->deadline = 0;
	wait_end(wait, FALSE);
	return G_SOURCE_REMOVE;
}

static void
wait_gone_cb(GCancellable *gone, gpointer user_data)
{
	wait_end(user_data, FALSE);
}

void
legacy_wait_for_contacts(LegacyExchange *exchange, LegacyWaitFunc func)
{
	BridgeAccount *account = legacy_exchange_get_account(exchange);
	gboolean known = FALSE;
	LegacyWait *wait = NULL;

	if (wait_is_over(account, &known)) {
		func(exchange, known);
		return;
	}
	wait = g_new0(LegacyWait, 1);
	wait->exchange = g_object_ref(exchange);
	wait->func = func;
	wait->changed =
		g_signal_connect(account, "state-changed", G_CALLBACK(wait_changed_cb), wait);
	wait->gone = g_signal_connect(legacy_exchange_get_peer(exchange)->gone, "cancelled",
	                              G_CALLBACK(wait_gone_cb), wait);
	wait->deadline =
		bridge_timers_add(legacy_exchange_get_rest_ms(exchange), wait_deadline_cb, wait);
}
