/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-token.h"

#include <string.h>

#include "link/bridge-grant.h"
#include "host-https.h"
#include "host-text.h"
#include "plugin/gtalk.h"

/* Of a token that nobody knows the end of: so soon it is renewed. */
#define HOST_TOKEN_UNKNOWN_LIFETIME_S 60

#define HOST_TOKEN_TEXT_MAX_BYTES 2048 /* of what a service says */

typedef struct {
	char *client_id;  /* that the refresh token was given to */
	char *captcha_id; /* that a person has read, or NULL */
	char *captcha;
	gboolean is_used;
	gboolean is_asked; /* a person is to read another one */
} HostToken;

static void
host_token_free(gpointer data)
{
	HostToken *self = data;

	g_free(self->client_id);
	g_free(self->captcha_id);
	g_free(self->captcha);
	g_free(self);
}

static HostToken *
host_token_find(HostAccount *account)
{
	return account != NULL ? host_account_get_state(account, host_token_feature.name) : NULL;
}

/* ---- Before the sign-in ---------------------------------------------------------------------- */

static void
host_token_set_service(PurpleAccount *purple, const char *kind, const HostSettings *settings,
                       const char *client_id)
{
	purple_account_set_string(purple, GTALK_OPTION_TOKEN_SERVICE, kind);
	purple_account_set_string(purple, GTALK_OPTION_TOKEN_URL, settings->token_url);
	purple_account_set_string(purple, GTALK_OPTION_TOKEN_CLIENT_ID, client_id);
	purple_account_set_string(purple, GTALK_OPTION_TOKEN_SCOPE, settings->token_scope);
	/* Nothing is written here; it lets a refresh token take the password's place for good. */
	purple_account_set_remember_password(purple, TRUE);
	host_https_start();
}

static void
host_token_put_access(PurpleAccount *purple, const BridgeGrant *grant)
{
	PurplePlugin *plugin = purple_find_prpl(GTALK_PRPL_ID);
	gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
	gint64 lifetime_s =
		grant->expires_s > 0 ? grant->expires_s - now_s : HOST_TOKEN_UNKNOWN_LIFETIME_S;
	gboolean ok;

	if (plugin != NULL && *grant->access_token != '\0' && lifetime_s > 0)
		purple_plugin_ipc_call(plugin, GTALK_IPC_PUT_TOKEN, &ok, purple,
		                       grant->access_token, (guint)MIN(lifetime_s, G_MAXINT));
}

static void
host_token_prepare_grant(HostToken *self, PurpleAccount *purple, const HostSettings *settings,
                         const BridgeGrant *grant)
{
	const char *client_id =
		*grant->client_id != '\0' ? grant->client_id : settings->token_client_id;

	self->client_id = g_strdup(grant->client_id);
	purple_account_set_password(purple, grant->refresh_token);
	host_token_set_service(purple, GTALK_TOKEN_SERVICE_OPTION_OAUTH_REFRESH, settings,
	                       client_id);
	host_token_put_access(purple, grant);
}

static void
host_token_put_captcha(HostToken *self, PurpleAccount *purple)
{
	PurplePlugin *plugin = purple_find_prpl(GTALK_PRPL_ID);
	gboolean ok;

	if (plugin != NULL && self->captcha != NULL)
		purple_plugin_ipc_call(plugin, GTALK_IPC_ANSWER_CAPTCHA, &ok, purple,
		                       self->captcha_id, self->captcha);
}

static void
host_token_prepare_password(HostToken *self, PurpleAccount *purple, const HostSettings *settings,
                            const char *credential)
{
	self->client_id = g_strdup(settings->token_client_id);
	purple_account_set_password(purple, credential);
	host_token_set_service(purple,
	                       settings->token_service == HOST_TOKEN_SERVICE_CLIENT_LOGIN
	                               ? GTALK_TOKEN_SERVICE_OPTION_CLIENT_LOGIN
	                               : GTALK_TOKEN_SERVICE_OPTION_OAUTH_PASSWORD,
	                       settings, settings->token_client_id);
	host_token_put_captcha(self, purple);
}

