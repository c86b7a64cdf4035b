/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-base64.h: base64url without padding (RFC 4648 section 5), as Web Push and JSON Web Tokens
 * have it. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *
bridge_base64_encode(gconstpointer octets, gsize length);

/**
 * bridge_base64_decode:
 *
 * Takes either alphabet, padded or not: what browsers and libraries hand over differs.
 *
 * Returns: (transfer full) (nullable): %NULL for what is not canonical base64 */
GBytes *
bridge_base64_decode(const char *text);

G_END_DECLS
