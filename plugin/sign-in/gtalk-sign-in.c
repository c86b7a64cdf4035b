/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-sign-in.h"

#include <string.h>

#include <gmodule.h>

#include "core/gtalk-account-options.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-xml.h"
#include "gtalk-failure.h"
#include "gtalk-mechanism.h"
#include "gtalk-stream-guard.h"
#include "gtalk-token-settings.h"
#include "gtalk-token.h"
#include "gtalk.h"

#define GTALK_CYRUS_LIBRARY "libsasl2.so.2" /* the name of its ABI, as libpurple links it */
#define GTALK_PLAIN "PLAIN"
#define GTALK_MECHANISMS_MAX 64           /* more than any server has */
#define GTALK_MECHANISM_NAME_MAX_BYTES 20 /* RFC 4422, 3.1 */
#define GTALK_OFFER_SHOWN_MAX 8           /* names in an error */

typedef struct {
	GTalkSasl sasl;      /* NONE until the server offered mechanisms */
	gboolean challenged; /* OAUTHBEARER has told what is wrong */
} GTalkSignIn;

/* ---- Attaching ------------------------------------------------------------------------------ */

static void
gtalk_sign_in_check_settings(GTalkConnection *connection)
{
	const char *option =
		gtalk_account_options_get_mechanism(gtalk_connection_get_account(connection));

	if (!gtalk_mechanism_is_option(option))
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_INVALID_SETTINGS,
		                      _("The account's way to sign in is not one that this "
		                        "program knows."));
	else if (gtalk_connection_get_purpose(connection) == GTALK_PURPOSE_REGISTER &&
	         gtalk_mechanism_may_hold_token(option) &&
	         !purple_strequal(option, GTALK_MECHANISM_AUTO))
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_INVALID_SETTINGS,
		                      _("A new account needs a password, not a token."));
}

static gpointer
gtalk_sign_in_attach(GTalkConnection *connection)
{
	gtalk_sign_in_check_settings(connection);
	return g_new0(GTalkSignIn, 1);
}

static void
gtalk_sign_in_detach(GTalkConnection *connection, gpointer state)
{
	g_free(state);
}

/* ---- The offer ------------------------------------------------------------------------------ */

/* NULL-terminated; names that break RFC 4422 or go beyond the limit are left out. */
static char **
gtalk_sign_in_dup_offer(xmlnode *mechanisms)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	for (xmlnode *node = xmlnode_get_child(mechanisms, "mechanism");
	     node != NULL && names->len < GTALK_MECHANISMS_MAX;
	     node = xmlnode_get_next_twin(node)) {
		g_autofree char *name = xmlnode_get_data(node);

		if (name != NULL && strlen(name) <= GTALK_MECHANISM_NAME_MAX_BYTES &&
		    strspn(name, G_CSET_A_2_Z G_CSET_DIGITS "-_") == strlen(name))
			g_ptr_array_add(names, g_steal_pointer(&name));
	}
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

static void
gtalk_sign_in_add_mechanism(xmlnode *mechanisms, const char *name)
{
	xmlnode_insert_data(xmlnode_new_child(mechanisms, "mechanism"), name, -1);
}

/* Leaves the inherited protocol the mechanisms that it may use, in the server's order. */
static void
gtalk_sign_in_reduce_offer(xmlnode *mechanisms, GTalkSasl sasl, const char *const *offered)
{
	xmlnode *node;

	while ((node = xmlnode_get_child(mechanisms, "mechanism")) != NULL)
		xmlnode_free(node);
	if (sasl != GTALK_SASL_PASSWORD) {
		gtalk_sign_in_add_mechanism(mechanisms, GTALK_PLAIN);
		return;
	}
	for (guint i = 0; offered[i] != NULL; i++) {
		if (gtalk_mechanism_takes_password(offered[i]))
			gtalk_sign_in_add_mechanism(mechanisms, offered[i]);
	}
}

