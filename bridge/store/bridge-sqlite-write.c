/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite-write.h"

#include <string.h>

#include "base/bridge-error.h"
#include "store/bridge-sqlite-credential.h"
#include "store/bridge-sqlite-records.h"
#include "store/bridge-sqlite-trim.h"

/* Accounts that are held, with up to three keys each: keeps the secure heap from filling. */
#define WRITE_ACCOUNTS_MAX 128
#define WRITE_HASH_BYTES ((gsize)32)

static gboolean
bridge_sqlite_write_refuse(GError **error, BridgeError code, const char *message)
{
	g_set_error_literal(error, BRIDGE_ERROR, code, message);
	return FALSE;
}

void
bridge_sqlite_write_forget(BridgeSqliteWrite *write)
{
	g_hash_table_remove_all(write->accounts);
}

BridgeSqliteAccount *
bridge_sqlite_write_get_account(BridgeSqliteWrite *write, const char *id, GError **error)
{
	BridgeSqliteAccount *account = g_hash_table_lookup(write->accounts, id);

	if (account != NULL)
		return account;
	account = bridge_sqlite_account_load(write->db, write->keys, id, error);
	if (account == NULL)
		return NULL;
	if (g_hash_table_size(write->accounts) >= WRITE_ACCOUNTS_MAX)
		bridge_sqlite_write_forget(write);
	g_hash_table_insert(write->accounts, account->id, account);
	return account;
}

void
bridge_sqlite_write_touch(BridgeSqliteWrite *write, gint64 account_no)
{
	g_hash_table_add(write->touched, g_memdup2(&account_no, sizeof account_no));
}

/* ---- Tombstones ------------------------------------------------------------------------------ */

static gboolean
bridge_sqlite_write_bury(BridgeSqliteWrite *write, const guint8 hash[32], BridgeTokenState state,
                         GError **error)
{
	return bridge_sqlite_run(write->db, error,
	                         "INSERT INTO tombstones (hash, state, time_us) VALUES (?, ?, ?)"
	                         " ON CONFLICT (hash) DO UPDATE"
	                         " SET state = excluded.state, time_us = excluded.time_us",
	                         "hii", hash, WRITE_HASH_BYTES, (gint64)state, write->now_us);
}

/* Ids of accounts are random and never used again: an erased one must not come back by a write
 * that was on its way. */
static void
bridge_sqlite_write_hash_id(const char *account_id, guint8 hash[32])
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize length = WRITE_HASH_BYTES;

	g_checksum_update(checksum, (const guint8 *)"account", sizeof "account");
	g_checksum_update(checksum, (const guint8 *)account_id, -1);
	g_checksum_get_digest(checksum, hash, &length);
}

static gboolean
bridge_sqlite_write_check_erased(BridgeSqliteWrite *write, const char *account_id, GError **error)
{
	guint8 hash[32];
	g_autoptr(BridgeStatement) statement = NULL;

	bridge_sqlite_write_hash_id(account_id, hash);
	statement =
		bridge_sqlite_prepare(write->db, error, "SELECT 1 FROM tombstones WHERE hash = ?",
	                              "h", hash, WRITE_HASH_BYTES);
	if (statement == NULL)
		return FALSE;
	switch (bridge_sqlite_step(write->db, statement, error)) {
	case BRIDGE_SQLITE_DONE:
		return TRUE;
	case BRIDGE_SQLITE_ROW:
		return bridge_sqlite_write_refuse(error, BRIDGE_ERROR_ACCOUNT_ERASED,
		                                  "the account was erased");
	default:
		return FALSE;
	}
}

/* ---- Accounts -------------------------------------------------------------------------------- */

/* What is in the row now; both 0 for a new account. */
typedef struct {
	guint64 version;
	guint64 archive_version;
} WriteVersions;

static gboolean
bridge_sqlite_write_read_versions(BridgeSqliteWrite *write, const char *account_id,
                                  WriteVersions *versions, GError **error)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		write->db, error,
		"SELECT version, archive_version FROM accounts WHERE account_id = ?", "s",
		account_id);

	if (statement == NULL)
		return FALSE;
	switch (bridge_sqlite_step(write->db, statement, error)) {
	case BRIDGE_SQLITE_ROW:
		versions->version = (guint64)sqlite3_column_int64(statement, 0);
		versions->archive_version = (guint64)sqlite3_column_int64(statement, 1);
		return TRUE;
	case BRIDGE_SQLITE_DONE:
		return TRUE;
	default:
		return FALSE;
	}
}

