/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign-in/gtalk-mechanism.h"

#include <string.h>

#include "core/gtalk-xml.h"
#include "gtalk.h"
#include "harness/purple-boot.h"

#define JID "ann@talk.example"
#define TOKEN "ya29.a0-_~+/="

typedef struct {
	const char *option;
	const char *offered; /* separated by blanks */
	GTalkSasl expected;
} ChoiceCase;

static const ChoiceCase choice_cases[] = {
	/* automatic: the best token mechanism there is, else the password */
	{"auto", "PLAIN X-GOOGLE-TOKEN", GTALK_SASL_X_GOOGLE_TOKEN},
	{"auto", "PLAIN X-GOOGLE-TOKEN X-OAUTH2", GTALK_SASL_X_OAUTH2},
	{"auto", "OAUTHBEARER PLAIN X-GOOGLE-TOKEN", GTALK_SASL_OAUTHBEARER},
	{"auto", "X-GOOGLE-TOKEN OAUTHBEARER X-OAUTH2", GTALK_SASL_X_OAUTH2},
	{"auto", "PLAIN SCRAM-SHA-1", GTALK_SASL_PASSWORD},
	{"auto", "DIGEST-MD5 CRAM-MD5 EXTERNAL", GTALK_SASL_NONE},
	{"auto", "", GTALK_SASL_NONE},
	/* a token goes by its own mechanism or not at all */
	{"x-oauth2", "PLAIN X-GOOGLE-TOKEN X-OAUTH2", GTALK_SASL_X_OAUTH2},
	{"x-oauth2", "PLAIN X-GOOGLE-TOKEN OAUTHBEARER SCRAM-SHA-1", GTALK_SASL_NONE},
	{"x-oauth2", "x-oauth2 X-OAUTH X-OAUTH22", GTALK_SASL_NONE},
	{"oauthbearer", "X-OAUTH2 OAUTHBEARER", GTALK_SASL_OAUTHBEARER},
	{"oauthbearer", "X-OAUTH2 PLAIN", GTALK_SASL_NONE},
	{"x-google-token", "X-OAUTH2 X-GOOGLE-TOKEN", GTALK_SASL_X_GOOGLE_TOKEN},
	{"x-google-token", "X-OAUTH2 PLAIN", GTALK_SASL_NONE},
	/* a password never goes by a token mechanism */
	{"password", "X-OAUTH2 OAUTHBEARER X-GOOGLE-TOKEN PLAIN", GTALK_SASL_PASSWORD},
	{"password", "X-OAUTH2 SCRAM-SHA-256", GTALK_SASL_PASSWORD},
	{"password", "X-OAUTH2 OAUTHBEARER X-GOOGLE-TOKEN", GTALK_SASL_NONE},
	{"password", "DIGEST-MD5 LOGIN NTLM SCRAM-SHA-1-PLUS", GTALK_SASL_NONE},
	/* what is no option gets nothing */
	{"X-OAUTH2", "X-OAUTH2 PLAIN", GTALK_SASL_NONE},
	{"", "X-OAUTH2 PLAIN", GTALK_SASL_NONE},
};

static void
test_choice(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(choice_cases); i++) {
		const ChoiceCase *row = &choice_cases[i];
		g_auto(GStrv) offered = g_strsplit(row->offered, " ", -1);

		g_test_message("%s: %s", row->option, row->offered);
		g_assert_cmpint(gtalk_mechanism_choose(row->option, (const char *const *)offered),
		                ==, row->expected);
	}
}

static void
test_options(void)
{
	g_assert_true(gtalk_mechanism_is_option(GTALK_MECHANISM_AUTO));
	g_assert_true(gtalk_mechanism_is_option(GTALK_MECHANISM_PASSWORD));
	g_assert_true(gtalk_mechanism_is_option(GTALK_MECHANISM_OAUTHBEARER));
	g_assert_false(gtalk_mechanism_is_option("OAUTHBEARER"));
	g_assert_false(gtalk_mechanism_is_option(""));
	g_assert_false(gtalk_mechanism_is_option(NULL));
	g_assert_false(gtalk_mechanism_may_hold_token(GTALK_MECHANISM_PASSWORD));
	g_assert_true(gtalk_mechanism_may_hold_token(GTALK_MECHANISM_AUTO));
}

static void
assert_response(GTalkSasl sasl, const char *jid, const char *expected, gsize size)
{
	g_autofree char *encoded = gtalk_mechanism_build_response(sasl, jid, TOKEN);
	g_autofree guchar *decoded = NULL;
	gsize decoded_size;

	g_assert_nonnull(encoded);
	decoded = g_base64_decode(encoded, &decoded_size);
	g_assert_cmpmem(decoded, decoded_size, expected, size);
}

#define ASSERT_RESPONSE(sasl, jid, expected)                                                       \
	assert_response(sasl, jid, expected, sizeof(expected) - 1)

