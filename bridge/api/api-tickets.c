/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * POST /v1/tickets: what a browser may put into the address of an event stream or socket. */
#include "config.h"

#include "bridge-api-private.h"

void
api_tickets_post(BridgeExchange *exchange)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);
	const BridgeDeviceRecord *device = bridge_exchange_get_device(exchange);
	char *ticket = bridge_tickets_issue(bridge_api_get_tickets(api), device->id,
	                                    device->token_hash, g_get_monotonic_time());
	g_autoptr(JsonBuilder) builder = NULL;

	if (ticket == NULL) {
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_BUSY, NULL, NULL);
		return;
	}
	builder = json_builder_new();
	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "ticket", ticket);
	bridge_json_add_time(builder, "expires",
	                     g_get_real_time() + BRIDGE_TICKET_LIFETIME_S * G_USEC_PER_SEC);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 201, builder);
	bridge_secret_free_text(ticket);
}
