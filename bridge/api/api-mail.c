/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /v1/mail: the account's unread mail, where the chat server tells of it. */
#include "config.h"

#include "bridge-api-private.h"
#include "bridge-mail.h"

void
api_mail_get(BridgeExchange *exchange)
{
	BridgeAccount *account = bridge_exchange_get_account(exchange);
	char *json = bridge_account_dup_mail(account);

	if (json != NULL)
		bridge_exchange_answer_text(exchange, 200, json);
	else if (bridge_account_get_state(account) != BRIDGE_ACCOUNT_ONLINE)
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_ONLINE,
		                       "the account is not signed in", NULL);
	else
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_SUPPORTED,
		                       "The chat server tells of no mail (yet).", NULL);
}
