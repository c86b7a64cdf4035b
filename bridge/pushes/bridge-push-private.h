/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-private.h: for bridge-push.c, which keeps subscriptions, bridge-push-queue.c, which
 * brings one of them its pushes, bridge-push-life.c, which makes and ends it,
 * bridge-push-outcome.c, which notes what comes of them, bridge-push-aside.c, which sends what may
 * as well be lost, bridge-push-request.c, which makes these for the push process, and
 * bridge-push-device.c, which does what devices ask. */
#pragma once

#include "base/bridge-secret.h"
#include "bridge-push-choice.h"
#include "link/bridge-push-link.h"
#include "bridge-push-translation.h"
#include "bridge-push-origins.h"
#include "bridge-push-past.h"
#include "link/bridge-push-url.h"
#include "bridge-push.h"

G_BEGIN_DECLS

struct _BridgePush {
	GObject parent_instance;

	BridgeConfig *config; /* borrowed */
	BridgeAccounts *accounts;
	BridgeStore *store; /* NULL while sealed */
	BridgePushProcess *process;
	BridgePushProcess *http2_process; /* runs from the first push by APNs on */
	BridgePushRules *rules;
	BridgePushRules *mpns_rules;
	const BridgePushTranslation *translation; /* NULL: there is none */
	gpointer translator;
	BridgePushOrigins *origins;
	char *vapid_key;
	char **device_types;
	GHashTable *queues;     /* char *: device and type -> BridgePushQueue */
	GHashTable *changing;   /* set of keys as above: a change is on its way to the store */
	GHashTable *loading;    /* set of char *: accounts whose subscriptions are being read */
	GHashTable *challenged; /* char *: device -> gint64 *: monotonic: when it was last */
	gint64 prune_window_us[BRIDGE_PUSH_N_SERVICES]; /* monotonic: its beginning */
	guint prune_window[BRIDGE_PUSH_N_SERVICES];     /* pruned within it */
	BridgePushCounts counts[BRIDGE_PUSH_N_SERVICES];
	gboolean clock_wrong; /* that is told */
	gboolean stopped;
};

/* One subscription. It stays while something is under way, also when it is gone. */
typedef struct {
	guint references;
	BridgePush *push; /* NULL: it is gone */
	BridgeAccount *account;
	BridgeSubscriptionRecord *record;
	BridgePushSettings *settings;
	char *origin;      /* of bridge-push-origins.h */
	guint generation;  /* of the settings */
	guint64 acked_seq; /* of its device */
	gint64 acked_us;   /* monotonic: when that was raised; 0: never */
	gint64 paced_us;   /* likewise: when the next one would be due if they were evenly spaced */
	gint64 held_us;    /* likewise: until then nothing is sent; 0: none */
	gint64 tested_us;  /* likewise */
	gint64 trying_us;  /* likewise: since when its service has trouble with what is sent first;
	                      0: it has none */
	guint queue_length;
	guint timer;
	gboolean busy;       /* something is under way */
	gboolean woken;      /* meanwhile */
	gboolean challenged; /* the service has taken the challenge */
	BridgePushPast *past;
	gboolean gap; /* history has lost what was to be pushed next: the device is not told yet */
	gint64 made_us;     /* real time */
	guint64 urgent_seq; /* what does not wait for the end of quiet hours; 0: nothing */
	/* What is under way: */
	GPtrArray *items;
	guint at;         /* the place of what is being sent */
	gboolean ahead;   /* they lie ahead of others that wait for the end of quiet hours */
	guint64 page_seq; /* up to where was looked for them */
	guint64 last_seq; /* what the account had then */
	gint64 begun_us;
	gboolean little;      /* it is: the host has taken no larger ones */
	BridgePushPass *pass; /* NULL: nothing may be sent */
} BridgePushQueue;

/* @record: (transfer full): it is stored already */
BridgePushQueue *
bridge_push_queue_new(BridgePush *push, BridgeAccount *account, BridgeSubscriptionRecord *record,
                      guint64 acked_seq);
BridgePushQueue *
bridge_push_queue_ref(BridgePushQueue *queue);
void
bridge_push_queue_unref(BridgePushQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgePushQueue, bridge_push_queue_unref)
/* It is no more: stops, and lets go of the keeper. */
void
bridge_push_queue_leave(BridgePushQueue *queue);
/* There may be something to push. */
void
bridge_push_queue_wake(BridgePushQueue *queue);
/* It is no more its turn. @used: something was sent */
void
bridge_push_queue_leave_origin(BridgePushQueue *queue, gboolean used);
void
bridge_push_queue_acked(BridgePushQueue *queue, guint64 seq);
/* @record: (transfer full): it has other settings from now on, and is stored already */
void
bridge_push_queue_replace(BridgePushQueue *queue, BridgeSubscriptionRecord *record);

/* Where its device just moved to it is not known: to where it was before, once. FALSE: it did not
 * move, or cannot now. */
gboolean
bridge_push_queue_move_back(BridgePushQueue *queue);

/* A sign-out up to @seq was told in quiet hours, while what was before it waits. */
void
bridge_push_queue_note_ahead(BridgePushQueue *queue, guint64 seq);

/* What is under way has ended. */
void
bridge_push_queue_rest(BridgePushQueue *queue);
/* A push has ended: it is noted, and the next one may go to the host. */
BridgePushResult
bridge_push_queue_end(BridgePushQueue *queue, GVariant *outcome);

