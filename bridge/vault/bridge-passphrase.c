/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-passphrase.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#define SCRYPT_BLOCKS 8
#define SCRYPT_LANES 1
#define SCRYPT_SPARE_BYTES (1024 * 1024) /* beside its table */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_KDF, EVP_KDF_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_KDF_CTX, EVP_KDF_CTX_free)

static gboolean
bridge_passphrase_run(GBytes *passphrase, const guint8 *salt, guint64 n,
                      guint8 octets[BRIDGE_KEY_BYTES])
{
	g_autoptr(EVP_KDF) kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_SCRYPT, NULL);
	g_autoptr(EVP_KDF_CTX) context = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	guint32 blocks = SCRYPT_BLOCKS;
	guint32 lanes = SCRYPT_LANES;
	guint64 memory = n * 128 * SCRYPT_BLOCKS + SCRYPT_SPARE_BYTES;
	gsize length = 0;
	gconstpointer secret = g_bytes_get_data(passphrase, &length);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, (void *)secret, length),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt,
	                                          BRIDGE_PASSPHRASE_SALT_BYTES),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
		OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &blocks),
		OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &lanes),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
		OSSL_PARAM_construct_end(),
	};

	return context != NULL && EVP_KDF_derive(context, octets, BRIDGE_KEY_BYTES, params) == 1;
}

BridgeKey *
bridge_passphrase_derive(GBytes *passphrase, const guint8 salt[BRIDGE_PASSPHRASE_SALT_BYTES],
                         guint32 cost, guint32 id, GError **error)
{
	guint8 octets[BRIDGE_KEY_BYTES] = {0};
	BridgeKey *key = NULL;

	if (cost == 0 || cost > BRIDGE_PASSPHRASE_COST_MAX)
		g_set_error(error, BRIDGE_SEAL_ERROR, BRIDGE_SEAL_ERROR_FORMAT,
		            "a passphrase of cost %u is not known here", cost);
	else if (!bridge_passphrase_run(passphrase, salt, (guint64)1 << cost, octets))
		g_set_error_literal(error, BRIDGE_SEAL_ERROR, BRIDGE_SEAL_ERROR_LIBRARY,
		                    "OpenSSL does no scrypt, or there is too little memory");
	else
		key = bridge_key_new(octets, id);
	OPENSSL_cleanse(octets, sizeof octets);
	return key;
}
