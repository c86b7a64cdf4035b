/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-encryption-private.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "push-agreement.h"
#include "push-key.h"

#define ENCRYPTION_SECRET_BYTES 32
G_STATIC_ASSERT(ENCRYPTION_SECRET_BYTES == PUSH_SHARED_BYTES);
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
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MAC, EVP_MAC_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MAC_CTX, EVP_MAC_CTX_free)

/* To look up and set up all this anew for each message costs OpenSSL as much as a third of what is
 * done with it. */
struct _PushEncryption {
	PushAgreement *agreement;
	EVP_MAC_CTX *mac; /* without a key */
	EVP_CIPHER *cipher;
};

/* All of one message; wiped at its end. */
typedef struct {
	EVP_MAC_CTX *mac;
	guint8 shared[ENCRYPTION_SECRET_BYTES];
	guint8 input[ENCRYPTION_SECRET_BYTES]; /* IKM */
	guint8 key[ENCRYPTION_KEY_BYTES];
	guint8 nonce[ENCRYPTION_NONCE_BYTES];
} PushEncryptionSecrets;

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
push_encryption_hmac(EVP_MAC_CTX *mac, gconstpointer key, gsize n_key, gconstpointer octets,
                     gsize n_octets, guint8 digest[ENCRYPTION_SECRET_BYTES])
{
	gsize length = 0;

	return EVP_MAC_init(mac, key, n_key, NULL) > 0 &&
	       EVP_MAC_update(mac, octets, n_octets) > 0 &&
	       EVP_MAC_final(mac, digest, &length, ENCRYPTION_SECRET_BYTES) > 0 &&
	       length == ENCRYPTION_SECRET_BYTES;
}

/* What HKDF expands to @length octets, one digest's at most (RFC 5869 section 2.3). @prk:
 * (nullable): that of the last time */
static gboolean
push_encryption_expand(EVP_MAC_CTX *mac, const guint8 *prk, gconstpointer info, gsize n_info,
                       guint8 *octets, gsize length)
{
	static const guint8 counter = 1;
	guint8 digest[ENCRYPTION_SECRET_BYTES];
	gsize n_digest = 0;
	gboolean good =
		EVP_MAC_init(mac, prk, prk != NULL ? ENCRYPTION_SECRET_BYTES : 0, NULL) > 0 &&
		EVP_MAC_update(mac, info, n_info) > 0 &&
		EVP_MAC_update(mac, &counter, sizeof counter) > 0 &&
		EVP_MAC_final(mac, digest, &n_digest, sizeof digest) > 0 &&
		n_digest == sizeof digest;

	if (good)
		memcpy(octets, digest, length);
	OPENSSL_cleanse(digest, sizeof digest);
	return good;
}

/* RFC 8291 section 3.3: the device's key comes first. */
static gboolean
push_encryption_mix(GBytes *device, const guint8 *sender, GBytes *auth,
                    PushEncryptionSecrets *secrets)
{
	guint8 info[sizeof ENCRYPTION_KEY_INFO + (gsize)2 * PUSH_PUBLIC_KEY_BYTES];
	guint8 *at = info;
	guint8 prk[ENCRYPTION_SECRET_BYTES];
	gboolean good;

	memcpy(at, ENCRYPTION_KEY_INFO, sizeof ENCRYPTION_KEY_INFO);
	at += sizeof ENCRYPTION_KEY_INFO;
	memcpy(at, g_bytes_get_data(device, NULL), PUSH_PUBLIC_KEY_BYTES);
	memcpy(at + PUSH_PUBLIC_KEY_BYTES, sender, PUSH_PUBLIC_KEY_BYTES);
	good = push_encryption_hmac(secrets->mac, g_bytes_get_data(auth, NULL), PUSH_AUTH_BYTES,
	                            secrets->shared, sizeof secrets->shared, prk) &&
	       push_encryption_expand(secrets->mac, prk, info, sizeof info, secrets->input,
	                              sizeof secrets->input);
	OPENSSL_cleanse(prk, sizeof prk);
	return good;
}

static gboolean
push_encryption_derive(const guint8 *salt, PushEncryptionSecrets *secrets)
{
	guint8 prk[ENCRYPTION_SECRET_BYTES];
	gboolean good = push_encryption_hmac(secrets->mac, salt, PUSH_SALT_BYTES, secrets->input,
	                                     sizeof secrets->input, prk) &&
	                push_encryption_expand(secrets->mac, prk, ENCRYPTION_CEK_INFO,
	                                       sizeof ENCRYPTION_CEK_INFO, secrets->key,
	                                       sizeof secrets->key) &&
	                push_encryption_expand(secrets->mac, NULL, ENCRYPTION_NONCE_INFO,
	                                       sizeof ENCRYPTION_NONCE_INFO, secrets->nonce,
	                                       sizeof secrets->nonce);

	OPENSSL_cleanse(prk, sizeof prk);
	return good;
}

