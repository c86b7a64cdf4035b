/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "sign-in/gtalk-token-answer.h"

#include <string.h>

typedef struct {
	guint status;
	const char *body;
	GTalkTokenProblem problem;
	const char *token;
	const char *more; /* refresh token, SID or captcha, as the kind of answer has it */
	guint lifetime_s;
} AnswerCase;

static const AnswerCase client_login_cases[] = {
	{200, "SID=s\nLSID=l\nAuth=a-token\n", GTALK_TOKEN_PROBLEM_NONE, "a-token", "s", 0},
	{200, "SID=s\r\nLSID=l\r\n", GTALK_TOKEN_PROBLEM_NONE, NULL, "s", 0},
	{200, "Auth=one=two==\n", GTALK_TOKEN_PROBLEM_NONE, "one=two==", NULL, 0},
	{200, "Auth=last-one-counts\nAuth=this\n", GTALK_TOKEN_PROBLEM_NONE, "this", NULL, 0},
	{200, "SID=s\n", GTALK_TOKEN_PROBLEM_GARBLED, NULL, "s", 0},
	{200, "Auth=\n", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "Auth=with blank\n", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "Auth=not\001visible\n", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "<html>Auth=no</html>\n", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{403, "Error=BadAuthentication\n", GTALK_TOKEN_PROBLEM_SECRET, NULL, NULL, 0},
	{403, "Error=BadAuthentication\nInfo=InvalidSecondFactor\n",
         GTALK_TOKEN_PROBLEM_SECOND_FACTOR, NULL, NULL, 0},
	{403, "Info=InvalidSecondFactor\nError=BadAuthentication\n",
         GTALK_TOKEN_PROBLEM_SECOND_FACTOR, NULL, NULL, 0},
	{403, "Error=BadAuthentication\nInfo=WebLoginRequired\n", GTALK_TOKEN_PROBLEM_BROWSER, NULL,
         NULL, 0},
	{403, "Error=CaptchaRequired\nCaptchaToken=c\nCaptchaUrl=Captcha?c\n",
         GTALK_TOKEN_PROBLEM_CAPTCHA, NULL, "c", 0},
	{403, "Error=CaptchaRequired\n", GTALK_TOKEN_PROBLEM_BROWSER, NULL, NULL, 0},
	{403, "Error=NotVerified\n", GTALK_TOKEN_PROBLEM_BROWSER, NULL, NULL, 0},
	{403, "Error=AccountDeleted\n", GTALK_TOKEN_PROBLEM_DISABLED, NULL, NULL, 0},
	{403, "Error=ServiceDisabled\n", GTALK_TOKEN_PROBLEM_SERVICE, NULL, NULL, 0},
	{403, "Error=ServiceUnavailable\n", GTALK_TOKEN_PROBLEM_BUSY, NULL, NULL, 0},
	{403, "Error=Unknown\n", GTALK_TOKEN_PROBLEM_BUSY, NULL, NULL, 0},
	{403, "Error=NeverHeardOf\n", GTALK_TOKEN_PROBLEM_SECRET, NULL, NULL, 0},
	/* a refusal is one, whatever stands beside it */
	{403, "Auth=a-token\n", GTALK_TOKEN_PROBLEM_SECRET, "a-token", NULL, 0},
	{302, "", GTALK_TOKEN_PROBLEM_ELSEWHERE, NULL, NULL, 0},
	{404, "<html/>", GTALK_TOKEN_PROBLEM_ELSEWHERE, NULL, NULL, 0},
	{429, "", GTALK_TOKEN_PROBLEM_BUSY, NULL, NULL, 0},
	{503, "", GTALK_TOKEN_PROBLEM_BUSY, NULL, NULL, 0},
	{400, "", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
};

static const AnswerCase issued_cases[] = {
	{200, "a-token\n", GTALK_TOKEN_PROBLEM_NONE, "a-token", NULL, 0},
	{200, "a-token", GTALK_TOKEN_PROBLEM_NONE, "a-token", NULL, 0},
	{200, "a-token\r\nsomething else\r\n", GTALK_TOKEN_PROBLEM_NONE, "a-token", NULL, 0},
	{200, "\na-token\n", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "<html> <body>\n", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{403, "Error=BadAuthentication\n", GTALK_TOKEN_PROBLEM_SECRET, NULL, NULL, 0},
	{500, "a-token\n", GTALK_TOKEN_PROBLEM_BUSY, NULL, NULL, 0},
};

static const AnswerCase oauth_cases[] = {
	{200,
         "{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":3600,"
         "\"refresh_token\":\"r\"}",
         GTALK_TOKEN_PROBLEM_NONE, "t", "r", 3600},
	{200, "{\"access_token\":\"t\",\"token_type\":\"bearer\"}", GTALK_TOKEN_PROBLEM_NONE, "t",
         NULL, 0},
	{200, "{\"access_token\":\"t\",\"expires_in\":\"300\"}", GTALK_TOKEN_PROBLEM_NONE, "t",
         NULL, 300},
	{200, "{\"access_token\":\"t\",\"expires_in\":-1}", GTALK_TOKEN_PROBLEM_NONE, "t", NULL, 0},
	{200, "{\"access_token\":\"t\",\"expires_in\":1e99}", GTALK_TOKEN_PROBLEM_NONE, "t", NULL,
         0},
	{200, "{\"access_token\":\"t\",\"expires_in\":9223372036854775807}",
         GTALK_TOKEN_PROBLEM_NONE, "t", NULL, 366 * 86400},
	{200, "{\"access_token\":\"t\",\"token_type\":\"mac\"}", GTALK_TOKEN_PROBLEM_GARBLED, NULL,
         NULL, 0},
	{200, "{\"access_token\":\"\"}", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "{\"access_token\":\"a b\"}", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "{\"access_token\":7}", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "{\"access_token\":[\"t\"]}", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "[\"access_token\"]", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "{\"access_token\":\"t\"", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "null", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "\"\377\"", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{200, "{\"error\":\"invalid_grant\",\"access_token\":\"t\"}", GTALK_TOKEN_PROBLEM_SECRET,
         "t", NULL, 0},
	{400, "{\"error\":\"invalid_grant\"}", GTALK_TOKEN_PROBLEM_SECRET, NULL, NULL, 0},
	{401, "{\"error\":\"invalid_client\"}", GTALK_TOKEN_PROBLEM_CLIENT, NULL, NULL, 0},
	{400, "{\"error\":\"invalid_scope\"}", GTALK_TOKEN_PROBLEM_SCOPE, NULL, NULL, 0},
	{400, "{\"error\":\"unsupported_grant_type\"}", GTALK_TOKEN_PROBLEM_UNSUPPORTED, NULL, NULL,
         0},
	{403, "{\"error\":\"mfa_required\"}", GTALK_TOKEN_PROBLEM_SECOND_FACTOR, NULL, NULL, 0},
	{400, "{\"error\":\"temporarily_unavailable\"}", GTALK_TOKEN_PROBLEM_BUSY, NULL, NULL, 0},
	{400, "{\"error\":{}}", GTALK_TOKEN_PROBLEM_GARBLED, NULL, NULL, 0},
	{401, "", GTALK_TOKEN_PROBLEM_SECRET, NULL, NULL, 0},
	{502, "<html/>", GTALK_TOKEN_PROBLEM_BUSY, NULL, NULL, 0},
};

static void
test_client_login(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(client_login_cases); i++) {
		const AnswerCase *c = &client_login_cases[i];
		GTalkTokenAnswer answer;

		g_test_message("case %" G_GSIZE_FORMAT, i);
		gtalk_token_answer_parse_client_login(c->status, c->body, &answer);
		g_assert_cmpint(answer.problem, ==, c->problem);
		g_assert_cmpstr(answer.token, ==, c->token);
		g_assert_cmpstr(c->problem == GTALK_TOKEN_PROBLEM_CAPTCHA ? answer.captcha_id
		                                                          : answer.sid,
		                ==, c->more);
		gtalk_token_answer_clear(&answer);
	}
}

static void
test_issued(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(issued_cases); i++) {
		const AnswerCase *c = &issued_cases[i];
		GTalkTokenAnswer answer;

		g_test_message("case %" G_GSIZE_FORMAT, i);
		gtalk_token_answer_parse_issued(c->status, c->body, &answer);
		g_assert_cmpint(answer.problem, ==, c->problem);
		g_assert_cmpstr(answer.token, ==, c->token);
		gtalk_token_answer_clear(&answer);
	}
}

static void
test_oauth(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(oauth_cases); i++) {
		const AnswerCase *c = &oauth_cases[i];
		GTalkTokenAnswer answer;

		g_test_message("case %" G_GSIZE_FORMAT, i);
		gtalk_token_answer_parse_oauth(c->status, c->body, &answer);
		g_assert_cmpint(answer.problem, ==, c->problem);
		g_assert_cmpstr(answer.token, ==, c->token);
		g_assert_cmpstr(answer.refresh_token, ==, c->more);
		g_assert_cmpuint(answer.lifetime_s, ==, c->lifetime_s);
		gtalk_token_answer_clear(&answer);
	}
}

/* The parser behind it recurses; this would end the program. */
static void
test_oauth_deep(void)
{
	g_autofree char *body = g_strnfill(GTALK_TOKEN_ANSWER_MAX_BYTES, '[');
	GTalkTokenAnswer answer;

	gtalk_token_answer_parse_oauth(200, body, &answer);
	g_assert_cmpint(answer.problem, ==, GTALK_TOKEN_PROBLEM_GARBLED);
	gtalk_token_answer_clear(&answer);
}

static void
test_a_token_too_long(void)
{
	g_autofree char *token = g_strnfill(8193, 'x');
	GTalkTokenAnswer answer;

	gtalk_token_answer_parse_issued(200, token, &answer);
	g_assert_cmpint(answer.problem, ==, GTALK_TOKEN_PROBLEM_GARBLED);
	gtalk_token_answer_clear(&answer);
	token[8192] = '\0';
	gtalk_token_answer_parse_issued(200, token, &answer);
	g_assert_cmpint(answer.problem, ==, GTALK_TOKEN_PROBLEM_NONE);
	gtalk_token_answer_clear(&answer);
}

static void
test_words(void)
{
	for (int problem = GTALK_TOKEN_PROBLEM_NONE + 1; problem < GTALK_TOKEN_N_PROBLEMS;
	     problem++) {
		const GTalkTokenAnswer answer = {.problem = problem};
		g_autofree char *text = gtalk_token_answer_dup_text(
			&answer, GTALK_TOKEN_FROM_PASSWORD, "login.example");

		g_assert_nonnull(strstr(text, "login.example"));
		g_assert_null(strchr(text, '%'));
	}
}

/* Only what may pass by itself is worth the automatic retry of a network error. */
static void
test_reasons(void)
{
	for (int problem = GTALK_TOKEN_PROBLEM_NONE + 1; problem < GTALK_TOKEN_N_PROBLEMS;
	     problem++) {
		const GTalkTokenAnswer answer = {.problem = problem};
		gboolean passes = problem == GTALK_TOKEN_PROBLEM_BUSY ||
		                  problem == GTALK_TOKEN_PROBLEM_UNREACHABLE;

		g_assert_true(purple_connection_error_is_fatal(
				      gtalk_token_answer_get_reason(&answer)) == !passes);
	}
}

static void
test_the_services_own_words(void)
{
	GTalkTokenAnswer answer;
	g_autofree char *text = NULL;

	gtalk_token_answer_parse_oauth(400,
	                               "{\"error\":\"invalid_grant\",\"error_description\":"
	                               "\" Call\\nVerona \\u00e4 100%s\"}",
	                               &answer);
	g_assert_cmpstr(answer.said, ==, "Call Verona \303\244 100%s");
	text = gtalk_token_answer_dup_text(&answer, GTALK_TOKEN_FROM_REFRESH_TOKEN, "h");
	g_assert_nonnull(strstr(text, "refresh token"));
	g_assert_nonnull(strstr(text, "Call Verona \303\244 100%s"));
	gtalk_token_answer_clear(&answer);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gtalk-token-answer/client-login", test_client_login);
	g_test_add_func("/gtalk-token-answer/issued", test_issued);
	g_test_add_func("/gtalk-token-answer/oauth", test_oauth);
	g_test_add_func("/gtalk-token-answer/oauth-deep", test_oauth_deep);
	g_test_add_func("/gtalk-token-answer/a-token-too-long", test_a_token_too_long);
	g_test_add_func("/gtalk-token-answer/words", test_words);
	g_test_add_func("/gtalk-token-answer/reasons", test_reasons);
	g_test_add_func("/gtalk-token-answer/the-services-own-words", test_the_services_own_words);
	return g_test_run();
}
