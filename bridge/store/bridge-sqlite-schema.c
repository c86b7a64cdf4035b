/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite-schema.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/bridge-error.h"
#include "store/bridge-sqlite-keys.h"

#define SCHEMA_VERSION 1
#define SCHEMA_APPLICATION_ID 0x67746262 /* "gtbb" */
#define SCHEMA_EPOCH_BYTES 5             /* 8 letters in base 32: part of every cursor */

/* Offsets within SQLite's file header. */
#define HEADER_BYTES 100
#define HEADER_MAGIC "SQLite format 3" /* with its final NUL */
#define HEADER_VERSION_OFFSET 60
#define HEADER_APPLICATION_OFFSET 68

/* In clear: numbers, times, random ids, hashes of random tokens, HMACs; the rest is sealed. */
static const char schema_sql[] =
	"CREATE TABLE meta ("
	" name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"

	"CREATE TABLE keys ("
	" key_id INTEGER PRIMARY KEY, owner_kind TEXT NOT NULL, owner_id TEXT NOT NULL,"
	" wrapped BLOB NOT NULL, UNIQUE (owner_kind, owner_id));"

	"CREATE TABLE accounts ("
	" account_no INTEGER PRIMARY KEY AUTOINCREMENT, account_id TEXT NOT NULL UNIQUE,"
	" lookup BLOB NOT NULL UNIQUE, created_us INTEGER NOT NULL,"
	" version INTEGER NOT NULL, sealed BLOB NOT NULL, credential BLOB,"
	" archive_version INTEGER NOT NULL DEFAULT 0, archive_after BLOB,"
	" last_stream INTEGER NOT NULL DEFAULT 0, settled_stanza INTEGER NOT NULL DEFAULT 0,"
	" trimmed_seq INTEGER NOT NULL DEFAULT 0, swept_seq INTEGER NOT NULL DEFAULT 0);"

	"CREATE TABLE devices ("
	" device_id TEXT PRIMARY KEY,"
	" account_no INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" token_hash BLOB NOT NULL UNIQUE, acked_seq INTEGER NOT NULL,"
	" created_us INTEGER NOT NULL, version INTEGER NOT NULL, sealed BLOB NOT NULL);"
	"CREATE INDEX devices_by_account ON devices (account_no);"

	"CREATE TABLE tombstones ("
	" hash BLOB PRIMARY KEY, state INTEGER NOT NULL, time_us INTEGER NOT NULL)"
	" WITHOUT ROWID;"

	"CREATE TABLE events ("
	" account_no INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" seq INTEGER NOT NULL, time_us INTEGER NOT NULL, stored_us INTEGER NOT NULL,"
	" sealed BLOB NOT NULL, PRIMARY KEY (account_no, seq)) WITHOUT ROWID;"

	"CREATE TABLE stanza_ids ("
	" account_no INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" id_index BLOB NOT NULL, seq INTEGER NOT NULL,"
	" PRIMARY KEY (account_no, id_index)) WITHOUT ROWID;"
	"CREATE INDEX stanza_ids_by_seq ON stanza_ids (account_no, seq);"

	/* messages that the server may not know to be handled, with the stanza ids that they will
         * leave in the table above; few, so that no index of them pays */
	"CREATE TABLE unsettled ("
	" account_no INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" seq INTEGER NOT NULL, stream INTEGER NOT NULL, stanza INTEGER NOT NULL,"
	" stanza_index BLOB, id_index BLOB, content_index BLOB,"
	" PRIMARY KEY (account_no, seq)) WITHOUT ROWID;"

	"CREATE TABLE outgoing ("
	" account_no INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" seq INTEGER NOT NULL, id_index BLOB NOT NULL UNIQUE, wire_index BLOB NOT NULL,"
	" status INTEGER NOT NULL, time_us INTEGER NOT NULL, stored_us INTEGER NOT NULL,"
	" sealed BLOB NOT NULL, PRIMARY KEY (account_no, seq)) WITHOUT ROWID;"
	"CREATE UNIQUE INDEX outgoing_by_wire ON outgoing (account_no, wire_index);"
	"CREATE INDEX outgoing_by_time ON outgoing (stored_us);"

	"CREATE TABLE subscriptions ("
	" subscription_id TEXT PRIMARY KEY,"
	" account_no INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" device_id TEXT NOT NULL REFERENCES devices ON DELETE CASCADE,"
	" pushed_seq INTEGER NOT NULL, not_before_us INTEGER NOT NULL,"
	" attempts INTEGER NOT NULL, failing_us INTEGER NOT NULL, failures INTEGER NOT NULL,"
	" last_success_us INTEGER NOT NULL, last_failure_us INTEGER NOT NULL, last_error TEXT,"
	" created_us INTEGER NOT NULL, version INTEGER NOT NULL, sealed BLOB NOT NULL);"
	"CREATE INDEX subscriptions_by_account ON subscriptions (account_no);"
	"CREATE INDEX subscriptions_by_device ON subscriptions (device_id);"

	"CREATE TABLE enrolments ("
	" hash BLOB PRIMARY KEY, expires_us INTEGER NOT NULL, sealed BLOB NOT NULL)"
	" WITHOUT ROWID;";

