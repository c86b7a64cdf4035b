/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Web Push encryptions a second on one core, beside the bare OpenSSL operations that RFC 8291 and
 * RFC 8292 ask for: a key pair of the sender's and one key agreement with it, two HKDFs, one GCM;
 * and one signature for each endpoint and hour. Ours makes of octets a request's body and the value
 * of its Authorization. What the baseline works with lies ready: keys, parameters, contexts, a
 * buffer. It is told without the sender's key pair, too. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/kdf.h>

#include "push-encryption.h"
#include "push-key.h"
#include "push-vapid.h"

#define BENCH_ROUNDS 9     /* of each, in turns */
#define BENCH_ENDPOINTS 20 /* each of an origin of its own, so each has its signature */
#define BENCH_PUSHES 100   /* to each of them within the hour */
#define BENCH_PLAIN_BYTES 180
#define BENCH_PADDED_BYTES 256
#define BENCH_GOAL "ratio >= 0.8"
#define BENCH_TAG_BYTES 16

typedef struct {
	EVP_PKEY *device;
	GBytes *public_key;
	GBytes *auth;
	GBytes *plain;
	EVP_PKEY *signer;
	PushEncryption *encryption;
	PushVapid *vapid;
	EVP_PKEY_CTX *maker; /* of key pairs */
	EVP_PKEY *sender;
	EVP_KDF_CTX *kdf;
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *sealing;
	EVP_MD_CTX *signing;
} Bench;

static double
get_processor_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
need(gboolean good)
{
	if (!good)
		g_error("OpenSSL would not");
}

/* ---- Ours ------------------------------------------------------------------------------------ */

static void
push(Bench *bench, guint endpoint, gint64 now_s)
{
	g_autofree char *origin = g_strdup_printf("https://push-%u.example.net", endpoint);
	g_autoptr(GBytes) body =
		push_encryption_encrypt(bench->encryption, bench->public_key, bench->auth,
	                                bench->plain, BENCH_PADDED_BYTES, NULL);

	need(body != NULL &&
	     push_vapid_get_authorization(bench->vapid, origin, now_s, NULL) != NULL);
}

/* Seconds. */
static double
measure_ours(Bench *bench)
{
	double begin_s = get_processor_s();
	gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;

	for (guint i = 0; i < BENCH_ENDPOINTS * BENCH_PUSHES; i++) {
		guint endpoint = i % BENCH_ENDPOINTS;
		g_autofree char *origin = g_strdup_printf("https://push-%u.example.net", endpoint);

		/* An hour has begun. */
		if (i < BENCH_ENDPOINTS)
			push_vapid_forget(bench->vapid, origin);
		push(bench, endpoint, now_s);
	}
	return get_processor_s() - begin_s;
}

/* ---- The baseline ---------------------------------------------------------------------------- */

static void
agree(EVP_PKEY *sender, EVP_PKEY *device, guint8 shared[32])
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, sender, NULL);
	gsize length = 32;

	/* Without asking again whether the device's key is one. */
	need(context != NULL && EVP_PKEY_derive_init(context) > 0 &&
	     EVP_PKEY_derive_set_peer_ex(context, device, 0) > 0 &&
	     EVP_PKEY_derive(context, shared, &length) > 0);
	EVP_PKEY_CTX_free(context);
}

static void
hkdf(EVP_KDF_CTX *context, guint8 *secret, gsize n_info, guint8 *octets, gsize length)
{
	static guint8 salt[16];
	static guint8 info[144];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA2-256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof salt),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, 32),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, n_info),
		OSSL_PARAM_construct_end()};

	need(EVP_KDF_derive(context, octets, length, params) > 0);
}

static void
seal(Bench *bench, const guint8 *key, const guint8 *nonce, guint8 *record)
{
	int done = 0;
	int rest = 0;

	need(EVP_EncryptInit_ex2(bench->sealing, bench->cipher, key, nonce, NULL) > 0 &&
	     EVP_EncryptUpdate(bench->sealing, record, &done, record, BENCH_PADDED_BYTES + 1) > 0 &&
	     EVP_EncryptFinal_ex(bench->sealing, record + done, &rest) > 0 &&
	     EVP_CIPHER_CTX_ctrl(bench->sealing, EVP_CTRL_AEAD_GET_TAG, BENCH_TAG_BYTES,
	                         record + BENCH_PADDED_BYTES + 1) > 0);
}

static void
sign(Bench *bench)
{
	static const guint8 text[200];
	guint8 signature[80];
	gsize length = sizeof signature;

	need(EVP_DigestSignInit(bench->signing, NULL, EVP_sha256(), NULL, bench->signer) > 0 &&
	     EVP_DigestSign(bench->signing, signature, &length, text, sizeof text) > 0);
	EVP_MD_CTX_reset(bench->signing);
}

