/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The vector is that of RFC 8291 appendix A. */
#include "config.h"

#include <string.h>

#include "link/bridge-base64.h"
#include "push-agreement.h"

#define VECTOR_SENDER_PRIVATE "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
#define VECTOR_SENDER                                                                              \
	"BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
#define VECTOR_DEVICE_PRIVATE "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
#define VECTOR_DEVICE                                                                              \
	"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define VECTOR_SHARED "kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs"

typedef struct {
	guint8 sender[PUSH_PUBLIC_KEY_BYTES];
	guint8 shared[PUSH_SHARED_BYTES];
} Made;

/* @private_text: or NULL */
static Made
make(PushAgreement *agreement, GBytes *device, const char *private_text)
{
	g_autoptr(GBytes) given = private_text != NULL ? bridge_base64_decode(private_text) : NULL;
	g_autoptr(GError) error = NULL;
	Made made;

	push_agreement_make(agreement, device, given != NULL ? g_bytes_get_data(given, NULL) : NULL,
	                    made.sender, made.shared, &error);
	g_assert_no_error(error);
	return made;
}

static void
assert_octets(const guint8 *octets, gsize length, const char *text)
{
	g_autofree char *got = bridge_base64_encode(octets, length);

	g_assert_cmpstr(got, ==, text);
}

static void
test_is_the_vector_of_the_rfc(void)
{
	g_autoptr(PushAgreement) agreement = push_agreement_new();
	g_autoptr(GBytes) device = bridge_base64_decode(VECTOR_DEVICE);

	/* Also after another one. */
	for (guint i = 0; i < 2; i++) {
		Made made = make(agreement, device, VECTOR_SENDER_PRIVATE);

		assert_octets(made.sender, sizeof made.sender, VECTOR_SENDER);
		assert_octets(made.shared, sizeof made.shared, VECTOR_SHARED);
	}
}

/* What the device makes of the sender's public key and its own private one. */
static void
test_both_come_to_the_same(void)
{
	g_autoptr(PushAgreement) agreement = push_agreement_new();
	g_autoptr(GBytes) device = bridge_base64_decode(VECTOR_DEVICE);

	for (guint i = 0; i < 100; i++) {
		Made made = make(agreement, device, NULL);
		g_autoptr(GBytes) sender = g_bytes_new(made.sender, sizeof made.sender);
		Made other = make(agreement, sender, VECTOR_DEVICE_PRIVATE);

		g_assert_cmpmem(made.shared, sizeof made.shared, other.shared, sizeof other.shared);
	}
}

static void
test_makes_a_pair_each_time(void)
{
	g_autoptr(PushAgreement) agreement = push_agreement_new();
	g_autoptr(GBytes) device = bridge_base64_decode(VECTOR_DEVICE);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
	                                                   (GDestroyNotify)g_bytes_unref, NULL);

	for (guint i = 0; i < 100; i++) {
		Made made = make(agreement, device, NULL);

		g_assert_true(g_hash_table_add(seen, g_bytes_new(made.sender, sizeof made.sender)));
	}
}

static void
assert_refused(PushAgreement *agreement, const guint8 *octets, gsize length)
{
	g_autoptr(GBytes) device = g_bytes_new(octets, length);
	g_autoptr(GError) error = NULL;
	Made made;

	g_assert_false(
		push_agreement_make(agreement, device, NULL, made.sender, made.shared, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

/* Off the curve, compressed, of another form, infinity, too long, beyond the field. */
static void
test_refuses_what_is_no_point(void)
{
	g_autoptr(PushAgreement) agreement = push_agreement_new();
	g_autoptr(GBytes) device = bridge_base64_decode(VECTOR_DEVICE);
	guint8 octets[PUSH_PUBLIC_KEY_BYTES + 1] = {0};

	assert_refused(agreement, octets, 1);
	assert_refused(agreement, octets, PUSH_PUBLIC_KEY_BYTES);
	memcpy(octets, g_bytes_get_data(device, NULL), PUSH_PUBLIC_KEY_BYTES);
	assert_refused(agreement, octets, PUSH_PUBLIC_KEY_BYTES + 1);
	octets[PUSH_PUBLIC_KEY_BYTES - 1] ^= 1;
	assert_refused(agreement, octets, PUSH_PUBLIC_KEY_BYTES);
	octets[PUSH_PUBLIC_KEY_BYTES - 1] ^= 1;
	octets[0] = 6; /* hybrid */
	assert_refused(agreement, octets, PUSH_PUBLIC_KEY_BYTES);
	octets[0] = 2;
	assert_refused(agreement, octets, 33);
	memset(octets + 1, 0xff, PUSH_PUBLIC_KEY_BYTES - 1);
	octets[0] = 4;
	assert_refused(agreement, octets, PUSH_PUBLIC_KEY_BYTES);
	/* And none of that stays. */
	assert_octets(make(agreement, device, VECTOR_SENDER_PRIVATE).shared, PUSH_SHARED_BYTES,
	              VECTOR_SHARED);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/push-agreement/is-the-vector-of-the-rfc", test_is_the_vector_of_the_rfc);
	g_test_add_func("/push-agreement/both-come-to-the-same", test_both_come_to_the_same);
	g_test_add_func("/push-agreement/makes-a-pair-each-time", test_makes_a_pair_each_time);
	g_test_add_func("/push-agreement/refuses-what-is-no-point", test_refuses_what_is_no_point);
	return g_test_run();
}
