/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PUT /v1/contacts/{jid}/read: a contact's messages are read up to a cursor, on all devices. */
#include "config.h"

#include "bridge-api-private.h"
#include "account/bridge-conversations.h"

static void
api_read_marked_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (bridge_conversations_read_finish(BRIDGE_ACCOUNT(source), result, &error))
		bridge_exchange_answer_empty(exchange, 204);
	else
		bridge_exchange_fail(exchange, error);
}

void
api_read_put(BridgeExchange *exchange)
{
	g_autofree char *jid = api_dup_jid_parameter(exchange);
	g_autoptr(BridgeJsonReader) reader = NULL;
	g_autoptr(GError) error = NULL;
	const char *cursor;
	guint64 seq = 0;

	if (jid == NULL)
		return;
	reader = bridge_json_reader_new(bridge_exchange_get_body(exchange));
	cursor = bridge_json_reader_get_string(reader, "/cursor", BRIDGE_JSON_REQUIRED,
	                                       API_CURSOR_BYTES_MAX);
	if (!bridge_exchange_check_reader(exchange, reader))
		return;
	if (!api_parse_cursor(exchange, cursor, &seq, &error)) {
		bridge_exchange_fail(exchange, error);
		return;
	}
	bridge_conversations_read_async(bridge_exchange_get_account(exchange), jid, seq,
	                                api_read_marked_cb, g_object_ref(exchange));
}
