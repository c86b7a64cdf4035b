/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-account-options.h"

#include <purple.h>

#include "gtalk-i18n.h"
#include "gtalk.h"

typedef struct {
	const char *label;
	const char *value;
} GTalkChoice;

/* TRANSLATORS: how an account proves who it is. X-OAUTH2, OAUTHBEARER and X-GOOGLE-TOKEN are names
 * of protocols. The first choice takes what the server offers. */
static const GTalkChoice gtalk_mechanism_choices[] = {
	{N_("Automatic"), GTALK_MECHANISM_AUTO},
	{N_("Token"), GTALK_MECHANISM_TOKEN},
	{N_("Token by X-OAUTH2"), GTALK_MECHANISM_X_OAUTH2},
	{N_("Token by OAUTHBEARER"), GTALK_MECHANISM_OAUTHBEARER},
	{N_("Token by X-GOOGLE-TOKEN"), GTALK_MECHANISM_X_GOOGLE_TOKEN},
	{N_("Password"), GTALK_MECHANISM_PASSWORD},
};

/* TRANSLATORS: where an account gets its tokens. ClientLogin and OAuth 2.0 are names of protocols;
 * a refresh token is one that new tokens can be had with. The account's password field holds what
 * the last words of each choice say. */
static const GTalkChoice gtalk_token_service_choices[] = {
	{N_("None: password or token typed in"), GTALK_TOKEN_SERVICE_OPTION_NONE},
	{N_("ClientLogin, by password"), GTALK_TOKEN_SERVICE_OPTION_CLIENT_LOGIN},
	{N_("OAuth 2.0, by password"), GTALK_TOKEN_SERVICE_OPTION_OAUTH_PASSWORD},
	{N_("OAuth 2.0, by refresh token"), GTALK_TOKEN_SERVICE_OPTION_OAUTH_REFRESH},
};

/* TRANSLATORS: STARTTLS and TLS are names of protocols; the numbers are ports. */
static const GTalkChoice gtalk_security_choices[] = {
	{N_("Require encryption (STARTTLS, 5222)"), "require_tls"},
	{N_("Use encryption if available (passwords only)"), "opportunistic_tls"},
	{N_("Encrypted from the start (TLS, 5223)"), "old_ssl"},
};

static const char *
gtalk_account_options_get(PurpleAccount *account, const char *key, const char *default_value)
{
	const char *value = purple_account_get_string(account, key, NULL);

	return value != NULL && *value != '\0' ? value : default_value;
}

const char *
gtalk_account_options_get_mechanism(PurpleAccount *account)
{
	return gtalk_account_options_get(account, GTALK_OPTION_MECHANISM, GTALK_MECHANISM_AUTO);
}

const char *
gtalk_account_options_get_default_domain(PurpleAccount *account)
{
	return gtalk_account_options_get(account, GTALK_OPTION_DEFAULT_DOMAIN, "");
}

static PurpleAccountOption *
gtalk_account_options_new_list(const char *label, const char *key, const GTalkChoice *choices,
                               gsize n_choices)
{
	GList *pairs = NULL;

	for (gsize i = n_choices; i > 0; i--) {
		PurpleKeyValuePair *pair = g_new0(PurpleKeyValuePair, 1);

		pair->key = g_strdup(_(choices[i - 1].label));
		pair->value = g_strdup(choices[i - 1].value);
		pairs = g_list_prepend(pairs, pair);
	}
	return purple_account_option_list_new(label, key, pairs);
}

GList *
gtalk_account_options_new_user_splits(void)
{
	GList *splits = NULL;
	PurpleAccountUserSplit *domain = purple_account_user_split_new(_("Domain"), "", '@');
	PurpleAccountUserSplit *resource = purple_account_user_split_new(_("Resource"), "", '/');

	/* The first separator counts, not the last: a resource may contain both. */
	purple_account_user_split_set_reverse(domain, FALSE);
	purple_account_user_split_set_reverse(resource, FALSE);
	splits = g_list_append(splits, domain);
	return g_list_append(splits, resource);
}

static GList *
gtalk_account_options_append_sign_in(GList *options)
{
	options = g_list_append(
		options, gtalk_account_options_new_list(_("Sign in by"), GTALK_OPTION_MECHANISM,
	                                                gtalk_mechanism_choices,
	                                                G_N_ELEMENTS(gtalk_mechanism_choices)));
	options = g_list_append(options, gtalk_account_options_new_list(
						 _("Token service"), GTALK_OPTION_TOKEN_SERVICE,
						 gtalk_token_service_choices,
						 G_N_ELEMENTS(gtalk_token_service_choices)));
	options = g_list_append(options, purple_account_option_string_new(
						 _("Token service's address (https://...)"),
						 GTALK_OPTION_TOKEN_URL, ""));
	options = g_list_append(options,
	                        purple_account_option_string_new(_("OAuth 2.0 client id"),
	                                                         GTALK_OPTION_TOKEN_CLIENT_ID, ""));
	return g_list_append(options,
	                     purple_account_option_string_new(_("OAuth 2.0 scope (may be empty)"),
	                                                      GTALK_OPTION_TOKEN_SCOPE, ""));
}

static GList *
gtalk_account_options_append_server(GList *options)
{
	options = g_list_append(
		options, purple_account_option_string_new(_("Domain if the user name has none"),
	                                                  GTALK_OPTION_DEFAULT_DOMAIN, ""));
	options = g_list_append(options, gtalk_account_options_new_list(
						 _("Connection security"), "connection_security",
						 gtalk_security_choices,
						 G_N_ELEMENTS(gtalk_security_choices)));
	/* TRANSLATORS: the server's certificate is checked for the name given here; for the
	 * account's domain if nothing is given. */
	options = g_list_append(
		options, purple_account_option_string_new(_("Server (empty: found by the domain)"),
	                                                  "connect_server", NULL));
	return g_list_append(options, purple_account_option_int_new(_("Port of that server"),
	                                                            "port", GTALK_PORT_STARTTLS));
}

GList *
gtalk_account_options_new(void)
{
	GList *options = gtalk_account_options_append_sign_in(NULL);

	options = gtalk_account_options_append_server(options);
	options = g_list_append(options, purple_account_option_string_new(
						 _("File transfer proxies"), "ft_proxies", NULL));
	/* TRANSLATORS: a delivery receipt tells the sender of a message that it has arrived. */
	options = g_list_append(options, purple_account_option_bool_new(
						 _("Ask for delivery receipts and send them"),
						 GTALK_OPTION_RECEIPTS, TRUE));
	options = g_list_append(options,
	                        purple_account_option_bool_new(
					_("Keep the server's status texts as saved statuses"),
					GTALK_OPTION_SAVED_STATUSES, TRUE));
	options = g_list_append(options, purple_account_option_bool_new(
						 _("While idle, do not follow who comes and goes"),
						 GTALK_OPTION_QUEUE_WHEN_IDLE, TRUE));
	return g_list_append(options, purple_account_option_bool_new(_("Show custom smileys"),
	                                                             "custom_smileys", TRUE));
}
