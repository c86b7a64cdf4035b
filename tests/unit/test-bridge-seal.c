/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "vault/bridge-seal-private.h"
#include "vault/bridge-seal.h"

/* The figures were computed by another implementation (Python's cryptography). */

static void
fill(guint8 *octets, guint8 first, gsize length)
{
	for (gsize i = 0; i < length; i++)
		octets[i] = first + i;
}

static void
assert_hex(gconstpointer octets, gsize length, const char *expected)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (gsize i = 0; i < length; i++)
		g_string_append_printf(text, "%02x", ((const guint8 *)octets)[i]);
	g_assert_cmpstr(text->str, ==, expected);
}

static void
assert_bytes_hex(GBytes *bytes, const char *expected)
{
	gsize length = 0;
	gconstpointer octets = g_bytes_get_data(bytes, &length);

	assert_hex(octets, length, expected);
}

static BridgeKey *
make_key(guint8 first, guint32 id)
{
	guint8 octets[BRIDGE_KEY_BYTES];

	fill(octets, first, sizeof octets);
	return bridge_key_new(octets, id);
}

static BridgeKey *
make_kek(void)
{
	guint8 master[BRIDGE_KEY_BYTES];
	guint8 salt[BRIDGE_SEAL_SALT_BYTES];

	fill(master, 0, sizeof master);
	fill(salt, 0x20, sizeof salt);
	return bridge_seal_derive_kek(master, salt, 1, NULL);
}

static const BridgeSealPlace place = {"push_subscription", "secret", "sub-42", 3};
static const char plaintext[] = "{\"p256dh\":\"x\"}";

static BridgeKey *
make_record_key(void)
{
	g_autoptr(BridgeKey) data_key = make_key(0x40, 7);

	return bridge_seal_derive_record_key(data_key, place.table, place.column, NULL);
}

static void
test_known_kcv(void)
{
	guint8 master[BRIDGE_KEY_BYTES];
	guint8 salt[BRIDGE_SEAL_SALT_BYTES];
	guint8 kcv[BRIDGE_SEAL_KCV_BYTES];
	g_autoptr(GError) error = NULL;

	fill(master, 0, sizeof master);
	fill(salt, 0x20, sizeof salt);
	g_assert_true(bridge_seal_derive_kcv(master, salt, kcv, &error));
	g_assert_no_error(error);
	assert_hex(kcv, sizeof kcv, "3aa5debbcd529d811ab02a4b6bb4b132");
	g_assert_true(bridge_seal_check_kcv(master, salt, kcv));
	master[31] ^= 1;
	g_assert_false(bridge_seal_check_kcv(master, salt, kcv));
	master[31] ^= 1;
	salt[0] ^= 0x80;
	g_assert_false(bridge_seal_check_kcv(master, salt, kcv));
}

static void
test_known_kek(void)
{
	g_autoptr(BridgeKey) kek = make_kek();

	assert_hex(bridge_key_get_octets(kek), BRIDGE_KEY_BYTES,
	           "37f3ab5e8cd5939c0507a820f13d8accdd7c176e93f67006be24333e4a8400a5");
	g_assert_cmpuint(bridge_key_get_id(kek), ==, 1);
}

static void
test_known_wrap(void)
{
	g_autoptr(BridgeKey) kek = make_kek();
	g_autoptr(BridgeKey) data_key = make_key(0x40, 7);
	g_autoptr(BridgeKey) unwrapped = NULL;
	g_autoptr(GBytes) blob = NULL;
	guint8 nonce[BRIDGE_SEAL_NONCE_BYTES];

	fill(nonce, 0x60, sizeof nonce);
	blob = bridge_seal_wrap_key_with_nonce(kek, data_key, "accounts", "acct-0001", nonce, NULL);
	assert_bytes_hex(blob,
	                 "425357310000000100000007606162636465666768696a6b617164eb277ed3aa2558"
	                 "68d37e4956602e77fb74cff656e4958dd97ec21f55d22b4bf97a456f0c544420be28"
	                 "6cf72273");
	unwrapped = bridge_seal_unwrap_key(kek, g_bytes_get_data(blob, NULL),
	                                   g_bytes_get_size(blob), "accounts", "acct-0001", NULL);
	g_assert_nonnull(unwrapped);
	g_assert_cmpmem(bridge_key_get_octets(unwrapped), BRIDGE_KEY_BYTES,
	                bridge_key_get_octets(data_key), BRIDGE_KEY_BYTES);
	g_assert_cmpuint(bridge_key_get_id(unwrapped), ==, 7);
}

