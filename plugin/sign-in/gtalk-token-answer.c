/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-token-answer.h"

#include <string.h>

#include <json-glib/json-glib.h>

#include "core/gtalk-i18n.h"
#include "gtalk-mechanism.h"

#define GTALK_TOKEN_SAID_MAX_CHARS 200 /* a line or two in an error message */
#define GTALK_TOKEN_MAX_BYTES 8192     /* some services pack whole documents into a token */
#define GTALK_TOKEN_LINES_MAX 64
#define GTALK_TOKEN_JSON_DEPTH_MAX 8              /* the parser recurses */
#define GTALK_TOKEN_LIFETIME_MAX_S (366 * 86400u) /* beyond, somebody miscounted */

/* ---- Parts ---------------------------------------------------------------------------------- */

static gboolean
gtalk_token_answer_is_token(const char *text)
{
	gsize length = strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS
	                      "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

	return length > 0 && length <= GTALK_TOKEN_MAX_BYTES && text[length] == '\0';
}

/* Replaces *@member. What is no token counts as none. */
static void
gtalk_token_answer_take_token(char **member, const char *value)
{
	gtalk_mechanism_free_secret(*member);
	*member = gtalk_token_answer_is_token(value) ? g_strdup(value) : NULL;
}

static void
gtalk_token_answer_take_words(char **member, const char *value)
{
	g_autofree char *valid = g_utf8_make_valid(value, -1);
	GString *line = g_string_new(NULL);
	glong n_chars = 0;

	for (const char *p = valid; *p != '\0' && n_chars < GTALK_TOKEN_SAID_MAX_CHARS;
	     p = g_utf8_next_char(p), n_chars++) {
		gunichar c = g_utf8_get_char(p);

		g_string_append_unichar(line, g_unichar_isprint(c) ? c : ' ');
	}
	g_free(*member);
	*member = g_strstrip(g_string_free(line, FALSE));
	if (**member == '\0')
		g_clear_pointer(member, g_free);
}

/* What the status alone tells when the body tells nothing. */
static GTalkTokenProblem
gtalk_token_answer_judge_status(guint status)
{
	if (status == 429 || status >= 500)
		return GTALK_TOKEN_PROBLEM_BUSY;
	if ((status >= 300 && status < 400) || status == 404 || status == 405 || status == 410)
		return GTALK_TOKEN_PROBLEM_ELSEWHERE;
	if (status == 401 || status == 403)
		return GTALK_TOKEN_PROBLEM_SECRET;
	return GTALK_TOKEN_PROBLEM_GARBLED;
}

static gboolean
gtalk_token_answer_is_success(guint status)
{
	return status >= 200 && status < 300;
}

typedef struct {
	const char *code;
	GTalkTokenProblem problem;
} GTalkTokenCode;

static GTalkTokenProblem
gtalk_token_answer_find_problem(const GTalkTokenCode *codes, const char *code,
                                GTalkTokenProblem otherwise)
{
	for (; codes->code != NULL; codes++) {
		if (g_str_equal(codes->code, code))
			return codes->problem;
	}
	return otherwise;
}

/* ---- ClientLogin ---------------------------------------------------------------------------- */

static const GTalkTokenCode gtalk_token_client_login_codes[] = {
	{"BadAuthentication", GTALK_TOKEN_PROBLEM_SECRET},
	{"CaptchaRequired", GTALK_TOKEN_PROBLEM_CAPTCHA},
	{"NotVerified", GTALK_TOKEN_PROBLEM_BROWSER},
	{"TermsNotAgreed", GTALK_TOKEN_PROBLEM_BROWSER},
	{"WebLoginRequired", GTALK_TOKEN_PROBLEM_BROWSER},
	{"AccountDeleted", GTALK_TOKEN_PROBLEM_DISABLED},
	{"AccountDisabled", GTALK_TOKEN_PROBLEM_DISABLED},
	{"ServiceDisabled", GTALK_TOKEN_PROBLEM_SERVICE},
	{"ServiceUnavailable", GTALK_TOKEN_PROBLEM_BUSY},
	{NULL, GTALK_TOKEN_PROBLEM_NONE},
};

/* Beside "BadAuthentication". */
static const GTalkTokenCode gtalk_token_client_login_infos[] = {
	{"InvalidSecondFactor", GTALK_TOKEN_PROBLEM_SECOND_FACTOR},
	{"WebLoginRequired", GTALK_TOKEN_PROBLEM_BROWSER},
	{NULL, GTALK_TOKEN_PROBLEM_NONE},
};

