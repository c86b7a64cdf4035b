/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-vault.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <openssl/crypto.h>

#include "vault/bridge-key-source.h"
#include "vault/bridge-keyring-watch.h"

#define VAULT_DEADLINE_S 30 /* a prompter may be waiting for a person */
#define VAULT_RETRY_FIRST_S 5
#define VAULT_RETRY_MAX_S 60

/* One look at a time: bus, look-up, and for a store that is yet to be made storing and another
 * look-up that must give the same. */
struct _BridgeVault {
	GObject parent;

	BridgeKeySource source;
	char *instance;
	char *file_path;
	char *password_path;

	gboolean has_store;
	guint8 salt[BRIDGE_STORE_SALT_BYTES];
	guint8 kcv[BRIDGE_KCV_BYTES];
	guint32 key_id; /* that is looked for */

	BridgeVaultState state;
	char *detail;
	BridgeKey *key;
	BridgeKey *successor; /* found beside it */
	gboolean renewing;

	GCancellable *cancellable; /* of the look that is under way, or NULL */
	guint deadline_id;
	guint retry_id;
	guint retry_s;
	gboolean look_again; /* something changed while a look was under way */
	BridgeKey *created;  /* stored, not yet read back */
	BridgeKeyringWatch *watch;
};

enum { PROP_0, PROP_STATE, N_PROPERTIES };

static GParamSpec *vault_properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE(BridgeVault, bridge_vault, G_TYPE_OBJECT)

static void
bridge_vault_look(BridgeVault *self);

const char *
bridge_vault_state_to_string(BridgeVaultState state)
{
	static const char *const names[] = {
		[BRIDGE_VAULT_LOOKING] = "looking",
		[BRIDGE_VAULT_READY] = "ready",
		[BRIDGE_VAULT_SEALED_LOCKED] = "sealed-locked",
		[BRIDGE_VAULT_SEALED_UNAVAILABLE] = "sealed-unavailable",
		[BRIDGE_VAULT_SEALED_ABSENT] = "sealed-absent",
		[BRIDGE_VAULT_WRONG_PASSWORD] = "sealed-wrong-password",
		[BRIDGE_VAULT_MISMATCH] = "sealed-mismatch",
	};

	return names[state];
}

/* ---- States ---------------------------------------------------------------------------------- */

/* Nothing leads out of READY; nothing leads back to LOOKING. */
static gboolean
bridge_vault_may_move(BridgeVaultState from, BridgeVaultState to)
{
	return from != BRIDGE_VAULT_READY && to != BRIDGE_VAULT_LOOKING;
}

static gboolean
bridge_vault_state_is_retried(BridgeVaultState state)
{
	return state == BRIDGE_VAULT_SEALED_LOCKED || state == BRIDGE_VAULT_SEALED_UNAVAILABLE;
}

static gboolean
bridge_vault_retry_cb(gpointer user_data)
{
	BridgeVault *self = user_data;

	self->retry_id = 0;
	bridge_vault_look(self);
	return G_SOURCE_REMOVE;
}

static void
bridge_vault_schedule(BridgeVault *self)
{
	g_clear_handle_id(&self->retry_id, g_source_remove);
	if (self->look_again) {
		self->look_again = FALSE;
		self->retry_s = 0;
		self->retry_id = g_idle_add(bridge_vault_retry_cb, self);
		return;
	}
	if (!bridge_vault_state_is_retried(self->state))
		return;
	self->retry_s = CLAMP(self->retry_s * 2, VAULT_RETRY_FIRST_S, VAULT_RETRY_MAX_S);
	self->retry_id = g_timeout_add_seconds(self->retry_s, bridge_vault_retry_cb, self);
}

/* The end of a look. */
static void
bridge_vault_set_state(BridgeVault *self, BridgeVaultState state, const char *detail)
{
	BridgeVaultState from = self->state;

	g_clear_handle_id(&self->deadline_id, g_source_remove);
	g_clear_object(&self->cancellable);
	g_clear_pointer(&self->created, bridge_key_free);
	g_return_if_fail(bridge_vault_may_move(from, state));
	g_free(self->detail);
	self->detail = g_strdup(detail);
	self->state = state;
	if (from != state)
		g_message("vault %s -> %s (%s)", bridge_vault_state_to_string(from),
		          bridge_vault_state_to_string(state), detail);
	if (state == BRIDGE_VAULT_READY)
		g_clear_pointer(&self->watch, bridge_keyring_watch_free);
	else
		bridge_vault_schedule(self);
	if (from != state)
		g_object_notify_by_pspec(G_OBJECT(self), vault_properties[PROP_STATE]);
}

