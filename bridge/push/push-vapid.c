/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-vapid.h"

#include <openssl/evp.h>

#include "link/bridge-base64.h"
#include "push-jwt.h"
#include "push-key.h"

#define VAPID_LIFETIME_S (12 * 60 * 60) /* a service may refuse more than 24 hours */
#define VAPID_RENEWAL_S (2 * 60 * 60)   /* with so much left it is still used */
#define VAPID_ORIGINS_MAX 1024
#define VAPID_HEADER "{\"typ\":\"JWT\",\"alg\":\"ES256\"}"

struct _PushVapid {
	EVP_PKEY *key;
	char *public_text;
	char *contact;
	GHashTable *tokens; /* origin -> PushVapidToken */
};

typedef struct {
	char *authorization;
	gint64 expires_s;
} PushVapidToken;

static void
push_vapid_token_free(PushVapidToken *token)
{
	g_free(token->authorization);
	g_free(token);
}

static char *
push_vapid_build(PushVapid *self, const char *origin, gint64 expires_s, GError **error)
{
	g_autofree char *claims = push_jwt_write(g_variant_new_parsed(
		"{'aud': <%s>, 'exp': <%x>, 'sub': <%s>}", origin, expires_s, self->contact));
	g_autofree char *token = push_jwt_build(self->key, VAPID_HEADER, claims);

	if (token == NULL) {
		push_key_set_error(error, "the push cannot be signed");
		return NULL;
	}
	return g_strdup_printf("vapid t=%s, k=%s", token, self->public_text);
}

const char *
push_vapid_get_authorization(PushVapid *self, const char *origin, gint64 now_s, GError **error)
{
	PushVapidToken *token = g_hash_table_lookup(self->tokens, origin);
	char *authorization = NULL;

	/* Also one from a clock that was put back since. */
	if (token != NULL && token->expires_s - now_s >= VAPID_RENEWAL_S &&
	    token->expires_s - now_s <= VAPID_LIFETIME_S)
		return token->authorization;
	authorization = push_vapid_build(self, origin, now_s + VAPID_LIFETIME_S, error);
	if (authorization == NULL)
		return NULL;
	if (g_hash_table_size(self->tokens) >= VAPID_ORIGINS_MAX)
		g_hash_table_remove_all(self->tokens);
	token = g_new0(PushVapidToken, 1);
	token->authorization = authorization;
	token->expires_s = now_s + VAPID_LIFETIME_S;
	g_hash_table_insert(self->tokens, g_strdup(origin), token);
	return authorization;
}

void
push_vapid_forget(PushVapid *self, const char *origin)
{
	g_hash_table_remove(self->tokens, origin);
}

PushVapid *
push_vapid_new(GBytes *private_octets, GBytes *public_octets, const char *contact, GError **error)
{
	EVP_PKEY *key = push_key_new_pair(private_octets, public_octets, error);
	PushVapid *self;

	if (key == NULL)
		return NULL;
	self = g_new0(PushVapid, 1);
	self->key = key;
	self->public_text = bridge_base64_encode(g_bytes_get_data(public_octets, NULL),
	                                         g_bytes_get_size(public_octets));
	self->contact = g_strdup(contact);
	self->tokens = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                     (GDestroyNotify)push_vapid_token_free);
	return self;
}

void
push_vapid_free(PushVapid *self)
{
	EVP_PKEY_free(self->key);
	g_free(self->public_text);
	g_free(self->contact);
	g_hash_table_unref(self->tokens);
	g_free(self);
}
