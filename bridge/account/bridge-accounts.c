/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-accounts-private.h"

#include "link/bridge-address.h"
#include "base/bridge-error.h"
#include "bridge-idle.h"
#include "base/bridge-protocol.h"

#define ACCOUNTS_LOGIN_MS 30000
#define ACCOUNTS_CONNECT_MS 90000
#define ACCOUNTS_TRIALS_MAX 50

/* Whose turn it is with a key. */
typedef struct {
	BridgeAccountsLocked func;
	gpointer user_data;
} BridgeTurn;

G_DEFINE_FINAL_TYPE(BridgeAccounts, bridge_accounts, G_TYPE_OBJECT)

static guint bridge_accounts_signals[BRIDGE_ACCOUNTS_N_SIGNALS];

/* ---- Addresses ------------------------------------------------------------------------------- */

void
bridge_address_clear(BridgeAddress *address)
{
	g_clear_pointer(&address->protocol, g_free);
	g_clear_pointer(&address->username, g_free);
	g_clear_pointer(&address->endpoint, g_free);
	g_clear_pointer(&address->key, g_free);
}

/* What the configuration fixes; nothing of it can come from a caller. */
char *
bridge_accounts_build_endpoint(const BridgeDomainConfig *domain)
{
	if (domain->server[0] == '\0')
		return g_strdup("");
	return g_strdup_printf("%s:%u", domain->server, domain->port);
}

gboolean
bridge_accounts_parse_address(BridgeAccounts *self, const char *protocol, const char *username,
                              BridgeAddress *address, GError **error)
{
	const char *const *allowed = bridge_config_get_protocols(self->config);
	g_autofree char *normalised = NULL;
	const char *domain;

	if (protocol == NULL)
		protocol = allowed[0];
	if (!g_strv_contains(allowed, protocol)) {
		g_autofree char *list = g_strjoinv(", ", (char **)allowed);

		g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID, "the protocols here are: %s",
		            list);
		return FALSE;
	}
	normalised = bridge_protocol_get(protocol)->normalise_username(username, error);
	if (normalised == NULL)
		return FALSE;
	domain = bridge_protocol_get_domain(protocol, normalised);
	address->domain = bridge_config_get_domain(self->config, domain);
	/* DNS is not asked for it, so nobody would look where it leads. */
	if (address->domain->server[0] == '\0' && bridge_address_is_literal(domain)) {
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
		                    "the domain is an address: the configuration has to name it as "
		                    "the server of a domain");
		return FALSE;
	}
	address->protocol = g_strdup(protocol);
	address->username = g_steal_pointer(&normalised);
	address->endpoint = bridge_accounts_build_endpoint(address->domain);
	address->key =
		g_strjoin("\n", address->protocol, address->username, address->endpoint, NULL);
	return TRUE;
}

/* ---- Before the key is there ----------------------------------------------------------------- */

gboolean
bridge_accounts_check_unsealed(BridgeAccounts *self, GTask *task)
{
	if (self->store != NULL && !self->loading)
		return TRUE;
	g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_SEALED,
	                        "the bridge's store is locked until its key is there");
	return FALSE;
}

void
bridge_accounts_unseal(BridgeAccounts *self, BridgeStore *store)
{
	g_return_if_fail(BRIDGE_IS_ACCOUNTS(self) && self->store == NULL);

	self->store = g_object_ref(store);
	self->loading = TRUE;
}

/* ---- Turns ----------------------------------------------------------------------------------- */

static void
bridge_accounts_free_turns(gpointer data)
{
	g_queue_free_full(data, g_free);
}

void
bridge_accounts_lock(BridgeAccounts *self, const char *key, BridgeAccountsLocked func,
                     gpointer user_data)
{
	GQueue *waiting = g_hash_table_lookup(self->locks, key);
	BridgeTurn *turn;

	if (waiting == NULL) {
		g_hash_table_insert(self->locks, g_strdup(key), g_queue_new());
		func(user_data);
		return;
	}
	turn = g_new0(BridgeTurn, 1);
	turn->func = func;
	turn->user_data = user_data;
	g_queue_push_tail(waiting, turn);
}

guint
bridge_accounts_count_waiting(BridgeAccounts *self, const char *key)
{
	GQueue *waiting = g_hash_table_lookup(self->locks, key);

	return waiting != NULL ? waiting->length : 0;
}

void
bridge_accounts_unlock(BridgeAccounts *self, const char *key)
{
	GQueue *waiting = g_hash_table_lookup(self->locks, key);
	g_autofree BridgeTurn *turn = NULL;

	g_return_if_fail(waiting != NULL);

	turn = g_queue_pop_head(waiting);
	if (turn != NULL)
		turn->func(turn->user_data);
	else
		g_hash_table_remove(self->locks, key);
}

gboolean
bridge_accounts_begin_trial(BridgeAccounts *self, GError **error)
{
	if (self->stopping || self->trials >= ACCOUNTS_TRIALS_MAX) {
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_BUSY,
		                    self->stopping ? "the bridge is shutting down"
		                                   : "too many are signing in at the moment");
		return FALSE;
	}
	self->trials++;
	return TRUE;
}

void
bridge_accounts_end_trial(BridgeAccounts *self)
{
	self->trials--;
}

/* ---- Accounts -------------------------------------------------------------------------------- */

BridgeAccount *
bridge_accounts_lookup(BridgeAccounts *self, const char *key)
{
	return g_hash_table_lookup(self->by_key, key);
}

BridgeSupervisor *
bridge_accounts_get_supervisor(BridgeAccounts *self)
{
	return self->supervisor;
}

BridgeConfig *
bridge_accounts_get_config(BridgeAccounts *self)
{
	return self->config;
}

