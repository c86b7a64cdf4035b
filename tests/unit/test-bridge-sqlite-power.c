/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The power fails: what had been flushed is there, of what was written since any part, cut at any
 * byte. A child writes its store through harness/disk-fault.c, which writes down each write and
 * flush and what the child says it has acknowledged; the disk is made again as it would have been
 * at some moments of that, and the store has all that was acknowledged by then, in order. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../harness/disk-fault.h"
#include "bridge-store-testing.h"

#define CHILD_OPTION "--child"
#define CHILD_IN_FLIGHT 5
#define CHILD_BODY_MAX 20000 /* bytes: some hundred fill the log, which is copied back then */
#define CHILD_ERASES_EVERY 60
#define ACKS 500
#define CUTS 120
#define LATE_S 90

static char *test_program;

/* ---- The child ------------------------------------------------------------------------------- */

typedef struct {
	BridgeStore *store;
	GRand *random;
	guint sent;
} Child;

static void
child_send(Child *child);

/* By write(), so that it is recorded. */
static void
child_done_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);
	g_autofree char *line = NULL;

	g_assert_no_error(error);
	line = g_strdup_printf("%" G_GUINT64_FORMAT "\n", g_array_index(receipt, guint64, 0));
	g_assert_cmpint(write(STDOUT_FILENO, line, strlen(line)), ==, (gssize)strlen(line));
	child_send(user_data);
}

static void
child_send(Child *child)
{
	gsize length = (gsize)g_rand_int_range(child->random, 1, CHILD_BODY_MAX);
	g_autofree char *filling = g_strnfill(length, 'x');
	g_autofree char *body = g_strdup_printf("%u %s", ++child->sent, filling);
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_testing_add_event(batch, "juliet", body, NULL);
	bridge_store_commit_async(child->store, batch, child_done_cb, child);
}

/* The log is cut after it. */
static void
child_erase(Child *child)
{
	g_autofree char *id = g_strdup_printf("nurse%u", child->sent);
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_testing_put_account(child->store, id);
	bridge_store_batch_erase_account(batch, id);
	bridge_store_testing_commit(child->store, batch);
}

static int
child_main(const char *path, const char *seed)
{
	Child child = {.random = g_rand_new_with_seed((guint32)g_ascii_strtoull(seed, NULL, 10))};
	guint erased = 0;

	child.store = bridge_store_testing_open(path, 0, 1000000);
	for (guint i = 0; i < CHILD_IN_FLIGHT; i++)
		child_send(&child);
	while (TRUE) {
		g_main_context_iteration(NULL, TRUE);
		if (child.sent / CHILD_ERASES_EVERY > erased) {
			erased = child.sent / CHILD_ERASES_EVERY;
			child_erase(&child);
		}
	}
	return 0;
}

static gboolean
late_cb(gpointer user_data)
{
	g_subprocess_force_exit(user_data);
	return G_SOURCE_REMOVE;
}

/* Lets a child acknowledge so many, and kills it. */
static void
run_child(BridgeStoreFixture *fixture, const char *record)
{
	g_autofree char *seed = g_strdup_printf("%d", g_test_rand_int_range(0, G_MAXINT32));
	g_autoptr(GSubprocessLauncher) launcher =
		g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
	g_autoptr(GSubprocess) child = NULL;
	g_autoptr(GDataInputStream) lines = NULL;
	g_autoptr(GError) error = NULL;
	guint late = 0;

	g_subprocess_launcher_setenv(launcher, "GTALK_DISK_FAULT_STORE", fixture->path, TRUE);
	g_subprocess_launcher_setenv(launcher, "GTALK_DISK_FAULT_RECORD", record, TRUE);
	child = g_subprocess_launcher_spawn(launcher, &error, test_program, CHILD_OPTION,
	                                    fixture->path, seed, NULL);
	g_assert_no_error(error);
	late = g_timeout_add_seconds(LATE_S, late_cb, child);
	lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(child));
	for (guint i = 0; i < ACKS; i++) {
		g_autofree char *line = g_data_input_stream_read_line(lines, NULL, NULL, NULL);

		g_assert_nonnull(line);
	}
	g_subprocess_force_exit(child); /* SIGKILL */
	g_assert_true(g_subprocess_wait(child, NULL, NULL));
	g_source_remove(late);
}

