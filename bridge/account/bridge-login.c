/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-login.c: letting somebody in. In order:
 *
 *   check what was asked -> wait for our turn with the account -> is the account there?
 *     there, same credential          -> attach a device
 *     there, another credential       -> try it out -> replace the credential, attach a device
 *     not there, code or open domain  -> try it out -> put account and device, use up the code
 *
 * A new credential for an account goes the same way, without a device.
 *
 * Trying out is a sign-in at the chat server by a session on probation, which the account then
 * goes on with. */
#include "config.h"

#include "bridge-accounts-private.h"

#include <string.h>

#include "base/bridge-error.h"
#include "link/bridge-link.h"
#include "bridge-login-credential.h"
#include "base/bridge-protocol.h"
#include "base/bridge-secret.h"
#include "bridge-spent.h"
#include "base/bridge-text.h"

#define LOGIN_WAITING_MAX 4 /* for one account: each may take until the deadline */

typedef struct {
	BridgeAddress address;
	BridgeLoginCredential credential;
	GBytes *shown; /* the credential as it was shown, where another has taken its place or may
	                */
	char *device_name; /* NULL: only the credential is replaced */
	char *device_kind;
	gboolean has_code;
	guint8 code[BRIDGE_SECRET_HASH_BYTES];
	gboolean code_reserved;
	gboolean trial_counted;
	gboolean attaches_only; /* the account keeps the credential that it has */

	BridgeAccount *account;      /* that was there already */
	BridgeAccountRecord *record; /* what the trial signs in with, and what will be stored */
	BridgeSession *session;
	guint deadline;
	BridgeDeviceRecord *device;
	char *token;
} BridgeLoginState;

static void
bridge_login_state_free(BridgeLoginState *state)
{
	bridge_address_clear(&state->address);
	bridge_login_credential_clear(&state->credential);
	g_clear_pointer(&state->shown, g_bytes_unref);
	g_free(state->device_name);
	g_free(state->device_kind);
	g_clear_object(&state->account);
	g_clear_pointer(&state->record, bridge_account_record_free);
	g_clear_object(&state->session);
	g_clear_handle_id(&state->deadline, g_source_remove);
	g_clear_pointer(&state->device, bridge_device_record_free);
	bridge_secret_free_text(state->token);
	g_free(state);
}

void
bridge_login_free(BridgeLogin *login)
{
	if (login == NULL)
		return;
	g_clear_object(&login->account);
	g_clear_pointer(&login->device, bridge_device_record_free);
	bridge_secret_free_text(login->access_token);
	g_free(login);
}

/* ---- The end of it --------------------------------------------------------------------------- */

static void
bridge_login_let_go(GTask *task)
{
	BridgeAccounts *self = g_task_get_source_object(task);
	BridgeLoginState *state = g_task_get_task_data(task);
	g_autofree char *key = g_strdup(state->address.key);

	if (state->code_reserved)
		bridge_accounts_return_code(self, state->code);
	if (state->trial_counted)
		bridge_accounts_end_trial(self);
	state->code_reserved = FALSE;
	state->trial_counted = FALSE;
	bridge_accounts_unlock(self, key);
}

/* What the trial has used up is worth nothing any more to who showed it. */
static void
bridge_login_keep_rotated(GTask *task)
{
	BridgeLoginState *state = g_task_get_task_data(task);
	const char *mechanism = NULL;
	GBytes *rotated = bridge_session_get_new_credential(state->session, &mechanism);

	if (state->shown != NULL && rotated != NULL &&
	    g_str_equal(mechanism, BRIDGE_MECHANISM_REFRESH_TOKEN))
		bridge_spent_note(g_task_get_source_object(task), state->address.key, state->shown,
		                  rotated);
}

/* Takes @task and @error. */
static void
bridge_login_fail(GTask *task, GError *error)
{
	BridgeLoginState *state = g_task_get_task_data(task);

	g_clear_handle_id(&state->deadline, g_source_remove);
	if (state->session != NULL) {
		bridge_login_keep_rotated(task);
		bridge_session_end_async(state->session, NULL, NULL);
	}
	g_task_return_error(task, error);
	bridge_login_let_go(task);
	g_object_unref(task);
}

