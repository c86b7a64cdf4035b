/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-mechanism.h: the SASL mechanisms (RFC 4422) of an account: which one is taken, and what its
 * <auth/> says. Pure. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

typedef enum {
	GTALK_SASL_NONE, /* nothing that the server offers may be used */
	GTALK_SASL_X_OAUTH2,
	GTALK_SASL_OAUTHBEARER,
	GTALK_SASL_X_GOOGLE_TOKEN,
	GTALK_SASL_PASSWORD, /* SCRAM or PLAIN, left to the inherited protocol */
} GTalkSasl;

/* Whether @option is a value of GTALK_OPTION_MECHANISM. */
gboolean
gtalk_mechanism_is_option(const char *option);

/* Whether an account with this @option may hold a token in its password: all but "password". */
gboolean
gtalk_mechanism_may_hold_token(const char *option);

/* @offered: the names in the server's <mechanisms/>, NULL-terminated. */
GTalkSasl
gtalk_mechanism_choose(const char *option, const char *const *offered);

/* "X-OAUTH2" and so on; NULL for GTALK_SASL_NONE and GTALK_SASL_PASSWORD. */
const char *
gtalk_mechanism_get_name(GTalkSasl mechanism);

/* Whether a password may be proved by the mechanism of this name: SCRAM without channel binding
 * (the inherited protocol has none) and PLAIN. Anything else would tell the server, or whoever
 * pretends to be it, more about the password than it needs. */
gboolean
gtalk_mechanism_takes_password(const char *name);

/* The initial response, base64-encoded; (transfer full), to be wiped.
 * @bare_jid: as the user typed it, with domain
 * Returns: NULL if @token or @bare_jid holds what the mechanism cannot carry: nothing at all,
 *          a control character or anything outside ASCII in a token */
char *
gtalk_mechanism_build_response(GTalkSasl mechanism, const char *bare_jid, const char *token);

/* Turns the inherited protocol's <auth/> into that of @mechanism with the given initial response.
 */
void
gtalk_mechanism_rewrite_auth(xmlnode *auth, GTalkSasl mechanism, const char *response);

/* Puts the two attributes of JID domain discovery on any <auth/>: "I take the JID of the bind
 * result", and "my user name may have another domain than yours". */
void
gtalk_mechanism_promise_full_bind_result(xmlnode *auth);

/* g_free() that leaves nothing behind; NULL is allowed. */
void
gtalk_mechanism_free_secret(char *secret);

G_END_DECLS