static gboolean
gtalk_sign_in_is_listed(const char *const *installed, GTalkSasl sasl, const char *const *offered)
{
	if (sasl != GTALK_SASL_PASSWORD)
		return g_strv_contains(installed, GTALK_PLAIN);
	for (guint i = 0; offered[i] != NULL; i++) {
		if (gtalk_mechanism_takes_password(offered[i]) &&
		    g_strv_contains(installed, offered[i]))
			return TRUE;
	}
	return FALSE;
}

/* Whether Cyrus SASL, which the inherited protocol leaves everything to, has one of them. It is
 * asked where libpurple has loaded it; a libpurple without it has mechanisms of its own, and then
 * Cyrus is not there or was never started and lists nothing. */
static gboolean
gtalk_sign_in_is_supported(GTalkSasl sasl, const char *const *offered)
{
	GModule *cyrus = g_module_open(GTALK_CYRUS_LIBRARY, G_MODULE_BIND_LAZY);
	const char **(*list)(void) = NULL;
	const char **installed = NULL;
	gboolean supported;

	if (cyrus != NULL && g_module_symbol(cyrus, "sasl_global_listmech", (gpointer *)&list))
		installed = list();
	supported = installed == NULL ||
	            gtalk_sign_in_is_listed((const char *const *)installed, sasl, offered);
	if (cyrus != NULL)
		g_module_close(cyrus);
	return supported;
}

static void
gtalk_sign_in_fail_without_mechanism(GTalkConnection *connection, char **offered)
{
	g_autofree char *list = NULL;
	g_autofree char *text = NULL;

	if (g_strv_length(offered) > GTALK_OFFER_SHOWN_MAX)
		g_clear_pointer(&offered[GTALK_OFFER_SHOWN_MAX], g_free);
	list = g_strjoinv(", ", offered);
	/* TRANSLATORS: %s is a list of names such as "PLAIN, SCRAM-SHA-1", or empty. */
	text = g_strdup_printf(_("The server does not offer the account's way to sign in. It "
	                         "offers: %s"),
	                       list);
	gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_AUTHENTICATION_IMPOSSIBLE, text);
}

static gboolean
gtalk_sign_in_receive_offer(GTalkConnection *connection, GTalkSignIn *self, xmlnode *mechanisms)
{
	g_auto(GStrv) offered = gtalk_sign_in_dup_offer(mechanisms);
	const char *option =
		gtalk_token_settings_get_mechanism(gtalk_connection_get_account(connection));
	GTalkSasl sasl = gtalk_mechanism_choose(option, (const char *const *)offered);

	if (sasl == GTALK_SASL_NONE) {
		gtalk_sign_in_fail_without_mechanism(connection, offered);
		return TRUE;
	}
	if (!gtalk_sign_in_is_supported(sasl, (const char *const *)offered)) {
		gtalk_connection_fail(
			connection, PURPLE_CONNECTION_ERROR_AUTHENTICATION_IMPOSSIBLE,
			_("This computer lacks what is needed to sign in. Install the "
		          "package libsasl2-modules and start the program again."));
		return TRUE;
	}
	self->sasl = sasl;
	gtalk_sign_in_reduce_offer(mechanisms, sasl, (const char *const *)offered);
	return FALSE;
}

/* ---- The answer ----------------------------------------------------------------------------- */

static char *
gtalk_sign_in_dup_token(GTalkConnection *connection)
{
	const char *fetched = gtalk_token_get(connection);
	const char *typed = purple_connection_get_password(gtalk_connection_get_purple(connection));
	const char *secret = fetched != NULL ? fetched : typed;
	char *token = g_strdup(secret != NULL ? secret : "");

	return g_strstrip(token); /* what a clipboard brings along */
}