/* (protocol, username, endpoint) as a look-up key that tells nobody. */
static GBytes *
bridge_sqlite_write_index_account(BridgeSqliteWrite *write, const BridgeAccountRecord *record,
                                  GError **error)
{
	g_autofree char *service = g_strconcat(record->protocol, "\n", record->endpoint, NULL);

	return bridge_sqlite_index(write->keys, "accounts.lookup", BRIDGE_SEAL_INDEX_BYTES, service,
	                           record->username, error);
}

static gboolean
bridge_sqlite_write_check_unique(BridgeSqliteWrite *write, const char *account_id, GBytes *lookup,
                                 GError **error)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		write->db, error, "SELECT 1 FROM accounts WHERE lookup = ? AND account_id <> ?",
		"bs", lookup, account_id);

	if (statement == NULL)
		return FALSE;
	switch (bridge_sqlite_step(write->db, statement, error)) {
	case BRIDGE_SQLITE_DONE:
		return TRUE;
	case BRIDGE_SQLITE_ROW:
		return bridge_sqlite_write_refuse(error, BRIDGE_ERROR_CONFLICT,
		                                  "another account has this address already");
	default:
		return FALSE;
	}
}

static BridgeKey *
bridge_sqlite_write_ensure_key(BridgeSqliteWrite *write, const char *account_id, gboolean is_new,
                               GError **error)
{
	BridgeSqliteAccount *account = NULL;

	if (is_new)
		return bridge_sqlite_data_key_create(write->db, write->kek, BRIDGE_OWNER_ACCOUNT,
		                                     account_id, error);
	account = bridge_sqlite_write_get_account(write, account_id, error);
	if (account == NULL)
		return NULL;
	return bridge_key_new(bridge_key_get_octets(account->key), bridge_key_get_id(account->key));
}

static gboolean
bridge_sqlite_write_insert_account(BridgeSqliteWrite *write, const BridgeAccountRecord *record,
                                   GBytes *lookup, const BridgeKey *key,
                                   const WriteVersions *versions, GError **error)
{
	g_autoptr(GBytes) sealed =
		bridge_sqlite_records_seal_account(key, record, versions->version, error);
	g_autoptr(GBytes) credential = NULL;
	g_autoptr(GBytes) archive = NULL;

	if (sealed == NULL)
		return FALSE;
	if (record->credential != NULL) {
		credential = bridge_sqlite_records_seal_credential(key, record, versions->version,
		                                                   error);
		if (credential == NULL)
			return FALSE;
	}
	if (record->archive_after != NULL) {
		g_autoptr(BridgeKey) archive_key =
			bridge_sqlite_derive(key, "accounts", "archive_after", error);

		if (archive_key == NULL)
			return FALSE;
		archive = bridge_sqlite_records_seal_archive(archive_key, record->id,
		                                             record->archive_after,
		                                             versions->archive_version, error);
		if (archive == NULL)
			return FALSE;
	}
	return bridge_sqlite_run(
		write->db, error,
		"INSERT INTO accounts (account_id, lookup, created_us, version, sealed, credential,"
		" archive_version, archive_after) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (account_id) DO UPDATE SET lookup = excluded.lookup,"
		" created_us = excluded.created_us, version = excluded.version,"
		" sealed = excluded.sealed, credential = excluded.credential,"
		" archive_version = excluded.archive_version,"
		" archive_after = excluded.archive_after",
		"sbiibbib", record->id, lookup, record->created_us, (gint64)versions->version,
		sealed, credential, (gint64)versions->archive_version, archive);
}

static gboolean
bridge_sqlite_write_put_account(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                GArray *receipt, GError **error)
{
	const BridgeAccountRecord *record = change->account;
	WriteVersions versions = {0};
	g_autoptr(GBytes) lookup = bridge_sqlite_write_index_account(write, record, error);
	g_autoptr(BridgeKey) key = NULL;

	if (lookup == NULL || !bridge_sqlite_write_check_erased(write, record->id, error) ||
	    !bridge_sqlite_write_check_unique(write, record->id, lookup, error) ||
	    !bridge_sqlite_write_read_versions(write, record->id, &versions, error))
		return FALSE;
	key = bridge_sqlite_write_ensure_key(write, record->id, versions.version == 0, error);
	versions.version++;
	versions.archive_version++;
	g_hash_table_remove(write->accounts, record->id); /* its versions are others now */
	return key != NULL &&
	       bridge_sqlite_write_insert_account(write, record, lookup, key, &versions, error);
}

