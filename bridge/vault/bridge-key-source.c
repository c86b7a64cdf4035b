/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-key-source.h"

#include "bridge-key-credential.h"

#include <string.h>

#include <glib/gstdio.h>
#include <libsecret/secret.h>
#include <openssl/crypto.h>

#define KEY_LABEL "Master key of gtalk-bridge"
#define KEY_TEXT_BYTES 44 /* 32 octets in base 64 */

#define FILE_BACKEND_VARIABLE "SECRET_BACKEND"
#define FILE_PATH_VARIABLE "SECRET_FILE_TEST_PATH"
#define FILE_PASSWORD_VARIABLE "SECRET_FILE_TEST_PASSWORD"
#define FILE_PASSWORD_CREDENTIAL "key-password"
#define FILE_PASSWORD_MAX_BYTES 1024

/* Attributes are readable by everybody who reads the keyring's file: nothing secret in them. */
static const SecretSchema key_schema = {
	"gtalk.bridge.MasterKey",
	SECRET_SCHEMA_NONE,
	{
		{"instance", SECRET_SCHEMA_ATTRIBUTE_STRING},
		{"key-id", SECRET_SCHEMA_ATTRIBUTE_STRING},
		{NULL, 0},
	},
};

/* What the two sources do differently. */
typedef struct {
	/* Before libsecret is used. */
	gboolean (*prepare)(const BridgeVaultOptions *options, GError **error);
	/* After libsecret was used for the first time, whatever came of it. */
	void (*settle)(void);
	/* Nothing was found: completes the look-up's task with why. */
	void (*explain)(GTask *task);
} BridgeKeyKind;

static const BridgeKeyKind *
bridge_key_source_get_kind(const BridgeVaultOptions *options);

void
bridge_key_finding_free(BridgeKeyFinding *finding)
{
	if (finding == NULL)
		return;
	bridge_key_free(finding->key);
	bridge_key_free(finding->previous);
	g_free(finding->detail);
	g_free(finding);
}

static void
bridge_key_source_return(GTask *task, BridgeKeyStatus status, BridgeKey *key, const char *detail)
{
	BridgeKeyFinding *finding = g_new0(BridgeKeyFinding, 1);

	finding->status = status;
	finding->key = key;
	finding->detail = g_strdup(detail);
	g_task_return_pointer(task, finding, (GDestroyNotify)bridge_key_finding_free);
}

/* libsecret or its service failed: cancelled stays cancelled, all else is for a later try. */
static void
bridge_key_source_return_failure(GTask *task, GError *error)
{
	g_autofree char *detail = NULL;

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		g_task_return_error(task, error);
		return;
	}
	detail = g_strdup_printf("the keyring cannot be used: %s", error->message);
	bridge_key_source_return(task, BRIDGE_KEY_UNAVAILABLE, NULL, detail);
	g_error_free(error);
}

static GHashTable *
bridge_key_source_build_attributes(const BridgeVaultOptions *options, guint32 key_id)
{
	g_autofree char *id = g_strdup_printf("%u", key_id);

	return secret_attributes_build(&key_schema, "instance", options->instance, "key-id", id,
	                               NULL);
}

/* ---- A keyring on the session bus ------------------------------------------------------------ */

static gboolean
bridge_key_service_prepare(const BridgeVaultOptions *options, GError **error)
{
	/* what libsecret remembers of a service that went away would be asked again */
	secret_service_disconnect();
	return TRUE;
}

static void
bridge_key_service_settle(void)
{
}

static void
bridge_key_service_collection_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = user_data;
	GError *error = NULL;
	g_autoptr(SecretCollection) collection = secret_collection_for_alias_finish(result, &error);

	if (error != NULL)
		bridge_key_source_return_failure(task, error);
	else if (collection == NULL)
		bridge_key_source_return(task, BRIDGE_KEY_UNAVAILABLE, NULL,
		                         "the keyring service has no default keyring: create one");
	else if (secret_collection_get_locked(collection))
		bridge_key_source_return(task, BRIDGE_KEY_LOCKED, NULL,
		                         "the default keyring is locked: unlock it");
	else
		bridge_key_source_return(task, BRIDGE_KEY_ABSENT, NULL,
		                         "the keyring holds no key of this bridge");
}

static void
bridge_key_service_explain(GTask *task)
{
	secret_collection_for_alias(NULL, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE,
	                            g_task_get_cancellable(task), bridge_key_service_collection_cb,
	                            g_object_ref(task));
}

/* ---- libsecret's own file -------------------------------------------------------------------- */

/* The path of the file that holds the password. */
static char *
bridge_key_file_dup_password_path(const BridgeVaultOptions *options, GError **error)
{
	const char *credentials = g_getenv("CREDENTIALS_DIRECTORY");

	if (options->password_path != NULL)
		return g_strdup(options->password_path);
	if (credentials != NULL)
		return g_build_filename(credentials, FILE_PASSWORD_CREDENTIAL, NULL);
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
	                    "no password for the key file: name the file that holds it, or give "
	                    "the systemd credential \"" FILE_PASSWORD_CREDENTIAL "\"");
	return NULL;
}

