/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/bridge-error.h"
#include "store/bridge-sqlite-store.h"

#define SQLITE_LOG_BYTES                                                                           \
	4194304 /* journal_size_limit below; SQLite's checkpoints come before that */
#define SQLITE_RESERVE_STEP_BYTES ((gsize)65536)
#define SQLITE_BUSY_MS 5000 /* only the other connection of this process can be in the way */

struct _BridgeSqlite {
	sqlite3 *handle;
	BridgeSqliteMode mode;
	gboolean busy;    /* the last failure */
	gboolean damaged; /* any failure */
	char *path;
	GHashTable *statements; /* address of SQL -> sqlite3_stmt */
};

/* What each connection is set to, and what it must answer then. */
static const struct {
	const char *set;
	const char *get;
	const char *expected;
} sqlite_pragmas[] = {
	{"PRAGMA journal_mode=WAL", "PRAGMA journal_mode", "wal"},
	{"PRAGMA synchronous=FULL", "PRAGMA synchronous", "2"},
	{"PRAGMA foreign_keys=ON", "PRAGMA foreign_keys", "1"},
	{"PRAGMA secure_delete=ON", "PRAGMA secure_delete", "1"},
	{"PRAGMA temp_store=MEMORY", "PRAGMA temp_store", "2"},
	{"PRAGMA trusted_schema=OFF", "PRAGMA trusted_schema", "0"},
	{"PRAGMA journal_size_limit=4194304", "PRAGMA journal_size_limit", "4194304"},
};

int
bridge_sqlite_classify(int code)
{
	switch (code & 0xff) {
	case SQLITE_NOTADB:
		return BRIDGE_SQLITE_ERROR_FOREIGN;
	case SQLITE_CORRUPT:
		return BRIDGE_SQLITE_ERROR_CORRUPT;
	default:
		return BRIDGE_SQLITE_ERROR_IO;
	}
}

/* What another try may mend: the disk is full, read-only or failing, or somebody else has locked
 * the file. What cannot be read stays so. */
static gboolean
bridge_sqlite_is_unwritable(int code)
{
	switch (code) {
	case SQLITE_IOERR_READ:
	case SQLITE_IOERR_SHORT_READ:
	case SQLITE_IOERR_CORRUPTFS:
	case SQLITE_IOERR_DATA:
		return FALSE;
	default:
		break;
	}
	switch (code & 0xff) {
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_BUSY:
	case SQLITE_PROTOCOL:
	case SQLITE_NOMEM:
		return TRUE;
	default:
		return FALSE;
	}
}

