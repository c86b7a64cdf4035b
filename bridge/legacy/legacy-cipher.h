/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-cipher.h: the envelope in which old phones get messages: AES-256-CBC under a key derived
 * by MD5 from a salt and the account's user key. It has no authentication and is no protection from
 * who knows the key: it keeps a push service from reading along, and is what the phones understand.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A new user key: 192 random bits of letters, digits, - and /. Wiped by bridge_secret_free_text().
 */
char *
legacy_cipher_make_key(void);
/* Likewise a salt. */
char *
legacy_cipher_make_salt(void);

/**
 * legacy_cipher_seal:
 * @salt: without a colon
 * @key: the user key
 *
 * Returns: (transfer full): length:salt:base64 */
char *
legacy_cipher_seal(const char *salt, const char *key, const char *plain, gsize length);
/* What a raw notification carries to the app: @text sealed with a salt of its own. */
char *
legacy_cipher_seal_raw(const char *key, const char *text);

G_END_DECLS
