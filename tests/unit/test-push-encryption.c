/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The vectors are those of RFC 8291 section 5, and longer ones with the same keys. */
#include "config.h"

#include <string.h>

#include "link/bridge-base64.h"
#include "push-encryption-private.h"

#define VECTOR_SENDER_PRIVATE "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
#define VECTOR_DEVICE                                                                              \
	"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define VECTOR_AUTH "BTBZMqHH6r4Tts7J_aSIgg"
#define VECTOR_SALT "DGv6ra1nlYgDCS1FRnbzlw"
#define VECTOR_TEXT "When I grow up, I want to be a watermelon"
#define VECTOR_BODY                                                                                \
	"DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInm"  \
	"YWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQe"  \
	"xSgSxsj_Qulcy4a-fN"

static GBytes *
encrypt_vector(const char *text, gsize length, gsize padded)
{
	g_autoptr(PushEncryption) encryption = push_encryption_new(NULL);
	g_autoptr(GBytes) private_octets = bridge_base64_decode(VECTOR_SENDER_PRIVATE);
	g_autoptr(GBytes) device = bridge_base64_decode(VECTOR_DEVICE);
	g_autoptr(GBytes) auth = bridge_base64_decode(VECTOR_AUTH);
	g_autoptr(GBytes) salt = bridge_base64_decode(VECTOR_SALT);
	g_autoptr(GBytes) plain = g_bytes_new(text, length);
	g_autoptr(GError) error = NULL;
	GBytes *body;

	body = push_encryption_encrypt_with(encryption, g_bytes_get_data(private_octets, NULL),
	                                    g_bytes_get_data(salt, NULL), device, auth, plain,
	                                    padded, &error);
	g_assert_no_error(error);
	return body;
}

static void
test_is_the_vector_of_the_rfc(void)
{
	g_autoptr(GBytes) body =
		encrypt_vector(VECTOR_TEXT, strlen(VECTOR_TEXT), strlen(VECTOR_TEXT));
	g_autofree char *text =
		bridge_base64_encode(g_bytes_get_data(body, NULL), g_bytes_get_size(body));

	g_assert_cmpuint(g_bytes_get_size(body), ==, 144);
	g_assert_cmpstr(text, ==, VECTOR_BODY);
}

static void
assert_sum(GBytes *body, gsize length, const char *sum)
{
	g_autofree char *got = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, body);

	g_assert_cmpuint(g_bytes_get_size(body), ==, length);
	g_assert_cmpstr(got, ==, sum);
}

static void
test_pads_behind_the_delimiter(void)
{
	g_autofree char *many = g_strnfill(PUSH_PLAIN_BYTES_MAX, 'a');
	g_autoptr(GBytes) empty = encrypt_vector("", 0, 0);
	g_autoptr(GBytes) padded = encrypt_vector("{\"v\":1}", 7, 256);
	g_autoptr(GBytes) full = encrypt_vector(many, PUSH_PLAIN_BYTES_MAX, PUSH_PLAIN_BYTES_MAX);

	assert_sum(empty, 103, "0ebb6cb348d90769aedd33e79cb7ce3ca02c9e677fd42d322d920617e1b53654");
	assert_sum(padded, 359, "baaa6343c3045e2a48efe7005751675e83042695fc4ae1c4b7966bdf81e45df1");
	assert_sum(full, PUSH_RECORD_BYTES,
	           "a9e84efbfe3cbbd3deb4e24870b13d42f4657b35bbdc6c279af04a8055d14354");
}

static void
test_has_few_lengths(void)
{
	g_assert_cmpuint(push_encryption_pad(0), ==, 256);
	g_assert_cmpuint(push_encryption_pad(256), ==, 256);
	g_assert_cmpuint(push_encryption_pad(257), ==, 512);
	g_assert_cmpuint(push_encryption_pad(2048), ==, 2048);
	g_assert_cmpuint(push_encryption_pad(2049), ==, PUSH_PLAIN_BYTES_MAX);
	g_assert_cmpuint(push_encryption_pad(PUSH_PLAIN_BYTES_MAX), ==, PUSH_PLAIN_BYTES_MAX);
	g_assert_cmpuint(push_encryption_pad(PUSH_PLAIN_BYTES_MAX + 1), ==, 0);
}

/* Neither key nor salt comes twice. */
static void
test_is_never_the_same(void)
{
	g_autoptr(GBytes) device = bridge_base64_decode(VECTOR_DEVICE);
	g_autoptr(GBytes) auth = bridge_base64_decode(VECTOR_AUTH);
	g_autoptr(PushEncryption) encryption = push_encryption_new(NULL);
	g_autoptr(GBytes) plain = g_bytes_new_static("x", 1);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) one =
		push_encryption_encrypt(encryption, device, auth, plain, 256, &error);
	g_autoptr(GBytes) other =
		push_encryption_encrypt(encryption, device, auth, plain, 256, &error);
	const guint8 *a = g_bytes_get_data(one, NULL);
	const guint8 *b = g_bytes_get_data(other, NULL);

	g_assert_no_error(error);
	g_assert_cmpint(memcmp(a, b, PUSH_SALT_BYTES), !=, 0);
	g_assert_cmpint(memcmp(a + 21, b + 21, PUSH_PUBLIC_KEY_BYTES), !=, 0);
}

static void
assert_refused(GBytes *device, GBytes *auth, gsize padded)
{
	g_autoptr(PushEncryption) encryption = push_encryption_new(NULL);
	g_autoptr(GBytes) plain = g_bytes_new_static("1234", 4);
	g_autoptr(GError) error = NULL;

	g_assert_null(push_encryption_encrypt(encryption, device, auth, plain, padded, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_refuses_what_is_no_key(void)
{
	g_autoptr(GBytes) device = bridge_base64_decode(VECTOR_DEVICE);
	g_autoptr(GBytes) auth = bridge_base64_decode(VECTOR_AUTH);
	g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0);
	g_autofree guint8 *octets =
		g_memdup2(g_bytes_get_data(device, NULL), PUSH_PUBLIC_KEY_BYTES);
	g_autoptr(GBytes) off_the_curve = NULL;
	g_autoptr(GBytes) compressed = NULL;

	octets[PUSH_PUBLIC_KEY_BYTES - 1] ^= 1;
	off_the_curve = g_bytes_new(octets, PUSH_PUBLIC_KEY_BYTES);
	octets[0] = 2;
	compressed = g_bytes_new(octets, 33);
	assert_refused(off_the_curve, auth, 4);
	assert_refused(compressed, auth, 4);
	assert_refused(nothing, auth, 4);
	assert_refused(device, nothing, 4);
	assert_refused(device, auth, 3);
	assert_refused(device, auth, PUSH_PLAIN_BYTES_MAX + 1);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/push-encryption/is-the-vector-of-the-rfc", test_is_the_vector_of_the_rfc);
	g_test_add_func("/push-encryption/pads-behind-the-delimiter",
	                test_pads_behind_the_delimiter);
	g_test_add_func("/push-encryption/has-few-lengths", test_has_few_lengths);
	g_test_add_func("/push-encryption/is-never-the-same", test_is_never_the_same);
	g_test_add_func("/push-encryption/refuses-what-is-no-key", test_refuses_what_is_no_key);
	return g_test_run();
}
