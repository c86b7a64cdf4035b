/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /v1/capabilities and /v1/openapi.json: what this bridge can do, for anybody. */
#include "config.h"

#include "bridge-api-private.h"
#include "bridge-api-resource.h"
#include "base/bridge-protocol.h"
#include "base/bridge-text.h"
#include "http/bridge-request-reader.h"

#define OPENAPI_PATH "/gtalk-bridge/openapi.json"

static const char *const capabilities_versions[] = {"v1", NULL};
static const char *const capabilities_readers[] = {"long-poll", "server-sent-events", "websocket",
                                                   NULL};

static void
api_capabilities_build_limits(JsonBuilder *builder, BridgeConfig *config)
{
	const BridgeLimitsConfig *limits = bridge_config_get_limits(config);

	json_builder_set_member_name(builder, "limits");
	json_builder_begin_object(builder);
	bridge_json_add_int(builder, "body_bytes", BRIDGE_REQUEST_BODY_BYTES_MAX);
	bridge_json_add_int(builder, "message_bytes", BRIDGE_TEXT_BODY_BYTES_MAX);
	bridge_json_add_int(builder, "events_wait_s", BRIDGE_EVENT_WAIT_S_MAX);
	bridge_json_add_int(builder, "events_limit", BRIDGE_EVENT_LIMIT_MAX);
	bridge_json_add_int(builder, "event_readers", limits->readers_per_device);
	bridge_json_add_int(builder, "account_event_readers", limits->readers_per_account);
	bridge_json_add_int(builder, "devices", limits->devices_per_account);
	bridge_json_add_int(builder, "push_subscriptions", limits->subscriptions_per_account);
	bridge_json_add_int(builder, "history_days", bridge_config_get_history_days(config));
	bridge_json_add_int(builder, "history_events", bridge_config_get_history_events(config));
	bridge_json_add_int(builder, "history_bytes",
	                    (gint64)bridge_config_get_history_bytes(config));
	bridge_json_add_int(builder, "requests_per_second", limits->requests_per_second);
	bridge_json_add_int(builder, "account_requests_per_second",
	                    limits->account_requests_per_second);
	bridge_json_add_int(builder, "sign_ins_per_minute", limits->sign_ins_per_minute);
	json_builder_end_object(builder);
}

static void
api_capabilities_build_protocols(JsonBuilder *builder, BridgeConfig *config)
{
	const char *const *names = bridge_config_get_protocols(config);

	json_builder_set_member_name(builder, "protocols");
	json_builder_begin_array(builder);
	for (; *names != NULL; names++) {
		const BridgeProtocol *protocol = bridge_protocol_get(*names);

		json_builder_begin_object(builder);
		bridge_json_add_string(builder, "id", *names);
		bridge_json_add_string(builder, "name",
		                       protocol->title != NULL ? protocol->title : *names);
		bridge_json_add_strings(builder, "auth", protocol->auth);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
}

void
api_capabilities_get(BridgeExchange *exchange)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "name", "gtalk-bridge");
	bridge_json_add_string(builder, "version", PACKAGE_VERSION);
	bridge_json_add_strings(builder, "versions", capabilities_versions);
	api_capabilities_build_protocols(builder, bridge_api_get_config(api));
	bridge_json_add_strings(builder, "events", capabilities_readers);
	bridge_json_add_strings(builder, "push", bridge_push_get_types(bridge_api_get_push(api)));
	bridge_json_add_string(builder, "vapid_key",
	                       bridge_push_get_vapid_key(bridge_api_get_push(api)));
	api_capabilities_build_limits(builder, bridge_api_get_config(api));
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

void
api_openapi_get(BridgeExchange *exchange)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) document = g_resource_lookup_data(bridge_api_get_resource(), OPENAPI_PATH,
	                                                    G_RESOURCE_LOOKUP_FLAGS_NONE, &error);

	if (document == NULL)
		bridge_exchange_fail(exchange, error);
	else
		bridge_exchange_answer_text(
			exchange, 200,
			g_strndup(g_bytes_get_data(document, NULL), g_bytes_get_size(document)));
}
