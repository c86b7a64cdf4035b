/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-accounts.h: all accounts and devices: who may sign in, whose token is this, and starting
 * what the store says should be online. The core's face towards the API, which adds nothing but
 * HTTP. */
#pragma once

#include "bridge-account.h"
#include "config/bridge-config.h"
#include "base/bridge-secret.h"
#include "hosts/bridge-supervisor.h"

G_BEGIN_DECLS

#define BRIDGE_TYPE_ACCOUNTS (bridge_accounts_get_type())
G_DECLARE_FINAL_TYPE(BridgeAccounts, bridge_accounts, BRIDGE, ACCOUNTS, GObject)

/**
 * bridge_accounts_new:
 * @config: outlives it
 * @store: (nullable): %NULL while the key is not there: until bridge_accounts_unseal() whoever
 * wants to sign in or shows a token gets BRIDGE_ERROR_SEALED */
BridgeAccounts *
bridge_accounts_new(BridgeConfig *config, BridgeStore *store, BridgeSupervisor *supervisor);

/* Signal "account-added": (BridgeAccount *account): read from the store or signed in for the first
 * time.
 * Signal "device-removed": (const char *device_id): its token is good no more.
 * Signal "device-acked": (const char *device_id, guint64 seq): it has acknowledged up to there. */

/* (element-type BridgeAccount) (transfer container): all of them, sorted by id; no reference is
 * held: use it at once */
GPtrArray *
bridge_accounts_list(BridgeAccounts *self);

/**
 * bridge_accounts_find:
 * @name: an account's id, or its JID
 *
 * Returns: (transfer full): it; BRIDGE_ERROR_NOT_FOUND, or _CONFLICT if the JID is that of several
 */
BridgeAccount *
bridge_accounts_find(BridgeAccounts *self, const char *name, GError **error);

/* For those that cannot wait so long: tests. Holds for sign-ins that begin afterwards. */
void
bridge_accounts_set_patience(BridgeAccounts *self, const BridgePatience *patience);

/* The configuration was read anew: what it says of an account's domain holds from the account's
 * next session on. */
void
bridge_accounts_reconfigure(BridgeAccounts *self);

/* TRUE if an account is there whose domain that is. */
gboolean
bridge_accounts_use_domain(BridgeAccounts *self, const char *domain);

/* bridge_accounts_start_async() has to follow. */
void
bridge_accounts_unseal(BridgeAccounts *self, BridgeStore *store);

/* Loads the store's accounts and signs them in, paced. */
void
bridge_accounts_start_async(BridgeAccounts *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_accounts_start_finish(BridgeAccounts *self, GAsyncResult *result, GError **error);

typedef struct {
	const char *protocol;      /* NULL: the first that is allowed */
	const char *username;      /* as typed */
	const char *mechanism;     /* GTALK_MECHANISM_* names; "password" for passwords */
	const char *credential;    /* token or password */
	const char *refresh_token; /* of OAuth 2.0, whose access token is the credential; or NULL */
	const char *client_id;     /* that it was given to; or NULL: as the configuration has it */
	const char *enrolment;     /* or NULL */
	const char *device_name;
	const char *device_kind; /* or NULL */
} BridgeLoginRequest;

typedef struct {
	BridgeAccount *account; /* (transfer full) */
	BridgeDeviceRecord *device;
	char *access_token; /* shown once */
	guint64 seq;        /* where the device starts reading */
} BridgeLogin;

void
bridge_login_free(BridgeLogin *login);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeLogin, bridge_login_free)

/**
 * bridge_accounts_login_async:
 * @request: copied
 *
 * Signs in to the chat server if the account is new or the credential is another one than the
 * stored; see BridgePatience. Errors: BRIDGE_ERROR_*. */
void
bridge_accounts_login_async(BridgeAccounts *self, const BridgeLoginRequest *request,
                            GAsyncReadyCallback callback, gpointer user_data);
BridgeLogin *
bridge_accounts_login_finish(BridgeAccounts *self, GAsyncResult *result, GError **error);

/* Replaces an account's credential, once the chat server has taken it; nothing else changes, and
 * what came is still there. @request: of it, mechanism and credential count, with what belongs to
 * it. Errors: as for login, BRIDGE_ERROR_NOT_FOUND. */
void
bridge_accounts_renew_async(BridgeAccounts *self, BridgeAccount *account,
                            const BridgeLoginRequest *request, GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean
bridge_accounts_renew_finish(BridgeAccounts *self, GAsyncResult *result, GError **error);

/* What an access token is known by. */
void
bridge_accounts_hash_bearer(const char *bearer, guint8 hash[BRIDGE_SECRET_HASH_BYTES]);

/* At once, whose token was seen lately; FALSE: to be authenticated. @account, @device: (out)
 * (transfer full) */
gboolean
bridge_accounts_recognize(BridgeAccounts *self, const guint8 hash[BRIDGE_SECRET_HASH_BYTES],
                          BridgeAccount **account, BridgeDeviceRecord **device);

/**
 * bridge_accounts_authenticate_async:
 * @hash: of the token
 *
 * Errors: BRIDGE_ERROR_TOKEN_UNKNOWN, _TOKEN_REVOKED, _ACCOUNT_ERASED, _SEALED, _STORE. */
void
bridge_accounts_authenticate_async(BridgeAccounts *self,
                                   const guint8 hash[BRIDGE_SECRET_HASH_BYTES],
                                   GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_accounts_authenticate_finish(BridgeAccounts *self, GAsyncResult *result,
                                    BridgeAccount **account, BridgeDeviceRecord **device,
                                    GError **error);

/* Makes an enrolment code, valid for @lifetime_s seconds, @domain or NULL for any; finish returns
 * the code. */
void
bridge_accounts_invite_async(BridgeAccounts *self, const char *domain, guint lifetime_s,
                             GAsyncReadyCallback callback, gpointer user_data);
char *
bridge_accounts_invite_finish(BridgeAccounts *self, GAsyncResult *result, GError **error);

/* Raises a device's acknowledged position (BRIDGE_ERROR_INVALID beyond the account's last event).
 */
void
bridge_accounts_ack_async(BridgeAccounts *self, BridgeAccount *account, const char *device_id,
                          guint64 seq, GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_accounts_ack_finish(BridgeAccounts *self, GAsyncResult *result, GError **error);

/* BRIDGE_ERROR_NOT_FOUND for a device that is not the account's. The last device may go too: the
 * account stays signed in (its history waits for the next sign-in). */
void
bridge_accounts_remove_device_async(BridgeAccounts *self, BridgeAccount *account,
                                    const char *device_id, GAsyncReadyCallback callback,
                                    gpointer user_data);
gboolean
bridge_accounts_remove_device_finish(BridgeAccounts *self, GAsyncResult *result, GError **error);

/* Signs out, then erases every stored byte. */
void
bridge_accounts_erase_async(BridgeAccounts *self, BridgeAccount *account,
                            GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_accounts_erase_finish(BridgeAccounts *self, GAsyncResult *result, GError **error);

/* %NULL while sealed */
BridgeStore *
bridge_accounts_get_store(BridgeAccounts *self);

/* Signs every account out of its host and waits until their events are durable; for shutdown. */
void
bridge_accounts_stop_async(BridgeAccounts *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_accounts_stop_finish(BridgeAccounts *self, GAsyncResult *result, GError **error);

G_END_DECLS
