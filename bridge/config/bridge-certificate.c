/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)

/* There is nobody to be asked. */
static int
bridge_certificate_no_passphrase_cb(char *buffer, int size, int is_writing, void *user_data)
{
	return -1;
}

static gboolean
bridge_certificate_fail(const char *path, const char *what, GError **error)
{
	g_set_error(error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "%s: %s", path, what);
	ERR_clear_error();
	return FALSE;
}

static gboolean
bridge_certificate_check_key(const char *path, const char *key, GError **error)
{
	g_autoptr(BIO) of_path = BIO_new_file(path, "r");
	g_autoptr(BIO) of_key = BIO_new_file(key, "r");
	g_autoptr(X509) certificate = NULL;
	g_autoptr(EVP_PKEY) private_key = NULL;

	if (of_path != NULL)
		certificate =
			PEM_read_bio_X509(of_path, NULL, bridge_certificate_no_passphrase_cb, NULL);
	if (certificate == NULL)
		return bridge_certificate_fail(path, "it has no certificate", error);
	if (of_key != NULL)
		private_key = PEM_read_bio_PrivateKey(of_key, NULL,
		                                      bridge_certificate_no_passphrase_cb, NULL);
	if (private_key == NULL)
		return bridge_certificate_fail(key, "it has no private key without a passphrase",
		                               error);
	if (X509_check_private_key(certificate, private_key) != 1)
		return bridge_certificate_fail(key, "it is the key of another certificate", error);
	return TRUE;
}

GTlsCertificate *
bridge_certificate_load(const char *path, const char *key, GError **error)
{
	g_autoptr(GTlsCertificate) certificate = g_tls_certificate_new_from_files(path, key, error);

	if (certificate == NULL || !bridge_certificate_check_key(path, key, error))
		return NULL;
	return g_steal_pointer(&certificate);
}
