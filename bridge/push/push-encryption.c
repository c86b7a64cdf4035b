/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-encryption-private.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "push-key.h"

#define ENCRYPTION_SECRET_BYTES 32
#define ENCRYPTION_KEY_BYTES 16
#define ENCRYPTION_NONCE_BYTES 12
#define ENCRYPTION_TAG_BYTES 16
/* salt, record size, length of the key id, key id (RFC 8188 section 2.1) */
#define ENCRYPTION_HEADER_BYTES (PUSH_SALT_BYTES + 4 + 1 + PUSH_PUBLIC_KEY_BYTES)
#define ENCRYPTION_LAST_RECORD 2 /* the delimiter behind the text */

/* RFC 8291 section 3.4, RFC 8188 section 2.2 and 2.3: their final NUL belongs to them, as does the
 * one of these literals. HKDF itself adds the octet 1. */
#define ENCRYPTION_KEY_INFO "WebPush: info"
#define ENCRYPTION_CEK_INFO "Content-Encoding: aes128gcm"
#define ENCRYPTION_NONCE_INFO "Content-Encoding: nonce"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_KDF, EVP_KDF_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_KDF_CTX, EVP_KDF_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY_CTX, EVP_PKEY_CTX_free)

/* All of one message; wiped at its end. */
typedef struct {
	guint8 shared[ENCRYPTION_SECRET_BYTES];
	guint8 input[ENCRYPTION_SECRET_BYTES]; /* IKM */
	guint8 key[ENCRYPTION_KEY_BYTES];
	guint8 nonce[ENCRYPTION_NONCE_BYTES];
} PushEncryptionSecrets;

typedef struct {
	gconstpointer octets;
	gsize length;
} PushSpan;

gsize
push_encryption_pad(gsize length)
{
	static const gsize buckets[] = {256, 512, 1024, 2048, PUSH_PLAIN_BYTES_MAX};

	for (guint i = 0; i < G_N_ELEMENTS(buckets); i++)
		if (length <= buckets[i])
			return buckets[i];
	return 0;
}

static gboolean
push_encryption_hkdf(PushSpan salt, PushSpan secret, PushSpan info, guint8 *octets, gsize length)
{
	g_autoptr(EVP_KDF) kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	g_autoptr(EVP_KDF_CTX) context = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA2-256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt.octets,
	                                          salt.length),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret.octets,
	                                          secret.length),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info.octets,
	                                          info.length),
		OSSL_PARAM_construct_end()};

	return context != NULL && EVP_KDF_derive(context, octets, length, params) > 0;
}

static gboolean
push_encryption_agree(EVP_PKEY *sender, EVP_PKEY *device, guint8 shared[ENCRYPTION_SECRET_BYTES])
{
	g_autoptr(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_pkey(NULL, sender, NULL);
	gsize length = ENCRYPTION_SECRET_BYTES;

	return context != NULL && EVP_PKEY_derive_init(context) > 0 &&
	       EVP_PKEY_derive_set_peer_ex(context, device, 1) > 0 &&
	       EVP_PKEY_derive(context, shared, &length) > 0 && length == ENCRYPTION_SECRET_BYTES;
}

/* RFC 8291 section 3.3: the device's key comes first. */
static gboolean
push_encryption_mix(GBytes *device, GBytes *sender, GBytes *auth, PushEncryptionSecrets *secrets)
{
	guint8 info[sizeof ENCRYPTION_KEY_INFO + (gsize)2 * PUSH_PUBLIC_KEY_BYTES];
	guint8 *at = info;

	memcpy(at, ENCRYPTION_KEY_INFO, sizeof ENCRYPTION_KEY_INFO);
	at += sizeof ENCRYPTION_KEY_INFO;
	memcpy(at, g_bytes_get_data(device, NULL), PUSH_PUBLIC_KEY_BYTES);
	memcpy(at + PUSH_PUBLIC_KEY_BYTES, g_bytes_get_data(sender, NULL), PUSH_PUBLIC_KEY_BYTES);
	return push_encryption_hkdf((PushSpan){g_bytes_get_data(auth, NULL), PUSH_AUTH_BYTES},
	                            (PushSpan){secrets->shared, sizeof secrets->shared},
	                            (PushSpan){info, sizeof info}, secrets->input,
	                            sizeof secrets->input);
}

static gboolean
push_encryption_derive(const guint8 *salt, PushEncryptionSecrets *secrets)
{
	PushSpan salt_span = {salt, PUSH_SALT_BYTES};
	PushSpan input = {secrets->input, sizeof secrets->input};

	return push_encryption_hkdf(salt_span, input,
	                            (PushSpan){ENCRYPTION_CEK_INFO, sizeof ENCRYPTION_CEK_INFO},
	                            secrets->key, sizeof secrets->key) &&
	       push_encryption_hkdf(salt_span, input,
	                            (PushSpan){ENCRYPTION_NONCE_INFO, sizeof ENCRYPTION_NONCE_INFO},
	                            secrets->nonce, sizeof secrets->nonce);
}

/* @record: where @length octets of text, delimiter and padding lie, and their tag will. */
static gboolean
push_encryption_seal(const PushEncryptionSecrets *secrets, guint8 *record, gsize length)
{
	g_autoptr(EVP_CIPHER_CTX) context = EVP_CIPHER_CTX_new();
	int done = 0;
	int rest = 0;

	return context != NULL &&
	       EVP_EncryptInit_ex2(context, EVP_aes_128_gcm(), secrets->key, secrets->nonce, NULL) >
	               0 &&
	       EVP_EncryptUpdate(context, record, &done, record, (int)length) > 0 &&
	       EVP_EncryptFinal_ex(context, record + done, &rest) > 0 &&
	       (gsize)done + (gsize)rest == length &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, ENCRYPTION_TAG_BYTES,
	                           record + length) > 0;
}

