/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-fetch.h: one HTTPS request to a host that strangers name, over kept connections. What bounds
 * it is here, not in libsoup: a clock that ends the attempt whatever libsoup does (a request on a
 * connection that the peer dropped may never end, and cannot be cancelled), no redirects, no
 * proxies, no cookies, nothing decompressed, and of the answer 4,096 octets. Main loop only. */
#pragma once

#include <gio/gio.h>
#include <libsoup/soup.h>

#include "link/bridge-push-url.h"

G_BEGIN_DECLS

#define PUSH_FETCH_ANSWER_BYTES_MAX 4096

typedef struct {
	GUri *uri;
	SoupMessageHeaders *headers; /* Content-Type among them */
	GBytes *body;
	GTlsCertificate *certificate; /* who we are, with its key; or NULL */
	guint deadline_ms;            /* if sooner than others'; 0: as theirs */
} PushRequest;

void
push_request_clear(PushRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PushRequest, push_request_clear)

typedef enum {
	PUSH_FETCH_ANSWERED,
	PUSH_FETCH_REFUSED,     /* by our rules */
	PUSH_FETCH_UNREACHABLE, /* no such name, no connection: nothing was sent */
	PUSH_FETCH_TLS,         /* its certificate is none for that name: nothing was sent */
	PUSH_FETCH_BROKEN,      /* it hung up */
	PUSH_FETCH_TIMED_OUT,
} PushFetchEnd;

typedef struct {
	PushFetchEnd end;
	guint status;                      /* 0 unless ANSWERED */
	gboolean http2;                    /* likewise: it came that way */
	const SoupMessageHeaders *headers; /* NULL unless ANSWERED */
	GBytes *body;                      /* likewise; cut off where it is longer */
} PushAnswer;

typedef struct _PushFetcher PushFetcher;

/* @rules: outlives it; @anchors: (nullable): whom to trust, if not the system's; @stuck: called
 * when so many attempts have not ended that the process is better replaced */
PushFetcher *
push_fetcher_new(const BridgePushRules *rules, GTlsDatabase *anchors, guint deadline_ms,
                 void (*stuck)(gpointer user_data), gpointer user_data);
void
push_fetcher_free(PushFetcher *self);
/* For services that count connections: few to each, kept for an hour, with many requests on each at
 * a time. */
void
push_fetcher_keep_long(PushFetcher *self);

/* @answer: valid within the call */
typedef void (*PushFetchDone)(const PushAnswer *answer, gpointer user_data);
/* @request: its contents are taken; @done: called once, later */
void
push_fetcher_post(PushFetcher *self, PushRequest *request, PushFetchDone done, gpointer user_data);

guint
push_fetcher_get_under_way(PushFetcher *self);
/* Attempts that were given up and that libsoup has not ended since. */
guint
push_fetcher_get_hung(PushFetcher *self);

G_END_DECLS
