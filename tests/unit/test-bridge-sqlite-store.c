/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "base/bridge-error.h"
#include "bridge-store-testing.h"

/* ---- Accounts and devices -------------------------------------------------------------------- */

static void
test_account_comes_back_whole(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GBytes) credential = g_bytes_new_static("se\0cret", 7);
	g_autoptr(GVariant) kept = g_variant_ref_sink(
		g_variant_new_parsed("{'presence': <'dnd'>, 'count': <uint32 7>}"));
	BridgeAccountRecord record = {
		.id = (char *)"a1",
		.protocol = (char *)"googletalk",
		.username = (char *)"juliet@example.org",
		.endpoint = (char *)"xmpp.example.org:5222",
		.mechanism = (char *)"X-OAUTH2",
		.resource = (char *)"balcony",
		.credential = credential,
		.bound_jid = NULL,
		.signed_out = (char *)"credentials-refused",
		.archive_after = (char *)"archive-7",
		.kept = kept,
		.created_us = 123456789,
	};
	BridgeStoreBatch *batch = bridge_store_batch_new();
	g_autoptr(GPtrArray) accounts = NULL;
	BridgeAccountRecord *found = NULL;

	bridge_store_batch_put_account(batch, &record);
	bridge_store_testing_commit(fixture->store, batch);
	bridge_store_fixture_reopen(fixture);
	accounts = bridge_store_testing_load_accounts(fixture->store, NULL);
	g_assert_cmpuint(accounts->len, ==, 1);
	found = g_ptr_array_index(accounts, 0);
	g_assert_cmpstr(found->id, ==, record.id);
	g_assert_cmpstr(found->protocol, ==, record.protocol);
	g_assert_cmpstr(found->username, ==, record.username);
	g_assert_cmpstr(found->endpoint, ==, record.endpoint);
	g_assert_cmpstr(found->mechanism, ==, record.mechanism);
	g_assert_cmpstr(found->resource, ==, record.resource);
	g_assert_true(g_bytes_equal(found->credential, credential));
	g_assert_null(found->bound_jid);
	g_assert_cmpstr(found->signed_out, ==, record.signed_out);
	g_assert_cmpstr(found->archive_after, ==, record.archive_after);
	g_assert_true(g_variant_equal(found->kept, kept));
	g_assert_cmpint(found->created_us, ==, record.created_us);
}

static void
test_account_is_replaced(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GPtrArray) accounts = NULL;
	BridgeAccountRecord *found = NULL;
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_cmpuint(bridge_store_testing_append(fixture->store, "juliet", "one", NULL), ==, 1);
	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_batch_set_archive_after(batch, "juliet", "archive-9");
	bridge_store_testing_commit(fixture->store, batch);
	accounts = bridge_store_testing_load_accounts(fixture->store, NULL);
	g_assert_cmpuint(accounts->len, ==, 1);
	found = g_ptr_array_index(accounts, 0);
	g_assert_cmpstr(found->archive_after, ==, "archive-9");
	/* what belongs to it stayed */
	bridge_store_testing_assert_events(fixture->store, "juliet", 0, "1:one");
}

