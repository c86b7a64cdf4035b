/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-account.h: what the old proxy's API knows of an account beside its devices, kept as the
 * account's notes: the user key, how far its queue was fetched, and its phones.
 *
 * A phone is a device of the account, whose access token is the session token. The token is kept,
 * sealed as everything, because a phone that signs in twice gets the same one twice. The queue is
 * the account's: the contacts' messages behind a position in its events, which no phone has
 * fetched, nor been handed by its push channel while it was open: see legacy-push.h.
 */
#pragma once

#include "account/bridge-account.h"

G_BEGIN_DECLS

typedef struct {
	char *device_id;
	char *token;
	char *proof;    /* of what it signed in with */
	char *callback; /* its push channel; NULL: none */
	char **tiles;   /* contacts on its start screen; NULL: none */
	gboolean toasts;
	gboolean tile;
	gboolean contact_tiles;
	GArray *taken; /* of guint64, rising: seq of messages in the queue that it was handed */
	/* Not kept: */
	gint64 act_s;      /* monotonic: when it did something last */
	gboolean open;     /* as far as is known: what comes is handed to the app itself */
	guint64 opened;    /* seq that the account had when it registered; 0: long ago */
	guint64 left;      /* seq up to which messages may be in the queue that it was not handed */
	guint64 handing;   /* seq of the one that is just being handed to it; 0: none */
	guint64 notifying; /* seq of what it is just being told of */
	guint step;        /* of that: see legacy-push.c */
	int tile_count;    /* what its tile shows; -1: nobody knows */
	GHashTable *typists; /* contacts of whom it was told that they are typing */
} LegacyPhone;

typedef struct {
	BridgeAccount *account;
	char *key;         /* the user key */
	guint64 queue;     /* seq up to which messages were fetched */
	GPtrArray *phones; /* LegacyPhone, oldest first */
	LegacyPhone *lost; /* the last one whose session ended with a push channel; or NULL */
	gint64 lost_s;     /* monotonic: when */
	gboolean leaving;  /* its last phone has gone: see legacy-phones.h */
	gboolean fetching; /* a phone is being told the queue */
	GQueue waiting;    /* for its turn at that; of who waits */
	grefcount references;
} LegacyAccount;

/* (transfer full) (nullable): NULL if no phone ever signed in */
LegacyAccount *
legacy_account_load(BridgeAccount *account);
/* @queue: where its queue begins */
LegacyAccount *
legacy_account_new(BridgeAccount *account, guint64 queue);
LegacyAccount *
legacy_account_ref(LegacyAccount *self);
void
legacy_account_unref(LegacyAccount *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LegacyAccount, legacy_account_unref)

/* As bridge_account_keep_notes_async(). */
void
legacy_account_keep_async(LegacyAccount *self, GAsyncReadyCallback callback, gpointer user_data);
/* BRIDGE_ERROR_* */
gboolean
legacy_account_keep_finish(BridgeAccount *account, GAsyncResult *result, GError **error);

/* What @username and @auth, as posted, are known by. */
char *
legacy_account_build_proof(const char *username, const char *auth);

/* Borrowed */
LegacyPhone *
legacy_account_add_phone(LegacyAccount *self, const char *device_id, const char *token,
                         const char *proof);
/* (nullable) borrowed */
LegacyPhone *
legacy_account_find_phone(LegacyAccount *self, const char *device_id);
LegacyPhone *
legacy_account_find_proof(LegacyAccount *self, const char *proof);
/* Whether the message is still in the queue for that phone. */
gboolean
legacy_account_has_queued(LegacyAccount *self, const LegacyPhone *phone, guint64 seq);
/* The phone was handed a message: it is not in the queue for it any more. */
void
legacy_account_take(LegacyAccount *self, LegacyPhone *phone, guint64 seq);
/* All messages up to @seq are out of the queue. */
void
legacy_account_move_on(LegacyAccount *self, guint64 seq);

/* FALSE: it is not there */
gboolean
legacy_account_remove_phone(LegacyAccount *self, const char *device_id);
/* Whoever signs in anew after a session that ended by itself may be the same phone, which registers
 * no more until it is started: @phone gets the push channel, tiles and choices of the one that was
 * lost a few minutes ago. FALSE: there is none */
gboolean
legacy_account_inherit(LegacyAccount *self, LegacyPhone *phone);
/* That channel is somebody else's. */
void
legacy_account_disinherit(LegacyAccount *self, const char *callback);

G_END_DECLS
