/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite-keys.h"

#include <string.h>

#include "base/bridge-error.h"

/* Whatever cryptography says, a caller can only be told that the store failed. */
static void
bridge_sqlite_translate(GError **error, GError *cause, const BridgeSealPlace *place)
{
	g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE, "the store failed at %s.%s: %s",
	            place->table, place->column, cause->message);
	g_error_free(cause);
}

void
bridge_sqlite_set_corrupt(GError **error, const BridgeSealPlace *place)
{
	g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE,
	            "the store failed at %s.%s: a value opens but makes no sense", place->table,
	            place->column);
}

/* ---- Data keys ------------------------------------------------------------------------------- */

static const BridgeSealPlace keys_place = {"keys", "wrapped", "", 0};

BridgeKey *
bridge_sqlite_data_key_create(BridgeSqlite *db, const BridgeKey *kek, const char *owner_kind,
                              const char *owner_id, GError **error)
{
	g_autoptr(BridgeKey) key = NULL;
	g_autoptr(GBytes) wrapped = NULL;
	GError *cause = NULL;
	gint64 id = 0;

	if (!bridge_sqlite_get_integer(db, "SELECT coalesce(max(key_id), 0) + 1 FROM keys", &id,
	                               error))
		return NULL;
	key = bridge_key_new_random((guint32)id, &cause);
	if (key != NULL)
		wrapped = bridge_seal_wrap_key(kek, key, owner_kind, owner_id, &cause);
	if (wrapped == NULL) {
		bridge_sqlite_translate(error, cause, &keys_place);
		return NULL;
	}
	if (!bridge_sqlite_run(db, error,
	                       "INSERT INTO keys (key_id, owner_kind, owner_id, wrapped)"
	                       " VALUES (?, ?, ?, ?)",
	                       "issb", id, owner_kind, owner_id, wrapped))
		return NULL;
	return g_steal_pointer(&key);
}

/* The blob says under which master key it was wrapped. */
static BridgeKey *
bridge_sqlite_data_key_unwrap(BridgeSqliteKeys *keys, BridgeStatement *statement, int column,
                              const char *owner_kind, const char *owner_id, GError **error)
{
	gconstpointer blob = sqlite3_column_blob(statement, column);
	gsize length = (gsize)sqlite3_column_bytes(statement, column);
	guint32 id = bridge_seal_get_wrapping_id(blob, length);
	const BridgeKey *kek = bridge_sqlite_keys_find_kek(keys, id);
	GError *cause = NULL;
	BridgeKey *key = NULL;

	if (kek != NULL)
		key = bridge_seal_unwrap_key(kek, blob, length, owner_kind, owner_id, &cause);
	else
		cause = g_error_new(BRIDGE_SEAL_ERROR, BRIDGE_SEAL_ERROR_KEY,
		                    "wrapped by the master key %u, which is not here", id);
	if (key == NULL)
		bridge_sqlite_translate(error, cause, &keys_place);
	return key;
}

BridgeKey *
bridge_sqlite_data_key_load(BridgeSqlite *db, BridgeSqliteKeys *keys, const char *owner_kind,
                            const char *owner_id, GError **error)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		db, error, "SELECT wrapped FROM keys WHERE owner_kind = ? AND owner_id = ?", "ss",
		owner_kind, owner_id);

	if (statement == NULL || bridge_sqlite_step(db, statement, error) != BRIDGE_SQLITE_ROW)
		return NULL;
	return bridge_sqlite_data_key_unwrap(keys, statement, 0, owner_kind, owner_id, error);
}

gboolean
bridge_sqlite_data_key_destroy(BridgeSqlite *db, const char *owner_kind, const char *owner_id,
                               GError **error)
{
	return bridge_sqlite_run(db, error,
	                         "DELETE FROM keys WHERE owner_kind = ? AND owner_id = ?", "ss",
	                         owner_kind, owner_id);
}

