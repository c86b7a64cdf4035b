/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /v1/contacts: the roster, by pages in the order of addresses. A page is named by the last
 * address of the one before, so that it stays right while contacts come and go. */
#include "config.h"

#include <string.h>

#include "bridge-api-private.h"
#include "bridge-conversations.h"
#include "bridge-off-record.h"

#define CONTACTS_LIMIT_MAX 500
#define CONTACTS_LIMIT_DEFAULT 200

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

/* FALSE: it is no page of ours; it is answered. @after: (out): an address, or NULL for the first */
static gboolean
api_contacts_parse_page(BridgeExchange *exchange, char **after)
{
	const char *page = bridge_exchange_get_query(exchange, "page");
	gsize length = 0;
	g_autofree char *text = NULL;
	g_autofree guchar *decoded = NULL;

	if (page == NULL)
		return TRUE;
	text = g_strdelimit(g_strdup(page), "-", '+');
	decoded = g_base64_decode(g_strdelimit(text, "_", '/'), &length);
	if (length == 0 || !g_utf8_validate_len((const char *)decoded, length, NULL)) {
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_MALFORMED,
		                       "page must be what an answer gave as next", NULL);
		return FALSE;
	}
	*after = g_strndup((const char *)decoded, length);
	return TRUE;
}

static void
api_contacts_build_next(JsonBuilder *builder, const BridgeContact *last)
{
	g_autofree char *next =
		last != NULL ? g_base64_encode((const guchar *)last->jid, strlen(last->jid)) : NULL;

	/* The alphabet that needs no escapes in a query. */
	if (next != NULL)
		g_strdelimit(g_strdelimit(next, "+", '-'), "/", '_');
	bridge_json_add_string(builder, "next", next);
}

static guint
api_contacts_find_first(GPtrArray *contacts, const char *after)
{
	guint first = 0;

	while (after != NULL && first < contacts->len &&
	       strcmp(((BridgeContact *)g_ptr_array_index(contacts, first))->jid, after) <= 0)
		first++;
	return first;
}

/* One request on its way: history is looked through for what is unread. */
typedef struct {
	BridgeExchange *exchange;
	char *after;
	guint limit;
} ApiContacts;

static void
api_contacts_answer(BridgeExchange *exchange, const char *after, guint limit)
{
	BridgeAccount *account = bridge_exchange_get_account(exchange);
	GPtrArray *contacts = bridge_account_get_contacts(account);
	guint first = api_contacts_find_first(contacts, after);
	guint end = MIN(first + limit, contacts->len);
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "contacts");
	json_builder_begin_array(builder);
	for (guint i = first; i < end; i++)
		api_contact_build(builder, account, g_ptr_array_index(contacts, i));
	json_builder_end_array(builder);
	bridge_json_add_boolean(builder, "complete", bridge_account_knows_contacts(account));
	api_contacts_build_next(builder,
	                        end < contacts->len ? g_ptr_array_index(contacts, end - 1) : NULL);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

static void
api_contacts_loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autofree ApiContacts *request = user_data;
	g_autofree char *after = request->after;
	g_autoptr(BridgeExchange) exchange = request->exchange;
	g_autoptr(GError) error = NULL;

	if (bridge_conversations_load_finish(BRIDGE_ACCOUNT(source), result, &error))
		api_contacts_answer(exchange, after, request->limit);
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
	ApiContacts *request = NULL;
	g_autofree char *after = NULL;
	guint limit = 0;

	if (!bridge_exchange_get_query_uint(exchange, "limit", 1, CONTACTS_LIMIT_MAX,
	                                    CONTACTS_LIMIT_DEFAULT, &limit) ||
	    !api_contacts_parse_page(exchange, &after))
		return;
	request = g_new0(ApiContacts, 1);
	request->exchange = g_object_ref(exchange);
	request->after = g_steal_pointer(&after);
	request->limit = limit;
	api_await_contacts(exchange, api_contacts_ready, request);
}
