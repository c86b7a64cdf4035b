/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-identity.h: the certificate by which MPNS knows this bridge, and its key, read from
 * the files that the configuration names. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * bridge_push_identity_load:
 * @error: of reading, or G_TLS_ERROR; its message names the file
 *
 * Returns: (transfer full): both, PEM: to be wiped by bridge_secret_free_text() */
char *
bridge_push_identity_load(const char *certificate, const char *key, GError **error);

G_END_DECLS