static void
gtalk_token_answer_take_error(GTalkTokenAnswer *out, const char *code)
{
	/* "Info" may have come first, and knows more. */
	if (out->problem != GTALK_TOKEN_PROBLEM_NONE)
		return;
	out->problem = gtalk_token_answer_find_problem(gtalk_token_client_login_codes, code,
	                                               GTALK_TOKEN_PROBLEM_SECRET);
	if (g_str_equal(code, "Unknown"))
		out->problem = GTALK_TOKEN_PROBLEM_BUSY;
}

static void
gtalk_token_answer_take_line(GTalkTokenAnswer *out, const char *name, const char *value)
{
	if (g_str_equal(name, "Auth"))
		gtalk_token_answer_take_token(&out->token, value);
	else if (g_str_equal(name, "SID"))
		gtalk_token_answer_take_token(&out->sid, value);
	else if (g_str_equal(name, "LSID"))
		gtalk_token_answer_take_token(&out->lsid, value);
	else if (g_str_equal(name, "CaptchaToken"))
		gtalk_token_answer_take_token(&out->captcha_id, value);
	else if (g_str_equal(name, "CaptchaUrl"))
		gtalk_token_answer_take_token(&out->captcha_url, value);
	else if (g_str_equal(name, "Error"))
		gtalk_token_answer_take_error(out, value);
	else if (g_str_equal(name, "Info"))
		out->problem = gtalk_token_answer_find_problem(gtalk_token_client_login_infos,
		                                               value, out->problem);
}

/* Calls gtalk_token_answer_take_line() for each "Name=value". */
static void
gtalk_token_answer_take_lines(GTalkTokenAnswer *out, const char *body)
{
	for (guint i = 0; *body != '\0' && i < GTALK_TOKEN_LINES_MAX; i++) {
		gsize length = strcspn(body, "\r\n");
		char *line = g_strndup(body, length);
		char *value = strchr(line, '=');

		if (value != NULL) {
			*value = '\0';
			gtalk_token_answer_take_line(out, line, value + 1);
		}
		explicit_bzero(line, length);
		g_free(line);
		body += length;
		body += strspn(body, "\r\n");
	}
}

void
gtalk_token_answer_parse_client_login(guint status, const char *body, GTalkTokenAnswer *out)
{
	memset(out, 0, sizeof(*out));
	gtalk_token_answer_take_lines(out, body);
	if (!gtalk_token_answer_is_success(status)) {
		if (out->problem == GTALK_TOKEN_PROBLEM_NONE)
			out->problem = gtalk_token_answer_judge_status(status);
	} else if (out->token == NULL && (out->sid == NULL || out->lsid == NULL)) {
		if (out->problem == GTALK_TOKEN_PROBLEM_NONE)
			out->problem = GTALK_TOKEN_PROBLEM_GARBLED;
	} else {
		out->problem = GTALK_TOKEN_PROBLEM_NONE;
	}
	if (out->problem == GTALK_TOKEN_PROBLEM_CAPTCHA && out->captcha_id == NULL)
		out->problem = GTALK_TOKEN_PROBLEM_BROWSER;
}

void
gtalk_token_answer_parse_issued(guint status, const char *body, GTalkTokenAnswer *out)
{
	gsize length = strcspn(body, "\r\n");
	char *line = g_strndup(body, length);

	memset(out, 0, sizeof(*out));
	if (gtalk_token_answer_is_success(status))
		gtalk_token_answer_take_token(&out->token, line);
	else
		out->problem = gtalk_token_answer_judge_status(status);
	if (gtalk_token_answer_is_success(status) && out->token == NULL)
		out->problem = GTALK_TOKEN_PROBLEM_GARBLED;
	gtalk_mechanism_free_secret(line);
}

/* ---- OAuth 2.0 ------------------------------------------------------------------------------ */

static const GTalkTokenCode gtalk_token_oauth_codes[] = {
	{"invalid_grant", GTALK_TOKEN_PROBLEM_SECRET},
	{"access_denied", GTALK_TOKEN_PROBLEM_SECRET},
	{"invalid_client", GTALK_TOKEN_PROBLEM_CLIENT},
	{"unauthorized_client", GTALK_TOKEN_PROBLEM_CLIENT},
	{"invalid_scope", GTALK_TOKEN_PROBLEM_SCOPE},
	{"unsupported_grant_type", GTALK_TOKEN_PROBLEM_UNSUPPORTED},
	{"invalid_request", GTALK_TOKEN_PROBLEM_UNSUPPORTED},
	{"mfa_required", GTALK_TOKEN_PROBLEM_SECOND_FACTOR},
	{"interaction_required", GTALK_TOKEN_PROBLEM_BROWSER},
	{"consent_required", GTALK_TOKEN_PROBLEM_BROWSER},
	{"login_required", GTALK_TOKEN_PROBLEM_BROWSER},
	{"account_disabled", GTALK_TOKEN_PROBLEM_DISABLED},
	{"server_error", GTALK_TOKEN_PROBLEM_BUSY},
	{"temporarily_unavailable", GTALK_TOKEN_PROBLEM_BUSY},
	{NULL, GTALK_TOKEN_PROBLEM_NONE},
};

