/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-fcm-account.h"

#include <string.h>

#include "push-json.h"
#include "push-jwt.h"
#include "push-key.h"
#include "push-service.h"

#define FCM_SCOPE "https://www.googleapis.com/auth/firebase.messaging"
#define FCM_GRANT "urn:ietf:params:oauth:grant-type:jwt-bearer"
#define FCM_STATEMENT_S 3600 /* Google takes no longer ones */
#define FCM_RENEWAL_S 300    /* with so much left another one is asked for */
#define FCM_LIFETIME_MIN_S 10
#define FCM_TOKEN_BYTES_MAX 3072
#define FCM_WORD_BYTES_MAX 512

struct _PushFcmAccount {
	EVP_PKEY *key;
	char *key_id;
	char *email;
	char *project;
	GUri *token_uri;
	char *token;       /* or NULL */
	gint64 token_us;   /* monotonic: since when it is there */
	gint64 renewal_us; /* likewise: when another one is asked for */
	gint64 expiry_us;  /* likewise */
	GArray *waiting;   /* of PushFcmWaiting */
	gboolean asking;
};

typedef struct {
	PushReady ready;
	gpointer user_data;
} PushFcmWaiting;

/* ---- The statement --------------------------------------------------------------------------- */

static char *
push_fcm_account_build_statement(PushFcmAccount *self)
{
	gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
	g_autofree char *audience = g_uri_to_string(self->token_uri);
	g_autofree char *header = push_jwt_write(g_variant_new_parsed(
		"{'alg': <'RS256'>, 'typ': <'JWT'>, 'kid': <%s>}", self->key_id));
	g_autofree char *claims = push_jwt_write(g_variant_new_parsed(
		"{'iss': <%s>, 'scope': <%s>, 'aud': <%s>, 'iat': <%x>, 'exp': <%x>}", self->email,
		FCM_SCOPE, audience, now_s, now_s + FCM_STATEMENT_S));

	return push_jwt_build(self->key, header, claims);
}

/* ---- The token ------------------------------------------------------------------------------- */

static void
push_fcm_account_tell(PushFcmAccount *self, const PushJudgement *trouble)
{
	g_autoptr(GArray) waiting = self->waiting;

	self->waiting = g_array_new(FALSE, FALSE, sizeof(PushFcmWaiting));
	self->asking = FALSE;
	for (guint i = 0; i < waiting->len; i++) {
		const PushFcmWaiting *one = &g_array_index(waiting, PushFcmWaiting, i);

		one->ready(trouble, one->user_data);
	}
}

/* It becomes a header field. */
static gboolean
push_fcm_account_is_token(const char *token)
{
	gsize length = token != NULL ? strlen(token) : 0;

	for (gsize i = 0; i < length; i++)
		if (!g_ascii_isgraph(token[i]))
			return FALSE;
	return length > 0 && length <= FCM_TOKEN_BYTES_MAX;
}

static gboolean
push_fcm_account_take_token(PushFcmAccount *self, GBytes *body)
{
	g_autoptr(JsonNode) root = push_json_parse(body);
	JsonObject *object = root != NULL ? json_node_get_object(root) : NULL;
	const char *token = push_json_get_text(object, "access_token");
	gint64 lifetime_s = CLAMP(push_json_get_number(object, "expires_in"), FCM_LIFETIME_MIN_S,
	                          FCM_STATEMENT_S);
	gint64 now_us = g_get_monotonic_time();

	if (!push_fcm_account_is_token(token))
		return FALSE;
	g_free(self->token);
	self->token = g_strdup(token);
	self->token_us = now_us;
	self->expiry_us = now_us + lifetime_s * G_USEC_PER_SEC;
	self->renewal_us = self->expiry_us - FCM_RENEWAL_S * (gint64)G_USEC_PER_SEC;
	return TRUE;
}

/* Whoever is not taken at its word there is set up wrongly. */
static PushJudgement
push_fcm_account_judge(const PushAnswer *answer)
{
	PushJudgement judgement = push_service_judge_plainly(answer);

	if (judgement.result == BRIDGE_PUSH_REJECTED || judgement.result == BRIDGE_PUSH_REFUSED)
		return (PushJudgement){BRIDGE_PUSH_CONFIG, .detail = "credential"};
	/* Nothing was pushed yet. */
	if (judgement.result == BRIDGE_PUSH_UNKNOWN || judgement.result == BRIDGE_PUSH_THROTTLED)
		judgement.result = BRIDGE_PUSH_TRANSIENT;
	return judgement;
}

