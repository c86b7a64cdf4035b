/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A store that cannot be written: what can wait is kept, in order, what cannot is refused at once,
 * reading goes on, and so does writing when it can. The disk is harness/disk-fault.c's. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "base/bridge-error.h"
#include "bridge-store-testing.h"
#include "store/bridge-sqlite-trouble.h"

#define KEPT 600 /* more than one group holds */

typedef struct {
	BridgeStoreFixture store;
	char *switch_path;
} Fixture;

static void
set_disk(Fixture *fixture, int code)
{
	g_autofree char *text = g_strdup_printf("%d", code);

	g_assert_true(g_file_set_contents(fixture->switch_path, text, -1, NULL));
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
	bridge_store_fixture_set_up(&fixture->store, NULL);
	fixture->switch_path = g_build_filename(fixture->store.directory, "switch", NULL);
	g_setenv("GTALK_DISK_FAULT_STORE", fixture->store.path, TRUE);
	g_setenv("GTALK_DISK_FAULT_SWITCH", fixture->switch_path, TRUE);
	set_disk(fixture, 0);
	bridge_store_testing_put_account(fixture->store.store, "juliet");
	bridge_store_testing_append(fixture->store.store, "juliet", "a", NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	set_disk(fixture, 0);
	bridge_store_fixture_tear_down(&fixture->store, NULL);
	g_free(fixture->switch_path);
}

static void
send(Fixture *fixture, BridgeStoreOutcome *outcome, guint *missing, const char *body)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_testing_add_event(batch, "juliet", body, NULL);
	bridge_store_batch_persist(batch);
	outcome->missing = missing;
	bridge_store_commit_async(fixture->store.store, batch, bridge_store_testing_outcome_cb,
	                          outcome);
}

static void
assert_refused(Fixture *fixture)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();
	g_autoptr(GError) error = NULL;

	bridge_store_testing_add_event(batch, "juliet", "refused", NULL);
	g_assert_null(bridge_store_testing_try_commit(fixture->store.store, batch, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE_UNWRITABLE);
}

static void
assert_trouble(Fixture *fixture, gboolean expected)
{
	g_autofree char *words = bridge_store_dup_trouble(fixture->store.store);

	g_assert_cmpint(words != NULL, ==, expected);
}

static void
test_kept(Fixture *fixture, gconstpointer code)
{
	g_autofree BridgeStoreOutcome *outcomes = g_new0(BridgeStoreOutcome, KEPT);
	guint missing = KEPT;

	assert_trouble(fixture, FALSE);
	set_disk(fixture, GPOINTER_TO_INT(code));
	for (guint i = 0; i < KEPT; i++)
		send(fixture, &outcomes[i], &missing, "b");
	assert_refused(fixture); /* and not behind them */
	assert_trouble(fixture, TRUE);
	g_assert_cmpuint(missing, ==, KEPT);
	bridge_store_testing_assert_events(fixture->store.store, "juliet", 0, "1:a");
	set_disk(fixture, 0);
	while (missing > 0)
		g_main_context_iteration(NULL, TRUE);
	for (guint i = 0; i < KEPT; i++) {
		g_assert_no_error(outcomes[i].error);
		g_assert_cmpuint(g_array_index(outcomes[i].receipt, guint64, 0), ==, i + 2);
		g_array_unref(outcomes[i].receipt);
	}
	assert_trouble(fixture, FALSE);
	g_assert_cmpuint(bridge_store_testing_append(fixture->store.store, "juliet", "c", NULL), ==,
	                 KEPT + 2);
}

/* Nothing has to be kept for it to be found out that there is room again. */
static void
test_found_out(Fixture *fixture, gconstpointer code)
{
	set_disk(fixture, GPOINTER_TO_INT(code));
	assert_refused(fixture);
	assert_trouble(fixture, TRUE);
	set_disk(fixture, 0);
	bridge_store_testing_wait_writable(fixture->store.store);
	g_assert_cmpuint(bridge_store_testing_append(fixture->store.store, "juliet", "c", NULL), ==,
	                 2);
}