static gboolean
bridge_sqlite_fail(BridgeSqlite *self, GError **error)
{
	int code = sqlite3_extended_errcode(self->handle);
	BridgeError meaning = BRIDGE_ERROR_STORE;

	if (self->mode == BRIDGE_SQLITE_WRITE && bridge_sqlite_is_unwritable(code))
		meaning = BRIDGE_ERROR_STORE_UNWRITABLE;
	self->busy = (code & 0xff) == SQLITE_BUSY;
	self->damaged =
		self->damaged || (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
	g_set_error(error, BRIDGE_ERROR, meaning, "the store failed: %s (%d)",
	            sqlite3_errmsg(self->handle), code);
	return FALSE;
}

gboolean
bridge_sqlite_is_damaged(BridgeSqlite *self)
{
	return self->damaged;
}

void
bridge_sqlite_leave_log(BridgeSqlite *self)
{
	sqlite3_db_config(self->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_wal_autocheckpoint(self->handle, 0);
}

gboolean
bridge_sqlite_was_busy(BridgeSqlite *self)
{
	return self->busy;
}

static gboolean
bridge_sqlite_configure(BridgeSqlite *self, GError **error)
{
	sqlite3_busy_timeout(self->handle, SQLITE_BUSY_MS);
	for (guint i = 0; i < G_N_ELEMENTS(sqlite_pragmas); i++) {
		g_autofree char *answer = NULL;

		if (!bridge_sqlite_exec(self, sqlite_pragmas[i].set, error))
			return FALSE;
		answer = bridge_sqlite_dup_text(self, sqlite_pragmas[i].get, error);
		if (answer == NULL)
			return FALSE;
		if (g_strcmp0(answer, sqlite_pragmas[i].expected) == 0)
			continue;
		g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE,
		            "this SQLite does not do \"%s\": it says \"%s\"", sqlite_pragmas[i].set,
		            answer);
		return FALSE;
	}
	return TRUE;
}

static gboolean
bridge_sqlite_open_handle(BridgeSqlite *self, BridgeSqliteMode mode, GError **error)
{
	g_autofree char *escaped = g_uri_escape_string(self->path, "/", TRUE);
	g_autofree char *uri = g_strconcat("file:", escaped,
	                                   mode == BRIDGE_SQLITE_PEEK ? "?immutable=1" : "", NULL);
	int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;

	flags |= mode == BRIDGE_SQLITE_PEEK ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	if (sqlite3_open_v2(uri, &self->handle, flags, NULL) != SQLITE_OK)
		return bridge_sqlite_fail(self, error);
	if (mode == BRIDGE_SQLITE_PEEK)
		return TRUE;
	if (!bridge_sqlite_configure(self, error))
		return FALSE;
	/* who only reads leaves the log to the writer, also when it is the last to go */
	if (mode == BRIDGE_SQLITE_READ)
		bridge_sqlite_leave_log(self);
	return mode != BRIDGE_SQLITE_READ ||
	       bridge_sqlite_exec(self, "PRAGMA query_only=ON", error);
}

static void
bridge_statement_finalize(gpointer data)
{
	sqlite3_finalize(data);
}

BridgeSqlite *
bridge_sqlite_open(const char *path, BridgeSqliteMode mode, GError **error)
{
	g_autoptr(BridgeSqlite) self = g_new0(BridgeSqlite, 1);
	g_autoptr(GError) inner = NULL;

	self->mode = mode;
	self->path = g_strdup(path);
	self->statements = g_hash_table_new_full(NULL, NULL, NULL, bridge_statement_finalize);
	if (bridge_sqlite_open_handle(self, mode, &inner))
		return g_steal_pointer(&self);
	g_set_error(error, BRIDGE_SQLITE_ERROR,
	            bridge_sqlite_classify(sqlite3_errcode(self->handle)),
	            "%s cannot be opened: %s", path, inner->message);
	return NULL;
}

void
bridge_sqlite_close(BridgeSqlite *self)
{
	if (self == NULL)
		return;
	g_hash_table_unref(self->statements);
	sqlite3_close_v2(self->handle);
	g_free(self->path);
	g_free(self);
}

const char *
bridge_sqlite_get_path(BridgeSqlite *self)
{
	return self->path;
}

gboolean
bridge_sqlite_exec(BridgeSqlite *self, const char *sql, GError **error)
{
	if (sqlite3_exec(self->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return bridge_sqlite_fail(self, error);
	return TRUE;
}

static BridgeStatement *
bridge_sqlite_ensure_statement(BridgeSqlite *self, const char *sql, GError **error)
{
	BridgeStatement *statement = g_hash_table_lookup(self->statements, sql);

	if (statement != NULL)
		return statement;
	if (sqlite3_prepare_v3(self->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
	                       NULL) != SQLITE_OK) {
		bridge_sqlite_fail(self, error);
		return NULL;
	}
	g_hash_table_insert(self->statements, (gpointer)sql, statement);
	return statement;
}

static int
bridge_statement_bind_blob(BridgeStatement *statement, int place, gconstpointer octets,
                           gsize length)
{
	if (octets == NULL)
		return sqlite3_bind_null(statement, place);
	return sqlite3_bind_blob64(statement, place, octets, length, SQLITE_STATIC);
}

static int
bridge_statement_bind_bytes(BridgeStatement *statement, int place, GBytes *bytes)
{
	gsize length = 0;
	gconstpointer octets = bytes != NULL ? g_bytes_get_data(bytes, &length) : NULL;

	if (bytes != NULL && octets == NULL)
		return sqlite3_bind_zeroblob(statement, place, 0);
	return bridge_statement_bind_blob(statement, place, octets, length);
}

static int
bridge_statement_bind(BridgeStatement *statement, const char *format, va_list *args)
{
	int result = SQLITE_OK;

	for (int place = 1; *format != '\0' && result == SQLITE_OK; format++, place++) {
		if (*format == 'i') {
			result = sqlite3_bind_int64(statement, place, va_arg(*args, gint64));
		} else if (*format == 's') {
			result = sqlite3_bind_text(statement, place, va_arg(*args, const char *),
			                           -1, SQLITE_STATIC);
		} else if (*format == 'b') {
			result = bridge_statement_bind_bytes(statement, place,
			                                     va_arg(*args, GBytes *));
		} else {
			gconstpointer octets = va_arg(*args, gconstpointer);

			g_assert(*format == 'h');
			result = bridge_statement_bind_blob(statement, place, octets,
			                                    va_arg(*args, gsize));
		}
	}
	return result;
}

static BridgeStatement *
bridge_sqlite_prepare_valist(BridgeSqlite *self, GError **error, const char *sql,
                             const char *format, va_list *args)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_ensure_statement(self, sql, error);

	if (statement == NULL)
		return NULL;
	if (bridge_statement_bind(statement, format, args) != SQLITE_OK) {
		bridge_sqlite_fail(self, error);
		return NULL;
	}
	return g_steal_pointer(&statement);
}

BridgeStatement *
bridge_sqlite_prepare(BridgeSqlite *self, GError **error, const char *sql, const char *format, ...)
{
	BridgeStatement *statement = NULL;
	va_list args;

	va_start(args, format);
	statement = bridge_sqlite_prepare_valist(self, error, sql, format, &args);
	va_end(args);
	return statement;
}

BridgeSqliteStep
bridge_sqlite_step(BridgeSqlite *self, BridgeStatement *statement, GError **error)
{
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		return BRIDGE_SQLITE_ROW;
	case SQLITE_DONE:
		return BRIDGE_SQLITE_DONE;
	default:
		bridge_sqlite_fail(self, error);
		return BRIDGE_SQLITE_FAILED;
	}
}

gboolean
bridge_sqlite_run(BridgeSqlite *self, GError **error, const char *sql, const char *format, ...)
{
	g_autoptr(BridgeStatement) statement = NULL;
	BridgeSqliteStep step = BRIDGE_SQLITE_ROW;
	va_list args;

	va_start(args, format);
	statement = bridge_sqlite_prepare_valist(self, error, sql, format, &args);
	va_end(args);
	if (statement == NULL)
		return FALSE;
	while (step == BRIDGE_SQLITE_ROW)
		step = bridge_sqlite_step(self, statement, error);
	return step == BRIDGE_SQLITE_DONE;
}

gint64
bridge_sqlite_get_changes(BridgeSqlite *self)
{
	return sqlite3_changes64(self->handle);
}

/* A page that is set to what it holds is written all the same if it is the first one's header. */
gboolean
bridge_sqlite_probe(BridgeSqlite *self, GError **error)
{
	gint64 version = 0;
	g_autofree char *sql = NULL;

	if (!bridge_sqlite_get_integer(self, "PRAGMA user_version", &version, error))
		return FALSE;
	sql = g_strdup_printf("PRAGMA user_version = %" G_GINT64_FORMAT, version);
	return bridge_sqlite_exec(self, sql, error);
}

/* SQLite takes zeros for the end of its log. That it was cut has to be durable before: else a power
 * cut may leave the beginning of the old log in front of them, whose pages are older than those
 * that were copied back. */
static gboolean
bridge_sqlite_extend_file(int fd)
{
	g_autofree guint8 *zeros = g_malloc0(SQLITE_RESERVE_STEP_BYTES);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) != 0)
		return FALSE;
	if (status.st_size < SQLITE_LOG_BYTES && fsync(fd) != 0)
		return FALSE;
	for (off_t end = status.st_size; end < SQLITE_LOG_BYTES;) {
		gsize length = MIN(SQLITE_RESERVE_STEP_BYTES, (gsize)(SQLITE_LOG_BYTES - end));
		gssize written = pwrite(fd, zeros, length, end);

		if (written <= 0)
			return FALSE;
		end += written;
	}
	return fdatasync(fd) == 0;
}

