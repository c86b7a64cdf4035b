/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-store.h: what the bridge keeps. An interface; bridge-sqlite-store.h is the embedded
 * engine.
 *
 * Writing is done by batches: a batch is applied whole or not at all, its commit call finishes when
 * it is durable (fdatasync included), and batches become durable in the order in which they were
 * committed. What queues up while the engine writes becomes its next transaction, so that many
 * small batches cost one flush. Reading sees everything whose commit has finished.
 *
 * Values are sealed on their way in and opened on their way out; what cannot be opened is an error
 * (BRIDGE_ERROR_STORE), never an empty value. All calls come from the main loop; callbacks run
 * there. Errors are BRIDGE_ERROR, or G_IO_ERROR_CANCELLED.
 *
 * Ids of accounts and devices are random, made by the caller, and tell nothing. Seq numbers are
 * made by the store: per account, from 1, never reused, without gaps among what was committed. */
#pragma once

#include <gio/gio.h>

#include "vault/bridge-seal.h"

G_BEGIN_DECLS

/* ---- Records: plain values, owned strings, freed by _free() --------------------------------- */

typedef struct {
	char *id;
	char *protocol; /* "googletalk" */
	char *username; /* asked bare JID, normalised: with protocol and endpoint the account's
	                   look-up key */
	char *endpoint; /* "host:port" that the configuration fixes, "" for DNS */
	char *mechanism;
	char *resource; /* made once, so that the server sees the same client each time */
	GBytes *credential;
	char *bound_jid;     /* as last told by the server, or NULL */
	char *signed_out;    /* reason why the account stays signed out, or NULL while it should be
	                        online */
	char *archive_after; /* bridge-archive-place.h's text of what is stored, or NULL */
	GVariant *kept;      /* a{sv}: what the account's features keep, by their names; or NULL */
	gint64 created_us;
} BridgeAccountRecord;

typedef struct {
	char *id;
	char *account_id;
	char *name;
	char *kind; /* or NULL */
	guint8 token_hash[32];
	guint64 acked_seq;
	gint64 created_us;
} BridgeDeviceRecord;

typedef struct {
	guint64 seq; /* 0 before it is stored */
	gint64 time_us;
	char *type;
	GBytes *data; /* UTF-8 JSON text of the event's "data" object */
	gboolean off_the_record;
} BridgeEventRecord;

typedef enum {
	BRIDGE_OUTGOING_QUEUED,   /* durable here */
	BRIDGE_OUTGOING_SENT,     /* handed to the host */
	BRIDGE_OUTGOING_ACCEPTED, /* acknowledged by the server */
	BRIDGE_OUTGOING_FAILED,
	BRIDGE_OUTGOING_UNKNOWN,   /* died between wire and acknowledgement */
	BRIDGE_OUTGOING_DELIVERED, /* a client of the contact's has said so */
} BridgeOutgoingStatus;

typedef struct {
	char *account_id;
	char *device_id;
	char *id;      /* chosen by the device; unique within it */
	char *wire_id; /* id attribute on the wire: unique within the account */
	char *to;
	char *body;        /* NULL: it was off the record, and every device has acknowledged it */
	guint8 digest[32]; /* of the body where that is NULL: the same id may come again */
	gboolean off_the_record;
	BridgeOutgoingStatus status;
	guint64 seq; /* of its message.sent event */
	gint64 time_us;
} BridgeOutgoingRecord;

/* Whether @to and @body are its own. */
gboolean
bridge_outgoing_record_is_same(const BridgeOutgoingRecord *record, const char *to,
                               const char *body);
/* Leaves the digest in its place; nothing to do where it is forgotten already. */
void
bridge_outgoing_record_forget_body(BridgeOutgoingRecord *record);

/* Where and how a device wants to be pushed to. What is pushed is not stored apart: it is the
 * account's events behind @pushed_seq. */
typedef struct {
	char *id;
	char *account_id;
	char *device_id;
	GVariant *settings; /* a{sv}: of bridge-push-settings.h: keys and secrets among them */
	gint64 created_us;
	guint64 pushed_seq;   /* up to there everything has been pushed, or need not be */
	gint64 not_before_us; /* of the next attempt; 0: at once */
	guint attempts;       /* that failed since the last one that did not */
	gint64 failing_us; /* since when it looks as if nobody were there any more; 0: it does not
	                    */
	guint failures;    /* since then */
	gint64 last_success_us; /* 0: there was none */
	gint64 last_failure_us;
	char *last_error; /* a word, or NULL */
} BridgeSubscriptionRecord;

