/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /v1/snapshot: an app's first screen in one answer, and the cursor to go on from. */
#include "config.h"

#include <string.h>

#include "bridge-api-private.h"
#include "account/bridge-conversations.h"
#include "base/bridge-cursor.h"
#include "base/bridge-json-text.h"

#define SNAPSHOT_CONVERSATIONS_MAX 500

static char *
api_snapshot_build_contacts(BridgeAccount *account)
{
	GPtrArray *contacts = bridge_account_get_contacts(account);
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_array(builder);
	for (guint i = 0; i < contacts->len; i++)
		api_contact_build(builder, account, g_ptr_array_index(contacts, i));
	json_builder_end_array(builder);
	return bridge_json_builder_to_text(builder);
}

static void
api_snapshot_append_conversations(GString *text, BridgeAccount *account, const char *epoch)
{
	g_autoptr(GPtrArray) conversations = bridge_conversations_get(account);

	for (guint i = 0; i < MIN(conversations->len, SNAPSHOT_CONVERSATIONS_MAX); i++) {
		const BridgeConversation *conversation = g_ptr_array_index(conversations, i);

		g_string_append(text, i > 0 ? ",{\"jid\":" : "{\"jid\":");
		bridge_json_text_append(text, conversation->jid);
		g_string_append_printf(text, ",\"unread\":%u,\"last\":", conversation->unread->len);
		bridge_json_append_event(text, epoch, bridge_conversation_get_last(conversation));
		g_string_append_c(text, '}');
	}
}

static char *
api_snapshot_build_rooms(BridgeAccount *account)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	api_rooms_build(builder, account);
	return bridge_json_builder_to_text(builder);
}

static char *
api_snapshot_build(BridgeExchange *exchange)
{
	BridgeAccount *account = bridge_exchange_get_account(exchange);
	const char *epoch = bridge_api_get_epoch(bridge_exchange_get_context(exchange));
	g_autofree char *about = api_account_build_text(account);
	g_autofree char *cursor = bridge_cursor_format(epoch, bridge_account_get_seq(account));
	g_autofree char *contacts = api_snapshot_build_contacts(account);
	g_autofree char *rooms = api_snapshot_build_rooms(account);
	GString *text = g_string_new("{\"account\":");

	g_string_append(text, about);
	g_string_append_printf(
		text, ",\"contacts\":%s,\"contacts_complete\":%s,\"rooms\":%s,\"conversations\":[",
		contacts, bridge_account_knows_contacts(account) ? "true" : "false", rooms);
	api_snapshot_append_conversations(text, account, epoch);
	g_string_append(text, "],\"cursor\":");
	bridge_json_text_append(text, cursor);
	g_string_append_c(text, '}');
	return g_string_free(text, FALSE);
}

static void
api_snapshot_answer(BridgeExchange *exchange)
{
	g_autofree char *text = api_snapshot_build(exchange);
	g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
	g_autofree char *tag = g_strdup_printf("\"%.32s\"", digest);

	bridge_exchange_set_header(exchange, "ETag", tag);
	if (bridge_exchange_is_known(exchange, tag))
		bridge_exchange_answer_empty(exchange, 304);
	else
		bridge_exchange_answer_text(exchange, 200, g_steal_pointer(&text));
}

static void
api_snapshot_loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (bridge_conversations_load_finish(BRIDGE_ACCOUNT(source), result, &error))
		api_snapshot_answer(exchange);
	else
		bridge_exchange_fail(exchange, error);
}

static void
api_snapshot_ready(BridgeExchange *exchange, gpointer user_data)
{
	bridge_conversations_load_async(bridge_exchange_get_account(exchange),
	                                api_snapshot_loaded_cb, g_object_ref(exchange));
}

void
api_snapshot_get(BridgeExchange *exchange)
{
	api_await_contacts(exchange, api_snapshot_ready, NULL);
}
