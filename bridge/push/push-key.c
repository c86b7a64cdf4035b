/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-key.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "push-encryption.h"

#define KEY_GROUP "prime256v1"
#define KEY_PRIVATE_BYTES 32
#define KEY_RSA_BITS_MIN 2048
#define KEY_PEM_BYTES_MAX 0x8000

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_clear_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OSSL_PARAM, OSSL_PARAM_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)

void
push_key_set_error(GError **error, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;

	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", what,
	            reason != NULL ? reason : "OpenSSL would not");
	ERR_clear_error();
}

static OSSL_PARAM *
push_key_build_params(GBytes *public_octets, const BIGNUM *private_number)
{
	g_autoptr(OSSL_PARAM_BLD) builder = OSSL_PARAM_BLD_new();
	gsize length = 0;
	gconstpointer octets = g_bytes_get_data(public_octets, &length);

	if (builder == NULL ||
	    !OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, KEY_GROUP, 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, octets, length) ||
	    !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, private_number))
		return NULL;
	return OSSL_PARAM_BLD_to_param(builder);
}

static EVP_PKEY *
push_key_import_pair(GBytes *public_octets, const BIGNUM *private_number)
{
	g_autoptr(OSSL_PARAM) params = push_key_build_params(public_octets, private_number);
	g_autoptr(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	if (params == NULL || context == NULL || EVP_PKEY_fromdata_init(context) <= 0 ||
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) <= 0)
		return NULL;
	return key;
}

EVP_PKEY *
push_key_new_pair(GBytes *private_octets, GBytes *public_octets, GError **error)
{
	gsize length = 0;
	const guint8 *octets = g_bytes_get_data(private_octets, &length);
	g_autoptr(BIGNUM) number = BN_secure_new();
	EVP_PKEY *key = NULL;

	if (number != NULL && length == KEY_PRIVATE_BYTES &&
	    BN_bin2bn(octets, (int)length, number) != NULL)
		key = push_key_import_pair(public_octets, number);
	if (key == NULL)
		push_key_set_error(error, "that is no key pair of P-256");
	return key;
}

/* Whoever is asked for a password has none: OpenSSL would ask at the terminal. */
static int
push_key_no_password(char *buffer, int size, int rwflag, void *user_data)
{
	return 0;
}

static gboolean
push_key_is_of(EVP_PKEY *key, const char *type)
{
	char group[sizeof KEY_GROUP] = "";

	if (!EVP_PKEY_is_a(key, type))
		return FALSE;
	if (g_str_equal(type, "RSA"))
		return EVP_PKEY_get_bits(key) >= KEY_RSA_BITS_MIN;
	return EVP_PKEY_get_group_name(key, group, sizeof group, NULL) &&
	       g_str_equal(group, KEY_GROUP);
}

EVP_PKEY *
push_key_new_from_pem(const char *pem, const char *type)
{
	gsize length = strlen(pem);
	g_autoptr(BIO) bio = length <= KEY_PEM_BYTES_MAX ? BIO_new_mem_buf(pem, (int)length) : NULL;
	g_autoptr(EVP_PKEY) key =
		bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, push_key_no_password, NULL) : NULL;

	ERR_clear_error();
	return key != NULL && push_key_is_of(key, type) ? g_steal_pointer(&key) : NULL;
}

GBytes *
push_key_dup_public(EVP_PKEY *key)
{
	unsigned char *octets = NULL;
	gsize length = EVP_PKEY_get1_encoded_public_key(key, &octets);
	GBytes *bytes = length == PUSH_PUBLIC_KEY_BYTES ? g_bytes_new(octets, length) : NULL;

	OPENSSL_free(octets);
	return bytes;
}
