/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-account-private.h"

#include <string.h>

#include "link/bridge-link.h"
#include "host-feature.h"
#include "host-rooms.h"
#include "host-text.h"

#define HOST_ACCOUNT_BODY_MAX_BYTES (256 * 1024)
#define HOST_ACCOUNT_ID_MAX_BYTES 256
#define HOST_ACCOUNT_REQUESTS_MAX 64 /* open at once */

void
host_account_fail_requests(HostAccount *account)
{
	g_autoptr(GPtrArray) requests = g_steal_pointer(&account->requests);

	for (guint i = 0; requests != NULL && i < requests->len; i++)
		host_request_fail(g_ptr_array_index(requests, i), BRIDGE_LINK_ERROR_NOT_ONLINE,
		                  "The account went offline before the answer came.");
}

/* FALSE: too many are open. Those that have ended make room. */
static gboolean
host_account_keep_request(HostAccount *account, HostRequest *request)
{
	if (account->requests == NULL)
		account->requests =
			g_ptr_array_new_with_free_func((GDestroyNotify)host_request_unref);
	for (guint i = account->requests->len; i > 0; i--)
		if (!host_request_is_open(g_ptr_array_index(account->requests, i - 1)))
			g_ptr_array_remove_index_fast(account->requests, i - 1);
	if (account->requests->len >= HOST_ACCOUNT_REQUESTS_MAX)
		return FALSE;
	g_ptr_array_add(account->requests, host_request_ref(request));
	return TRUE;
}

void
host_account_run(HostAccount *account, const char *command, GVariant *arguments,
                 HostRequest *request)
{
	const HostCommand *found = host_features_find_command(command);
	g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT(arguments);

	if (!host_account_is_online(account))
		host_request_fail(request, BRIDGE_LINK_ERROR_NOT_ONLINE,
		                  "The account is not signed in.");
	else if (found == NULL)
		host_request_fail(request, BRIDGE_LINK_ERROR_INVALID, "There is no such command.");
	else if (!host_account_keep_request(account, request))
		host_request_fail(request, BRIDGE_LINK_ERROR_INVALID,
		                  "Too many requests of this account wait for the chat server.");
	else
		found->run(account, &dict, request);
}

static gboolean
host_account_check_message(HostAccount *account, const char *id, const char *to, const char *body,
                           GError **error)
{
	const char *wrong = NULL;

	if (*id == '\0' || strlen(id) > HOST_ACCOUNT_ID_MAX_BYTES || !host_text_is_xml(id))
		wrong = "id";
	else if (!host_rooms_has(account, to) && !account->dialect->is_peer(to))
		wrong = "to";
	else if (*body == '\0' || strlen(body) > HOST_ACCOUNT_BODY_MAX_BYTES ||
	         !host_text_is_xml(body))
		wrong = "body";
	if (wrong == NULL)
		return TRUE;
	g_set_error(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_INVALID,
	            "SendMessage: \"%s\" is not acceptable", wrong);
	return FALSE;
}

gboolean
host_account_send(HostAccount *account, const char *id, const char *to, const char *body,
                  GError **error)
{
	PurpleConnection *gc = host_account_get_connection(account);
	g_autofree char *html = NULL;

	if (!host_account_is_online(account)) {
		g_set_error_literal(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_NOT_ONLINE,
		                    "the account is not signed in");
		return FALSE;
	}
	if (!host_account_check_message(account, id, to, body, error))
		return FALSE;
	html = host_text_to_html(body);
	if (account->dialect->sending != NULL)
		account->dialect->sending(gc, id);
	if (host_rooms_has(account, to) ? host_rooms_send(account, to, html)
	                                : serv_send_im(gc, to, html, 0) > 0) {
		if (account->dialect->sent != NULL)
			account->dialect->sent(account, id, to);
		return TRUE;
	}
	g_set_error_literal(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_NOT_ONLINE,
	                    "the message did not go out");
	return FALSE;
}
