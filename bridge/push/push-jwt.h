/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-jwt.h: JSON Web Tokens (RFC 7519) in compact form: who sends, as push services want it
 * said. */
#pragma once

#include <glib.h>
#include <openssl/evp.h>

G_BEGIN_DECLS

/* @members: a{sv} (transfer floating): of a header or of claims. Returns: (transfer full): JSON, in
 * their order */
char *
push_jwt_write(GVariant *members);

/**
 * push_jwt_build:
 * @key: of P-256: then it is signed by ES256; or of RSA: by RS256
 * @header, @claims: JSON; "alg" in the header has to be what is said above
 *
 * Returns: (transfer full): NULL: OpenSSL would not, which push_key_set_error() tells */
char *
push_jwt_build(EVP_PKEY *key, const char *header, const char *claims);

G_END_DECLS