static void
test_closed_meanwhile(Fixture *fixture, gconstpointer code)
{
	BridgeStoreOutcome outcome = {0};
	guint missing = 1;

	set_disk(fixture, GPOINTER_TO_INT(code));
	send(fixture, &outcome, &missing, "b");
	assert_refused(fixture);
	bridge_store_close(fixture->store.store);
	while (missing > 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_error(outcome.error, BRIDGE_ERROR, BRIDGE_ERROR_STORE_UNWRITABLE);
	g_clear_error(&outcome.error);
	set_disk(fixture, 0);
	bridge_store_fixture_reopen(&fixture->store);
	bridge_store_testing_assert_events(fixture->store.store, "juliet", 0, "1:a");
}

/* Another process, as a backup program or a shell, has locked the file. */
static void
test_busy(Fixture *fixture, gconstpointer data)
{
	BridgeStoreOutcome outcomes[3] = {0};
	guint missing = G_N_ELEMENTS(outcomes);
	sqlite3 *other = NULL;

	g_assert_cmpint(sqlite3_open(fixture->store.path, &other), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
	for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++)
		send(fixture, &outcomes[i], &missing, "b");
	assert_refused(fixture);
	assert_trouble(fixture, TRUE);
	bridge_store_testing_assert_events(fixture->store.store, "juliet", 0, "1:a");
	g_assert_cmpint(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(other);
	while (missing > 0)
		g_main_context_iteration(NULL, TRUE);
	for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++) {
		g_assert_no_error(outcomes[i].error);
		g_assert_cmpuint(g_array_index(outcomes[i].receipt, guint64, 0), ==, i + 2);
		g_array_unref(outcomes[i].receipt);
	}
}

/* ---- A page that is not what it was ---------------------------------------------------------- */

#define DAMAGE_EVENTS 300
#define PAGE_BYTES 4096

/* Many events of juliet's, one of nurse's behind them; then a page in the middle goes bad, or the
 * last one, which the next event belongs to. */
static GBytes *
spoil_page(Fixture *fixture, gboolean last)
{
	g_autofree char *body = g_strnfill(300, 'x');
	char *contents = NULL;
	gsize size = 0;

	bridge_store_testing_put_account(fixture->store.store, "nurse");
	for (guint i = 1; i < DAMAGE_EVENTS; i++)
		bridge_store_testing_append(fixture->store.store, "juliet", body, NULL);
	bridge_store_testing_append(fixture->store.store, "nurse", "n", NULL);
	bridge_store_fixture_close(&fixture->store);
	g_assert_true(g_file_get_contents(fixture->store.path, &contents, &size, NULL));
	memset(contents + (last ? size - PAGE_BYTES : size / PAGE_BYTES / 2 * PAGE_BYTES), 0xa5,
	       PAGE_BYTES);
	g_assert_true(g_file_set_contents(fixture->store.path, contents, (gssize)size, NULL));
	return g_bytes_new_take(contents, size);
}

static void
assert_damage(Fixture *fixture)
{
	g_autofree char *words = bridge_store_dup_trouble(fixture->store.store);

	g_assert_nonnull(words);
	g_assert_nonnull(strstr(words, "damaged"));
	assert_refused(fixture);
	bridge_store_testing_assert_events(fixture->store.store, "nurse", 0, "1:n");
}

static void
assert_same(Fixture *fixture, GBytes *before)
{
	g_autofree char *after = NULL;
	gsize size = 0;

	g_assert_true(g_file_get_contents(fixture->store.path, &after, &size, NULL));
	g_assert_cmpmem(after, size, g_bytes_get_data(before, NULL), g_bytes_get_size(before));
}

/* Found at the start after an unclean stop: what can be read is served, and nothing is touched. */
static void
test_damaged_at_start(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GBytes) before = spoil_page(fixture, FALSE);
	g_autofree char *wal = g_strconcat(fixture->store.path, "-wal", NULL);

	g_assert_true(g_file_set_contents(wal, "stopped", -1, NULL));
	bridge_store_fixture_reopen(&fixture->store);
	assert_damage(fixture);
	bridge_store_fixture_close(&fixture->store);
	assert_same(fixture, before);
}