/* ---- The disk -------------------------------------------------------------------------------- */

typedef struct {
	GByteArray *durable;
	GPtrArray *pending; /* of const DiskFaultRecord: since the last completed flush */
} DiskFile;

/* By DiskFaultFile; nothing beyond the log is kept. */
#define DISK_FILES 3
static const char *const disk_suffixes[DISK_FILES] = {NULL, "", "-wal"};

static void
disk_init(DiskFile *disk, const char *path)
{
	for (guint i = DISK_FAULT_DATABASE; i < DISK_FILES; i++) {
		g_autofree char *name = g_strconcat(path, disk_suffixes[i], NULL);
		char *contents = NULL;
		gsize length = 0;

		disk[i].pending = g_ptr_array_new();
		if (g_file_get_contents(name, &contents, &length, NULL))
			disk[i].durable = g_byte_array_new_take((guint8 *)contents, length);
		else
			disk[i].durable = g_byte_array_new();
	}
}

static void
disk_clear(DiskFile *disk)
{
	for (guint i = DISK_FAULT_DATABASE; i < DISK_FILES; i++) {
		g_ptr_array_unref(disk[i].pending);
		g_byte_array_unref(disk[i].durable);
	}
}

static void
disk_set_length(GByteArray *contents, gsize length)
{
	gsize before = contents->len;

	g_byte_array_set_size(contents, (guint)length);
	if (length > before)
		memset(contents->data + before, 0, length - before);
}

/* @length: how much of what was written has arrived */
static void
disk_apply(GByteArray *contents, const DiskFaultRecord *record, gsize length)
{
	gsize end = record->offset + length;

	if (record->kind == DISK_FAULT_TRUNCATE) {
		disk_set_length(contents, record->offset);
		return;
	}
	if (end > contents->len)
		disk_set_length(contents, end);
	memcpy(contents->data + record->offset, record + 1, length);
}

static void
disk_take(DiskFile *disk, const DiskFaultRecord *record)
{
	DiskFile *file = &disk[record->file];

	if (record->kind != DISK_FAULT_FLUSH) {
		g_ptr_array_add(file->pending, (gpointer)record);
		return;
	}
	for (guint i = 0; i < file->pending->len; i++) {
		const DiskFaultRecord *written = g_ptr_array_index(file->pending, i);

		disk_apply(file->durable, written, written->length);
	}
	g_ptr_array_set_size(file->pending, 0);
}

/* What is there after a cut: up to a byte of what was not flushed, or any part of it. */
static void
disk_cut(const DiskFile *file, const char *path)
{
	g_autoptr(GByteArray) contents = g_byte_array_new();
	gboolean in_order = g_test_rand_bit();
	guint last = (guint)g_test_rand_int_range(0, (gint32)file->pending->len + 1);

	g_byte_array_append(contents, file->durable->data, file->durable->len);
	for (guint i = 0; i < file->pending->len; i++) {
		const DiskFaultRecord *written = g_ptr_array_index(file->pending, i);
		gsize length = written->length;

		if (in_order ? i > last : g_test_rand_bit())
			continue;
		if (i == last && length > 0)
			length = (gsize)g_test_rand_int_range(0, (gint32)length);
		disk_apply(contents, written, length);
	}
	g_assert_true(g_file_set_contents(path, (char *)contents->data, contents->len, NULL));
}

/* ---- What is there then ---------------------------------------------------------------------- */

/* In order without a gap; returns how many. */
static guint64
count_events(BridgeStore *store)
{
	guint64 after = 0;
	guint n_events = 0;

	do {
		g_autoptr(GPtrArray) events =
			bridge_store_testing_read_events(store, "juliet", after, 500, NULL);

		g_assert_nonnull(events);
		n_events = events->len;
		for (guint i = 0; i < n_events; i++) {
			const BridgeEventRecord *event = g_ptr_array_index(events, i);

			g_assert_cmpuint(event->seq, ==, ++after);
			g_assert_cmpuint(
				g_ascii_strtoull(g_bytes_get_data(event->data, NULL), NULL, 10), ==,
				event->seq);
		}
	} while (n_events > 0);
	return after;
}

