/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-encryption.h: Message Encryption for Web Push (RFC 8291): one "aes128gcm" record (RFC 8188)
 * that only the device can open, whatever service carries it. The sender's key and the salt are
 * made for each message anew; what is kept from one to the next is no secret. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define PUSH_PUBLIC_KEY_BYTES 65 /* of P-256, X9.62 uncompressed */
#define PUSH_AUTH_BYTES 16
#define PUSH_RECORD_BYTES 4096 /* "rs": what a body may have, too */
#define PUSH_PLAIN_BYTES_MAX 3993

typedef struct _PushEncryption PushEncryption;

/* NULL if OpenSSL would not. */
PushEncryption *
push_encryption_new(GError **error);
void
push_encryption_free(PushEncryption *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PushEncryption, push_encryption_free)

/**
 * push_encryption_pad:
 *
 * Returns: to what length a text of @length octets is filled up, so that its length says little:
 * 256, 512, 1024 or 2048, beyond that to the greatest there is; 0 if it is too long for that */
gsize
push_encryption_pad(gsize length);

/**
 * push_encryption_encrypt:
 * @public_key: of the device, "p256dh": PUSH_PUBLIC_KEY_BYTES
 * @auth: PUSH_AUTH_BYTES
 * @plain: what it says
 * @padded: its length with what fills it up: at least that of @plain, at most PUSH_PLAIN_BYTES_MAX
 * @error: G_IO_ERROR_INVALID_ARGUMENT: no point of the curve, too long; G_IO_ERROR_FAILED: OpenSSL
 * would not
 *
 * Returns: the request's body */
GBytes *
push_encryption_encrypt(PushEncryption *self, GBytes *public_key, GBytes *auth, GBytes *plain,
                        gsize padded, GError **error);

G_END_DECLS
