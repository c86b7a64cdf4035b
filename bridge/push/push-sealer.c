/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-sealer.h"

#include "push-encryption.h"

struct _PushSealer {
	PushEncryption *encryption; /* the thread's */
	GThreadPool *thread;
	gint stopped; /* atomic: nothing is encrypted any more */
	GMutex mutex; /* of what follows */
	GQueue sealed;
	guint source; /* tells of them; 0: there are none */
};

typedef struct {
	const BridgePushOrder *push; /* borrowed */
	PushSealerWrite write;       /* or NULL */
	PushSealerDone done;
	gpointer user_data;
	PushSealed sealed;
	GError *error;
} PushSealing;

static void
push_sealing_free(PushSealing *sealing)
{
	g_clear_pointer(&sealing->sealed.body, g_bytes_unref);
	g_clear_pointer(&sealing->sealed.headers, soup_message_headers_unref);
	g_clear_error(&sealing->error);
	g_free(sealing);
}

/* ---- The main loop --------------------------------------------------------------------------- */

static gboolean
push_sealer_tell_cb(gpointer user_data)
{
	PushSealer *self = user_data;
	GQueue sealed;
	PushSealing *sealing;

	g_mutex_lock(&self->mutex);
	sealed = self->sealed;
	g_queue_init(&self->sealed);
	self->source = 0;
	g_mutex_unlock(&self->mutex);
	while ((sealing = g_queue_pop_head(&sealed)) != NULL) {
		sealing->done(&sealing->sealed, sealing->error, sealing->user_data);
		push_sealing_free(sealing);
	}
	return G_SOURCE_REMOVE;
}

/* ---- The thread ------------------------------------------------------------------------------ */

static GBytes *
push_sealer_encrypt(PushSealer *self, const BridgePushOrder *push, GError **error)
{
	gsize padded = push_encryption_pad(g_bytes_get_size(push->payload));

	return push_encryption_encrypt(self->encryption, push->p256dh, push->auth, push->payload,
	                               padded, error);
}

static void
push_sealer_run(gpointer data, gpointer user_data)
{
	PushSealer *self = user_data;
	PushSealing *sealing = data;

	if (g_atomic_int_get(&self->stopped)) {
		push_sealing_free(sealing);
		return;
	}
	sealing->sealed.body = push_sealer_encrypt(self, sealing->push, &sealing->error);
	if (sealing->write != NULL)
		sealing->sealed.headers = sealing->write(sealing->push);
	g_mutex_lock(&self->mutex);
	g_queue_push_tail(&self->sealed, sealing);
	/* The main loop is woken once for all that it finds. */
	if (self->source == 0)
		self->source = g_idle_add_full(G_PRIORITY_DEFAULT, push_sealer_tell_cb, self, NULL);
	g_mutex_unlock(&self->mutex);
}

/* ---- Both ------------------------------------------------------------------------------------ */

void
push_sealer_seal(PushSealer *self, const BridgePushOrder *push, PushSealerWrite write,
                 PushSealerDone done, gpointer user_data)
{
	PushSealing *sealing = g_new0(PushSealing, 1);

	sealing->push = push;
	sealing->write = write;
	sealing->done = done;
	sealing->user_data = user_data;
	g_thread_pool_push(self->thread, sealing, NULL);
}

PushSealer *
push_sealer_new(GError **error)
{
	g_autoptr(PushSealer) self = g_new0(PushSealer, 1);

	g_mutex_init(&self->mutex);
	g_queue_init(&self->sealed);
	self->encryption = push_encryption_new(error);
	if (self->encryption == NULL)
		return NULL;
	self->thread = g_thread_pool_new(push_sealer_run, self, 1, TRUE, error);
	return self->thread != NULL ? g_steal_pointer(&self) : NULL;
}

void
push_sealer_free(PushSealer *self)
{
	/* Waits for the one that is being encrypted, and goes through the others: where a pool does
	 * not, what its thread has just taken is lost (GLib 2.74). */
	g_atomic_int_set(&self->stopped, TRUE);
	if (self->thread != NULL)
		g_thread_pool_free(self->thread, FALSE, TRUE);
	g_clear_handle_id(&self->source, g_source_remove);
	g_queue_clear_full(&self->sealed, (GDestroyNotify)push_sealing_free);
	g_clear_pointer(&self->encryption, push_encryption_free);
	g_mutex_clear(&self->mutex);
	g_free(self);
}