/* ---- Making ---------------------------------------------------------------------------------- */

static gboolean
bridge_sqlite_schema_fail_io(GError **error, const char *path, const char *what)
{
	int code = errno;

	g_set_error(error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_IO, "%s cannot be %s: %s", path,
	            what, g_strerror(code));
	return FALSE;
}

char *
bridge_sqlite_schema_make_epoch(GError **error)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	guint8 octets[SCHEMA_EPOCH_BYTES] = {0};
	guint64 bits = 0;
	g_autoptr(GString) epoch = g_string_new(NULL);

	if (!bridge_seal_random(octets, sizeof octets, error))
		return NULL;
	for (guint i = 0; i < sizeof octets; i++)
		bits = bits << 8 | octets[i];
	for (guint i = 0; i < sizeof octets * 8 / 5; i++, bits >>= 5)
		g_string_append_c(epoch, letters[bits & 31]);
	return g_string_free(g_steal_pointer(&epoch), FALSE);
}

static gboolean
bridge_sqlite_schema_put_meta(BridgeSqlite *db, const char *name, gconstpointer octets,
                              gsize length, GError **error)
{
	return bridge_sqlite_run(db, error, "INSERT INTO meta (name, value) VALUES (?, ?)", "sh",
	                         name, octets, length);
}

static gboolean
bridge_sqlite_schema_fill(BridgeSqlite *db, const guint8 *master_key, GError **error)
{
	guint8 salt[BRIDGE_SEAL_SALT_BYTES];
	guint8 kcv[BRIDGE_SEAL_KCV_BYTES];
	g_autofree char *epoch = bridge_sqlite_schema_make_epoch(error);
	g_autoptr(BridgeKey) kek = NULL;

	if (epoch == NULL || !bridge_seal_random(salt, sizeof salt, error) ||
	    !bridge_seal_derive_kcv(master_key, salt, kcv, error))
		return FALSE;
	kek = bridge_seal_derive_kek(master_key, salt, BRIDGE_MASTER_KEY_FIRST_ID, error);
	return kek != NULL && bridge_sqlite_exec(db, schema_sql, error) &&
	       bridge_sqlite_schema_put_meta(db, "salt", salt, sizeof salt, error) &&
	       bridge_sqlite_schema_put_meta(db, "kcv", kcv, sizeof kcv, error) &&
	       bridge_sqlite_schema_put_meta(db, "epoch", epoch, strlen(epoch), error) &&
	       bridge_sqlite_keys_create(db, kek, error);
}

static gboolean
bridge_sqlite_schema_build(const char *path, const guint8 *master_key, GError **error)
{
	g_autoptr(BridgeSqlite) db = NULL;
	g_autofree char *mark = g_strdup_printf("PRAGMA application_id=%d; PRAGMA user_version=%d",
	                                        SCHEMA_APPLICATION_ID, SCHEMA_VERSION);

	db = bridge_sqlite_open(path, BRIDGE_SQLITE_WRITE, error);
	return db != NULL && bridge_sqlite_exec(db, "BEGIN IMMEDIATE", error) &&
	       bridge_sqlite_exec(db, mark, error) &&
	       bridge_sqlite_schema_fill(db, master_key, error) &&
	       bridge_sqlite_exec(db, "COMMIT", error) &&
	       bridge_sqlite_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", error);
}

static gboolean
bridge_sqlite_schema_sync_directory(const char *directory, GError **error)
{
	int fd = g_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	gboolean ok = fd >= 0 && fsync(fd) == 0;

	if (!ok)
		bridge_sqlite_schema_fail_io(error, directory, "synchronised");
	if (fd >= 0)
		close(fd);
	return ok;
}

/* An empty file of the right mode: SQLite gives its log the same one. What a start that was broken
 * off left there goes. */
