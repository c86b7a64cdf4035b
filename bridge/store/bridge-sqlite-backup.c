/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite-backup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/bridge-error.h"
#include "store/bridge-sqlite-keys.h"
#include "store/bridge-sqlite-schema.h"

static gboolean
bridge_sqlite_backup_fail(GError **error, const char *path)
{
	int code = errno;

	g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE, "%s: %s", path, g_strerror(code));
	return FALSE;
}

/* ---- Making one ------------------------------------------------------------------------------ */

/* The copy itself tells no more than the store does. */
static gboolean
bridge_sqlite_backup_copy(const char *path, const char *copy, GError **error)
{
	g_autoptr(BridgeSqlite) db = bridge_sqlite_open(path, BRIDGE_SQLITE_WRITE, error);

	return db != NULL && bridge_sqlite_run(db, error, "VACUUM INTO ?", "s", copy);
}

/* What a backup that was broken off left goes. */
static gboolean
bridge_sqlite_backup_clear(const char *path, GError **error)
{
	if (g_unlink(path) != 0 && errno != ENOENT)
		return bridge_sqlite_backup_fail(error, path);
	return TRUE;
}

/* A file without a name beside the store: there is room for it, or for nothing. */
static int
bridge_sqlite_backup_open_sealed(const char *path, GError **error)
{
	g_autofree char *sealed = g_strconcat(path, ".sealed", NULL);
	int fd = -1;

	if (!bridge_sqlite_backup_clear(sealed, error))
		return -1;
	fd = g_open(sealed, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		bridge_sqlite_backup_fail(error, sealed);
	else
		g_unlink(sealed);
	return fd;
}

static gboolean
bridge_sqlite_backup_seal(const char *path, const char *copy, const BridgeKey *master_key,
                          GBytes *passphrase, int out, GError **error)
{
	BridgeBackupHeader header = {0};
	BridgeSqlitePeek peek = {0};
	g_autoptr(BridgeKey) key = NULL;
	gboolean ok = FALSE;
	int in = -1;

	if (!bridge_sqlite_store_peek(copy, &peek, error))
		return FALSE;
	if (peek.master_key_id != bridge_key_get_id(master_key)) {
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_BUSY,
		                    "the master key is being replaced: try again");
		return FALSE;
	}
	memcpy(header.store_salt, peek.salt, sizeof header.store_salt);
	memcpy(header.kcv, peek.kcv, sizeof header.kcv);
	key = bridge_backup_header_fill(&header, master_key, passphrase, error);
	if (key == NULL)
		return FALSE;
	in = g_open(copy, O_RDONLY | O_CLOEXEC, 0);
	if (in < 0)
		return bridge_sqlite_backup_fail(error, copy);
	ok = bridge_backup_write(&header, key, in, out, error);
	close(in);
	return ok;
}

int
bridge_sqlite_backup_make(const char *path, const BridgeKey *master_key, GBytes *passphrase,
                          GError **error)
{
	g_autofree char *copy = g_strconcat(path, ".copy", NULL);
	int out = -1;

	if (!bridge_sqlite_backup_clear(copy, error))
		return -1;
	out = bridge_sqlite_backup_open_sealed(path, error);
	if (out >= 0 &&
	    (!bridge_sqlite_backup_copy(path, copy, error) ||
	     !bridge_sqlite_backup_seal(path, copy, master_key, passphrase, out, error))) {
		close(out);
		out = -1;
	}
	g_unlink(copy);
	if (out >= 0)
		lseek(out, 0, SEEK_SET);
	return out;
}

/* ---- A store made of one --------------------------------------------------------------------- */

static gboolean
bridge_sqlite_backup_unpack(int backup, const BridgeBackupHeader *header, const BridgeKey *key,
                            const char *path, GError **error)
{
	int out = g_open(path, O_WRONLY | O_CLOEXEC, 0);
	gboolean ok = FALSE;

	if (out < 0)
		return bridge_sqlite_backup_fail(error, path);
	ok = bridge_backup_read(header, key, backup, out, error);
	if (ok && fsync(out) != 0)
		ok = bridge_sqlite_backup_fail(error, path);
	close(out);
	return ok;
}

static gboolean
bridge_sqlite_backup_rewrap(BridgeSqlite *db, const BridgeBackupHeader *header,
                            const BridgeKey *master_key, const BridgeKey *successor, GError **error)
{
	g_autoptr(BridgeSqliteKeys) keys = NULL;
	BridgeKey *kek = bridge_seal_derive_kek(bridge_key_get_octets(master_key),
	                                        header->store_salt, header->master_key_id, error);

	if (kek == NULL)
		return FALSE;
	keys = bridge_sqlite_keys_load(db, kek, header->store_salt, error);
	if (keys == NULL)
		return FALSE;
	return successor == NULL || bridge_sqlite_keys_rewrap(db, keys, successor, error) != NULL;
}

/* Cursors from after the backup name events that are not there, and codes may have been used. */
static gboolean
bridge_sqlite_backup_begin_epoch(BridgeSqlite *db, GError **error)
{
	g_autofree char *epoch = bridge_sqlite_schema_make_epoch(error);

	return epoch != NULL &&
	       bridge_sqlite_run(db, error, "UPDATE meta SET value = ? WHERE name = 'epoch'", "h",
	                         epoch, strlen(epoch)) &&
	       bridge_sqlite_run(db, error, "DELETE FROM enrolments", "");
}

static gboolean
bridge_sqlite_backup_settle(const char *path, const BridgeBackupHeader *header,
                            const BridgeKey *master_key, const BridgeKey *successor, GError **error)
{
	g_autoptr(BridgeSqlite) db = bridge_sqlite_open(path, BRIDGE_SQLITE_WRITE, error);

	return db != NULL && bridge_sqlite_schema_check(db, error) &&
	       bridge_sqlite_exec(db, "BEGIN IMMEDIATE", error) &&
	       bridge_sqlite_backup_rewrap(db, header, master_key, successor, error) &&
	       bridge_sqlite_backup_begin_epoch(db, error) &&
	       bridge_sqlite_exec(db, "COMMIT", error) &&
	       bridge_sqlite_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", error);
}

gboolean
bridge_sqlite_backup_restore(int backup, const BridgeBackupHeader *header, const BridgeKey *key,
                             const char *path, const BridgeKey *master_key,
                             const BridgeKey *successor, GError **error)
{
	g_autofree char *building = bridge_sqlite_schema_begin_file(path, error);

	if (building == NULL)
		return FALSE;
	if (bridge_sqlite_backup_unpack(backup, header, key, building, error) &&
	    bridge_sqlite_backup_settle(building, header, master_key, successor, error))
		return bridge_sqlite_schema_finish_file(path, building, error);
	g_unlink(building);
	return FALSE;
}
