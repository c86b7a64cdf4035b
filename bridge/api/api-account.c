/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET and DELETE /v1/account. */
#include "config.h"

#include "bridge-api-private.h"

void
api_account_build(JsonBuilder *builder, BridgeAccount *account)
{
	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "id", bridge_account_get_id(account));
	bridge_json_add_string(builder, "protocol", bridge_account_get_protocol(account));
	bridge_json_add_string(builder, "username", bridge_account_get_username(account));
	bridge_json_add_string(builder, "bound_jid", bridge_account_get_bound_jid(account));
	bridge_json_add_string(builder, "state",
	                       bridge_account_state_to_string(bridge_account_get_state(account)));
	bridge_json_add_string(builder, "reason", bridge_account_get_reason(account));
	bridge_json_add_string(builder, "user_action", bridge_account_get_user_action(account));
	bridge_json_add_time(builder, "next_try", bridge_account_get_next_try_us(account));
	bridge_json_add_time(builder, "last_traffic", bridge_account_get_last_traffic_us(account));
	bridge_json_add_boolean(builder, "quarantined", bridge_account_is_quarantined(account));
	bridge_json_add_strings(builder, "features", bridge_account_get_features(account));
	json_builder_end_object(builder);
}

void
api_account_get(BridgeExchange *exchange)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	api_account_build(builder, bridge_exchange_get_account(exchange));
	bridge_exchange_answer(exchange, 200, builder);
}

static void
api_account_erased_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (bridge_accounts_erase_finish(BRIDGE_ACCOUNTS(source), result, &error))
		bridge_exchange_answer_empty(exchange, 204);
	else
		bridge_exchange_fail(exchange, error);
}

void
api_account_delete(BridgeExchange *exchange)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);

	bridge_accounts_erase_async(bridge_api_get_accounts(api),
	                            bridge_exchange_get_account(exchange), api_account_erased_cb,
	                            g_object_ref(exchange));
}
