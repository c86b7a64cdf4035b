/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /v1/mail: the account's unread mail, where the chat server tells of it; who asks before it
 * has done so waits for that. */
#include "config.h"

#include "bridge-api-private.h"
#include "account/bridge-mail.h"

static gboolean
api_mail_answer(BridgeExchange *exchange)
{
	char *json = bridge_account_dup_mail(bridge_exchange_get_account(exchange));

	if (json != NULL)
		bridge_exchange_answer_text(exchange, 200, json);
	return json != NULL;
}

static void
api_mail_answered(BridgeExchange *exchange, GVariant *answer)
{
	if (!api_mail_answer(exchange))
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_SUPPORTED,
		                       "The chat server tells of no mail.", NULL);
}

void
api_mail_get(BridgeExchange *exchange)
{
	GVariantDict none;

	if (api_mail_answer(exchange))
		return;
	g_variant_dict_init(&none, NULL);
	api_request(exchange, "mail", g_variant_dict_end(&none), api_mail_answered);
}
