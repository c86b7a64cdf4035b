/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-sealer.h: encrypts pushes in a thread of its own, as that takes about as long as all else
 * that is done for a request: the main loop sends one while the next one is encrypted. */
#pragma once

#include <gio/gio.h>
#include <libsoup/soup.h>

#include "link/bridge-push-order.h"

G_BEGIN_DECLS

typedef struct _PushSealer PushSealer;

/* NULL if OpenSSL would not. */
PushSealer *
push_sealer_new(GError **error);
/* What is under way is not told any more. */
void
push_sealer_free(PushSealer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PushSealer, push_sealer_free)

/* What is written of a push besides. Called by the thread. */
typedef SoupMessageHeaders *(*PushSealerWrite)(const BridgePushOrder *push);
typedef struct {
	GBytes *body;                /* or NULL, as push_encryption_encrypt() has it */
	SoupMessageHeaders *headers; /* NULL: none were asked for */
} PushSealed;

/* @sealed: valid within the call; @error: if there is no body */
typedef void (*PushSealerDone)(const PushSealed *sealed, const GError *error, gpointer user_data);
/* @push: lives until @done was called or the sealer freed; @write: (nullable); @done: called once,
 * later, by the main loop, in the order of the calls */
void
push_sealer_seal(PushSealer *self, const BridgePushOrder *push, PushSealerWrite write,
                 PushSealerDone done, gpointer user_data);

G_END_DECLS