static gboolean
bridge_sqlite_schema_make_file(const char *path, GError **error)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	int fd = -1;

	for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *old = g_strconcat(path, suffixes[i], NULL);

		if (g_unlink(old) != 0 && errno != ENOENT)
			return bridge_sqlite_schema_fail_io(error, old, "removed");
	}
	fd = g_open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return bridge_sqlite_schema_fail_io(error, path, "created");
	close(fd);
	return TRUE;
}

char *
bridge_sqlite_schema_begin_file(const char *path, GError **error)
{
	g_autofree char *directory = g_path_get_dirname(path);
	g_autofree char *building = g_strconcat(path, ".new", NULL);

	if (g_mkdir_with_parents(directory, 0700) != 0) {
		bridge_sqlite_schema_fail_io(error, directory, "created");
		return NULL;
	}
	return bridge_sqlite_schema_make_file(building, error) ? g_steal_pointer(&building) : NULL;
}

gboolean
bridge_sqlite_schema_finish_file(const char *path, const char *building, GError **error)
{
	g_autofree char *directory = g_path_get_dirname(path);

	if (g_rename(building, path) != 0)
		return bridge_sqlite_schema_fail_io(error, path, "created");
	return bridge_sqlite_schema_sync_directory(directory, error);
}

gboolean
bridge_sqlite_schema_create(const char *path, const guint8 *master_key, GError **error)
{
	g_autofree char *building = bridge_sqlite_schema_begin_file(path, error);
	g_autoptr(GError) inner = NULL;

	if (building == NULL)
		return FALSE;
	if (!bridge_sqlite_schema_build(building, master_key, &inner)) {
		g_set_error(error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_IO,
		            "%s cannot be created: %s", path, inner->message);
		g_unlink(building);
		return FALSE;
	}
	return bridge_sqlite_schema_finish_file(path, building, error);
}

/* ---- Looking --------------------------------------------------------------------------------- */

static guint32
bridge_sqlite_schema_header_get(const guint8 *header, gsize offset)
{
	guint32 value = 0;

	memcpy(&value, header + offset, sizeof value);
	return GUINT32_FROM_BE(value);
}

static gboolean
bridge_sqlite_schema_check_header(const char *path, const guint8 *header, gsize length,
                                  GError **error)
{
	guint32 version = 0;

	if (length < HEADER_BYTES || memcmp(header, HEADER_MAGIC, sizeof HEADER_MAGIC) != 0 ||
	    bridge_sqlite_schema_header_get(header, HEADER_APPLICATION_OFFSET) !=
	            SCHEMA_APPLICATION_ID) {
		g_set_error(error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_FOREIGN,
		            "%s is not a store of gtalk-bridge: name another file as the store's "
		            "path, or move this one away",
		            path);
		return FALSE;
	}
	version = bridge_sqlite_schema_header_get(header, HEADER_VERSION_OFFSET);
	if (version > SCHEMA_VERSION) {
		g_set_error(error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_NEWER,
		            "%s was written by a newer gtalk-bridge (format %u, known here: %d): "
		            "start that version",
		            path, version, SCHEMA_VERSION);
		return FALSE;
	}
	if (version < SCHEMA_VERSION) {
		g_set_error(
			error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_OLDER,
			"%s was written by an older gtalk-bridge, in a format that is not known "
			"any more (format %u, known here: %d): start that version, or move the "
			"file away to begin anew",
			path, version, SCHEMA_VERSION);
		return FALSE;
	}
	return TRUE;
}

/* Sets @length to how much of the header there is. FALSE with no error: no such file. */
static gboolean
bridge_sqlite_schema_read_header(const char *path, guint8 header[HEADER_BYTES], gssize *length,
                                 GError **error)
{
	int fd = g_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);

	if (fd < 0) {
		if (errno != ENOENT)
			bridge_sqlite_schema_fail_io(error, path, "read");
		return FALSE;
	}
	*length = read(fd, header, HEADER_BYTES);
	if (*length < 0)
		bridge_sqlite_schema_fail_io(error, path, "read");
	close(fd);
	return *length >= 0;
}

static gboolean
bridge_sqlite_schema_get_meta(BridgeSqlite *db, const char *name, guint8 *octets, gsize length,
                              GError **error)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(
		db, error, "SELECT value FROM meta WHERE name = ?", "s", name);

	if (statement == NULL || bridge_sqlite_step(db, statement, error) != BRIDGE_SQLITE_ROW ||
	    (gsize)sqlite3_column_bytes(statement, 0) != length)
		return FALSE;
	memcpy(octets, sqlite3_column_blob(statement, 0), length);
	return TRUE;
}

