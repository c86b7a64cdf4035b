/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-jwt.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>

#include "link/bridge-base64.h"

#define JWT_NUMBER_BYTES 32           /* each of the two of an ES256 signature */
#define JWT_SIGNATURE_BYTES_MAX 0x400 /* of RSA: a key of 8192 bits */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ECDSA_SIG, ECDSA_SIG_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)

/* OpenSSL speaks DER; JSON Web Signatures are the two numbers, each at its full length (RFC 7518
 * section 3.4). In place; returns the length, 0: it is none */
static gsize
push_jwt_flatten(guint8 *octets, gsize length)
{
	const guint8 *der = octets;
	g_autoptr(ECDSA_SIG) signature = d2i_ECDSA_SIG(NULL, &der, (long)length);

	return signature != NULL &&
	                       BN_bn2binpad(ECDSA_SIG_get0_r(signature), octets,
	                                    JWT_NUMBER_BYTES) == JWT_NUMBER_BYTES &&
	                       BN_bn2binpad(ECDSA_SIG_get0_s(signature), octets + JWT_NUMBER_BYTES,
	                                    JWT_NUMBER_BYTES) == JWT_NUMBER_BYTES
	               ? 2 * JWT_NUMBER_BYTES
	               : 0;
}

static char *
push_jwt_sign(EVP_PKEY *key, const char *text)
{
	g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
	guint8 octets[JWT_SIGNATURE_BYTES_MAX];
	gsize length = sizeof octets;

	if (context == NULL || EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) <= 0 ||
	    EVP_DigestSign(context, octets, &length, (const guint8 *)text, strlen(text)) <= 0)
		return NULL;
	if (EVP_PKEY_is_a(key, "EC"))
		length = push_jwt_flatten(octets, length);
	return length > 0 ? bridge_base64_encode(octets, length) : NULL;
}

char *
push_jwt_write(GVariant *members)
{
	g_autoptr(GVariant) owned = g_variant_ref_sink(members);

	return json_gvariant_serialize_data(owned, NULL);
}

char *
push_jwt_build(EVP_PKEY *key, const char *header, const char *claims)
{
	g_autofree char *header_text = bridge_base64_encode(header, strlen(header));
	g_autofree char *claims_text = bridge_base64_encode(claims, strlen(claims));
	g_autofree char *input = g_strjoin(".", header_text, claims_text, NULL);
	g_autofree char *signature = push_jwt_sign(key, input);

	return signature != NULL ? g_strjoin(".", input, signature, NULL) : NULL;
}
