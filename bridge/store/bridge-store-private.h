/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-store-private.h: what a batch, a query and its answer are made of; for engines only. */
#pragma once

#include "store/bridge-store.h"

G_BEGIN_DECLS

/* ---- Batches --------------------------------------------------------------------------------- */

typedef enum {
	BRIDGE_STORE_PUT_ACCOUNT,         /* account */
	BRIDGE_STORE_SET_ARCHIVE_AFTER,   /* account_id, text */
	BRIDGE_STORE_ERASE_ACCOUNT,       /* account_id */
	BRIDGE_STORE_PUT_DEVICE,          /* device */
	BRIDGE_STORE_REMOVE_DEVICE,       /* device_id */
	BRIDGE_STORE_ACK,                 /* device_id, number: seq */
	BRIDGE_STORE_APPEND_EVENT,        /* account_id, event, keys */
	BRIDGE_STORE_SETTLE,              /* account_id, number: stream, stanza */
	BRIDGE_STORE_PUT_OUTGOING,        /* outgoing, event */
	BRIDGE_STORE_SET_OUTGOING_STATUS, /* account_id, text: wire id, status */
	BRIDGE_STORE_PUT_SUBSCRIPTION,    /* subscription */
	BRIDGE_STORE_SET_PUSHED,          /* subscription */
	BRIDGE_STORE_REMOVE_SUBSCRIPTION, /* text: its id */
	BRIDGE_STORE_BURY_ENDPOINT,       /* hash */
	BRIDGE_STORE_REFUSE_BURIED,       /* hash, number: microseconds */
	BRIDGE_STORE_PUT_ENROLMENT,       /* hash, expires_us, text: domain */
	BRIDGE_STORE_USE_ENROLMENT,       /* hash */
	BRIDGE_STORE_PUT_CREDENTIAL,      /* text: its name, secret */
	BRIDGE_STORE_REWRAP,              /* master_key */
	BRIDGE_STORE_N_CHANGES,
} BridgeStoreChangeKind;

/* One change; only the members named beside its kind are set. All owned. */
typedef struct {
	BridgeStoreChangeKind kind;
	BridgeAccountRecord *account;
	BridgeDeviceRecord *device;
	BridgeEventRecord *event;
	BridgeOutgoingRecord *outgoing;
	BridgeSubscriptionRecord *subscription;
	char *account_id;
	char *device_id;
	char *text;
	BridgeRepetitionKeys *keys;
	BridgeKey *master_key;
	GBytes *secret;
	guint64 number;
	guint32 stanza;
	BridgeOutgoingStatus status;
	gint64 expires_us;
	guint8 hash[32];
} BridgeStoreChange;

struct _BridgeStoreBatch {
	GPtrArray *changes; /* of BridgeStoreChange, in order */
	guint n_events;     /* places in the receipt */
	gboolean persists;
};

/* TRUE if nothing is lost but the knowledge what the server was told, how far its archive was read
 * and what was pushed: such a batch may wait for another one's flush. */
gboolean
bridge_store_batch_can_wait(const BridgeStoreBatch *batch);

/* ---- Reading --------------------------------------------------------------------------------- */

typedef enum {
	BRIDGE_STORE_LOAD_ACCOUNTS,      /* -> records */
	BRIDGE_STORE_LOAD_DEVICES,       /* account_id -> records */
	BRIDGE_STORE_LOAD_SUBSCRIPTIONS, /* account_id -> records */
	BRIDGE_STORE_FIND_DEVICE,        /* hash -> token, device */
	BRIDGE_STORE_READ_EVENTS,        /* account_id, after, limit -> records */
	BRIDGE_STORE_READ_KEPT_EVENTS,   /* likewise */
	BRIDGE_STORE_READ_HISTORY,       /* account_id, before, limit -> records */
	BRIDGE_STORE_FIND_OUTGOING,      /* device_id, text: id -> outgoing */
	BRIDGE_STORE_FIND_SENT,          /* account_id, text: wire id -> outgoing */
	BRIDGE_STORE_LOAD_OUTGOING,      /* account_id -> records */
	BRIDGE_STORE_GET_POSITION,       /* account_id -> seq, stream */
	BRIDGE_STORE_CHECK_ENROLMENT,    /* hash, text: domain, now_us -> found */
	BRIDGE_STORE_LOAD_CREDENTIAL,    /* text: its name -> secret */
	BRIDGE_STORE_N_QUERIES,
} BridgeStoreQueryKind;

typedef struct {
	BridgeStoreQueryKind kind;
	char *account_id;
	char *device_id;
	char *text;
	guint64 after;
	guint64 before;
	guint limit;
	gint64 now_us;
	guint8 hash[32];
} BridgeStoreQuery;

typedef struct {
	GPtrArray *records;
	BridgeDeviceRecord *device;
	BridgeOutgoingRecord *outgoing;
	GBytes *secret;
	BridgeTokenState token;
	guint64 seq;
	guint64 stream;
	gboolean found;
} BridgeStoreAnswer;

void
bridge_store_query_free(BridgeStoreQuery *query);
void
bridge_store_answer_free(BridgeStoreAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeStoreQuery, bridge_store_query_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeStoreAnswer, bridge_store_answer_free)

G_END_DECLS
