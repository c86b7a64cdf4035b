/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /healthz, /readyz, /metrics and /admin/hosts. */
#include "config.h"

#include "bridge-control-private.h"
#include "bridge-metrics.h"

static void
control_answer_state(BridgeExchange *exchange, const char *state)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "state", state);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

void
control_healthz(BridgeExchange *exchange)
{
	control_answer_state(exchange, "running");
}

void
control_readyz(BridgeExchange *exchange)
{
	BridgeControl *control = bridge_exchange_get_context(exchange);
	const char *trouble = bridge_control_get_trouble(control);
	BridgeStore *store = bridge_accounts_get_store(bridge_control_get_accounts(control));
	g_autofree char *unwritable = store != NULL ? bridge_store_dup_trouble(store) : NULL;

	if (trouble != NULL)
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_SEALED, trouble, NULL);
	else if (unwritable != NULL)
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_STORE_UNWRITABLE, unwritable, NULL);
	else
		control_answer_state(exchange, "ready");
}

void
control_metrics(BridgeExchange *exchange)
{
	BridgeControl *control = bridge_exchange_get_context(exchange);
	BridgeMetricsSources sources = {
		.accounts = bridge_control_get_accounts(control),
		.supervisor = bridge_control_get_supervisor(control),
		.tail = bridge_control_get_tail(control),
		.api = bridge_control_get_api(control),
		.ready = bridge_control_get_trouble(control) == NULL,
	};

	bridge_exchange_answer_plain(exchange, BRIDGE_METRICS_CONTENT_TYPE,
	                             bridge_metrics_build(&sources));
}

void
control_hosts(BridgeExchange *exchange)
{
	BridgeControl *control = bridge_exchange_get_context(exchange);
	g_autoptr(GArray) pids =
		bridge_supervisor_dup_host_pids(bridge_control_get_supervisor(control));
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "hosts");
	json_builder_begin_array(builder);
	for (guint i = 0; i < pids->len; i++) {
		json_builder_begin_object(builder);
		bridge_json_add_int(builder, "pid", g_array_index(pids, GPid, i));
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}