static void
bridge_vault_set_late(BridgeVault *self)
{
	bridge_vault_set_state(self, BRIDGE_VAULT_SEALED_UNAVAILABLE,
	                       "the keyring did not answer within 30 seconds");
}

static void
bridge_vault_set_ready(BridgeVault *self, BridgeKey *key)
{
	self->key = key;
	bridge_vault_set_state(self, BRIDGE_VAULT_READY, "the master key is there");
}

/* ---- Looking --------------------------------------------------------------------------------- */

static BridgeVaultOptions
bridge_vault_get_options(BridgeVault *self)
{
	return (BridgeVaultOptions){self->source, self->instance, self->file_path,
	                            self->password_path};
}

/* What an asynchronous call of a look needs to live that long. */
typedef struct {
	BridgeVault *vault;
	BridgeVaultOptions options;
} VaultCall;

static VaultCall *
bridge_vault_call_new(BridgeVault *self)
{
	VaultCall *call = g_new0(VaultCall, 1);

	call->vault = g_object_ref(self);
	call->options = bridge_vault_get_options(self);
	return call;
}

static void
bridge_vault_call_free(VaultCall *call)
{
	g_object_unref(call->vault);
	g_free(call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VaultCall, bridge_vault_call_free)

static void
bridge_vault_look_up(BridgeVault *self);

static void
bridge_vault_store_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(VaultCall) call = user_data;
	g_autoptr(GError) error = NULL;
	g_autofree char *detail = NULL;

	if (bridge_key_source_store_finish(result, &error)) {
		bridge_vault_look_up(call->vault);
		return;
	}
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		bridge_vault_set_late(call->vault);
		return;
	}
	detail = g_strdup_printf("the keyring does not take a new key: %s", error->message);
	bridge_vault_set_state(call->vault, BRIDGE_VAULT_SEALED_UNAVAILABLE, detail);
}

/* Only for a store that is yet to be made, and only where there is provably no key. */
static void
bridge_vault_create(BridgeVault *self)
{
	g_autoptr(GError) error = NULL;
	VaultCall *call = NULL;

	self->created = bridge_key_new_random(self->key_id, &error);
	if (self->created == NULL) {
		bridge_vault_set_state(self, BRIDGE_VAULT_SEALED_UNAVAILABLE, error->message);
		return;
	}
	g_message("no store yet: making a master key; a backup of the store is worth nothing "
	          "without one of the keyring");
	call = bridge_vault_call_new(self);
	bridge_key_source_store_async(&call->options, self->created, self->cancellable,
	                              bridge_vault_store_cb, call);
}

static gboolean
bridge_vault_fits(BridgeVault *self, const BridgeKey *key)
{
	return bridge_seal_check_kcv(bridge_key_get_octets(key), self->salt, self->kcv);
}

/* The key has been replaced, the store does not know yet. */
static gboolean
bridge_vault_is_previous(BridgeVault *self, const BridgeKeyFinding *finding)
{
	return self->has_store && finding->previous != NULL &&
	       !bridge_vault_fits(self, finding->key) && bridge_vault_fits(self, finding->previous);
}

static void
bridge_vault_set_succeeded(BridgeVault *self, BridgeKeyFinding *finding)
{
	self->successor = bridge_key_new(bridge_key_get_octets(finding->key), self->key_id + 1);
	bridge_vault_set_ready(self, g_steal_pointer(&finding->previous));
}

static void
bridge_vault_judge_key(BridgeVault *self, BridgeKeyFinding *finding)
{
	const guint8 *octets = bridge_key_get_octets(finding->key);

	if (self->created != NULL && CRYPTO_memcmp(octets, bridge_key_get_octets(self->created),
	                                           BRIDGE_MASTER_KEY_BYTES) != 0)
		bridge_vault_set_state(self, BRIDGE_VAULT_SEALED_UNAVAILABLE,
		                       "the keyring gave another key back than it was given");
	else if (bridge_vault_is_previous(self, finding))
		bridge_vault_set_succeeded(self, finding);
	else if (self->has_store && !bridge_seal_check_kcv(octets, self->salt, self->kcv))
		bridge_vault_set_state(self, BRIDGE_VAULT_MISMATCH,
		                       "the keyring's key is not the one of this store: restore "
		                       "that key, or give this bridge an instance of its own");
	else
		bridge_vault_set_ready(self, g_steal_pointer(&finding->key));
}

