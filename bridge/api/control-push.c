/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /admin/push and POST /admin/push/{device}/test?type=: how the subscriptions are doing. */
#include "config.h"

#include "bridge-api-private.h"
#include "bridge-control-private.h"
#include "bridge-push-link.h"

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

static void
control_push_tested_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) outcome = bridge_push_test_finish(BRIDGE_PUSH(source), result, &error);

	if (outcome != NULL)
		api_push_answer_outcome(exchange, outcome);
	else
		bridge_exchange_fail(exchange, error);
}

void
control_push_test(BridgeExchange *exchange)
{
	BridgeControl *control = bridge_exchange_get_context(exchange);
	const char *type = bridge_exchange_get_query(exchange, "type");

	if (bridge_control_check_unsealed(exchange))
		bridge_push_test_async(bridge_api_get_push(bridge_control_get_api(control)),
		                       bridge_exchange_get_parameter(exchange),
		                       type != NULL ? type : BRIDGE_PUSH_SERVICE_WEB,
		                       control_push_tested_cb, g_object_ref(exchange));
}
