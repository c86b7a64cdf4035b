/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-token.h"

#include <string.h>

#include "core/gtalk-i18n.h"
#include "gtalk-mechanism.h"
#include "gtalk-token-exchange.h"
#include "gtalk-token-settings.h"
#include "gtalk-token-wallet.h"
#include "gtalk.h"

#define GTALK_TOKEN_RENEWAL_MIN_S 5 /* whatever lifetime the service invents */
#define GTALK_TOKEN_RETRY_MIN_S 60
#define GTALK_TOKEN_RETRY_MAX_S 3600

/* NULL for an account without a token service. */
typedef struct {
	GTalkConnection *connection;
	const GTalkTokenEntry *entry;
	GTalkTokenSettings *settings;
	GTalkTokenExchange *exchange; /* under way, or NULL */
	char *token;                  /* of this sign-in */
	gboolean is_new;              /* it was fetched for this sign-in */
	gboolean is_established;
	guint renewal; /* source, 0 if none */
	guint retry_s;
} GTalkToken;

static void
gtalk_token_schedule(GTalkToken *self, gint64 delay_s);
static void
gtalk_token_schedule_renewal(GTalkToken *self);

static PurpleAccount *
gtalk_token_get_account(GTalkToken *self)
{
	return gtalk_connection_get_account(self->connection);
}

static GTalkTokenWallet *
gtalk_token_ensure_wallet(GTalkToken *self)
{
	return gtalk_token_wallet_ensure(gtalk_token_get_account(self), self->settings);
}

/* ---- Attaching ------------------------------------------------------------------------------ */

static gpointer
gtalk_token_attach(GTalkConnection *connection)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);
	g_autofree char *error = NULL;
	GTalkTokenSettings *settings = NULL;
	GTalkToken *self;

	/* A new account has no tokens yet. */
	if (gtalk_connection_get_purpose(connection) == GTALK_PURPOSE_SIGN_IN)
		settings = gtalk_token_settings_read(account, &error);
	if (error != NULL)
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_INVALID_SETTINGS, error);
	if (settings == NULL)
		return NULL;
	self = g_new0(GTalkToken, 1);
	self->connection = connection;
	self->settings = settings;
	return self;
}

static void
gtalk_token_detach(GTalkConnection *connection, gpointer state)
{
	GTalkToken *self = state;

	if (self == NULL)
		return;
	if (self->exchange != NULL)
		gtalk_token_exchange_cancel(self->exchange);
	if (self->renewal != 0)
		purple_timeout_remove(self->renewal);
	/* Who does not want the password kept does not want tokens kept. */
	if (!purple_account_get_remember_password(gtalk_token_get_account(self)))
		gtalk_token_wallet_empty(gtalk_token_ensure_wallet(self));
	gtalk_mechanism_free_secret(self->token);
	gtalk_token_settings_free(self->settings);
	g_free(self);
}

/* ---- Keeping -------------------------------------------------------------------------------- */

/* The refresh token takes the password's place. Where nothing is remembered the choice in the
 * account's settings stays: next time it is the password again that the user types. */
static void
gtalk_token_keep_refresh_token(GTalkToken *self, GTalkTokenWallet *wallet, const char *refresh)
{
	PurpleAccount *account = gtalk_token_get_account(self);

	purple_account_set_password(account, refresh);
	if (purple_account_get_remember_password(account))
		purple_account_set_string(account, GTALK_OPTION_TOKEN_SERVICE,
		                          GTALK_TOKEN_SERVICE_OPTION_OAUTH_REFRESH);
	wallet->origin = GTALK_TOKEN_FROM_REFRESH_TOKEN;
	gtalk_token_wallet_follow(account, self->settings);
}

static void
gtalk_token_keep(GTalkToken *self, const GTalkTokenAnswer *answer)
{
	GTalkTokenWallet *wallet = gtalk_token_ensure_wallet(self);
	gboolean is_oauth = self->settings->service != GTALK_TOKEN_SERVICE_CLIENT_LOGIN;

	gtalk_token_wallet_empty(wallet);
	if (answer->refresh_token != NULL)
		gtalk_token_keep_refresh_token(self, wallet, answer->refresh_token);
	/* What ClientLogin gives is good for seconds, and nobody says for how many. */
	if (is_oauth && answer->lifetime_s > 0)
		gtalk_token_wallet_put_token(wallet, answer->token, answer->lifetime_s);
	wallet->sid = g_strdup(answer->sid);
	wallet->lsid = g_strdup(answer->lsid);
}

