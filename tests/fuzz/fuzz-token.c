/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a token service answers. The first byte chooses the kind of answer and the status of HTTP.
 */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "sign-in/gtalk-token-answer.h"
#include "sign-in/gtalk-token-settings.h"

static const guint fuzz_statuses[] = {200, 302, 400, 401, 403, 404, 429, 503};

static void (*const fuzz_parsers[])(guint, const char *, GTalkTokenAnswer *) = {
	gtalk_token_answer_parse_client_login,
	gtalk_token_answer_parse_issued,
	gtalk_token_answer_parse_oauth,
};

static void
fuzz_check_secret(const char *secret)
{
	g_assert_cmpuint(strlen(secret), >, 0);
	for (; *secret != '\0'; secret++)
		g_assert_true(g_ascii_isgraph(*secret));
}

static void
fuzz_check_picture(const char *url)
{
	const GTalkTokenSettings settings = {.url = (char *)"https://login.example",
	                                     .host = (char *)"login.example"};
	g_autofree char *picture = gtalk_token_settings_dup_picture(&settings, url);

	g_assert_true(picture == NULL || g_str_has_prefix(picture, "https:"));
}

static void
fuzz_check(const GTalkTokenAnswer *answer)
{
	const char *secrets[] = {answer->token, answer->refresh_token, answer->sid, answer->lsid,
	                         answer->captcha_id};

	for (guint i = 0; i < G_N_ELEMENTS(secrets); i++) {
		if (secrets[i] != NULL)
			fuzz_check_secret(secrets[i]);
	}
	if (answer->captcha_url != NULL)
		fuzz_check_picture(answer->captcha_url);
	g_assert_true(answer->said == NULL || g_utf8_validate(answer->said, -1, NULL));
	if (answer->problem == GTALK_TOKEN_PROBLEM_NONE)
		g_assert_true(answer->token != NULL ||
		              (answer->sid != NULL && answer->lsid != NULL));
	else
		g_free(gtalk_token_answer_dup_text(answer, GTALK_TOKEN_FROM_PASSWORD, "host"));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autofree char *body = NULL;
	GTalkTokenAnswer answer;

	if (size == 0 || size > GTALK_TOKEN_ANSWER_MAX_BYTES)
		return 0;
	body = g_strndup((const char *)data + 1, size - 1);
	fuzz_parsers[data[0] % G_N_ELEMENTS(fuzz_parsers)](
		fuzz_statuses[data[0] / G_N_ELEMENTS(fuzz_parsers) % G_N_ELEMENTS(fuzz_statuses)],
		body, &answer);
	fuzz_check(&answer);
	gtalk_token_answer_clear(&answer);
	return 0;
}