gboolean
bridge_accounts_is_stopping(BridgeAccounts *self)
{
	return self->stopping;
}

BridgeStore *
bridge_accounts_get_store(BridgeAccounts *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNTS(self), NULL);
	return self->store;
}

void
bridge_accounts_insert(BridgeAccounts *self, BridgeAccount *account)
{
	const BridgeAccountRecord *record = bridge_account_get_record(account);

	g_hash_table_insert(self->accounts, record->id, account);
	g_hash_table_insert(
		self->by_key,
		g_strjoin("\n", record->protocol, record->username, record->endpoint, NULL),
		account);
	account->idle_policy = bridge_config_get_idle(self->config);
	bridge_idle_begin(account);
	bridge_accounts_emit(self, BRIDGE_ACCOUNTS_SIGNAL_ACCOUNT_ADDED, account);
}

void
bridge_accounts_emit(BridgeAccounts *self, guint signal, gpointer value)
{
	g_signal_emit(self, bridge_accounts_signals[signal], 0, value);
}

const BridgeDomainConfig *
bridge_accounts_get_domain(BridgeAccounts *self, const BridgeAccountRecord *record)
{
	return bridge_config_get_domain(
		self->config, bridge_protocol_get_domain(record->protocol, record->username));
}

BridgeAccount *
bridge_accounts_add(BridgeAccounts *self, BridgeAccountRecord *record)
{
	const BridgeDomainConfig *domain = bridge_accounts_get_domain(self, record);
	BridgeAccount *account = bridge_account_new(self->store, self->supervisor, self->pacer,
	                                            &self->patience, domain, record, 0, 0, NULL);

	bridge_accounts_insert(self, account);
	return account;
}

/* ---- Stopping -------------------------------------------------------------------------------- */

static void
bridge_accounts_stopped_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	guint *left = g_task_get_task_data(task);

	bridge_account_stop_finish(BRIDGE_ACCOUNT(source), result, NULL);
	if (--*left == 0)
		g_task_return_boolean(task, TRUE);
}

void
bridge_accounts_stop_async(BridgeAccounts *self, GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
	guint *left = g_new0(guint, 1);
	GHashTableIter iter;
	gpointer account;

	g_return_if_fail(BRIDGE_IS_ACCOUNTS(self));
	g_return_if_fail(!self->stopping);

	self->stopping = TRUE;
	g_task_set_source_tag(task, bridge_accounts_stop_async);
	g_task_set_task_data(task, left, g_free);
	(*left)++;
	g_hash_table_iter_init(&iter, self->accounts);
	while (g_hash_table_iter_next(&iter, NULL, &account)) {
		/* One that is being erased is on its way already. */
		if (((BridgeAccount *)account)->stop != NULL)
			continue;
		(*left)++;
		bridge_account_stop_async(account, bridge_accounts_stopped_cb, g_object_ref(task));
	}
	if (--*left == 0)
		g_task_return_boolean(task, TRUE);
}

gboolean
bridge_accounts_stop_finish(BridgeAccounts *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* ---- The whole ------------------------------------------------------------------------------- */

BridgeAccounts *
bridge_accounts_new(BridgeConfig *config, BridgeStore *store, BridgeSupervisor *supervisor)
{
	BridgeAccounts *self = g_object_new(BRIDGE_TYPE_ACCOUNTS, NULL);

	self->config = config;
	if (store != NULL)
		self->store = g_object_ref(store);
	self->supervisor = g_object_ref(supervisor);
	self->pacer = bridge_pacer_new(bridge_config_get_sign_ins_per_second(config));
	self->patience.login = ACCOUNTS_LOGIN_MS;
	self->patience.connect = ACCOUNTS_CONNECT_MS;
	return self;
}

void
bridge_accounts_set_patience(BridgeAccounts *self, const BridgePatience *patience)
{
	g_return_if_fail(BRIDGE_IS_ACCOUNTS(self));
	self->patience = *patience;
}

static void
bridge_accounts_finalize(GObject *object)
{
	BridgeAccounts *self = BRIDGE_ACCOUNTS(object);

	g_hash_table_unref(self->by_key);
	g_hash_table_unref(self->accounts);
	g_hash_table_unref(self->locks);
	g_hash_table_unref(self->codes);
	g_hash_table_unref(self->tokens);
	g_clear_object(&self->pacer);
	g_clear_object(&self->supervisor);
	g_clear_object(&self->store);
	G_OBJECT_CLASS(bridge_accounts_parent_class)->finalize(object);
}

static void
bridge_accounts_init(BridgeAccounts *self)
{
	self->accounts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_object_unref);
	self->by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	self->locks =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, bridge_accounts_free_turns);
	self->codes = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
	                                    (GDestroyNotify)g_bytes_unref, NULL);
	self->tokens =
		g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref,
	                              (GDestroyNotify)bridge_device_record_free);
}

static void
bridge_accounts_class_init(BridgeAccountsClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = bridge_accounts_finalize;
	bridge_accounts_signals[BRIDGE_ACCOUNTS_SIGNAL_ACCOUNT_ADDED] =
		g_signal_new("account-added", BRIDGE_TYPE_ACCOUNTS, G_SIGNAL_RUN_LAST, 0, NULL,
	                     NULL, NULL, G_TYPE_NONE, 1, BRIDGE_TYPE_ACCOUNT);
	bridge_accounts_signals[BRIDGE_ACCOUNTS_SIGNAL_DEVICE_REMOVED] =
		g_signal_new("device-removed", BRIDGE_TYPE_ACCOUNTS, G_SIGNAL_RUN_LAST, 0, NULL,
	                     NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
	g_signal_new("device-acked", BRIDGE_TYPE_ACCOUNTS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
	             G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_UINT64);
}
