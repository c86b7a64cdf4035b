/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-encryption-private.h: what else is random, given: for the vectors of RFC 8291. */
#pragma once

#include "push-encryption.h"

G_BEGIN_DECLS

#define PUSH_SALT_BYTES 16

/* @private_octets: (nullable): the sender's, PUSH_PRIVATE_KEY_BYTES; else they are made */
GBytes *
push_encryption_encrypt_with(PushEncryption *self, const guint8 *private_octets,
                             const guint8 salt[PUSH_SALT_BYTES], GBytes *public_key, GBytes *auth,
                             GBytes *plain, gsize padded, GError **error);

G_END_DECLS
