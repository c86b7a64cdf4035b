/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-seal.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "bridge-seal-private.h"

#define SEAL_NAMESPACE "bridge-store/v1/"
#define SEAL_WRAP_MAGIC "BSW1"
#define SEAL_RECORD_MAGIC "BSR1"
#define SEAL_MAGIC_BYTES 4
#define SEAL_TAG_BYTES 16
#define SEAL_WRAP_HEAD_BYTES 12  /* magic, number of the wrapping key, number of the wrapped */
#define SEAL_RECORD_HEAD_BYTES 8 /* magic, number of the data key */

#define SEAL_HEAP_BYTES 65536 /* a process holds a few dozen keys at a time */
#define SEAL_HEAP_MIN_BYTES 32

struct _BridgeKey {
	guint32 id;
	guint8 octets[BRIDGE_KEY_BYTES];
};

G_DEFINE_QUARK(bridge_seal_error_quark, bridge_seal_error)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_KDF, EVP_KDF_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_KDF_CTX, EVP_KDF_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MAC, EVP_MAC_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MAC_CTX, EVP_MAC_CTX_free)

/* To find an algorithm takes OpenSSL longer than to run it over a message: each is found once. */
typedef struct {
	EVP_CIPHER *gcm;
	EVP_MAC_CTX *hmac; /* without a key: to be copied */
} SealAlgorithms;

static gboolean
bridge_seal_fail_library(GError **error, const char *what)
{
	g_set_error(error, BRIDGE_SEAL_ERROR, BRIDGE_SEAL_ERROR_LIBRARY, "OpenSSL failed: %s",
	            what);
	return FALSE;
}

/* ---- Algorithms ------------------------------------------------------------------------------ */

static EVP_MAC_CTX *
bridge_seal_find_hmac(void)
{
	g_autoptr(EVP_MAC) mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	g_autoptr(EVP_MAC_CTX) context = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	if (context == NULL || EVP_MAC_CTX_set_params(context, params) != 1)
		return NULL;
	return g_steal_pointer(&context);
}