/* Whether the parser would stay shallow. Brackets within strings count too: no real answer has
 * that many. */
static gboolean
gtalk_token_answer_is_shallow(const char *body)
{
	int depth = 0;

	for (; *body != '\0' && depth <= GTALK_TOKEN_JSON_DEPTH_MAX; body++) {
		if (*body == '{' || *body == '[')
			depth++;
		else if (*body == '}' || *body == ']')
			depth--;
	}
	return *body == '\0';
}

/* NULL if there is no such member, or it is no string. */
static const char *
gtalk_token_answer_get_string(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node != NULL && json_node_get_value_type(node) == G_TYPE_STRING
	               ? json_node_get_string(node)
	               : NULL;
}

/* A number, as RFC 6749 has it, or one in a string, as some services do. */
static guint
gtalk_token_answer_get_lifetime(JsonObject *object)
{
	JsonNode *node = json_object_get_member(object, "expires_in");
	const char *text = gtalk_token_answer_get_string(object, "expires_in");
	guint64 seconds = 0;

	if (text != NULL)
		return g_ascii_string_to_unsigned(text, 10, 0, GTALK_TOKEN_LIFETIME_MAX_S, &seconds,
		                                  NULL)
		               ? (guint)seconds
		               : 0;
	if (node == NULL || json_node_get_value_type(node) != G_TYPE_INT64 ||
	    json_node_get_int(node) < 0)
		return 0;
	return (guint)MIN(json_node_get_int(node), GTALK_TOKEN_LIFETIME_MAX_S);
}

static void
gtalk_token_answer_take_object(GTalkTokenAnswer *out, JsonObject *object)
{
	const char *token = gtalk_token_answer_get_string(object, "access_token");
	const char *refresh = gtalk_token_answer_get_string(object, "refresh_token");
	const char *type = gtalk_token_answer_get_string(object, "token_type");
	const char *error = gtalk_token_answer_get_string(object, "error");
	const char *words = gtalk_token_answer_get_string(object, "error_description");

	if (error != NULL)
		out->problem = gtalk_token_answer_find_problem(gtalk_token_oauth_codes, error,
		                                               GTALK_TOKEN_PROBLEM_SECRET);
	if (error != NULL && words != NULL)
		gtalk_token_answer_take_words(&out->said, words);
	/* Another type would have to be used in another way (RFC 6749, 7.1). */
	if (token != NULL && (type == NULL || g_ascii_strcasecmp(type, "bearer") == 0))
		gtalk_token_answer_take_token(&out->token, token);
	if (refresh != NULL)
		gtalk_token_answer_take_token(&out->refresh_token, refresh);
	out->lifetime_s = gtalk_token_answer_get_lifetime(object);
}

void
gtalk_token_answer_parse_oauth(guint status, const char *body, GTalkTokenAnswer *out)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root = NULL;

	memset(out, 0, sizeof(*out));
	if (gtalk_token_answer_is_shallow(body) && g_utf8_validate(body, -1, NULL) &&
	    json_parser_load_from_data(parser, body, -1, NULL))
		root = json_parser_get_root(parser);
	if (root != NULL && JSON_NODE_HOLDS_OBJECT(root))
		gtalk_token_answer_take_object(out, json_node_get_object(root));
	if (out->problem != GTALK_TOKEN_PROBLEM_NONE)
		return;
	if (!gtalk_token_answer_is_success(status))
		out->problem = gtalk_token_answer_judge_status(status);
	else if (out->token == NULL)
		out->problem = GTALK_TOKEN_PROBLEM_GARBLED;
}

void
gtalk_token_answer_clear(GTalkTokenAnswer *self)
{
	g_clear_pointer(&self->token, gtalk_mechanism_free_secret);
	g_clear_pointer(&self->refresh_token, gtalk_mechanism_free_secret);
	g_clear_pointer(&self->sid, gtalk_mechanism_free_secret);
	g_clear_pointer(&self->lsid, gtalk_mechanism_free_secret);
	g_clear_pointer(&self->captcha_id, gtalk_mechanism_free_secret);
	g_clear_pointer(&self->captcha_url, gtalk_mechanism_free_secret);
	g_clear_pointer(&self->said, g_free);
}

/* ---- Words ---------------------------------------------------------------------------------- */

