/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign-in/gtalk-failure.h"

#include <string.h>

#include "harness/purple-boot.h"

#define SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"

typedef struct {
	const char *content; /* of <failure/> */
	PurpleConnectionError reason;
	const char *condition;
	const char *said;
	const char *token_text; /* a part of what is told to the owner of a token */
} FailureCase;

static const FailureCase failure_cases[] = {
	{"<not-authorized/>", PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED, "not-authorized", NULL,
         "refused the token"},
	{"<not-authorized/><text>Token has expired</text>",
         PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED, "not-authorized", "Token has expired",
         "(The server says: Token has expired)"},
	{"<text>Too late</text><credentials-expired/>",
         PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED, "credentials-expired", "Too late",
         "has expired"},
	{"<account-disabled/>", PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED, "account-disabled",
         NULL, "disabled"},
	/* the only one that is worth another try by itself */
	{"<temporary-auth-failure/>", PURPLE_CONNECTION_ERROR_NETWORK_ERROR,
         "temporary-auth-failure", NULL, "at the moment"},
	{"<encryption-required/>", PURPLE_CONNECTION_ERROR_ENCRYPTION_ERROR, "encryption-required",
         NULL, "encrypted"},
	{"<mechanism-too-weak/>", PURPLE_CONNECTION_ERROR_AUTHENTICATION_IMPOSSIBLE,
         "mechanism-too-weak", NULL, "such a token"},
	{"<invalid-mechanism/>", PURPLE_CONNECTION_ERROR_AUTHENTICATION_IMPOSSIBLE,
         "invalid-mechanism", NULL, "had offered"},
	{"<invalid-authzid/>", PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED, "invalid-authzid",
         NULL, "another user"},
	/* odd ones */
	{"", PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED, "", NULL, "refused the token"},
	{"<bad-auth/>", PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED, "bad-auth", NULL,
         "refused the token"},
	{"<not-authorized/><text></text>", PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
         "not-authorized", NULL, "refused the token"},
	{"<not-authorized/><text> one\ntwo\tthree\342\200\250four </text><text>again</text>",
         PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED, "not-authorized", "one two three four",
         "one two three four"},
};

static void
parse(const char *content, GTalkFailure *out)
{
	g_autofree char *text = g_strdup_printf("<failure " SASL ">%s</failure>", content);
	xmlnode *failure = xmlnode_from_str(text, -1);

	g_assert_nonnull(failure);
	gtalk_failure_parse(failure, out);
	xmlnode_free(failure);
}

static void
test_conditions(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(failure_cases); i++) {
		const FailureCase *row = &failure_cases[i];
		GTalkFailure failure;
		g_autofree char *text = NULL;

		g_test_message("%s", row->content);
		parse(row->content, &failure);
		g_assert_cmpint(failure.reason, ==, row->reason);
		g_assert_cmpstr(failure.condition, ==, row->condition);
		g_assert_cmpstr(failure.said, ==, row->said);
		text = gtalk_failure_dup_text(&failure, GTALK_SECRET_TOKEN);
		g_assert_nonnull(strstr(text, row->token_text));
		gtalk_failure_clear(&failure);
	}
}

static void
test_a_password_is_called_a_password(void)
{
	GTalkFailure failure;
	g_autofree char *text = NULL;

	parse("<not-authorized/>", &failure);
	text = gtalk_failure_dup_text(&failure, GTALK_SECRET_PASSWORD);
	g_assert_nonnull(strstr(text, "password"));
	g_assert_null(strstr(text, "token"));
	gtalk_failure_clear(&failure);
}

static void
test_a_long_speech_is_cut(void)
{
	GTalkFailure failure;
	g_autofree char *long_text = g_strnfill(100000, 'x');
	g_autofree char *content =
		g_strdup_printf("<not-authorized/><text>\303\244%s</text>", long_text);

	parse(content, &failure);
	g_assert_cmpint(g_utf8_strlen(failure.said, -1), ==, 200);
	g_assert_true(g_utf8_validate(failure.said, -1, NULL));
	gtalk_failure_clear(&failure);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/gtalk-failure/conditions", test_conditions);
	g_test_add_func("/gtalk-failure/a-password-is-called-a-password",
	                test_a_password_is_called_a_password);
	g_test_add_func("/gtalk-failure/a-long-speech-is-cut", test_a_long_speech_is_cut);
	return g_test_run();
}