static const SealAlgorithms *
bridge_seal_get_algorithms(void)
{
	static SealAlgorithms algorithms;
	static gsize done = 0;

	if (g_once_init_enter(&done)) {
		algorithms.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
		algorithms.hmac = bridge_seal_find_hmac();
		g_once_init_leave(&done, 1);
	}
	return &algorithms;
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static void
bridge_key_ensure_heap(void)
{
	static gsize done = 0;

	if (!g_once_init_enter(&done))
		return;
	if (!CRYPTO_secure_malloc_initialized() &&
	    CRYPTO_secure_malloc_init(SEAL_HEAP_BYTES, SEAL_HEAP_MIN_BYTES) != 1)
		g_message("keys may be paged out: no locked memory for the secure heap");
	g_once_init_leave(&done, 1);
}

static BridgeKey *
bridge_key_alloc(guint32 id)
{
	BridgeKey *key = NULL;

	bridge_key_ensure_heap();
	key = OPENSSL_secure_zalloc(sizeof *key);
	if (key == NULL) /* the heap is full: wiped memory still, but it may be paged out */
		key = OPENSSL_zalloc(sizeof *key);
	if (key == NULL)
		g_error("out of memory for a key");
	key->id = id;
	return key;
}

BridgeKey *
bridge_key_new(const guint8 octets[BRIDGE_KEY_BYTES], guint32 id)
{
	BridgeKey *key = bridge_key_alloc(id);

	memcpy(key->octets, octets, BRIDGE_KEY_BYTES);
	return key;
}

BridgeKey *
bridge_key_new_random(guint32 id, GError **error)
{
	g_autoptr(BridgeKey) key = bridge_key_alloc(id);

	if (RAND_priv_bytes(key->octets, BRIDGE_KEY_BYTES) != 1) {
		bridge_seal_fail_library(error, "no randomness");
		return NULL;
	}
	return g_steal_pointer(&key);
}

void
bridge_key_free(BridgeKey *key)
{
	if (key != NULL)
		OPENSSL_secure_clear_free(key, sizeof *key);
}

const guint8 *
bridge_key_get_octets(const BridgeKey *key)
{
	return key->octets;
}

guint32
bridge_key_get_id(const BridgeKey *key)
{
	return key->id;
}

gboolean
bridge_seal_random(guint8 *octets, gsize length, GError **error)
{
	if (length > G_MAXINT || RAND_bytes(octets, (int)length) != 1)
		return bridge_seal_fail_library(error, "no randomness");
	return TRUE;
}

typedef struct {
	gpointer octets;
	gsize length;
} SealWiped;

static void
bridge_seal_wiped_free(gpointer data)
{
	SealWiped *wiped = data;

	OPENSSL_cleanse(wiped->octets, wiped->length);
	g_free(wiped->octets);
	g_free(wiped);
}

GBytes *
bridge_seal_bytes_new_wiped(gpointer octets, gsize length)
{
	SealWiped *wiped = g_new(SealWiped, 1);

	wiped->octets = octets;
	wiped->length = length;
	return g_bytes_new_with_free_func(octets, length, bridge_seal_wiped_free, wiped);
}

/* ---- Building blocks ------------------------------------------------------------------------- */

static void
bridge_seal_put_be32(guint8 *to, guint32 value)
{
	value = GUINT32_TO_BE(value);
	memcpy(to, &value, sizeof value);
}

static guint32
bridge_seal_get_be32(const guint8 *from)
{
	guint32 value = 0;

	memcpy(&value, from, sizeof value);
	return GUINT32_FROM_BE(value);
}

static void
bridge_seal_append_text(GByteArray *array, const char *text)
{
	g_byte_array_append(array, (const guint8 *)text, strlen(text));
}

/* A field with its length before it, so that no two lists of fields look the same. */
static void
bridge_seal_append_field(GByteArray *array, const char *text)
{
	gsize length = strlen(text);
	guint16 length_be = 0;

	g_assert(length <= G_MAXUINT16);
	length_be = GUINT16_TO_BE((guint16)length);
	g_byte_array_append(array, (const guint8 *)&length_be, sizeof length_be);
	bridge_seal_append_text(array, text);
}

static gboolean
bridge_seal_hkdf(const guint8 secret[BRIDGE_KEY_BYTES], const guint8 *salt, gsize salt_length,
                 const GByteArray *info, guint8 *out, gsize out_length, GError **error)
{
	g_autoptr(EVP_KDF) kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
	g_autoptr(EVP_KDF_CTX) context = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	char digest[] = "SHA256";
	OSSL_PARAM params[5];
	OSSL_PARAM *param = params;

	*param++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	*param++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret,
	                                             BRIDGE_KEY_BYTES);
	*param++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info->data, info->len);
	if (salt_length > 0)
		*param++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt,
		                                             salt_length);
	*param = OSSL_PARAM_construct_end();
	if (context == NULL || EVP_KDF_derive(context, out, out_length, params) != 1)
		return bridge_seal_fail_library(error, "HKDF");
	return TRUE;
}

/* What one call of the cipher works on. The tag follows the text. */
typedef struct {
	const BridgeKey *key;
	const guint8 *nonce;
	const GByteArray *aad;
} SealCipher;

static EVP_CIPHER_CTX *
bridge_seal_cipher_begin(const SealCipher *cipher, int encrypt)
{
	g_autoptr(EVP_CIPHER_CTX) context = EVP_CIPHER_CTX_new();
	int done = 0;

	if (context == NULL ||
	    EVP_CipherInit_ex2(context, bridge_seal_get_algorithms()->gcm, cipher->key->octets,
	                       cipher->nonce, encrypt, NULL) != 1 ||
	    EVP_CipherUpdate(context, NULL, &done, cipher->aad->data, (int)cipher->aad->len) != 1)
		return NULL;
	return g_steal_pointer(&context);
}

/* Writes length + SEAL_TAG_BYTES octets. */
static gboolean
bridge_seal_encrypt(const SealCipher *cipher, const guint8 *plain, gsize length, guint8 *out,
                    GError **error)
{
	g_autoptr(EVP_CIPHER_CTX) context = bridge_seal_cipher_begin(cipher, 1);
	int done = 0;
	int rest = 0;

	if (context == NULL || length > G_MAXINT ||
	    (length > 0 && EVP_CipherUpdate(context, out, &done, plain, (int)length) != 1) ||
	    EVP_CipherFinal_ex(context, out + done, &rest) != 1 ||
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, out + length) != 1)
		return bridge_seal_fail_library(error, "AES-256-GCM");
	return TRUE;
}