/* Takes @task. */
static void
bridge_login_succeed(GTask *task, BridgeAccount *account)
{
	BridgeLoginState *state = g_task_get_task_data(task);
	BridgeLogin *login = g_new0(BridgeLogin, 1);

	login->account = g_object_ref(account);
	login->seq = state->device != NULL ? state->device->acked_seq : 0;
	login->device = g_steal_pointer(&state->device);
	login->access_token = g_steal_pointer(&state->token);
	g_task_return_pointer(task, login, (GDestroyNotify)bridge_login_free);
	bridge_login_let_go(task);
	g_object_unref(task);
}

/* ---- Storing --------------------------------------------------------------------------------- */

static void
bridge_login_put_device(BridgeLoginState *state, BridgeStoreBatch *batch, const char *account_id,
                        guint64 seq)
{
	BridgeDeviceRecord *device;

	if (state->device_name == NULL)
		return;
	device = g_new0(BridgeDeviceRecord, 1);
	state->token = bridge_secret_make_token();
	device->id = bridge_secret_make_id();
	device->account_id = g_strdup(account_id);
	device->name = g_strdup(state->device_name);
	device->kind = g_strdup(state->device_kind);
	bridge_secret_hash(state->token, device->token_hash);
	device->acked_seq = seq;
	device->created_us = g_get_real_time();
	state->device = device;
	bridge_store_batch_put_device(batch, device);
}

static void
bridge_login_attached_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	GTask *task = G_TASK(user_data);
	BridgeLoginState *state = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);

	if (receipt == NULL)
		bridge_login_fail(task, g_steal_pointer(&error));
	else
		bridge_login_succeed(task, state->account);
}

static void
bridge_login_attach(GTask *task)
{
	BridgeAccounts *self = g_task_get_source_object(task);
	BridgeLoginState *state = g_task_get_task_data(task);
	BridgeStoreBatch *batch;

	g_autoptr(BridgeSession) session = g_steal_pointer(&state->session);

	if (session != NULL)
		bridge_session_end_async(session, NULL, NULL);
	if (state->device_name == NULL) {
		bridge_login_succeed(task, state->account);
		return;
	}
	batch = bridge_store_batch_new();
	bridge_login_put_device(state, batch, bridge_account_get_id(state->account),
	                        bridge_account_get_seq(state->account));
	bridge_store_commit_async(bridge_accounts_get_store(self), batch, bridge_login_attached_cb,
	                          task);
}

/* What the account had before the trial, should the new not become durable. */
static void
bridge_login_restore(BridgeLoginState *state)
{
	bridge_account_set_credential(state->account, state->record);
}

static void
bridge_login_stored_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	GTask *task = G_TASK(user_data);
	BridgeAccounts *self = g_task_get_source_object(task);
	BridgeLoginState *state = g_task_get_task_data(task);
	g_autoptr(BridgeSession) session = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);

	if (receipt == NULL) {
		if (state->account != NULL)
			bridge_login_restore(state);
		bridge_login_fail(task, g_steal_pointer(&error));
		return;
	}
	session = g_steal_pointer(&state->session);
	if (state->account == NULL)
		state->account =
			g_object_ref(bridge_accounts_add(self, g_steal_pointer(&state->record)));
	bridge_account_adopt(state->account, session);
	bridge_login_succeed(task, state->account);
}

/* The account may write its own record while this is on its way: from now on with the new
 * credential, so that the old one cannot come back. */
static void
bridge_login_replace(BridgeLoginState *state)
{
	const BridgeAccountRecord *present = bridge_account_get_record(state->account);
	BridgeAccountRecord *before = bridge_account_record_copy(present);

	bridge_account_set_credential(state->account, state->record);
	bridge_account_record_free(state->record);
	state->record = before;
}

/* What a token service gave the trial is kept with the rest: what it was given for may be used up,
 * and whoever is told that he is in need not come again. */
static void
bridge_login_take_renewed(BridgeLoginState *state)
{
	const char *mechanism = NULL;
	GBytes *renewed = bridge_session_get_new_credential(state->session, &mechanism);

	if (renewed != NULL)
		bridge_account_record_renew(state->record, mechanism, renewed);
}