static gboolean
bridge_sqlite_write_set_archive_after(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                      GArray *receipt, GError **error)
{
	BridgeSqliteAccount *account =
		bridge_sqlite_write_get_account(write, change->account_id, error);
	const BridgeKey *archive_key = NULL;
	g_autoptr(GBytes) archive = NULL;

	if (account == NULL)
		return FALSE;
	account->archive_version++;
	if (change->text != NULL) {
		archive_key = bridge_sqlite_account_get_archive_key(account, error);
		if (archive_key != NULL)
			archive = bridge_sqlite_records_seal_archive(
				archive_key, account->id, change->text, account->archive_version,
				error);
		if (archive == NULL)
			return FALSE;
	}
	return bridge_sqlite_run(write->db, error,
	                         "UPDATE accounts SET archive_version = ?, archive_after = ?"
	                         " WHERE account_no = ?",
	                         "ibi", (gint64)account->archive_version, archive, account->no);
}

static gboolean
bridge_sqlite_write_erase_account(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                  GArray *receipt, GError **error)
{
	BridgeSqliteAccount *account =
		bridge_sqlite_write_get_account(write, change->account_id, error);
	guint8 hash[32];

	if (account == NULL)
		return FALSE;
	bridge_sqlite_write_hash_id(account->id, hash);
	if (!bridge_sqlite_run(write->db, error,
	                       "INSERT OR REPLACE INTO tombstones (hash, state, time_us)"
	                       " SELECT token_hash, ?, ? FROM devices WHERE account_no = ?",
	                       "iii", (gint64)BRIDGE_TOKEN_ERASED, write->now_us, account->no) ||
	    !bridge_sqlite_write_bury(write, hash, BRIDGE_TOKEN_ERASED, error) ||
	    !bridge_sqlite_data_key_destroy(write->db, BRIDGE_OWNER_ACCOUNT, account->id, error) ||
	    !bridge_sqlite_run(write->db, error, "DELETE FROM accounts WHERE account_no = ?", "i",
	                       account->no))
		return FALSE;
	g_hash_table_remove(write->accounts, change->account_id);
	write->erased = TRUE;
	return TRUE;
}

/* ---- Devices --------------------------------------------------------------------------------- */

typedef struct {
	gboolean exists;
	gint64 account_no;
	guint64 version;
	guint8 token_hash[32];
} WriteDevice;

static gboolean
bridge_sqlite_write_read_device(BridgeSqliteWrite *write, const char *device_id,
                                WriteDevice *device, GError **error)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		write->db, error,
		"SELECT account_no, version, token_hash FROM devices WHERE device_id = ?", "s",
		device_id);
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;

	if (statement != NULL)
		step = bridge_sqlite_step(write->db, statement, error);
	if (step != BRIDGE_SQLITE_ROW)
		return step == BRIDGE_SQLITE_DONE;
	device->exists = TRUE;
	device->account_no = sqlite3_column_int64(statement, 0);
	device->version = (guint64)sqlite3_column_int64(statement, 1);
	if (sqlite3_column_bytes(statement, 2) == sizeof device->token_hash)
		memcpy(device->token_hash, sqlite3_column_blob(statement, 2),
		       sizeof device->token_hash);
	return TRUE;
}

static gboolean
bridge_sqlite_write_insert_device(BridgeSqliteWrite *write, const BridgeDeviceRecord *record,
                                  const BridgeSqliteAccount *account, guint64 version,
                                  GError **error)
{
	g_autoptr(GBytes) sealed =
		bridge_sqlite_records_seal_device(account->key, record, version, error);

	return sealed != NULL &&
	       bridge_sqlite_run(
		       write->db, error,
		       "INSERT INTO devices (device_id, account_no, token_hash, acked_seq,"
		       " created_us, version, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)"
		       " ON CONFLICT (device_id) DO UPDATE SET token_hash = excluded.token_hash,"
		       " acked_seq = max(acked_seq, excluded.acked_seq),"
		       " version = excluded.version, sealed = excluded.sealed",
		       "sihiiib", record->id, account->no, record->token_hash, WRITE_HASH_BYTES,
		       (gint64)record->acked_seq, record->created_us, (gint64)version, sealed);
}

