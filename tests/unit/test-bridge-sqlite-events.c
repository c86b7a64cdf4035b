/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "base/bridge-error.h"
#include "bridge-store-testing.h"
#include "store/bridge-sqlite.h"

/* ---- Repetitions ----------------------------------------------------------------------------- */

/* Appends "ok" from a sender by these keys; what comes back tells whether it was new. */
static guint64
receive(BridgeStoreFixture *fixture, guint64 stream, guint32 stanza, const char *stanza_id,
        const char *id, const char *content)
{
	BridgeRepetitionKeys keys = {stanza_id, id, content, stream, stanza};

	return bridge_store_testing_append(fixture->store, "juliet", "ok", &keys);
}

static void
settle(BridgeStoreFixture *fixture, guint64 stream, guint32 stanza)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_settle(batch, "juliet", stream, stanza);
	bridge_store_testing_commit(fixture->store, batch);
}

static void
test_repetition_by_stanza_id(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_cmpuint(receive(fixture, 1, 1, "s1", "romeo 1", "romeo ok"), ==, 1);
	/* at any time: in the same stream, after it was settled, in another one, from the archive
	 */
	g_assert_cmpuint(receive(fixture, 1, 2, "s1", "romeo 1", "romeo ok"), ==, 0);
	settle(fixture, 1, 2);
	g_assert_cmpuint(receive(fixture, 2, 1, "s1", "romeo 1", "romeo ok"), ==, 0);
	g_assert_cmpuint(receive(fixture, 2, 0, "s1", NULL, NULL), ==, 0);
	g_assert_cmpuint(receive(fixture, 2, 2, "s2", "romeo 2", "romeo ok"), ==, 2);
}

static void
test_repetition_by_id_only_of_unsettled(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_cmpuint(receive(fixture, 1, 1, NULL, "romeo 1", "romeo a"), ==, 1);
	g_assert_cmpuint(receive(fixture, 1, 2, NULL, "romeo 2", "romeo b"), ==, 2);
	settle(fixture, 1, 1);
	/* the first one was settled: its id again is another message */
	g_assert_cmpuint(receive(fixture, 2, 1, NULL, "romeo 1", "romeo a"), ==, 3);
	/* the second one comes again, once; another contact cannot stand for it */
	g_assert_cmpuint(receive(fixture, 2, 2, NULL, "tybalt 2", "tybalt b"), ==, 4);
	g_assert_cmpuint(receive(fixture, 2, 3, NULL, "romeo 2", "romeo b"), ==, 0);
	g_assert_cmpuint(receive(fixture, 2, 4, NULL, "romeo 2", "romeo b"), ==, 5);
}

static void
test_second_genuine_ok_is_kept(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	/* within one stream the same words are two messages, id or none */
	g_assert_cmpuint(receive(fixture, 1, 1, NULL, NULL, "romeo ok"), ==, 1);
	g_assert_cmpuint(receive(fixture, 1, 2, NULL, NULL, "romeo ok"), ==, 2);
	/* both come again, then he says it a third time */
	g_assert_cmpuint(receive(fixture, 2, 1, NULL, NULL, "romeo ok"), ==, 0);
	g_assert_cmpuint(receive(fixture, 2, 2, NULL, NULL, "romeo ok"), ==, 0);
	g_assert_cmpuint(receive(fixture, 2, 3, NULL, NULL, "romeo ok"), ==, 3);
	settle(fixture, 2, 3);
	g_assert_cmpuint(receive(fixture, 3, 1, NULL, NULL, "romeo ok"), ==, 4);
}

static void
test_better_key_overrules_the_lesser(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_cmpuint(receive(fixture, 1, 1, "s1", "romeo 1", "romeo ok"), ==, 1);
	g_assert_cmpuint(receive(fixture, 1, 2, NULL, "romeo 2", "romeo ok"), ==, 2);
	/* another stanza id, another id: other messages, though the words are the same */
	g_assert_cmpuint(receive(fixture, 2, 1, "s9", "romeo 1", "romeo ok"), ==, 3);
	g_assert_cmpuint(receive(fixture, 2, 2, "s8", "romeo 8", "romeo ok"), ==, 4);
	/* where one side lacks the better key the lesser one decides */
	g_assert_cmpuint(receive(fixture, 2, 3, NULL, "romeo 1", "romeo ok"), ==, 0);
	g_assert_cmpuint(receive(fixture, 2, 4, "s2", "romeo 2", "romeo ok"), ==, 0);
	/* and the better one that came with the repetition holds from now on */
	g_assert_cmpuint(receive(fixture, 3, 0, "s2", NULL, NULL), ==, 0);
}

