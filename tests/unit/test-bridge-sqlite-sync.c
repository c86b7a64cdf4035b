/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When the disk is asked to keep what was written. This program has an fsync() and fdatasync() of
 * its own, which SQLite comes to call: they count, hold back, or fail. */
#include "config.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bridge-error.h"
#include "bridge-store-testing.h"

/* ---- The disk -------------------------------------------------------------------------------- */

typedef enum { DISK_WORKS, DISK_HOLDS, DISK_FAILS } DiskMode;

static GMutex disk_mutex;
static GCond disk_changed;
static DiskMode disk_mode;
static guint disk_syncs;   /* begun */
static guint disk_waiting; /* held back now */

static int
disk_sync(long number, int fd)
{
	DiskMode mode = DISK_WORKS;

	g_mutex_lock(&disk_mutex);
	disk_syncs++;
	disk_waiting++;
	g_cond_broadcast(&disk_changed);
	while (disk_mode == DISK_HOLDS)
		g_cond_wait(&disk_changed, &disk_mutex);
	disk_waiting--;
	mode = disk_mode;
	g_mutex_unlock(&disk_mutex);
	if (mode == DISK_WORKS)
		return (int)syscall(number, fd);
	errno = EIO;
	return -1;
}

int
fsync(int fd)
{
	return disk_sync(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return disk_sync(SYS_fdatasync, fd);
}

static void
set_disk(DiskMode mode)
{
	g_mutex_lock(&disk_mutex);
	disk_mode = mode;
	g_cond_broadcast(&disk_changed);
	g_mutex_unlock(&disk_mutex);
}

static guint
get_syncs(void)
{
	guint count = 0;

	g_mutex_lock(&disk_mutex);
	count = disk_syncs;
	g_mutex_unlock(&disk_mutex);
	return count;
}

static void
wait_until_held(void)
{
	gint64 deadline = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	g_mutex_lock(&disk_mutex);
	while (disk_waiting == 0)
		g_assert_true(g_cond_wait_until(&disk_changed, &disk_mutex, deadline));
	g_mutex_unlock(&disk_mutex);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void
send(BridgeStoreFixture *fixture, BridgeStoreOutcome *outcome, guint *missing)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_testing_add_event(batch, "juliet", "x", NULL);
	outcome->missing = missing;
	bridge_store_commit_async(fixture->store, batch, bridge_store_testing_outcome_cb, outcome);
}

static void
test_every_answer_has_its_flush(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	for (guint i = 0; i < 20; i++) {
		guint before = get_syncs();

		bridge_store_testing_append(fixture->store, "juliet", "x", NULL);
		g_assert_cmpuint(get_syncs(), >, before);
	}
}

static void
test_no_answer_before_the_flush(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeStoreOutcome outcome = {0};
	guint missing = 1;

	bridge_store_testing_put_account(fixture->store, "juliet");
	set_disk(DISK_HOLDS);
	send(fixture, &outcome, &missing);
	wait_until_held();
	/* the reader does not wait behind it, and does not see it */
	bridge_store_testing_assert_events(fixture->store, "juliet", 0, "");
	g_assert_cmpuint(missing, ==, 1);
	set_disk(DISK_WORKS);
	while (missing > 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_no_error(outcome.error);
	g_array_unref(outcome.receipt);
	bridge_store_testing_assert_events(fixture->store, "juliet", 0, "1:x");
}

static void
test_what_queued_up_shares_a_flush(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeStoreOutcome outcomes[101] = {0};
	guint missing = G_N_ELEMENTS(outcomes);
	guint before = 0;

	bridge_store_testing_put_account(fixture->store, "juliet");
	set_disk(DISK_HOLDS);
	send(fixture, &outcomes[0], &missing);
	wait_until_held();
	before = get_syncs();
	for (guint i = 1; i < G_N_ELEMENTS(outcomes); i++)
		send(fixture, &outcomes[i], &missing);
	set_disk(DISK_WORKS);
	while (missing > 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(get_syncs(), ==, before + 1);
	for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++) {
		g_assert_no_error(outcomes[i].error);
		g_assert_cmpuint(g_array_index(outcomes[i].receipt, guint64, 0), ==, i + 1);
		g_array_unref(outcomes[i].receipt);
	}
}

static void
test_failed_flush_is_an_error(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();
	g_autoptr(GError) error = NULL;

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_append(fixture->store, "juliet", "a", NULL);
	bridge_store_testing_add_event(batch, "juliet", "b", NULL);
	set_disk(DISK_FAILS);
	g_assert_null(bridge_store_testing_try_commit(fixture->store, batch, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE_UNWRITABLE);
	bridge_store_testing_assert_events(fixture->store, "juliet", 0, "1:a");
	/* and it goes on when the disk does */
	set_disk(DISK_WORKS);
	bridge_store_testing_wait_writable(fixture->store);
	g_assert_cmpuint(bridge_store_testing_append(fixture->store, "juliet", "c", NULL), ==, 2);
	bridge_store_fixture_reopen(fixture);
	bridge_store_testing_assert_events(fixture->store, "juliet", 0, "1:a 2:c");
}

static void
settle_and_wait(BridgeStoreFixture *fixture, guint32 stanza, const char *event)
{
	BridgeStoreOutcome outcome = {0};
	BridgeStoreBatch *batch = bridge_store_batch_new();
	guint missing = 1;

	bridge_store_batch_settle(batch, "juliet", 1, stanza);
	bridge_store_batch_set_archive_after(batch, "juliet", "a1");
	outcome.missing = &missing;
	bridge_store_commit_async(fixture->store, batch, bridge_store_testing_outcome_cb, &outcome);
	if (event != NULL) {
		g_usleep(1000); /* the writer has looked at it meanwhile */
		bridge_store_testing_append(fixture->store, "juliet", event, NULL);
	}
	while (missing > 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_no_error(outcome.error);
	g_array_unref(outcome.receipt);
}

/* What the server was told may wait: it is no news to anybody. How long depends on the machine's
 * mood, so it gets several chances. */
static void
test_settling_waits_for_company(BridgeStoreFixture *fixture, gconstpointer data)
{
	guint before = 0;

	bridge_store_testing_put_account(fixture->store, "juliet");
	for (guint32 stanza = 1; get_syncs() != before + 1; stanza++) {
		g_assert_cmpuint(stanza, <, 200);
		bridge_store_testing_append(fixture->store, "juliet", "x", NULL);
		before = get_syncs();
		settle_and_wait(fixture, stanza, "y");
	}
}

static void
test_settling_needs_no_company(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	settle_and_wait(fixture, 1, NULL);
}

#define ADD(name, func)                                                                            \
	g_test_add("/store-sync/" name, BridgeStoreFixture, NULL, bridge_store_fixture_set_up,     \
	           func, bridge_store_fixture_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL); /* a failed flush warns */
	ADD("every-answer", test_every_answer_has_its_flush);
	ADD("no-answer-before", test_no_answer_before_the_flush);
	ADD("shared", test_what_queued_up_shares_a_flush);
	ADD("failed", test_failed_flush_is_an_error);
	ADD("settling", test_settling_waits_for_company);
	ADD("settling-needs-no-company", test_settling_needs_no_company);
	return g_test_run();
}
