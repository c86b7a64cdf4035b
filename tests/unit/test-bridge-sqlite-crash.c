/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a store holds after it was killed, after its log was cut short, and when the disk is full:
 * everything that it had acknowledged, once, and of every batch all or nothing. */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/bridge-error.h"
#include "bridge-store-testing.h"

#define CHILD_OPTION "--child"
#define CHILD_IN_FLIGHT 20
#define ROUNDS 6
#define ROUND_ACKS_MIN 20
#define ROUND_ACKS_MAX 400
#define LATE_S 60

static char *test_program;

/* ---- Killed ---------------------------------------------------------------------------------- */

typedef struct {
	BridgeStore *store;
	guint round;
	guint sent;
} Child;

/* Two events in each batch: both are there or none. */
typedef struct {
	Child *child;
	guint number;
} ChildBatch;

static void
child_send(Child *child);

static void
child_done_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	ChildBatch *sent = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt = NULL;

	receipt = bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);
	g_assert_no_error(error);
	/* what is printed was acknowledged */
	g_print("%" G_GUINT64_FORMAT " %u.%u\n", g_array_index(receipt, guint64, 0),
	        sent->child->round, sent->number);
	child_send(sent->child);
	g_free(sent);
}

static void
child_send(Child *child)
{
	ChildBatch *sent = g_new0(ChildBatch, 1);
	BridgeStoreBatch *batch = bridge_store_batch_new();
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	sent->child = child;
	sent->number = child->sent++;
	first = g_strdup_printf("%u.%u", child->round, sent->number);
	second = g_strdup_printf("%u.%u+", child->round, sent->number);
	bridge_store_testing_add_event(batch, "juliet", first, NULL);
	bridge_store_testing_add_event(batch, "juliet", second, NULL);
	bridge_store_batch_settle(batch, "juliet", child->round + 1, sent->number);
	bridge_store_commit_async(child->store, batch, child_done_cb, sent);
}

static int
child_main(const char *path, const char *round)
{
	Child child = {.round = (guint)g_ascii_strtoull(round, NULL, 10)};

	setvbuf(stdout, NULL, _IOLBF, 0);
	child.store = bridge_store_testing_open(path, 0, 1000000);
	for (guint i = 0; i < CHILD_IN_FLIGHT; i++)
		child_send(&child);
	while (TRUE)
		g_main_context_iteration(NULL, TRUE);
	return 0;
}

static gboolean
late_cb(gpointer user_data)
{
	/* without it the read below ends, and the test fails there */
	g_subprocess_force_exit(user_data);
	return G_SOURCE_REMOVE;
}

/* Remembers what the child says was acknowledged: text -> seq. */
static void
remember(GHashTable *acked, const char *line)
{
	char *end = NULL;
	guint64 seq = g_ascii_strtoull(line, &end, 10);

	g_assert_true(*end == ' ');
	g_assert_true(g_hash_table_insert(acked, g_strdup(end + 1), g_memdup2(&seq, sizeof seq)));
}

/* Lets the child run until it has acknowledged so many batches, and kills it. */
static void
run_and_kill(BridgeStoreFixture *fixture, guint round, guint n_acks, GHashTable *acked)
{
	g_autofree char *number = g_strdup_printf("%u", round);
	const char *argv[] = {test_program, CHILD_OPTION, fixture->path, number, NULL};
	g_autoptr(GError) error = NULL;
	g_autoptr(GDataInputStream) lines = NULL;
	g_autoptr(GSubprocess) child =
		g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
	guint late = 0;
	char *line = NULL;

	g_assert_no_error(error);
	late = g_timeout_add_seconds(LATE_S, late_cb, child);
	lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(child));
	for (guint i = 0; i < n_acks; i++) {
		line = g_data_input_stream_read_line(lines, NULL, NULL, NULL);
		g_assert_nonnull(line);
		remember(acked, line);
		g_free(line);
	}
	g_subprocess_force_exit(child); /* SIGKILL */
	g_assert_true(g_subprocess_wait(child, NULL, NULL));
	g_source_remove(late);
	/* what it said while it died counts too; a line that was cut does not */
	while ((line = g_data_input_stream_read_line(lines, NULL, NULL, NULL)) != NULL) {
		if (strchr(line, '.') != NULL)
			remember(acked, line);
		g_free(line);
	}
}

/* Every event in order: numbers without a gap, no text twice, pairs whole. Returns text -> seq. */
static GHashTable *
read_all(BridgeStore *store)
{
	GHashTable *found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autofree char *last = g_strdup("+");
	guint64 after = 0;
	guint n_events = 0;

	do {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) events =
			bridge_store_testing_read_events(store, "juliet", after, 500, &error);

		g_assert_no_error(error);
		n_events = events->len;
		for (guint i = 0; i < events->len; i++) {
			BridgeEventRecord *event = g_ptr_array_index(events, i);
			g_autofree char *text = g_strndup(g_bytes_get_data(event->data, NULL),
			                                  g_bytes_get_size(event->data));

			g_assert_cmpuint(event->seq, ==, ++after);
			if (!g_str_has_suffix(last, "+"))
				g_assert_true(g_str_has_suffix(text, "+") &&
				              g_str_has_prefix(text, last));
			g_assert_true(g_hash_table_insert(found, g_strdup(text),
			                                  g_memdup2(&event->seq, sizeof after)));
			g_free(last);
			last = g_steal_pointer(&text);
		}
	} while (n_events > 0);
	g_assert_true(g_str_has_suffix(last, "+"));
	return found;
}

