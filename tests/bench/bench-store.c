/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What durability costs: commits a second, one at a time and many in flight, beside bare appends
 * with fdatasync on the same disk; and how fast history is read back. */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "bridge-store-testing.h"

#define BENCH_ROUNDS 5 /* of each, in turns: others use the disk too */
#define BENCH_ROUND_US (G_USEC_PER_SEC / 2)
#define BENCH_APPEND_BYTES 4096 /* what a small transaction writes at least */
#define BENCH_IN_FLIGHT 200     /* so many stanzas may be withheld from a server */
#define BENCH_READ_EVENTS 500

/* The baseline is bare appends. */
static void
tell(const char *figure, double value, const char *unit, double baseline)
{
	g_print("{\"figure\": \"%s\", \"value\": %.1f, \"unit\": \"%s\", \"baseline\": %.1f, "
	        "\"ratio\": %.2f}\n",
	        figure, value, unit, baseline, value / baseline);
}

/* How many in one round. */
static guint
measure_fdatasync(const char *directory)
{
	g_autofree char *path = g_build_filename(directory, "baseline", NULL);
	g_autofree char *block = g_malloc0(BENCH_APPEND_BYTES);
	gint64 end = g_get_monotonic_time() + BENCH_ROUND_US;
	int fd = g_open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	guint count = 0;

	for (; g_get_monotonic_time() < end; count++)
		if (write(fd, block, BENCH_APPEND_BYTES) != BENCH_APPEND_BYTES ||
		    fdatasync(fd) != 0)
			g_error("%s cannot be written", path);
	close(fd);
	g_unlink(path);
	return count;
}

/* ---- Commits --------------------------------------------------------------------------------- */

typedef struct {
	BridgeStore *store;
	gint64 end;
	guint sent;
	guint in_flight;
	guint done;
} Bench;

static void
bench_send(Bench *bench);

static void
bench_done_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	Bench *bench = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);

	if (receipt == NULL)
		g_error("%s", error->message);
	bench->in_flight--;
	bench->done++;
	if (g_get_monotonic_time() < bench->end)
		bench_send(bench);
}

/* As an incoming message is stored: event, its keys, the archive position. */
static void
bench_send(Bench *bench)
{
	g_autofree char *id = g_strdup_printf("stanza %u", bench->sent++);
	BridgeRepetitionKeys keys = {id, id, id, 1, 0};
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_testing_add_event(batch, "juliet",
	                               "{\"from\":\"romeo@example.org\",\"body\":\"This is a "
	                               "message of an ordinary length for a chat.\"}",
	                               &keys);
	bridge_store_batch_set_archive_after(batch, "juliet", id);
	bridge_store_commit_async(bench->store, batch, bench_done_cb, bench);
	bench->in_flight++;
}

static guint
measure_commits(BridgeStore *store, guint in_flight, guint *sent)
{
	Bench bench = {.store = store, .sent = *sent};

	bench.end = g_get_monotonic_time() + BENCH_ROUND_US;
	for (guint i = 0; i < in_flight; i++)
		bench_send(&bench);
	while (bench.in_flight > 0)
		g_main_context_iteration(NULL, TRUE);
	*sent = bench.sent;
	return bench.done;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static double
measure_reading(BridgeStore *store)
{
	gint64 end = g_get_monotonic_time() + G_USEC_PER_SEC;
	guint count = 0;

	for (; g_get_monotonic_time() < end; count++) {
		g_autoptr(GPtrArray) events = bridge_store_testing_read_events(
			store, "juliet", 0, BENCH_READ_EVENTS, NULL);

		g_assert_cmpuint(events->len, ==, BENCH_READ_EVENTS);
	}
	return (double)count * BENCH_READ_EVENTS;
}

int
main(void)
{
	const double seconds = (double)BENCH_ROUNDS * BENCH_ROUND_US / G_USEC_PER_SEC;
	g_autofree char *directory = bridge_store_testing_make_directory();
	g_autofree char *path = g_build_filename(directory, "store.db", NULL);
	BridgeStore *store = bridge_store_testing_open(path, 0, 1000000);
	guint baseline = 0;
	guint single = 0;
	guint grouped = 0;
	guint sent = 0;

	bridge_store_testing_put_account(store, "juliet");
	for (guint round = 0; round < BENCH_ROUNDS; round++) {
		baseline += measure_fdatasync(directory);
		single += measure_commits(store, 1, &sent);
		grouped += measure_commits(store, BENCH_IN_FLIGHT, &sent);
	}
	tell("store commits, one at a time", single / seconds, "1/s", baseline / seconds);
	tell("store commits, 200 in flight", grouped / seconds, "1/s", baseline / seconds);
	g_print("{\"figure\": \"store events read, 500 at a time\", \"value\": %.1f, "
	        "\"unit\": \"1/s\"}\n",
	        measure_reading(store));
	bridge_store_close(store);
	g_object_unref(store);
	bridge_store_testing_remove(directory);
	return EXIT_SUCCESS;
}