typedef struct {
	PurpleConnectionError reason;
	const char *text; /* with the service's host */
} GTalkTokenProblemRow;

/* TRANSLATORS: a token service hands out tokens, with which an account signs in instead of with its
 * password. %s is the service's host name, such as "login.example.org". */
static const GTalkTokenProblemRow gtalk_token_problem_rows[GTALK_TOKEN_N_PROBLEMS] = {
	[GTALK_TOKEN_PROBLEM_SECRET] = {PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
                                        N_("The token service %s refused the user name or the "
                                           "password.")},
	[GTALK_TOKEN_PROBLEM_SECOND_FACTOR] =
		{PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
                 N_("The account uses two-step verification, which %s cannot ask for here. Make a "
                    "password for this program alone (an application password) where the account "
                    "is managed, and enter that one.")},
	[GTALK_TOKEN_PROBLEM_CAPTCHA] =
		{PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
                 N_("The token service %s wants to know whether a human is signing in, and got no "
                    "answer. Sign in to the account once in a web browser, then try again.")},
	[GTALK_TOKEN_PROBLEM_DISABLED] = {PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
                                          N_("The token service %s says that the account is "
                                             "disabled or no longer exists.")},
	[GTALK_TOKEN_PROBLEM_BROWSER] =
		{PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
                 N_("The token service %s wants something confirmed first. Sign in to the account "
                    "once in a web browser, follow what is asked there, then try again.")},
	[GTALK_TOKEN_PROBLEM_SERVICE] = {PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
                                         N_("The token service %s says that the account may not "
                                            "use this service.")},
	[GTALK_TOKEN_PROBLEM_CLIENT] =
		{PURPLE_CONNECTION_ERROR_INVALID_SETTINGS,
                 N_("The token service %s does not know the client id, or does not let it get "
                    "tokens this way. Correct it in the account's settings.")},
	[GTALK_TOKEN_PROBLEM_SCOPE] =
		{PURPLE_CONNECTION_ERROR_INVALID_SETTINGS,
                 N_("The token service %s does not give tokens for the scope in the account's "
                    "settings. Correct it there.")},
	[GTALK_TOKEN_PROBLEM_UNSUPPORTED] =
		{PURPLE_CONNECTION_ERROR_INVALID_SETTINGS,
                 N_("The token service %s does not give tokens this way. Choose another kind of "
                    "token service in the account's settings.")},
	[GTALK_TOKEN_PROBLEM_BUSY] = {PURPLE_CONNECTION_ERROR_NETWORK_ERROR,
                                      N_("The token service %s cannot help at the moment.")},
	[GTALK_TOKEN_PROBLEM_ELSEWHERE] =
		{PURPLE_CONNECTION_ERROR_INVALID_SETTINGS,
                 N_("At the token service's address at %s there is none. Correct it in the "
                    "account's settings.")},
	[GTALK_TOKEN_PROBLEM_GARBLED] =
		{PURPLE_CONNECTION_ERROR_INVALID_SETTINGS,
                 N_("What answers at %s is not a token service of the kind that the account's "
                    "settings name.")},
	[GTALK_TOKEN_PROBLEM_UNREACHABLE] = {PURPLE_CONNECTION_ERROR_NETWORK_ERROR,
                                             N_("The token service %s cannot be reached.")},
	[GTALK_TOKEN_PROBLEM_CERTIFICATE] =
		{PURPLE_CONNECTION_ERROR_CERT_OTHER_ERROR,
                 N_("The certificate of the token service %s is not to be trusted, so nothing was "
                    "sent to it.")},
};

PurpleConnectionError
gtalk_token_answer_get_reason(const GTalkTokenAnswer *self)
{
	return gtalk_token_problem_rows[self->problem].reason;
}

char *
gtalk_token_answer_dup_text(const GTalkTokenAnswer *self, GTalkTokenOrigin origin, const char *host)
{
	const char *format = _(gtalk_token_problem_rows[self->problem].text);
	g_auto(GStrv) parts = NULL;
	g_autofree char *text = NULL;

	if (self->problem == GTALK_TOKEN_PROBLEM_SECRET && origin == GTALK_TOKEN_FROM_REFRESH_TOKEN)
		format = _("The token service %s no longer accepts the account's refresh token. "
		           "Enter a new one; or choose to get tokens by password, and enter the "
		           "password.");
	parts = g_strsplit(format, "%s", 2);
	text = g_strjoinv(host, parts);
	if (self->said == NULL)
		return g_steal_pointer(&text);
	/* TRANSLATORS: the first %s is a whole sentence of ours, the second the service's words. */
	return g_strdup_printf(_("%s (The service says: %s)"), text, self->said);
}
