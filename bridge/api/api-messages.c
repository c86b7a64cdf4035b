/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * POST /v1/messages: 202 once it is durable. The caller's id makes it safe to ask again. */
#include "config.h"

#include "bridge-api-private.h"
#include "base/bridge-cursor.h"
#include "base/bridge-jid.h"
#include "base/bridge-text.h"

#define MESSAGE_ID_BYTES 36 /* a UUID as text */
#define MESSAGE_TO_BYTES_MAX (3 * BRIDGE_JID_PART_BYTES_MAX + 2)

static void
api_messages_sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	BridgeApi *api = bridge_exchange_get_context(exchange);
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeOutgoingRecord) record =
		bridge_account_send_finish(BRIDGE_ACCOUNT(source), result, &error);
	g_autoptr(JsonBuilder) builder = NULL;
	g_autofree char *cursor = NULL;

	if (record == NULL) {
		bridge_exchange_fail(exchange, error);
		return;
	}
	cursor = bridge_cursor_format(bridge_api_get_epoch(api), record->seq);
	builder = json_builder_new();
	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "id", record->id);
	bridge_json_add_string(builder, "cursor", cursor);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 202, builder);
}

/* Returns: (nullable): the normalised address */
static char *
api_messages_check(BridgeAccount *account, BridgeJsonReader *reader, const char *id, const char *to,
                   const char *body)
{
	g_autoptr(GError) to_error = NULL;
	g_autoptr(GError) body_error = NULL;
	char *peer = to != NULL ? bridge_account_normalise_peer(account, to, &to_error) : NULL;

	if (id != NULL && !g_uuid_string_is_valid(id))
		bridge_json_reader_refuse(reader, "/id", "a UUID is needed");
	if (to_error != NULL)
		bridge_json_reader_refuse(reader, "/to", to_error->message);
	if (body != NULL && !bridge_text_check(body, &body_error))
		bridge_json_reader_refuse(reader, "/body", body_error->message);
	return peer;
}

void
api_messages_post(BridgeExchange *exchange)
{
	g_autoptr(BridgeJsonReader) reader =
		bridge_json_reader_new(bridge_exchange_get_body(exchange));
	const char *id = bridge_json_reader_get_string(reader, "/id", BRIDGE_JSON_REQUIRED,
	                                               MESSAGE_ID_BYTES);
	const char *to = bridge_json_reader_get_string(reader, "/to", BRIDGE_JSON_REQUIRED,
	                                               MESSAGE_TO_BYTES_MAX);
	const char *body = bridge_json_reader_get_string(reader, "/body", BRIDGE_JSON_REQUIRED,
	                                                 BRIDGE_TEXT_BODY_BYTES_MAX);
	g_autofree char *peer =
		api_messages_check(bridge_exchange_get_account(exchange), reader, id, to, body);

	if (!bridge_exchange_check_reader(exchange, reader))
		return;
	bridge_account_send_async(bridge_exchange_get_account(exchange),
	                          bridge_exchange_get_device(exchange)->id, id, peer, body,
	                          api_messages_sent_cb, g_object_ref(exchange));
}