static void
bridge_login_store(GTask *task)
{
	BridgeAccounts *self = g_task_get_source_object(task);
	BridgeLoginState *state = g_task_get_task_data(task);
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_login_take_renewed(state);
	if (state->account != NULL) {
		bridge_login_replace(state);
		bridge_store_batch_put_account(batch, bridge_account_get_record(state->account));
		bridge_login_put_device(state, batch, state->record->id,
		                        bridge_account_get_seq(state->account));
	} else {
		bridge_store_batch_put_account(batch, state->record);
		bridge_login_put_device(state, batch, state->record->id, 0);
	}
	if (state->code_reserved)
		bridge_store_batch_use_enrolment(batch, state->code);
	bridge_store_commit_async(bridge_accounts_get_store(self), batch, bridge_login_stored_cb,
	                          task);
}

/* ---- One more device --------------------------------------------------------------------------
 */

static void
bridge_login_counted_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	GTask *task = G_TASK(user_data);
	BridgeAccounts *self = g_task_get_source_object(task);
	BridgeLoginState *state = g_task_get_task_data(task);
	guint most = bridge_config_get_limits(self->config)->devices_per_account;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) devices =
		bridge_store_load_devices_finish(BRIDGE_STORE(source), result, &error);

	if (devices != NULL && devices->len >= most)
		g_set_error(&error, BRIDGE_ERROR, BRIDGE_ERROR_TOO_MANY_DEVICES,
		            "the account may have %u devices: sign one out first", most);
	if (error != NULL)
		bridge_login_fail(task, g_steal_pointer(&error));
	else if (state->session != NULL && !state->attaches_only)
		bridge_login_store(task);
	else
		bridge_login_attach(task);
}

/* The credential is good. It is our turn with the account: nobody else attaches while we count. */
static void
bridge_login_count_devices(GTask *task)
{
	BridgeAccounts *self = g_task_get_source_object(task);
	BridgeLoginState *state = g_task_get_task_data(task);

	bridge_store_load_devices_async(bridge_accounts_get_store(self),
	                                bridge_account_get_id(state->account), NULL,
	                                bridge_login_counted_cb, task);
}

/* ---- Trying out ------------------------------------------------------------------------------ */

static const struct {
	const char *reason;
	BridgeError code;
	const char *text;
} bridge_login_reasons[] = {
	{BRIDGE_REASON_CREDENTIALS_REFUSED, BRIDGE_ERROR_CREDENTIALS_REFUSED,
         "the chat server refused the credentials"},
	{BRIDGE_REASON_CERTIFICATE_REFUSED, BRIDGE_ERROR_CERTIFICATE_REFUSED,
         "the chat server's certificate does not verify"},
	{BRIDGE_REASON_ENCRYPTION, BRIDGE_ERROR_SERVER_UNREACHABLE,
         "the chat server does not encrypt as it must"},
	{BRIDGE_REASON_UNSUPPORTED, BRIDGE_ERROR_INVALID,
         "the chat server offers no way to sign in with this kind of credential"},
	{BRIDGE_REASON_CAPTCHA, BRIDGE_ERROR_CREDENTIALS_REFUSED,
         "the token service wants to know whether a human is signing in"},
	{BRIDGE_REASON_TOKEN_SERVICE, BRIDGE_ERROR_SERVER_UNREACHABLE,
         "the token service does not answer as it should"},
	{BRIDGE_REASON_CONFLICT, BRIDGE_ERROR_REFUSED,
         "the chat server has somebody else by that name"},
	{BRIDGE_REASON_HOST_LOST, BRIDGE_ERROR_BUSY, "the bridge could not try it out"},
	{NULL, BRIDGE_ERROR_SERVER_UNREACHABLE, "the chat server cannot be reached"},
};

static GError *
bridge_login_build_error(const char *reason, const char *detail)
{
	guint i = 0;

	while (bridge_login_reasons[i].reason != NULL &&
	       !g_str_equal(bridge_login_reasons[i].reason, reason))
		i++;
	if (detail == NULL || detail[0] == '\0')
		return g_error_new_literal(BRIDGE_ERROR, (int)bridge_login_reasons[i].code,
		                           bridge_login_reasons[i].text);
	return g_error_new(BRIDGE_ERROR, (int)bridge_login_reasons[i].code, "%s: %s",
	                   bridge_login_reasons[i].text, detail);
}