static void
test_responses(void)
{
	ASSERT_RESPONSE(GTALK_SASL_X_OAUTH2, JID, "\0" JID "\0" TOKEN);
	ASSERT_RESPONSE(GTALK_SASL_X_GOOGLE_TOKEN, JID, "\0" JID "\0" TOKEN);
	ASSERT_RESPONSE(GTALK_SASL_OAUTHBEARER, JID,
	                "n,a=" JID ",\001auth=Bearer " TOKEN "\001\001");
	ASSERT_RESPONSE(GTALK_SASL_OAUTHBEARER, "a,b=c=,@talk.example",
	                "n,a=a=2Cb=3Dc=3D=2C@talk.example,\001auth=Bearer " TOKEN "\001\001");
	ASSERT_RESPONSE(GTALK_SASL_OAUTHBEARER, "\303\244@talk.example",
	                "n,a=\303\244@talk.example,\001auth=Bearer " TOKEN "\001\001");
}

static void
test_what_cannot_be_carried_is_refused(void)
{
	static const char *const bad_tokens[] = {
		"", "two words", "tok\001en", "tok\nen", "tok\177en", "t\303\266ken", NULL,
	};
	static const char *const bad_jids[] = {"", "ann\001@talk.example", "ann\n", "\377@x", NULL};
	static const GTalkSasl all[] = {GTALK_SASL_X_OAUTH2, GTALK_SASL_OAUTHBEARER,
	                                GTALK_SASL_X_GOOGLE_TOKEN};

	for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
		for (guint j = 0; j < G_N_ELEMENTS(bad_tokens); j++)
			g_assert_null(gtalk_mechanism_build_response(all[i], JID, bad_tokens[j]));
		for (guint j = 0; j < G_N_ELEMENTS(bad_jids); j++)
			g_assert_null(gtalk_mechanism_build_response(all[i], bad_jids[j], TOKEN));
	}
}

static xmlnode *
new_plain_auth(void)
{
	xmlnode *auth = xmlnode_new("auth");

	xmlnode_set_namespace(auth, GTALK_NS_SASL);
	xmlnode_set_attrib(auth, "mechanism", "PLAIN");
	xmlnode_insert_data(auth, "AGFubgBzZWNyZXQ=", -1);
	return auth;
}

static void
assert_rewritten(GTalkSasl sasl, const char *expected)
{
	xmlnode *auth = new_plain_auth();
	g_autofree char *text = NULL;

	gtalk_mechanism_rewrite_auth(auth, sasl, "QUJD");
	text = xmlnode_to_str(auth, NULL);
	g_assert_cmpstr(text, ==, expected);
	xmlnode_free(auth);
}

static void
test_rewriting(void)
{
	assert_rewritten(GTALK_SASL_X_GOOGLE_TOKEN,
	                 "<auth xmlns='" GTALK_NS_SASL "' mechanism='X-GOOGLE-TOKEN'>QUJD</auth>");
	assert_rewritten(GTALK_SASL_OAUTHBEARER,
	                 "<auth xmlns='" GTALK_NS_SASL "' mechanism='OAUTHBEARER'>QUJD</auth>");
	assert_rewritten(GTALK_SASL_X_OAUTH2,
	                 "<auth xmlns='" GTALK_NS_SASL "' mechanism='X-OAUTH2' xmlns:auth='"
	                 "http://www.google.com/talk/protocol/auth' auth:service='oauth2'>QUJD"
	                 "</auth>");
}

static void
test_the_promise_is_made_once(void)
{
	xmlnode *auth = new_plain_auth();
	g_autofree char *text = NULL;

	/* as the inherited protocol may have made it already */
	xmlnode_set_attrib(auth, "xmlns:ga", GTALK_NS_GOOGLE_AUTH);
	xmlnode_set_attrib(auth, "ga:client-uses-full-bind-result", "true");
	gtalk_mechanism_promise_full_bind_result(auth);
	gtalk_mechanism_promise_full_bind_result(auth);
	text = xmlnode_to_str(auth, NULL);
	for (guint i = 0; i < 3; i++) {
		static const char *const once[] = {
			" xmlns:ga='http://www.google.com/talk/protocol/auth'",
			" ga:client-uses-full-bind-result='true'",
			" ga:allow-non-google-login='true'",
		};
		const char *first = strstr(text, once[i]);

		g_assert_nonnull(first);
		g_assert_null(strstr(first + 1, once[i]));
	}
	g_assert_nonnull(strstr(text, ">AGFubgBzZWNyZXQ=<"));
	xmlnode_free(auth);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/gtalk-mechanism/choice", test_choice);
	g_test_add_func("/gtalk-mechanism/options", test_options);
	g_test_add_func("/gtalk-mechanism/responses", test_responses);
	g_test_add_func("/gtalk-mechanism/what-cannot-be-carried-is-refused",
	                test_what_cannot_be_carried_is_refused);
	g_test_add_func("/gtalk-mechanism/rewriting", test_rewriting);
	g_test_add_func("/gtalk-mechanism/the-promise-is-made-once", test_the_promise_is_made_once);
	return g_test_run();
}
