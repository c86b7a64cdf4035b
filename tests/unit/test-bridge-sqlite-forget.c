/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is off the record leaves the store: its events, what was sent, and the files themselves. */
#define _GNU_SOURCE /* memmem() */
#include "config.h"

#include <sqlite3.h>
#include <string.h>

#include "base/bridge-error.h"
#include "bridge-store-testing.h"

#define FORGET_CHUNK_BYTES 16 /* of a sealed value: as good as unique */
/* Of a row off the record: what lies before is the sealed distance, which says nothing. */
#define FORGET_DISTANCE_BYTES 1002

static void
forget_set_up(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_fixture_set_up(fixture, data);
	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_put_device(fixture->store, "juliet", "d1", 7, 0);
	bridge_store_testing_put_device(fixture->store, "juliet", "d2", 8, 0);
}

static void
forget_send(BridgeStoreFixture *fixture, const char *id, const char *body, gboolean off_the_record)
{
	g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));
	BridgeEventRecord event = {
		.type = (char *)"message.sent", .data = bytes, .off_the_record = off_the_record};
	BridgeOutgoingRecord record = {
		.account_id = (char *)"juliet",
		.device_id = (char *)"d1",
		.id = (char *)id,
		.wire_id = (char *)id,
		.to = (char *)"romeo@example.org",
		.body = (char *)body,
		.off_the_record = off_the_record,
		.status = BRIDGE_OUTGOING_SENT,
	};
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_put_outgoing(batch, &record, &event);
	bridge_store_testing_commit(fixture->store, batch);
}

static void
forget_settle(BridgeStoreFixture *fixture, const char *id, BridgeOutgoingStatus status)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_set_outgoing_status(batch, "juliet", id, status);
	bridge_store_testing_commit(fixture->store, batch);
}

static void
forget_ack(BridgeStoreFixture *fixture, guint64 seq)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_ack(batch, "d1", seq);
	bridge_store_batch_ack(batch, "d2", seq);
	bridge_store_testing_commit(fixture->store, batch);
}

static void
forget_assert_body(BridgeStoreFixture *fixture, const char *id, const char *body)
{
	g_autoptr(BridgeOutgoingRecord) found =
		bridge_store_testing_find_outgoing(fixture->store, "d1", id);

	g_assert_nonnull(found);
	g_assert_cmpstr(found->body, ==, body);
}

static void
test_sent(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(BridgeOutgoingRecord) found = NULL;

	forget_send(fixture, "m1", "not for the file", TRUE);
	forget_send(fixture, "m2", "for the file", FALSE);
	forget_settle(fixture, "m1", BRIDGE_OUTGOING_ACCEPTED);
	forget_settle(fixture, "m2", BRIDGE_OUTGOING_ACCEPTED);
	/* while a device has not seen it, a bounce may give it back */
	forget_assert_body(fixture, "m1", "not for the file");
	forget_ack(fixture, 2);
	forget_assert_body(fixture, "m1", NULL);
	forget_assert_body(fixture, "m2", "for the file");
	/* the same again is known, and another one is not taken for it */
	bridge_store_fixture_reopen(fixture);
	found = bridge_store_testing_find_outgoing(fixture->store, "d1", "m1");
	g_assert_true(found->off_the_record);
	g_assert_true(
		bridge_outgoing_record_is_same(found, "romeo@example.org", "not for the file"));
	g_assert_false(bridge_outgoing_record_is_same(found, "romeo@example.org", "something"));
	g_assert_false(
		bridge_outgoing_record_is_same(found, "paris@example.org", "not for the file"));
}

/* What has to be sent yet needs its body, and loses it when it is settled. */
static void
test_under_way(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GPtrArray) open = NULL;

	forget_send(fixture, "m1", "not for the file", TRUE);
	forget_ack(fixture, 1);
	bridge_store_testing_assert_events(fixture->store, "juliet", 0, "");
	bridge_store_fixture_reopen(fixture);
	open = bridge_store_testing_load_outgoing(fixture->store, "juliet");
	g_assert_cmpuint(open->len, ==, 1);
	g_assert_cmpstr(((BridgeOutgoingRecord *)open->pdata[0])->body, ==, "not for the file");
	forget_settle(fixture, "m1", BRIDGE_OUTGOING_UNKNOWN);
	forget_assert_body(fixture, "m1", NULL);
	forget_settle(fixture, "m1", BRIDGE_OUTGOING_FAILED); /* nothing more to forget */
	forget_assert_body(fixture, "m1", NULL);
}