static void
test_repetition_of_a_repetition(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_cmpuint(receive(fixture, 1, 1, NULL, "romeo 1", "romeo ok"), ==, 1);
	/* stream after stream breaks before the server is told */
	for (guint64 stream = 2; stream < 6; stream++) {
		bridge_store_fixture_reopen(fixture);
		g_assert_cmpuint(receive(fixture, stream, 1, NULL, "romeo 1", "romeo ok"), ==, 0);
	}
	settle(fixture, 5, 1);
	g_assert_cmpuint(receive(fixture, 6, 1, NULL, "romeo 1", "romeo ok"), ==, 2);
}

static void
test_late_message_of_an_ending_stream(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_cmpuint(receive(fixture, 2, 1, NULL, "romeo 1", "romeo ok"), ==, 1);
	g_assert_cmpuint(receive(fixture, 1, 9, NULL, "romeo 2", "romeo late"), ==, 2);
	g_assert_cmpuint(receive(fixture, 2, 2, NULL, "romeo 2", "romeo late"), ==, 0);
}

/* What a room said, by a stanza id of our own making. */
static guint64
hear(BridgeStoreFixture *fixture, const char *id, const char *other, gboolean is_first)
{
	const char *const others[] = {other, NULL};
	BridgeRepetitionKeys keys = {
		.stanza_id = id, .other_stanza_ids = others, .is_first = is_first};

	return bridge_store_testing_append(fixture->store, "juliet", "ok", &keys);
}

static void
test_repetition_by_another_stanza_id(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_cmpuint(hear(fixture, "ok 1", NULL, FALSE), ==, 1);
	g_assert_cmpuint(hear(fixture, "ok 2", "ok 1", FALSE), ==, 0);
	g_assert_cmpuint(hear(fixture, "ok 3", "ok 2", FALSE), ==, 2);
	bridge_store_fixture_reopen(fixture);
	g_assert_cmpuint(hear(fixture, "ok 4", "ok 3", FALSE), ==, 0);
}

static void
test_what_was_just_said_is_no_repetition(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_cmpuint(hear(fixture, "ok 1", NULL, TRUE), ==, 1);
	g_assert_cmpuint(hear(fixture, "ok 1", NULL, TRUE), ==, 2);
	/* but told again it is one */
	g_assert_cmpuint(hear(fixture, "ok 1", NULL, FALSE), ==, 0);
}

static gint64
count_unsettled(BridgeStoreFixture *fixture)
{
	g_autoptr(BridgeSqlite) db = bridge_sqlite_open(fixture->path, BRIDGE_SQLITE_READ, NULL);
	gint64 count = -1;

	g_assert_true(
		bridge_sqlite_get_integer(db, "SELECT count(*) FROM unsettled", &count, NULL));
	return count;
}

static void
test_settled_messages_do_not_pile_up(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	for (guint32 stanza = 1; stanza <= 300; stanza++)
		receive(fixture, 1, stanza, NULL, NULL, "romeo ok");
	settle(fixture, 1, 300);
	g_assert_cmpint(count_unsettled(fixture), ==, 0);
	/* one that has not gone yet is settled all the same, also after a restart */
	receive(fixture, 1, 301, NULL, NULL, "romeo ok");
	settle(fixture, 1, 301);
	g_assert_cmpint(count_unsettled(fixture), ==, 1);
	bridge_store_fixture_reopen(fixture);
	g_assert_cmpuint(receive(fixture, 2, 1, NULL, NULL, "romeo ok"), ==, 302);
}

static void
test_stanza_ids_outlive_settling(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	for (guint32 stanza = 1; stanza <= 100; stanza++) {
		g_autofree char *stanza_id = g_strdup_printf("s%u", stanza);

		receive(fixture, 1, stanza, stanza_id, NULL, "romeo ok");
	}
	settle(fixture, 1, 100);
	g_assert_cmpint(count_unsettled(fixture), ==, 0);
	for (guint32 stanza = 1; stanza <= 100; stanza++) {
		g_autofree char *stanza_id = g_strdup_printf("s%u", stanza);

		g_assert_cmpuint(receive(fixture, 2, stanza, stanza_id, NULL, "romeo ok"), ==, 0);
	}
}

