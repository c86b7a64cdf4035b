/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-token-wallet.h: the tokens of accounts between two sign-ins. They lie in memory alone,
 * until the plugin is unloaded, and only as long as they belong to what the account's settings and
 * password field say. */
#pragma once

#include <glib.h>
#include <purple.h>

#include "gtalk-token-settings.h"

G_BEGIN_DECLS

typedef struct {
	GTalkTokenOrigin origin; /* what the account's password field holds */
	char *token;             /* NULL if there is none, or none that is worth keeping */
	guint lifetime_s;        /* that the token had at first, 0 if unknown */
	gint64 expires_us;       /* since the epoch */
	char *sid;               /* ClientLogin's long token, both or neither */
	char *lsid;
	char *captcha_id; /* what a human has read already, both or neither */
	char *captcha;
} GTalkTokenWallet;

/* The plugin is unloaded: forgets everything. */
void
gtalk_token_wallets_unload(void);

/* What belongs to @account with these @settings and the secret that its password field holds now;
 * empty at first. Borrowed, until the account goes or its password changes. */
GTalkTokenWallet *
gtalk_token_wallet_ensure(PurpleAccount *account, const GTalkTokenSettings *settings);

/* The account's password field holds another secret now, with which the wallet's tokens can be had
 * too. */
void
gtalk_token_wallet_follow(PurpleAccount *account, const GTalkTokenSettings *settings);

/* @id, @read: both NULL: nothing any more */
void
gtalk_token_wallet_set_captcha(GTalkTokenWallet *self, const char *id, const char *read);

/* Drops the tokens, keeps the origin. */
void
gtalk_token_wallet_empty(GTalkTokenWallet *self);

void
gtalk_token_wallet_put_token(GTalkTokenWallet *self, const char *token, guint lifetime_s);

/* Seconds until the token is to be renewed: some while before it expires. 0 or less: now. There has
 * to be a token. */
gint64
gtalk_token_wallet_get_rest_s(const GTalkTokenWallet *self);

G_END_DECLS
