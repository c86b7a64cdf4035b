/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-secret.h: credentials and bearer tokens in memory: wiped when freed, compared in constant
 * time, made from the system's random numbers. Pure but for that. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BRIDGE_SECRET_HASH_BYTES 32

/* A copy of @text without its final zero, wiped with the last reference. */
GBytes *
bridge_secret_new(const char *text);

/* In constant time for secrets of any length. */
gboolean
bridge_secret_equal(GBytes *a, GBytes *b);

/* 256 random bits, base64url without padding. */
char *
bridge_secret_make_token(void);

/* 128 random bits in hexadecimal: an id that tells nothing. */
char *
bridge_secret_make_id(void);

/* SHA-256 */
void
bridge_secret_hash(const char *text, guint8 hash[BRIDGE_SECRET_HASH_BYTES]);

/* Wipes a string and frees it; NULL is fine. */
void
bridge_secret_free_text(char *text);

/**
 * bridge_secret_to_fd:
 * Returns: a sealed memfd that holds @secret, at its beginning; -1 with @error set on failure */
int
bridge_secret_to_fd(GBytes *secret, GError **error);

/**
 * bridge_secret_from_fd:
 * @fd: (transfer none): a sealed memfd: nothing else could be trusted not to block
 *
 * Returns: what it holds, text of 1 to @bytes_max bytes; %NULL with @error set */
GBytes *
bridge_secret_from_fd(int fd, gsize bytes_max, GError **error);

G_END_DECLS