/* @length is that of the plaintext; the tag follows at @sealed + @length. */
static gboolean
bridge_seal_decrypt(const SealCipher *cipher, const guint8 *sealed, gsize length, guint8 *out,
                    GError **error)
{
	g_autoptr(EVP_CIPHER_CTX) context = bridge_seal_cipher_begin(cipher, 0);
	int done = 0;
	int rest = 0;

	if (context == NULL || length > G_MAXINT ||
	    (length > 0 && EVP_CipherUpdate(context, out, &done, sealed, (int)length) != 1) ||
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES,
	                        (void *)(sealed + length)) != 1)
		return bridge_seal_fail_library(error, "AES-256-GCM");
	if (EVP_CipherFinal_ex(context, out + done, &rest) != 1) {
		OPENSSL_cleanse(out, length);
		g_set_error_literal(error, BRIDGE_SEAL_ERROR, BRIDGE_SEAL_ERROR_TAMPERED,
		                    "a sealed value does not open: it was changed, moved or "
		                    "belongs to another key");
		return FALSE;
	}
	return TRUE;
}

/* ---- From the master key --------------------------------------------------------------------- */

gboolean
bridge_seal_derive_kcv(const guint8 master_key[BRIDGE_KEY_BYTES],
                       const guint8 salt[BRIDGE_SEAL_SALT_BYTES], guint8 kcv[BRIDGE_SEAL_KCV_BYTES],
                       GError **error)
{
	g_autoptr(GByteArray) info = g_byte_array_new();

	bridge_seal_append_text(info, SEAL_NAMESPACE "kcv");
	return bridge_seal_hkdf(master_key, salt, BRIDGE_SEAL_SALT_BYTES, info, kcv,
	                        BRIDGE_SEAL_KCV_BYTES, error);
}

gboolean
bridge_seal_check_kcv(const guint8 master_key[BRIDGE_KEY_BYTES],
                      const guint8 salt[BRIDGE_SEAL_SALT_BYTES],
                      const guint8 kcv[BRIDGE_SEAL_KCV_BYTES])
{
	guint8 derived[BRIDGE_SEAL_KCV_BYTES];

	return bridge_seal_derive_kcv(master_key, salt, derived, NULL) &&
	       CRYPTO_memcmp(derived, kcv, sizeof derived) == 0;
}

BridgeKey *
bridge_seal_derive_kek(const guint8 master_key[BRIDGE_KEY_BYTES],
                       const guint8 salt[BRIDGE_SEAL_SALT_BYTES], guint32 master_key_id,
                       GError **error)
{
	g_autoptr(BridgeKey) kek = bridge_key_alloc(master_key_id);
	g_autoptr(GByteArray) info = g_byte_array_new();
	guint8 tail[5] = {0};

	bridge_seal_put_be32(tail + 1, master_key_id);
	bridge_seal_append_text(info, SEAL_NAMESPACE "kek");
	g_byte_array_append(info, tail, sizeof tail);
	if (!bridge_seal_hkdf(master_key, salt, BRIDGE_SEAL_SALT_BYTES, info, kek->octets,
	                      BRIDGE_KEY_BYTES, error))
		return NULL;
	return g_steal_pointer(&kek);
}

/* ---- Data keys ------------------------------------------------------------------------------- */

static GByteArray *
bridge_seal_wrap_build_aad(const guint8 head[SEAL_WRAP_HEAD_BYTES], const char *owner_kind,
                           const char *owner_id)
{
	GByteArray *aad = g_byte_array_new();

	bridge_seal_append_text(aad, SEAL_NAMESPACE "wrap");
	g_byte_array_append(aad, head, SEAL_WRAP_HEAD_BYTES);
	bridge_seal_append_field(aad, owner_kind);
	bridge_seal_append_field(aad, owner_id);
	return aad;
}

GBytes *
bridge_seal_wrap_key_with_nonce(const BridgeKey *kek, const BridgeKey *key, const char *owner_kind,
                                const char *owner_id, const guint8 nonce[BRIDGE_SEAL_NONCE_BYTES],
                                GError **error)
{
	g_autofree guint8 *blob = g_malloc(BRIDGE_SEAL_WRAPPED_BYTES);
	g_autoptr(GByteArray) aad = NULL;
	SealCipher cipher = {kek, nonce, NULL};

	memcpy(blob, SEAL_WRAP_MAGIC, SEAL_MAGIC_BYTES);
	bridge_seal_put_be32(blob + 4, kek->id);
	bridge_seal_put_be32(blob + 8, key->id);
	memcpy(blob + SEAL_WRAP_HEAD_BYTES, nonce, BRIDGE_SEAL_NONCE_BYTES);
	cipher.aad = aad = bridge_seal_wrap_build_aad(blob, owner_kind, owner_id);
	if (!bridge_seal_encrypt(&cipher, key->octets, BRIDGE_KEY_BYTES,
	                         blob + SEAL_WRAP_HEAD_BYTES + BRIDGE_SEAL_NONCE_BYTES, error))
		return NULL;
	return g_bytes_new_take(g_steal_pointer(&blob), BRIDGE_SEAL_WRAPPED_BYTES);
}

