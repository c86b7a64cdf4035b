/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-fcm-account.h: a service account of Google: as whom pushes are handed to Firebase Cloud
 * Messaging. Its key signs a statement (RFC 7523), for which there is an access token; that one is
 * used until shortly before it expires, and asked for once, however many wait for it. */
#pragma once

#include "push-fetch.h"
#include "push-judgement.h"

G_BEGIN_DECLS

typedef struct _PushFcmAccount PushFcmAccount;

/**
 * push_fcm_account_new:
 * @json: the file that Google hands out
 * @token_uri: (transfer full): where tokens are to be had */
PushFcmAccount *
push_fcm_account_new(const char *json, GUri *token_uri, GError **error);
void
push_fcm_account_free(PushFcmAccount *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PushFcmAccount, push_fcm_account_free)

const char *
push_fcm_account_get_project(PushFcmAccount *self);
/* NULL: there is none that may be used. Borrowed. */
const char *
push_fcm_account_get_token(PushFcmAccount *self);

/* Sees to it that there is one. @ready: called once, perhaps at once; not if the account is freed
 * before */
void
push_fcm_account_prepare(PushFcmAccount *self, PushFetcher *fetcher, PushReady ready,
                         gpointer user_data);

/* The service refused the one that was there at @begun_us, monotonic; a newer one stays. */
void
push_fcm_account_forget_token(PushFcmAccount *self, gint64 begun_us);

G_END_DECLS
