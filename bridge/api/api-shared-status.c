/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET and PUT /v1/shared-status: the status that the chat server keeps for all clients of the
 * account, and the texts that it remembers. */
#include "config.h"

#include "bridge-api-private.h"
#include "account/bridge-presence.h"
#include "account/bridge-shared-status.h"
#include "base/bridge-text.h"

#define SHARED_STATUS_SHOW_BYTES_MAX 16
#define SHARED_STATUS_TEXTS_MAX 64 /* the server's own limit is lower */

/* NULL: there is none; it is answered. */
static const char *
api_shared_status_find(BridgeExchange *exchange)
{
	BridgeAccount *account = bridge_exchange_get_account(exchange);
	const char *json = bridge_account_get_shared_status(account);

	if (json != NULL)
		return json;
	if (bridge_account_get_state(account) != BRIDGE_ACCOUNT_ONLINE)
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_ONLINE,
		                       "the account is not signed in", NULL);
	else
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_SUPPORTED,
		                       "The chat server keeps no status for the account.", NULL);
	return NULL;
}

void
api_shared_status_get(BridgeExchange *exchange)
{
	const char *json = api_shared_status_find(exchange);

	if (json != NULL)
		bridge_exchange_answer_text(exchange, 200, g_strdup(json));
}

/* @presence: its strings belong to the reader; show is NULL if none is to be set */
static void
api_shared_status_read(BridgeJsonReader *reader, BridgePresence *presence)
{
	const char *status = bridge_json_reader_get_string(reader, "/status", BRIDGE_JSON_OPTIONAL,
	                                                   BRIDGE_PRESENCE_STATUS_BYTES_MAX);
	gboolean invisible =
		bridge_json_reader_get_boolean(reader, "/invisible", BRIDGE_JSON_OPTIONAL, FALSE);
	const char *show = bridge_json_reader_get_string(
		reader, "/show",
		status != NULL || invisible ? BRIDGE_JSON_REQUIRED : BRIDGE_JSON_OPTIONAL,
		SHARED_STATUS_SHOW_BYTES_MAX);

	if (show != NULL && !g_str_equal(show, "available") && !g_str_equal(show, "dnd"))
		bridge_json_reader_refuse(reader, "/show", "\"available\" or \"dnd\"");
	if (status != NULL && *status != '\0' && !bridge_text_check(status, NULL))
		bridge_json_reader_refuse(reader, "/status", "text without control characters");
	presence->show = (char *)show;
	presence->status = (char *)(status != NULL ? status : "");
	presence->invisible = invisible;
}

static void
api_shared_status_set_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (bridge_account_set_presence_finish(BRIDGE_ACCOUNT(source), result, &error))
		bridge_exchange_answer_empty(exchange, 204);
	else
		bridge_exchange_fail(exchange, error);
}

/* The texts are there; what holds now is the account's presence. */
static void
api_shared_status_texts_set(BridgeExchange *exchange, GVariant *answer)
{
	g_autoptr(BridgeJsonReader) reader =
		bridge_json_reader_new(bridge_exchange_get_body(exchange));
	BridgePresence presence = {0};

	api_shared_status_read(reader, &presence);
	if (presence.show == NULL)
		bridge_exchange_answer_empty(exchange, 204);
	else
		bridge_account_set_presence_async(bridge_exchange_get_account(exchange), &presence,
		                                  api_shared_status_set_cb, g_object_ref(exchange));
}

static void
api_shared_status_read_texts(BridgeJsonReader *reader, const char *pointer, const char *name,
                             GVariantDict *arguments)
{
	g_auto(GStrv) texts = bridge_json_reader_dup_strings(
		reader, pointer, SHARED_STATUS_TEXTS_MAX, BRIDGE_PRESENCE_STATUS_BYTES_MAX);

	if (texts != NULL)
		g_variant_dict_insert(arguments, name, "^as", texts);
}

void
api_shared_status_put(BridgeExchange *exchange)
{
	g_autoptr(BridgeJsonReader) reader =
		bridge_json_reader_new(bridge_exchange_get_body(exchange));
	g_auto(GVariantDict) arguments = G_VARIANT_DICT_INIT(NULL);
	BridgePresence presence = {0};

	api_shared_status_read(reader, &presence);
	api_shared_status_read_texts(reader, "/texts/available", "available", &arguments);
	api_shared_status_read_texts(reader, "/texts/dnd", "dnd", &arguments);
	if (!bridge_exchange_check_reader(exchange, reader) ||
	    api_shared_status_find(exchange) == NULL)
		return;
	api_request(exchange, "status-texts", g_variant_dict_end(&arguments),
	            api_shared_status_texts_set);
}
