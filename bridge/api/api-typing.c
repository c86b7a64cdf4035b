/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * POST /v1/contacts/{jid}/typing: tells a contact that somebody is typing, or no more. */
#include "config.h"

#include "bridge-api-private.h"

#define TYPING_STATE_BYTES_MAX 16

void
api_typing_post(BridgeExchange *exchange)
{
	g_autofree char *jid = api_dup_jid_parameter(exchange);
	g_autoptr(BridgeJsonReader) reader = NULL;
	const char *state;
	GVariantDict arguments;

	if (jid == NULL)
		return;
	reader = bridge_json_reader_new(bridge_exchange_get_body(exchange));
	state = bridge_json_reader_get_string(reader, "/state", BRIDGE_JSON_REQUIRED,
	                                      TYPING_STATE_BYTES_MAX);
	if (state != NULL && !g_str_equal(state, "composing") && !g_str_equal(state, "paused"))
		bridge_json_reader_refuse(reader, "/state", "\"composing\" or \"paused\"");
	if (!bridge_exchange_check_reader(exchange, reader))
		return;
	g_variant_dict_init(&arguments, NULL);
	g_variant_dict_insert(&arguments, "to", "s", jid);
	g_variant_dict_insert(&arguments, "state", "s", state);
	api_request(exchange, "typing", g_variant_dict_end(&arguments), NULL);
}
