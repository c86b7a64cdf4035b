/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-accounts-private.h: for bridge-accounts.c, which keeps the accounts, what stands beside
 * it (bridge-accounts-*.c: starting, codes, erasing, lists), bridge-devices.c, which knows their
 * devices, and bridge-login.c, which lets new ones in. */
#pragma once

#include "bridge-account-private.h"
#include "bridge-accounts.h"

G_BEGIN_DECLS

struct _BridgeAccounts {
	GObject parent_instance;

	BridgeConfig *config; /* borrowed: outlives everything */
	BridgeStore *store;   /* NULL while sealed */
	BridgeSupervisor *supervisor;
	BridgePacer *pacer;
	BridgePatience patience;
	GHashTable *accounts; /* id (borrowed) -> BridgeAccount */
	GHashTable *by_key;   /* char * -> BridgeAccount, borrowed */
	GHashTable *locks;    /* char * -> GQueue of BridgeTurn that wait */
	GHashTable *codes;    /* GBytes: hashes of enrolment codes in use */
	guint trials;
	GHashTable *tokens; /* GBytes (hash) -> BridgeDeviceRecord */
	guint generation;   /* of tokens: grows whenever one of them ends */
	gboolean loading;   /* what the store says is not known yet */
	gboolean stopping;
};

enum {
	BRIDGE_ACCOUNTS_SIGNAL_ACCOUNT_ADDED,
	BRIDGE_ACCOUNTS_SIGNAL_DEVICE_REMOVED,
	BRIDGE_ACCOUNTS_N_SIGNALS
};
void
bridge_accounts_emit(BridgeAccounts *self, guint signal, gpointer value);

/* What is known of somebody's address: with it the account is found. */
typedef struct {
	char *protocol;
	char *username; /* normalised */
	char *endpoint;
	const BridgeDomainConfig *domain; /* borrowed */
	char *key;                        /* of all three */
} BridgeAddress;

void
bridge_address_clear(BridgeAddress *address);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BridgeAddress, bridge_address_clear)

/* @protocol: or NULL. BRIDGE_ERROR_INVALID. */
gboolean
bridge_accounts_parse_address(BridgeAccounts *self, const char *protocol, const char *username,
                              BridgeAddress *address, GError **error);

/* By which a server is known; "" = DNS. (transfer full) */
char *
bridge_accounts_build_endpoint(const BridgeDomainConfig *domain);

BridgeAccount *
bridge_accounts_lookup(BridgeAccounts *self, const char *key);
BridgeSupervisor *
bridge_accounts_get_supervisor(BridgeAccounts *self);
BridgeConfig *
bridge_accounts_get_config(BridgeAccounts *self);
gboolean
bridge_accounts_is_stopping(BridgeAccounts *self);

/* FALSE: @task was returned with BRIDGE_ERROR_SEALED. */
gboolean
bridge_accounts_check_unsealed(BridgeAccounts *self, GTask *task);

/* @record: (transfer full): it is stored already. Returns: borrowed */
BridgeAccount *
bridge_accounts_add(BridgeAccounts *self, BridgeAccountRecord *record);

/* It is one of ours from now on. @account: (transfer full) */
void
bridge_accounts_insert(BridgeAccounts *self, BridgeAccount *account);

/* What the configuration says of where the account is; borrowed. */
const BridgeDomainConfig *
bridge_accounts_get_domain(BridgeAccounts *self, const BridgeAccountRecord *record);

/* One at a time for each key: signing in, erasing. @func is called when it is its turn, maybe at
 * once; it or what it starts calls unlock. */
typedef void (*BridgeAccountsLocked)(gpointer user_data);
void
bridge_accounts_lock(BridgeAccounts *self, const char *key, BridgeAccountsLocked func,
                     gpointer user_data);
/* How many wait. */
guint
bridge_accounts_count_waiting(BridgeAccounts *self, const char *key);
void
bridge_accounts_unlock(BridgeAccounts *self, const char *key);

/* How many sign-ins are being tried out; refused beyond a limit. */
gboolean
bridge_accounts_begin_trial(BridgeAccounts *self, GError **error);
void
bridge_accounts_end_trial(BridgeAccounts *self);

/* A one-use code serves one sign-in at a time. FALSE: another one has it. */
gboolean
bridge_accounts_reserve_code(BridgeAccounts *self, const guint8 *hash);
void
bridge_accounts_return_code(BridgeAccounts *self, const guint8 *hash);

/* Returns @task with the error that a token in that state gets. */
void
bridge_devices_refuse(GTask *task, BridgeTokenState state);
/* The tokens of an account or of a device (or NULL) are good no more. */
void
bridge_devices_forget(BridgeAccounts *self, const char *account_id, const char *device_id);

G_END_DECLS