static void
test_one_account_for_an_address(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeAccountRecord record = {
		.id = (char *)"other",
		.protocol = (char *)"googletalk",
		.username = (char *)"juliet@example.org",
		.endpoint = (char *)"",
	};
	BridgeStoreBatch *batch = bridge_store_batch_new();
	g_autoptr(GError) error = NULL;

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_batch_put_account(batch, &record);
	g_assert_null(bridge_store_testing_try_commit(fixture->store, batch, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_CONFLICT);
	/* another endpoint is another account */
	record.endpoint = (char *)"elsewhere.example:5222";
	batch = bridge_store_batch_new();
	bridge_store_batch_put_account(batch, &record);
	bridge_store_testing_commit(fixture->store, batch);
}

static void
test_device_is_found_by_its_token(BridgeStoreFixture *fixture, gconstpointer data)
{
	guint8 hash[32];
	g_autoptr(BridgeDeviceRecord) device = NULL;
	g_autoptr(GPtrArray) devices = NULL;

	memset(hash, 7, sizeof hash);
	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_cmpint(bridge_store_testing_find_device(fixture->store, hash, NULL), ==,
	                BRIDGE_TOKEN_UNKNOWN);
	bridge_store_testing_put_device(fixture->store, "juliet", "d1", 7, 0);
	bridge_store_fixture_reopen(fixture);
	g_assert_cmpint(bridge_store_testing_find_device(fixture->store, hash, &device), ==,
	                BRIDGE_TOKEN_VALID);
	g_assert_cmpstr(device->id, ==, "d1");
	g_assert_cmpstr(device->account_id, ==, "juliet");
	g_assert_cmpstr(device->name, ==, "Telephone of Juliet");
	g_assert_null(device->kind);
	g_assert_cmpint(device->created_us, ==, 2);
	devices = bridge_store_testing_load_devices(fixture->store, "juliet", NULL);
	g_assert_cmpuint(devices->len, ==, 1);
}

static void
test_removed_device_is_revoked(BridgeStoreFixture *fixture, gconstpointer data)
{
	guint8 hash[32];
	BridgeStoreBatch *batch = bridge_store_batch_new();
	g_autoptr(GError) error = NULL;

	memset(hash, 7, sizeof hash);
	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_put_device(fixture->store, "juliet", "d1", 7, 0);
	bridge_store_batch_remove_device(batch, "d1");
	bridge_store_testing_commit(fixture->store, batch);
	g_assert_cmpint(bridge_store_testing_find_device(fixture->store, hash, NULL), ==,
	                BRIDGE_TOKEN_REVOKED);
	batch = bridge_store_batch_new();
	bridge_store_batch_remove_device(batch, "d1");
	g_assert_null(bridge_store_testing_try_commit(fixture->store, batch, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_FOUND);
}

static void
test_changed_token_revokes_the_old_one(BridgeStoreFixture *fixture, gconstpointer data)
{
	guint8 hash[32];

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_put_device(fixture->store, "juliet", "d1", 7, 0);
	bridge_store_testing_put_device(fixture->store, "juliet", "d1", 8, 0);
	memset(hash, 7, sizeof hash);
	g_assert_cmpint(bridge_store_testing_find_device(fixture->store, hash, NULL), ==,
	                BRIDGE_TOKEN_REVOKED);
	memset(hash, 8, sizeof hash);
	g_assert_cmpint(bridge_store_testing_find_device(fixture->store, hash, NULL), ==,
	                BRIDGE_TOKEN_VALID);
}

static guint64
get_acked(BridgeStore *store, const char *account_id)
{
	g_autoptr(GPtrArray) devices = bridge_store_testing_load_devices(store, account_id, NULL);

	return ((BridgeDeviceRecord *)g_ptr_array_index(devices, 0))->acked_seq;
}

static void
test_ack_only_rises(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeStoreBatch *batch = NULL;
	g_autoptr(GError) error = NULL;

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_put_device(fixture->store, "juliet", "d1", 7, 0);
	for (guint i = 0; i < 3; i++)
		bridge_store_testing_append(fixture->store, "juliet", "x", NULL);
	batch = bridge_store_batch_new();
	bridge_store_batch_ack(batch, "d1", 2);
	bridge_store_batch_ack(batch, "d1", 1);
	bridge_store_testing_commit(fixture->store, batch);
	g_assert_cmpuint(get_acked(fixture->store, "juliet"), ==, 2);
	batch = bridge_store_batch_new();
	bridge_store_batch_ack(batch, "d1", 4);
	g_assert_null(bridge_store_testing_try_commit(fixture->store, batch, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID);
	g_assert_cmpuint(get_acked(fixture->store, "juliet"), ==, 2);
}

/* ---- Events ---------------------------------------------------------------------------------- */

static void
test_events_are_numbered_by_account(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();
	g_autoptr(GArray) receipt = NULL;
	guint64 seq = 0;
	guint64 stream = 9;

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_put_account(fixture->store, "romeo");
	bridge_store_testing_add_event(batch, "juliet", "a", NULL);
	bridge_store_testing_add_event(batch, "romeo", "b", NULL);
	bridge_store_testing_add_event(batch, "juliet", "c", NULL);
	receipt = bridge_store_testing_try_commit(fixture->store, batch, NULL);
	g_assert_cmpuint(receipt->len, ==, 3);
	g_assert_cmpuint(g_array_index(receipt, guint64, 0), ==, 1);
	g_assert_cmpuint(g_array_index(receipt, guint64, 1), ==, 1);
	g_assert_cmpuint(g_array_index(receipt, guint64, 2), ==, 2);
	bridge_store_fixture_reopen(fixture);
	g_assert_cmpuint(bridge_store_testing_append(fixture->store, "juliet", "d", NULL), ==, 3);
	bridge_store_testing_assert_events(fixture->store, "juliet", 0, "1:a 2:c 3:d");
	bridge_store_testing_assert_events(fixture->store, "juliet", 2, "3:d");
	bridge_store_testing_assert_events(fixture->store, "juliet", 3, "");
	bridge_store_testing_get_position(fixture->store, "juliet", &seq, &stream);
	g_assert_cmpuint(seq, ==, 3);
	g_assert_cmpuint(stream, ==, 0);
	bridge_store_testing_get_position(fixture->store, "nobody", &seq, &stream);
	g_assert_cmpuint(seq, ==, 0);
}

static void
test_cursor_beyond_the_end_is_refused(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	bridge_store_testing_put_account(fixture->store, "juliet");
	g_assert_null(bridge_store_testing_read_events(fixture->store, "juliet", 1, 10, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_CURSOR_EXPIRED);
}

static void
test_failed_batch_leaves_nothing(BridgeStoreFixture *fixture, gconstpointer data)
{
	static const guint8 unknown[32] = "never given out";
	BridgeStoreBatch *batch = bridge_store_batch_new();
	g_autoptr(GError) error = NULL;

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_add_event(batch, "juliet", "lost", NULL);
	bridge_store_batch_use_enrolment(batch, unknown);
	g_assert_null(bridge_store_testing_try_commit(fixture->store, batch, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_ENROLMENT_REQUIRED);
	/* no number was used up either */
	g_assert_cmpuint(bridge_store_testing_append(fixture->store, "juliet", "kept", NULL), ==,
	                 1);
	bridge_store_testing_assert_events(fixture->store, "juliet", 0, "1:kept");
}

static void
test_batch_at_fault_fails_alone(BridgeStoreFixture *fixture, gconstpointer data)
{
	static const guint8 unknown[32] = "never given out";
	BridgeStoreOutcome outcomes[40] = {0};
	guint missing = G_N_ELEMENTS(outcomes);
	guint64 expected = 1;

	bridge_store_testing_put_account(fixture->store, "juliet");
	for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++) {
		BridgeStoreBatch *batch = bridge_store_batch_new();

		bridge_store_testing_add_event(batch, "juliet", "x", NULL);
		if (i % 3 == 1)
			bridge_store_batch_use_enrolment(batch, unknown);
		outcomes[i].missing = &missing;
		bridge_store_commit_async(fixture->store, batch, bridge_store_testing_outcome_cb,
		                          &outcomes[i]);
	}
	while (missing > 0)
		g_main_context_iteration(NULL, TRUE);
	for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++) {
		if (i % 3 == 1) {
			g_assert_error(outcomes[i].error, BRIDGE_ERROR,
			               BRIDGE_ERROR_ENROLMENT_REQUIRED);
			g_clear_error(&outcomes[i].error);
			continue;
		}
		g_assert_no_error(outcomes[i].error);
		g_assert_cmpuint(g_array_index(outcomes[i].receipt, guint64, 0), ==, expected++);
		g_array_unref(outcomes[i].receipt);
	}
}

static void
test_closing_finishes_what_was_committed(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeStoreOutcome outcomes[20] = {0};
	guint missing = G_N_ELEMENTS(outcomes);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) events = NULL;

	bridge_store_testing_put_account(fixture->store, "juliet");
	for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++) {
		BridgeStoreBatch *batch = bridge_store_batch_new();

		bridge_store_testing_add_event(batch, "juliet", "x", NULL);
		outcomes[i].missing = &missing;
		bridge_store_commit_async(fixture->store, batch, bridge_store_testing_outcome_cb,
		                          &outcomes[i]);
	}
	bridge_store_close(fixture->store);
	while (missing > 0)
		g_main_context_iteration(NULL, TRUE);
	for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++) {
		g_assert_no_error(outcomes[i].error);
		g_array_unref(outcomes[i].receipt);
	}
	g_assert_null(bridge_store_testing_load_accounts(fixture->store, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE);
	bridge_store_fixture_reopen(fixture);
	events = bridge_store_testing_read_events(fixture->store, "juliet", 0, 500, NULL);
	g_assert_cmpuint(events->len, ==, G_N_ELEMENTS(outcomes));
}

static void
accounts_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeStoreOutcome *outcome = user_data;

	g_assert_null(
		bridge_store_load_accounts_finish(BRIDGE_STORE(source), result, &outcome->error));
	--*outcome->missing;
}

