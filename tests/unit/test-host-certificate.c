/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "host-certificate.h"

static const guint8 test_digest[] = {0x00, 0xab, 0xcd, 0x0f};

static void
test_pins(void)
{
	static const char *const good[] = {"00abcd0f", "00ABCD0F", "00:ab:cd:0f", "00:AB:CD:0F"};
	static const char *const bad[] = {"",          "00",        "00abcd0e",  "00abcd0f00",
	                                  "00abcd0",   "00abcd0fx", "0 0abcd0f", "xxxxxxxx",
	                                  "00abcd0f:", "::::::::::"};

	for (guint i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(
			host_certificate_pin_matches(good[i], test_digest, sizeof test_digest));
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(
			host_certificate_pin_matches(bad[i], test_digest, sizeof test_digest));
}

static void
test_sentences_name_host_and_cause(void)
{
	static const struct {
		PurpleCertificateInvalidityFlags flags;
		const char *cause;
	} cases[] = {
		{PURPLE_CERTIFICATE_EXPIRED, "expired"},
		{PURPLE_CERTIFICATE_NOT_ACTIVATED, "not valid yet"},
		{PURPLE_CERTIFICATE_NAME_MISMATCH, "not issued for"},
		{PURPLE_CERTIFICATE_SELF_SIGNED, "signed by itself"},
		{PURPLE_CERTIFICATE_CA_UNKNOWN, "authority"},
		{PURPLE_CERTIFICATE_REVOKED, "revoked"},
		{PURPLE_CERTIFICATE_INVALID_CHAIN, "chain"},
		{PURPLE_CERTIFICATE_CA_UNKNOWN | PURPLE_CERTIFICATE_EXPIRED, "expired"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *sentence =
			host_certificate_describe(cases[i].flags, "talk.example");

		g_assert_nonnull(strstr(sentence, cases[i].cause));
		g_assert_nonnull(strstr(sentence, "talk.example"));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host-certificate/pins", test_pins);
	g_test_add_func("/host-certificate/sentences", test_sentences_name_host_and_cause);
	return g_test_run();
}