/* The connection's own copy of the password has done its work. */
static void
gtalk_token_wipe_password(GTalkToken *self)
{
	PurpleConnection *gc = gtalk_connection_get_purple(self->connection);

	if (gc->password != NULL)
		explicit_bzero(gc->password, strlen(gc->password));
}

static void
gtalk_token_announce(GTalkToken *self, guint lifetime_s)
{
	purple_signal_emit(gtalk_connection_get_plugin(self->connection), GTALK_SIGNAL_TOKEN,
	                   gtalk_connection_get_purple(self->connection), lifetime_s);
}

/* ---- Getting one for the sign-in ------------------------------------------------------------ */

static void
gtalk_token_fail(GTalkToken *self, const GTalkTokenAnswer *answer)
{
	PurpleAccount *account = gtalk_token_get_account(self);
	g_autofree char *text = gtalk_token_answer_dup_text(
		answer, gtalk_token_ensure_wallet(self)->origin, self->settings->host);

	/* So that a user interface asks for another one. */
	if (answer->problem == GTALK_TOKEN_PROBLEM_SECRET &&
	    !purple_account_get_remember_password(account))
		purple_account_set_password(account, NULL);
	gtalk_connection_fail(self->connection, gtalk_token_answer_get_reason(answer), text);
}

static void
gtalk_token_fetched_cb(const GTalkTokenAnswer *answer, gpointer user_data)
{
	GTalkToken *self = user_data;

	self->exchange = NULL;
	if (answer->problem != GTALK_TOKEN_PROBLEM_NONE) {
		gtalk_token_fail(self, answer);
		return;
	}
	gtalk_token_keep(self, answer);
	gtalk_token_wipe_password(self);
	self->token = g_strdup(answer->token);
	self->is_new = TRUE;
	gtalk_token_announce(self, answer->lifetime_s);
	self->entry->begin(self->connection);
}

static void
gtalk_token_start(GTalkToken *self, GTalkTokenManner manner, GTalkTokenExchangeFunc callback)
{
	GTalkTokenWallet *wallet = gtalk_token_ensure_wallet(self);
	const char *secret = purple_account_get_password(gtalk_token_get_account(self));
	const GTalkTokenMeans means = {.origin = wallet->origin,
	                               .secret = secret != NULL ? secret : "",
	                               .sid = wallet->sid,
	                               .lsid = wallet->lsid,
	                               .captcha_id = wallet->captcha_id,
	                               .captcha = wallet->captcha};

	self->exchange = gtalk_token_exchange_start(gtalk_connection_get_purple(self->connection),
	                                            self->settings, &means, manner, callback, self);
	gtalk_token_wallet_set_captcha(wallet, NULL, NULL); /* it holds but once */
}

void
gtalk_token_begin(GTalkConnection *connection, const GTalkTokenEntry *entry)
{
	GTalkToken *self = gtalk_connection_get_state(connection, &gtalk_token_unit);
	GTalkTokenWallet *wallet;

	if (self == NULL) {
		entry->begin(connection);
		return;
	}
	self->entry = entry;
	wallet = gtalk_token_ensure_wallet(self);
	if (wallet->token != NULL && gtalk_token_wallet_get_rest_s(wallet) > 0) {
		gtalk_token_wipe_password(self);
		self->token = g_strdup(wallet->token);
		entry->begin(connection);
		return;
	}
	purple_connection_update_progress(gtalk_connection_get_purple(connection),
	                                  _("Getting a token"), 0, 2);
	gtalk_token_start(self, GTALK_TOKEN_ASK_USER, gtalk_token_fetched_cb);
}

/* ---- The server's opinion ------------------------------------------------------------------- */

const char *
gtalk_token_get(GTalkConnection *connection)
{
	GTalkToken *self = gtalk_connection_get_state(connection, &gtalk_token_unit);

	return self != NULL ? self->token : NULL;
}

