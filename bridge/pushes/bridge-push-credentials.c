/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge-push-identity.h"
#include "link/bridge-push-link.h"
#include "bridge-push-settings.h"
#include "base/bridge-secret.h"

/* ---- Those of files -------------------------------------------------------------------------- */

/* Of a configuration; (nullable) */
static const char *
bridge_push_credentials_get_path(const BridgePushConfig *config, const char *service)
{
	if (g_str_equal(service, BRIDGE_PUSH_SERVICE_FCM))
		return config->fcm_account;
	return g_str_equal(service, BRIDGE_PUSH_SERVICE_APNS) ? config->apns_key : NULL;
}

/* Returns: its length; -1: not to be had */
static gssize
bridge_push_credentials_read_all(int fd, char *text, gsize size)
{
	gsize length = 0;
	gssize n_read = 0;

	do {
		n_read = read(fd, text + length, size - length);
		length += n_read > 0 ? (gsize)n_read : 0;
	} while (length < size && (n_read > 0 || (n_read < 0 && errno == EINTR)));
	return n_read < 0 ? -1 : (gssize)length;
}

/* NULL: it is told why */
static GBytes *
bridge_push_credentials_read(const char *path)
{
	g_autofree char *text = g_malloc0(BRIDGE_PUSH_CREDENTIAL_BYTES_MAX + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status = {0};
	gssize length = -1;
	GBytes *secret = NULL;

	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		length = bridge_push_credentials_read_all(fd, text,
		                                          BRIDGE_PUSH_CREDENTIAL_BYTES_MAX + 1);
	if (fd < 0 && errno == ENOENT)
		g_info("%s is not there", path);
	else if (fd < 0 || length < 0)
		g_warning("%s cannot be read: %s", path, g_strerror(errno));
	else if (length == 0 || length > BRIDGE_PUSH_CREDENTIAL_BYTES_MAX)
		g_warning("%s is no credential of a push service", path);
	else
		secret = bridge_secret_new(text);
	if (secret != NULL && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		g_warning("%s can be read by others: chmod 600 makes it better", path);
	if (fd >= 0)
		close(fd);
	explicit_bzero(text, BRIDGE_PUSH_CREDENTIAL_BYTES_MAX);
	return secret;
}

/* ---- Those of the store ---------------------------------------------------------------------- */

typedef struct {
	GHashTable *credentials;
	char *name;
} BridgePushCredential;

static void
bridge_push_credentials_kept_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autofree char *name = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);

	if (receipt != NULL)
		g_message("the credential for %s is in the store now, its file can go", name);
	else
		g_warning("the credential for %s is not stored: %s", name, error->message);
}

static void
bridge_push_credentials_keep(BridgeStore *store, const char *name, GBytes *credential)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_put_credential(batch, name, credential);
	bridge_store_commit_async(store, batch, bridge_push_credentials_kept_cb, g_strdup(name));
}

static void
bridge_push_credentials_loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgePushCredential *credential = user_data;
	GBytes *given = g_hash_table_lookup(credential->credentials, credential->name);
	g_autoptr(GBytes) stored = NULL;
	g_autoptr(GError) error = NULL;

	if (!bridge_store_load_credential_finish(BRIDGE_STORE(source), result, &stored, &error))
		g_warning("the credential for %s cannot be read: %s", credential->name,
		          error->message);
	else if (given != NULL && (stored == NULL || !g_bytes_equal(given, stored)))
		bridge_push_credentials_keep(BRIDGE_STORE(source), credential->name, given);
	else if (given == NULL && stored != NULL)
		g_hash_table_replace(credential->credentials, g_strdup(credential->name),
		                     g_steal_pointer(&stored));
	else if (given == NULL)
		g_warning("there is no credential for %s: nothing is pushed by it",
		          credential->name);
	g_hash_table_unref(credential->credentials);
	g_free(credential->name);
	g_free(credential);
}

/* MPNS knows its senders by a certificate, which stays where it is. */
static void
bridge_push_credentials_add_identity(GHashTable *credentials, const BridgePushConfig *config)
{
	g_autoptr(GError) error = NULL;
	char *identity;

	if (config->mpns_certificate == NULL)
		return;
	identity = bridge_push_identity_load(config->mpns_certificate, config->mpns_key, &error);
	if (identity != NULL)
		g_hash_table_replace(credentials, g_strdup(BRIDGE_PUSH_CREDENTIAL_MPNS),
		                     bridge_secret_new(identity));
	else
		g_warning("mpns-certificate, mpns-key: %s", error->message);
	bridge_secret_free_text(identity);
}

GHashTable *
bridge_push_credentials_load(const BridgePushConfig *config, BridgeStore *store)
{
	GHashTable *credentials = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                                (GDestroyNotify)g_bytes_unref);

	for (char **type = config->types; *type != NULL; type++) {
		const char *path = bridge_push_credentials_get_path(config, *type);
		GBytes *secret = path != NULL ? bridge_push_credentials_read(path) : NULL;
		BridgePushCredential *credential;

		if (!bridge_push_type_is_vendor(*type))
			continue;
		if (secret != NULL)
			g_hash_table_replace(credentials, g_strdup(*type), secret);
		credential = g_new0(BridgePushCredential, 1);
		credential->credentials = g_hash_table_ref(credentials);
		credential->name = g_strdup(*type);
		bridge_store_load_credential_async(store, *type, NULL,
		                                   bridge_push_credentials_loaded_cb, credential);
	}
	bridge_push_credentials_add_identity(credentials, config);
	return credentials;
}