static void
bridge_vault_judge_absence(BridgeVault *self, const char *detail)
{
	g_autofree char *lost = NULL;

	if (self->created != NULL) {
		bridge_vault_set_state(self, BRIDGE_VAULT_SEALED_UNAVAILABLE,
		                       "the keyring did not keep the key that it was given");
		return;
	}
	if (!self->has_store) {
		bridge_vault_create(self);
		return;
	}
	lost = g_strdup_printf("%s, and the store has data: restore the key", detail);
	bridge_vault_set_state(self, BRIDGE_VAULT_SEALED_ABSENT, lost);
}

static void
bridge_vault_judge(BridgeVault *self, BridgeKeyFinding *finding)
{
	switch (finding->status) {
	case BRIDGE_KEY_FOUND:
		bridge_vault_judge_key(self, finding);
		break;
	case BRIDGE_KEY_ABSENT:
		bridge_vault_judge_absence(self, finding->detail);
		break;
	case BRIDGE_KEY_LOCKED:
		bridge_vault_set_state(self, BRIDGE_VAULT_SEALED_LOCKED, finding->detail);
		break;
	case BRIDGE_KEY_UNAVAILABLE:
		bridge_vault_set_state(self, BRIDGE_VAULT_SEALED_UNAVAILABLE, finding->detail);
		break;
	case BRIDGE_KEY_WRONG_PASSWORD:
		bridge_vault_set_state(self, BRIDGE_VAULT_WRONG_PASSWORD, finding->detail);
		break;
	case BRIDGE_KEY_MISSING:
		bridge_vault_set_state(self, BRIDGE_VAULT_SEALED_ABSENT, finding->detail);
		break;
	case BRIDGE_KEY_GARBLED:
		bridge_vault_set_state(self, BRIDGE_VAULT_MISMATCH, finding->detail);
		break;
	}
}

static void
bridge_vault_look_up_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(VaultCall) call = user_data;
	g_autoptr(BridgeKeyFinding) finding = bridge_key_source_look_up_finish(result, NULL);

	if (finding != NULL)
		bridge_vault_judge(call->vault, finding);
	else
		bridge_vault_set_late(call->vault);
}

static void
bridge_vault_look_up(BridgeVault *self)
{
	VaultCall *call = bridge_vault_call_new(self);

	bridge_key_source_look_up_async(&call->options, self->key_id, self->cancellable,
	                                bridge_vault_look_up_cb, call);
}

static void
bridge_vault_changed_cb(gpointer user_data)
{
	BridgeVault *self = user_data;

	self->look_again = TRUE;
	if (self->cancellable == NULL)
		bridge_vault_schedule(self);
}

static void
bridge_vault_bus_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(VaultCall) call = user_data;
	g_autoptr(GError) error = NULL;
	g_autofree char *detail = NULL;
	g_autoptr(GDBusConnection) bus = g_bus_get_finish(result, &error);

	if (bus == NULL) {
		if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
			bridge_vault_set_late(call->vault);
			return;
		}
		detail = g_strdup_printf("no session bus: %s", error->message);
		bridge_vault_set_state(call->vault, BRIDGE_VAULT_SEALED_UNAVAILABLE, detail);
		return;
	}
	/* by default a bus that goes away takes the process with it */
	g_dbus_connection_set_exit_on_close(bus, FALSE);
	if (call->vault->watch == NULL)
		call->vault->watch =
			bridge_keyring_watch_new(bus, bridge_vault_changed_cb, call->vault);
	bridge_vault_look_up(call->vault);
}

static gboolean
bridge_vault_deadline_cb(gpointer user_data)
{
	BridgeVault *self = user_data;

	self->deadline_id = 0;
	g_cancellable_cancel(self->cancellable);
	return G_SOURCE_REMOVE;
}

static void
bridge_vault_look(BridgeVault *self)
{
	if (self->cancellable != NULL || self->state == BRIDGE_VAULT_READY)
		return;
	g_clear_handle_id(&self->retry_id, g_source_remove);
	self->cancellable = g_cancellable_new();
	self->deadline_id = g_timeout_add_seconds(VAULT_DEADLINE_S, bridge_vault_deadline_cb, self);
	if (self->source != BRIDGE_KEY_SOURCE_SECRET_SERVICE) {
		bridge_vault_look_up(self);
		return;
	}
	if (self->watch != NULL && !bridge_keyring_watch_is_alive(self->watch))
		g_clear_pointer(&self->watch, bridge_keyring_watch_free);
	g_bus_get(G_BUS_TYPE_SESSION, self->cancellable, bridge_vault_bus_cb,
	          bridge_vault_call_new(self));
}