/* Something of it is under way. */
typedef struct {
	BridgePushQueue *queue;
	guint generation; /* that it had then */
} BridgePushSending;

BridgePushSending *
bridge_push_sending_new(BridgePushQueue *queue);
/* FALSE: what it was for is no more. @queue: (out) (transfer full): either way */
gboolean
bridge_push_sending_end(BridgePushSending *sending, BridgePushQueue **queue);
/* What the device has had it has had, also where its settings were changed meanwhile. */
void
bridge_push_sending_remember(BridgePushSending *sending, GVariant *outcome);
/* Whoever words pushes hears what came of each, also of one that is stale or was not sent. */
void
bridge_push_sending_tell(BridgePushSending *sending, GVariant *outcome);

gboolean
bridge_push_queue_is_webhook(BridgePushQueue *queue);
/* FALSE: a webhook, which is told each event, so that it gains nothing by waiting for more of them,
 * or an old phone, which may be open. */
gboolean
bridge_push_queue_coalesces(BridgePushQueue *queue);
/* Until what waits is looked at. */
gint64
bridge_push_queue_get_delay_us(BridgePushQueue *queue);
/* A conversation does not wait for another one. Returns: how long it is until one of what waits is
 * due; 0: the one at queue->at is */
gint64
bridge_push_queue_select(BridgePushQueue *queue);
/* One goes to the device. */
void
bridge_push_queue_count_sent(BridgePushQueue *queue);
/* How long the device still has to say that it knows of all of them. */
gint64
bridge_push_queue_get_grace_us(BridgePushQueue *queue);

/* What is to be sent now that is no event: the challenge, or a test. (transfer full), floating */
GVariant *
bridge_push_queue_build_signal(BridgePushQueue *queue);
/* What is to be sent of an event, with how many unread messages the account has: its conversations
 * are loaded. Likewise */
GVariant *
bridge_push_queue_build_item(BridgePushQueue *queue, const BridgePushItem *item);
/* When the device's next challenge may be sent, monotonic: strangers name whom it goes to. */
gint64
bridge_push_get_challenge_us(BridgePush *self, const char *device_id);
void
bridge_push_note_challenge(BridgePush *self, const char *device_id);

/* An attempt has ended. @outcome: or NULL: nobody knows how. Returns: what came of it */
BridgePushResult
bridge_push_queue_note(BridgePushQueue *queue, GVariant *outcome, gint64 begun_us);
/* It has failed for so long, at last as @result says, that it is given up. */
gboolean
bridge_push_queue_is_dead(BridgePushQueue *queue, BridgePushResult result);

/* Which one sends to that service. */
BridgePushProcess *
bridge_push_get_process(BridgePush *self, const char *type);
/* FALSE: the clock is wrong, so that nothing can be signed: it is told, once. */
gboolean
bridge_push_check_clock(BridgePush *self);
/* Whether devices may subscribe by it. */
gboolean
bridge_push_has_type(BridgePush *self, const char *type);
/* NULL: there is none */
BridgePushQueue *
bridge_push_find_queue(BridgePush *self, const char *device_id, const char *type);
/* @queue: (transfer full) */
void
bridge_push_add_queue(BridgePush *self, BridgePushQueue *queue);
void
bridge_push_remove_queue(BridgePush *self, BridgePushQueue *queue);

/* FALSE: another change of it is on its way. Else _end_change() has to follow. */
gboolean
bridge_push_begin_change(BridgePush *self, const char *device_id, const char *type);
/* FALSE: the device has gone meanwhile */
gboolean
bridge_push_end_change(BridgePush *self, const char *device_id, const char *type);

/* Whether pushes of that type are worded elsewhere (bridge-push-translation.h). */
gboolean
bridge_push_is_translated(const char *type);
/* @push: (out): (transfer full), floating; with SEND only. Of such a queue. */
BridgePushStep
bridge_push_translation_build(BridgePushQueue *queue, const BridgePushItem *item, GVariant **push);
BridgePushStep
bridge_push_translation_judge(BridgePushQueue *queue, const BridgePushItem *item,
                              BridgePushResult result, GVariant *outcome);
void
bridge_push_translation_judge_aside(BridgePushQueue *queue, BridgePushResult result,
                                    GVariant *outcome);
/* @push: what the translator has said of it. Returns: (transfer full), floating */
GVariant *
bridge_push_translation_address(BridgePushQueue *queue, GVariantDict *push);
/* Of any queue. */
void
bridge_push_translation_tell_gone(BridgePushQueue *queue);

/* By which it is remembered once its service has said that it is gone: for a day it is not taken
 * again, as an app gets another one by registering anew. FALSE: it is not remembered */
#define BRIDGE_PUSH_GONE_US (24 * 3600 * (gint64)G_USEC_PER_SEC)
gboolean
bridge_push_hash_endpoint(BridgePush *self, const BridgePushSettings *settings,
                          guint8 hash[BRIDGE_SECRET_HASH_BYTES]);

/* The service does not know it any more: it goes, and its devices are told by an event. @reason: a
 * word. FALSE: not now: it is being changed, or too many go at once, which is more likely a service
 * in trouble, or somebody between it and us. */
gboolean
bridge_push_prune(BridgePush *self, BridgePushQueue *queue, const char *reason);

G_END_DECLS
