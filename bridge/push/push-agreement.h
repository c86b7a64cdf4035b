/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-agreement.h: what a sender of one message and its device agree on (ECDH on P-256), with a
 * key pair that is made for that message and forgotten with it. One thread at a time. */
#pragma once

#include <gio/gio.h>

#include "push-encryption.h"

G_BEGIN_DECLS

#define PUSH_PRIVATE_KEY_BYTES 32
#define PUSH_SHARED_BYTES 32

typedef struct _PushAgreement PushAgreement;

/* NULL if OpenSSL would not. */
PushAgreement *
push_agreement_new(void);
void
push_agreement_free(PushAgreement *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PushAgreement, push_agreement_free)

/**
 * push_agreement_make:
 * @device: its public key
 * @given: (nullable): the sender's private key, PUSH_PRIVATE_KEY_BYTES big-endian: for vectors;
 * else one is made
 * @sender: (out): the public key that belongs to it
 * @shared: (out): to be wiped
 * @error: G_IO_ERROR_INVALID_ARGUMENT: the device's key is none; G_IO_ERROR_FAILED: OpenSSL would
 * not */
gboolean
push_agreement_make(PushAgreement *self, GBytes *device, const guint8 *given,
                    guint8 sender[PUSH_PUBLIC_KEY_BYTES], guint8 shared[PUSH_SHARED_BYTES],
                    GError **error);

G_END_DECLS