/* ---- Public ---------------------------------------------------------------------------------- */

BridgeVault *
bridge_vault_new(const BridgeVaultOptions *options)
{
	BridgeVault *self = g_object_new(BRIDGE_TYPE_VAULT, NULL);

	self->source = options->source;
	self->instance = g_strdup(options->instance);
	self->file_path = g_strdup(options->file_path);
	self->password_path = g_strdup(options->password_path);
	return self;
}

void
bridge_vault_open(BridgeVault *self, const guint8 *salt, const guint8 *kcv, guint32 key_id)
{
	g_return_if_fail(BRIDGE_IS_VAULT(self));
	g_return_if_fail((salt == NULL) == (kcv == NULL));
	g_return_if_fail(self->state == BRIDGE_VAULT_LOOKING && self->cancellable == NULL);

	self->has_store = salt != NULL;
	self->key_id = key_id;
	if (self->has_store) {
		memcpy(self->salt, salt, sizeof self->salt);
		memcpy(self->kcv, kcv, sizeof self->kcv);
	}
	bridge_vault_look(self);
}

BridgeVaultState
bridge_vault_get_state(BridgeVault *self)
{
	return self->state;
}

const char *
bridge_vault_get_detail(BridgeVault *self)
{
	return self->detail;
}

const BridgeKey *
bridge_vault_get_master_key(BridgeVault *self)
{
	return self->key;
}

/* ---- Another master key ---------------------------------------------------------------------- */

const BridgeKey *
bridge_vault_get_successor(BridgeVault *self)
{
	return self->successor;
}

void
bridge_vault_adopt(BridgeVault *self, const BridgeKey *key)
{
	g_return_if_fail(self->state == BRIDGE_VAULT_READY);

	bridge_key_free(self->key);
	self->key = bridge_key_new(bridge_key_get_octets(key), bridge_key_get_id(key));
	g_clear_pointer(&self->successor, bridge_key_free);
}

/* One renewal: the new key, and what its calls need. */
typedef struct {
	BridgeVaultOptions options;
	BridgeKey *key;
	guint deadline_id;
} VaultRenewal;

static void
bridge_vault_renewal_free(VaultRenewal *renewal)
{
	g_clear_handle_id(&renewal->deadline_id, g_source_remove);
	bridge_key_free(renewal->key);
	g_free(renewal);
}

static gboolean
bridge_vault_renewal_deadline_cb(gpointer user_data)
{
	GTask *task = user_data;
	VaultRenewal *renewal = g_task_get_task_data(task);

	renewal->deadline_id = 0;
	g_cancellable_cancel(g_task_get_cancellable(task));
	return G_SOURCE_REMOVE;
}

static void
bridge_vault_renewal_end(GTask *task, GError *error)
{
	BridgeVault *self = g_task_get_source_object(task);
	VaultRenewal *renewal = g_task_get_task_data(task);

	self->renewing = FALSE;
	g_clear_handle_id(&renewal->deadline_id, g_source_remove);
	if (error == NULL)
		g_task_return_pointer(task, g_steal_pointer(&renewal->key),
		                      (GDestroyNotify)bridge_key_free);
	else
		g_task_return_error(task, error);
}

static void
bridge_vault_renewal_read_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = user_data;
	VaultRenewal *renewal = g_task_get_task_data(task);
	GError *error = NULL;
	g_autoptr(BridgeKeyFinding) finding = bridge_key_source_look_up_finish(result, &error);

	if (finding != NULL &&
	    (finding->status != BRIDGE_KEY_FOUND ||
	     CRYPTO_memcmp(bridge_key_get_octets(finding->key), bridge_key_get_octets(renewal->key),
	                   BRIDGE_MASTER_KEY_BYTES) != 0))
		error = g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "%s",
		                    finding->detail != NULL
		                            ? finding->detail
		                            : "the keyring did not keep the new key");
	bridge_vault_renewal_end(task, error);
}

static void
bridge_vault_renewal_stored_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = user_data;
	VaultRenewal *renewal = g_task_get_task_data(task);
	GError *error = NULL;

	if (!bridge_key_source_store_finish(result, &error))
		bridge_vault_renewal_end(task, error);
	else
		bridge_key_source_look_up_async(&renewal->options, bridge_key_get_id(renewal->key),
		                                g_task_get_cancellable(task),
		                                bridge_vault_renewal_read_cb, g_object_ref(task));
}