GBytes *
bridge_seal_wrap_key(const BridgeKey *kek, const BridgeKey *key, const char *owner_kind,
                     const char *owner_id, GError **error)
{
	guint8 nonce[BRIDGE_SEAL_NONCE_BYTES];

	if (!bridge_seal_random(nonce, sizeof nonce, error))
		return NULL;
	return bridge_seal_wrap_key_with_nonce(kek, key, owner_kind, owner_id, nonce, error);
}

static gboolean
bridge_seal_check_head(const guint8 *blob, gsize length, gsize least, const char *magic,
                       guint32 key_id, GError **error)
{
	if (length < least || memcmp(blob, magic, SEAL_MAGIC_BYTES) != 0) {
		g_set_error(error, BRIDGE_SEAL_ERROR, BRIDGE_SEAL_ERROR_FORMAT,
		            "no sealed value of a format known here (%s)", magic);
		return FALSE;
	}
	if (bridge_seal_get_be32(blob + SEAL_MAGIC_BYTES) != key_id) {
		g_set_error(error, BRIDGE_SEAL_ERROR, BRIDGE_SEAL_ERROR_KEY,
		            "sealed under key %u, not %u",
		            bridge_seal_get_be32(blob + SEAL_MAGIC_BYTES), key_id);
		return FALSE;
	}
	return TRUE;
}

guint32
bridge_seal_get_wrapping_id(gconstpointer blob, gsize length)
{
	const guint8 *octets = blob;

	if (length != BRIDGE_SEAL_WRAPPED_BYTES ||
	    memcmp(octets, SEAL_WRAP_MAGIC, SEAL_MAGIC_BYTES) != 0)
		return 0;
	return bridge_seal_get_be32(octets + SEAL_MAGIC_BYTES);
}

BridgeKey *
bridge_seal_unwrap_key(const BridgeKey *kek, gconstpointer blob, gsize length,
                       const char *owner_kind, const char *owner_id, GError **error)
{
	const guint8 *octets = blob;
	g_autoptr(BridgeKey) key = NULL;
	g_autoptr(GByteArray) aad = NULL;
	SealCipher cipher = {kek, NULL, NULL};

	if (length > BRIDGE_SEAL_WRAPPED_BYTES)
		length = 0; /* longer is as wrong as shorter */
	if (!bridge_seal_check_head(octets, length, BRIDGE_SEAL_WRAPPED_BYTES, SEAL_WRAP_MAGIC,
	                            kek->id, error))
		return NULL;
	key = bridge_key_alloc(bridge_seal_get_be32(octets + 8));
	cipher.nonce = octets + SEAL_WRAP_HEAD_BYTES;
	cipher.aad = aad = bridge_seal_wrap_build_aad(octets, owner_kind, owner_id);
	if (!bridge_seal_decrypt(&cipher, cipher.nonce + BRIDGE_SEAL_NONCE_BYTES, BRIDGE_KEY_BYTES,
	                         key->octets, error))
		return NULL;
	return g_steal_pointer(&key);
}

/* ---- Values ---------------------------------------------------------------------------------- */

BridgeKey *
bridge_seal_derive_record_key(const BridgeKey *data_key, const char *table, const char *column,
                              GError **error)
{
	g_autoptr(BridgeKey) key = bridge_key_alloc(data_key->id);
	g_autoptr(GByteArray) info = g_byte_array_new();

	bridge_seal_append_text(info, SEAL_NAMESPACE "rec");
	g_byte_array_append(info, (const guint8 *)"", 1);
	bridge_seal_append_field(info, table);
	bridge_seal_append_field(info, column);
	if (!bridge_seal_hkdf(data_key->octets, NULL, 0, info, key->octets, BRIDGE_KEY_BYTES,
	                      error))
		return NULL;
	return g_steal_pointer(&key);
}

