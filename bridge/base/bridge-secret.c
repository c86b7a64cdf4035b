/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-secret.h"

#include <string.h>

#include <gio/gio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "link/bridge-handover.h"

#define SECRET_TOKEN_BYTES 32
#define SECRET_ID_BYTES 16

G_STATIC_ASSERT(BRIDGE_SECRET_HASH_BYTES == SHA256_DIGEST_LENGTH);

void
bridge_secret_free_text(char *text)
{
	if (text == NULL)
		return;
	OPENSSL_cleanse(text, strlen(text));
	g_free(text);
}

GBytes *
bridge_secret_new(const char *text)
{
	char *copy;

	g_return_val_if_fail(text != NULL, NULL);

	copy = g_strdup(text);
	return g_bytes_new_with_free_func(copy, strlen(copy),
	                                  (GDestroyNotify)bridge_secret_free_text, copy);
}

gboolean
bridge_secret_equal(GBytes *a, GBytes *b)
{
	guint8 hash_a[SHA256_DIGEST_LENGTH];
	guint8 hash_b[SHA256_DIGEST_LENGTH];
	gboolean equal;

	g_return_val_if_fail(a != NULL && b != NULL, FALSE);

	/* Equal lengths make the comparison independent of where the secrets differ. */
	SHA256(g_bytes_get_data(a, NULL), g_bytes_get_size(a), hash_a);
	SHA256(g_bytes_get_data(b, NULL), g_bytes_get_size(b), hash_b);
	equal = CRYPTO_memcmp(hash_a, hash_b, sizeof hash_a) == 0;
	OPENSSL_cleanse(hash_a, sizeof hash_a);
	OPENSSL_cleanse(hash_b, sizeof hash_b);
	return equal;
}

static void
bridge_secret_random(guint8 *bytes, int length)
{
	/* Without random numbers there is nothing that could safely go on. */
	if (RAND_bytes(bytes, length) != 1)
		g_error("the system gives no random numbers");
}

char *
bridge_secret_make_token(void)
{
	guint8 bytes[SECRET_TOKEN_BYTES];
	char *text;

	bridge_secret_random(bytes, sizeof bytes);
	text = g_base64_encode(bytes, sizeof bytes);
	OPENSSL_cleanse(bytes, sizeof bytes);
	g_strdelimit(text, "+", '-');
	g_strdelimit(text, "/", '_');
	text[strcspn(text, "=")] = '\0';
	return text;
}

char *
bridge_secret_make_id(void)
{
	guint8 bytes[SECRET_ID_BYTES];
	GString *text = g_string_sized_new(2 * SECRET_ID_BYTES);

	bridge_secret_random(bytes, sizeof bytes);
	for (guint i = 0; i < sizeof bytes; i++)
		g_string_append_printf(text, "%02x", bytes[i]);
	return g_string_free(text, FALSE);
}

void
bridge_secret_hash(const char *text, guint8 hash[BRIDGE_SECRET_HASH_BYTES])
{
	static gsize sha256; /* EVP_MD * */

	g_return_if_fail(text != NULL);

	/* Each request needs one: OpenSSL takes longer to find the algorithm than to do it. */
	if (g_once_init_enter(&sha256))
		g_once_init_leave(&sha256, (gsize)EVP_MD_fetch(NULL, "SHA256", NULL));
	if (EVP_Digest(text, strlen(text), hash, NULL, (const EVP_MD *)sha256, NULL) != 1)
		g_error("OpenSSL has no SHA-256");
}

int
bridge_secret_to_fd(GBytes *secret, GError **error)
{
	gsize length = 0;
	const char *data = g_bytes_get_data(secret, &length);

	return bridge_handover_write(data, length, error);
}

GBytes *
bridge_secret_from_fd(int fd, gsize bytes_max, GError **error)
{
	char *text = bridge_handover_read(fd, bytes_max, error);
	GBytes *secret = text != NULL ? bridge_secret_new(text) : NULL;

	bridge_secret_free_text(text);
	return secret;
}
