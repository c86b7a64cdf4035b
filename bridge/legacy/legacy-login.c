/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * POST /login: the phone's token, once the account is signed in and its contacts are known. The
 * credential is what the phone got itself, as it once did from Google's ClientLogin: a token of
 * that kind where the chat server takes such; else a password where the configuration allows them
 * for the domain, else a token of another kind. */
#include "config.h"

#define G_LOG_DOMAIN "bridge-legacy"

#include <string.h>

#include "base/bridge-error.h"
#include "bridge-legacy-private.h"
#include "base/bridge-protocol.h"
#include "base/bridge-secret.h"
#include "legacy-wait.h"

#define LOGIN_USERNAME_BYTES_MAX 3071
#define LOGIN_AUTH_BYTES_MAX (16 * 1024)
#define LOGIN_DEVICE_NAME "Windows Phone"
#define LOGIN_DEVICE_KIND "legacy"
#define LOGIN_DOMAIN "@gmail.com" /* of who leaves it out */

typedef struct {
	BridgeLegacy *legacy;
	char *proof;
	char *username;
	char *auth;
	gboolean other;  /* the chat server has no X-GOOGLE-TOKEN */
	char *device_id; /* once it is done */
} LegacyLogin;

static void
login_free(LegacyLogin *login)
{
	g_object_unref(login->legacy);
	bridge_secret_free_text(login->auth);
	g_free(login->username);
	g_free(login->proof);
	g_free(login->device_id);
	g_free(login);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LegacyLogin, login_free)

/* ---- The answer ------------------------------------------------------------------------------ */

/* Later calls go to where this one came to. */
static void
login_answer(LegacyExchange *exchange, const char *token)
{
	char *text = g_strconcat(token, "\nhttps://", legacy_exchange_get_host(exchange), NULL);

	legacy_exchange_answer(exchange, "text/plain", text);
	bridge_secret_free_text(text);
}

static void
login_waited(LegacyExchange *exchange, gboolean known)
{
	const LegacyPhone *phone = legacy_call_get_phone(exchange);
	BridgeAccount *account = legacy_exchange_get_account(exchange);

	if (phone != NULL && known)
		login_answer(exchange, phone->token);
	else if (g_strcmp0(bridge_account_get_user_action(account), "sign-in-again") == 0)
		legacy_exchange_refuse(exchange, 401);
	else
		legacy_exchange_refuse(exchange, 503);
}

static void
login_await_contacts(LegacyExchange *exchange, BridgeAccount *account, const char *device_id)
{
	legacy_exchange_set_identity(exchange, account, device_id);
	bridge_account_note_act(account);
	legacy_wait_for_contacts(exchange, login_waited);
}

/* ---- A new session --------------------------------------------------------------------------- */

/* What the person can do about it: another password at the sign-in page, or wait. */
static guint
login_get_status(const GError *error)
{
	if (error->domain != BRIDGE_ERROR)
		return 500;
	switch ((BridgeError)error->code) {
	case BRIDGE_ERROR_INVALID: /* the chat server takes no such credential */
	case BRIDGE_ERROR_CREDENTIALS_REFUSED:
	case BRIDGE_ERROR_CERTIFICATE_REFUSED:
	case BRIDGE_ERROR_ENROLMENT_REQUIRED:
	case BRIDGE_ERROR_PASSWORD_NOT_ALLOWED:
		return 401;
	default:
		return 503;
	}
}

static void
login_refuse(LegacyLogin *login, const GError *error)
{
	g_autoptr(GPtrArray) exchanges =
		legacy_logins_take(bridge_legacy_get_logins(login->legacy), login->proof);

	g_info("a phone cannot sign in: %s", error->message);
	for (guint i = 0; i < exchanges->len; i++)
		legacy_exchange_refuse(g_ptr_array_index(exchanges, i), login_get_status(error));
}

/* By the channel that it has inherited. */
static void
login_register(LegacyLogin *login, BridgeAccount *account)
{
	LegacyAccount *known = legacy_phones_find(bridge_legacy_get_phones(login->legacy), account);
	const LegacyPhone *phone =
		known != NULL ? legacy_account_find_phone(known, login->device_id) : NULL;

	if (phone != NULL && phone->callback != NULL)
		legacy_push_register_async(bridge_legacy_get_push(login->legacy), known,
		                           login->device_id, NULL, NULL);
}

static void
login_kept_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(LegacyLogin) login = user_data;
	BridgeAccount *account = BRIDGE_ACCOUNT(source);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) exchanges = NULL;

	if (!legacy_account_keep_finish(account, result, &error)) {
		login_refuse(login, error);
		return;
	}
	login_register(login, account);
	exchanges = legacy_logins_take(bridge_legacy_get_logins(login->legacy), login->proof);
	for (guint i = 0; i < exchanges->len; i++)
		login_await_contacts(g_ptr_array_index(exchanges, i), account, login->device_id);
}

