/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-token-settings.h"

#include <string.h>

#include "core/gtalk-account-options.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-jid.h"
#include "gtalk-https.h"
#include "gtalk-mechanism.h"
#include "gtalk.h"

#define GTALK_TOKEN_URL_MAX_BYTES 2048
#define GTALK_TOKEN_SOURCE "purple-gtalk-" PACKAGE_VERSION

static const struct {
	const char *option;
	GTalkTokenService service;
} gtalk_token_services[] = {
	{GTALK_TOKEN_SERVICE_OPTION_NONE, GTALK_TOKEN_SERVICE_NONE},
	{GTALK_TOKEN_SERVICE_OPTION_CLIENT_LOGIN, GTALK_TOKEN_SERVICE_CLIENT_LOGIN},
	{GTALK_TOKEN_SERVICE_OPTION_OAUTH_PASSWORD, GTALK_TOKEN_SERVICE_OAUTH_PASSWORD},
	{GTALK_TOKEN_SERVICE_OPTION_OAUTH_REFRESH, GTALK_TOKEN_SERVICE_OAUTH_REFRESH},
};

/* FALSE if the account's option is none of the known ones. */
static gboolean
gtalk_token_settings_find_service(PurpleAccount *account, GTalkTokenService *service)
{
	const char *option = purple_account_get_string(account, GTALK_OPTION_TOKEN_SERVICE, "");

	*service = GTALK_TOKEN_SERVICE_NONE;
	for (guint i = 0; i < G_N_ELEMENTS(gtalk_token_services); i++) {
		if (g_strcmp0(option, gtalk_token_services[i].option) == 0) {
			*service = gtalk_token_services[i].service;
			return TRUE;
		}
	}
	return option == NULL || *option == '\0';
}

gboolean
gtalk_token_settings_are_used(PurpleAccount *account)
{
	GTalkTokenService service;

	return gtalk_mechanism_may_hold_token(gtalk_account_options_get_mechanism(account)) &&
	       (!gtalk_token_settings_find_service(account, &service) ||
	        service != GTALK_TOKEN_SERVICE_NONE);
}

const char *
gtalk_token_settings_get_mechanism(PurpleAccount *account)
{
	const char *option = gtalk_account_options_get_mechanism(account);
	GTalkTokenService service;

	if (!g_str_equal(option, GTALK_MECHANISM_AUTO) &&
	    !g_str_equal(option, GTALK_MECHANISM_TOKEN))
		return option;
	if (!gtalk_token_settings_find_service(account, &service) ||
	    service == GTALK_TOKEN_SERVICE_NONE)
		return option;
	return service == GTALK_TOKEN_SERVICE_CLIENT_LOGIN ? GTALK_MECHANISM_X_GOOGLE_TOKEN
	                                                   : GTALK_MECHANISM_TOKEN;
}

static char *
gtalk_token_settings_dup_option(PurpleAccount *account, const char *name)
{
	const char *value = purple_account_get_string(account, name, "");

	return g_strstrip(g_strdup(value != NULL ? value : ""));
}

GTalkTokenSettings *
gtalk_token_settings_read(PurpleAccount *account, char **error)
{
	GTalkTokenSettings *self;
	GTalkTokenService service;

	if (!gtalk_token_settings_are_used(account))
		return NULL;
	if (!gtalk_token_settings_find_service(account, &service)) {
		*error = g_strdup(_("The account's kind of token service is not one that this "
		                    "program knows."));
		return NULL;
	}
	self = g_new0(GTalkTokenSettings, 1);
	self->service = service;
	self->url = gtalk_token_settings_dup_option(account, GTALK_OPTION_TOKEN_URL);
	self->client_id = gtalk_token_settings_dup_option(account, GTALK_OPTION_TOKEN_CLIENT_ID);
	self->scope = gtalk_token_settings_dup_option(account, GTALK_OPTION_TOKEN_SCOPE);
	self->user = gtalk_jid_dup_bare(purple_account_get_username(account));
	if (strlen(self->url) <= GTALK_TOKEN_URL_MAX_BYTES)
		self->host = gtalk_https_dup_host(self->url);
	if (self->host != NULL)
		return self;
	*error = g_strdup(_("The token service's address in the account's settings is missing, or "
	                    "is not one. It begins with \"https://\"."));
	gtalk_token_settings_free(self);
	return NULL;
}

void
gtalk_token_settings_free(GTalkTokenSettings *self)
{
	g_free(self->url);
	g_free(self->host);
	g_free(self->client_id);
	g_free(self->scope);
	g_free(self->user);
	g_free(self);
}

