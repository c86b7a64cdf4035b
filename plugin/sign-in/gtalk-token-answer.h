/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-token-answer.h: what a token service answered, and what that means to the user. Pure.
 *
 * Three kinds of answer: the lines of ClientLogin ("Auth=...", "Error=..."), the single line of
 * IssueAuthToken, and the JSON of an OAuth 2.0 token endpoint (RFC 6749, 5.1 and 5.2). */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define GTALK_TOKEN_ANSWER_MAX_BYTES (64 * 1024) /* real ones have one or two kilobytes */

typedef enum {
	GTALK_TOKEN_PROBLEM_NONE,
	GTALK_TOKEN_PROBLEM_SECRET,        /* wrong password, or a refresh token that is over */
	GTALK_TOKEN_PROBLEM_SECOND_FACTOR, /* right, but something else is wanted beside it */
	GTALK_TOKEN_PROBLEM_CAPTCHA,
	GTALK_TOKEN_PROBLEM_DISABLED,    /* the account is */
	GTALK_TOKEN_PROBLEM_BROWSER,     /* something has to be confirmed on a web page */
	GTALK_TOKEN_PROBLEM_SERVICE,     /* the account may not use this service */
	GTALK_TOKEN_PROBLEM_CLIENT,      /* the client id is unknown */
	GTALK_TOKEN_PROBLEM_SCOPE,       /* the scope is */
	GTALK_TOKEN_PROBLEM_UNSUPPORTED, /* not this way to get a token */
	GTALK_TOKEN_PROBLEM_BUSY,        /* later, perhaps */
	GTALK_TOKEN_PROBLEM_ELSEWHERE,   /* a redirection, or nothing at that address */
	GTALK_TOKEN_PROBLEM_GARBLED,     /* no token service speaks so */
	GTALK_TOKEN_PROBLEM_UNREACHABLE,
	GTALK_TOKEN_PROBLEM_CERTIFICATE,
	GTALK_TOKEN_N_PROBLEMS,
} GTalkTokenProblem;

/* Strings are NULL where there was nothing of the kind. */
typedef struct {
	GTalkTokenProblem problem;
	char *token;         /* visible ASCII */
	char *refresh_token; /* OAuth 2.0, visible ASCII */
	guint lifetime_s;    /* 0 if not told */
	char *sid;           /* ClientLogin: the two halves of the long token */
	char *lsid;
	char *captcha_id;
	char *captcha_url; /* as the service wrote it, maybe relative */
	char *said;        /* the service's own words, one short line */
} GTalkTokenAnswer;

/* Each fills @out, to be cleared by gtalk_token_answer_clear(), whatever @body holds.
 * @status: of HTTP
 * @body: NUL-terminated, at most GTALK_TOKEN_ANSWER_MAX_BYTES
 * Without a problem there is a token; or, from ClientLogin, at least both halves of the long one.
 */
void
gtalk_token_answer_parse_client_login(guint status, const char *body, GTalkTokenAnswer *out);
void
gtalk_token_answer_parse_issued(guint status, const char *body, GTalkTokenAnswer *out);
void
gtalk_token_answer_parse_oauth(guint status, const char *body, GTalkTokenAnswer *out);

/* Wipes what is secret. */
void
gtalk_token_answer_clear(GTalkTokenAnswer *self);

/* What the user typed that the service judges. */
typedef enum {
	GTALK_TOKEN_FROM_PASSWORD,
	GTALK_TOKEN_FROM_REFRESH_TOKEN,
} GTalkTokenOrigin;

PurpleConnectionError
gtalk_token_answer_get_reason(const GTalkTokenAnswer *self);

/* A sentence for the user, which names the service's @host; (transfer full). There has to be a
 * problem. */
char *
gtalk_token_answer_dup_text(const GTalkTokenAnswer *self, GTalkTokenOrigin origin,
                            const char *host);

G_END_DECLS
