/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite-store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>
#include <glib/gstdio.h>

#include "base/bridge-error.h"
#include "store/bridge-sqlite-backup.h"
#include "store/bridge-sqlite-reader.h"
#include "store/bridge-sqlite-schema.h"
#include "store/bridge-sqlite-writer.h"
#include "store/bridge-store-private.h"

#define STORE_HISTORY_DAYS 30
#define STORE_HISTORY_BYTES (500 * 1024 * 1024ULL)
#define STORE_HISTORY_EVENTS 10000

#define BRIDGE_TYPE_SQLITE_STORE (bridge_sqlite_store_get_type())
G_DECLARE_FINAL_TYPE(BridgeSqliteStore, bridge_sqlite_store, BRIDGE, SQLITE_STORE, GObject)

/* Two threads with a connection each; this object hands them work and owns what they share. */
struct _BridgeSqliteStore {
	GObject parent;

	int lock_fd; /* -1: closed */
	char *path;
	gboolean backing_up;
	char *epoch;
	BridgeSqliteKeys *keys;
	BridgeSqliteWriter *writer;
	BridgeSqliteTrouble *trouble;
	BridgeSqliteReader *reader;
};

static void
bridge_sqlite_store_iface_init(BridgeStoreInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(BridgeSqliteStore, bridge_sqlite_store, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(BRIDGE_TYPE_STORE,
                                                    bridge_sqlite_store_iface_init))
G_DEFINE_QUARK(bridge_sqlite_error_quark, bridge_sqlite_error)

/* ---- The interface --------------------------------------------------------------------------- */

static void
bridge_sqlite_store_return_closed(GTask *task)
{
	g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_STORE, "the store is closed");
	g_object_unref(task);
}

static void
bridge_sqlite_store_commit_async(BridgeStore *store, BridgeStoreBatch *batch,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data)
{
	BridgeSqliteStore *self = BRIDGE_SQLITE_STORE(store);
	GTask *task = g_task_new(self, NULL, callback, user_data);

	g_task_set_source_tag(task, bridge_sqlite_store_commit_async);
	g_task_set_task_data(task, batch, (GDestroyNotify)bridge_store_batch_free);
	if (self->writer == NULL)
		bridge_sqlite_store_return_closed(task);
	else
		bridge_sqlite_writer_push(self->writer, task);
}

static GArray *
bridge_sqlite_store_commit_finish(BridgeStore *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), NULL);

	return g_task_propagate_pointer(G_TASK(result), error);
}

static void
bridge_sqlite_store_read_async(BridgeStore *store, gpointer query, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
	BridgeSqliteStore *self = BRIDGE_SQLITE_STORE(store);
	GTask *task = g_task_new(self, cancellable, callback, user_data);

	g_task_set_source_tag(task, bridge_sqlite_store_read_async);
	g_task_set_task_data(task, query, (GDestroyNotify)bridge_store_query_free);
	if (self->reader == NULL)
		bridge_sqlite_store_return_closed(task);
	else
		bridge_sqlite_reader_push(self->reader, task);
}

static gpointer
bridge_sqlite_store_read_finish(BridgeStore *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), NULL);

	return g_task_propagate_pointer(G_TASK(result), error);
}

static const char *
bridge_sqlite_store_get_epoch(BridgeStore *store)
{
	return BRIDGE_SQLITE_STORE(store)->epoch;
}

static char *
bridge_sqlite_store_dup_trouble(BridgeStore *store)
{
	BridgeSqliteStore *self = BRIDGE_SQLITE_STORE(store);

	return bridge_sqlite_trouble_dup_words(self->trouble);
}

static const guint8 *
bridge_sqlite_store_get_push_key(BridgeStore *store)
{
	BridgeSqliteStore *self = BRIDGE_SQLITE_STORE(store);

	return self->keys != NULL ? bridge_key_get_octets(self->keys->push) : NULL;
}

