/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Contacts are in memory only: after the daemon has started, the chat server has to tell them. */
#include "config.h"

#include "bridge-api-private.h"
#include "link/bridge-timers.h"

#define AWAIT_MAX_MS 10000 /* a first screen that says what is missing beats none */

typedef struct {
	BridgeExchange *exchange;
	ApiContactsReady ready;
	gpointer user_data;
	gulong changed;
	guint deadline; /* of BridgeTimers */
} ApiAwait;

/* Who is not signed in hears of them by and by, and nobody knows when. */
static gboolean
api_await_is_over(BridgeAccount *account)
{
	return bridge_account_knows_contacts(account) ||
	       bridge_account_get_state(account) != BRIDGE_ACCOUNT_ONLINE;
}

static void
api_await_end(ApiAwait *await)
{
	g_autoptr(BridgeExchange) exchange = await->exchange;
	ApiContactsReady ready = await->ready;
	gpointer user_data = await->user_data;

	g_signal_handler_disconnect(bridge_exchange_get_account(exchange), await->changed);
	g_clear_handle_id(&await->deadline, bridge_timers_remove);
	g_free(await);
	ready(exchange, user_data);
}

static void
api_await_changed_cb(BridgeAccount *account, gpointer user_data)
{
	if (api_await_is_over(account))
		api_await_end(user_data);
}

static gboolean
api_await_deadline_cb(gpointer user_data)
{
	ApiAwait *await = user_data;

	await->deadline = 0;
	api_await_end(await);
	return G_SOURCE_REMOVE;
}

void
api_await_contacts(BridgeExchange *exchange, ApiContactsReady ready, gpointer user_data)
{
	BridgeAccount *account = bridge_exchange_get_account(exchange);
	ApiAwait *await;

	if (api_await_is_over(account)) {
		ready(exchange, user_data);
		return;
	}
	await = g_new0(ApiAwait, 1);
	await->exchange = g_object_ref(exchange);
	await->ready = ready;
	await->user_data = user_data;
	await->changed =
		g_signal_connect(account, "state-changed", G_CALLBACK(api_await_changed_cb), await);
	await->deadline = bridge_timers_add(AWAIT_MAX_MS, api_await_deadline_cb, await);
}