static gboolean
bridge_key_file_check_password(const char *path, char *password, gsize length, GError **error)
{
	if (length > 0 && password[length - 1] == '\n')
		password[--length] = '\0';
	if (length > 0 && length <= FILE_PASSWORD_MAX_BYTES && strlen(password) == length)
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
	            "%s holds no password: one line of 1 to %d octets is needed", path,
	            FILE_PASSWORD_MAX_BYTES);
	return FALSE;
}

static gboolean
bridge_key_file_load_password(const BridgeVaultOptions *options, GError **error)
{
	g_autofree char *path = bridge_key_file_dup_password_path(options, error);
	char *password = NULL;
	gsize length = 0;
	gboolean ok = FALSE;

	if (path == NULL || !g_file_get_contents(path, &password, &length, error))
		return FALSE;
	ok = bridge_key_file_check_password(path, password, length, error);
	if (ok)
		g_setenv(FILE_PASSWORD_VARIABLE, password, TRUE);
	OPENSSL_cleanse(password, length);
	g_free(password);
	return ok;
}

/* libsecret takes its choice of backend, path and password from the environment when it is first
 * used; nobody else's process sees what is put there now. */
static gboolean
bridge_key_file_prepare(const BridgeVaultOptions *options, GError **error)
{
	g_autofree char *directory = NULL;

	g_setenv(FILE_BACKEND_VARIABLE, "file", TRUE);
	if (options->file_path != NULL) {
		/* libsecret would make it readable by everybody */
		directory = g_path_get_dirname(options->file_path);
		g_mkdir_with_parents(directory, 0700);
		g_setenv(FILE_PATH_VARIABLE, options->file_path, TRUE);
	}
	return bridge_key_file_load_password(options, error);
}

/* No child inherits the password, and it does not linger. */
static void
bridge_key_file_settle(void)
{
	char *password = (char *)g_getenv(FILE_PASSWORD_VARIABLE);

	if (password == NULL)
		return;
	OPENSSL_cleanse(password, strlen(password));
	g_unsetenv(FILE_PASSWORD_VARIABLE);
}

static void
bridge_key_file_proof_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = user_data;
	g_autoptr(GError) error = NULL;
	GList *items = secret_password_search_finish(result, &error);

	g_list_free_full(items, g_object_unref);
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		g_task_return_error(task, g_steal_pointer(&error));
	else if (error != NULL)
		bridge_key_source_return(task, BRIDGE_KEY_WRONG_PASSWORD, NULL,
		                         "the key file does not open with the password given: "
		                         "correct the password and start again");
	else
		bridge_key_source_return(task, BRIDGE_KEY_ABSENT, NULL,
		                         "the key file holds no key of this bridge");
}

/* Under a wrong password items are not found rather than refused, and storing would add one under
 * that password. Asking for every item makes libsecret decrypt each: that proves the password. */
static void
bridge_key_file_explain(GTask *task)
{
	g_autoptr(GHashTable) everything = g_hash_table_new(g_str_hash, g_str_equal);

	secret_password_searchv(NULL, everything, SECRET_SEARCH_ALL, g_task_get_cancellable(task),
	                        bridge_key_file_proof_cb, g_object_ref(task));
}

static const BridgeKeyKind *
bridge_key_source_get_kind(const BridgeVaultOptions *options)
{
	static const BridgeKeyKind kinds[] = {
		[BRIDGE_KEY_SOURCE_SECRET_SERVICE] = {bridge_key_service_prepare,
	                                              bridge_key_service_settle,
	                                              bridge_key_service_explain},
		[BRIDGE_KEY_SOURCE_SECRET_FILE] = {bridge_key_file_prepare, bridge_key_file_settle,
	                                           bridge_key_file_explain},
	};

	return &kinds[options->source];
}

/* What one look-up works on. */
typedef struct {
	const BridgeVaultOptions *options;
	guint32 key_id;
} KeyQuery;

/* ---- Looking up ------------------------------------------------------------------------------ */

BridgeKey *
bridge_key_source_decode(const char *text, guint32 key_id)
{
	guint8 octets[KEY_TEXT_BYTES] = {0};
	int state = 0;
	guint save = 0;
	BridgeKey *key = NULL;

	if (strlen(text) == KEY_TEXT_BYTES &&
	    g_base64_decode_step(text, KEY_TEXT_BYTES, octets, &state, &save) ==
	            BRIDGE_MASTER_KEY_BYTES)
		key = bridge_key_new(octets, key_id);
	OPENSSL_cleanse(octets, sizeof octets);
	OPENSSL_cleanse(&save, sizeof save);
	return key;
}

static void
bridge_key_source_password_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = user_data;
	const KeyQuery *query = g_task_get_task_data(task);
	GError *error = NULL;
	char *text = secret_password_lookup_nonpageable_finish(result, &error);
	BridgeKey *key = NULL;

	if (error != NULL) {
		bridge_key_source_return_failure(task, error);
		return;
	}
	if (text == NULL) {
		bridge_key_source_return(task, BRIDGE_KEY_LOCKED, NULL,
		                         "the keyring was locked while it was read: unlock it");
		return;
	}
	key = bridge_key_source_decode(text, query->key_id);
	secret_password_free(text);
	if (key != NULL)
		bridge_key_source_return(task, BRIDGE_KEY_FOUND, key, NULL);
	else
		bridge_key_source_return(task, BRIDGE_KEY_GARBLED, NULL,
		                         "the keyring's item for this bridge holds no key");
}