static void
test_known_record(void)
{
	g_autoptr(BridgeKey) record_key = make_record_key();
	g_autoptr(GBytes) aad = NULL;
	g_autoptr(GBytes) blob = NULL;
	g_autoptr(GBytes) opened = NULL;
	guint8 nonce[BRIDGE_SEAL_NONCE_BYTES];

	assert_hex(bridge_key_get_octets(record_key), BRIDGE_KEY_BYTES,
	           "3ca44afa50b9084bb5174579cee17991cb1aa3eef0fdee985a57bf90f8ef6141");
	fill(nonce, 0x70, sizeof nonce);
	blob = bridge_seal_record_with_nonce(record_key, &place, plaintext, strlen(plaintext),
	                                     nonce, NULL);
	assert_bytes_hex(blob,
	                 "4253523100000007707172737475767778797a7baf723394f6141933395591491989"
	                 "c11ae7e2cb9d9e1ad6d3926db7c6bcc8");
	aad = bridge_seal_record_build_aad(g_bytes_get_data(blob, NULL), &place);
	assert_bytes_hex(aad,
	                 "6272696467652d73746f72652f76312f72656342535231000000070011707573685f73"
	                 "7562736372697074696f6e000673656372657400067375622d34320008000000000000"
	                 "0003");
	opened = bridge_seal_open_record(record_key, &place, g_bytes_get_data(blob, NULL),
	                                 g_bytes_get_size(blob), NULL);
	g_assert_cmpmem(g_bytes_get_data(opened, NULL), g_bytes_get_size(opened), plaintext,
	                strlen(plaintext));
}

static void
test_known_blind_index(void)
{
	static const guint8 octets[BRIDGE_KEY_BYTES] = {
		0xd5, 0x8a, 0x6a, 0xaf, 0x3f, 0x4a, 0x34, 0x2d, 0xad, 0x6d, 0x38,
		0x08, 0xc4, 0xed, 0xfd, 0x3d, 0x53, 0xbe, 0xb7, 0x60, 0x33, 0xb1,
		0x9e, 0xc2, 0x77, 0x2c, 0x4c, 0x1a, 0xbb, 0xf6, 0x84, 0x42,
	};
	static const char value[] = "https://push.example.net/p/abc";
	g_autoptr(BridgeKey) key = bridge_key_new(octets, 1);
	guint8 index[BRIDGE_SEAL_INDEX_BYTES];

	g_assert_true(bridge_seal_blind_index(key, "push_subscription.endpoint", value,
	                                      strlen(value), index, NULL));
	assert_hex(index, sizeof index,
	           "952f160be0fd3926266503220170558a9b78281afefdf392c1a8d3dad8e4f392");
}

static void
test_every_octet_of_a_record_counts(void)
{
	g_autoptr(BridgeKey) record_key = make_record_key();
	g_autoptr(GBytes) blob =
		bridge_seal_record(record_key, &place, plaintext, strlen(plaintext), NULL);
	gsize length = 0;
	const guint8 *octets = g_bytes_get_data(blob, &length);

	for (gsize bit = 0; bit < length * 8; bit++) {
		g_autofree guint8 *changed = g_memdup2(octets, length);
		g_autoptr(GError) error = NULL;

		changed[bit / 8] ^= 1 << (bit % 8);
		g_assert_null(bridge_seal_open_record(record_key, &place, changed, length, &error));
		g_assert_nonnull(error);
		g_assert_true(error->domain == BRIDGE_SEAL_ERROR);
	}
}

static void
test_every_octet_of_a_wrapped_key_counts(void)
{
	g_autoptr(BridgeKey) kek = make_kek();
	g_autoptr(BridgeKey) key = bridge_key_new_random(9, NULL);
	g_autoptr(GBytes) blob = bridge_seal_wrap_key(kek, key, "accounts", "a", NULL);
	gsize length = 0;
	const guint8 *octets = g_bytes_get_data(blob, &length);

	g_assert_cmpuint(length, ==, BRIDGE_SEAL_WRAPPED_BYTES);
	for (gsize bit = 0; bit < length * 8; bit++) {
		g_autofree guint8 *changed = g_memdup2(octets, length);

		changed[bit / 8] ^= 1 << (bit % 8);
		g_assert_null(bridge_seal_unwrap_key(kek, changed, length, "accounts", "a", NULL));
	}
	g_assert_null(bridge_seal_unwrap_key(kek, octets, length, "accounts", "b", NULL));
	g_assert_null(bridge_seal_unwrap_key(kek, octets, length, "account", "sa", NULL));
}

static void
test_short_and_long_are_refused(void)
{
	g_autoptr(BridgeKey) kek = make_kek();
	g_autoptr(BridgeKey) record_key = make_record_key();
	g_autoptr(GBytes) wrapped = bridge_seal_wrap_key(kek, record_key, "k", "i", NULL);
	g_autoptr(GBytes) blob =
		bridge_seal_record(record_key, &place, plaintext, strlen(plaintext), NULL);
	g_autofree guint8 *longer = g_malloc0(BRIDGE_SEAL_WRAPPED_BYTES + 1);

	for (gsize length = 0; length < g_bytes_get_size(blob); length++)
		g_assert_null(bridge_seal_open_record(record_key, &place,
		                                      g_bytes_get_data(blob, NULL), length, NULL));
	for (gsize length = 0; length < BRIDGE_SEAL_WRAPPED_BYTES; length++)
		g_assert_null(bridge_seal_unwrap_key(kek, g_bytes_get_data(wrapped, NULL), length,
		                                     "k", "i", NULL));
	memcpy(longer, g_bytes_get_data(wrapped, NULL), BRIDGE_SEAL_WRAPPED_BYTES);
	g_assert_null(
		bridge_seal_unwrap_key(kek, longer, BRIDGE_SEAL_WRAPPED_BYTES + 1, "k", "i", NULL));
}