static void
bridge_login_verdict_cb(BridgeSession *session, const char *reason, const char *detail,
                        gpointer user_data)
{
	GTask *task = G_TASK(user_data);
	BridgeLoginState *state = g_task_get_task_data(task);

	g_clear_handle_id(&state->deadline, g_source_remove);
	if (reason != NULL)
		bridge_login_fail(task, bridge_login_build_error(reason, detail));
	else if (state->account != NULL)
		bridge_login_count_devices(task);
	else
		bridge_login_store(task);
}

static gboolean
bridge_login_deadline_cb(gpointer user_data)
{
	GTask *task = G_TASK(user_data);
	BridgeLoginState *state = g_task_get_task_data(task);

	state->deadline = 0;
	bridge_login_fail(task, g_error_new_literal(BRIDGE_ERROR, BRIDGE_ERROR_TIMED_OUT,
	                                            "the chat server took too long"));
	return G_SOURCE_REMOVE;
}

static BridgeAccountRecord *
bridge_login_build_record(BridgeLoginState *state)
{
	BridgeAccountRecord *record;

	if (state->account != NULL) {
		record = bridge_account_record_copy(bridge_account_get_record(state->account));
		g_free(record->mechanism);
		g_bytes_unref(record->credential);
		g_free(record->resource);
		g_clear_pointer(&record->signed_out, g_free); /* once it is proved */
	} else {
		record = g_new0(BridgeAccountRecord, 1);
		record->id = bridge_secret_make_id();
		record->protocol = g_strdup(state->address.protocol);
		record->username = g_strdup(state->address.username);
		record->endpoint = g_strdup(state->address.endpoint);
		record->created_us = g_get_real_time();
	}
	record->mechanism = g_strdup(state->credential.mechanism);
	record->credential = g_bytes_ref(state->credential.secret);
	/* Its own: the account's present session is not to be disturbed. */
	record->resource = bridge_account_make_resource();
	return record;
}

/* Not if it is signed out only because nobody was there. */
static gboolean
bridge_login_needs_credential(BridgeAccount *account)
{
	return bridge_account_get_state(account) == BRIDGE_ACCOUNT_SIGNED_OUT &&
	       !bridge_account_is_idle(account);
}

/* What a token service gave the account, and keeps renewing, is better than what somebody else has
 * got from it: that one may have been used up by the account, or be good for an hour. */
static gboolean
bridge_login_keeps_credential(BridgeLoginState *state)
{
	return state->account != NULL && state->device_name != NULL &&
	       bridge_account_uses_token_service(state->account) &&
	       !bridge_login_needs_credential(state->account);
}

static void
bridge_login_try(GTask *task)
{
	BridgeAccounts *self = g_task_get_source_object(task);
	BridgeLoginState *state = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;
	gint64 since_s = 0; /* a first sign-in brings no flood */

	if (!bridge_accounts_begin_trial(self, &error)) {
		bridge_login_fail(task, g_steal_pointer(&error));
		return;
	}
	state->trial_counted = TRUE;
	state->attaches_only = bridge_login_keeps_credential(state);
	if (state->attaches_only)
		bridge_login_credential_reduce(&state->credential);
	state->record = bridge_login_build_record(state);
	if (state->account != NULL)
		since_s = bridge_account_get_archive_since_s(state->account);
	/* A message that comes to a session that nobody goes on with takes its host along. */
	state->session = bridge_session_new(
		bridge_accounts_get_supervisor(self), state->record, state->address.domain,
		state->attaches_only ? BRIDGE_PLACE_ALONE : BRIDGE_PLACE_SHARED, since_s);
	state->deadline = g_timeout_add(self->patience.login, bridge_login_deadline_cb, task);
	bridge_session_begin(state->session, bridge_login_verdict_cb, task);
}

/* ---- Who may --------------------------------------------------------------------------------- */