static void
gtalk_sign_in_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	GTalkSignIn *self = state;
	g_autofree char *jid = NULL;
	char *token, *response;

	if (!gtalk_xml_is(packet, "auth", GTALK_NS_SASL))
		return;
	gtalk_mechanism_promise_full_bind_result(packet);
	if (gtalk_mechanism_get_name(self->sasl) == NULL ||
	    !gtalk_stream_guard_may_authenticate(connection))
		return;
	jid = gtalk_jid_dup_bare(
		purple_account_get_username(gtalk_connection_get_account(connection)));
	token = gtalk_sign_in_dup_token(connection);
	response = gtalk_mechanism_build_response(self->sasl, jid, token);
	gtalk_mechanism_free_secret(token);
	gtalk_mechanism_rewrite_auth(packet, self->sasl, response != NULL ? response : "=");
	gtalk_mechanism_free_secret(response);
	if (response == NULL)
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
		                      _("The token is empty or holds characters that no token "
		                        "has."));
}

/* ---- The verdict ---------------------------------------------------------------------------- */

static GTalkSecret
gtalk_sign_in_get_secret(GTalkConnection *connection, const GTalkSignIn *self)
{
	if (gtalk_token_get(connection) != NULL)
		return GTALK_SECRET_FETCHED_TOKEN;
	return gtalk_mechanism_get_name(self->sasl) != NULL ? GTALK_SECRET_TOKEN
	                                                    : GTALK_SECRET_PASSWORD;
}

static void
gtalk_sign_in_receive_failure(GTalkConnection *connection, GTalkSignIn *self, xmlnode *failure)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);
	GTalkFailure parsed;
	g_autofree char *text = NULL;

	gtalk_failure_parse(failure, &parsed);
	if (parsed.reason == PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED &&
	    gtalk_token_take_refusal(connection)) {
		gtalk_failure_clear(&parsed);
		return;
	}
	text = gtalk_failure_dup_text(&parsed, gtalk_sign_in_get_secret(connection, self));
	/* So that a user interface asks for another one. */
	if (parsed.reason == PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED &&
	    gtalk_token_get(connection) == NULL && !purple_account_get_remember_password(account))
		purple_account_set_password(account, NULL);
	gtalk_connection_fail(connection, parsed.reason, text);
	gtalk_failure_clear(&parsed);
}

/* OAUTHBEARER tells in a challenge what was wrong, and wants a byte of 1 before it fails
 * (RFC 7628, 3.2.3). The other two have no challenges. */
static void
gtalk_sign_in_receive_challenge(GTalkConnection *connection, GTalkSignIn *self)
{
	xmlnode *response;

	if (self->sasl != GTALK_SASL_OAUTHBEARER || self->challenged) {
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_NETWORK_ERROR,
		                      _("The server asked for something that has no place in the "
		                        "account's way to sign in."));
		return;
	}
	self->challenged = TRUE;
	response = xmlnode_new("response");
	xmlnode_set_namespace(response, GTALK_NS_SASL);
	xmlnode_insert_data(response, "AQ==", -1);
	gtalk_connection_send(connection, response);
}

static gboolean
gtalk_sign_in_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkSignIn *self = state;
	xmlnode *mechanisms = NULL;

	if (gtalk_xml_is(*packet, "features", GTALK_NS_STREAMS))
		mechanisms = gtalk_xml_find_child(*packet, "mechanisms", GTALK_NS_SASL);
	if (mechanisms != NULL)
		return gtalk_sign_in_receive_offer(connection, self, mechanisms);
	if (!purple_strequal(xmlnode_get_namespace(*packet), GTALK_NS_SASL))
		return FALSE;
	if (purple_strequal((*packet)->name, "failure")) {
		gtalk_sign_in_receive_failure(connection, self, *packet);
		return TRUE;
	}
	if (purple_strequal((*packet)->name, "challenge") &&
	    gtalk_mechanism_get_name(self->sasl) != NULL) {
		gtalk_sign_in_receive_challenge(connection, self);
		return TRUE;
	}
	return FALSE;
}

const GTalkUnit gtalk_sign_in_unit = {
	.name = "sign-in",
	.attach = gtalk_sign_in_attach,
	.detach = gtalk_sign_in_detach,
	.receives = GTALK_ARRIVES_OTHER,
	.receiving = gtalk_sign_in_receiving,
	.sending = gtalk_sign_in_sending,
};
