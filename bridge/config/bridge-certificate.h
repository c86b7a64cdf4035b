/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-certificate.h: a certificate with its private key, of files. GLib takes any two, and then
 * no connection succeeds; here they have to be of each other. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* @path: PEM, the certificate itself comes first; @key: PEM, without a passphrase.
 * Returns: (transfer full) (nullable): NULL with @error set, G_TLS_ERROR or G_FILE_ERROR */
GTlsCertificate *
bridge_certificate_load(const char *path, const char *key, GError **error);

G_END_DECLS