/* Nor is one of use that had the same credential, which was refused meanwhile. */
static void
login_make_room(LegacyLogin *login, LegacyAccount *account)
{
	LegacyPhones *phones = bridge_legacy_get_phones(login->legacy);

	for (guint i = 0; i < account->phones->len; i++) {
		const LegacyPhone *phone = g_ptr_array_index(account->phones, i);

		if (i + LEGACY_PHONES_MAX <= account->phones->len ||
		    g_str_equal(phone->proof, login->proof))
			legacy_phones_end_async(phones, account->account, phone->device_id, NULL,
			                        NULL);
	}
}

static void
login_try(LegacyLogin *login);

static void
login_done_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(LegacyLogin) login = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeLogin) done =
		bridge_accounts_login_finish(BRIDGE_ACCOUNTS(source), result, &error);
	LegacyAccount *account = NULL;

	if (done == NULL && g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID) &&
	    !login->other) {
		login->other = TRUE;
		login_try(g_steal_pointer(&login));
		return;
	}
	if (done == NULL) {
		login_refuse(login, error);
		return;
	}
	account = legacy_phones_ensure(bridge_legacy_get_phones(login->legacy), done->account,
	                               done->seq);
	login_make_room(login, account);
	account->leaving = FALSE;
	login->device_id = g_strdup(done->device->id);
	legacy_account_inherit(account, legacy_account_add_phone(account, done->device->id,
	                                                         done->access_token, login->proof));
	legacy_account_keep_async(account, login_kept_cb, g_steal_pointer(&login));
}

static const char *
login_get_mechanism(LegacyLogin *login)
{
	BridgeConfig *config = bridge_legacy_get_config(login->legacy);
	const char *domain = bridge_protocol_get_domain(BRIDGE_PROTOCOL_DEFAULT, login->username);

	if (!login->other)
		return "x-google-token";
	return bridge_config_get_domain(config, domain)->passwords ? "password" : "token";
}

/* Takes @login. */
static void
login_try(LegacyLogin *login)
{
	BridgeLoginRequest request = {.protocol = BRIDGE_PROTOCOL_DEFAULT,
	                              .username = login->username,
	                              .mechanism = login_get_mechanism(login),
	                              .credential = login->auth,
	                              .device_name = LOGIN_DEVICE_NAME,
	                              .device_kind = LOGIN_DEVICE_KIND};

	bridge_accounts_login_async(bridge_legacy_get_accounts(login->legacy), &request,
	                            login_done_cb, login);
}

static void
login_begin(BridgeLegacy *legacy, const char *username, const char *auth, const char *proof)
{
	LegacyLogin *login = g_new0(LegacyLogin, 1);

	login->legacy = g_object_ref(legacy);
	login->proof = g_strdup(proof);
	login->username = g_strdup(username);
	login->auth = g_strdup(auth);
	login_try(login);
}

/* ---- The call -------------------------------------------------------------------------------- */

/* One that the chat server does not take any more is tried again, by whoever brings it. */
static gboolean
login_is_alive(BridgeAccount *account)
{
	return bridge_account_get_state(account) != BRIDGE_ACCOUNT_SIGNED_OUT ||
	       bridge_account_is_idle(account);
}

static void
login_find_or_begin(LegacyExchange *exchange, const char *username)
{
	BridgeLegacy *legacy = legacy_exchange_get_context(exchange);
	const char *auth = legacy_exchange_get(exchange, "auth");
	g_autofree char *proof =
		legacy_account_build_proof(legacy_exchange_get(exchange, "username"), auth);
	LegacyPhone *phone = NULL;
	LegacyAccount *account =
		legacy_phones_find_proof(bridge_legacy_get_phones(legacy), proof, &phone);

	if (account != NULL && login_is_alive(account->account)) {
		legacy_phones_note_act(account, phone->device_id);
		login_await_contacts(exchange, account->account, phone->device_id);
	} else if (!legacy_logins_join(bridge_legacy_get_logins(legacy), proof, exchange)) {
		login_begin(legacy, username, auth, proof);
	}
}

void
legacy_login_post(LegacyExchange *exchange)
{
	BridgeLegacy *legacy = legacy_exchange_get_context(exchange);
	const char *posted = legacy_exchange_get(exchange, "username");
	g_autofree char *whole =
		g_strconcat(posted, strchr(posted, '@') == NULL ? LOGIN_DOMAIN : NULL, NULL);
	g_autofree char *username = NULL;

	if (strlen(posted) <= LOGIN_USERNAME_BYTES_MAX &&
	    strlen(legacy_exchange_get(exchange, "auth")) <= LOGIN_AUTH_BYTES_MAX)
		username = bridge_protocol_get(BRIDGE_PROTOCOL_DEFAULT)
		                   ->normalise_username(whole, NULL);
	if (username == NULL)
		legacy_exchange_refuse(exchange, 400);
	else if (bridge_legacy_admit_sign_in(legacy, exchange, username))
		login_find_or_begin(exchange, username);
}
