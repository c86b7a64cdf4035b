/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-token-wallet.h"

#include "gtalk-mechanism.h"

#define GTALK_TOKEN_MARGIN_MAX_S 300 /* a sign-in takes seconds; clocks differ by minutes */
#define GTALK_TOKEN_MARGIN_PARTS 5   /* of a short life, that part is margin */

typedef struct {
	GTalkTokenWallet wallet;
	char *owner; /* a digest of what the tokens were got with */
} GTalkTokenPocket;

/* By PurpleAccount, which has no room of its own for what must not be saved. */
static GHashTable *gtalk_token_pockets = NULL;

void
gtalk_token_wallet_empty(GTalkTokenWallet *self)
{
	g_clear_pointer(&self->token, gtalk_mechanism_free_secret);
	g_clear_pointer(&self->sid, gtalk_mechanism_free_secret);
	g_clear_pointer(&self->lsid, gtalk_mechanism_free_secret);
}

void
gtalk_token_wallet_set_captcha(GTalkTokenWallet *self, const char *id, const char *read)
{
	g_free(self->captcha_id);
	self->captcha_id = g_strdup(id);
	g_free(self->captcha);
	self->captcha = g_strdup(read);
}

static void
gtalk_token_pocket_free(GTalkTokenPocket *self)
{
	gtalk_token_wallet_empty(&self->wallet);
	gtalk_token_wallet_set_captcha(&self->wallet, NULL, NULL);
	g_free(self->owner);
	g_free(self);
}

static void
gtalk_token_wallet_account_gone_cb(PurpleAccount *account, gpointer user_data)
{
	g_hash_table_remove(gtalk_token_pockets, account);
}

/* At the first use: when the plugin is loaded there are no signals of accounts yet. */
static void
gtalk_token_wallets_ensure(void)
{
	if (gtalk_token_pockets != NULL)
		return;
	gtalk_token_pockets =
		g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)gtalk_token_pocket_free);
	purple_signal_connect(purple_accounts_get_handle(), "account-removed", &gtalk_token_pockets,
	                      PURPLE_CALLBACK(gtalk_token_wallet_account_gone_cb), NULL);
}

void
gtalk_token_wallets_unload(void)
{
	if (gtalk_token_pockets == NULL)
		return;
	purple_signals_disconnect_by_handle(&gtalk_token_pockets);
	g_clear_pointer(&gtalk_token_pockets, g_hash_table_unref);
}

static char *
gtalk_token_wallet_dup_owner(PurpleAccount *account, const GTalkTokenSettings *settings)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	const char *parts[] = {settings->url, settings->client_id, settings->scope, settings->user,
	                       purple_account_get_password(account)};

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		const char *part = parts[i] != NULL ? parts[i] : "";

		g_checksum_update(checksum, (const guchar *)part, (gssize)strlen(part) + 1);
	}
	return g_strdup(g_checksum_get_string(checksum));
}

GTalkTokenWallet *
gtalk_token_wallet_ensure(PurpleAccount *account, const GTalkTokenSettings *settings)
{
	GTalkTokenPocket *pocket = NULL;
	g_autofree char *owner = gtalk_token_wallet_dup_owner(account, settings);

	gtalk_token_wallets_ensure();
	pocket = g_hash_table_lookup(gtalk_token_pockets, account);
	if (pocket != NULL && g_str_equal(pocket->owner, owner))
		return &pocket->wallet;
	pocket = g_new0(GTalkTokenPocket, 1);
	pocket->owner = g_steal_pointer(&owner);
	pocket->wallet.origin = gtalk_token_settings_get_origin(settings);
	g_hash_table_replace(gtalk_token_pockets, account, pocket);
	return &pocket->wallet;
}

void
gtalk_token_wallet_follow(PurpleAccount *account, const GTalkTokenSettings *settings)
{
	GTalkTokenPocket *pocket = g_hash_table_lookup(gtalk_token_pockets, account);

	g_return_if_fail(pocket != NULL);

	g_free(pocket->owner);
	pocket->owner = gtalk_token_wallet_dup_owner(account, settings);
}

void
gtalk_token_wallet_put_token(GTalkTokenWallet *self, const char *token, guint lifetime_s)
{
	char *old = self->token;

	self->token = g_strdup(token);
	self->lifetime_s = lifetime_s;
	self->expires_us = g_get_real_time() + lifetime_s * G_USEC_PER_SEC;
	gtalk_mechanism_free_secret(old); /* token may lie in it */
}

gint64
gtalk_token_wallet_get_rest_s(const GTalkTokenWallet *self)
{
	gint64 margin_s =
		MIN(self->lifetime_s / GTALK_TOKEN_MARGIN_PARTS, GTALK_TOKEN_MARGIN_MAX_S);

	return (self->expires_us - g_get_real_time()) / G_USEC_PER_SEC - margin_s;
}
