/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite-keys.h: the keys of a store, unwrapped, and sealing by them. Both threads use one:
 * its keys never change, and of those that wrap there may come to be more, as the master key is
 * replaced. The master key itself is not kept. */
#pragma once

#include "store/bridge-fields.h"
#include "store/bridge-sqlite.h"
#include "vault/bridge-seal.h"

G_BEGIN_DECLS

#define BRIDGE_OWNER_STORE "store" /* records that belong to no account */
#define BRIDGE_OWNER_INDEX "index" /* the key of blind indexes */
#define BRIDGE_OWNER_PUSH "push"   /* what push services know the bridge by */
#define BRIDGE_OWNER_ACCOUNT "accounts"
#define BRIDGE_STORE_OWNER_ID "store"

/* Repetition keys are looked up within an account, among some ten thousand: half an HMAC will do.
 */
#define BRIDGE_SHORT_INDEX_BYTES 16

typedef struct {
	GMutex lock;
	GPtrArray *keks; /* of BridgeKey, by the number of the master key; guarded by the lock */
	BridgeKey *index;
	BridgeKey *global;
	BridgeKey *push;
	guint8 salt[BRIDGE_SEAL_SALT_BYTES];
} BridgeSqliteKeys;

/* Makes index, global and push key in a new store. */
gboolean
bridge_sqlite_keys_create(BridgeSqlite *db, const BridgeKey *kek, GError **error);
/* @kek is taken over; @salt: the store's. */
BridgeSqliteKeys *
bridge_sqlite_keys_load(BridgeSqlite *db, BridgeKey *kek, const guint8 salt[BRIDGE_SEAL_SALT_BYTES],
                        GError **error);
/* @kek: (transfer full): wraps some keys from now on, or will. Returns: the one with its number */
const BridgeKey *
bridge_sqlite_keys_add_kek(BridgeSqliteKeys *keys, BridgeKey *kek);
/* Of that master key, or NULL: it lives as long as @keys. */
const BridgeKey *
bridge_sqlite_keys_find_kek(BridgeSqliteKeys *keys, guint32 master_key_id);
void
bridge_sqlite_keys_free(BridgeSqliteKeys *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeSqliteKeys, bridge_sqlite_keys_free)

/* One data key: made and stored, loaded, destroyed. NULL from load without error: there is none. */
BridgeKey *
bridge_sqlite_data_key_create(BridgeSqlite *db, const BridgeKey *kek, const char *owner_kind,
                              const char *owner_id, GError **error);
BridgeKey *
bridge_sqlite_data_key_load(BridgeSqlite *db, BridgeSqliteKeys *keys, const char *owner_kind,
                            const char *owner_id, GError **error);
gboolean
bridge_sqlite_data_key_destroy(BridgeSqlite *db, const char *owner_kind, const char *owner_id,
                               GError **error);

/* Within a transaction: every data key is wrapped anew by the KEK of @master_key, whose number must
 * be new, and the store is that master key's. Returns: (transfer none) (nullable): that KEK */
const BridgeKey *
bridge_sqlite_keys_rewrap(BridgeSqlite *db, BridgeSqliteKeys *keys, const BridgeKey *master_key,
                          GError **error);

/* The key of one column's values, from the owner's @data_key. */
BridgeKey *
bridge_sqlite_derive(const BridgeKey *data_key, const char *table, const char *column,
                     GError **error);

/* Sealing and opening with errors in the words of the store (BRIDGE_ERROR_STORE, naming the place).
 * With the column's key itself, which spares the derivation where many are sealed or opened: */
GBytes *
bridge_sqlite_seal_record(const BridgeKey *record_key, const BridgeSealPlace *place,
                          gconstpointer octets, gsize length, GError **error);
/* @statement's @column holds the blob. */
GBytes *
bridge_sqlite_open_record(const BridgeKey *record_key, const BridgeSealPlace *place,
                          BridgeStatement *statement, int column, GError **error);
/* Deriving it from the owner's @data_key: */
GBytes *
bridge_sqlite_seal(const BridgeKey *data_key, const BridgeSealPlace *place, gconstpointer octets,
                   gsize length, GError **error);
GBytes *
bridge_sqlite_seal_fields(const BridgeKey *data_key, const BridgeSealPlace *place,
                          BridgeFields *fields, GError **error);
GBytes *
bridge_sqlite_open_column(const BridgeKey *data_key, const BridgeSealPlace *place,
                          BridgeStatement *statement, int column, GError **error);
/* What @place holds does not make sense. */
void
bridge_sqlite_set_corrupt(GError **error, const BridgeSealPlace *place);

/* A blind index of @first and @second as a whole. */
GBytes *
bridge_sqlite_index(BridgeSqliteKeys *keys, const char *label, gsize length, const char *first,
                    const char *second, GError **error);

G_END_DECLS
