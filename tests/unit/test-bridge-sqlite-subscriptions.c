/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "base/bridge-error.h"
#include "bridge-store-testing.h"

typedef struct {
	GPtrArray *records;
	GError *error;
	gboolean done;
} Loaded;

static void
loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	Loaded *loaded = user_data;

	loaded->records = bridge_store_load_subscriptions_finish(BRIDGE_STORE(source), result,
	                                                         &loaded->error);
	loaded->done = TRUE;
}

static GPtrArray *
load(BridgeStore *store, const char *account_id)
{
	Loaded loaded = {NULL};

	bridge_store_load_subscriptions_async(store, account_id, NULL, loaded_cb, &loaded);
	while (!loaded.done)
		g_main_context_iteration(NULL, TRUE);
	g_assert_no_error(loaded.error);
	return loaded.records;
}

static BridgeSubscriptionRecord *
new_record(const char *device_id, const char *text)
{
	BridgeSubscriptionRecord *record = g_new0(BridgeSubscriptionRecord, 1);

	record->id = g_strconcat("s-", device_id, NULL);
	record->account_id = g_strdup("juliet");
	record->device_id = g_strdup(device_id);
	record->settings = g_variant_ref_sink(g_variant_new_parsed("{'endpoint': <%s>}", text));
	record->created_us = 5;
	return record;
}

static gboolean
put(BridgeStore *store, const BridgeSubscriptionRecord *record, GError **error)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();
	g_autoptr(GArray) receipt = NULL;

	bridge_store_batch_put_subscription(batch, record);
	receipt = bridge_store_testing_try_commit(store, batch, error);
	return receipt != NULL;
}

static void
set_up(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_fixture_set_up(fixture, data);
	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_put_account(fixture->store, "romeo");
	bridge_store_testing_put_device(fixture->store, "juliet", "phone", 1, 0);
	bridge_store_testing_put_device(fixture->store, "juliet", "tablet", 2, 0);
}

static void
assert_one(BridgeStore *store, const char *endpoint, guint64 pushed_seq, guint attempts)
{
	g_autoptr(GPtrArray) records = load(store, "juliet");
	const BridgeSubscriptionRecord *record;
	const char *text = NULL;

	g_assert_cmpuint(records->len, ==, 1);
	record = g_ptr_array_index(records, 0);
	g_assert_cmpstr(record->id, ==, "s-phone");
	g_assert_cmpstr(record->device_id, ==, "phone");
	g_assert_cmpint(record->created_us, ==, 5);
	g_assert_cmpuint(record->pushed_seq, ==, pushed_seq);
	g_assert_cmpuint(record->attempts, ==, attempts);
	g_assert_cmpint(record->failing_us, ==, attempts > 0 ? 5 : 0);
	g_assert_cmpuint(record->failures, ==, attempts > 0 ? 6 : 0);
	g_assert_cmpint(record->last_success_us, ==, attempts > 0 ? 8 : 0);
	g_assert_cmpint(record->last_failure_us, ==, attempts > 0 ? 9 : 0);
	g_assert_cmpstr(record->last_error, ==, attempts > 0 ? "too-many" : NULL);
	g_variant_lookup(record->settings, "endpoint", "&s", &text);
	g_assert_cmpstr(text, ==, endpoint);
}

static void
test_is_kept(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(BridgeSubscriptionRecord) record = new_record("phone", "one");
	g_autoptr(BridgeSubscriptionRecord) again = new_record("phone", "two");
	BridgeStoreBatch *batch = bridge_store_batch_new();
	g_autoptr(GPtrArray) others = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(put(fixture->store, record, &error));
	assert_one(fixture->store, "one", 0, 0);
	record->pushed_seq = 7;
	record->not_before_us = 99;
	record->attempts = 2;
	record->failing_us = 5;
	record->failures = 6;
	record->last_success_us = 8;
	record->last_failure_us = 9;
	record->last_error = g_strdup("too-many");
	bridge_store_batch_set_pushed(batch, record);
	bridge_store_testing_commit(fixture->store, batch);
	bridge_store_close(fixture->store);
	g_object_unref(fixture->store);
	fixture->store = bridge_store_testing_open(fixture->path, 0, 0);
	assert_one(fixture->store, "one", 7, 2);
	g_assert_true(put(fixture->store, again, &error));
	assert_one(fixture->store, "two", 0, 0);
	others = load(fixture->store, "romeo");
	g_assert_cmpuint(others->len, ==, 0);
}

static void
test_goes_with_its_device(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(BridgeSubscriptionRecord) phone = new_record("phone", "one");
	g_autoptr(BridgeSubscriptionRecord) tablet = new_record("tablet", "one");
	BridgeStoreBatch *batch = bridge_store_batch_new();
	g_autoptr(GPtrArray) none = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(put(fixture->store, phone, &error));
	g_assert_true(put(fixture->store, tablet, &error));
	bridge_store_batch_remove_device(batch, "tablet");
	bridge_store_testing_commit(fixture->store, batch);
	assert_one(fixture->store, "one", 0, 0);
	batch = bridge_store_batch_new();
	bridge_store_batch_remove_subscription(batch, "s-phone");
	bridge_store_batch_remove_subscription(batch, "s-phone");
	bridge_store_batch_set_pushed(batch, phone);
	bridge_store_testing_commit(fixture->store, batch);
	none = load(fixture->store, "juliet");
	g_assert_cmpuint(none->len, ==, 0);
}

static void
test_is_of_a_device_that_is_there(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(BridgeSubscriptionRecord) record = new_record("watch", "one");
	g_autoptr(GError) error = NULL;

	g_assert_false(put(fixture->store, record, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_FOUND);
}

static void
test_push_key_stays(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GBytes) before =
		g_bytes_new(bridge_store_get_push_key(fixture->store), BRIDGE_KEY_BYTES);

	bridge_store_close(fixture->store);
	g_object_unref(fixture->store);
	fixture->store = bridge_store_testing_open(fixture->path, 0, 0);
	g_assert_cmpmem(bridge_store_get_push_key(fixture->store), BRIDGE_KEY_BYTES,
	                g_bytes_get_data(before, NULL), BRIDGE_KEY_BYTES);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, func)                                                                            \
	g_test_add("/sqlite-subscriptions/" name, BridgeStoreFixture, NULL, set_up, func,          \
	           bridge_store_fixture_tear_down)
	ADD("is-kept", test_is_kept);
	ADD("goes-with-its-device", test_goes_with_its_device);
	ADD("is-of-a-device-that-is-there", test_is_of_a_device_that_is_there);
	ADD("push-key-stays", test_push_key_stays);
	return g_test_run();
}
