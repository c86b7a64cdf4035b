/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /v1/devices and DELETE /v1/devices/{id}. */
#include "config.h"

#include "bridge-api-private.h"
#include "bridge-cursor.h"

#define DEVICE_SELF "self"

void
api_device_build(JsonBuilder *builder, const BridgeDeviceRecord *device, const char *epoch)
{
	g_autofree char *acked = bridge_cursor_format(epoch, device->acked_seq);

	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "id", device->id);
	bridge_json_add_string(builder, "name", device->name);
	bridge_json_add_string(builder, "kind", device->kind);
	bridge_json_add_time(builder, "created", device->created_us);
	bridge_json_add_string(builder, "acked", acked);
	json_builder_end_object(builder);
}

static void
api_devices_loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
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
	bridge_json_add_string(builder, "self", bridge_exchange_get_device(exchange)->id);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

void
api_devices_get(BridgeExchange *exchange)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);

	bridge_store_load_devices_async(
		bridge_accounts_get_store(bridge_api_get_accounts(api)),
		bridge_account_get_id(bridge_exchange_get_account(exchange)), NULL,
		api_devices_loaded_cb, g_object_ref(exchange));
}

static const char *
api_devices_get_target(BridgeExchange *exchange)
{
	const char *id = bridge_exchange_get_parameter(exchange);

	return g_str_equal(id, DEVICE_SELF) ? bridge_exchange_get_device(exchange)->id : id;
}

static void
api_devices_removed_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (!bridge_accounts_remove_device_finish(BRIDGE_ACCOUNTS(source), result, &error)) {
		bridge_exchange_fail(exchange, error);
		return;
	}
	bridge_exchange_answer_empty(exchange, 204);
}

void
api_devices_delete(BridgeExchange *exchange)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);

	bridge_accounts_remove_device_async(
		bridge_api_get_accounts(api), bridge_exchange_get_account(exchange),
		api_devices_get_target(exchange), api_devices_removed_cb, g_object_ref(exchange));
}
