/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite-records.h: how each kind of record is laid out within its sealed columns: the one
 * place that both the writing and the reading side go by. */
#pragma once

#include "store/bridge-sqlite-account.h"
#include "store/bridge-store.h"

G_BEGIN_DECLS

/* Accounts: what names the person, the credential and the archive position are sealed apart. */
GBytes *
bridge_sqlite_records_seal_account(const BridgeKey *key, const BridgeAccountRecord *record,
                                   guint64 version, GError **error);
GBytes *
bridge_sqlite_records_seal_credential(const BridgeKey *key, const BridgeAccountRecord *record,
                                      guint64 version, GError **error);
GBytes *
bridge_sqlite_records_seal_archive(const BridgeKey *archive_key, const char *account_id,
                                   const char *archive_after, guint64 version, GError **error);

#define BRIDGE_SQLITE_ACCOUNT_COLUMNS                                                              \
	"account_id, created_us, version, sealed, credential, archive_version, archive_after"
BridgeAccountRecord *
bridge_sqlite_records_open_account(const BridgeKey *key, BridgeStatement *row, GError **error);

GBytes *
bridge_sqlite_records_seal_device(const BridgeKey *key, const BridgeDeviceRecord *record,
                                  guint64 version, GError **error);
#define BRIDGE_SQLITE_DEVICE_COLUMNS "device_id, token_hash, acked_seq, created_us, version, sealed"
BridgeDeviceRecord *
bridge_sqlite_records_open_device(const BridgeSqliteAccount *account, BridgeStatement *row,
                                  GError **error);

GBytes *
bridge_sqlite_records_seal_event(BridgeSqliteAccount *account, const BridgeEventRecord *event,
                                 guint64 seq, GError **error);
#define BRIDGE_SQLITE_EVENT_COLUMNS "seq, time_us, sealed"
BridgeEventRecord *
bridge_sqlite_records_open_event(BridgeSqliteAccount *account, BridgeStatement *row,
                                 GError **error);

GBytes *
bridge_sqlite_records_seal_outgoing(const BridgeSqliteAccount *account,
                                    const BridgeOutgoingRecord *record, guint64 seq,
                                    GError **error);
/* Label of the blind index over device and message id. */
#define BRIDGE_SQLITE_OUTGOING_LABEL "outgoing.id_index"
#define BRIDGE_SQLITE_WIRE_LABEL "outgoing.wire_index"
#define BRIDGE_SQLITE_OUTGOING_COLUMNS "seq, status, time_us, sealed"
BridgeOutgoingRecord *
bridge_sqlite_records_open_outgoing(const BridgeSqliteAccount *account, BridgeStatement *row,
                                    GError **error);

GBytes *
bridge_sqlite_records_seal_subscription(const BridgeKey *key,
                                        const BridgeSubscriptionRecord *record, guint64 version,
                                        GError **error);
#define BRIDGE_SQLITE_SUBSCRIPTION_COLUMNS                                                         \
	"subscription_id, device_id, pushed_seq, not_before_us, attempts, failing_us, failures,"   \
	" created_us, version, sealed, last_success_us, last_failure_us, last_error"
BridgeSubscriptionRecord *
bridge_sqlite_records_open_subscription(const BridgeSqliteAccount *account, BridgeStatement *row,
                                        GError **error);

/* The domain of an enrolment code. */
GBytes *
bridge_sqlite_records_seal_domain(BridgeSqliteKeys *keys, const guint8 hash[32], const char *domain,
                                  GError **error);
/* @domain: (out) (nullable) */
gboolean
bridge_sqlite_records_open_domain(BridgeSqliteKeys *keys, const guint8 hash[32],
                                  BridgeStatement *row, int column, char **domain, GError **error);

G_END_DECLS