/* How a stored incoming message can be recognised when the server sends it again (ARCHITECTURE's
 * rule): by stanza id at any time, each of the other two only against messages that the
 * server had not been told about when their stream ended, each of those at most once. */
typedef struct {
	const char *stanza_id;          /* or NULL */
	const char *sender_and_id;      /* or NULL */
	const char *sender_and_content; /* or NULL */
	guint64 stream; /* the daemon's number of the stream it came by, unique within the account
	                   for ever */
	guint32 stanza; /* XEP-0198 number in it; 0: settled at once */
	/* Where the stanza id was made by ourselves, of what a message says and of a time that is
	 * not exact: other ones by which it may be known. NULL-terminated, or NULL */
	const char *const *other_stanza_ids;
	/* It has just been said, whatever is known of the like: not looked for, only remembered */
	gboolean is_first;
} BridgeRepetitionKeys;

/* Erased or revoked bearer tokens keep an answer for 30 days. */
typedef enum {
	BRIDGE_TOKEN_UNKNOWN,
	BRIDGE_TOKEN_VALID,
	BRIDGE_TOKEN_REVOKED,
	BRIDGE_TOKEN_ERASED,
} BridgeTokenState;

void
bridge_account_record_free(BridgeAccountRecord *record);
void
bridge_device_record_free(BridgeDeviceRecord *record);
void
bridge_event_record_free(BridgeEventRecord *record);
void
bridge_outgoing_record_free(BridgeOutgoingRecord *record);
void
bridge_subscription_record_free(BridgeSubscriptionRecord *record);
BridgeSubscriptionRecord *
bridge_subscription_record_copy(const BridgeSubscriptionRecord *record);
BridgeAccountRecord *
bridge_account_record_copy(const BridgeAccountRecord *record);
BridgeDeviceRecord *
bridge_device_record_copy(const BridgeDeviceRecord *record);
BridgeEventRecord *
bridge_event_record_copy(const BridgeEventRecord *record);
BridgeOutgoingRecord *
bridge_outgoing_record_copy(const BridgeOutgoingRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeAccountRecord, bridge_account_record_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeDeviceRecord, bridge_device_record_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeEventRecord, bridge_event_record_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeOutgoingRecord, bridge_outgoing_record_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeSubscriptionRecord, bridge_subscription_record_free)

/* ---- Batches --------------------------------------------------------------------------------- */

typedef struct _BridgeStoreBatch BridgeStoreBatch;

BridgeStoreBatch *
bridge_store_batch_new(void);
void
bridge_store_batch_free(BridgeStoreBatch *batch);
/* While the store cannot be written (a full disk), the batch is kept until it can be, with those
 * like it in their order; any other fails with BRIDGE_ERROR_STORE_UNWRITABLE. */
void
bridge_store_batch_persist(BridgeStoreBatch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeStoreBatch, bridge_store_batch_free)

/* Inserts or replaces. Records are copied. The batch fails with BRIDGE_ERROR_CONFLICT if another
 * account has the same protocol, username and endpoint, with BRIDGE_ERROR_ACCOUNT_ERASED if the
 * account was erased. Whatever names an account that is not there fails the batch with
 * BRIDGE_ERROR_NOT_FOUND. */
void
bridge_store_batch_put_account(BridgeStoreBatch *batch, const BridgeAccountRecord *record);
/* The newest archive id that is stored, without writing the whole account anew. A batch of nothing
 * but this and settle waits up to a second for another one to go with, or for a lull. */
void
bridge_store_batch_set_archive_after(BridgeStoreBatch *batch, const char *account_id,
                                     const char *archive_after);
/* Everything of the account, its key included; its devices' token hashes become ERASED. */
void
bridge_store_batch_erase_account(BridgeStoreBatch *batch, const char *account_id);
void
bridge_store_batch_put_device(BridgeStoreBatch *batch, const BridgeDeviceRecord *record);
/* The device's token hash becomes REVOKED. */
void
bridge_store_batch_remove_device(BridgeStoreBatch *batch, const char *device_id);
/* Raises the device's acknowledged position; a lower one is ignored. */
void
bridge_store_batch_ack(BridgeStoreBatch *batch, const char *device_id, guint64 seq);
/* Appends an event; @keys (nullable) makes it an incoming message that may be a repetition: then it
 * is not stored and its place in the receipt is 0. Returns the place in the receipt. */
guint
bridge_store_batch_append_event(BridgeStoreBatch *batch, const char *account_id,
                                const BridgeEventRecord *event, const BridgeRepetitionKeys *keys);
/* The server was told that it handled up to @stanza of @stream. */
void
bridge_store_batch_settle(BridgeStoreBatch *batch, const char *account_id, guint64 stream,
                          guint32 stanza);
