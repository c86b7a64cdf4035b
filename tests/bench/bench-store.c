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

#define BENCH_SECONDS 3
#define BENCH_APPEND_BYTES 4096 /* what a small transaction writes at least */
#define BENCH_IN_FLIGHT 200     /* so many stanzas may be withheld from a server */
#define BENCH_READ_EVENTS 500

static void
tell(const char *figure, double value, const char *unit, double baseline)
{
	g_print("{\"figure\": \"%s\", \"value\": %.1f, \"unit\": \"%s\", \"baseline\": %.1f, "
	        "\"ratio\": %.2f}\n",
	        figure, value, unit, baseline, value / baseline);
}

static double
measure_fdatasync(const char *directory)
{
	g_autofree char *path = g_build_filename(directory, "baseline", NULL);
	g_autofree char *block = g_malloc0(BENCH_APPEND_BYTES);
	gint64 end = g_get_monotonic_time() + BENCH_SECONDS * G_USEC_PER_SEC;
	int fd = g_open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	guint count = 0;

	for (; g_get_monotonic_time() < end; count++)
		if (write(fd, block, BENCH_APPEND_BYTES) != BENCH_APPEND_BYTES ||
		    fdatasync(fd) != 0)
			g_error("%s cannot be written", path);
	close(fd);
	g_unlink(path);
	return (double)count / BENCH_SECONDS;
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

static double
measure_commits(BridgeStore *store, guint in_flight)
{
	Bench bench = {.store = store, .sent = in_flight << 24 /* ids of its own */};

	bench.end = g_get_monotonic_time() + BENCH_SECONDS * G_USEC_PER_SEC;
	for (guint i = 0; i < in_flight; i++)
		bench_send(&bench);
	while (bench.in_flight > 0)
		g_main_context_iteration(NULL, TRUE);
	return (double)bench.done / BENCH_SECONDS;
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
	g_autofree char *directory = bridge_store_testing_make_directory();
	g_autofree char *path = g_build_filename(directory, "store.db", NULL);
	BridgeStore *store = bridge_store_testing_open(path, 0, 1000000);
	double baseline = measure_fdatasync(directory);

	bridge_store_testing_put_account(store, "juliet");
	tell("store commits, one at a time", measure_commits(store, 1), "1/s", baseline);
	tell("store commits, 200 in flight", measure_commits(store, BENCH_IN_FLIGHT), "1/s",
	     baseline);
	tell("store events read, 500 at a time", measure_reading(store), "1/s", baseline);
	bridge_store_close(store);
	g_object_unref(store);
	bridge_store_testing_remove(directory);
	return EXIT_SUCCESS;
}
