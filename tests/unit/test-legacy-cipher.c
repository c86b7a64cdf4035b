/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "legacy/legacy-cipher.h"

#define USER_KEY "Pq3/xZ81-aB"

/* What phones have always been able to open. */
static const struct {
	const char *salt;
	const char *plain;
	const char *sealed;
} vectors[] = {
	{"k7-Q",
         "{\"from\":\"juliet@example.com/balcony\",\"time\":1700000000000,\"id\":\"a1\",\"type\":"
         "\"chat\",\"body\":\"Are you there?\",\"otr\":false}",
         "118:k7-Q:QdCL/ZlsondnmstP+zP5lYQTL8JIO8+PWE2aNi6LIvB3jb8COCpn8e7+Eq8zpxrWNjW90lNbcXCgXrr"
         "vibRBJeOzhmj/c0hqxMvGNOZjskXAsB7CAI3GOb4/62P5/9ChGHW2eBHH9ppQkct8Vki6DypaS4a1EFqup8Ob9Z8"
         "VDeU="},
	{"Zz0/",
         "{\"from\":\"juliet@example.com/balcony\",\"time\":1700000001500,\"type\":\"chat\",\"body"
         "\":\"caf\xc3\xa9 \xe2\x9c\x93\"}",
         "91:Zz0/:xjmPXEeWOYhmFLLYdyRsfTx/eCPEXS05FRxP4JggurrV9sl1jBOxdJTAn64052HCHU6TFWRQC6j95d+"
         "SAGV5WEB4Tj1fkE6BqJ2hQqwpwWL/hswn0237fAF9ombm5jIz"},
	{"AAAA", "0123456789abcdef", "16:AAAA:L4Tyz4Sp7jjleh2m2A/UF71AWEnTgHvAxZCLX7t03+o="},
};

static void
test_vectors(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(vectors); i++) {
		g_autofree char *sealed = legacy_cipher_seal(
			vectors[i].salt, USER_KEY, vectors[i].plain, strlen(vectors[i].plain));

		g_assert_cmpstr(sealed, ==, vectors[i].sealed);
	}
}

static void
test_nothing_at_all(void)
{
	g_autofree char *sealed = legacy_cipher_seal("s", "k", "", 0);
	g_auto(GStrv) fields = g_strsplit(sealed, ":", -1);

	g_assert_cmpuint(g_strv_length(fields), ==, 3);
	g_assert_cmpstr(fields[0], ==, "0");
	g_assert_cmpuint(strlen(fields[2]), ==, 24); /* one block of padding */
}

static void
test_keys_and_salts_are_random_text(void)
{
	const char *alphabet = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-/";
	g_autofree char *key = legacy_cipher_make_key();
	g_autofree char *other = legacy_cipher_make_key();
	g_autofree char *salt = legacy_cipher_make_salt();

	g_assert_cmpuint(strlen(key), >=, 22);
	g_assert_cmpuint(strspn(key, alphabet), ==, strlen(key));
	g_assert_cmpstr(key, !=, other);
	g_assert_cmpuint(strlen(salt), >=, 22);
	g_assert_cmpuint(strspn(salt, alphabet), ==, strlen(salt));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/legacy-cipher/vectors", test_vectors);
	g_test_add_func("/legacy-cipher/nothing-at-all", test_nothing_at_all);
	g_test_add_func("/legacy-cipher/keys-and-salts-are-random-text",
	                test_keys_and_salts_are_random_text);
	return g_test_run();
}
