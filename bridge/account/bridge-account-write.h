/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-account-write.h: a batch of what an account keeps, on its way to durability: all of it is
 * kept or nothing. Batches of an account become durable in the order of their commits; the events
 * are announced then, and not before. */
#pragma once

#include "bridge-account.h"
#include "hosts/bridge-supervisor.h"
#include "store/bridge-store.h"

G_BEGIN_DECLS

typedef struct _BridgeWrite BridgeWrite;
typedef void (*BridgeWriteDone)(BridgeAccount *self, const GError *error, gpointer data);

/* @call: (nullable): is let go of when the write is durable */
BridgeWrite *
bridge_write_new(BridgeAccount *self, BridgeHostEvents *call);
/* (nullable) (transfer full): the call, held once more */
BridgeHostEvents *
bridge_write_hold_call(BridgeWrite *write);
/* @event: (transfer full) */
void
bridge_write_add_event(BridgeWrite *write, BridgeEventRecord *event,
                       const BridgeRepetitionKeys *keys);
/* @event: (transfer full); @seq: where its seq is put before @done is called */
void
bridge_write_add_outgoing(BridgeWrite *write, const BridgeOutgoingRecord *record,
                          BridgeEventRecord *event, guint64 *seq);
void
bridge_write_set_status(BridgeWrite *write, const char *wire_id, BridgeOutgoingStatus status);
void
bridge_write_settle(BridgeWrite *write, guint64 stream, guint32 stanza);
void
bridge_write_remove_subscription(BridgeWrite *write, const char *subscription_id);
/* As bridge_store_batch_bury_endpoint(). */
void
bridge_write_bury_endpoint(BridgeWrite *write, const guint8 hash[32]);
/* The account's record, as it is at the commit. */
void
bridge_write_add_record(BridgeWrite *write);
/* Its position in the archive, likewise. */
void
bridge_write_add_position(BridgeWrite *write);
/* @write: (transfer full); @done: (nullable): called after the events were announced */
void
bridge_write_commit(BridgeWrite *write, BridgeWriteDone done, gpointer data);
/* The same for what somebody waits for: it fails while the store cannot be written, where the other
 * is kept until it can be. */
void
bridge_write_try(BridgeWrite *write, BridgeWriteDone done, gpointer data);

G_END_DECLS
