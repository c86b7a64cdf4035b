/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /v1/contacts: the roster, by pages in the order of addresses. */
#include "config.h"

#include <string.h>

#include "api-page.h"
#include "bridge-api-private.h"
#include "account/bridge-conversations.h"
#include "account/bridge-off-record.h"

void
api_contact_build(JsonBuilder *builder, BridgeAccount *account, const BridgeContact *contact)
{
	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "jid", contact->jid);
	bridge_json_add_string(builder, "name", contact->name);
	bridge_json_add_strings(builder, "groups", (const char *const *)contact->groups);
	bridge_json_add_string(builder, "subscription", contact->subscription);
	bridge_json_add_boolean(builder, "ask", contact->ask);
	bridge_json_add_boolean(builder, "blocked", contact->blocked);
	bridge_json_add_string(builder, "avatar", bridge_contact_get_avatar(contact));
	bridge_json_add_boolean(builder, "off_the_record",
	                        bridge_account_has_off_the_record(account, contact->jid));
	bridge_json_add_int(builder, "unread",
	                    bridge_conversations_get_unread(account, contact->jid));
	json_builder_set_member_name(builder, "presence");
	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "show", contact->show);
	bridge_json_add_string(builder, "status", contact->status);
	json_builder_end_object(builder);
	json_builder_end_object(builder);
}

static char *
api_contacts_dup_key(gconstpointer thing)
{
	return g_strdup(((const BridgeContact *)thing)->jid);
}

static void
api_contacts_build_one(JsonBuilder *builder, gconstpointer thing, gpointer user_data)
{
	api_contact_build(builder, BRIDGE_ACCOUNT(user_data), thing);
}

static const ApiPageKind api_contacts_kind = {
	.member = "contacts",
	.dup_key = api_contacts_dup_key,
	.build = api_contacts_build_one,
};

/* One request on its way: history is looked through for what is unread. */
typedef struct {
	BridgeExchange *exchange;
	ApiPage *page;
} ApiContacts;

static void
api_contacts_answer(BridgeExchange *exchange, const ApiPage *page)
{
	BridgeAccount *account = bridge_exchange_get_account(exchange);
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	api_page_build(page, builder, bridge_account_get_contacts(account), &api_contacts_kind,
	               account);
	bridge_json_add_boolean(builder, "complete", bridge_account_knows_contacts(account));
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

static void
api_contacts_loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autofree ApiContacts *request = user_data;
	g_autoptr(ApiPage) page = request->page;
	g_autoptr(BridgeExchange) exchange = request->exchange;
	g_autoptr(GError) error = NULL;

	if (bridge_conversations_load_finish(BRIDGE_ACCOUNT(source), result, &error))
		api_contacts_answer(exchange, page);
	else
		bridge_exchange_fail(exchange, error);
}

static void
api_contacts_ready(BridgeExchange *exchange, gpointer user_data)
{
	bridge_conversations_load_async(bridge_exchange_get_account(exchange),
	                                api_contacts_loaded_cb, user_data);
}

void
api_contacts_get(BridgeExchange *exchange)
{
	ApiPage *page = api_page_new(exchange);
	ApiContacts *request;

	if (page == NULL)
		return;
	request = g_new0(ApiContacts, 1);
	request->exchange = g_object_ref(exchange);
	request->page = page;
	api_await_contacts(exchange, api_contacts_ready, request);
}
