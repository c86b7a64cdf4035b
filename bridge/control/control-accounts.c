/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /admin/accounts and /admin/devices. An account is named by its id or its JID. */
#include "config.h"

#include "api/bridge-api-shared.h"
#include "bridge-control-private.h"
#include "base/bridge-log.h"

/* (transfer full) (nullable): the account that the path names; else it is answered */
static BridgeAccount *
control_find_account(BridgeExchange *exchange)
{
	BridgeControl *control = bridge_exchange_get_context(exchange);
	g_autoptr(GError) error = NULL;
	BridgeAccount *account = NULL;

	if (!bridge_control_check_unsealed(exchange))
		return NULL;
	account = bridge_accounts_find(bridge_control_get_accounts(control),
	                               bridge_exchange_get_parameter(exchange), &error);
	if (account == NULL)
		bridge_exchange_fail(exchange, error);
	return account;
}

/* ---- Accounts -------------------------------------------------------------------------------- */

void
control_accounts_get(BridgeExchange *exchange)
{
	BridgeControl *control = bridge_exchange_get_context(exchange);
	g_autoptr(GPtrArray) accounts = NULL;
	g_autoptr(JsonBuilder) builder = NULL;

	if (!bridge_control_check_unsealed(exchange))
		return;
	accounts = bridge_accounts_list(bridge_control_get_accounts(control));
	builder = json_builder_new();
	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "accounts");
	json_builder_begin_array(builder);
	for (guint i = 0; i < accounts->len; i++)
		api_account_build(builder, g_ptr_array_index(accounts, i));
	json_builder_end_array(builder);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

void
control_account_get(BridgeExchange *exchange)
{
	g_autoptr(BridgeAccount) account = control_find_account(exchange);

	if (account != NULL)
		bridge_exchange_answer_text(exchange, 200, api_account_build_text(account));
}

/* Out of quarantine, and tried at once. */
void
control_account_release(BridgeExchange *exchange)
{
	g_autoptr(BridgeAccount) account = control_find_account(exchange);

	if (account == NULL)
		return;
	bridge_log_account(G_LOG_LEVEL_MESSAGE, bridge_account_get_id(account),
	                   "account %s: released by the administrator",
	                   bridge_account_get_id(account));
	bridge_account_release(account);
	bridge_exchange_answer_empty(exchange, 204);
}

void
control_account_delete(BridgeExchange *exchange)
{
	BridgeControl *control = bridge_exchange_get_context(exchange);
	g_autoptr(BridgeAccount) account = control_find_account(exchange);

	if (account == NULL)
		return;
	bridge_log_account(G_LOG_LEVEL_MESSAGE, bridge_account_get_id(account),
	                   "account %s: erased by the administrator",
	                   bridge_account_get_id(account));
	api_account_erase(exchange, bridge_control_get_accounts(control), account);
}

/* ---- Devices --------------------------------------------------------------------------------- */

static void
control_devices_loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	const char *epoch = bridge_store_get_epoch(BRIDGE_STORE(source));
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) devices =
		bridge_store_load_devices_finish(BRIDGE_STORE(source), result, &error);
	g_autoptr(JsonBuilder) builder = NULL;

	if (devices == NULL) {
		bridge_exchange_fail(exchange, error);
		return;
	}
	builder = json_builder_new();
	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "devices");
	json_builder_begin_array(builder);
	for (guint i = 0; i < devices->len; i++)
		api_device_build(builder, g_ptr_array_index(devices, i), epoch);
	json_builder_end_array(builder);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

void
control_devices_get(BridgeExchange *exchange)
{
	BridgeControl *control = bridge_exchange_get_context(exchange);
	g_autoptr(BridgeAccount) account = control_find_account(exchange);

	if (account == NULL)
		return;
	bridge_store_load_devices_async(
		bridge_accounts_get_store(bridge_control_get_accounts(control)),
		bridge_account_get_id(account), NULL, control_devices_loaded_cb,
		g_object_ref(exchange));
}

static void
control_device_removed_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (bridge_accounts_remove_device_finish(BRIDGE_ACCOUNTS(source), result, &error))
		bridge_exchange_answer_empty(exchange, 204);
	else
		bridge_exchange_fail(exchange, error);
}

void
control_device_delete(BridgeExchange *exchange)
{
	BridgeControl *control = bridge_exchange_get_context(exchange);
	const char *device = bridge_exchange_get_query(exchange, "device");
	g_autoptr(BridgeAccount) account = control_find_account(exchange);

	if (account == NULL)
		return;
	if (device == NULL) {
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_MALFORMED,
		                       "?device= must name the device", NULL);
		return;
	}
	bridge_accounts_remove_device_async(bridge_control_get_accounts(control), account, device,
	                                    control_device_removed_cb, g_object_ref(exchange));
}
