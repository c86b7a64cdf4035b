/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-token-settings.h: which token service an account uses, and what it is asked. Pure but for
 * reading the account's options. */
#pragma once

#include <glib.h>
#include <purple.h>

#include "gtalk-token-answer.h"

G_BEGIN_DECLS

typedef enum {
	GTALK_TOKEN_SERVICE_NONE, /* the password field holds what the server wants */
	GTALK_TOKEN_SERVICE_CLIENT_LOGIN,
	GTALK_TOKEN_SERVICE_OAUTH_PASSWORD,
	GTALK_TOKEN_SERVICE_OAUTH_REFRESH,
} GTalkTokenService;

typedef struct {
	GTalkTokenService service;
	char *url;  /* OAuth: of the token endpoint; ClientLogin: what /accounts/ is put behind */
	char *host; /* of the URL */
	char *client_id; /* may be empty, like the scope */
	char *scope;
	char *user; /* the bare JID as typed */
} GTalkTokenSettings;

/* NULL if the account signs in without a token service. Free with gtalk_token_settings_free().
 * @error: set if the settings make no sense; a sentence for the user (transfer full) */
GTalkTokenSettings *
gtalk_token_settings_read(PurpleAccount *account, char **error);
void
gtalk_token_settings_free(GTalkTokenSettings *self);

/* Whether the account's options name a token service and a mechanism that takes tokens. */
gboolean
gtalk_token_settings_are_used(PurpleAccount *account);

/* The value of GTALK_OPTION_MECHANISM; where that leaves the choice to the server's offer and there
 * is a token service, only what takes that service's tokens. */
const char *
gtalk_token_settings_get_mechanism(PurpleAccount *account);

/* "refresh token" or "password": what @self makes of the account's password field. */
GTalkTokenOrigin
gtalk_token_settings_get_origin(const GTalkTokenSettings *self);

/* Where to send ClientLogin's forms: /accounts/<page> of the service; (transfer full). */
char *
gtalk_token_settings_dup_page(const GTalkTokenSettings *self, const char *page);

/* The address of the captcha's picture (@url as the service wrote it), NULL if that is not on the
 * service's own host; (transfer full). */
char *
gtalk_token_settings_dup_picture(const GTalkTokenSettings *self, const char *url);

/* Forms to be posted; (transfer full), to be wiped.
 * @captcha_id, @captcha: both NULL unless a captcha was asked and answered */
char *
gtalk_token_settings_build_login(const GTalkTokenSettings *self, const char *password,
                                 const char *captcha_id, const char *captcha);
char *
gtalk_token_settings_build_issue(const char *sid, const char *lsid);
/* @secret: password or refresh token, as @origin says */
char *
gtalk_token_settings_build_grant(const GTalkTokenSettings *self, GTalkTokenOrigin origin,
                                 const char *secret);

G_END_DECLS
