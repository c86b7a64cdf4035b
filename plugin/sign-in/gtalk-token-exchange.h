/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-token-exchange.h: gets one token from an account's token service: the requests, one after
 * the other, and the captcha between them. What to do with the token is gtalk-token.h's. */
#pragma once

#include <glib.h>
#include <purple.h>

#include "gtalk-token-answer.h"
#include "gtalk-token-settings.h"

G_BEGIN_DECLS

typedef struct _GTalkTokenExchange GTalkTokenExchange;

/* What there is to get a token with. */
typedef struct {
	GTalkTokenOrigin origin;
	const char *secret; /* password or refresh token, as origin says */
	const char *sid;    /* ClientLogin's long token, both NULL if there is none yet */
	const char *lsid;
	const char *captcha_id; /* what a human has read already; both NULL as a rule */
	const char *captcha;
} GTalkTokenMeans;

typedef enum {
	GTALK_TOKEN_ASK_NOBODY, /* the user is busy with something else */
	GTALK_TOKEN_ASK_USER,   /* about a captcha */
} GTalkTokenManner;

/* Once, from the main loop, with a token or a problem; not after gtalk_token_exchange_cancel().
 * @answer is wiped afterwards. */
typedef void (*GTalkTokenExchangeFunc)(const GTalkTokenAnswer *answer, gpointer user_data);

/* @settings: borrowed until the end; @means: copied
 * Returns: valid until @callback is called or it is cancelled */
GTalkTokenExchange *
gtalk_token_exchange_start(PurpleConnection *gc, const GTalkTokenSettings *settings,
                           const GTalkTokenMeans *means, GTalkTokenManner manner,
                           GTalkTokenExchangeFunc callback, gpointer user_data);

void
gtalk_token_exchange_cancel(GTalkTokenExchange *self);

G_END_DECLS