static gboolean
gtalk_token_begin_again_cb(gpointer user_data)
{
	GTalkToken *self = user_data;
	PurpleConnection *gc = gtalk_connection_get_purple(self->connection);

	gc->disconnect_timeout = 0;
	self->entry->begin_again(gc);
	return G_SOURCE_REMOVE;
}

gboolean
gtalk_token_take_refusal(GTalkConnection *connection)
{
	GTalkToken *self = gtalk_connection_get_state(connection, &gtalk_token_unit);
	PurpleConnection *gc = gtalk_connection_get_purple(connection);

	if (self == NULL || self->is_new || gc->disconnect_timeout != 0)
		return FALSE;
	gtalk_token_wallet_empty(gtalk_token_ensure_wallet(self));
	gtalk_connection_abandon(connection);
	/* The inherited protocol is about to see the server close the stream. As long as this timer
	 * of libpurple's runs, no error of a connection is reported, and it ends with the
	 * connection if that is disconnected before. */
	gc->disconnect_timeout = purple_timeout_add(0, gtalk_token_begin_again_cb, self);
	return TRUE;
}

/* ---- Renewing ------------------------------------------------------------------------------- */

static gboolean
gtalk_token_is_passing(GTalkTokenProblem problem)
{
	return problem == GTALK_TOKEN_PROBLEM_BUSY || problem == GTALK_TOKEN_PROBLEM_UNREACHABLE;
}

static void
gtalk_token_renewed_cb(const GTalkTokenAnswer *answer, gpointer user_data)
{
	GTalkToken *self = user_data;

	self->exchange = NULL;
	if (answer->problem == GTALK_TOKEN_PROBLEM_NONE) {
		gtalk_token_keep(self, answer);
		self->retry_s = 0;
		gtalk_token_schedule_renewal(self);
		gtalk_token_announce(self, answer->lifetime_s);
	} else if (gtalk_token_is_passing(answer->problem)) {
		self->retry_s =
			CLAMP(self->retry_s * 2, GTALK_TOKEN_RETRY_MIN_S, GTALK_TOKEN_RETRY_MAX_S);
		gtalk_token_schedule(self, self->retry_s);
	} else {
		/* The session goes on without; the next sign-in tells the user. */
		purple_debug_warning("googletalk", "the token cannot be renewed: problem %d\n",
		                     answer->problem);
	}
}

static gboolean
gtalk_token_renew_cb(gpointer user_data)
{
	GTalkToken *self = user_data;

	self->renewal = 0;
	gtalk_token_start(self, GTALK_TOKEN_ASK_NOBODY, gtalk_token_renewed_cb);
	return G_SOURCE_REMOVE;
}

static void
gtalk_token_schedule(GTalkToken *self, gint64 delay_s)
{
	self->renewal = purple_timeout_add_seconds((guint)MAX(delay_s, GTALK_TOKEN_RENEWAL_MIN_S),
	                                           gtalk_token_renew_cb, self);
}

static void
gtalk_token_schedule_renewal(GTalkToken *self)
{
	GTalkTokenWallet *wallet = gtalk_token_ensure_wallet(self);

	if (wallet->token != NULL)
		gtalk_token_schedule(self, gtalk_token_wallet_get_rest_s(wallet));
}

static void
gtalk_token_established(GTalkConnection *connection, gpointer state)
{
	GTalkToken *self = state;

	if (self == NULL)
		return;
	self->is_established = TRUE;
	gtalk_token_schedule_renewal(self);
}

/* ---- IPC ------------------------------------------------------------------------------------ */

static gboolean
gtalk_token_ipc_renew(PurpleConnection *gc)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkToken *self = connection != NULL
	                           ? gtalk_connection_get_state(connection, &gtalk_token_unit)
	                           : NULL;

	if (self == NULL || !self->is_established)
		return FALSE;
	if (self->renewal != 0)
		purple_timeout_remove(self->renewal);
	self->renewal = 0;
	if (self->exchange == NULL)
		gtalk_token_start(self, GTALK_TOKEN_ASK_NOBODY, gtalk_token_renewed_cb);
	return TRUE;
}

