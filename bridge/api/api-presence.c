/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET and PUT /v1/presence: what the account shows of itself to its contacts. */
#include "config.h"

#include "bridge-api-private.h"
#include "account/bridge-presence.h"
#include "base/bridge-text.h"

#define PRESENCE_SHOW_BYTES_MAX 16

void
api_presence_get(BridgeExchange *exchange)
{
	g_autoptr(BridgePresence) presence =
		bridge_account_dup_presence(bridge_exchange_get_account(exchange));
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "show", presence->show);
	bridge_json_add_string(builder, "status", presence->status);
	bridge_json_add_boolean(builder, "invisible", presence->invisible);
	bridge_json_add_string(builder, "shown", presence->shown);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

static void
api_presence_set_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (bridge_account_set_presence_finish(BRIDGE_ACCOUNT(source), result, &error))
		api_presence_get(exchange);
	else
		bridge_exchange_fail(exchange, error);
}

void
api_presence_put(BridgeExchange *exchange)
{
	g_autoptr(BridgeJsonReader) reader =
		bridge_json_reader_new(bridge_exchange_get_body(exchange));
	const char *show = bridge_json_reader_get_string(reader, "/show", BRIDGE_JSON_REQUIRED,
	                                                 PRESENCE_SHOW_BYTES_MAX);
	const char *status = bridge_json_reader_get_string(reader, "/status", BRIDGE_JSON_OPTIONAL,
	                                                   BRIDGE_PRESENCE_STATUS_BYTES_MAX);
	BridgePresence presence = {
		.show = (char *)show,
		.status = (char *)(status != NULL ? status : ""),
		.invisible = bridge_json_reader_get_boolean(reader, "/invisible",
	                                                    BRIDGE_JSON_OPTIONAL, FALSE),
	};

	if (show != NULL && !g_strv_contains(bridge_presence_get_shows(), show))
		bridge_json_reader_refuse(reader, "/show",
		                          "\"available\", \"chat\", \"away\", \"xa\" or \"dnd\"");
	if (*presence.status != '\0' && !bridge_text_check(presence.status, NULL))
		bridge_json_reader_refuse(reader, "/status", "text without control characters");
	if (!bridge_exchange_check_reader(exchange, reader))
		return;
	bridge_account_set_presence_async(bridge_exchange_get_account(exchange), &presence,
	                                  api_presence_set_cb, g_object_ref(exchange));
}