static void
assert_acked_is_there(BridgeStoreFixture *fixture, GHashTable *acked)
{
	g_autoptr(GHashTable) found = NULL;
	GHashTableIter iter;
	gpointer text = NULL;
	gpointer seq = NULL;

	bridge_store_fixture_reopen(fixture);
	found = read_all(fixture->store);
	g_hash_table_iter_init(&iter, acked);
	while (g_hash_table_iter_next(&iter, &text, &seq)) {
		guint64 *stored = g_hash_table_lookup(found, text);

		g_assert_nonnull(stored);
		g_assert_cmpuint(*stored, ==, *(guint64 *)seq);
	}
	g_test_message("%u acknowledged, %u stored", g_hash_table_size(acked),
	               g_hash_table_size(found) / 2);
	bridge_store_fixture_close(fixture);
}

static void
test_killed_at_any_moment(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GHashTable) acked =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_fixture_close(fixture);
	for (guint round = 0; round < ROUNDS; round++) {
		guint n_acks = (guint)g_test_rand_int_range(ROUND_ACKS_MIN, ROUND_ACKS_MAX);

		run_and_kill(fixture, round, n_acks, acked);
		assert_acked_is_there(fixture, acked);
	}
}

/* ---- The log cut short ----------------------------------------------------------------------- */

#define LOG_HEADER_BYTES 32
#define FRAME_HEADER_BYTES 24
#define FRAME_BYTES (FRAME_HEADER_BYTES + 4096)
#define CUTS 250 /* anywhere; and at every byte about the headers of frames */

/* What is behind a cut: nothing, or what a log that was made large beforehand may hold there. */
typedef enum {
	TAIL_NOTHING,
	TAIL_ZEROS,
	TAIL_NOISE,
	TAIL_LAST = TAIL_NOISE,
} Tail;

/* Hundreds of copies are made, and none has to outlive the machine. This program's functions come
 * before the C library's, in SQLite too. */
static gboolean flushes_are_skipped = FALSE;