static gboolean
bridge_key_source_is_locked(GList *items)
{
	for (GList *link = items; link != NULL; link = link->next)
		if (SECRET_IS_ITEM(link->data) && secret_item_get_locked(link->data))
			return TRUE;
	return FALSE;
}

static void
bridge_key_source_search_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = user_data;
	const KeyQuery *query = g_task_get_task_data(task);
	const BridgeKeyKind *kind = bridge_key_source_get_kind(query->options);
	g_autoptr(GHashTable) attributes =
		bridge_key_source_build_attributes(query->options, query->key_id);
	GError *error = NULL;
	GList *items = secret_password_search_finish(result, &error);

	kind->settle();
	if (error != NULL)
		bridge_key_source_return_failure(task, error);
	else if (items == NULL)
		kind->explain(task);
	else if (bridge_key_source_is_locked(items))
		bridge_key_source_return(task, BRIDGE_KEY_LOCKED, NULL,
		                         "the keyring with this bridge's key is locked: unlock it");
	else
		secret_password_lookupv(&key_schema, attributes, g_task_get_cancellable(task),
		                        bridge_key_source_password_cb, g_object_ref(task));
	g_list_free_full(items, g_object_unref);
}

static void
bridge_key_source_search(GTask *task, const KeyQuery *query)
{
	g_autoptr(GHashTable) attributes =
		bridge_key_source_build_attributes(query->options, query->key_id);
	GError *error = NULL;

	if (!bridge_key_source_get_kind(query->options)->prepare(query->options, &error)) {
		bridge_key_source_return_failure(task, error);
		return;
	}
	/* neither UNLOCK nor secrets: nobody is there to answer a prompt */
	secret_password_searchv(&key_schema, attributes, SECRET_SEARCH_ALL,
	                        g_task_get_cancellable(task), bridge_key_source_search_cb,
	                        g_object_ref(task));
}

void
bridge_key_source_look_up_async(const BridgeVaultOptions *options, guint32 key_id,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
	KeyQuery *query = g_new0(KeyQuery, 1);

	query->options = options;
	query->key_id = key_id;
	g_task_set_source_tag(task, bridge_key_source_look_up_async);
	g_task_set_task_data(task, query, g_free);
	if (options->source == BRIDGE_KEY_SOURCE_CREDENTIAL)
		g_task_return_pointer(task, bridge_key_credential_look_up(key_id),
		                      (GDestroyNotify)bridge_key_finding_free);
	else
		bridge_key_source_search(task, query);
}

BridgeKeyFinding *
bridge_key_source_look_up_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

/* ---- Storing and forgetting ------------------------------------------------------------------ */

/* FALSE: @task was returned. */
static gboolean
bridge_key_source_can_write(const BridgeVaultOptions *options, GTask *task)
{
	if (options->source != BRIDGE_KEY_SOURCE_CREDENTIAL)
		return TRUE;
	g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
	                        "a systemd credential is changed by the administrator: make the "
	                        "present one \"" BRIDGE_CREDENTIAL_PREVIOUS
	                        "\", a new one \"" BRIDGE_CREDENTIAL_KEY
	                        "\", and start the service again");
	return FALSE;
}

static void
bridge_key_source_store_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = user_data;
	GError *error = NULL;

	if (secret_password_store_finish(result, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

void
bridge_key_source_store_async(const BridgeVaultOptions *options, const BridgeKey *key,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
	g_autoptr(GHashTable) attributes =
		bridge_key_source_build_attributes(options, bridge_key_get_id(key));
	char *text = NULL;

	g_task_set_source_tag(task, bridge_key_source_store_async);
	if (!bridge_key_source_can_write(options, task))
		return;
	text = g_base64_encode(bridge_key_get_octets(key), BRIDGE_MASTER_KEY_BYTES);
	secret_password_storev(&key_schema, attributes, SECRET_COLLECTION_DEFAULT, KEY_LABEL, text,
	                       cancellable, bridge_key_source_store_cb, g_steal_pointer(&task));
	OPENSSL_cleanse(text, strlen(text));
	g_free(text);
}

gboolean
bridge_key_source_store_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* It says FALSE without error when there was nothing. */
static void
bridge_key_source_clear_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = user_data;
	GError *error = NULL;

	secret_password_clear_finish(result, &error);
	if (error == NULL)
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

void
bridge_key_source_clear_async(const BridgeVaultOptions *options, guint32 key_id,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
	g_autoptr(GHashTable) attributes = bridge_key_source_build_attributes(options, key_id);

	g_task_set_source_tag(task, bridge_key_source_clear_async);
	if (bridge_key_source_can_write(options, task))
		secret_password_clearv(&key_schema, attributes, cancellable,
		                       bridge_key_source_clear_cb, g_steal_pointer(&task));
}

gboolean
bridge_key_source_clear_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}
