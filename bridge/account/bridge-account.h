/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-account.h: one chat login that the daemon keeps signed in, and its events.
 *
 *   CONNECTING -> ONLINE        the host says so
 *   CONNECTING/ONLINE -> WAITING   retryable trouble: tried again with jittered backoff
 *   any -> SIGNED_OUT           credentials refused, or nothing that waiting could mend
 *   WAITING/SIGNED_OUT -> CONNECTING
 *   SIGNED_OUT -> WAITING       for its turn: a device has returned (bridge-idle.h)
 *
 * Each change is an "account.state" event. The account knows hosts only through BridgeSupervisor
 * and what it keeps only through BridgeStore. Main loop only. */
#pragma once

#include "bridge-roster.h"
#include "store/bridge-store.h"

G_BEGIN_DECLS

/* A reason of our own beside BRIDGE_REASON_* of bridge-link.h. */
#define BRIDGE_REASON_HOST_LOST "host-lost" /* the process that had the account died: retried */

/* No device has been there for long; one that returns mends it. */
#define BRIDGE_REASON_IDLE "idle"
/* The same once too often: retried, but not soon. */
#define BRIDGE_REASON_QUARANTINED "quarantined"

typedef enum {
	BRIDGE_ACCOUNT_CONNECTING,
	BRIDGE_ACCOUNT_ONLINE,
	BRIDGE_ACCOUNT_WAITING,
	BRIDGE_ACCOUNT_SIGNED_OUT,
} BridgeAccountState;

/* How long a chat server may take over a sign-in, in ms. */
typedef struct {
	guint login;   /* that somebody waits for; 30,000 */
	guint connect; /* of an account that is known; 90,000, as a busy host signs in one by one */
} BridgePatience;

#define BRIDGE_TYPE_ACCOUNT (bridge_account_get_type())
G_DECLARE_FINAL_TYPE(BridgeAccount, bridge_account, BRIDGE, ACCOUNT, GObject)

/* Signal "events": (GPtrArray<BridgeEventRecord> *events): they have just become durable; in order.
 * Signal "ephemeral": (const char *type, const char *json): presence, typing; never stored.
 * Signal "erased": the account is gone; readers of it answer 401.
 * Signal "state-changed": also when the contacts have become known. */

const char *
bridge_account_get_id(BridgeAccount *self);
/* Whom a message may go to, as the account's protocol has addresses, or a room it is in. Returns:
 * (transfer full): normalised; BRIDGE_ERROR_INVALID */
char *
bridge_account_normalise_peer(BridgeAccount *self, const char *text, GError **error);
/* Whether it is kept in a host of its own because hosts died over it. */
gboolean
bridge_account_is_quarantined(BridgeAccount *self);
/* Forgets that, and signs in at once if it was waiting. */
void
bridge_account_release(BridgeAccount *self);
const char *
bridge_account_get_protocol(BridgeAccount *self);
const char *
bridge_account_get_username(BridgeAccount *self); /* asked bare JID */
const char *
bridge_account_get_bound_jid(BridgeAccount *self); /* full, or NULL */
BridgeAccountState
bridge_account_get_state(BridgeAccount *self);
const char *
bridge_account_state_to_string(BridgeAccountState state);
const char *
bridge_account_get_reason(BridgeAccount *self); /* BRIDGE_REASON_*, or NULL */
const char *
bridge_account_get_user_action(
	BridgeAccount *self); /* sign-in-again, ask-administrator, wait, or NULL */
gint64
bridge_account_get_next_try_us(BridgeAccount *self); /* 0 = none */
gint64
bridge_account_get_last_traffic_us(BridgeAccount *self); /* 0 = never */
const char *const *
bridge_account_get_features(BridgeAccount *self);
/* Highest durable seq. */
guint64
bridge_account_get_seq(BridgeAccount *self);
/* The store has shown an event of @seq: who read it may have been quicker than the news that it is
 * durable, and must be able to go on behind it. */
void
bridge_account_raise_seq(BridgeAccount *self, guint64 seq);
/* (element-type BridgeContact) borrowed, sorted by JID */
GPtrArray *
bridge_account_get_contacts(BridgeAccount *self);
/* Whether the chat server has told them, all of them, since the daemon runs. */
gboolean
bridge_account_knows_contacts(BridgeAccount *self);
/* @jid: bare, normalised. NULL: none of the contacts; borrowed */
const BridgeContact *
bridge_account_find_contact(BridgeAccount *self, const char *jid);

/**
 * bridge_account_send_async:
 * @to: bare JID, normalised
 * @body: plain text that bridge_text_check() accepted
 *
 * Finishes when the message and its message.sent event are durable; the same again finishes with
 * the same record and sends nothing. BRIDGE_ERROR_CONFLICT: the same @id with another content. An
 * account that is not online queues. */
void
bridge_account_send_async(BridgeAccount *self, const char *device_id, const char *id,
                          const char *to, const char *body, GAsyncReadyCallback callback,
                          gpointer user_data);
BridgeOutgoingRecord *
bridge_account_send_finish(BridgeAccount *self, GAsyncResult *result, GError **error);

/**
 * bridge_account_request_async:
 * @command, @arguments: of a feature's header in host/; a{sv} (transfer floating)
 *
 * Finishes with the answer, a{sv}. BRIDGE_ERROR_NOT_ONLINE, _INVALID, _UNSUPPORTED (the chat server
 * lacks it), _REFUSED (it said no), _NO_ANSWER; the message is for a person. */
void
bridge_account_request_async(BridgeAccount *self, const char *command, GVariant *arguments,
                             GAsyncReadyCallback callback, gpointer user_data);
GVariant *
bridge_account_request_finish(BridgeAccount *self, GAsyncResult *result, GError **error);

/* ---- Whether anybody is there: see bridge-idle.h -------------------------------------------- */

/* Somebody did something. */
void
bridge_account_note_act(BridgeAccount *self);

/* Some device asked for something. */
void
bridge_account_note_device(BridgeAccount *self);

/* Nobody is there any more: signed out until a device asks for something. What waits to be sent is
 * sent before: FALSE, then, and nothing has changed. */
gboolean
bridge_account_leave_idle(BridgeAccount *self);

/* A reader waits for events from now on, or no more. */
void
bridge_account_add_reader(BridgeAccount *self);
void
bridge_account_remove_reader(BridgeAccount *self);

/* Whether it is signed out because no device was there: nothing is wrong with its credential. */
gboolean
bridge_account_is_idle(BridgeAccount *self);

G_END_DECLS