static void
test_repetition_settled_at_once(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_cmpuint(receive(fixture, 1, 1, "s1", "romeo 1", "romeo ok"), ==, 1);
	g_assert_cmpuint(receive(fixture, 2, 0, NULL, "romeo 1", "romeo ok"), ==, 0);
	/* it had its repetition; what the message itself was known by still holds */
	g_assert_cmpuint(receive(fixture, 3, 1, NULL, "romeo 1", "romeo ok"), ==, 2);
	g_assert_cmpuint(receive(fixture, 3, 2, "s1", NULL, NULL), ==, 0);
}

static void
test_settled_at_once(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_cmpuint(receive(fixture, 1, 0, NULL, "romeo 1", "romeo ok"), ==, 1);
	g_assert_cmpuint(receive(fixture, 2, 1, NULL, "romeo 1", "romeo ok"), ==, 2);
}

static void
test_repetitions_stay_within_the_account(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeRepetitionKeys keys = {"s1", "nurse 1", "nurse ok", 1, 1};

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_put_account(fixture->store, "romeo");
	g_assert_cmpuint(bridge_store_testing_append(fixture->store, "juliet", "ok", &keys), ==, 1);
	keys.stream = 2;
	g_assert_cmpuint(bridge_store_testing_append(fixture->store, "romeo", "ok", &keys), ==, 1);
}

static void
test_settling_survives_closing(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();
	BridgeStoreOutcome outcome = {0};
	guint missing = 1;
	guint64 seq = 0;
	guint64 stream = 0;

	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_cmpuint(receive(fixture, 1, 1, NULL, "romeo 1", "romeo ok"), ==, 1);
	/* nobody waits for it, and nothing else is written */
	bridge_store_batch_settle(batch, "juliet", 7, 0);
	bridge_store_batch_settle(batch, "juliet", 1, 1);
	outcome.missing = &missing;
	bridge_store_commit_async(fixture->store, batch, bridge_store_testing_outcome_cb, &outcome);
	bridge_store_close(fixture->store);
	while (missing > 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_no_error(outcome.error);
	g_array_unref(outcome.receipt);
	bridge_store_fixture_reopen(fixture);
	g_assert_cmpuint(receive(fixture, 2, 1, NULL, "romeo 1", "romeo ok"), ==, 2);
	/* a stream that brought nothing has its number all the same */
	bridge_store_testing_get_position(fixture->store, "juliet", &seq, &stream);
	g_assert_cmpuint(stream, ==, 7);
}

/* ---- Messages to send ------------------------------------------------------------------------ */

static BridgeStoreBatch *
build_outgoing(const char *device_id, const char *id, const char *wire_id)
{
	static const BridgeEventRecord event = {.type = (char *)"message.sent", .time_us = 4};
	BridgeOutgoingRecord record = {
		.account_id = (char *)"juliet",
		.device_id = (char *)device_id,
		.id = (char *)id,
		.wire_id = (char *)wire_id,
		.to = (char *)"romeo@example.org",
		.body = (char *)"wherefore",
		.status = BRIDGE_OUTGOING_QUEUED,
		.time_us = 5,
	};
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_put_outgoing(batch, &record, &event);
	return batch;
}

static void
set_status(BridgeStoreFixture *fixture, const char *wire_id, BridgeOutgoingStatus status)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_set_outgoing_status(batch, "juliet", wire_id, status);
	bridge_store_testing_commit(fixture->store, batch);
}

