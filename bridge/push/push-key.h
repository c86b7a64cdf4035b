/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-key.h: keys of P-256 as octets and as OpenSSL has them. */
#pragma once

#include <gio/gio.h>
#include <openssl/evp.h>

G_BEGIN_DECLS

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)

/* What OpenSSL complains of last; for the log. */
void
push_key_set_error(GError **error, const char *what);

/* @private_octets: 32, big-endian; @public_octets: what belongs to them */
EVP_PKEY *
push_key_new_pair(GBytes *private_octets, GBytes *public_octets, GError **error);

/* A private key of kind @type, "EC" or "RSA": of P-256, or of 2,048 bits and more. NULL: it is
 * none. @pem: without a password */
EVP_PKEY *
push_key_new_from_pem(const char *pem, const char *type);

/* (transfer full): uncompressed; NULL if OpenSSL would not */
GBytes *
push_key_dup_public(EVP_PKEY *key);

G_END_DECLS