/* Inserts a message to send with its message.sent event (the event's place as above).
 * BRIDGE_ERROR_CONFLICT if the device used the id before. */
guint
bridge_store_batch_put_outgoing(BridgeStoreBatch *batch, const BridgeOutgoingRecord *record,
                                const BridgeEventRecord *event);
void
bridge_store_batch_set_outgoing_status(BridgeStoreBatch *batch, const char *account_id,
                                       const char *wire_id, BridgeOutgoingStatus status);
/* Inserts or replaces. Goes with its device; BRIDGE_ERROR_NOT_FOUND if that is not the account's.
 */
void
bridge_store_batch_put_subscription(BridgeStoreBatch *batch,
                                    const BridgeSubscriptionRecord *record);
/* How far it has come; one that is not there is no error. What is lost of it is pushed again under
 * the same id: a batch of nothing else may wait, as with set_archive_after. */
void
bridge_store_batch_set_pushed(BridgeStoreBatch *batch, const BridgeSubscriptionRecord *record);
/* One that is not there is no error. */
void
bridge_store_batch_remove_subscription(BridgeStoreBatch *batch, const char *subscription_id);
/* An endpoint that its service does not know any more is remembered by @hash for a while; a batch
 * that refuses it fails with BRIDGE_ERROR_CONFLICT if that was within the last @within_us. */
void
bridge_store_batch_bury_endpoint(BridgeStoreBatch *batch, const guint8 hash[32]);
void
bridge_store_batch_refuse_buried(BridgeStoreBatch *batch, const guint8 hash[32], gint64 within_us);
/* Enrolment codes: only their SHA-256 is kept. domain may be NULL (any). */
void
bridge_store_batch_put_enrolment(BridgeStoreBatch *batch, const guint8 hash[32], gint64 expires_us,
                                 const char *domain);
/* A one-use code is gone with the batch that uses it; if it was gone already the whole batch fails
 * with BRIDGE_ERROR_ENROLMENT_REQUIRED. */
void
bridge_store_batch_use_enrolment(BridgeStoreBatch *batch, const guint8 hash[32]);

/* The bridge's own at another service: in place of what was there by that name. */
void
bridge_store_batch_put_credential(BridgeStoreBatch *batch, const char *name, GBytes *credential);

/* From now on the store is @master_key's: what it wraps by the present one is wrapped anew.
 * BRIDGE_ERROR_CONFLICT unless the number of @master_key is higher than the present one's. */
void
bridge_store_batch_rewrap(BridgeStoreBatch *batch, const BridgeKey *master_key);

/* ---- The interface --------------------------------------------------------------------------- */

#define BRIDGE_TYPE_STORE (bridge_store_get_type())
G_DECLARE_INTERFACE(BridgeStore, bridge_store, BRIDGE, STORE, GObject)

struct _BridgeStoreInterface {
	GTypeInterface parent;

	void (*commit_async)(BridgeStore *self, BridgeStoreBatch *batch, GCancellable *cancellable,
	                     GAsyncReadyCallback callback, gpointer user_data);
	GArray *(*commit_finish)(BridgeStore *self, GAsyncResult *result, GError **error);
	/* One entry point for every read; the public functions below wrap it. */
	void (*read_async)(BridgeStore *self, gpointer query, GCancellable *cancellable,
	                   GAsyncReadyCallback callback, gpointer user_data);
	gpointer (*read_finish)(BridgeStore *self, GAsyncResult *result, GError **error);
	void (*close)(BridgeStore *self);
	const char *(*get_epoch)(BridgeStore *self);
	char *(*dup_trouble)(BridgeStore *self);
	const guint8 *(*get_push_key)(BridgeStore *self);
};

/**
 * bridge_store_commit_async:
 * @batch: (transfer full)
 *
 * Cannot be cancelled once it has begun. */
void
bridge_store_commit_async(BridgeStore *self, BridgeStoreBatch *batch, GAsyncReadyCallback callback,
                          gpointer user_data);
/**
 * Returns: (transfer full) (element-type guint64): the receipt: the seq of each appended event in
 * the order of the append calls, 0 for a repetition; %NULL on failure, and then nothing was stored
 */
GArray *
bridge_store_commit_finish(BridgeStore *self, GAsyncResult *result, GError **error);

/* Those that open; one that does not is left out with a warning, so that it disturbs no other.
 * Returns: (element-type BridgeAccountRecord) */