static void
push_encryption_write_header(guint8 *body, const guint8 *salt, GBytes *sender)
{
	guint32 record_size = GUINT32_TO_BE(PUSH_RECORD_BYTES);

	memcpy(body, salt, PUSH_SALT_BYTES);
	memcpy(body + PUSH_SALT_BYTES, &record_size, sizeof record_size);
	body[PUSH_SALT_BYTES + sizeof record_size] = PUSH_PUBLIC_KEY_BYTES;
	memcpy(body + ENCRYPTION_HEADER_BYTES - PUSH_PUBLIC_KEY_BYTES,
	       g_bytes_get_data(sender, NULL), PUSH_PUBLIC_KEY_BYTES);
}

static GBytes *
push_encryption_write(const PushEncryptionSecrets *secrets, const guint8 *salt, GBytes *sender,
                      GBytes *plain, gsize padded)
{
	gsize length = ENCRYPTION_HEADER_BYTES + padded + 1 + ENCRYPTION_TAG_BYTES;
	gsize n_plain = g_bytes_get_size(plain);
	guint8 *body = g_malloc0(length);
	guint8 *record = body + ENCRYPTION_HEADER_BYTES;

	push_encryption_write_header(body, salt, sender);
	if (n_plain > 0)
		memcpy(record, g_bytes_get_data(plain, NULL), n_plain);
	record[n_plain] = ENCRYPTION_LAST_RECORD;
	if (push_encryption_seal(secrets, record, padded + 1))
		return g_bytes_new_take(body, length);
	OPENSSL_cleanse(body, length);
	g_free(body);
	return NULL;
}

GBytes *
push_encryption_encrypt_with(EVP_PKEY *sender, const guint8 salt[PUSH_SALT_BYTES],
                             GBytes *public_key, GBytes *auth, GBytes *plain, gsize padded,
                             GError **error)
{
	g_autoptr(EVP_PKEY) device = NULL;
	g_autoptr(GBytes) own = NULL;
	PushEncryptionSecrets secrets = {0};
	GBytes *body = NULL;

	if (g_bytes_get_size(auth) != PUSH_AUTH_BYTES || padded > PUSH_PLAIN_BYTES_MAX ||
	    padded < g_bytes_get_size(plain)) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		                    "too much for one push, or the device's secret is no secret");
		return NULL;
	}
	device = push_key_new_public(public_key, error);
	if (device == NULL)
		return NULL;
	own = push_key_dup_public(sender);
	if (own != NULL && push_encryption_agree(sender, device, secrets.shared) &&
	    push_encryption_mix(public_key, own, auth, &secrets) &&
	    push_encryption_derive(salt, &secrets))
		body = push_encryption_write(&secrets, salt, own, plain, padded);
	OPENSSL_cleanse(&secrets, sizeof secrets);
	if (body == NULL)
		push_key_set_error(error, "the push cannot be encrypted");
	return body;
}

GBytes *
push_encryption_encrypt(GBytes *public_key, GBytes *auth, GBytes *plain, gsize padded,
                        GError **error)
{
	g_autoptr(EVP_PKEY) sender = EVP_EC_gen("P-256");
	guint8 salt[PUSH_SALT_BYTES];

	if (sender == NULL || RAND_bytes(salt, sizeof salt) != 1) {
		push_key_set_error(error, "there is no key for the push");
		return NULL;
	}
	return push_encryption_encrypt_with(sender, salt, public_key, auth, plain, padded, error);
}