gboolean
bridge_sqlite_schema_is_unclean(const char *path)
{
	g_autofree char *wal = g_strconcat(path, "-wal", NULL);
	GStatBuf status;

	return g_stat(wal, &status) == 0 && status.st_size > 0;
}

/* What is not there has no log either: one that was left would be taken for a new file's own. */
static gboolean
bridge_sqlite_schema_check_absent(const char *path, GError **error)
{
	if (!bridge_sqlite_schema_is_unclean(path))
		return TRUE;
	g_set_error(error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_CORRUPT,
	            "%s is not there, but its log %s-wal is: put the store back, or move the log "
	            "away",
	            path, path);
	return FALSE;
}

/* Missing as long as it is the first one. */
static void
bridge_sqlite_schema_read_master_key_id(BridgeSqlite *db, guint32 *id)
{
	guint32 octets = 0;

	*id = BRIDGE_MASTER_KEY_FIRST_ID;
	if (bridge_sqlite_schema_get_meta(db, "master_key_id", (guint8 *)&octets, sizeof octets,
	                                  NULL))
		*id = GUINT32_FROM_BE(octets);
}

static gboolean
bridge_sqlite_schema_read_meta(const char *path, BridgeSqliteMode mode, BridgeSqlitePeek *found,
                               GError **error)
{
	g_autoptr(BridgeSqlite) db = bridge_sqlite_open(path, mode, error);

	if (db == NULL)
		return FALSE;
	bridge_sqlite_schema_read_master_key_id(db, &found->master_key_id);
	return bridge_sqlite_schema_get_meta(db, "salt", found->salt, sizeof found->salt, error) &&
	       bridge_sqlite_schema_get_meta(db, "kcv", found->kcv, sizeof found->kcv, error);
}

/* Where there is a log, it may have a newer check value, as after a master key was replaced, or be
 * the only one to have the first page whole: a power cut may have torn it while the log was being
 * copied back. Where the log cannot be used, as on a read-only medium, the file alone must do. */
static gboolean
bridge_sqlite_schema_peek_file(const char *path, BridgeSqlitePeek *found, GError **error)
{
	g_autoptr(GError) inner = NULL;

	if ((bridge_sqlite_schema_is_unclean(path) &&
	     bridge_sqlite_schema_read_meta(path, BRIDGE_SQLITE_READ, found, NULL)) ||
	    bridge_sqlite_schema_read_meta(path, BRIDGE_SQLITE_PEEK, found, &inner))
		return TRUE;
	g_set_error(error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_CORRUPT,
	            "%s is damaged (%s): put a backup in its place", path,
	            inner != NULL ? inner->message : "its key check value is missing");
	return FALSE;
}

gboolean
bridge_sqlite_store_peek(const char *path, BridgeSqlitePeek *peek, GError **error)
{
	guint8 header[HEADER_BYTES];
	gssize length = 0;
	BridgeSqlitePeek found = {.master_key_id = BRIDGE_MASTER_KEY_FIRST_ID};
	g_autoptr(GError) inner = NULL;

	if (bridge_sqlite_schema_read_header(path, header, &length, &inner)) {
		found.exists = TRUE;
		if (!bridge_sqlite_schema_check_header(path, header, (gsize)length, error) ||
		    !bridge_sqlite_schema_peek_file(path, &found, error))
			return FALSE;
	} else if (inner != NULL) {
		g_propagate_error(error, g_steal_pointer(&inner));
		return FALSE;
	} else if (!bridge_sqlite_schema_check_absent(path, error)) {
		return FALSE;
	}
	*peek = found;
	return TRUE;
}

char *
bridge_sqlite_schema_dup_damage(BridgeSqlite *db)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *answer = bridge_sqlite_dup_text(db, "PRAGMA quick_check(1)", &error);

	if (g_strcmp0(answer, "ok") == 0)
		return NULL;
	return answer != NULL ? g_strdelimit(g_steal_pointer(&answer), "\n", ' ')
	                      : g_strdup(error->message);
}

gboolean
bridge_sqlite_schema_check(BridgeSqlite *db, GError **error)
{
	g_autofree char *damage = bridge_sqlite_schema_dup_damage(db);

	if (damage != NULL)
		g_set_error(error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_CORRUPT,
		            "%s is damaged (%s): put a backup in its place",
		            bridge_sqlite_get_path(db), damage);
	return damage == NULL;
}

char *
bridge_sqlite_schema_dup_epoch(BridgeSqlite *db, GError **error)
{
	return bridge_sqlite_dup_text(db, "SELECT value FROM meta WHERE name = 'epoch'", error);
}
