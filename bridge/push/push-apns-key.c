/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-apns-key.h"

#include <string.h>
#include <unistd.h>

#include "link/bridge-keepsake.h"
#include "push-jwt.h"
#include "push-key.h"

#define APNS_RENEWAL_US (45 * 60 * (gint64)G_USEC_PER_SEC)
#define APNS_RENEWAL_MIN_US (20 * 60 * (gint64)G_USEC_PER_SEC)
#define APNS_NAME_CHARS 10
#define APNS_SCHEME "bearer "

struct _PushApnsKey {
	EVP_PKEY *key;
	char *key_id;
	char *team_id;
	char *authorization; /* or NULL */
	gint64 token_us;     /* monotonic: since when it is there */
	char *mark;          /* of the key and whose it is */
	int keepsake;        /* -1: none */
};

/* ---- What outlives the process --------------------------------------------------------------- */

static char *
push_apns_key_build_mark(const char *pem, const char *key_id, const char *team_id)
{
	g_autofree char *all = g_strjoin(" ", key_id, team_id, pem, NULL);
	char *mark = g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);

	explicit_bzero(all, strlen(all));
	return mark;
}

static void
push_apns_key_put(PushApnsKey *self, gint64 issued_s)
{
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT " %s %s", issued_s, self->mark,
	                                        self->authorization + strlen(APNS_SCHEME));

	if (self->keepsake >= 0)
		bridge_keepsake_write(self->keepsake, text);
}

/* Of another process, which knew nothing of this one's monotonic clock. */
static void
push_apns_key_take(PushApnsKey *self, char **words, gint64 now_us)
{
	gint64 issued_s = 0;
	gint64 age_us = 0;

	if (g_strv_length(words) != 3 || !g_str_equal(words[1], self->mark) ||
	    !g_ascii_string_to_signed(words[0], 10, 0, G_MAXINT32 * (gint64)16, &issued_s, NULL))
		return;
	age_us = g_get_real_time() - issued_s * G_USEC_PER_SEC;
	if (age_us < 0 || age_us >= APNS_RENEWAL_US)
		return;
	self->authorization = g_strconcat(APNS_SCHEME, words[2], NULL);
	self->token_us = now_us - age_us;
}

void
push_apns_key_keep_in(PushApnsKey *self, int fd, gint64 now_us)
{
	g_autofree char *text = bridge_keepsake_read(fd);
	g_auto(GStrv) words = text != NULL ? g_strsplit(text, " ", -1) : NULL;

	self->keepsake = fd;
	if (words != NULL)
		push_apns_key_take(self, words, now_us);
}

/* ---- The token ------------------------------------------------------------------------------- */

const char *
push_apns_key_get_authorization(PushApnsKey *self, gint64 now_us, GError **error)
{
	g_autofree char *header = NULL;
	g_autofree char *claims = NULL;
	g_autofree char *token = NULL;
	gint64 issued_s = g_get_real_time() / G_USEC_PER_SEC;

	if (self->authorization != NULL && now_us - self->token_us < APNS_RENEWAL_US)
		return self->authorization;
	header = push_jwt_write(
		g_variant_new_parsed("{'alg': <'ES256'>, 'kid': <%s>}", self->key_id));
	claims = push_jwt_write(
		g_variant_new_parsed("{'iss': <%s>, 'iat': <%x>}", self->team_id, issued_s));
	token = push_jwt_build(self->key, header, claims);
	if (token == NULL) {
		push_key_set_error(error, "the push cannot be signed");
		return NULL;
	}
	g_free(self->authorization);
	self->authorization = g_strconcat(APNS_SCHEME, token, NULL);
	self->token_us = now_us;
	push_apns_key_put(self, issued_s);
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

/* ---- The key --------------------------------------------------------------------------------- */

static gboolean
push_apns_key_is_name(const char *text)
{
	guint length = 0;

	for (; text[length] != '\0'; length++)
		if (!g_ascii_isalnum(text[length]))
			return FALSE;
	return length == APNS_NAME_CHARS;
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
	self->mark = push_apns_key_build_mark(pem, key_id, team_id);
	self->keepsake = -1;
	return self;
}

void
push_apns_key_free(PushApnsKey *self)
{
	EVP_PKEY_free(self->key);
	g_free(self->key_id);
	g_free(self->team_id);
	g_free(self->authorization);
	g_free(self->mark);
	if (self->keepsake >= 0)
		close(self->keepsake);
	g_free(self);
}
