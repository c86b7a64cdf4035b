/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /v1/messages: what is still held of the messages with a contact, or with everybody, newest
 * first. A page goes on where the one before ended: it is the cursor of its last message. */
#include "config.h"

#include "bridge-api-private.h"
#include "base/bridge-cursor.h"
#include "account/bridge-history.h"
#include "base/bridge-json-text.h"

#define HISTORY_LIMIT_DEFAULT 50

typedef struct {
	BridgeExchange *exchange;
	guint limit;
} ApiHistory;

static void
api_history_answer(BridgeExchange *exchange, GPtrArray *events, gboolean more)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);
	const char *epoch = bridge_api_get_epoch(api);
	GString *text = g_string_new("{\"messages\":[");
	guint64 last = 0;

	for (guint i = 0; i < events->len; i++) {
		const BridgeEventRecord *event = g_ptr_array_index(events, i);

		if (i > 0)
			g_string_append_c(text, ',');
		bridge_json_append_event(text, epoch, event);
		last = event->seq;
	}
	g_string_append(text, "],\"next\":");
	if (more) {
		g_autofree char *next = bridge_cursor_format(epoch, last);

		bridge_json_text_append(text, next);
	} else {
		g_string_append(text, "null");
	}
	g_string_append_c(text, '}');
	bridge_exchange_answer_text(exchange, 200, g_string_free(text, FALSE));
}

static void
api_history_read_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autofree ApiHistory *history = user_data;
	g_autoptr(BridgeExchange) exchange = history->exchange;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) events =
		bridge_history_read_finish(BRIDGE_ACCOUNT(source), result, &error);

	if (events != NULL)
		api_history_answer(exchange, events, events->len == history->limit);
	else
		bridge_exchange_fail(exchange, error);
}

/* FALSE: it is answered. */
static gboolean
api_history_parse(BridgeExchange *exchange, char **with, guint64 *before)
{
	const char *contact = bridge_exchange_get_query(exchange, "with");
	const char *page = bridge_exchange_get_query(exchange, "page");
	g_autoptr(GError) error = NULL;

	*before = bridge_account_get_seq(bridge_exchange_get_account(exchange)) + 1;
	if (contact != NULL)
		*with = bridge_account_normalise_peer(bridge_exchange_get_account(exchange),
		                                      contact, &error);
	if (error == NULL && page != NULL)
		api_parse_cursor(exchange, page, before, &error);
	if (error == NULL)
		return TRUE;
	bridge_exchange_fail(exchange, error);
	return FALSE;
}

void
api_history_get(BridgeExchange *exchange)
{
	g_autofree char *with = NULL;
	ApiHistory *history = NULL;
	guint64 before = 0;
	guint limit = 0;

	if (!bridge_exchange_get_query_uint(exchange, "limit", 1, BRIDGE_HISTORY_LIMIT_MAX,
	                                    HISTORY_LIMIT_DEFAULT, &limit) ||
	    !api_history_parse(exchange, &with, &before))
		return;
	history = g_new0(ApiHistory, 1);
	history->exchange = g_object_ref(exchange);
	history->limit = limit;
	bridge_history_read_async(bridge_exchange_get_account(exchange), with, before, limit,
	                          bridge_exchange_get_gone(exchange), api_history_read_cb, history);
}