void
bridge_store_load_accounts_async(BridgeStore *self, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *
bridge_store_load_accounts_finish(BridgeStore *self, GAsyncResult *result, GError **error);

/* All devices of an account. Returns: (element-type BridgeDeviceRecord) */
void
bridge_store_load_devices_async(BridgeStore *self, const char *account_id,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data);
GPtrArray *
bridge_store_load_devices_finish(BridgeStore *self, GAsyncResult *result, GError **error);

/* All subscriptions of an account. Returns: (element-type BridgeSubscriptionRecord) */
void
bridge_store_load_subscriptions_async(BridgeStore *self, const char *account_id,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data);
GPtrArray *
bridge_store_load_subscriptions_finish(BridgeStore *self, GAsyncResult *result, GError **error);

/* Whose token is it? @device is set for VALID only. */
void
bridge_store_find_device_async(BridgeStore *self, const guint8 token_hash[32],
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean
bridge_store_find_device_finish(BridgeStore *self, GAsyncResult *result, BridgeTokenState *state,
                                BridgeDeviceRecord **device, GError **error);

/* Events with seq > @after in order, @limit (1..500) at most, and fewer when they are large.
 * BRIDGE_ERROR_CURSOR_EXPIRED when history no longer reaches back to @after.
 * Returns: (element-type BridgeEventRecord) */
void
bridge_store_read_events_async(BridgeStore *self, const char *account_id, guint64 after,
                               guint limit, GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data);
GPtrArray *
bridge_store_read_events_finish(BridgeStore *self, GAsyncResult *result, GError **error);

/* The same from where history begins, if that is later: for whom what has gone is no reason to go
 * without what has not. Finished likewise. */
void
bridge_store_read_kept_events_async(BridgeStore *self, const char *account_id, guint64 after,
                                    guint limit, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);

/* The same backwards, from the newest with seq < @before on; none when history begins there.
 * Returns: (element-type BridgeEventRecord): newest first */
void
bridge_store_read_history_async(BridgeStore *self, const char *account_id, guint64 before,
                                guint limit, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *
bridge_store_read_history_finish(BridgeStore *self, GAsyncResult *result, GError **error);

/* What a device sent with that id in the last 24 hours or more; NULL without error if nothing. */
void
bridge_store_find_outgoing_async(BridgeStore *self, const char *device_id, const char *id,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data);
BridgeOutgoingRecord *
bridge_store_find_outgoing_finish(BridgeStore *self, GAsyncResult *result, GError **error);

/* The same by the id that it had on the wire. */
void
bridge_store_find_sent_async(BridgeStore *self, const char *account_id, const char *wire_id,
                             GCancellable *cancellable, GAsyncReadyCallback callback,
                             gpointer user_data);
BridgeOutgoingRecord *
bridge_store_find_sent_finish(BridgeStore *self, GAsyncResult *result, GError **error);

/* Messages of an account that are QUEUED or SENT, in order: what a restart has to go on with.
 * Returns: (element-type BridgeOutgoingRecord) */
void
bridge_store_load_outgoing_async(BridgeStore *self, const char *account_id,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data);
GPtrArray *
bridge_store_load_outgoing_finish(BridgeStore *self, GAsyncResult *result, GError **error);

/* The highest seq of an account (0 if none) and the highest stream number ever used. */
void
bridge_store_get_position_async(BridgeStore *self, const char *account_id,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean
bridge_store_get_position_finish(BridgeStore *self, GAsyncResult *result, guint64 *seq,
                                 guint64 *stream, GError **error);

/* TRUE if a code with that hash is there, has not expired and fits the domain. */
void
bridge_store_check_enrolment_async(BridgeStore *self, const guint8 hash[32], const char *domain,
                                   gint64 now_us, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_store_check_enrolment_finish(BridgeStore *self, GAsyncResult *result, GError **error);

/* A credential that was put; @credential: (out) (transfer full): NULL: there is none. */
void
bridge_store_load_credential_async(BridgeStore *self, const char *name, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_store_load_credential_finish(BridgeStore *self, GAsyncResult *result, GBytes **credential,
                                    GError **error);

/* Names this life of the store; part of every cursor; new after a restore. */
const char *
bridge_store_get_epoch(BridgeStore *self);

/* (transfer full): why nothing can be written now; NULL while that is not known to be so. */
char *
bridge_store_dup_trouble(BridgeStore *self);

/* BRIDGE_KEY_BYTES, made with the store: what services know the bridge by is derived of it
 * (bridge-push-key.h). Borrowed; NULL when the store is closed. */
const guint8 *
bridge_store_get_push_key(BridgeStore *self);

/* Finishes what was committed, checkpoints and closes; blocks; at shutdown only. */
void
bridge_store_close(BridgeStore *self);

G_END_DECLS