/* Two HKDFs of RFC 8291: the second one's key and nonce are one expansion here. */
static double
measure_bare(Bench *bench, gboolean makes_pairs)
{
	double begin_s = get_processor_s();

	for (guint i = 0; i < BENCH_ENDPOINTS * BENCH_PUSHES; i++) {
		guint8 record[BENCH_PADDED_BYTES + 1 + BENCH_TAG_BYTES] = {0};
		guint8 secret[32];
		guint8 key[32];
		EVP_PKEY *made = NULL;

		if (i < BENCH_ENDPOINTS)
			sign(bench);
		if (makes_pairs)
			need(EVP_PKEY_generate(bench->maker, &made) > 0);
		agree(makes_pairs ? made : bench->sender, bench->device, secret);
		hkdf(bench->kdf, secret, 144, secret, 32);
		hkdf(bench->kdf, secret, 28, key, 28);
		seal(bench, key, key + 16, record);
		EVP_PKEY_free(made);
	}
	return get_processor_s() - begin_s;
}

/* ---- Both ------------------------------------------------------------------------------------ */

static void
set_up(Bench *bench)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	g_autoptr(GBytes) private_octets = NULL;
	g_autoptr(GBytes) public_octets = NULL;
	guint8 number[32] = {0};
	BIGNUM *private_number = NULL;
	static const guint8 auth[PUSH_AUTH_BYTES] = {1};

	bench->encryption = push_encryption_new(NULL);
	bench->device = EVP_EC_gen("P-256");
	bench->signer = EVP_EC_gen("P-256");
	bench->sender = EVP_EC_gen("P-256");
	bench->public_key = push_key_dup_public(bench->device);
	bench->auth = g_bytes_new_static(auth, sizeof auth);
	bench->plain = g_bytes_new_take(g_malloc0(BENCH_PLAIN_BYTES), BENCH_PLAIN_BYTES);
	need(EVP_PKEY_get_bn_param(bench->signer, OSSL_PKEY_PARAM_PRIV_KEY, &private_number) > 0 &&
	     BN_bn2binpad(private_number, number, sizeof number) > 0);
	BN_clear_free(private_number);
	private_octets = g_bytes_new(number, sizeof number);
	public_octets = push_key_dup_public(bench->signer);
	bench->vapid =
		push_vapid_new(private_octets, public_octets, "mailto:push@example.org", NULL);
	bench->maker = EVP_PKEY_CTX_new_from_pkey(NULL, bench->sender, NULL);
	need(EVP_PKEY_keygen_init(bench->maker) > 0);
	bench->kdf = EVP_KDF_CTX_new(kdf);
	EVP_KDF_free(kdf);
	bench->cipher = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
	bench->sealing = EVP_CIPHER_CTX_new();
	bench->signing = EVP_MD_CTX_new();
}

static double
get_median(double *seconds)
{
	for (guint i = 1; i < BENCH_ROUNDS; i++)
		for (guint j = i; j > 0 && seconds[j] < seconds[j - 1]; j--) {
			double one = seconds[j];

			seconds[j] = seconds[j - 1];
			seconds[j - 1] = one;
		}
	return seconds[BENCH_ROUNDS / 2];
}

static void
tell(const char *figure, double ours_s, double bare_s, const char *goal)
{
	const double count = BENCH_ENDPOINTS * BENCH_PUSHES;

	g_print("{\"figure\": \"%s\", \"value\": %.0f, \"unit\": \"1/s\", \"baseline\": %.0f, "
	        "\"ratio\": %.3f, \"goal\": \"%s\", \"pushes_a_signature\": %d}\n",
	        figure, count / ours_s, count / bare_s, bare_s / ours_s, goal, BENCH_PUSHES);
}

int
main(void)
{
	Bench bench = {NULL};
	double ours_s[BENCH_ROUNDS];
	double bare_s[BENCH_ROUNDS];
	double barer_s[BENCH_ROUNDS];
	double ours;

	set_up(&bench);
	for (guint i = 0; i < BENCH_ROUNDS; i++) {
		bare_s[i] = measure_bare(&bench, TRUE);
		ours_s[i] = measure_ours(&bench);
		barer_s[i] = measure_bare(&bench, FALSE);
	}
	ours = get_median(ours_s);
	tell("Web Push encryptions", ours, get_median(bare_s), BENCH_GOAL);
	tell("Web Push encryptions, without the sender's key pair in the baseline", ours,
	     get_median(barer_s), BENCH_GOAL);
	return EXIT_SUCCESS;
}