static void
test_cancelled_read(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GError) error = NULL;
	BridgeStoreOutcome outcome = {0};
	guint missing = 1;

	g_cancellable_cancel(cancellable);
	outcome.missing = &missing;
	bridge_store_load_accounts_async(fixture->store, cancellable, accounts_cb, &outcome);
	while (missing > 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_error(outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	g_clear_error(&outcome.error);
}

/* ---- Enrolment ------------------------------------------------------------------------------- */

static void
test_enrolment_is_used_once(BridgeStoreFixture *fixture, gconstpointer data)
{
	static const guint8 bound[32] = "bound to a domain";
	static const guint8 any[32] = "for any domain";
	gint64 hour = g_get_real_time() + G_TIME_SPAN_HOUR;
	g_autoptr(GError) error = NULL;
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_put_enrolment(batch, bound, hour, "example.org");
	bridge_store_batch_put_enrolment(batch, any, hour, NULL);
	bridge_store_testing_commit(fixture->store, batch);
	g_assert_true(bridge_store_testing_check_enrolment(fixture->store, bound, "example.org"));
	g_assert_false(bridge_store_testing_check_enrolment(fixture->store, bound, "example.com"));
	g_assert_true(bridge_store_testing_check_enrolment(fixture->store, any, "example.com"));
	batch = bridge_store_batch_new();
	bridge_store_batch_use_enrolment(batch, any);
	bridge_store_testing_commit(fixture->store, batch);
	g_assert_false(bridge_store_testing_check_enrolment(fixture->store, any, "example.com"));
	batch = bridge_store_batch_new();
	bridge_store_batch_use_enrolment(batch, any);
	g_assert_null(bridge_store_testing_try_commit(fixture->store, batch, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_ENROLMENT_REQUIRED);
	/* and the other one expires */
	bridge_store_testing_shift_us = 2 * G_TIME_SPAN_HOUR;
	g_assert_false(bridge_store_testing_check_enrolment(fixture->store, bound, "example.org"));
	g_clear_error(&error);
	batch = bridge_store_batch_new();
	bridge_store_batch_use_enrolment(batch, bound);
	g_assert_null(bridge_store_testing_try_commit(fixture->store, batch, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_ENROLMENT_REQUIRED);
}

/* ---- Erasing --------------------------------------------------------------------------------- */

static void
test_erased_account_is_gone(BridgeStoreFixture *fixture, gconstpointer data)
{
	guint8 hash[32];
	BridgeStoreBatch *batch = bridge_store_batch_new();
	g_autoptr(GPtrArray) accounts = NULL;
	g_autoptr(GPtrArray) events = NULL;
	g_autoptr(GError) error = NULL;
	BridgeTokenState state = BRIDGE_TOKEN_ERASED;
	gint64 deadline = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	memset(hash, 7, sizeof hash);
	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_put_account(fixture->store, "romeo");
	bridge_store_testing_put_device(fixture->store, "juliet", "d1", 7, 0);
	bridge_store_testing_append(fixture->store, "juliet", "x", NULL);
	bridge_store_testing_append(fixture->store, "romeo", "y", NULL);
	bridge_store_batch_erase_account(batch, "juliet");
	bridge_store_testing_commit(fixture->store, batch);
	accounts = bridge_store_testing_load_accounts(fixture->store, NULL);
	g_assert_cmpuint(accounts->len, ==, 1);
	events = bridge_store_testing_read_events(fixture->store, "juliet", 0, 10, &error);
	g_assert_null(events);
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_FOUND);
	bridge_store_testing_assert_events(fixture->store, "romeo", 0, "1:y");
	g_assert_cmpint(bridge_store_testing_find_device(fixture->store, hash, NULL), ==,
	                BRIDGE_TOKEN_ERASED);
	/* the answer is kept for thirty days */
	bridge_store_testing_shift_us = 29 * G_TIME_SPAN_DAY;
	bridge_store_fixture_reopen(fixture);
	g_assert_cmpint(bridge_store_testing_find_device(fixture->store, hash, NULL), ==,
	                BRIDGE_TOKEN_ERASED);
	bridge_store_testing_shift_us = 31 * G_TIME_SPAN_DAY;
	bridge_store_fixture_reopen(fixture);
	while (state != BRIDGE_TOKEN_UNKNOWN) {
		state = bridge_store_testing_find_device(fixture->store, hash, NULL);
		g_assert_cmpint(g_get_monotonic_time(), <, deadline);
	}
}

static void
test_erased_account_stays_gone(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeAccountRecord record = {
		.id = (char *)"juliet",
		.protocol = (char *)"googletalk",
		.username = (char *)"juliet@example.org",
		.endpoint = (char *)"",
	};
	BridgeStoreBatch *batch = bridge_store_batch_new();
	g_autoptr(GError) error = NULL;

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_batch_erase_account(batch, "juliet");
	bridge_store_testing_commit(fixture->store, batch);
	/* what was on its way does not bring it back */
	batch = bridge_store_batch_new();
	bridge_store_batch_put_account(batch, &record);
	g_assert_null(bridge_store_testing_try_commit(fixture->store, batch, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_ACCOUNT_ERASED);
	g_clear_error(&error);
	batch = bridge_store_batch_new();
	bridge_store_testing_add_event(batch, "juliet", "late", NULL);
	g_assert_null(bridge_store_testing_try_commit(fixture->store, batch, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_FOUND);
	/* but the same person may come again */
	record.id = (char *)"new id";
	batch = bridge_store_batch_new();
	bridge_store_batch_put_account(batch, &record);
	bridge_store_testing_commit(fixture->store, batch);
}

#define ADD(name, func)                                                                            \
	g_test_add("/store/" name, BridgeStoreFixture, NULL, bridge_store_fixture_set_up, func,    \
	           bridge_store_fixture_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("account/whole", test_account_comes_back_whole);
	ADD("account/replaced", test_account_is_replaced);
	ADD("account/one-for-an-address", test_one_account_for_an_address);
	ADD("device/found-by-token", test_device_is_found_by_its_token);
	ADD("device/removed", test_removed_device_is_revoked);
	ADD("device/changed-token", test_changed_token_revokes_the_old_one);
	ADD("device/ack-only-rises", test_ack_only_rises);
	ADD("events/numbered-by-account", test_events_are_numbered_by_account);
	ADD("events/beyond-the-end", test_cursor_beyond_the_end_is_refused);
	ADD("batch/failed-leaves-nothing", test_failed_batch_leaves_nothing);
	ADD("batch/at-fault-fails-alone", test_batch_at_fault_fails_alone);
	ADD("enrolment/once", test_enrolment_is_used_once);
	ADD("erase/gone", test_erased_account_is_gone);
	ADD("erase/stays-gone", test_erased_account_stays_gone);
	ADD("close/finishes", test_closing_finishes_what_was_committed);
	ADD("read/cancelled", test_cancelled_read);
	return g_test_run();
}
