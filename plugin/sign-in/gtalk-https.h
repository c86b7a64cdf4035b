/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-https.h: one request over HTTPS, for what an account needs before it can sign in. It goes
 * through the account's proxy, only to a server whose certificate the system trusts, and is not
 * redirected: what it carries may be a password. Nothing blocks; names are resolved in a thread.
 *
 * The plugin may be unloaded while a cancelled request still winds up: it stays in memory, and
 * whoever asked is never called again. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define GTALK_HTTPS_DEADLINE_S 30

typedef struct _GTalkHttps GTalkHttps;

typedef enum {
	GTALK_HTTPS_ANSWERED,
	GTALK_HTTPS_UNREACHABLE, /* or too slow, or more than was to be read */
	GTALK_HTTPS_NOT_TRUSTED,
} GTalkHttpsOutcome;

typedef struct {
	GTalkHttpsOutcome outcome;
	guint status;     /* 0 unless answered */
	const char *body; /* NULL unless answered; a NUL lies behind its end */
	gsize n_bytes;
	const char *error; /* what went wrong, for the debug log; NULL if answered */
} GTalkHttpsAnswer;

/* Once, from the main loop; not after gtalk_https_cancel(). The answer is wiped afterwards. */
typedef void (*GTalkHttpsFunc)(const GTalkHttpsAnswer *answer, gpointer user_data);

/* Whether @url can be asked: "https", a host, no user name or password in it. */
gboolean
gtalk_https_is_url(const char *url);

/* "https://login.example:8443/token" gives "login.example"; (transfer full), NULL if it is none. */
char *
gtalk_https_dup_host(const char *url);

/* @form: application/x-www-form-urlencoded, wiped when it has been sent (transfer full); NULL for a
 *        GET
 * Returns: a handle until @callback is called or the request is cancelled */
GTalkHttps *
gtalk_https_send(PurpleAccount *account, const char *url, char *form, gsize max_bytes,
                 GTalkHttpsFunc callback, gpointer user_data);

void
gtalk_https_cancel(GTalkHttps *self);

G_END_DECLS
