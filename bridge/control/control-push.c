/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /admin/push and POST /admin/push/{device}/test?type=: how the subscriptions are doing. */
#include "config.h"

#include "api/bridge-api-shared.h"
#include "bridge-control-private.h"
#include "link/bridge-push-link.h"

static void
control_push_add(const BridgePushStatus *status, gpointer user_data)
{
	JsonBuilder *builder = user_data;

	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "account", status->account_id);
	bridge_json_add_string(builder, "device", status->device_id);
	api_push_build(builder, status);
	json_builder_end_object(builder);
}

void
control_push_get(BridgeExchange *exchange)
{
	BridgeControl *control = bridge_exchange_get_context(exchange);
	g_autoptr(JsonBuilder) builder = NULL;

	if (!bridge_control_check_unsealed(exchange))
		return;
	builder = json_builder_new();
	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "subscriptions");
	json_builder_begin_array(builder);
	bridge_push_foreach(bridge_api_get_push(bridge_control_get_api(control)), control_push_add,
	                    builder);
	json_builder_end_array(builder);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

void
control_push_test(BridgeExchange *exchange)
{
	BridgeControl *control = bridge_exchange_get_context(exchange);
	const char *type = bridge_exchange_get_query(exchange, "type");

	if (bridge_control_check_unsealed(exchange))
		api_push_send_test(exchange, bridge_api_get_push(bridge_control_get_api(control)),
		                   bridge_exchange_get_parameter(exchange),
		                   type != NULL ? type : BRIDGE_PUSH_SERVICE_WEB);
}
