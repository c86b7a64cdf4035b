/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PUT /v1/account/credential: another token or password for the account, such as after the old one
 * has expired. It is tried out at the chat server first. */
#include "config.h"

#include "bridge-api-private.h"

static void
api_credential_renewed_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (bridge_accounts_renew_finish(BRIDGE_ACCOUNTS(source), result, &error))
		bridge_exchange_answer_empty(exchange, 204);
	else
		bridge_exchange_fail(exchange, error);
}

void
api_credential_put(BridgeExchange *exchange)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);
	g_autoptr(BridgeJsonReader) reader =
		bridge_json_reader_new(bridge_exchange_get_body(exchange));
	BridgeLoginRequest request = {0};

	api_login_read_auth(reader,
	                    bridge_account_get_protocol(bridge_exchange_get_account(exchange)),
	                    &request);
	if (bridge_exchange_check_reader(exchange, reader))
		bridge_accounts_renew_async(bridge_api_get_accounts(api),
		                            bridge_exchange_get_account(exchange), &request,
		                            api_credential_renewed_cb, g_object_ref(exchange));
}
