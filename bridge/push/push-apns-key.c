/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-apns-key.h"

#include "push-jwt.h"
#include "push-key.h"

#define APNS_RENEWAL_US (45 * 60 * (gint64)G_USEC_PER_SEC)
#define APNS_RENEWAL_MIN_US (20 * 60 * (gint64)G_USEC_PER_SEC)
#define APNS_NAME_CHARS 10

struct _PushApnsKey {
	EVP_PKEY *key;
	char *key_id;
	char *team_id;
	char *authorization; /* or NULL */
	gint64 token_us;     /* monotonic: since when it is there */
};

static gboolean
push_apns_key_is_name(const char *text)
{
	guint length = 0;

	for (; text[length] != '\0'; length++)
		if (!g_ascii_isalnum(text[length]))
			return FALSE;
	return length == APNS_NAME_CHARS;
}

const char *
push_apns_key_get_authorization(PushApnsKey *self, gint64 now_us, GError **error)
{
	g_autofree char *header = NULL;
	g_autofree char *claims = NULL;
	g_autofree char *token = NULL;

	if (self->authorization != NULL && now_us - self->token_us < APNS_RENEWAL_US)
		return self->authorization;
	header = push_jwt_write(
		g_variant_new_parsed("{'alg': <'ES256'>, 'kid': <%s>}", self->key_id));
	claims = push_jwt_write(g_variant_new_parsed("{'iss': <%s>, 'iat': <%x>}", self->team_id,
	                                             g_get_real_time() / G_USEC_PER_SEC));
	token = push_jwt_build(self->key, header, claims);
	if (token == NULL) {
		push_key_set_error(error, "the push cannot be signed");
		return NULL;
	}
	g_free(self->authorization);
	self->authorization = g_strconcat("bearer ", token, NULL);
	self->token_us = now_us;
	return self->authorization;
}

gboolean
push_apns_key_forget_token(PushApnsKey *self, gint64 begun_us, gint64 now_us)
{
	if (self->token_us > begun_us)
		return TRUE;
	if (now_us - self->token_us < APNS_RENEWAL_MIN_US)
		return FALSE;
	g_clear_pointer(&self->authorization, g_free);
	return TRUE;
}

PushApnsKey *
push_apns_key_new(const char *pem, const char *key_id, const char *team_id, GError **error)
{
	g_autoptr(EVP_PKEY) key = push_key_new_from_pem(pem, "EC");
	PushApnsKey *self;

	if (key == NULL || !push_apns_key_is_name(key_id) || !push_apns_key_is_name(team_id)) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
		                    "a key of P-256 is needed, and the ten letters and digits that "
		                    "it and its team are called by");
		return NULL;
	}
	self = g_new0(PushApnsKey, 1);
	self->key = g_steal_pointer(&key);
	self->key_id = g_strdup(key_id);
	self->team_id = g_strdup(team_id);
	return self;
}

void
push_apns_key_free(PushApnsKey *self)
{
	EVP_PKEY_free(self->key);
	g_free(self->key_id);
	g_free(self->team_id);
	g_free(self->authorization);
	g_free(self);
}
