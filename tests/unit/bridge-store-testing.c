/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-store-testing.h"

#include <string.h>

#include <glib/gstdio.h>

#define TESTING_DEADLINE_S 60

const guint8 bridge_store_testing_key[32] = "0123456789abcdef0123456789abcde";
gint64 bridge_store_testing_shift_us = 0;

gint64
bridge_store_testing_get_time_us(void)
{
	return g_get_real_time() + bridge_store_testing_shift_us;
}

char *
bridge_store_testing_make_directory(void)
{
	g_autoptr(GError) error = NULL;
	char *directory = g_dir_make_tmp("bridge-store-XXXXXX", &error);

	g_assert_no_error(error);
	return directory;
}

void
bridge_store_testing_remove(const char *directory)
{
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	const char *name = NULL;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(directory, name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR))
			bridge_store_testing_remove(path);
		else
			g_assert_cmpint(g_unlink(path), ==, 0);
	}
	g_assert_cmpint(g_rmdir(directory), ==, 0);
}

BridgeStore *
bridge_store_testing_open(const char *path, guint history_days, guint history_events)
{
	BridgeSqliteOptions options = {.history_days = history_days,
	                               .history_events = history_events,
	                               .get_time_us = bridge_store_testing_get_time_us};
	g_autoptr(GError) error = NULL;
	BridgeStore *store =
		bridge_sqlite_store_open(path, bridge_store_testing_key, &options, &error);

	g_assert_no_error(error);
	return store;
}

BridgeStore *
bridge_store_testing_open_small(const char *path, guint64 history_bytes)
{
	BridgeSqliteOptions options = {.history_bytes = history_bytes};
	g_autoptr(GError) error = NULL;
	BridgeStore *store =
		bridge_sqlite_store_open(path, bridge_store_testing_key, &options, &error);

	g_assert_no_error(error);
	return store;
}

/* ---- Waiting --------------------------------------------------------------------------------- */

static void
bridge_store_testing_done_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	GAsyncResult **place = user_data;

	*place = g_object_ref(result);
}

static gboolean
bridge_store_testing_late_cb(gpointer user_data)
{
	g_error("the store did not answer within %d s", TESTING_DEADLINE_S);
	return G_SOURCE_REMOVE;
}

static void
bridge_store_testing_wait(GAsyncResult **result)
{
	guint late = g_timeout_add_seconds(TESTING_DEADLINE_S, bridge_store_testing_late_cb, NULL);

	while (*result == NULL)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(late);
}

GArray *
bridge_store_testing_try_commit(BridgeStore *store, BridgeStoreBatch *batch, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	bridge_store_commit_async(store, batch, bridge_store_testing_done_cb, &result);
	bridge_store_testing_wait(&result);
	return bridge_store_commit_finish(store, result, error);
}

guint64
bridge_store_testing_commit(BridgeStore *store, BridgeStoreBatch *batch)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt = bridge_store_testing_try_commit(store, batch, &error);

	g_assert_no_error(error);
	return receipt->len > 0 ? g_array_index(receipt, guint64, 0) : 0;
}

/* ---- Reading --------------------------------------------------------------------------------- */

GPtrArray *
bridge_store_testing_load_accounts(BridgeStore *store, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	bridge_store_load_accounts_async(store, NULL, bridge_store_testing_done_cb, &result);
	bridge_store_testing_wait(&result);
	return bridge_store_load_accounts_finish(store, result, error);
}

GPtrArray *
bridge_store_testing_load_devices(BridgeStore *store, const char *account_id, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	bridge_store_load_devices_async(store, account_id, NULL, bridge_store_testing_done_cb,
	                                &result);
	bridge_store_testing_wait(&result);
	return bridge_store_load_devices_finish(store, result, error);
}

BridgeTokenState
bridge_store_testing_find_device(BridgeStore *store, const guint8 hash[32],
                                 BridgeDeviceRecord **device)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	BridgeTokenState state = BRIDGE_TOKEN_UNKNOWN;

	bridge_store_find_device_async(store, hash, NULL, bridge_store_testing_done_cb, &result);
	bridge_store_testing_wait(&result);
	bridge_store_find_device_finish(store, result, &state, device, &error);
	g_assert_no_error(error);
	return state;
}

GPtrArray *
bridge_store_testing_read_events(BridgeStore *store, const char *account_id, guint64 after,
                                 guint limit, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	bridge_store_read_events_async(store, account_id, after, limit, NULL,
	                               bridge_store_testing_done_cb, &result);
	bridge_store_testing_wait(&result);
	return bridge_store_read_events_finish(store, result, error);
}

GPtrArray *
bridge_store_testing_read_kept_events(BridgeStore *store, const char *account_id, guint64 after,
                                      guint limit)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	GPtrArray *events;

	bridge_store_read_kept_events_async(store, account_id, after, limit, NULL,
	                                    bridge_store_testing_done_cb, &result);
	bridge_store_testing_wait(&result);
	events = bridge_store_read_events_finish(store, result, &error);
	g_assert_no_error(error);
	return events;
}

BridgeOutgoingRecord *
bridge_store_testing_find_outgoing(BridgeStore *store, const char *device_id, const char *id)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	BridgeOutgoingRecord *record = NULL;

	bridge_store_find_outgoing_async(store, device_id, id, NULL, bridge_store_testing_done_cb,
	                                 &result);
	bridge_store_testing_wait(&result);
	record = bridge_store_find_outgoing_finish(store, result, &error);
	g_assert_no_error(error);
	return record;
}

GPtrArray *
bridge_store_testing_load_outgoing(BridgeStore *store, const char *account_id)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	GPtrArray *records = NULL;

	bridge_store_load_outgoing_async(store, account_id, NULL, bridge_store_testing_done_cb,
	                                 &result);
	bridge_store_testing_wait(&result);
	records = bridge_store_load_outgoing_finish(store, result, &error);
	g_assert_no_error(error);
	return records;
}

