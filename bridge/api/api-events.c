/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /v1/events (long poll, or a stream by Accept) and POST /v1/events/ack. */
#include "config.h"

#include <string.h>

#include "bridge-api-private.h"
#include "base/bridge-cursor.h"
#include "base/bridge-error.h"

static gboolean
api_events_wants_stream(BridgeExchange *exchange)
{
	const char *accept = bridge_exchange_get_header(exchange, "Accept");

	return accept != NULL && strstr(accept, "text/event-stream") != NULL;
}

/* A position that was never given out is no position. */
gboolean
api_parse_cursor(BridgeExchange *exchange, const char *text, guint64 *seq, GError **error)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);

	if (!bridge_cursor_parse(text, bridge_api_get_epoch(api), seq, error))
		return FALSE;
	if (*seq > bridge_account_get_seq(bridge_exchange_get_account(exchange))) {
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
		                    "the cursor lies beyond the last event");
		return FALSE;
	}
	return TRUE;
}

/* A browser that comes back says where it was, whatever the address says. */
gboolean
api_events_find_start(BridgeExchange *exchange, guint64 *after)
{
	const char *text = bridge_exchange_get_header(exchange, "Last-Event-ID");
	g_autoptr(GError) error = NULL;

	if (text == NULL || !api_events_wants_stream(exchange))
		text = bridge_exchange_get_query(exchange, "after");
	*after = bridge_exchange_get_device(exchange)->acked_seq;
	if (text == NULL || api_parse_cursor(exchange, text, after, &error))
		return TRUE;
	bridge_exchange_fail(exchange, error);
	return FALSE;
}

void
api_events_get(BridgeExchange *exchange)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);
	guint64 after = 0;
	guint wait_s = 0;
	guint limit = 0;

	if (!bridge_exchange_get_query_uint(exchange, "wait", 0, BRIDGE_EVENT_WAIT_S_MAX, 0,
	                                    &wait_s) ||
	    !bridge_exchange_get_query_uint(exchange, "limit", 1, BRIDGE_EVENT_LIMIT_MAX,
	                                    BRIDGE_EVENT_LIMIT_DEFAULT, &limit) ||
	    !api_events_find_start(exchange, &after))
		return;
	if (api_events_wants_stream(exchange))
		bridge_event_readers_stream(bridge_api_get_readers(api), exchange, after);
	else
		bridge_event_readers_poll(bridge_api_get_readers(api), exchange, after, limit,
		                          wait_s);
}

static void
api_events_acked_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (bridge_accounts_ack_finish(BRIDGE_ACCOUNTS(source), result, &error))
		bridge_exchange_answer_empty(exchange, 204);
	else
		bridge_exchange_fail(exchange, error);
}

void
api_events_ack_post(BridgeExchange *exchange)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);
	g_autoptr(BridgeJsonReader) reader =
		bridge_json_reader_new(bridge_exchange_get_body(exchange));
	const char *cursor = bridge_json_reader_get_string(reader, "/cursor", BRIDGE_JSON_REQUIRED,
	                                                   API_CURSOR_BYTES_MAX);
	g_autoptr(GError) error = NULL;
	guint64 seq = 0;

	if (!bridge_exchange_check_reader(exchange, reader))
		return;
	if (!api_parse_cursor(exchange, cursor, &seq, &error)) {
		bridge_exchange_fail(exchange, error);
		return;
	}
	bridge_accounts_ack_async(bridge_api_get_accounts(api),
	                          bridge_exchange_get_account(exchange),
	                          bridge_exchange_get_device(exchange)->id, seq,
	                          api_events_acked_cb, g_object_ref(exchange));
}
