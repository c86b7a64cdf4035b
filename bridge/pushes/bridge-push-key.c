/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-key.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>

#include "link/bridge-base64.h"

#define PUSH_KEY_BYTES 32
#define PUSH_MAC_BYTES 32
#define PUSH_NAME_BYTES 24 /* 32 letters: what a Topic may have (RFC 8030 section 5.4) */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_clear_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BN_CTX, BN_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EC_GROUP, EC_GROUP_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EC_POINT, EC_POINT_free)

static gboolean
bridge_push_key_mac(const guint8 *key, gconstpointer octets, gsize length,
                    guint8 mac[PUSH_MAC_BYTES])
{
	unsigned int n_mac = PUSH_MAC_BYTES;

	return HMAC(EVP_sha256(), key, PUSH_KEY_BYTES, octets, length, mac, &n_mac) != NULL;
}

/* A number from 1 to the group's order less 1, as good as evenly spread: the order lies that near
 * to 2 to the 256. */
static BIGNUM *
bridge_push_key_derive_number(const guint8 *key, const EC_GROUP *group, BN_CTX *context)
{
	guint8 mac[PUSH_MAC_BYTES];
	g_autoptr(BIGNUM) whole = BN_secure_new();
	g_autoptr(BIGNUM) limit = BN_dup(EC_GROUP_get0_order(group));
	g_autoptr(BIGNUM) number = BN_secure_new();
	gboolean ok = whole != NULL && limit != NULL && number != NULL &&
	              bridge_push_key_mac(key, "vapid", strlen("vapid"), mac) &&
	              BN_bin2bn(mac, sizeof mac, whole) != NULL && BN_sub_word(limit, 1) &&
	              BN_mod(number, whole, limit, context) && BN_add_word(number, 1);

	OPENSSL_cleanse(mac, sizeof mac);
	return ok ? g_steal_pointer(&number) : NULL;
}

gboolean
bridge_push_key_derive_pair(const guint8 *key, BridgePushPair *pair)
{
	g_autoptr(BN_CTX) context = BN_CTX_secure_new();
	g_autoptr(EC_GROUP) group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	g_autoptr(EC_POINT) point = group != NULL ? EC_POINT_new(group) : NULL;
	g_autoptr(BIGNUM) number = NULL;

	if (context == NULL || point == NULL)
		return FALSE;
	number = bridge_push_key_derive_number(key, group, context);
	return number != NULL && EC_POINT_mul(group, point, number, NULL, NULL, context) &&
	       BN_bn2binpad(number, pair->private_octets, sizeof pair->private_octets) ==
	               sizeof pair->private_octets &&
	       EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, pair->public_octets,
	                          sizeof pair->public_octets,
	                          context) == sizeof pair->public_octets;
}

char *
bridge_push_key_dup_public(const guint8 *key)
{
	BridgePushPair pair;
	char *text = NULL;

	if (bridge_push_key_derive_pair(key, &pair))
		text = bridge_base64_encode(pair.public_octets, sizeof pair.public_octets);
	OPENSSL_cleanse(&pair, sizeof pair);
	return text;
}

gboolean
bridge_push_key_is_public(GBytes *octets)
{
	gsize length = 0;
	const guint8 *data = g_bytes_get_data(octets, &length);
	g_autoptr(EC_GROUP) group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	g_autoptr(EC_POINT) point = group != NULL ? EC_POINT_new(group) : NULL;
	gboolean good = point != NULL && length == BRIDGE_PUSH_PUBLIC_BYTES && data[0] == 4 &&
	                EC_POINT_oct2point(group, point, data, length, NULL) == 1;

	ERR_clear_error();
	return good;
}

char *
bridge_push_key_build_name(const guint8 *key, const char *label, const char *subscription_id,
                           const char *thing, guint64 number)
{
	guint8 mac[PUSH_MAC_BYTES] = {0};
	g_autofree char *text = g_strdup_printf("%s\n%s\n%" G_GUINT64_FORMAT "\n%s", label,
	                                        subscription_id, number, thing);

	bridge_push_key_mac(key, text, strlen(text), mac);
	return bridge_base64_encode(mac, PUSH_NAME_BYTES);
}
