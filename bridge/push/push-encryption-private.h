/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-encryption-private.h: what else is random, given: for the vectors of RFC 8291. */
#pragma once

#include <openssl/evp.h>

#include "push-encryption.h"

G_BEGIN_DECLS

#define PUSH_SALT_BYTES 16

/* @sender: a key pair of P-256 */
GBytes *
push_encryption_encrypt_with(PushEncryption *self, EVP_PKEY *sender,
                             const guint8 salt[PUSH_SALT_BYTES], GBytes *public_key, GBytes *auth,
                             GBytes *plain, gsize padded, GError **error);

G_END_DECLS