static void
bridge_sqlite_store_close(BridgeStore *store)
{
	BridgeSqliteStore *self = BRIDGE_SQLITE_STORE(store);

	/* the reader first: the last connection to close removes the log */
	g_clear_pointer(&self->reader, bridge_sqlite_reader_free);
	g_clear_pointer(&self->writer, bridge_sqlite_writer_free);
	g_clear_pointer(&self->keys, bridge_sqlite_keys_free);
	if (self->lock_fd >= 0)
		close(self->lock_fd);
	self->lock_fd = -1;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static int
bridge_sqlite_store_fail_lock(const char *path, GError **error)
{
	int code = errno;

	if (code == EWOULDBLOCK)
		g_set_error(error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_IN_USE,
		            "%s is locked by another process: stop the other gtalk-bridge, or "
		            "give this one a store of its own",
		            path);
	else
		g_set_error(error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_IO,
		            "%s cannot be locked: %s", path, g_strerror(code));
	return -1;
}

/* One process a store: two would sign in every account twice. A file of its own, because closing
 * any descriptor of the database would drop SQLite's locks on it. */
static int
bridge_sqlite_store_lock(const char *path, GError **error)
{
	g_autofree char *directory = g_path_get_dirname(path);
	g_autofree char *lock = g_strconcat(path, ".lock", NULL);
	int fd = -1;

	if (g_mkdir_with_parents(directory, 0700) != 0)
		return bridge_sqlite_store_fail_lock(directory, error);
	fd = g_open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return bridge_sqlite_store_fail_lock(lock, error);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	bridge_sqlite_store_fail_lock(lock, error);
	close(fd);
	return -1;
}

static gboolean
bridge_sqlite_store_ensure_file(const char *path, const guint8 *master_key, BridgeSqlitePeek *peek,
                                GError **error)
{
	if (!bridge_sqlite_store_peek(path, peek, error))
		return FALSE;
	if (!peek->exists && (!bridge_sqlite_schema_create(path, master_key, error) ||
	                      !bridge_sqlite_store_peek(path, peek, error)))
		return FALSE;
	if (!bridge_seal_check_kcv(master_key, peek->salt, peek->kcv)) {
		g_set_error(error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_WRONG_KEY,
		            "%s was written under another master key: restore that key, or give "
		            "this bridge a store of its own",
		            path);
		return FALSE;
	}
	if (g_chmod(path, 0600) != 0)
		g_warning("%s: mode not set to 0600: %s", path, g_strerror(errno));
	return TRUE;
}

/* Words for what goes wrong between finding the file and using it. */
static gboolean
bridge_sqlite_store_fail_open(const char *path, GError *cause, GError **error)
{
	if (cause->domain == BRIDGE_SQLITE_ERROR) {
		g_propagate_error(error, cause);
		return FALSE;
	}
	g_set_error(error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_CORRUPT,
	            "%s is damaged (%s): put a backup in its place", path, cause->message);
	g_error_free(cause);
	return FALSE;
}

static gboolean
bridge_sqlite_store_load(BridgeSqliteStore *self, BridgeSqlite *db, const guint8 *master_key,
                         const BridgeSqlitePeek *peek, gboolean unclean, GError **error)
{
	BridgeKey *kek = NULL;
	g_autofree char *damage = NULL;

	if (unclean)
		damage = bridge_sqlite_schema_dup_damage(db);
	if (damage != NULL)
		bridge_sqlite_trouble_note_damage(self->trouble, damage);
	self->epoch = bridge_sqlite_schema_dup_epoch(db, error);
	if (self->epoch == NULL)
		return FALSE;
	kek = bridge_seal_derive_kek(master_key, peek->salt, peek->master_key_id, error);
	if (kek == NULL)
		return FALSE;
	self->keys = bridge_sqlite_keys_load(db, kek, peek->salt, error);
	return self->keys != NULL;
}

static gboolean
bridge_sqlite_store_start(BridgeSqliteStore *self, const char *path, const guint8 *master_key,
                          const BridgeSqliteOptions *options, GError **error)
{
	BridgeSqlitePeek peek = {0};
	gboolean unclean = FALSE;
	g_autoptr(BridgeSqlite) write_db = NULL;
	g_autoptr(BridgeSqlite) read_db = NULL;
	GError *inner = NULL;

	self->path = g_strdup(path);
	self->trouble = bridge_sqlite_trouble_new(path);
	self->lock_fd = bridge_sqlite_store_lock(path, error);
	if (self->lock_fd < 0 || !bridge_sqlite_store_ensure_file(path, master_key, &peek, error))
		return FALSE;
	unclean = bridge_sqlite_schema_is_unclean(path);
	write_db = bridge_sqlite_open(path, BRIDGE_SQLITE_WRITE, error);
	if (write_db == NULL)
		return FALSE;
	if (!bridge_sqlite_store_load(self, write_db, master_key, &peek, unclean, &inner))
		return bridge_sqlite_store_fail_open(path, inner, error);
	read_db = bridge_sqlite_open(path, BRIDGE_SQLITE_READ, error);
	if (read_db == NULL)
		return FALSE;
	self->writer = bridge_sqlite_writer_new(
		g_steal_pointer(&write_db), self->keys,
		bridge_sqlite_keys_find_kek(self->keys, peek.master_key_id), options,
		self->trouble);
	self->reader =
		bridge_sqlite_reader_new(g_steal_pointer(&read_db), self->keys, self->trouble);
	g_message("store %s opened%s", path, unclean ? " after an unclean stop" : "");
	return TRUE;
}

BridgeStore *
bridge_sqlite_store_open(const char *path, const guint8 *master_key,
                         const BridgeSqliteOptions *options, GError **error)
{
	BridgeSqliteOptions complete = {0};
	g_autoptr(BridgeSqliteStore) self = g_object_new(BRIDGE_TYPE_SQLITE_STORE, NULL);

	if (options != NULL)
		complete = *options;
	if (complete.history_days == 0)
		complete.history_days = STORE_HISTORY_DAYS;
	if (complete.history_events == 0)
		complete.history_events = STORE_HISTORY_EVENTS;
	if (complete.history_bytes == 0)
		complete.history_bytes = STORE_HISTORY_BYTES;
	if (complete.get_time_us == NULL)
		complete.get_time_us = g_get_real_time;
	if (!bridge_sqlite_store_start(self, path, master_key, &complete, error))
		return NULL;
	return BRIDGE_STORE(g_steal_pointer(&self));
}

/* ---- Backups --------------------------------------------------------------------------------- */

typedef struct {
	char *path;
	BridgeKey *master_key;
	GBytes *passphrase; /* or NULL */
} StoreBackup;

static void
bridge_sqlite_store_backup_free(StoreBackup *backup)
{
	g_free(backup->path);
	bridge_key_free(backup->master_key);
	g_clear_pointer(&backup->passphrase, g_bytes_unref);
	g_free(backup);
}

static void
bridge_sqlite_store_backup_thread(GTask *task, gpointer source, gpointer data,
                                  GCancellable *cancellable)
{
	const StoreBackup *backup = data;
	GError *error = NULL;
	int fd = bridge_sqlite_backup_make(backup->path, backup->master_key, backup->passphrase,
	                                   &error);

	if (fd < 0)
		g_task_return_error(task, error);
	else
		g_task_return_int(task, fd);
}

void
bridge_sqlite_store_backup_async(BridgeStore *store, const BridgeKey *master_key,
                                 GBytes *passphrase, GAsyncReadyCallback callback,
                                 gpointer user_data)
{
	BridgeSqliteStore *self = BRIDGE_SQLITE_STORE(store);
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
	StoreBackup *backup = g_new0(StoreBackup, 1);

	backup->path = g_strdup(self->path);
	backup->master_key =
		bridge_key_new(bridge_key_get_octets(master_key), bridge_key_get_id(master_key));
	backup->passphrase = passphrase != NULL ? g_bytes_ref(passphrase) : NULL;
	g_task_set_source_tag(task, bridge_sqlite_store_backup_async);
	g_task_set_task_data(task, backup, (GDestroyNotify)bridge_sqlite_store_backup_free);
	if (self->writer == NULL) {
		bridge_sqlite_store_return_closed(g_steal_pointer(&task));
	} else if (self->backing_up) {
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_BUSY,
		                        "another backup is being made");
	} else {
		self->backing_up = TRUE;
		g_task_run_in_thread(task, bridge_sqlite_store_backup_thread);
	}
}

