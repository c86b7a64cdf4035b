/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-failure.h: what a SASL <failure/> (RFC 6120, 6.5) means to the user. Pure. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

typedef enum {
	GTALK_SECRET_PASSWORD,
	GTALK_SECRET_TOKEN,         /* typed in */
	GTALK_SECRET_FETCHED_TOKEN, /* given by a token service just now */
} GTalkSecret;

typedef struct {
	PurpleConnectionError reason;
	char *condition; /* "not-authorized" and so on; "" if the server gave none */
	char *said;      /* the server's own words, one short line, or NULL */
} GTalkFailure;

/* @failure: any <failure/>; what is odd in it is left out. Free with gtalk_failure_clear(). */
void
gtalk_failure_parse(xmlnode *failure, GTalkFailure *out);
void
gtalk_failure_clear(GTalkFailure *self);

/* A sentence for the user; (transfer full). */
char *
gtalk_failure_dup_text(const GTalkFailure *self, GTalkSecret secret);

G_END_DECLS
