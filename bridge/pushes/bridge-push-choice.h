/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-choice.h: which of an account's events are worth a push to a subscription, and which
 * of them one push can stand for: what was said in a conversation becomes one, at the place of the
 * last of it. Pure. */
#pragma once

#include "bridge-push-settings.h"
#include "store/bridge-store.h"

G_BEGIN_DECLS

typedef struct {
	BridgePushKind kind;
	char *key;          /* what a newer one of the same key replaces */
	char *conversation; /* whom or what it is of; or NULL */
	char *sender;       /* of a room's message: who said it there; or NULL */
	char *body;         /* or NULL */
	char *detail;       /* a word or sentence of its kind; or NULL */
	GBytes *data;       /* of the event */
	gboolean off_the_record;
	guint count; /* messages that it stands for */
	guint64 seq; /* of the last of them */
	gint64 time_us;
	gint64 first_us; /* time of the first of them */
} BridgePushItem;

void
bridge_push_item_free(BridgePushItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgePushItem, bridge_push_item_free)

typedef struct {
	guint kinds;        /* bits, by BridgePushKind */
	gboolean coalesces; /* else each event is a push */
	gint64 now_us;      /* what was said long ago is no news */
	gint64 oldest_us;   /* what is older has lived its time */
	const char *epoch;  /* of the cursors in events */
	gboolean (*is_shown)(const char *key, gpointer user_data); /* something is, of that key */
	/* (transfer none) (nullable): what the account is called in a room */
	const char *(*find_nick)(const char *room, gpointer user_data);
	gpointer user_data;
} BridgePushChoice;

/* @events: in order. Returns: (transfer full) (element-type BridgePushItem): in the order of their
 * seq: when one has been pushed, nothing up to its seq is left */
GPtrArray *
bridge_push_choose(GPtrArray *events, const BridgePushChoice *choice);

/* Whether anything of that type may be pushed to anybody. */
gboolean
bridge_push_may_choose(const char *type);

/* Whether @nick is a word of @body, in whatever case. */
gboolean
bridge_push_mentions(const char *body, const char *nick);

G_END_DECLS