static void
bridge_vault_renewal_begin(GTask *task)
{
	BridgeVault *self = g_task_get_source_object(task);
	VaultRenewal *renewal = g_new0(VaultRenewal, 1);
	GError *error = NULL;

	g_task_set_task_data(task, renewal, (GDestroyNotify)bridge_vault_renewal_free);
	renewal->options = bridge_vault_get_options(self);
	renewal->key = bridge_key_new_random(bridge_key_get_id(self->key) + 1, &error);
	if (renewal->key == NULL) {
		g_task_return_error(task, error);
		return;
	}
	self->renewing = TRUE;
	renewal->deadline_id =
		g_timeout_add_seconds(VAULT_DEADLINE_S, bridge_vault_renewal_deadline_cb, task);
	bridge_key_source_store_async(&renewal->options, renewal->key, g_task_get_cancellable(task),
	                              bridge_vault_renewal_stored_cb, g_object_ref(task));
}

void
bridge_vault_make_successor_async(BridgeVault *self, GAsyncReadyCallback callback,
                                  gpointer user_data)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);

	g_return_if_fail(self->state == BRIDGE_VAULT_READY);

	g_task_set_source_tag(task, bridge_vault_make_successor_async);
	if (self->renewing)
		g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_BUSY,
		                        "a new master key is being made already");
	else
		bridge_vault_renewal_begin(task);
}

BridgeKey *
bridge_vault_make_successor_finish(BridgeVault *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), NULL);
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void
bridge_vault_forgot_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(VaultCall) call = user_data;
	g_autoptr(GError) error = NULL;

	if (!bridge_key_source_clear_finish(result, &error))
		g_warning("an old master key stays in the keyring: %s", error->message);
}

void
bridge_vault_forget(BridgeVault *self, guint32 key_id)
{
	VaultCall *call = NULL;

	g_return_if_fail(self->key == NULL || key_id != bridge_key_get_id(self->key));
	if (self->source == BRIDGE_KEY_SOURCE_CREDENTIAL)
		return;
	call = bridge_vault_call_new(self);
	bridge_key_source_clear_async(&call->options, key_id, NULL, bridge_vault_forgot_cb, call);
}

/* ---- The process ----------------------------------------------------------------------------- */

void
bridge_vault_harden_process(void)
{
	struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		g_warning("core dumps stay possible: %s", g_strerror(errno));
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		g_warning("other processes can look into this one: %s", g_strerror(errno));
}

/* ---- Class ----------------------------------------------------------------------------------- */

static void
bridge_vault_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
	BridgeVault *self = BRIDGE_VAULT(object);

	if (id == PROP_STATE)
		g_value_set_int(value, (int)self->state);
	else
		G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void
bridge_vault_dispose(GObject *object)
{
	BridgeVault *self = BRIDGE_VAULT(object);

	g_clear_handle_id(&self->deadline_id, g_source_remove);
	g_clear_handle_id(&self->retry_id, g_source_remove);
	g_clear_pointer(&self->watch, bridge_keyring_watch_free);
	G_OBJECT_CLASS(bridge_vault_parent_class)->dispose(object);
}

static void
bridge_vault_finalize(GObject *object)
{
	BridgeVault *self = BRIDGE_VAULT(object);

	g_clear_object(&self->cancellable);
	bridge_key_free(self->key);
	bridge_key_free(self->successor);
	bridge_key_free(self->created);
	g_free(self->instance);
	g_free(self->file_path);
	g_free(self->password_path);
	g_free(self->detail);
	G_OBJECT_CLASS(bridge_vault_parent_class)->finalize(object);
}

static void
bridge_vault_class_init(BridgeVaultClass *klass)
{
	GObjectClass *object_class = G_OBJECT_CLASS(klass);

	object_class->get_property = bridge_vault_get_property;
	object_class->dispose = bridge_vault_dispose;
	object_class->finalize = bridge_vault_finalize;
	/* a BridgeVaultState */
	vault_properties[PROP_STATE] =
		g_param_spec_int("state", NULL, NULL, BRIDGE_VAULT_LOOKING, BRIDGE_VAULT_MISMATCH,
	                         BRIDGE_VAULT_LOOKING, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
	g_object_class_install_properties(object_class, N_PROPERTIES, vault_properties);
}

static void
bridge_vault_init(BridgeVault *self)
{
	self->state = BRIDGE_VAULT_LOOKING;
	self->detail = g_strdup("looking for the master key");
}