GInputStream *
bridge_sqlite_store_backup_finish(BridgeStore *store, GAsyncResult *result, guint64 *size,
                                  GError **error)
{
	BridgeSqliteStore *self = BRIDGE_SQLITE_STORE(store);
	GError *cause = NULL;
	gssize fd = g_task_propagate_int(G_TASK(result), &cause);
	struct stat status = {0};

	if (cause == NULL || !g_error_matches(cause, BRIDGE_ERROR, BRIDGE_ERROR_BUSY))
		self->backing_up = FALSE;
	if (cause != NULL) {
		g_propagate_error(error, cause);
		return NULL;
	}
	fstat((int)fd, &status);
	*size = (guint64)status.st_size;
	return g_unix_input_stream_new((int)fd, TRUE);
}

static int
bridge_sqlite_store_open_backup(const char *backup, BridgeBackupHeader *header, GError **error)
{
	int fd = g_open(backup, O_RDONLY | O_CLOEXEC, 0);
	int code = errno;

	if (fd < 0) {
		g_set_error(error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_IO,
		            "%s cannot be read: %s", backup, g_strerror(code));
		return -1;
	}
	if (bridge_backup_read_header(fd, header, error))
		return fd;
	close(fd);
	return -1;
}

gboolean
bridge_sqlite_store_peek_backup(const char *backup, BridgeSqliteBackupPeek *peek, GError **error)
{
	BridgeBackupHeader header;
	int fd = bridge_sqlite_store_open_backup(backup, &header, error);

	if (fd < 0)
		return FALSE;
	close(fd);
	peek->by_passphrase = header.kind == BRIDGE_BACKUP_BY_PASSPHRASE;
	peek->master_key_id = header.master_key_id;
	memcpy(peek->salt, header.store_salt, sizeof peek->salt);
	memcpy(peek->kcv, header.kcv, sizeof peek->kcv);
	return TRUE;
}