static void
assert_survives(const DiskFile *disk, const char *directory, guint64 acked)
{
	g_autofree char *folder = g_build_filename(directory, "cut", NULL);
	g_autofree char *path = g_build_filename(folder, "store.db", NULL);
	BridgeStore *store = NULL;
	guint64 stored = 0;

	g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
	for (guint i = DISK_FAULT_DATABASE; i < DISK_FILES; i++) {
		g_autofree char *name = g_strconcat(path, disk_suffixes[i], NULL);

		disk_cut(&disk[i], name);
	}
	store = bridge_store_testing_open(path, 0, 1000000);
	stored = count_events(store);
	g_assert_cmpuint(stored, >=, acked);
	g_assert_cmpuint(bridge_store_testing_append(store, "juliet", "on", NULL), ==, stored + 1);
	bridge_store_close(store);
	g_object_unref(store);
	bridge_store_testing_remove(folder);
}

static guint64
read_acked(const DiskFaultRecord *record)
{
	g_autofree char *line = g_strndup((const char *)(record + 1), record->length);

	return g_ascii_strtoull(line, NULL, 10);
}

/* Where the record behind the one at @at begins; 0 if that is not there as a whole. */
static gsize
find_next(const char *contents, gsize length, gsize at)
{
	DiskFaultRecord record;

	if (at + sizeof record > length)
		return 0;
	memcpy(&record, contents + at, sizeof record);
	at += disk_fault_get_size(record.length);
	return at <= length ? at : 0;
}

static guint
count_records(const char *contents, gsize length)
{
	guint count = 0;
	gsize at = 0;

	while ((at = find_next(contents, length, at)) > 0)
		count++;
	return count;
}

static void
test_power_cut(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autofree char *name = g_build_filename(fixture->directory, "record", NULL);
	g_autofree char *contents = NULL;
	DiskFile disk[DISK_FILES] = {0};
	guint64 acked = 0;
	gsize length = 0;
	gsize at = 0;
	gsize next = 0;
	guint n_records = 0;
	guint n_cuts = 0;
	guint n_checkpoints = 0;

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_fixture_close(fixture);
	disk_init(disk, fixture->path);
	run_child(fixture, name);
	g_assert_true(g_file_get_contents(name, &contents, &length, NULL));
	n_records = count_records(contents, length);
	for (; (next = find_next(contents, length, at)) > 0; at = next) {
		const DiskFaultRecord *record = (const DiskFaultRecord *)(contents + at);

		if (record->file == DISK_FAULT_OUTPUT) {
			acked = read_acked(record);
			continue;
		}
		disk_take(disk, record);
		if (record->file == DISK_FAULT_DATABASE && record->kind == DISK_FAULT_FLUSH)
			n_checkpoints++;
		if (g_test_rand_int_range(0, (gint32)n_records) >= CUTS)
			continue;
		assert_survives(disk, fixture->directory, acked);
		n_cuts++;
	}
	g_test_message("%u cuts in %u records, %u times copied back, %" G_GUINT64_FORMAT
	               " acknowledged",
	               n_cuts, n_records, n_checkpoints, acked);
	g_assert_cmpuint(n_checkpoints, >, 1);
	g_assert_cmpuint(n_cuts, >, CUTS / 3);
	assert_survives(disk, fixture->directory, acked);
	disk_clear(disk);
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], CHILD_OPTION) == 0)
		return child_main(argv[2], argv[3]);
	test_program = argv[0];
	g_test_init(&argc, &argv, NULL);
	g_test_add("/store-power/cut", BridgeStoreFixture, NULL, bridge_store_fixture_set_up,
	           test_power_cut, bridge_store_fixture_tear_down);
	return g_test_run();
}