static void
bridge_login_enrolment_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	GTask *task = G_TASK(user_data);
	g_autoptr(GError) error = NULL;
	gboolean good = bridge_store_check_enrolment_finish(BRIDGE_STORE(source), result, &error);

	if (good)
		bridge_login_try(task);
	else if (error != NULL)
		bridge_login_fail(task, g_steal_pointer(&error));
	else
		bridge_login_fail(task,
		                  g_error_new_literal(BRIDGE_ERROR, BRIDGE_ERROR_ENROLMENT_REQUIRED,
		                                      "the enrolment code is not valid here"));
}

static void
bridge_login_enrol(GTask *task)
{
	BridgeAccounts *self = g_task_get_source_object(task);
	BridgeLoginState *state = g_task_get_task_data(task);

	if (state->address.domain->registration == BRIDGE_REGISTRATION_OPEN) {
		bridge_login_try(task);
		return;
	}
	if (!state->has_code) {
		bridge_login_fail(task,
		                  g_error_new_literal(BRIDGE_ERROR, BRIDGE_ERROR_ENROLMENT_REQUIRED,
		                                      "an enrolment code is needed"));
		return;
	}
	state->code_reserved = bridge_accounts_reserve_code(self, state->code);
	if (!state->code_reserved) {
		bridge_login_fail(task,
		                  g_error_new_literal(BRIDGE_ERROR, BRIDGE_ERROR_ENROLMENT_REQUIRED,
		                                      "the enrolment code is in use"));
		return;
	}
	bridge_store_check_enrolment_async(
		bridge_accounts_get_store(self), state->code,
		bridge_protocol_get_domain(state->address.protocol, state->address.username),
		g_get_real_time(), NULL, bridge_login_enrolment_cb, task);
}

/* A chat server that lets anybody in proves nothing: only who knows what is stored, or has a device
 * of the account already, is taken for its owner. */
static void
bridge_login_refuse_other(GTask *task)
{
	bridge_login_fail(
		task, g_error_new_literal(BRIDGE_ERROR, BRIDGE_ERROR_CREDENTIALS_REFUSED,
	                                  "the account is here already, with another password"));
}

/* Takes the task. */
static void
bridge_login_locked(gpointer user_data)
{
	GTask *task = G_TASK(user_data);
	BridgeAccounts *self = g_task_get_source_object(task);
	BridgeLoginState *state = g_task_get_task_data(task);
	BridgeAccount *account = bridge_accounts_lookup(self, state->address.key);

	if (bridge_accounts_is_stopping(self)) {
		bridge_login_fail(task, g_error_new_literal(BRIDGE_ERROR, BRIDGE_ERROR_BUSY,
		                                            "the bridge is shutting down"));
	} else if (account == NULL && state->device_name == NULL) {
		bridge_login_fail(task, g_error_new_literal(BRIDGE_ERROR, BRIDGE_ERROR_NOT_FOUND,
		                                            "the account is not there any more"));
	} else if (account == NULL) {
		bridge_login_enrol(task);
	} else {
		state->account = g_object_ref(account);
		if (!bridge_login_needs_credential(account) &&
		    bridge_secret_equal(bridge_account_get_record(account)->credential,
		                        state->credential.secret))
			bridge_login_count_devices(task);
		else if (state->device_name != NULL &&
		         !bridge_protocol_get(state->address.protocol)->proves)
			bridge_login_refuse_other(task);
		else
			bridge_login_try(task);
	}
}

/* ---- What was asked -------------------------------------------------------------------------- */

static gboolean
bridge_login_check_mechanism(const BridgeAddress *address, const char *mechanism, GError **error)
{
	const BridgeProtocol *protocol = bridge_protocol_get(address->protocol);

	if (g_strv_contains(protocol->mechanisms, mechanism != NULL ? mechanism : "token"))
		return TRUE;
	g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
	                    "the protocol has no such mechanism");
	return FALSE;
}

static void
bridge_login_take_rotated(BridgeAccounts *self, BridgeLoginState *state)
{
	GBytes *rotated;

	if (!g_str_equal(state->credential.mechanism, BRIDGE_MECHANISM_REFRESH_TOKEN))
		return;
	state->shown = g_bytes_ref(state->credential.secret);
	rotated = bridge_spent_find(self, state->address.key, state->shown);
	if (rotated == NULL)
		return;
	g_bytes_unref(state->credential.secret);
	state->credential.secret = rotated;
}

