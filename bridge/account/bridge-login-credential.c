/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-login-credential.h"

#include <string.h>

#include "base/bridge-error.h"
#include "link/bridge-grant.h"
#include "link/bridge-link.h"
#include "base/bridge-secret.h"
#include "base/bridge-text.h"

#define CREDENTIAL_BYTES_MAX (8 * 1024)
#define CREDENTIAL_MECHANISM_PASSWORD "password"
#define CREDENTIAL_MECHANISM_AUTO "auto"
#define CREDENTIAL_MECHANISM_TOKEN "token"

static gboolean
bridge_login_refuse(GError **error, const char *why)
{
	g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID, why);
	return FALSE;
}

static gboolean
bridge_login_is_secret(const char *secret)
{
	return secret != NULL && secret[0] != '\0' && strlen(secret) <= CREDENTIAL_BYTES_MAX &&
	       bridge_text_check(secret, NULL);
}

static gboolean
bridge_login_check_request(const BridgeLoginRequest *request, GError **error)
{
	if (bridge_login_is_secret(request->credential))
		return TRUE;
	g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
	            "the credential must be 1 to %d bytes of text", CREDENTIAL_BYTES_MAX);
	return FALSE;
}

/* NULL: not allowed */
static const char *
bridge_login_choose_mechanism(const char *asked, const BridgeDomainConfig *domain, GError **error)
{
	const char *mechanism = asked != NULL ? asked : CREDENTIAL_MECHANISM_TOKEN;

	if (domain->registration == BRIDGE_REGISTRATION_CLOSED) {
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_ENROLMENT_REQUIRED,
		                    "nobody may sign in for this domain");
		return NULL;
	}
	if (g_str_equal(mechanism, CREDENTIAL_MECHANISM_PASSWORD) && !domain->passwords) {
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_PASSWORD_NOT_ALLOWED,
		                    "passwords are not accepted for this domain");
		return NULL;
	}
	/* Or a password would get in under the name of a token. */
	if (g_str_equal(mechanism, CREDENTIAL_MECHANISM_AUTO) && !domain->passwords)
		return CREDENTIAL_MECHANISM_TOKEN;
	if (g_str_equal(mechanism, CREDENTIAL_MECHANISM_PASSWORD) &&
	    domain->token_service != BRIDGE_TOKEN_SERVICE_KIND_NONE)
		return BRIDGE_MECHANISM_SERVICE_PASSWORD;
	return mechanism;
}

static gboolean
bridge_login_read_grant(const BridgeLoginRequest *request, const BridgeDomainConfig *domain,
                        BridgeLoginCredential *credential, GError **error)
{
	const char *client_id = request->client_id != NULL ? request->client_id : "";
	char *text;

	/* Taking it and letting the access token expire all the same would be a silent loss. */
	if (domain->token_service != BRIDGE_TOKEN_SERVICE_KIND_OAUTH2)
		return bridge_login_refuse(error, "this bridge refreshes no tokens of this domain");
	if (!bridge_login_is_secret(request->refresh_token) ||
	    !bridge_grant_is_text(request->refresh_token) ||
	    !bridge_grant_is_text(request->credential) || !bridge_grant_is_text(client_id))
		return bridge_login_refuse(error, "tokens and client ids are printable ASCII");
	text = bridge_grant_build(&(BridgeGrant){.refresh_token = (char *)request->refresh_token,
	                                         .client_id = (char *)client_id,
	                                         .access_token = (char *)request->credential});
	credential->mechanism = g_strdup(BRIDGE_MECHANISM_REFRESH_TOKEN);
	credential->secret = bridge_secret_new(text);
	bridge_secret_free_text(text);
	return TRUE;
}

gboolean
bridge_login_credential_read(const BridgeLoginRequest *request, const BridgeDomainConfig *domain,
                             BridgeLoginCredential *credential, GError **error)
{
	const char *mechanism;

	if (!bridge_login_check_request(request, error))
		return FALSE;
	mechanism = bridge_login_choose_mechanism(request->mechanism, domain, error);
	if (mechanism == NULL)
		return FALSE;
	if (request->refresh_token != NULL)
		return bridge_login_read_grant(request, domain, credential, error);
	credential->mechanism = g_strdup(mechanism);
	credential->secret = bridge_secret_new(request->credential);
	return TRUE;
}

void
bridge_login_credential_reduce(BridgeLoginCredential *credential)
{
	g_autoptr(BridgeGrant) grant = NULL;
	char *text;

	if (!g_str_equal(credential->mechanism, BRIDGE_MECHANISM_REFRESH_TOKEN))
		return;
	text = g_strndup(g_bytes_get_data(credential->secret, NULL),
	                 g_bytes_get_size(credential->secret));
	grant = bridge_grant_parse(text);
	bridge_secret_free_text(text);
	if (grant == NULL || *grant->access_token == '\0')
		return;
	bridge_login_credential_clear(credential);
	credential->mechanism = g_strdup(CREDENTIAL_MECHANISM_TOKEN);
	credential->secret = bridge_secret_new(grant->access_token);
}

void
bridge_login_credential_clear(BridgeLoginCredential *credential)
{
	g_clear_pointer(&credential->mechanism, g_free);
	g_clear_pointer(&credential->secret, g_bytes_unref);
}
