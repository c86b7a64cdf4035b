/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the handlers of the features share: a contact's address out of the path, and a request that
 * the account's host answers. */
#include "config.h"

#include "bridge-api-private.h"

char *
api_dup_jid_parameter(BridgeExchange *exchange)
{
	g_autoptr(GError) error = NULL;
	char *jid = bridge_account_normalise_peer(bridge_exchange_get_account(exchange),
	                                          bridge_exchange_get_parameter(exchange), &error);

	if (jid == NULL)
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_FOUND, error->message, NULL);
	return jid;
}

typedef struct {
	BridgeExchange *exchange;
	ApiRequestAnswered answered;
} ApiRequest;

static void
api_request_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autofree ApiRequest *request = user_data;
	g_autoptr(BridgeExchange) exchange = request->exchange;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer =
		bridge_account_request_finish(BRIDGE_ACCOUNT(source), result, &error);

	if (answer == NULL)
		bridge_exchange_fail(exchange, error);
	else if (request->answered != NULL)
		request->answered(exchange, answer);
	else
		bridge_exchange_answer_empty(exchange, 204);
}

void
api_request(BridgeExchange *exchange, const char *command, GVariant *arguments,
            ApiRequestAnswered answered)
{
	ApiRequest *request = g_new0(ApiRequest, 1);

	request->exchange = g_object_ref(exchange);
	request->answered = answered;
	bridge_account_request_async(bridge_exchange_get_account(exchange), command, arguments,
	                             api_request_cb, request);
}