static void
test_a_moved_record_does_not_open(void)
{
	static const BridgeSealPlace elsewhere[] = {
		{"push_subscription", "secret", "sub-43", 3}, /* row */
		{"push_subscription", "public", "sub-42", 3}, /* column */
		{"accounts", "secret", "sub-42", 3},          /* table */
		{"push_subscription", "secret", "sub-42", 4}, /* an older blob put back */
		{"push_subscription", "secret", "sub-42", 2},
		{"push_subscriptio", "nsecret", "sub-42", 3}, /* same letters, other fields */
	};
	g_autoptr(BridgeKey) record_key = make_record_key();
	g_autoptr(GBytes) blob =
		bridge_seal_record(record_key, &place, plaintext, strlen(plaintext), NULL);

	for (guint i = 0; i < G_N_ELEMENTS(elsewhere); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(bridge_seal_open_record(record_key, &elsewhere[i],
		                                      g_bytes_get_data(blob, NULL),
		                                      g_bytes_get_size(blob), &error));
		g_assert_error(error, BRIDGE_SEAL_ERROR, BRIDGE_SEAL_ERROR_TAMPERED);
	}
}

static void
test_another_key_does_not_open(void)
{
	g_autoptr(BridgeKey) record_key = make_record_key();
	g_autoptr(BridgeKey) same_number = bridge_key_new_random(7, NULL);
	g_autoptr(BridgeKey) other_number = bridge_key_new(bridge_key_get_octets(record_key), 8);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) blob =
		bridge_seal_record(record_key, &place, plaintext, strlen(plaintext), NULL);

	g_assert_null(bridge_seal_open_record(same_number, &place, g_bytes_get_data(blob, NULL),
	                                      g_bytes_get_size(blob), &error));
	g_assert_error(error, BRIDGE_SEAL_ERROR, BRIDGE_SEAL_ERROR_TAMPERED);
	g_clear_error(&error);
	g_assert_null(bridge_seal_open_record(other_number, &place, g_bytes_get_data(blob, NULL),
	                                      g_bytes_get_size(blob), &error));
	g_assert_error(error, BRIDGE_SEAL_ERROR, BRIDGE_SEAL_ERROR_KEY);
}

static void
test_same_value_twice_looks_different(void)
{
	g_autoptr(BridgeKey) record_key = make_record_key();
	g_autoptr(GBytes) first = bridge_seal_record(record_key, &place, plaintext, 14, NULL);
	g_autoptr(GBytes) second = bridge_seal_record(record_key, &place, plaintext, 14, NULL);

	g_assert_false(g_bytes_equal(first, second));
}

static void
test_nothing_can_be_sealed(void)
{
	g_autoptr(BridgeKey) record_key = make_record_key();
	g_autoptr(GBytes) blob = bridge_seal_record(record_key, &place, "", 0, NULL);
	g_autoptr(GBytes) opened = NULL;

	g_assert_cmpuint(g_bytes_get_size(blob), ==, BRIDGE_SEAL_RECORD_OVERHEAD_BYTES);
	opened = bridge_seal_open_record(record_key, &place, g_bytes_get_data(blob, NULL),
	                                 g_bytes_get_size(blob), NULL);
	g_assert_nonnull(opened);
	g_assert_cmpuint(g_bytes_get_size(opened), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/seal/known/kcv", test_known_kcv);
	g_test_add_func("/seal/known/kek", test_known_kek);
	g_test_add_func("/seal/known/wrap", test_known_wrap);
	g_test_add_func("/seal/known/record", test_known_record);
	g_test_add_func("/seal/known/blind-index", test_known_blind_index);
	g_test_add_func("/seal/tamper/record", test_every_octet_of_a_record_counts);
	g_test_add_func("/seal/tamper/wrapped-key", test_every_octet_of_a_wrapped_key_counts);
	g_test_add_func("/seal/tamper/length", test_short_and_long_are_refused);
	g_test_add_func("/seal/tamper/moved", test_a_moved_record_does_not_open);
	g_test_add_func("/seal/tamper/other-key", test_another_key_does_not_open);
	g_test_add_func("/seal/same-value-twice", test_same_value_twice_looks_different);
	g_test_add_func("/seal/nothing", test_nothing_can_be_sealed);
	return g_test_run();
}
