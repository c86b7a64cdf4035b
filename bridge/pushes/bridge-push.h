/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push.h: what arrives reaches devices that sleep. It keeps the subscriptions of all
 * accounts, and decides what is pushed to each and when; gtalk-bridge-push makes the requests
 * (bridge-push-process.h).
 *
 * There is no queue beside the store: what is to be pushed to a subscription are the account's
 * events behind the place that it has come to, which is durable with them. So nothing is lost
 * whoever is killed, and what is pushed again has the same id: it is made of the subscription, the
 * conversation and the event. A subscription's pushes go one after the other; subscriptions know
 * nothing of each other.
 *
 * A new subscription is sent a challenge and nothing else until the device has answered it. Main
 * loop only. */
#pragma once

#include "account/bridge-accounts.h"
#include "bridge-push-process.h"
#include "bridge-push-settings.h"

G_BEGIN_DECLS

#define BRIDGE_TYPE_PUSH (bridge_push_get_type())
G_DECLARE_FINAL_TYPE(BridgePush, bridge_push, BRIDGE, PUSH, GObject)

/* @config: outlives it */
BridgePush *
bridge_push_new(BridgeConfig *config, BridgeAccounts *accounts);

/* The store is there, and no account yet. */
void
bridge_push_unseal(BridgePush *self, BridgeStore *store);
/* Sends nothing any more. */
void
bridge_push_stop(BridgePush *self);

/* What devices may subscribe by; NULL-terminated, borrowed. */
const char *const *
bridge_push_get_types(BridgePush *self);
/* Those, and what phones of the old proxy's API are reached by. */
const char *const *
bridge_push_get_all_types(BridgePush *self);
/* What an app gives its push service; NULL without Web Push, and while sealed. Borrowed. */
const char *
bridge_push_get_vapid_key(BridgePush *self);

/* ---- A device's subscriptions ---------------------------------------------------------------- */

/* How one is doing. Strings are borrowed, and valid until the main loop goes on. */
typedef struct {
	const char *id;
	const char *account_id;
	const char *device_id;
	const BridgePushSettings *settings;
	gint64 created_us;
	gint64 last_success_us; /* 0: none */
	gint64 last_error_us;
	const char *last_error; /* a word, or NULL */
	guint attempts;         /* that failed since the last one that did not */
	gint64 next_try_us;     /* 0: none is planned */
	guint queue_length;     /* pushes that wait, as far as is known */
} BridgePushStatus;

/* FALSE: the account's subscriptions are still being read. */
gboolean
bridge_push_is_ready(BridgePush *self, BridgeAccount *account);
/* FALSE: the device has none of that type. */
gboolean
bridge_push_get_status(BridgePush *self, const char *device_id, const char *type,
                       BridgePushStatus *status);
typedef void (*BridgePushStatusFunc)(const BridgePushStatus *status, gpointer user_data);
void
bridge_push_foreach(BridgePush *self, BridgePushStatusFunc func, gpointer user_data);

/**
 * bridge_push_subscribe_async:
 * @settings: (transfer full): endpoint and what the device wants; "verified" and "challenge" are
 * made here: as they were where the endpoint and its keys are
 *
 * Replaces the device's subscription of that type as a whole. BRIDGE_ERROR_INVALID: such an
 * endpoint may not be pushed to; _TOO_MANY_SUBSCRIPTIONS; _BUSY: another change of it is on its
 * way. */
void
bridge_push_subscribe_async(BridgePush *self, BridgeAccount *account, const char *device_id,
                            BridgePushSettings *settings, GAsyncReadyCallback callback,
                            gpointer user_data);
/* @created: (out): there was none before */
gboolean
bridge_push_subscribe_finish(BridgePush *self, GAsyncResult *result, gboolean *created,
                             GError **error);

/* BRIDGE_ERROR_NOT_FOUND; _BUSY: as above */
void
bridge_push_unsubscribe_async(BridgePush *self, const char *device_id, const char *type,
                              GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_push_unsubscribe_finish(BridgePush *self, GAsyncResult *result, GError **error);

/* BRIDGE_ERROR_NOT_FOUND; _INVALID: that is not what was sent; _BUSY: as above */
void
bridge_push_verify_async(BridgePush *self, const char *device_id, const char *type,
                         const char *challenge, GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_push_verify_finish(BridgePush *self, GAsyncResult *result, GError **error);

/**
 * bridge_push_test_async:
 *
 * Sends a push that means nothing at once, or the challenge again where that is not answered.
 * Finishes with the outcome, of BRIDGE_PUSH_OUTCOME_TYPE; BRIDGE_ERROR_NOT_FOUND,
 * _BUSY: too soon after another one, or the push process is not there. */
void
bridge_push_test_async(BridgePush *self, const char *device_id, const char *type,
                       GAsyncReadyCallback callback, gpointer user_data);
GVariant *
bridge_push_test_finish(BridgePush *self, GAsyncResult *result, GError **error);

/* ---- For metrics ----------------------------------------------------------------------------- */

#define BRIDGE_PUSH_N_LATENCIES 11
extern const gint64 bridge_push_latencies_us[BRIDGE_PUSH_N_LATENCIES];

typedef struct {
	guint64 results[16]; /* attempts, by BridgePushResult */
	guint64 pruned;
	guint64 latencies[BRIDGE_PUSH_N_LATENCIES + 1]; /* up to these; the last: beyond them */
	gint64 latency_us;                              /* all attempts together */
	guint subscriptions;
	guint queue_length;
} BridgePushCounts;

void
bridge_push_count(BridgePush *self, const char *type, BridgePushCounts *counts);
/* Hosts that are left alone for now, as they have trouble or too much. */
guint
bridge_push_count_paused(BridgePush *self);

G_END_DECLS