/* ---- The store's own ------------------------------------------------------------------------- */

gboolean
bridge_sqlite_keys_create(BridgeSqlite *db, const BridgeKey *kek, GError **error)
{
	g_autoptr(BridgeKey) index = bridge_sqlite_data_key_create(db, kek, BRIDGE_OWNER_INDEX,
	                                                           BRIDGE_STORE_OWNER_ID, error);
	g_autoptr(BridgeKey) global = NULL;
	g_autoptr(BridgeKey) push = NULL;

	if (index == NULL)
		return FALSE;
	global = bridge_sqlite_data_key_create(db, kek, BRIDGE_OWNER_STORE, BRIDGE_STORE_OWNER_ID,
	                                       error);
	if (global != NULL)
		push = bridge_sqlite_data_key_create(db, kek, BRIDGE_OWNER_PUSH,
		                                     BRIDGE_STORE_OWNER_ID, error);
	return push != NULL;
}

const BridgeKey *
bridge_sqlite_keys_find_kek(BridgeSqliteKeys *keys, guint32 master_key_id)
{
	const BridgeKey *found = NULL;

	g_mutex_lock(&keys->lock);
	for (guint i = 0; i < keys->keks->len && found == NULL; i++) {
		const BridgeKey *kek = g_ptr_array_index(keys->keks, i);

		if (bridge_key_get_id(kek) == master_key_id)
			found = kek;
	}
	g_mutex_unlock(&keys->lock);
	return found;
}

const BridgeKey *
bridge_sqlite_keys_add_kek(BridgeSqliteKeys *keys, BridgeKey *kek)
{
	g_mutex_lock(&keys->lock);
	g_ptr_array_add(keys->keks, kek);
	g_mutex_unlock(&keys->lock);
	return kek;
}

static void
bridge_sqlite_keys_drop_kek(BridgeSqliteKeys *keys, const BridgeKey *kek)
{
	g_mutex_lock(&keys->lock);
	g_ptr_array_remove(keys->keks, (gpointer)kek);
	g_mutex_unlock(&keys->lock);
}

BridgeSqliteKeys *
bridge_sqlite_keys_load(BridgeSqlite *db, BridgeKey *kek, const guint8 salt[BRIDGE_SEAL_SALT_BYTES],
                        GError **error)
{
	g_autoptr(BridgeSqliteKeys) keys = g_new0(BridgeSqliteKeys, 1);
	g_autoptr(GError) inner = NULL;

	g_mutex_init(&keys->lock);
	keys->keks = g_ptr_array_new_with_free_func((GDestroyNotify)bridge_key_free);
	memcpy(keys->salt, salt, sizeof keys->salt);
	bridge_sqlite_keys_add_kek(keys, kek);
	keys->index = bridge_sqlite_data_key_load(db, keys, BRIDGE_OWNER_INDEX,
	                                          BRIDGE_STORE_OWNER_ID, &inner);
	if (keys->index != NULL)
		keys->global = bridge_sqlite_data_key_load(db, keys, BRIDGE_OWNER_STORE,
		                                           BRIDGE_STORE_OWNER_ID, &inner);
	if (keys->global != NULL)
		keys->push = bridge_sqlite_data_key_load(db, keys, BRIDGE_OWNER_PUSH,
		                                         BRIDGE_STORE_OWNER_ID, &inner);
	if (keys->push != NULL)
		return g_steal_pointer(&keys);
	if (inner != NULL)
		g_propagate_error(error, g_steal_pointer(&inner));
	else
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE,
		                    "the store has lost its own keys");
	return NULL;
}

void
bridge_sqlite_keys_free(BridgeSqliteKeys *keys)
{
	if (keys == NULL)
		return;
	g_ptr_array_unref(keys->keks);
	g_mutex_clear(&keys->lock);
	bridge_key_free(keys->index);
	bridge_key_free(keys->global);
	bridge_key_free(keys->push);
	g_free(keys);
}