void
bridge_store_testing_get_position(BridgeStore *store, const char *account_id, guint64 *seq,
                                  guint64 *stream)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	bridge_store_get_position_async(store, account_id, NULL, bridge_store_testing_done_cb,
	                                &result);
	bridge_store_testing_wait(&result);
	bridge_store_get_position_finish(store, result, seq, stream, &error);
	g_assert_no_error(error);
}

gboolean
bridge_store_testing_check_enrolment(BridgeStore *store, const guint8 hash[32], const char *domain)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	gboolean found = FALSE;

	bridge_store_check_enrolment_async(store, hash, domain, bridge_store_testing_get_time_us(),
	                                   NULL, bridge_store_testing_done_cb, &result);
	bridge_store_testing_wait(&result);
	found = bridge_store_check_enrolment_finish(store, result, &error);
	g_assert_no_error(error);
	return found;
}

/* ---- Records --------------------------------------------------------------------------------- */

void
bridge_store_testing_put_account(BridgeStore *store, const char *id)
{
	g_autofree char *username = g_strconcat(id, "@example.org", NULL);
	g_autofree char *credential = g_strconcat(id, "-credential", NULL);
	g_autoptr(GBytes) bytes = g_bytes_new(credential, strlen(credential));
	BridgeAccountRecord record = {
		.id = (char *)id,
		.protocol = (char *)"googletalk",
		.username = username,
		.endpoint = (char *)"",
		.mechanism = (char *)"X-OAUTH2",
		.resource = (char *)"bridge-resource",
		.credential = bytes,
		.created_us = 1,
	};
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_put_account(batch, &record);
	bridge_store_testing_commit(store, batch);
}

void
bridge_store_testing_put_device(BridgeStore *store, const char *account_id, const char *device_id,
                                guint8 token, guint64 acked_seq)
{
	BridgeDeviceRecord record = {
		.id = (char *)device_id,
		.account_id = (char *)account_id,
		.name = (char *)"Telephone of Juliet",
		.acked_seq = acked_seq,
		.created_us = 2,
	};
	BridgeStoreBatch *batch = bridge_store_batch_new();

	memset(record.token_hash, token, sizeof record.token_hash);
	bridge_store_batch_put_device(batch, &record);
	bridge_store_testing_commit(store, batch);
}

void
bridge_store_testing_add_event(BridgeStoreBatch *batch, const char *account_id, const char *body,
                               const BridgeRepetitionKeys *keys)
{
	g_autoptr(GBytes) data = g_bytes_new(body, strlen(body));
	BridgeEventRecord event = {.time_us = 3, .type = (char *)"message", .data = data};

	bridge_store_batch_append_event(batch, account_id, &event, keys);
}

guint64
bridge_store_testing_append(BridgeStore *store, const char *account_id, const char *body,
                            const BridgeRepetitionKeys *keys)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_testing_add_event(batch, account_id, body, keys);
	return bridge_store_testing_commit(store, batch);
}

/* ---- Fixture --------------------------------------------------------------------------------- */

void
bridge_store_fixture_set_up(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_shift_us = 0;
	fixture->directory = bridge_store_testing_make_directory();
	fixture->path = g_build_filename(fixture->directory, "deep", "store.db", NULL);
	fixture->store = bridge_store_testing_open(fixture->path, 0, 0);
}

void
bridge_store_fixture_close(BridgeStoreFixture *fixture)
{
	if (fixture->store == NULL)
		return;
	bridge_store_close(fixture->store);
	g_assert_finalize_object(g_steal_pointer(&fixture->store));
}

void
bridge_store_fixture_reopen(BridgeStoreFixture *fixture)
{
	bridge_store_fixture_close(fixture);
	fixture->store = bridge_store_testing_open(fixture->path, 0, 0);
}

void
bridge_store_fixture_tear_down(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_fixture_close(fixture);
	bridge_store_testing_remove(fixture->directory);
	g_free(fixture->directory);
	g_free(fixture->path);
}

void
bridge_store_testing_assert_events(BridgeStore *store, const char *account_id, guint64 after,
                                   const char *expected)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) events =
		bridge_store_testing_read_events(store, account_id, after, 500, &error);
	g_autoptr(GString) text = g_string_new(NULL);

	g_assert_no_error(error);
	for (guint i = 0; i < events->len; i++) {
		BridgeEventRecord *event = g_ptr_array_index(events, i);

		g_string_append_printf(text, "%s%" G_GUINT64_FORMAT ":%.*s", i > 0 ? " " : "",
		                       event->seq, (int)g_bytes_get_size(event->data),
		                       (const char *)g_bytes_get_data(event->data, NULL));
	}
	g_assert_cmpstr(text->str, ==, expected);
}

void
bridge_store_testing_outcome_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeStoreOutcome *outcome = user_data;

	outcome->receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &outcome->error);
	--*outcome->missing;
}

static gboolean
bridge_store_testing_tick_cb(gpointer user_data)
{
	return G_SOURCE_CONTINUE;
}

void
bridge_store_testing_wait_writable(BridgeStore *store)
{
	guint tick = g_timeout_add(10, bridge_store_testing_tick_cb, NULL);
	gint64 deadline_us = g_get_monotonic_time() + TESTING_DEADLINE_S * G_USEC_PER_SEC;
	char *words = NULL;

	while ((words = bridge_store_dup_trouble(store)) != NULL) {
		g_free(words);
		g_assert_cmpint(g_get_monotonic_time(), <, deadline_us);
		g_main_context_iteration(NULL, TRUE);
	}
	g_source_remove(tick);
}
