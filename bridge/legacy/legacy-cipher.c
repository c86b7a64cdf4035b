/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy-cipher.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/bridge-secret.h"

#define CIPHER_KEY_BYTES 32
#define CIPHER_IV_BYTES 16
#define CIPHER_BLOCK_BYTES 16
#define CIPHER_KEY_CHARS 32  /* of 6 bits each */
#define CIPHER_SALT_CHARS 22 /* 132 bits: no two messages ever have the same */
#define CIPHER_RAW_PREFIX "msg:"

static const char cipher_alphabet[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-/";

static char *
cipher_make_text(gsize chars)
{
	char *text = g_malloc0(chars + 1);

	if (RAND_bytes((guchar *)text, (int)chars) != 1)
		g_error("no random numbers");
	for (gsize i = 0; i < chars; i++)
		text[i] = cipher_alphabet[(guchar)text[i] % (sizeof(cipher_alphabet) - 1)];
	return text;
}

char *
legacy_cipher_make_key(void)
{
	return cipher_make_text(CIPHER_KEY_CHARS);
}

char *
legacy_cipher_make_salt(void)
{
	return cipher_make_text(CIPHER_SALT_CHARS);
}

/* OpenSSL's derivation of old, one round without a salt of its own: @material is key and IV. */
static void
cipher_derive(const char *salt, const char *key,
              guchar material[CIPHER_KEY_BYTES + CIPHER_IV_BYTES])
{
	char *passphrase = g_strconcat(salt, "$", key, NULL);

	EVP_BytesToKey(EVP_aes_256_cbc(), EVP_md5(), NULL, (const guchar *)passphrase,
	               (int)strlen(passphrase), 1, material, material + CIPHER_KEY_BYTES);
	bridge_secret_free_text(passphrase);
}

/* Returns: how many octets it has become */
static gsize
cipher_encrypt(const guchar material[CIPHER_KEY_BYTES + CIPHER_IV_BYTES], const char *plain,
               gsize length, guchar *sealed)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int most = 0;
	int rest = 0;

	if (context == NULL ||
	    EVP_EncryptInit_ex(context, EVP_aes_256_cbc(), NULL, material,
	                       material + CIPHER_KEY_BYTES) != 1 ||
	    EVP_EncryptUpdate(context, sealed, &most, (const guchar *)plain, (int)length) != 1 ||
	    EVP_EncryptFinal_ex(context, sealed + most, &rest) != 1)
		g_error("OpenSSL cannot encrypt");
	EVP_CIPHER_CTX_free(context);
	return (gsize)most + (gsize)rest;
}

char *
legacy_cipher_seal(const char *salt, const char *key, const char *plain, gsize length)
{
	guchar material[CIPHER_KEY_BYTES + CIPHER_IV_BYTES];
	g_autofree guchar *sealed = g_malloc(length + CIPHER_BLOCK_BYTES);
	g_autofree char *base64 = NULL;
	gsize sealed_length = 0;

	g_return_val_if_fail(length <= G_MAXINT - CIPHER_BLOCK_BYTES, NULL);

	cipher_derive(salt, key, material);
	sealed_length = cipher_encrypt(material, plain, length, sealed);
	explicit_bzero(material, sizeof(material));
	base64 = g_base64_encode(sealed, sealed_length);
	return g_strdup_printf("%zu:%s:%s", length, salt, base64);
}

char *
legacy_cipher_seal_raw(const char *key, const char *text)
{
	g_autofree char *salt = legacy_cipher_make_salt();
	g_autofree char *sealed = legacy_cipher_seal(salt, key, text, strlen(text));

	return g_strconcat(CIPHER_RAW_PREFIX, sealed, NULL);
}