static gboolean
bridge_sqlite_store_unpack(int fd, const BridgeBackupHeader *header, const char *path,
                           GBytes *passphrase, const BridgeKey *master_key, GError **error)
{
	gboolean by_passphrase = header->kind == BRIDGE_BACKUP_BY_PASSPHRASE;
	BridgeKey *own = by_passphrase ? NULL
	                               : bridge_key_new(bridge_key_get_octets(master_key),
	                                                header->master_key_id);
	g_autoptr(BridgeKey) key = bridge_backup_header_open(header, passphrase, &own, error);
	gboolean ok = key != NULL &&
	              bridge_sqlite_backup_restore(fd, header, key, path, own,
	                                           by_passphrase ? master_key : NULL, error);

	bridge_key_free(own);
	return ok;
}

gboolean
bridge_sqlite_store_restore(const char *backup, const char *path, GBytes *passphrase,
                            const BridgeKey *master_key, GError **error)
{
	BridgeBackupHeader header;
	BridgeSqlitePeek peek = {0};
	gboolean ok = FALSE;
	int fd = -1;
	int lock = bridge_sqlite_store_lock(path, error);

	if (lock >= 0 && bridge_sqlite_store_peek(path, &peek, error)) {
		if (peek.exists)
			g_set_error(error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_IN_USE,
			            "%s is there already: move it away first", path);
		else
			fd = bridge_sqlite_store_open_backup(backup, &header, error);
	}
	if (fd >= 0) {
		ok = bridge_sqlite_store_unpack(fd, &header, path, passphrase, master_key, error);
		close(fd);
	}
	if (lock >= 0)
		close(lock);
	return ok;
}

/* ---- Class ----------------------------------------------------------------------------------- */

static void
bridge_sqlite_store_finalize(GObject *object)
{
	BridgeSqliteStore *self = BRIDGE_SQLITE_STORE(object);

	bridge_sqlite_store_close(BRIDGE_STORE(self));
	g_clear_pointer(&self->trouble, bridge_sqlite_trouble_free);
	g_free(self->epoch);
	g_free(self->path);
	G_OBJECT_CLASS(bridge_sqlite_store_parent_class)->finalize(object);
}

static void
bridge_sqlite_store_class_init(BridgeSqliteStoreClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = bridge_sqlite_store_finalize;
}

static void
bridge_sqlite_store_init(BridgeSqliteStore *self)
{
	self->lock_fd = -1;
}

static void
bridge_sqlite_store_iface_init(BridgeStoreInterface *iface)
{
	iface->commit_async = bridge_sqlite_store_commit_async;
	iface->commit_finish = bridge_sqlite_store_commit_finish;
	iface->read_async = bridge_sqlite_store_read_async;
	iface->read_finish = bridge_sqlite_store_read_finish;
	iface->close = bridge_sqlite_store_close;
	iface->get_epoch = bridge_sqlite_store_get_epoch;
	iface->dup_trouble = bridge_sqlite_store_dup_trouble;
	iface->get_push_key = bridge_sqlite_store_get_push_key;
}