static void
push_fcm_account_answered(const PushAnswer *answer, gpointer user_data)
{
	PushFcmAccount *self = user_data;
	PushJudgement judgement = push_fcm_account_judge(answer);

	if (judgement.result == BRIDGE_PUSH_DELIVERED &&
	    !push_fcm_account_take_token(self, answer->body))
		judgement = (PushJudgement){BRIDGE_PUSH_TRANSIENT, .detail = "no-token"};
	/* What is there is good for a while yet. */
	push_fcm_account_tell(self, push_fcm_account_get_token(self) != NULL ? NULL : &judgement);
}

static void
push_fcm_account_ask(PushFcmAccount *self, PushFetcher *fetcher)
{
	static const PushJudgement unsigned_statement = {BRIDGE_PUSH_CONFIG,
	                                                 .detail = "credential"};
	g_autofree char *statement = push_fcm_account_build_statement(self);
	g_autofree char *form = NULL;
	PushRequest request = {0};

	if (statement == NULL) {
		push_fcm_account_tell(self, &unsigned_statement);
		return;
	}
	form = soup_form_encode("grant_type", FCM_GRANT, "assertion", statement, NULL);
	request.uri = g_uri_ref(self->token_uri);
	request.headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_REQUEST);
	soup_message_headers_replace(request.headers, "Content-Type",
	                             SOUP_FORM_MIME_TYPE_URLENCODED);
	request.body = g_bytes_new(form, strlen(form));
	push_fetcher_post(fetcher, &request, push_fcm_account_answered, self);
}

const char *
push_fcm_account_get_token(PushFcmAccount *self)
{
	return g_get_monotonic_time() < self->expiry_us ? self->token : NULL;
}

void
push_fcm_account_prepare(PushFcmAccount *self, PushFetcher *fetcher, PushReady ready,
                         gpointer user_data)
{
	const PushFcmWaiting one = {ready, user_data};

	if (self->token != NULL && g_get_monotonic_time() < self->renewal_us) {
		ready(NULL, user_data);
		return;
	}
	g_array_append_val(self->waiting, one);
	if (self->asking)
		return;
	self->asking = TRUE;
	push_fcm_account_ask(self, fetcher);
}

void
push_fcm_account_forget_token(PushFcmAccount *self, gint64 begun_us)
{
	if (self->token_us > begun_us)
		return;
	g_clear_pointer(&self->token, g_free);
	self->expiry_us = 0;
}

/* ---- The account ----------------------------------------------------------------------------- */

const char *
push_fcm_account_get_project(PushFcmAccount *self)
{
	return self->project;
}

/* A word without anything that means something in a URL or a header field. */
static char *
push_fcm_account_read_word(JsonObject *object, const char *name)
{
	const char *text = push_json_get_text(object, name);

	if (text == NULL || *text == '\0' || strlen(text) > FCM_WORD_BYTES_MAX)
		return NULL;
	for (const char *at = text; *at != '\0'; at++)
		if (!g_ascii_isalnum(*at) && strchr("-_.:@", *at) == NULL)
			return NULL;
	return g_strdup(text);
}

static gboolean
push_fcm_account_read(PushFcmAccount *self, const char *json)
{
	g_autoptr(GBytes) body = g_bytes_new(json, strlen(json));
	g_autoptr(JsonNode) root = push_json_parse(body);
	JsonObject *object = root != NULL ? json_node_get_object(root) : NULL;
	const char *key = push_json_get_text(object, "private_key");

	self->email = push_fcm_account_read_word(object, "client_email");
	self->project = push_fcm_account_read_word(object, "project_id");
	self->key_id = push_fcm_account_read_word(object, "private_key_id");
	if (key != NULL)
		self->key = push_key_new_from_pem(key, "RSA");
	return self->key != NULL && self->email != NULL && self->project != NULL &&
	       self->key_id != NULL;
}

PushFcmAccount *
push_fcm_account_new(const char *json, GUri *token_uri, GError **error)
{
	g_autoptr(PushFcmAccount) self = g_new0(PushFcmAccount, 1);

	self->token_uri = token_uri;
	self->waiting = g_array_new(FALSE, FALSE, sizeof(PushFcmWaiting));
	if (push_fcm_account_read(self, json))
		return g_steal_pointer(&self);
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
	                    "that is no service account with an RSA key of 2,048 bits or more");
	return NULL;
}

void
push_fcm_account_free(PushFcmAccount *self)
{
	EVP_PKEY_free(self->key);
	g_free(self->key_id);
	g_free(self->email);
	g_free(self->project);
	g_uri_unref(self->token_uri);
	g_free(self->token);
	g_array_unref(self->waiting);
	g_free(self);
}
