/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PUT and DELETE /v1/contacts/{jid}, POST /block and /unblock under it: 204 once the chat server
 * has confirmed, when GET shows it too.
 * What a PUT does not name stays as it is; groups are all that the contact shall be in. */
#include "config.h"

#include "bridge-api-private.h"
#include "base/bridge-text.h"

#define CONTACT_NAME_BYTES_MAX 1023 /* what the host takes */
#define CONTACT_GROUPS_MAX 64

static void
api_contact_check_name(BridgeJsonReader *reader, const char *name)
{
	g_autoptr(GError) error = NULL;

	if (name != NULL && *name != '\0' &&
	    !bridge_text_check_line(name, CONTACT_NAME_BYTES_MAX, "the name", &error))
		bridge_json_reader_refuse(reader, "/name", error->message);
}

static void
api_contact_check_groups(BridgeJsonReader *reader, char **groups)
{
	for (guint i = 0; groups != NULL && groups[i] != NULL; i++) {
		g_autoptr(GError) error = NULL;

		if (!bridge_text_check_line(groups[i], CONTACT_NAME_BYTES_MAX, "a group", &error))
			bridge_json_reader_refuse(reader, "/groups", error->message);
	}
}

/* Who is not online does not know; then the answer is that. */
static gboolean
api_contact_is_missing(BridgeExchange *exchange, const char *jid)
{
	BridgeAccount *account = bridge_exchange_get_account(exchange);

	return bridge_account_get_state(account) == BRIDGE_ACCOUNT_ONLINE &&
	       bridge_account_find_contact(account, jid) == NULL;
}

/* FALSE: it is answered. */
static gboolean
api_contact_check_room(BridgeExchange *exchange, const char *jid)
{
	BridgeAccount *account = bridge_exchange_get_account(exchange);

	if (bridge_account_get_contacts(account)->len < BRIDGE_ROSTER_CONTACTS_MAX ||
	    bridge_account_find_contact(account, jid) != NULL)
		return TRUE;
	bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_ACCEPTABLE,
	                       "the account has as many contacts as it can have", NULL);
	return FALSE;
}

void
api_contact_put(BridgeExchange *exchange)
{
	g_autofree char *jid = api_dup_jid_parameter(exchange);
	g_autoptr(BridgeJsonReader) reader = NULL;
	g_auto(GStrv) groups = NULL;
	const char *name;
	GVariantDict arguments;

	if (jid == NULL)
		return;
	reader = bridge_json_reader_new(bridge_exchange_get_body(exchange));
	name = bridge_json_reader_get_string(reader, "/name", BRIDGE_JSON_OPTIONAL,
	                                     CONTACT_NAME_BYTES_MAX);
	groups = bridge_json_reader_dup_strings(reader, "/groups", CONTACT_GROUPS_MAX,
	                                        CONTACT_NAME_BYTES_MAX);
	api_contact_check_name(reader, name);
	api_contact_check_groups(reader, groups);
	if (!bridge_exchange_check_reader(exchange, reader) ||
	    !api_contact_check_room(exchange, jid))
		return;
	g_variant_dict_init(&arguments, NULL);
	g_variant_dict_insert(&arguments, "jid", "s", jid);
	if (name != NULL)
		g_variant_dict_insert(&arguments, "name", "s", name);
	if (groups != NULL)
		g_variant_dict_insert(&arguments, "groups", "^as", groups);
	api_request(exchange, "contact-put", g_variant_dict_end(&arguments), NULL);
}

void
api_contact_delete(BridgeExchange *exchange)
{
	g_autofree char *jid = api_dup_jid_parameter(exchange);
	GVariantDict arguments;

	if (jid == NULL)
		return;
	if (api_contact_is_missing(exchange, jid)) {
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_FOUND,
		                       "the account has no such contact", NULL);
		return;
	}
	g_variant_dict_init(&arguments, NULL);
	g_variant_dict_insert(&arguments, "jid", "s", jid);
	api_request(exchange, "contact-remove", g_variant_dict_end(&arguments), NULL);
}

static void
api_contact_set_blocked(BridgeExchange *exchange, gboolean blocked)
{
	g_autofree char *jid = api_dup_jid_parameter(exchange);
	GVariantDict arguments;

	if (jid == NULL)
		return;
	g_variant_dict_init(&arguments, NULL);
	g_variant_dict_insert(&arguments, "jid", "s", jid);
	g_variant_dict_insert(&arguments, "blocked", "b", blocked);
	api_request(exchange, "contact-block", g_variant_dict_end(&arguments), NULL);
}

void
api_contact_block(BridgeExchange *exchange)
{
	api_contact_set_blocked(exchange, TRUE);
}

void
api_contact_unblock(BridgeExchange *exchange)
{
	api_contact_set_blocked(exchange, FALSE);
}