static void
test_message_is_sent_once(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeOutgoingRecord) found = NULL;
	g_autoptr(BridgeOutgoingRecord) other = NULL;

	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_cmpuint(
		bridge_store_testing_commit(fixture->store, build_outgoing("d1", "m1", "w1")), ==,
		1);
	bridge_store_fixture_reopen(fixture);
	g_assert_null(bridge_store_testing_try_commit(fixture->store,
	                                              build_outgoing("d1", "m1", "w2"), &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_CONFLICT);
	/* ids are the device's own */
	g_assert_cmpuint(
		bridge_store_testing_commit(fixture->store, build_outgoing("d2", "m1", "w2")), ==,
		2);
	found = bridge_store_testing_find_outgoing(fixture->store, "d1", "m1");
	g_assert_cmpstr(found->account_id, ==, "juliet");
	g_assert_cmpstr(found->device_id, ==, "d1");
	g_assert_cmpstr(found->id, ==, "m1");
	g_assert_cmpstr(found->wire_id, ==, "w1");
	g_assert_cmpstr(found->to, ==, "romeo@example.org");
	g_assert_cmpstr(found->body, ==, "wherefore");
	g_assert_cmpint(found->status, ==, BRIDGE_OUTGOING_QUEUED);
	g_assert_cmpuint(found->seq, ==, 1);
	g_assert_cmpint(found->time_us, ==, 5);
	other = bridge_store_testing_find_outgoing(fixture->store, "d1", "m2");
	g_assert_null(other);
}

static void
test_restart_goes_on_with_what_is_open(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GPtrArray) open = NULL;

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_commit(fixture->store, build_outgoing("d1", "m1", "w1"));
	bridge_store_testing_commit(fixture->store, build_outgoing("d1", "m2", "w2"));
	bridge_store_testing_commit(fixture->store, build_outgoing("d1", "m3", "w3"));
	set_status(fixture, "w2", BRIDGE_OUTGOING_SENT);
	set_status(fixture, "w1", BRIDGE_OUTGOING_ACCEPTED);
	set_status(fixture, "unheard of", BRIDGE_OUTGOING_ACCEPTED);
	bridge_store_fixture_reopen(fixture);
	open = bridge_store_testing_load_outgoing(fixture->store, "juliet");
	g_assert_cmpuint(open->len, ==, 2);
	g_assert_cmpstr(((BridgeOutgoingRecord *)open->pdata[0])->wire_id, ==, "w2");
	g_assert_cmpint(((BridgeOutgoingRecord *)open->pdata[0])->status, ==, BRIDGE_OUTGOING_SENT);
	g_assert_cmpstr(((BridgeOutgoingRecord *)open->pdata[1])->wire_id, ==, "w3");
}

/* ---- What goes ------------------------------------------------------------------------------- */

/* Reading until it is so: trimming happens behind the callers' backs. */
static void
wait_for_events(BridgeStoreFixture *fixture, const char *account_id, guint64 after, guint expected)
{
	gint64 deadline = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
	guint found = G_MAXUINT;

	while (found != expected) {
		g_autoptr(GPtrArray) events = bridge_store_testing_read_events(
			fixture->store, account_id, after, 500, NULL);

		found = events != NULL ? events->len : 0;
		g_assert_cmpint(g_get_monotonic_time(), <, deadline);
	}
}

static void
wait_for_expiry(BridgeStoreFixture *fixture, const char *account_id, guint64 after)
{
	gint64 deadline = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
	g_autoptr(GError) error = NULL;

	while (!g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_CURSOR_EXPIRED)) {
		g_autoptr(GPtrArray) events = NULL;

		g_clear_error(&error);
		events = bridge_store_testing_read_events(fixture->store, account_id, after, 500,
		                                          &error);
		g_assert_cmpint(g_get_monotonic_time(), <, deadline);
	}
}

static void
test_history_has_a_number(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_fixture_close(fixture);
	fixture->store = bridge_store_testing_open(fixture->path, 0, 10);
	bridge_store_testing_put_account(fixture->store, "juliet");
	/* a device that has read nothing holds nothing back */
	bridge_store_testing_put_device(fixture->store, "juliet", "d1", 7, 0);
	for (guint i = 0; i < 700; i++)
		bridge_store_testing_add_event(batch, "juliet", "x", NULL);
	bridge_store_testing_commit(fixture->store, batch);
	wait_for_expiry(fixture, "juliet", 689);
	wait_for_events(fixture, "juliet", 690, 10);
	/* numbers go on where they were, after a restart too */
	bridge_store_fixture_reopen(fixture);
	g_assert_cmpuint(bridge_store_testing_append(fixture->store, "juliet", "y", NULL), ==, 701);
}

static void
assert_kept(BridgeStoreFixture *fixture, guint64 after, guint64 first, guint count)
{
	g_autoptr(GPtrArray) kept =
		bridge_store_testing_read_kept_events(fixture->store, "juliet", after, 500);

	g_assert_cmpuint(kept->len, ==, count);
	if (count > 0)
		g_assert_cmpuint(((BridgeEventRecord *)kept->pdata[0])->seq, ==, first);
}