void
host_token_prepare(HostAccount *account, const HostSettings *settings, const char *credential)
{
	PurpleAccount *purple = host_account_get_purple(account);
	g_autoptr(BridgeGrant) grant = NULL;
	HostToken *self = host_token_find(account);

	if (settings->secret == HOST_SECRET_FOR_SERVER) {
		purple_account_set_password(purple, credential);
		return;
	}
	self->is_used = TRUE;
	if (settings->secret == HOST_SECRET_SERVICE_PASSWORD) {
		host_token_prepare_password(self, purple, settings, credential);
		return;
	}
	grant = bridge_grant_parse(credential);
	if (grant != NULL)
		host_token_prepare_grant(self, purple, settings, grant);
}

gboolean
host_token_is_used(HostAccount *account)
{
	HostToken *self = host_token_find(account);

	return self != NULL && self->is_used;
}

gboolean
host_token_is_captcha(HostAccount *account)
{
	HostToken *self = host_token_find(account);

	return self != NULL && self->is_asked;
}

static void
host_token_prepare_state(HostAccount *account, GVariant *wanted)
{
	HostToken *self = g_new0(HostToken, 1);

	host_account_set_state(account, host_token_feature.name, self, host_token_free);
	if (wanted == NULL || !g_variant_is_of_type(wanted, G_VARIANT_TYPE_VARDICT) ||
	    !g_variant_lookup(wanted, "captcha-id", "s", &self->captcha_id))
		return;
	g_variant_lookup(wanted, "captcha", "s", &self->captcha);
}

/* ---- Pictures to read ------------------------------------------------------------------------ */

/* There may be nobody to ask for hours: a later sign-in has the answer. */
static gboolean
host_token_captcha_cb(PurpleConnection *gc, const char *id, const char *url, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	HostToken *self = host_token_find(account);
	GVariantDict data;
	g_autofree char *limited_id = NULL;
	g_autofree char *limited_url = NULL;

	if (self == NULL)
		return FALSE;
	self->is_asked = TRUE;
	limited_id = host_text_limit(id, HOST_TOKEN_TEXT_MAX_BYTES);
	limited_url = host_text_limit(url, HOST_TOKEN_TEXT_MAX_BYTES);
	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "id", "s", limited_id);
	g_variant_dict_insert(&data, "url", "s", limited_url);
	host_account_push_at_once(account, "captcha", g_variant_dict_end(&data));
	return TRUE;
}

/* ---- What the daemon keeps ------------------------------------------------------------------- */

/* (transfer full): NULL: nothing that is worth keeping */
static char *
host_token_dup_credential(HostToken *self, PurpleAccount *purple, guint lifetime_s)
{
	PurplePlugin *plugin = purple_find_prpl(GTALK_PRPL_ID);
	const char *refresh_token = purple_account_get_password(purple);
	gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
	const char *token;
	gboolean ok = FALSE;

	if (refresh_token == NULL || !bridge_grant_is_text(refresh_token) ||
	    !purple_strequal(purple_account_get_string(purple, GTALK_OPTION_TOKEN_SERVICE, ""),
	                     GTALK_TOKEN_SERVICE_OPTION_OAUTH_REFRESH))
		return NULL;
	token = purple_plugin_ipc_call(plugin, GTALK_IPC_TOKEN, &ok, purple);
	if (!ok || token == NULL || !bridge_grant_is_text(token))
		token = "";
	return bridge_grant_build(
		&(BridgeGrant){.refresh_token = (char *)refresh_token,
	                       .client_id = self->client_id,
	                       .access_token = (char *)token,
	                       .expires_s = *token != '\0' ? now_s + lifetime_s : 0});
}

static void
host_token_cb(PurpleConnection *gc, guint lifetime_s, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	HostToken *self =
		account != NULL ? host_account_get_state(account, host_token_feature.name) : NULL;
	char *credential;

	if (self == NULL)
		return;
	credential = host_token_dup_credential(self, host_account_get_purple(account), lifetime_s);
	if (credential != NULL && strlen(credential) <= BRIDGE_GRANT_BYTES_MAX)
		host_account_keep(account, BRIDGE_MECHANISM_REFRESH_TOKEN, credential);
	host_settings_free_credential(credential);
}

static void
host_token_install(PurplePlugin *plugin)
{
	void *handle = (void *)&host_token_feature;

	if (plugin == NULL)
		return;
	purple_signal_connect(plugin, GTALK_SIGNAL_TOKEN, handle, PURPLE_CALLBACK(host_token_cb),
	                      NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_CAPTCHA, handle,
	                      PURPLE_CALLBACK(host_token_captcha_cb), NULL);
}

const HostFeature host_token_feature = {
	.name = "token",
	.install = host_token_install,
	.prepare = host_token_prepare_state,
};
