/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-token.h: the unit that gets an account's token from its token service, before the sign-in
 * and again before the token expires.
 *
 * Where the secrets lie: libpurple keeps one for an account, its password, in memory, and in
 * accounts.xml if the user wants it remembered. So the password field holds whatever new tokens can
 * be had with: the password; or, once OAuth 2.0 has given one for it, the refresh token in its
 * place. Tokens themselves lie in memory alone (gtalk-token-wallet.h). */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_token_unit;

/* ---- For the plugin's entry ------------------------------------------------------------------ */

typedef struct {
	/* The token is there, or none is needed: let the inherited protocol begin. */
	void (*begin)(GTalkConnection *connection);
	/* Ends what the inherited protocol has begun and begins anew, with a new GTalkConnection;
	 * from the main loop. */
	void (*begin_again)(PurpleConnection *gc);
} GTalkTokenEntry;

/* Once for each connection; begin() is called at once where there is nothing to wait for.
 * @entry: static */
void
gtalk_token_begin(GTalkConnection *connection, const GTalkTokenEntry *entry);

/* ---- For the sign-in ------------------------------------------------------------------------- */

/* What to sign in with, instead of what the password field holds; NULL without a token service. */
const char *
gtalk_token_get(GTalkConnection *connection);

/* The server refused the token. TRUE: it was an old one, and the sign-in begins anew with a new one
 * (so at most once). FALSE: there is nothing better. */
gboolean
gtalk_token_take_refusal(GTalkConnection *connection);

G_END_DECLS
