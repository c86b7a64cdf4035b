/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-token-exchange.h"

#include <string.h>

#include "gtalk-captcha.h"
#include "gtalk-https.h"
#include "gtalk-mechanism.h"
#include "gtalk.h"

#define GTALK_TOKEN_PAGE_LOGIN "ClientLogin"
#define GTALK_TOKEN_PAGE_ISSUE "IssueAuthToken"
#define GTALK_TOKEN_CAPTCHAS_MAX 3 /* unread pictures until the sign-in is given up */

struct _GTalkTokenExchange {
	PurpleConnection *gc;
	const GTalkTokenSettings *settings;
	GTalkTokenOrigin origin;
	char *secret;
	GTalkTokenManner manner;
	GTalkTokenExchangeFunc callback;
	gpointer user_data;

	GTalkHttps *request;   /* the one under way, or NULL */
	GTalkCaptcha *captcha; /* likewise */
	guint n_captchas;
	char *read;            /* before this exchange, or NULL */
	gboolean is_issue_old; /* the long token was there before this exchange */
	GTalkTokenAnswer answer;
};

static void
gtalk_token_exchange_login(GTalkTokenExchange *self, const char *captcha);

/* ---- The end -------------------------------------------------------------------------------- */

static void
gtalk_token_exchange_free(GTalkTokenExchange *self)
{
	gtalk_token_answer_clear(&self->answer);
	gtalk_mechanism_free_secret(self->secret);
	g_free(self->read);
	g_free(self);
}

void
gtalk_token_exchange_cancel(GTalkTokenExchange *self)
{
	if (self->request != NULL)
		gtalk_https_cancel(self->request);
	if (self->captcha != NULL)
		gtalk_captcha_cancel(self->captcha);
	gtalk_token_exchange_free(self);
}

static void
gtalk_token_exchange_finish(GTalkTokenExchange *self)
{
	self->callback(&self->answer, self->user_data);
	gtalk_token_exchange_free(self);
}

/* Whether @answer can be read; if not, that is the problem. */
static gboolean
gtalk_token_exchange_take_http(GTalkTokenExchange *self, const GTalkHttpsAnswer *answer)
{
	self->request = NULL;
	if (answer->outcome == GTALK_HTTPS_ANSWERED) {
		purple_debug_info("googletalk", "the token service answers %u\n", answer->status);
		return TRUE;
	}
	purple_debug_warning("googletalk", "token service: %s\n", answer->error);
	self->answer.problem = answer->outcome == GTALK_HTTPS_NOT_TRUSTED
	                               ? GTALK_TOKEN_PROBLEM_CERTIFICATE
	                               : GTALK_TOKEN_PROBLEM_UNREACHABLE;
	return FALSE;
}

static void
gtalk_token_exchange_post(GTalkTokenExchange *self, const char *url, char *form,
                          GTalkHttpsFunc callback)
{
	self->request = gtalk_https_send(purple_connection_get_account(self->gc), url, form,
	                                 GTALK_TOKEN_ANSWER_MAX_BYTES, callback, self);
}

/* ---- OAuth 2.0 ------------------------------------------------------------------------------ */

static void
gtalk_token_exchange_granted_cb(const GTalkHttpsAnswer *answer, gpointer user_data)
{
	GTalkTokenExchange *self = user_data;

	if (gtalk_token_exchange_take_http(self, answer))
		gtalk_token_answer_parse_oauth(answer->status, answer->body, &self->answer);
	gtalk_token_exchange_finish(self);
}

/* ---- ClientLogin ---------------------------------------------------------------------------- */

static void
gtalk_token_exchange_issued_cb(const GTalkHttpsAnswer *answer, gpointer user_data)
{
	GTalkTokenExchange *self = user_data;
	GTalkTokenAnswer issued = {0};

	if (!gtalk_token_exchange_take_http(self, answer)) {
		gtalk_token_exchange_finish(self);
		return;
	}
	gtalk_token_answer_parse_issued(answer->status, answer->body, &issued);
	if (issued.problem == GTALK_TOKEN_PROBLEM_SECRET && self->is_issue_old) {
		/* It lasts for two weeks or so; the password gets a new one. */
		gtalk_token_answer_clear(&issued);
		gtalk_token_exchange_login(self, NULL);
		return;
	}
	self->answer.problem = issued.problem;
	self->answer.token = g_steal_pointer(&issued.token);
	gtalk_token_answer_clear(&issued);
	gtalk_token_exchange_finish(self);
}

static void
gtalk_token_exchange_issue(GTalkTokenExchange *self)
{
	g_autofree char *url =
		gtalk_token_settings_dup_page(self->settings, GTALK_TOKEN_PAGE_ISSUE);

	gtalk_token_exchange_post(
		self, url, gtalk_token_settings_build_issue(self->answer.sid, self->answer.lsid),
		gtalk_token_exchange_issued_cb);
}

static void
gtalk_token_exchange_read_cb(const char *read, gpointer user_data)
{
	GTalkTokenExchange *self = user_data;

	self->captcha = NULL;
	if (read != NULL && *read != '\0')
		gtalk_token_exchange_login(self, read);
	else
		gtalk_token_exchange_finish(self);
}