/* Found by whoever reads it. */
static void
test_damaged_meanwhile(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GBytes) before = spoil_page(fixture, FALSE);
	g_autoptr(GError) error = NULL;
	BridgeStoreOutcome outcome = {0};
	guint missing = 1;
	guint64 after = 0;

	bridge_store_fixture_reopen(&fixture->store);
	assert_trouble(fixture, FALSE);
	while (error == NULL) {
		g_autoptr(GPtrArray) events = bridge_store_testing_read_events(
			fixture->store.store, "juliet", after, 1, &error);

		after++;
		g_assert_cmpuint(after, <=, DAMAGE_EVENTS);
	}
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE);
	assert_damage(fixture);
	send(fixture, &outcome, &missing, "b");
	assert_refused(fixture);
	g_assert_cmpuint(missing, ==, 1);
	bridge_store_close(fixture->store.store);
	while (missing > 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_error(outcome.error, BRIDGE_ERROR, BRIDGE_ERROR_STORE_UNWRITABLE);
	g_clear_error(&outcome.error);
	assert_same(fixture, before);
}

/* Found by who writes: nothing of what came together is written, and what can wait does. */
static void
test_damaged_for_the_writer(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GBytes) before = spoil_page(fixture, TRUE);
	g_autofree char *words = NULL;
	BridgeStoreOutcome outcomes[3] = {0};
	guint missing = G_N_ELEMENTS(outcomes);

	bridge_store_fixture_reopen(&fixture->store);
	for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++)
		send(fixture, &outcomes[i], &missing, "b");
	assert_refused(fixture);
	words = bridge_store_dup_trouble(fixture->store.store);
	g_assert_nonnull(strstr(words, "damaged"));
	g_assert_cmpuint(missing, ==, G_N_ELEMENTS(outcomes));
	bridge_store_close(fixture->store.store);
	while (missing > 0)
		g_main_context_iteration(NULL, TRUE);
	for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++) {
		g_assert_error(outcomes[i].error, BRIDGE_ERROR, BRIDGE_ERROR_STORE_UNWRITABLE);
		g_clear_error(&outcomes[i].error);
	}
	assert_same(fixture, before);
}

static void
test_tried_less_often(void)
{
	BridgeSqliteTrouble *trouble = bridge_sqlite_trouble_new("store.db");
	g_autoptr(GError) error =
		g_error_new_literal(BRIDGE_ERROR, BRIDGE_ERROR_STORE_UNWRITABLE, "full");
	gint64 now_us = 1000;
	gint64 before_us = 0;

	for (guint i = 0; i < 20; i++) {
		gint64 delay_us = 0;

		bridge_sqlite_trouble_note_failure(trouble, error, now_us);
		delay_us = bridge_sqlite_trouble_get_retry_us(trouble) - now_us;
		g_assert_cmpint(delay_us, >=, before_us);
		g_assert_cmpint(delay_us, <=, BRIDGE_SQLITE_TROUBLE_LAST_US);
		before_us = delay_us;
		now_us += delay_us;
	}
	g_assert_cmpint(before_us, ==, BRIDGE_SQLITE_TROUBLE_LAST_US);
	bridge_sqlite_trouble_note_success(trouble, now_us);
	g_assert_false(bridge_sqlite_trouble_is_on(trouble));
	bridge_sqlite_trouble_note_failure(trouble, error, now_us);
	g_assert_cmpint(bridge_sqlite_trouble_get_retry_us(trouble) - now_us, ==,
	                BRIDGE_SQLITE_TROUBLE_FIRST_US);
	bridge_sqlite_trouble_free(trouble);
}

#define ADD(name, code, func)                                                                      \
	g_test_add("/store-trouble/" name, Fixture, GINT_TO_POINTER(code), set_up, func, tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL); /* it warns, and shall */
	ADD("full", ENOSPC, test_kept);
	ADD("read-only", EROFS, test_kept);
	ADD("quota", EDQUOT, test_kept);
	ADD("failing", EIO, test_kept);
	ADD("room-again", ENOSPC, test_found_out);
	ADD("writable-again", EROFS, test_found_out);
	ADD("closed", ENOSPC, test_closed_meanwhile);
	ADD("busy", 0, test_busy);
	ADD("damaged-at-start", 0, test_damaged_at_start);
	ADD("damaged-meanwhile", 0, test_damaged_meanwhile);
	ADD("damaged-for-the-writer", 0, test_damaged_for_the_writer);
	g_test_add_func("/store-trouble/less-often", test_tried_less_often);
	return g_test_run();
}