/* A device has read further, or is there no more. */
static gboolean
bridge_sqlite_write_sweep(BridgeSqliteWrite *write, gint64 account_no, GError **error)
{
	g_autoptr(BridgeSqliteAccount) account =
		bridge_sqlite_account_load_no(write->db, write->keys, account_no, error);

	bridge_sqlite_write_touch(write, account_no);
	return account != NULL &&
	       bridge_sqlite_trim_sweep(write->db, account, &write->forgot, error);
}

static gboolean
bridge_sqlite_write_put_device(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                               GArray *receipt, GError **error)
{
	const BridgeDeviceRecord *record = change->device;
	WriteDevice old = {0};
	BridgeSqliteAccount *account =
		bridge_sqlite_write_get_account(write, record->account_id, error);

	if (account == NULL || !bridge_sqlite_write_read_device(write, record->id, &old, error))
		return FALSE;
	if (old.exists && old.account_no != account->no)
		return bridge_sqlite_write_refuse(error, BRIDGE_ERROR_CONFLICT,
		                                  "the device belongs to another account");
	if (record->acked_seq > account->last_seq)
		return bridge_sqlite_write_refuse(error, BRIDGE_ERROR_INVALID,
		                                  "a device cannot start beyond the last event");
	if (old.exists && memcmp(old.token_hash, record->token_hash, WRITE_HASH_BYTES) != 0 &&
	    !bridge_sqlite_write_bury(write, old.token_hash, BRIDGE_TOKEN_REVOKED, error))
		return FALSE;
	return bridge_sqlite_write_insert_device(write, record, account, old.version + 1, error) &&
	       bridge_sqlite_write_sweep(write, account->no, error);
}

static gboolean
bridge_sqlite_write_remove_device(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                  GArray *receipt, GError **error)
{
	WriteDevice old = {0};

	if (!bridge_sqlite_write_read_device(write, change->device_id, &old, error))
		return FALSE;
	if (!old.exists)
		return bridge_sqlite_write_refuse(error, BRIDGE_ERROR_NOT_FOUND, "no such device");
	return bridge_sqlite_write_bury(write, old.token_hash, BRIDGE_TOKEN_REVOKED, error) &&
	       bridge_sqlite_run(write->db, error, "DELETE FROM devices WHERE device_id = ?", "s",
	                         change->device_id) &&
	       bridge_sqlite_write_sweep(write, old.account_no, error);
}

static gboolean
bridge_sqlite_write_ack(BridgeSqliteWrite *write, const BridgeStoreChange *change, GArray *receipt,
                        GError **error)
{
	WriteDevice device = {0};

	if (!bridge_sqlite_write_read_device(write, change->device_id, &device, error))
		return FALSE;
	if (!device.exists)
		return bridge_sqlite_write_refuse(error, BRIDGE_ERROR_NOT_FOUND, "no such device");
	if (change->number > G_MAXINT64 ||
	    !bridge_sqlite_run(write->db, error,
	                       "UPDATE devices SET acked_seq = max(acked_seq, ?1)"
	                       " WHERE device_id = ?2 AND ?1 <= (SELECT " BRIDGE_SQLITE_LAST_SEQ
	                       " FROM accounts"
	                       " WHERE accounts.account_no = devices.account_no)",
	                       "is", (gint64)change->number, change->device_id))
		return FALSE;
	if (bridge_sqlite_get_changes(write->db) == 0)
		return bridge_sqlite_write_refuse(error, BRIDGE_ERROR_INVALID,
		                                  "an event that is not there yet cannot be "
		                                  "acknowledged");
	return bridge_sqlite_write_sweep(write, device.account_no, error);
}

/* ---- Enrolment codes ------------------------------------------------------------------------- */