/* ---- Another master key ---------------------------------------------------------------------- */

/* One data key, of the row that @statement is at: number, kind and id of the owner, wrapped key. */
static gboolean
bridge_sqlite_keys_rewrap_one(BridgeSqlite *db, BridgeSqliteKeys *keys, BridgeStatement *statement,
                              const BridgeKey *kek, GError **error)
{
	const char *kind = (const char *)sqlite3_column_text(statement, 1);
	const char *id = (const char *)sqlite3_column_text(statement, 2);
	g_autoptr(BridgeKey) key =
		bridge_sqlite_data_key_unwrap(keys, statement, 3, kind, id, error);
	g_autoptr(GBytes) wrapped = NULL;
	GError *cause = NULL;

	if (key == NULL)
		return FALSE;
	wrapped = bridge_seal_wrap_key(kek, key, kind, id, &cause);
	if (wrapped == NULL) {
		bridge_sqlite_translate(error, cause, &keys_place);
		return FALSE;
	}
	return bridge_sqlite_run(db, error, "UPDATE keys SET wrapped = ? WHERE key_id = ?", "bi",
	                         wrapped, (gint64)bridge_key_get_id(key));
}

/* Row by row, in the order of their numbers: what is written is not met again. */
static gboolean
bridge_sqlite_keys_rewrap_all(BridgeSqlite *db, BridgeSqliteKeys *keys, const BridgeKey *kek,
                              GError **error)
{
	gint64 after = 0;

	while (TRUE) {
		g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
			db, error,
			"SELECT key_id, owner_kind, owner_id, wrapped FROM keys"
			" WHERE key_id > ? ORDER BY key_id LIMIT 1",
			"i", after);
		BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;

		if (statement != NULL)
			step = bridge_sqlite_step(db, statement, error);
		if (step != BRIDGE_SQLITE_ROW)
			return step == BRIDGE_SQLITE_DONE;
		after = sqlite3_column_int64(statement, 0);
		if (!bridge_sqlite_keys_rewrap_one(db, keys, statement, kek, error))
			return FALSE;
	}
}

static gboolean
bridge_sqlite_keys_put_master_key(BridgeSqlite *db, const BridgeKey *master_key,
                                  const guint8 salt[BRIDGE_SEAL_SALT_BYTES], GError **error)
{
	guint32 id = GUINT32_TO_BE(bridge_key_get_id(master_key));
	guint8 kcv[BRIDGE_SEAL_KCV_BYTES];
	GError *cause = NULL;

	if (!bridge_seal_derive_kcv(bridge_key_get_octets(master_key), salt, kcv, &cause)) {
		bridge_sqlite_translate(error, cause, &keys_place);
		return FALSE;
	}
	return bridge_sqlite_run(db, error, "UPDATE meta SET value = ? WHERE name = 'kcv'", "h",
	                         kcv, sizeof kcv) &&
	       bridge_sqlite_run(db, error,
	                         "INSERT OR REPLACE INTO meta (name, value)"
	                         " VALUES ('master_key_id', ?)",
	                         "h", &id, sizeof id);
}

const BridgeKey *
bridge_sqlite_keys_rewrap(BridgeSqlite *db, BridgeSqliteKeys *keys, const BridgeKey *master_key,
                          GError **error)
{
	GError *cause = NULL;
	BridgeKey *derived = bridge_seal_derive_kek(bridge_key_get_octets(master_key), keys->salt,
	                                            bridge_key_get_id(master_key), &cause);
	const BridgeKey *kek = NULL;

	if (derived == NULL) {
		bridge_sqlite_translate(error, cause, &keys_place);
		return NULL;
	}
	/* of an attempt that was taken back */
	kek = bridge_sqlite_keys_find_kek(keys, bridge_key_get_id(master_key));
	if (kek != NULL)
		bridge_sqlite_keys_drop_kek(keys, kek);
	/* before the transaction ends: who reads what it wrote needs it */
	kek = bridge_sqlite_keys_add_kek(keys, derived);
	if (bridge_sqlite_keys_rewrap_all(db, keys, kek, error) &&
	    bridge_sqlite_keys_put_master_key(db, master_key, keys->salt, error))
		return kek;
	bridge_sqlite_keys_drop_kek(keys, kek);
	return NULL;
}