/* From where it begins, for whom what is gone is gone. */
static void
test_history_begins_somewhere(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_fixture_close(fixture);
	fixture->store = bridge_store_testing_open(fixture->path, 0, 10);
	bridge_store_testing_put_account(fixture->store, "juliet");
	for (guint i = 0; i < 50; i++)
		bridge_store_testing_add_event(batch, "juliet", "x", NULL);
	bridge_store_testing_commit(fixture->store, batch);
	wait_for_expiry(fixture, "juliet", 39);
	assert_kept(fixture, 0, 41, 10);
	assert_kept(fixture, 39, 41, 10);
	assert_kept(fixture, 45, 46, 5);
	assert_kept(fixture, 50, 0, 0);
	assert_kept(fixture, 60, 0, 0);
}

/* Of the account that is large, not of its neighbour; what is newest stays, however large. */
static void
test_history_has_a_size(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autofree char *large = g_strnfill(10000, 'x');
	g_autofree char *huge = g_strnfill(300000, 'y');
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_fixture_close(fixture);
	fixture->store = bridge_store_testing_open_small(fixture->path, 200000);
	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_put_account(fixture->store, "nurse");
	bridge_store_testing_put_device(fixture->store, "juliet", "d1", 7, 0);
	for (guint i = 0; i < 5; i++)
		bridge_store_testing_add_event(batch, "nurse", large, NULL);
	for (guint i = 0; i < 15; i++)
		bridge_store_testing_add_event(batch, "juliet", large, NULL);
	bridge_store_testing_commit(fixture->store, batch);
	wait_for_events(fixture, "juliet", 0, 15); /* there is room for them */
	batch = bridge_store_batch_new();
	for (guint i = 0; i < 15; i++)
		bridge_store_testing_add_event(batch, "juliet", large, NULL);
	bridge_store_testing_commit(fixture->store, batch);
	/* who has not read them is told */
	wait_for_expiry(fixture, "juliet", 0);
	wait_for_events(fixture, "juliet", 11, 19);
	wait_for_events(fixture, "nurse", 0, 5);
	bridge_store_testing_append(fixture->store, "juliet", huge, NULL);
	wait_for_expiry(fixture, "juliet", 29);
	wait_for_events(fixture, "juliet", 30, 1);
}

static void
test_history_has_an_age(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeRepetitionKeys keys = {"s1", NULL, NULL, 1, 1};

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_append(fixture->store, "juliet", "old", &keys);
	bridge_store_testing_shift_us = 29 * G_TIME_SPAN_DAY;
	bridge_store_testing_append(fixture->store, "juliet", "young", NULL);
	bridge_store_testing_assert_events(fixture->store, "juliet", 0, "1:old 2:young");
	bridge_store_testing_shift_us = 31 * G_TIME_SPAN_DAY;
	bridge_store_fixture_reopen(fixture); /* looks at every account */
	wait_for_expiry(fixture, "juliet", 0);
	bridge_store_testing_assert_events(fixture->store, "juliet", 1, "2:young");
}

static void
append_off_the_record(BridgeStoreFixture *fixture, const char *body)
{
	g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));
	BridgeEventRecord event = {
		.type = (char *)"message", .data = bytes, .off_the_record = TRUE};
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_append_event(batch, "juliet", &event, NULL);
	bridge_store_testing_commit(fixture->store, batch);
}

static void
ack(BridgeStoreFixture *fixture, const char *device_id, guint64 seq)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_ack(batch, device_id, seq);
	bridge_store_testing_commit(fixture->store, batch);
}

static void
test_off_the_record_leaves_when_all_have_read(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_put_device(fixture->store, "juliet", "d1", 7, 0);
	bridge_store_testing_put_device(fixture->store, "juliet", "d2", 8, 0);
	bridge_store_testing_append(fixture->store, "juliet", "a", NULL);
	append_off_the_record(fixture, "b");
	append_off_the_record(fixture, "c");
	bridge_store_testing_append(fixture->store, "juliet", "d", NULL);
	ack(fixture, "d1", 4);
	bridge_store_testing_assert_events(fixture->store, "juliet", 0, "1:a 2:b 3:c 4:d");
	ack(fixture, "d2", 2);
	bridge_store_testing_assert_events(fixture->store, "juliet", 0, "1:a 3:c 4:d");
	/* who leaves holds nothing back */
	bridge_store_batch_remove_device(batch, "d2");
	bridge_store_testing_commit(fixture->store, batch);
	bridge_store_testing_assert_events(fixture->store, "juliet", 0, "1:a 4:d");
	/* that is no gap to a cursor */
	bridge_store_testing_assert_events(fixture->store, "juliet", 2, "4:d");
}

