/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-token.h"

#include <unistd.h>

#include "base/bridge-secret.h"
#include "link/bridge-keepsake.h"
#include "link/bridge-push-link.h"

struct _BridgePushToken {
	guint references;
	BridgeStore *store;
	int fd;
	char *kept; /* what the store has, as far as is known; or NULL */
};

static void
bridge_push_token_loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgePushToken) self = user_data;
	g_autoptr(GBytes) stored = NULL;
	g_autoptr(GError) error = NULL;
	char *made = bridge_keepsake_read(self->fd);

	if (!bridge_store_load_credential_finish(BRIDGE_STORE(source), result, &stored, &error))
		g_warning("the token for apns cannot be read: %s", error->message);
	/* One that was made meanwhile is newer. */
	if (stored != NULL && made == NULL) {
		self->kept = g_strndup(g_bytes_get_data(stored, NULL), g_bytes_get_size(stored));
		bridge_keepsake_write(self->fd, self->kept);
	}
	bridge_secret_free_text(made);
}

static void
bridge_push_token_kept_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);

	if (receipt == NULL)
		g_warning("the token for apns is not stored: %s", error->message);
}

void
bridge_push_token_keep(BridgePushToken *self)
{
	char *made = bridge_keepsake_read(self->fd);
	g_autoptr(GBytes) credential = NULL;
	BridgeStoreBatch *batch = NULL;

	if (made == NULL || g_strcmp0(made, self->kept) == 0) {
		bridge_secret_free_text(made);
		return;
	}
	credential = bridge_secret_new(made);
	batch = bridge_store_batch_new();
	bridge_store_batch_put_credential(batch, BRIDGE_PUSH_CREDENTIAL_APNS_TOKEN, credential);
	bridge_store_commit_async(self->store, batch, bridge_push_token_kept_cb, NULL);
	bridge_secret_free_text(self->kept);
	self->kept = made;
}

int
bridge_push_token_get_fd(BridgePushToken *self)
{
	return self->fd;
}

BridgePushToken *
bridge_push_token_new(BridgeStore *store)
{
	BridgePushToken *self = NULL;
	g_autoptr(GError) error = NULL;
	int fd = bridge_keepsake_new(&error);

	if (fd < 0) {
		g_warning("the token for apns does not outlive its process: %s", error->message);
		return NULL;
	}
	self = g_new0(BridgePushToken, 1);
	self->references = 1;
	self->store = g_object_ref(store);
	self->fd = fd;
	bridge_store_load_credential_async(store, BRIDGE_PUSH_CREDENTIAL_APNS_TOKEN, NULL,
	                                   bridge_push_token_loaded_cb,
	                                   bridge_push_token_ref(self));
	return self;
}

BridgePushToken *
bridge_push_token_ref(BridgePushToken *self)
{
	self->references++;
	return self;
}

void
bridge_push_token_unref(BridgePushToken *self)
{
	if (--self->references > 0)
		return;
	close(self->fd);
	bridge_secret_free_text(self->kept);
	g_object_unref(self->store);
	g_free(self);
}