/* ---- Sealing --------------------------------------------------------------------------------- */

BridgeKey *
bridge_sqlite_derive(const BridgeKey *data_key, const char *table, const char *column,
                     GError **error)
{
	BridgeSealPlace place = {table, column, "", 0};
	GError *cause = NULL;
	BridgeKey *key = bridge_seal_derive_record_key(data_key, table, column, &cause);

	if (key == NULL)
		bridge_sqlite_translate(error, cause, &place);
	return key;
}

GBytes *
bridge_sqlite_seal_record(const BridgeKey *record_key, const BridgeSealPlace *place,
                          gconstpointer octets, gsize length, GError **error)
{
	GError *cause = NULL;
	GBytes *blob = bridge_seal_record(record_key, place, octets, length, &cause);

	if (blob == NULL)
		bridge_sqlite_translate(error, cause, place);
	return blob;
}

GBytes *
bridge_sqlite_seal(const BridgeKey *data_key, const BridgeSealPlace *place, gconstpointer octets,
                   gsize length, GError **error)
{
	g_autoptr(BridgeKey) record_key =
		bridge_sqlite_derive(data_key, place->table, place->column, error);

	if (record_key == NULL)
		return NULL;
	return bridge_sqlite_seal_record(record_key, place, octets, length, error);
}

GBytes *
bridge_sqlite_seal_fields(const BridgeKey *data_key, const BridgeSealPlace *place,
                          BridgeFields *fields, GError **error)
{
	gsize length = 0;
	gconstpointer octets = bridge_fields_get(fields, &length);

	return bridge_sqlite_seal(data_key, place, octets, length, error);
}

GBytes *
bridge_sqlite_open_record(const BridgeKey *record_key, const BridgeSealPlace *place,
                          BridgeStatement *statement, int column, GError **error)
{
	GError *cause = NULL;
	GBytes *bytes =
		bridge_seal_open_record(record_key, place, sqlite3_column_blob(statement, column),
	                                (gsize)sqlite3_column_bytes(statement, column), &cause);

	if (bytes == NULL)
		bridge_sqlite_translate(error, cause, place);
	return bytes;
}

GBytes *
bridge_sqlite_open_column(const BridgeKey *data_key, const BridgeSealPlace *place,
                          BridgeStatement *statement, int column, GError **error)
{
	g_autoptr(BridgeKey) record_key =
		bridge_sqlite_derive(data_key, place->table, place->column, error);

	if (record_key == NULL)
		return NULL;
	return bridge_sqlite_open_record(record_key, place, statement, column, error);
}

/* ---- Look-ups -------------------------------------------------------------------------------- */

GBytes *
bridge_sqlite_index(BridgeSqliteKeys *keys, const char *label, gsize length, const char *first,
                    const char *second, GError **error)
{
	static const BridgeSealPlace place = {"keys", "index", "", 0};
	g_autoptr(BridgeFields) fields = bridge_fields_new();
	guint8 index[BRIDGE_SEAL_INDEX_BYTES];
	GError *cause = NULL;
	gsize value_length = 0;
	gconstpointer value = NULL;

	bridge_fields_add_text(fields, first);
	bridge_fields_add_text(fields, second);
	value = bridge_fields_get(fields, &value_length);
	if (!bridge_seal_blind_index(keys->index, label, value, value_length, index, &cause)) {
		bridge_sqlite_translate(error, cause, &place);
		return NULL;
	}
	return g_bytes_new(index, length);
}
