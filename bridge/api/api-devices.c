/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /v1/devices and DELETE /v1/devices/{id}. */
#include "config.h"

#include "api-page.h"
#include "bridge-api-private.h"
#include "base/bridge-cursor.h"

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

static char *
api_devices_dup_key(gconstpointer thing)
{
	const BridgeDeviceRecord *device = thing;

	return api_page_dup_time_key(device->created_us, device->id);
}

static void
api_devices_build_one(JsonBuilder *builder, gconstpointer thing, gpointer user_data)
{
	api_device_build(builder, thing, user_data);
}

/* The store has them in that order. */
static const ApiPageKind api_devices_kind = {
	.member = "devices",
	.dup_key = api_devices_dup_key,
	.build = api_devices_build_one,
};

typedef struct {
	BridgeExchange *exchange;
	ApiPage *page;
} ApiDevices;

static void
api_devices_loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autofree ApiDevices *request = user_data;
	g_autoptr(ApiPage) page = request->page;
	g_autoptr(BridgeExchange) exchange = request->exchange;
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
	api_page_build(page, builder, devices, &api_devices_kind, (gpointer)epoch);
	bridge_json_add_string(builder, "self", bridge_exchange_get_device(exchange)->id);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

void
api_devices_get(BridgeExchange *exchange)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);
	ApiPage *page = api_page_new(exchange);
	ApiDevices *request;

	if (page == NULL)
		return;
	request = g_new0(ApiDevices, 1);
	request->exchange = g_object_ref(exchange);
	request->page = page;
	bridge_store_load_devices_async(
		bridge_accounts_get_store(bridge_api_get_accounts(api)),
		bridge_account_get_id(bridge_exchange_get_account(exchange)), NULL,
		api_devices_loaded_cb, request);
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