GBytes *
bridge_seal_record_build_aad(const guint8 head[SEAL_RECORD_HEAD_BYTES],
                             const BridgeSealPlace *place)
{
	GByteArray *aad = g_byte_array_new();
	guint64 version_be = GUINT64_TO_BE(place->version);

	bridge_seal_append_text(aad, SEAL_NAMESPACE "rec");
	g_byte_array_append(aad, head, SEAL_RECORD_HEAD_BYTES);
	bridge_seal_append_field(aad, place->table);
	bridge_seal_append_field(aad, place->column);
	bridge_seal_append_field(aad, place->primary_key);
	/* the version is a field too, so its length goes before it */
	g_byte_array_append(aad, (const guint8 *)"\0\10", 2);
	g_byte_array_append(aad, (const guint8 *)&version_be, sizeof version_be);
	return g_byte_array_free_to_bytes(aad);
}

GBytes *
bridge_seal_record_with_nonce(const BridgeKey *record_key, const BridgeSealPlace *place,
                              gconstpointer plaintext, gsize length,
                              const guint8 nonce[BRIDGE_SEAL_NONCE_BYTES], GError **error)
{
	gsize size = length + BRIDGE_SEAL_RECORD_OVERHEAD_BYTES;
	g_autofree guint8 *blob = g_malloc(size);
	g_autoptr(GByteArray) aad = NULL;
	SealCipher cipher = {record_key, nonce, NULL};

	memcpy(blob, SEAL_RECORD_MAGIC, SEAL_MAGIC_BYTES);
	bridge_seal_put_be32(blob + SEAL_MAGIC_BYTES, record_key->id);
	memcpy(blob + SEAL_RECORD_HEAD_BYTES, nonce, BRIDGE_SEAL_NONCE_BYTES);
	cipher.aad = aad = g_bytes_unref_to_array(bridge_seal_record_build_aad(blob, place));
	if (!bridge_seal_encrypt(&cipher, plaintext, length,
	                         blob + SEAL_RECORD_HEAD_BYTES + BRIDGE_SEAL_NONCE_BYTES, error))
		return NULL;
	return g_bytes_new_take(g_steal_pointer(&blob), size);
}

GBytes *
bridge_seal_record(const BridgeKey *record_key, const BridgeSealPlace *place,
                   gconstpointer plaintext, gsize length, GError **error)
{
	guint8 nonce[BRIDGE_SEAL_NONCE_BYTES];

	if (!bridge_seal_random(nonce, sizeof nonce, error))
		return NULL;
	return bridge_seal_record_with_nonce(record_key, place, plaintext, length, nonce, error);
}

GBytes *
bridge_seal_open_record(const BridgeKey *record_key, const BridgeSealPlace *place,
                        gconstpointer blob, gsize length, GError **error)
{
	const guint8 *octets = blob;
	gsize plain_length = 0;
	g_autofree guint8 *plain = NULL;
	g_autoptr(GByteArray) aad = NULL;
	SealCipher cipher = {record_key, NULL, NULL};

	if (!bridge_seal_check_head(octets, length, BRIDGE_SEAL_RECORD_OVERHEAD_BYTES,
	                            SEAL_RECORD_MAGIC, record_key->id, error))
		return NULL;
	plain_length = length - BRIDGE_SEAL_RECORD_OVERHEAD_BYTES;
	plain = g_malloc(plain_length + 1); /* never NULL, also for nothing */
	cipher.nonce = octets + SEAL_RECORD_HEAD_BYTES;
	cipher.aad = aad = g_bytes_unref_to_array(bridge_seal_record_build_aad(octets, place));
	if (!bridge_seal_decrypt(&cipher, cipher.nonce + BRIDGE_SEAL_NONCE_BYTES, plain_length,
	                         plain, error))
		return NULL;
	return bridge_seal_bytes_new_wiped(g_steal_pointer(&plain), plain_length);
}

/* ---- Look-ups -------------------------------------------------------------------------------- */

gboolean
bridge_seal_blind_index(const BridgeKey *index_key, const char *label, gconstpointer value,
                        gsize length, guint8 index[BRIDGE_SEAL_INDEX_BYTES], GError **error)
{
	const EVP_MAC_CTX *hmac = bridge_seal_get_algorithms()->hmac;
	g_autoptr(EVP_MAC_CTX) context = hmac != NULL ? EVP_MAC_CTX_dup(hmac) : NULL;
	gsize out_length = 0;

	if (context == NULL ||
	    EVP_MAC_init(context, index_key->octets, BRIDGE_KEY_BYTES, NULL) != 1 ||
	    EVP_MAC_update(context, (const guint8 *)label, strlen(label) + 1) != 1 ||
	    EVP_MAC_update(context, value, length) != 1 ||
	    EVP_MAC_final(context, index, &out_length, BRIDGE_SEAL_INDEX_BYTES) != 1)
		return bridge_seal_fail_library(error, "HMAC");
	return TRUE;
}
