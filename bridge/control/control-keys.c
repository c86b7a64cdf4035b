/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * POST /admin/rotate: another master key. */
#include "config.h"

#include "bridge-control-private.h"
#include "store/bridge-rotation.h"

static void
control_rotated_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;
	guint32 number = bridge_rotation_finish(
		bridge_control_get_vault(bridge_exchange_get_context(exchange)), result, &error);
	g_autoptr(JsonBuilder) builder = NULL;

	if (number == 0) {
		bridge_exchange_fail(exchange, error);
		return;
	}
	builder = json_builder_new();
	json_builder_begin_object(builder);
	bridge_json_add_int(builder, "master_key", number);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

void
control_rotate(BridgeExchange *exchange)
{
	BridgeControl *control = bridge_exchange_get_context(exchange);

	if (!bridge_control_check_unsealed(exchange))
		return;
	bridge_rotation_async(bridge_control_get_vault(control),
	                      bridge_accounts_get_store(bridge_control_get_accounts(control)),
	                      control_rotated_cb, g_object_ref(exchange));
}