/* @record: where @length octets of text, delimiter and padding lie, and their tag will. */
static gboolean
push_encryption_seal(const EVP_CIPHER *cipher, const PushEncryptionSecrets *secrets, guint8 *record,
                     gsize length)
{
	g_autoptr(EVP_CIPHER_CTX) context = EVP_CIPHER_CTX_new();
	int done = 0;
	int rest = 0;

	return context != NULL &&
	       EVP_EncryptInit_ex2(context, cipher, secrets->key, secrets->nonce, NULL) > 0 &&
	       EVP_EncryptUpdate(context, record, &done, record, (int)length) > 0 &&
	       EVP_EncryptFinal_ex(context, record + done, &rest) > 0 &&
	       (gsize)done + (gsize)rest == length &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, ENCRYPTION_TAG_BYTES,
	                           record + length) > 0;
}

static void
push_encryption_write_header(guint8 *body, const guint8 *salt, const guint8 *sender)
{
	guint32 record_size = GUINT32_TO_BE(PUSH_RECORD_BYTES);

	memcpy(body, salt, PUSH_SALT_BYTES);
	memcpy(body + PUSH_SALT_BYTES, &record_size, sizeof record_size);
	body[PUSH_SALT_BYTES + sizeof record_size] = PUSH_PUBLIC_KEY_BYTES;
	memcpy(body + ENCRYPTION_HEADER_BYTES - PUSH_PUBLIC_KEY_BYTES, sender,
	       PUSH_PUBLIC_KEY_BYTES);
}

static GBytes *
push_encryption_write(const EVP_CIPHER *cipher, const PushEncryptionSecrets *secrets,
                      const guint8 *salt, const guint8 *sender, GBytes *plain, gsize padded)
{
	gsize length = ENCRYPTION_HEADER_BYTES + padded + 1 + ENCRYPTION_TAG_BYTES;
	gsize n_plain = g_bytes_get_size(plain);
	guint8 *body = g_malloc0(length);
	guint8 *record = body + ENCRYPTION_HEADER_BYTES;

	push_encryption_write_header(body, salt, sender);
	if (n_plain > 0)
		memcpy(record, g_bytes_get_data(plain, NULL), n_plain);
	record[n_plain] = ENCRYPTION_LAST_RECORD;
	if (push_encryption_seal(cipher, secrets, record, padded + 1))
		return g_bytes_new_take(body, length);
	OPENSSL_cleanse(body, length);
	g_free(body);
	return NULL;
}

GBytes *
push_encryption_encrypt_with(PushEncryption *self, const guint8 *private_octets,
                             const guint8 salt[PUSH_SALT_BYTES], GBytes *public_key, GBytes *auth,
                             GBytes *plain, gsize padded, GError **error)
{
	guint8 sender[PUSH_PUBLIC_KEY_BYTES];
	PushEncryptionSecrets secrets = {0};
	GBytes *body = NULL;

	if (g_bytes_get_size(auth) != PUSH_AUTH_BYTES || padded > PUSH_PLAIN_BYTES_MAX ||
	    padded < g_bytes_get_size(plain)) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		                    "too much for one push, or the device's secret is no secret");
		return NULL;
	}
	if (!push_agreement_make(self->agreement, public_key, private_octets, sender,
	                         secrets.shared, error))
		return NULL;
	secrets.mac = EVP_MAC_CTX_dup(self->mac);
	if (secrets.mac != NULL && push_encryption_mix(public_key, sender, auth, &secrets) &&
	    push_encryption_derive(salt, &secrets))
		body = push_encryption_write(self->cipher, &secrets, salt, sender, plain, padded);
	EVP_MAC_CTX_free(secrets.mac);
	OPENSSL_cleanse(&secrets, sizeof secrets);
	if (body == NULL)
		push_key_set_error(error, "the push cannot be encrypted");
	return body;
}

GBytes *
push_encryption_encrypt(PushEncryption *self, GBytes *public_key, GBytes *auth, GBytes *plain,
                        gsize padded, GError **error)
{
	guint8 salt[PUSH_SALT_BYTES];

	if (RAND_bytes(salt, sizeof salt) != 1) {
		push_key_set_error(error, "there is no salt for the push");
		return NULL;
	}
	return push_encryption_encrypt_with(self, NULL, salt, public_key, auth, plain, padded,
	                                    error);
}

static EVP_MAC_CTX *
push_encryption_new_mac(void)
{
	g_autoptr(EVP_MAC) hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	g_autoptr(EVP_MAC_CTX) mac = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA2-256", 0),
		OSSL_PARAM_construct_end()};

	return mac != NULL && EVP_MAC_CTX_set_params(mac, params) > 0 ? g_steal_pointer(&mac)
	                                                              : NULL;
}

PushEncryption *
push_encryption_new(GError **error)
{
	g_autoptr(PushEncryption) self = g_new0(PushEncryption, 1);

	self->agreement = push_agreement_new();
	self->mac = push_encryption_new_mac();
	self->cipher = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
	if (self->agreement != NULL && self->mac != NULL && self->cipher != NULL)
		return g_steal_pointer(&self);
	push_key_set_error(error, "pushes cannot be encrypted");
	return NULL;
}

void
push_encryption_free(PushEncryption *self)
{
	g_clear_pointer(&self->agreement, push_agreement_free);
	EVP_MAC_CTX_free(self->mac);
	EVP_CIPHER_free(self->cipher);
	g_free(self);
}