int
fsync(int fd)
{
	return flushes_are_skipped ? 0 : (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return flushes_are_skipped ? 0 : (int)syscall(SYS_fdatasync, fd);
}

static void
copy(const char *from, const char *to)
{
	g_autofree char *contents = NULL;
	gsize size = 0;

	g_assert_true(g_file_get_contents(from, &contents, &size, NULL));
	g_assert_true(g_file_set_contents(to, contents, (gssize)size, NULL));
}

static void
copy_cut(const char *from, const char *to, gssize length, Tail tail)
{
	g_autofree char *contents = NULL;
	gsize size = 0;

	g_assert_true(g_file_get_contents(from, &contents, &size, NULL));
	size = MIN(size, (gsize)length + FRAME_BYTES);
	for (gsize i = (gsize)length; i < size; i++)
		contents[i] = tail == TAIL_ZEROS ? 0 : (char)g_test_rand_int_range(0, 256);
	g_assert_true(g_file_set_contents(to, contents,
	                                  tail == TAIL_NOTHING ? length : (gssize)size, NULL));
}

/* Where the log ends: at the first frame that has not the salts of its header. */
static gssize
get_log_end(const char *path)
{
	g_autofree char *contents = NULL;
	gsize size = 0;
	gsize end = LOG_HEADER_BYTES;

	g_assert_true(g_file_get_contents(path, &contents, &size, NULL));
	while (end + FRAME_BYTES <= size && memcmp(contents + end + 8, contents + 16, 8) == 0)
		end += FRAME_BYTES;
	return (gssize)end;
}

/* A copy of the store with so much of its log: the first batch is there, the second wholly or not
 * at all. Returns whether it is. */
static gboolean
open_cut(BridgeStoreFixture *fixture, const char *wal, gssize length, Tail tail)
{
	g_autofree char *directory = g_build_filename(fixture->directory, "cut", NULL);
	g_autofree char *path = g_build_filename(directory, "store.db", NULL);
	g_autofree char *path_wal = g_strconcat(path, "-wal", NULL);
	g_autoptr(GPtrArray) events = NULL;
	BridgeStore *store = NULL;
	guint n_events = 0;

	g_assert_cmpint(g_mkdir(directory, 0700), ==, 0);
	copy(fixture->path, path);
	copy_cut(wal, path_wal, length, tail);
	store = bridge_store_testing_open(path, 0, 0);
	events = bridge_store_testing_read_events(store, "juliet", 0, 500, NULL);
	g_assert_nonnull(events);
	n_events = events->len;
	g_assert_true(n_events == 1 || n_events == 4);
	/* and it goes on */
	g_assert_cmpuint(bridge_store_testing_append(store, "juliet", "on", NULL), ==,
	                 n_events + 1);
	bridge_store_close(store);
	g_object_unref(store);
	bridge_store_testing_remove(directory);
	return n_events == 4;
}

static void
cut_and_open(BridgeStoreFixture *fixture, const char *wal, gssize length)
{
	Tail tail = (Tail)g_test_rand_int_range(TAIL_NOTHING, TAIL_LAST + 1);
	gboolean is_there = open_cut(fixture, wal, length, tail);

	/* What was written there may have ended with zeros. */
	g_assert_false(is_there && tail == TAIL_NOTHING);
}

static gboolean
is_about_header(gssize offset)
{
	gssize in_frame = (offset - LOG_HEADER_BYTES) % FRAME_BYTES;

	return in_frame <= FRAME_HEADER_BYTES + 1 || in_frame == FRAME_BYTES - 1;
}

static void
test_log_cut_anywhere(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autofree char *wal = g_strconcat(fixture->path, "-wal", NULL);
	BridgeStoreBatch *batch = bridge_store_batch_new();
	gssize first = 0;
	gssize second = 0;

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_append(fixture->store, "juliet", "first", NULL);
	first = get_log_end(wal);
	for (guint i = 0; i < 3; i++)
		bridge_store_testing_add_event(batch, "juliet", "second", NULL);
	bridge_store_testing_commit(fixture->store, batch);
	second = get_log_end(wal);
	g_assert_cmpint(second, >, first);
	flushes_are_skipped = TRUE;
	for (gssize length = first; length < second; length++)
		if (is_about_header(length))
			cut_and_open(fixture, wal, length);
	for (guint i = 0; i < CUTS; i++)
		cut_and_open(fixture, wal, g_test_rand_int_range((gint32)first, (gint32)second));
	g_assert_true(open_cut(fixture, wal, second, TAIL_NOTHING));
	flushes_are_skipped = FALSE;
}

/* ---- The disk full --------------------------------------------------------------------------- */

#define LOG_BYTES (4 * 1024 * 1024) /* are there from the start */
#define LARGE_BYTES (5 * 1024 * 1024)

static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
	limit.rlim_cur = bytes;
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

static BridgeStoreBatch *
build_large(gsize size)
{
	g_autofree char *body = g_strnfill(size, 'x');
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_testing_add_event(batch, "juliet", body, NULL);
	return batch;
}

static void
fill_disk(BridgeStoreFixture *fixture)
{
	BridgeStoreOutcome outcomes[3] = {0};
	guint missing = G_N_ELEMENTS(outcomes);
	g_autoptr(GError) error = NULL;

	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_cmpuint(bridge_store_testing_append(fixture->store, "juliet", "a", NULL), ==, 1);
	signal(SIGXFSZ, SIG_IGN);
	limit_files(LOG_BYTES + 256 * 1024);
	g_assert_null(
		bridge_store_testing_try_commit(fixture->store, build_large(LARGE_BYTES), &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE_UNWRITABLE);
	/* what does not fit takes nothing down that does */
	for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++) {
		outcomes[i].missing = &missing;
		bridge_store_commit_async(fixture->store, build_large(i == 1 ? LARGE_BYTES : 1),
		                          bridge_store_testing_outcome_cb, &outcomes[i]);
	}
	while (missing > 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_error(outcomes[1].error, BRIDGE_ERROR, BRIDGE_ERROR_STORE_UNWRITABLE);
	g_clear_error(&outcomes[1].error);
	g_assert_cmpuint(g_array_index(outcomes[0].receipt, guint64, 0), ==, 2);
	g_assert_cmpuint(g_array_index(outcomes[2].receipt, guint64, 0), ==, 3);
	g_array_unref(outcomes[0].receipt);
	g_array_unref(outcomes[2].receipt);
	/* reading went on all the time; and when there is room again so does writing */
	bridge_store_testing_assert_events(fixture->store, "juliet", 0, "1:a 2:x 3:x");
	limit_files(RLIM_INFINITY);
	g_assert_cmpuint(bridge_store_testing_commit(fixture->store, build_large(LARGE_BYTES)), ==,
	                 4);
}

static void
test_disk_full(BridgeStoreFixture *fixture, gconstpointer data)
{
	if (g_test_subprocess()) {
		fill_disk(fixture);
		return;
	}
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_passed();
}

#define ADD(name, func)                                                                            \
	g_test_add("/store-crash/" name, BridgeStoreFixture, NULL, bridge_store_fixture_set_up,    \
	           func, bridge_store_fixture_tear_down)

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], CHILD_OPTION) == 0)
		return child_main(argv[2], argv[3]);
	test_program = argv[0];
	g_test_init(&argc, &argv, NULL);
	ADD("killed", test_killed_at_any_moment);
	ADD("log-cut", test_log_cut_anywhere);
	ADD("disk-full", test_disk_full);
	return g_test_run();
}