static gboolean
bridge_login_read(BridgeAccounts *self, BridgeLoginState *state, const BridgeLoginRequest *request,
                  GError **error)
{
	if (!bridge_accounts_parse_address(self, request->protocol, request->username,
	                                   &state->address, error) ||
	    !bridge_login_check_mechanism(&state->address, request->mechanism, error) ||
	    !bridge_login_credential_read(request, state->address.domain, &state->credential,
	                                  error) ||
	    (request->device_name != NULL &&
	     !bridge_text_check_name(request->device_name, "the device's name", error)) ||
	    (request->device_kind != NULL &&
	     !bridge_text_check_name(request->device_kind, "the device's kind", error)))
		return FALSE;
	if (bridge_accounts_count_waiting(self, state->address.key) >= LOGIN_WAITING_MAX) {
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_BUSY,
		                    "others are signing in to this account at the moment");
		return FALSE;
	}
	bridge_login_take_rotated(self, state);
	state->device_name = g_strdup(request->device_name);
	state->device_kind = g_strdup(request->device_kind);
	state->has_code = request->enrolment != NULL;
	if (state->has_code)
		bridge_secret_hash(request->enrolment, state->code);
	return TRUE;
}

/* Nobody is signed in for nothing; and a host that waits for the store reads of no server. */
static gboolean
bridge_login_check_store(BridgeAccounts *self, GError **error)
{
	g_autofree char *trouble = bridge_store_dup_trouble(bridge_accounts_get_store(self));

	if (trouble != NULL)
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE_UNWRITABLE, trouble);
	return trouble == NULL;
}

static void
bridge_login_begin(BridgeAccounts *self, const BridgeLoginRequest *request, gpointer source_tag,
                   GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(self, NULL, callback, user_data);
	BridgeLoginState *state = g_new0(BridgeLoginState, 1);
	g_autoptr(GError) error = NULL;

	g_task_set_source_tag(task, source_tag);
	g_task_set_task_data(task, state, (GDestroyNotify)bridge_login_state_free);
	if (!bridge_accounts_check_unsealed(self, task)) {
		g_object_unref(task);
		return;
	}
	if (!bridge_login_read(self, state, request, &error) ||
	    !bridge_login_check_store(self, &error)) {
		g_task_return_error(task, g_steal_pointer(&error));
		g_object_unref(task);
		return;
	}
	bridge_accounts_lock(self, state->address.key, bridge_login_locked, task);
}

void
bridge_accounts_login_async(BridgeAccounts *self, const BridgeLoginRequest *request,
                            GAsyncReadyCallback callback, gpointer user_data)
{
	g_return_if_fail(BRIDGE_IS_ACCOUNTS(self));
	g_return_if_fail(request->device_name != NULL);

	bridge_login_begin(self, request, bridge_accounts_login_async, callback, user_data);
}

BridgeLogin *
bridge_accounts_login_finish(BridgeAccounts *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), NULL);
	return g_task_propagate_pointer(G_TASK(result), error);
}

void
bridge_accounts_renew_async(BridgeAccounts *self, BridgeAccount *account,
                            const BridgeLoginRequest *request, GAsyncReadyCallback callback,
                            gpointer user_data)
{
	BridgeLoginRequest whole = {.protocol = bridge_account_get_protocol(account),
	                            .username = bridge_account_get_username(account),
	                            .mechanism = request->mechanism,
	                            .credential = request->credential,
	                            .refresh_token = request->refresh_token,
	                            .client_id = request->client_id};

	g_return_if_fail(BRIDGE_IS_ACCOUNTS(self));

	bridge_login_begin(self, &whole, bridge_accounts_renew_async, callback, user_data);
}

gboolean
bridge_accounts_renew_finish(BridgeAccounts *self, GAsyncResult *result, GError **error)
{
	g_autoptr(BridgeLogin) login = bridge_accounts_login_finish(self, result, error);

	return login != NULL;
}