/* ---- The files ------------------------------------------------------------------------------- */

/* The sealed values as somebody would have found them in the files. */
static GPtrArray *
forget_read_sealed(BridgeStoreFixture *fixture, const char *sql)
{
	GPtrArray *sealed = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	sqlite3 *db = NULL;
	sqlite3_stmt *row = NULL;

	g_assert_cmpint(sqlite3_open_v2(fixture->path, &db, SQLITE_OPEN_READONLY, NULL), ==,
	                SQLITE_OK);
	g_assert_cmpint(sqlite3_prepare_v2(db, sql, -1, &row, NULL), ==, SQLITE_OK);
	while (sqlite3_step(row) == SQLITE_ROW)
		g_ptr_array_add(sealed, g_bytes_new(sqlite3_column_blob(row, 0),
		                                    (gsize)sqlite3_column_bytes(row, 0)));
	sqlite3_finalize(row);
	sqlite3_close(db);
	return sealed;
}

/* How many have a piece left in the file, of what they have from @start on. */
static guint
forget_count(const char *path, GPtrArray *sealed, gsize start)
{
	g_autofree char *content = NULL;
	gsize length = 0;
	guint count = 0;

	if (!g_file_get_contents(path, &content, &length, NULL))
		return 0;
	for (guint i = 0; i < sealed->len; i++) {
		gsize n_octets = 0;
		const guint8 *octets = g_bytes_get_data(sealed->pdata[i], &n_octets);

		for (gsize at = start; at + FORGET_CHUNK_BYTES <= n_octets;
		     at += FORGET_CHUNK_BYTES) {
			if (memmem(content, length, octets + at, FORGET_CHUNK_BYTES) == NULL)
				continue;
			count++;
			break;
		}
	}
	return count;
}

static guint
forget_count_in_files(BridgeStoreFixture *fixture, GPtrArray *sealed, gsize start)
{
	g_autofree char *log = g_strconcat(fixture->path, "-wal", NULL);

	return forget_count(fixture->path, sealed, start) + forget_count(log, sealed, start);
}

static void
test_files(BridgeStoreFixture *fixture, gconstpointer data)
{
	gint64 deadline_us = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
	g_autoptr(GPtrArray) sealed = NULL;
	g_autoptr(GPtrArray) kept = NULL;

	for (guint i = 0; i < 150; i++) {
		g_autofree char *id = g_strdup_printf("m%u", i);
		g_autofree char *body = g_strnfill(10 + i * 7 % 600, 'x');

		forget_send(fixture, id, body, i % 3 != 0);
		forget_settle(fixture, id, BRIDGE_OUTGOING_ACCEPTED);
		bridge_store_testing_append(fixture->store, "juliet", body, NULL);
	}
	sealed = forget_read_sealed(fixture, "SELECT sealed FROM outgoing WHERE seq % 6 <> 1"
	                                     " UNION ALL SELECT sealed FROM events"
	                                     " WHERE seq % 2 = 1 AND seq % 6 <> 1");
	kept = forget_read_sealed(fixture, "SELECT sealed FROM events"
	                                   " WHERE seq % 2 = 0 OR seq % 6 = 1");
	g_assert_cmpuint(sealed->len, ==, 200);
	g_assert_cmpuint(kept->len, ==, 200);
	g_assert_cmpuint(forget_count_in_files(fixture, sealed, FORGET_DISTANCE_BYTES), >=, 200);
	forget_ack(fixture, 300);
	while (forget_count_in_files(fixture, sealed, FORGET_DISTANCE_BYTES) > 0) {
		g_assert_cmpint(g_get_monotonic_time(), <, deadline_us);
		g_main_context_iteration(NULL, FALSE);
		g_usleep(10000);
	}
	g_assert_cmpuint(forget_count_in_files(fixture, kept, FORGET_CHUNK_BYTES * 2), >=, 200);
}

#define ADD(name, func)                                                                            \
	g_test_add("/store-forget/" name, BridgeStoreFixture, NULL, forget_set_up, func,           \
	           bridge_store_fixture_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("sent", test_sent);
	ADD("under-way", test_under_way);
	ADD("files", test_files);
	return g_test_run();
}