GTalkTokenOrigin
gtalk_token_settings_get_origin(const GTalkTokenSettings *self)
{
	return self->service == GTALK_TOKEN_SERVICE_OAUTH_REFRESH ? GTALK_TOKEN_FROM_REFRESH_TOKEN
	                                                          : GTALK_TOKEN_FROM_PASSWORD;
}

/* ---- Addresses ------------------------------------------------------------------------------ */

char *
gtalk_token_settings_dup_page(const GTalkTokenSettings *self, const char *page)
{
	g_autofree char *base = g_strdup(self->url);
	gsize length = strcspn(base, "?#");

	base[length] = '\0';
	while (length > 0 && base[length - 1] == '/')
		base[--length] = '\0';
	return g_strconcat(base, "/accounts/", page, NULL);
}

char *
gtalk_token_settings_dup_picture(const GTalkTokenSettings *self, const char *url)
{
	g_autofree char *base = gtalk_token_settings_dup_page(self, "");
	g_autofree char *absolute = g_uri_resolve_relative(base, url, G_URI_FLAGS_ENCODED, NULL);
	g_autofree char *host = absolute != NULL ? gtalk_https_dup_host(absolute) : NULL;

	return host != NULL && g_ascii_strcasecmp(host, self->host) == 0
	               ? g_steal_pointer(&absolute)
	               : NULL;
}

/* ---- Forms ---------------------------------------------------------------------------------- */

/* Large enough for any secret, so that growing leaves no copies behind. */
#define GTALK_TOKEN_FORM_BYTES 32768

static void
gtalk_token_form_add(GString *form, const char *name, const char *value)
{
	char *escaped = g_uri_escape_string(value, NULL, FALSE);

	if (form->len > 0)
		g_string_append_c(form, '&');
	g_string_append(form, name);
	g_string_append_c(form, '=');
	g_string_append(form, escaped);
	gtalk_mechanism_free_secret(escaped);
}

static void
gtalk_token_form_add_if(GString *form, const char *name, const char *value)
{
	if (value != NULL && *value != '\0')
		gtalk_token_form_add(form, name, value);
}

static char *
gtalk_token_form_end(GString *form)
{
	char *text = g_strdup(form->str);

	explicit_bzero(form->str, form->len);
	g_string_free(form, TRUE);
	return text;
}

char *
gtalk_token_settings_build_login(const GTalkTokenSettings *self, const char *password,
                                 const char *captcha_id, const char *captcha)
{
	GString *form = g_string_sized_new(GTALK_TOKEN_FORM_BYTES);

	gtalk_token_form_add(form, "accountType", "HOSTED_OR_GOOGLE");
	gtalk_token_form_add(form, "Email", self->user);
	gtalk_token_form_add(form, "Passwd", password);
	gtalk_token_form_add(form, "service", "mail");
	gtalk_token_form_add(form, "source", GTALK_TOKEN_SOURCE);
	gtalk_token_form_add_if(form, "logintoken", captcha_id);
	gtalk_token_form_add_if(form, "logincaptcha", captcha);
	return gtalk_token_form_end(form);
}

char *
gtalk_token_settings_build_issue(const char *sid, const char *lsid)
{
	GString *form = g_string_sized_new(GTALK_TOKEN_FORM_BYTES);

	gtalk_token_form_add(form, "SID", sid);
	gtalk_token_form_add(form, "LSID", lsid);
	gtalk_token_form_add(form, "service", "mail");
	gtalk_token_form_add(form, "Session", "true");
	return gtalk_token_form_end(form);
}

char *
gtalk_token_settings_build_grant(const GTalkTokenSettings *self, GTalkTokenOrigin origin,
                                 const char *secret)
{
	GString *form = g_string_sized_new(GTALK_TOKEN_FORM_BYTES);

	if (origin == GTALK_TOKEN_FROM_REFRESH_TOKEN) {
		gtalk_token_form_add(form, "grant_type", "refresh_token");
		gtalk_token_form_add(form, "refresh_token", secret);
	} else {
		gtalk_token_form_add(form, "grant_type", "password");
		gtalk_token_form_add(form, "username", self->user);
		gtalk_token_form_add(form, "password", secret);
	}
	gtalk_token_form_add_if(form, "client_id", self->client_id);
	gtalk_token_form_add_if(form, "scope", self->scope);
	return gtalk_token_form_end(form);
}