/* NULL: the account has no token service, or not of that kind */
static GTalkTokenWallet *
gtalk_token_find_wallet(PurpleAccount *account, gboolean is_oauth)
{
	g_autofree char *error = NULL;
	GTalkTokenSettings *settings = gtalk_token_settings_read(account, &error);
	GTalkTokenWallet *wallet = NULL;

	if (settings == NULL)
		return NULL;
	if ((settings->service != GTALK_TOKEN_SERVICE_CLIENT_LOGIN) == is_oauth)
		wallet = gtalk_token_wallet_ensure(account, settings);
	gtalk_token_settings_free(settings);
	return wallet;
}

static gboolean
gtalk_token_ipc_answer_captcha(PurpleAccount *account, const char *id, const char *read)
{
	GTalkTokenWallet *wallet = gtalk_token_find_wallet(account, FALSE);

	if (wallet != NULL)
		gtalk_token_wallet_set_captcha(wallet, id, read);
	return wallet != NULL;
}

static gboolean
gtalk_token_ipc_put(PurpleAccount *account, const char *token, guint lifetime_s)
{
	GTalkTokenWallet *wallet = gtalk_token_find_wallet(account, TRUE);

	if (wallet == NULL || lifetime_s == 0)
		return FALSE;
	gtalk_token_wallet_put_token(wallet, token, lifetime_s);
	return TRUE;
}

static const char *
gtalk_token_ipc_get(PurpleAccount *account)
{
	GTalkTokenWallet *wallet = gtalk_token_find_wallet(account, TRUE);

	return wallet != NULL ? wallet->token : NULL;
}

static void
gtalk_token_load_captcha(PurplePlugin *plugin)
{
	purple_signal_register(
		plugin, GTALK_SIGNAL_CAPTCHA, purple_marshal_BOOLEAN__POINTER_POINTER_POINTER,
		purple_value_new(PURPLE_TYPE_BOOLEAN), 3,
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
		purple_value_new(PURPLE_TYPE_STRING), purple_value_new(PURPLE_TYPE_STRING));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_ANSWER_CAPTCHA, PURPLE_CALLBACK(gtalk_token_ipc_answer_captcha),
		purple_marshal_BOOLEAN__POINTER_POINTER_POINTER,
		purple_value_new(PURPLE_TYPE_BOOLEAN), 3,
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_ACCOUNT),
		purple_value_new(PURPLE_TYPE_STRING), purple_value_new(PURPLE_TYPE_STRING));
}

static void
gtalk_token_load_of_account(PurplePlugin *plugin)
{
	gtalk_token_load_captcha(plugin);
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_PUT_TOKEN, PURPLE_CALLBACK(gtalk_token_ipc_put),
		purple_marshal_BOOLEAN__POINTER_POINTER_UINT, purple_value_new(PURPLE_TYPE_BOOLEAN),
		3, purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_ACCOUNT),
		purple_value_new(PURPLE_TYPE_STRING), purple_value_new(PURPLE_TYPE_UINT));
	purple_plugin_ipc_register(plugin, GTALK_IPC_TOKEN, PURPLE_CALLBACK(gtalk_token_ipc_get),
	                           purple_marshal_POINTER__POINTER,
	                           purple_value_new(PURPLE_TYPE_STRING), 1,
	                           purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_ACCOUNT));
}

static void
gtalk_token_load(PurplePlugin *plugin)
{
	gtalk_token_load_of_account(plugin);
	purple_signal_register(plugin, GTALK_SIGNAL_TOKEN, purple_marshal_VOID__POINTER_UINT, NULL,
	                       2, purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_UINT));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_RENEW_TOKEN, PURPLE_CALLBACK(gtalk_token_ipc_renew),
		purple_marshal_BOOLEAN__POINTER, purple_value_new(PURPLE_TYPE_BOOLEAN), 1,
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION));
}

static void
gtalk_token_unload(PurplePlugin *plugin)
{
	gtalk_token_wallets_unload();
}

const GTalkUnit gtalk_token_unit = {
	.name = "token",
	.load = gtalk_token_load,
	.unload = gtalk_token_unload,
	.attach = gtalk_token_attach,
	.detach = gtalk_token_detach,
	.established = gtalk_token_established,
};
