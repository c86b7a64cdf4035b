/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "config/bridge-certificate.h"

#define TEST_DAY_S 86400

typedef struct {
	char *folder;
	char *certificate;
	char *key;
	EVP_PKEY *pair;
} Fixture;

static char *
test_build_path(Fixture *fixture, const char *name)
{
	return g_build_filename(fixture->folder, name, NULL);
}

/* @other: (nullable): a second certificate, behind the first as in a chain */
static void
test_write_certificate(const char *path, EVP_PKEY *pair, EVP_PKEY *other)
{
	EVP_PKEY *pairs[] = {pair, other};
	FILE *file = g_fopen(path, "w");

	g_assert_nonnull(file);
	for (guint i = 0; i < G_N_ELEMENTS(pairs) && pairs[i] != NULL; i++) {
		X509 *certificate = X509_new();
		X509_NAME *name = X509_get_subject_name(certificate);

		X509_set_version(certificate, 2);
		ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1 + i);
		X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
		X509_gmtime_adj(X509_getm_notAfter(certificate), TEST_DAY_S);
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const guchar *)"localhost",
		                           -1, -1, 0);
		X509_set_issuer_name(certificate, name);
		X509_set_pubkey(certificate, pairs[i]);
		g_assert_cmpint(X509_sign(certificate, pairs[i], EVP_sha256()), >, 0);
		g_assert_true(PEM_write_X509(file, certificate));
		X509_free(certificate);
	}
	fclose(file);
}

/* @passphrase: (nullable) */
static void
test_write_key(const char *path, EVP_PKEY *pair, const char *passphrase)
{
	FILE *file = g_fopen(path, "w");

	g_assert_nonnull(file);
	g_assert_true(
		PEM_write_PrivateKey(file, pair, passphrase != NULL ? EVP_aes_128_cbc() : NULL,
	                             (const guchar *)passphrase,
	                             passphrase != NULL ? strlen(passphrase) : 0, NULL, NULL));
	fclose(file);
}

static void
test_set_up(Fixture *fixture, gconstpointer data)
{
	fixture->folder = g_dir_make_tmp("gtalk-certificate-XXXXXX", NULL);
	g_assert_nonnull(fixture->folder);
	fixture->certificate = test_build_path(fixture, "own.crt");
	fixture->key = test_build_path(fixture, "own.key");
	fixture->pair = EVP_EC_gen("P-256");
	test_write_certificate(fixture->certificate, fixture->pair, NULL);
	test_write_key(fixture->key, fixture->pair, NULL);
}

static void
test_tear_down(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GDir) folder = g_dir_open(fixture->folder, 0, NULL);

	for (const char *name = g_dir_read_name(folder); name != NULL;
	     name = g_dir_read_name(folder)) {
		g_autofree char *path = test_build_path(fixture, name);

		g_unlink(path);
	}
	g_rmdir(fixture->folder);
	EVP_PKEY_free(fixture->pair);
	g_free(fixture->folder);
	g_free(fixture->certificate);
	g_free(fixture->key);
}

/* That it is refused, with these words. */
static void
test_refuse(const char *certificate, const char *key, const char *words)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GTlsCertificate) loaded = bridge_certificate_load(certificate, key, &error);

	g_assert_null(loaded);
	g_assert_nonnull(error);
	g_assert_true(error->domain == G_TLS_ERROR || error->domain == G_FILE_ERROR);
	g_assert_nonnull(strstr(error->message, words));
}

static void
test_a_pair(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GTlsCertificate) loaded =
		bridge_certificate_load(fixture->certificate, fixture->key, &error);

	g_assert_no_error(error);
	g_assert_true(G_IS_TLS_CERTIFICATE(loaded));
}

/* The certificate itself comes first: it is the one that the key has to be of. */
static void
test_a_chain(Fixture *fixture, gconstpointer data)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");
	g_autofree char *path = test_build_path(fixture, "chain.crt");
	g_autoptr(GError) error = NULL;
	g_autoptr(GTlsCertificate) loaded = NULL;

	test_write_certificate(path, fixture->pair, other);
	loaded = bridge_certificate_load(path, fixture->key, &error);
	g_assert_no_error(error);
	g_assert_nonnull(loaded);
	test_write_certificate(path, other, fixture->pair);
	test_refuse(path, fixture->key, "the key of another certificate");
	EVP_PKEY_free(other);
}

static void
test_the_key_of_another(Fixture *fixture, gconstpointer data)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");
	EVP_PKEY *rsa = EVP_RSA_gen(2048);

	test_write_key(fixture->key, other, NULL);
	test_refuse(fixture->certificate, fixture->key, "own.key: it is the key of another");
	test_write_key(fixture->key, rsa, NULL); /* not even of the same kind */
	test_refuse(fixture->certificate, fixture->key, "own.key: it is the key of another");
	EVP_PKEY_free(other);
	EVP_PKEY_free(rsa);
}

/* Nobody is there to be asked: it fails at once, and asks no terminal. */
static void
test_a_key_with_a_passphrase(Fixture *fixture, gconstpointer data)
{
	test_write_key(fixture->key, fixture->pair, "open sesame");
	test_refuse(fixture->certificate, fixture->key, "");
}

static void
test_what_is_none(Fixture *fixture, gconstpointer data)
{
	g_autofree char *nowhere = test_build_path(fixture, "nowhere");
	g_autofree char *empty = test_build_path(fixture, "empty");

	g_assert_true(g_file_set_contents(empty, "", 0, NULL));
	test_refuse(nowhere, fixture->key, "nowhere");
	test_refuse(fixture->certificate, nowhere, "nowhere");
	test_refuse(empty, fixture->key, "");
	test_refuse(fixture->certificate, empty, "");
	test_refuse(fixture->key, fixture->certificate, ""); /* the other way round */
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(path, function)                                                                       \
	g_test_add("/bridge-certificate/" path, Fixture, NULL, test_set_up, function,              \
	           test_tear_down)
	TEST("a pair", test_a_pair);
	TEST("a chain", test_a_chain);
	TEST("the key of another", test_the_key_of_another);
	TEST("a key with a passphrase", test_a_key_with_a_passphrase);
	TEST("what is none", test_what_is_none);
	return g_test_run();
}
