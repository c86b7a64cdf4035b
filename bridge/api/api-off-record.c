/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PUT /v1/contacts/{jid}/off-the-record: what is said with a contact is kept by nobody from now on,
 * or may be again. */
#include "config.h"

#include "bridge-api-private.h"
#include "account/bridge-off-record.h"

static void
api_off_record_set_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (bridge_account_set_off_the_record_finish(BRIDGE_ACCOUNT(source), result, &error))
		bridge_exchange_answer_empty(exchange, 204);
	else
		bridge_exchange_fail(exchange, error);
}

void
api_off_record_put(BridgeExchange *exchange)
{
	g_autofree char *jid = api_dup_jid_parameter(exchange);
	g_autoptr(BridgeJsonReader) reader = NULL;
	gboolean enabled;

	if (jid == NULL)
		return;
	reader = bridge_json_reader_new(bridge_exchange_get_body(exchange));
	enabled = bridge_json_reader_get_boolean(reader, "/enabled", BRIDGE_JSON_REQUIRED, FALSE);
	if (bridge_exchange_check_reader(exchange, reader))
		bridge_account_set_off_the_record_async(bridge_exchange_get_account(exchange), jid,
		                                        enabled, api_off_record_set_cb,
		                                        g_object_ref(exchange));
}