static void
test_off_the_record_leaves_in_bulk(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_put_device(fixture->store, "juliet", "d1", 7, 0);
	for (guint i = 0; i < 450; i++)
		append_off_the_record(fixture, "x");
	ack(fixture, "d1", 450);
	wait_for_events(fixture, "juliet", 0, 0);
	/* no number comes again */
	bridge_store_fixture_reopen(fixture);
	g_assert_cmpuint(bridge_store_testing_append(fixture->store, "juliet", "y", NULL), ==, 451);
}

static void
test_messages_are_forgotten_after_a_day(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(BridgeOutgoingRecord) kept = NULL;
	g_autoptr(BridgeOutgoingRecord) gone = NULL;
	gint64 deadline = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_commit(fixture->store, build_outgoing("d1", "done", "w1"));
	bridge_store_testing_commit(fixture->store, build_outgoing("d1", "open", "w2"));
	set_status(fixture, "w1", BRIDGE_OUTGOING_ACCEPTED);
	bridge_store_testing_shift_us = 24 * G_TIME_SPAN_HOUR;
	bridge_store_fixture_reopen(fixture);
	gone = bridge_store_testing_find_outgoing(fixture->store, "d1", "done");
	g_assert_nonnull(gone);
	bridge_store_testing_shift_us = 26 * G_TIME_SPAN_HOUR;
	bridge_store_fixture_reopen(fixture);
	while (gone != NULL) {
		g_clear_pointer(&gone, bridge_outgoing_record_free);
		gone = bridge_store_testing_find_outgoing(fixture->store, "d1", "done");
		g_assert_cmpint(g_get_monotonic_time(), <, deadline);
	}
	/* one that was never sent is not forgotten */
	kept = bridge_store_testing_find_outgoing(fixture->store, "d1", "open");
	g_assert_nonnull(kept);
}

#define ADD(name, func)                                                                            \
	g_test_add("/store-events/" name, BridgeStoreFixture, NULL, bridge_store_fixture_set_up,   \
	           func, bridge_store_fixture_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("repetition/stanza-id", test_repetition_by_stanza_id);
	ADD("repetition/id-of-unsettled", test_repetition_by_id_only_of_unsettled);
	ADD("repetition/second-genuine-ok", test_second_genuine_ok_is_kept);
	ADD("repetition/better-key", test_better_key_overrules_the_lesser);
	ADD("repetition/of-a-repetition", test_repetition_of_a_repetition);
	ADD("repetition/another-stanza-id", test_repetition_by_another_stanza_id);
	ADD("repetition/just-said", test_what_was_just_said_is_no_repetition);
	ADD("repetition/settled-at-once", test_settled_at_once);
	ADD("repetition/repetition-settled-at-once", test_repetition_settled_at_once);
	ADD("repetition/stanza-ids-outlive-settling", test_stanza_ids_outlive_settling);
	ADD("repetition/late-message-of-an-ending-stream", test_late_message_of_an_ending_stream);
	ADD("repetition/settled-do-not-pile-up", test_settled_messages_do_not_pile_up);
	ADD("repetition/within-the-account", test_repetitions_stay_within_the_account);
	ADD("repetition/settling-survives-closing", test_settling_survives_closing);
	ADD("outgoing/once", test_message_is_sent_once);
	ADD("outgoing/open", test_restart_goes_on_with_what_is_open);
	ADD("outgoing/forgotten", test_messages_are_forgotten_after_a_day);
	ADD("history/number", test_history_has_a_number);
	ADD("history/begins", test_history_begins_somewhere);
	ADD("history/size", test_history_has_a_size);
	ADD("history/age", test_history_has_an_age);
	ADD("history/off-the-record", test_off_the_record_leaves_when_all_have_read);
	ADD("history/off-the-record-in-bulk", test_off_the_record_leaves_in_bulk);
	return g_test_run();
}