void
bridge_sqlite_reserve_log(BridgeSqlite *self)
{
	g_autofree char *path = g_strconcat(self->path, "-wal", NULL);
	int fd = g_open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (!bridge_sqlite_extend_file(fd))
		g_debug("%s keeps its length: %s", path, g_strerror(errno));
	if (fd >= 0)
		close(fd);
}

gboolean
bridge_sqlite_is_idle(BridgeSqlite *self)
{
	return sqlite3_get_autocommit(self->handle) != 0;
}

gboolean
bridge_sqlite_get_integer(BridgeSqlite *self, const char *sql, gint64 *value, GError **error)
{
	g_autofree char *text = bridge_sqlite_dup_text(self, sql, error);

	if (text == NULL)
		return FALSE;
	*value = g_ascii_strtoll(text, NULL, 10);
	return TRUE;
}

char *
bridge_sqlite_dup_text(BridgeSqlite *self, const char *sql, GError **error)
{
	g_autoptr(BridgeStatement) statement = bridge_sqlite_prepare(self, error, sql, "");

	if (statement == NULL)
		return NULL;
	switch (bridge_sqlite_step(self, statement, error)) {
	case BRIDGE_SQLITE_ROW:
		return g_strdup((const char *)sqlite3_column_text(statement, 0));
	case BRIDGE_SQLITE_DONE:
		return g_strdup("");
	default:
		return NULL;
	}
}

void
bridge_statement_release(BridgeStatement *statement)
{
	if (statement == NULL)
		return;
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

GBytes *
bridge_statement_dup_blob(BridgeStatement *statement, int column)
{
	gconstpointer octets = sqlite3_column_blob(statement, column);

	if (sqlite3_column_type(statement, column) == SQLITE_NULL)
		return NULL;
	return g_bytes_new(octets, (gsize)sqlite3_column_bytes(statement, column));
}