static gboolean
bridge_sqlite_write_put_enrolment(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                  GArray *receipt, GError **error)
{
	g_autoptr(GBytes) sealed =
		bridge_sqlite_records_seal_domain(write->keys, change->hash, change->text, error);

	return sealed != NULL &&
	       bridge_sqlite_run(write->db, error,
	                         "INSERT OR REPLACE INTO enrolments (hash, expires_us, sealed)"
	                         " VALUES (?, ?, ?)",
	                         "hib", change->hash, WRITE_HASH_BYTES, change->expires_us, sealed);
}

static gboolean
bridge_sqlite_write_use_enrolment(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                                  GArray *receipt, GError **error)
{
	if (!bridge_sqlite_run(write->db, error,
	                       "DELETE FROM enrolments WHERE hash = ? AND expires_us > ?", "hi",
	                       change->hash, WRITE_HASH_BYTES, write->now_us))
		return FALSE;
	if (bridge_sqlite_get_changes(write->db) == 1)
		return TRUE;
	return bridge_sqlite_write_refuse(error, BRIDGE_ERROR_ENROLMENT_REQUIRED,
	                                  "the enrolment code was used, has expired or never was");
}

/* ---- The master key -------------------------------------------------------------------------- */

static gboolean
bridge_sqlite_write_rewrap(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                           GArray *receipt, GError **error)
{
	const BridgeKey *kek = NULL;

	if (bridge_key_get_id(change->master_key) <= bridge_key_get_id(write->kek))
		return bridge_sqlite_write_refuse(error, BRIDGE_ERROR_CONFLICT,
		                                  "the store has a newer master key already");
	kek = bridge_sqlite_keys_rewrap(write->db, write->keys, change->master_key, error);
	if (kek == NULL)
		return FALSE;
	write->kek = kek;
	write->erased = TRUE; /* what the old master key opens */
	return TRUE;
}

/* ---- Batches --------------------------------------------------------------------------------- */

static const BridgeSqliteWriteFunc write_funcs[BRIDGE_STORE_N_CHANGES] = {
	[BRIDGE_STORE_PUT_ACCOUNT] = bridge_sqlite_write_put_account,
	[BRIDGE_STORE_SET_ARCHIVE_AFTER] = bridge_sqlite_write_set_archive_after,
	[BRIDGE_STORE_ERASE_ACCOUNT] = bridge_sqlite_write_erase_account,
	[BRIDGE_STORE_PUT_DEVICE] = bridge_sqlite_write_put_device,
	[BRIDGE_STORE_REMOVE_DEVICE] = bridge_sqlite_write_remove_device,
	[BRIDGE_STORE_ACK] = bridge_sqlite_write_ack,
	[BRIDGE_STORE_APPEND_EVENT] = bridge_sqlite_write_append_event,
	[BRIDGE_STORE_SETTLE] = bridge_sqlite_write_settle,
	[BRIDGE_STORE_PUT_OUTGOING] = bridge_sqlite_write_put_outgoing,
	[BRIDGE_STORE_SET_OUTGOING_STATUS] = bridge_sqlite_write_set_outgoing_status,
	[BRIDGE_STORE_PUT_SUBSCRIPTION] = bridge_sqlite_write_put_subscription,
	[BRIDGE_STORE_SET_PUSHED] = bridge_sqlite_write_set_pushed,
	[BRIDGE_STORE_REMOVE_SUBSCRIPTION] = bridge_sqlite_write_remove_subscription,
	[BRIDGE_STORE_BURY_ENDPOINT] = bridge_sqlite_write_bury_endpoint,
	[BRIDGE_STORE_REFUSE_BURIED] = bridge_sqlite_write_refuse_buried,
	[BRIDGE_STORE_PUT_ENROLMENT] = bridge_sqlite_write_put_enrolment,
	[BRIDGE_STORE_USE_ENROLMENT] = bridge_sqlite_write_use_enrolment,
	[BRIDGE_STORE_PUT_CREDENTIAL] = bridge_sqlite_credential_put,
	[BRIDGE_STORE_REWRAP] = bridge_sqlite_write_rewrap,
};

gboolean
bridge_sqlite_write_apply(BridgeSqliteWrite *write, const BridgeStoreBatch *batch, GArray *receipt,
                          GError **error)
{
	for (guint i = 0; i < batch->changes->len; i++) {
		const BridgeStoreChange *change = g_ptr_array_index(batch->changes, i);

		if (!write_funcs[change->kind](write, change, receipt, error))
			return FALSE;
	}
	return TRUE;
}
