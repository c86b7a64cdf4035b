/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET and DELETE /v1/account. */
#include "config.h"

#include "bridge-api-private.h"
#include "account/bridge-events.h"
#include "base/bridge-json-text.h"

static void
api_account_add_time(GString *text, const char *name, gint64 time_us)
{
	g_autofree char *time = time_us > 0 ? bridge_time_format(time_us) : NULL;

	bridge_json_text_add(text, name, time);
}

static void
api_account_add_features(GString *text, BridgeAccount *account)
{
	static const char *const none[] = {NULL};
	const char *const *features = bridge_account_get_features(account);

	bridge_json_text_add_strings(text, "features",
	                             (char **)(features != NULL ? features : none));
}

char *
api_account_build_text(BridgeAccount *account)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add(text, "id", bridge_account_get_id(account));
	bridge_json_text_add(text, "protocol", bridge_account_get_protocol(account));
	bridge_json_text_add(text, "username", bridge_account_get_username(account));
	bridge_json_text_add(text, "bound_jid", bridge_account_get_bound_jid(account));
	bridge_json_text_add(text, "state",
	                     bridge_account_state_to_string(bridge_account_get_state(account)));
	bridge_json_text_add(text, "reason", bridge_account_get_reason(account));
	bridge_json_text_add(text, "user_action", bridge_account_get_user_action(account));
	api_account_add_time(text, "next_try", bridge_account_get_next_try_us(account));
	api_account_add_time(text, "last_traffic", bridge_account_get_last_traffic_us(account));
	bridge_json_text_add_boolean(text, "quarantined", bridge_account_is_quarantined(account));
	api_account_add_features(text, account);
	bridge_json_text_end(text);
	return g_string_free(text, FALSE);
}

void
api_account_build(JsonBuilder *builder, BridgeAccount *account)
{
	g_autofree char *text = api_account_build_text(account);

	json_builder_add_value(builder, json_from_string(text, NULL));
}

void
api_account_get(BridgeExchange *exchange)
{
	bridge_exchange_answer_text(exchange, 200,
	                            api_account_build_text(bridge_exchange_get_account(exchange)));
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
api_account_erase(BridgeExchange *exchange, BridgeAccounts *accounts, BridgeAccount *account)
{
	bridge_accounts_erase_async(accounts, account, api_account_erased_cb,
	                            g_object_ref(exchange));
}

void
api_account_delete(BridgeExchange *exchange)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);

	api_account_erase(exchange, bridge_api_get_accounts(api),
	                  bridge_exchange_get_account(exchange));
}