static void
gtalk_token_exchange_ask(GTalkTokenExchange *self, const char *picture, gsize n_bytes)
{
	g_autofree char *url =
		gtalk_token_settings_dup_picture(self->settings, self->answer.captcha_url);

	self->captcha = gtalk_captcha_ask(self->gc, self->settings->host, url, picture, n_bytes,
	                                  gtalk_token_exchange_read_cb, self);
	if (self->captcha == NULL)
		gtalk_token_exchange_finish(self);
}

static void
gtalk_token_exchange_picture_cb(const GTalkHttpsAnswer *answer, gpointer user_data)
{
	GTalkTokenExchange *self = user_data;

	self->request = NULL;
	if (answer->status == 200)
		gtalk_token_exchange_ask(self, answer->body, answer->n_bytes);
	else
		gtalk_token_exchange_ask(self, NULL, 0);
}

static gboolean
gtalk_token_exchange_is_taken_over(GTalkTokenExchange *self, const char *url)
{
	return self->answer.captcha_id != NULL &&
	       GPOINTER_TO_INT(purple_signal_emit_return_1(purple_connection_get_prpl(self->gc),
	                                                   GTALK_SIGNAL_CAPTCHA, self->gc,
	                                                   self->answer.captcha_id, url));
}

/* FALSE if nobody is to be asked, or nothing can be shown. */
static gboolean
gtalk_token_exchange_fetch_picture(GTalkTokenExchange *self)
{
	g_autofree char *url = NULL;

	if (self->manner != GTALK_TOKEN_ASK_USER || self->answer.captcha_url == NULL ||
	    ++self->n_captchas > GTALK_TOKEN_CAPTCHAS_MAX)
		return FALSE;
	url = gtalk_token_settings_dup_picture(self->settings, self->answer.captcha_url);
	if (url == NULL || gtalk_token_exchange_is_taken_over(self, url))
		return FALSE;
	self->request = gtalk_https_send(purple_connection_get_account(self->gc), url, NULL,
	                                 GTALK_CAPTCHA_PICTURE_MAX_BYTES,
	                                 gtalk_token_exchange_picture_cb, self);
	return TRUE;
}

static void
gtalk_token_exchange_logged_in_cb(const GTalkHttpsAnswer *answer, gpointer user_data)
{
	GTalkTokenExchange *self = user_data;

	gtalk_token_answer_clear(&self->answer);
	if (!gtalk_token_exchange_take_http(self, answer)) {
		gtalk_token_exchange_finish(self);
		return;
	}
	gtalk_token_answer_parse_client_login(answer->status, answer->body, &self->answer);
	if (self->answer.problem == GTALK_TOKEN_PROBLEM_CAPTCHA &&
	    gtalk_token_exchange_fetch_picture(self))
		return;
	if (self->answer.problem == GTALK_TOKEN_PROBLEM_NONE && self->answer.token == NULL)
		gtalk_token_exchange_issue(self);
	else
		gtalk_token_exchange_finish(self);
}

/* @captcha: what the user read, NULL if nothing was asked */
static void
gtalk_token_exchange_login(GTalkTokenExchange *self, const char *captcha)
{
	g_autofree char *url =
		gtalk_token_settings_dup_page(self->settings, GTALK_TOKEN_PAGE_LOGIN);
	const char *captcha_id = captcha != NULL ? self->answer.captcha_id : NULL;

	self->is_issue_old = FALSE;
	gtalk_token_exchange_post(
		self, url,
		gtalk_token_settings_build_login(self->settings, self->secret, captcha_id, captcha),
		gtalk_token_exchange_logged_in_cb);
}

/* ---- The beginning -------------------------------------------------------------------------- */

static void
gtalk_token_exchange_begin(GTalkTokenExchange *self)
{
	if (self->settings->service != GTALK_TOKEN_SERVICE_CLIENT_LOGIN)
		gtalk_token_exchange_post(self, self->settings->url,
		                          gtalk_token_settings_build_grant(
						  self->settings, self->origin, self->secret),
		                          gtalk_token_exchange_granted_cb);
	else if (self->is_issue_old)
		gtalk_token_exchange_issue(self);
	else
		gtalk_token_exchange_login(self, self->read);
}

GTalkTokenExchange *
gtalk_token_exchange_start(PurpleConnection *gc, const GTalkTokenSettings *settings,
                           const GTalkTokenMeans *means, GTalkTokenManner manner,
                           GTalkTokenExchangeFunc callback, gpointer user_data)
{
	GTalkTokenExchange *self = g_new0(GTalkTokenExchange, 1);

	self->gc = gc;
	self->settings = settings;
	self->origin = means->origin;
	self->secret = g_strdup(means->secret);
	self->manner = manner;
	self->callback = callback;
	self->user_data = user_data;
	self->answer.sid = g_strdup(means->sid);
	self->answer.lsid = g_strdup(means->lsid);
	self->answer.captcha_id = g_strdup(means->captcha_id);
	self->read = g_strdup(means->captcha);
	self->is_issue_old = means->sid != NULL && means->lsid != NULL;
	gtalk_token_exchange_begin(self);
	return self;
}
