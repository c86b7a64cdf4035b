/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-store-testing.h: for tests and benchmarks: a store in a directory of its own, and its
 * calls without callbacks: each waits, at most a minute, while the main loop runs. */
#pragma once

#include "store/bridge-sqlite-store.h"

G_BEGIN_DECLS

/* (transfer full): in the temporary directory; remove with bridge_store_testing_remove(). */
char *
bridge_store_testing_make_directory(void);
void
bridge_store_testing_remove(const char *directory);

extern const guint8 bridge_store_testing_key[32];

/* Time as the store sees it: real, plus this. */
extern gint64 bridge_store_testing_shift_us;
gint64
bridge_store_testing_get_time_us(void);

BridgeStore *
bridge_store_testing_open(const char *path, guint history_days, guint history_events);
BridgeStore *
bridge_store_testing_open_small(const char *path, guint64 history_bytes);

/* (transfer full) of @batch. NULL and @error on failure. */
GArray *
bridge_store_testing_try_commit(BridgeStore *store, BridgeStoreBatch *batch, GError **error);
/* The first place of the receipt, 0 if there is none; fails the test on failure. */
guint64
bridge_store_testing_commit(BridgeStore *store, BridgeStoreBatch *batch);

GPtrArray *
bridge_store_testing_load_accounts(BridgeStore *store, GError **error);
GPtrArray *
bridge_store_testing_load_devices(BridgeStore *store, const char *account_id, GError **error);
BridgeTokenState
bridge_store_testing_find_device(BridgeStore *store, const guint8 hash[32],
                                 BridgeDeviceRecord **device);
GPtrArray *
bridge_store_testing_read_events(BridgeStore *store, const char *account_id, guint64 after,
                                 guint limit, GError **error);
GPtrArray *
bridge_store_testing_read_kept_events(BridgeStore *store, const char *account_id, guint64 after,
                                      guint limit);
BridgeOutgoingRecord *
bridge_store_testing_find_outgoing(BridgeStore *store, const char *device_id, const char *id);
GPtrArray *
bridge_store_testing_load_outgoing(BridgeStore *store, const char *account_id);
void
bridge_store_testing_get_position(BridgeStore *store, const char *account_id, guint64 *seq,
                                  guint64 *stream);
gboolean
bridge_store_testing_check_enrolment(BridgeStore *store, const guint8 hash[32], const char *domain);

/* An account "<id>@example.org", with the credential "<id>-credential". */
void
bridge_store_testing_put_account(BridgeStore *store, const char *id);
/* A device of it whose token hash is 32 times @token. */
void
bridge_store_testing_put_device(BridgeStore *store, const char *account_id, const char *device_id,
                                guint8 token, guint64 acked_seq);
void
bridge_store_testing_add_event(BridgeStoreBatch *batch, const char *account_id, const char *body,
                               const BridgeRepetitionKeys *keys);
/* One event in a batch of its own; returns its seq. */
guint64
bridge_store_testing_append(BridgeStore *store, const char *account_id, const char *body,
                            const BridgeRepetitionKeys *keys);

typedef struct {
	char *directory;
	char *path;
	BridgeStore *store;
} BridgeStoreFixture;

/* One store in a directory of its own. */
void
bridge_store_fixture_set_up(BridgeStoreFixture *fixture, gconstpointer data);
void
bridge_store_fixture_tear_down(BridgeStoreFixture *fixture, gconstpointer data);
void
bridge_store_fixture_close(BridgeStoreFixture *fixture);
void
bridge_store_fixture_reopen(BridgeStoreFixture *fixture);

/* "seq:data seq:data": all events behind @after. */
void
bridge_store_testing_assert_events(BridgeStore *store, const char *account_id, guint64 after,
                                   const char *expected);

/* Until it can be written again. */
void
bridge_store_testing_wait_writable(BridgeStore *store);

/* What became of a commit. */
typedef struct {
	GArray *receipt;
	GError *error;
	guint *missing; /* counted down */
} BridgeStoreOutcome;
void
bridge_store_testing_outcome_cb(GObject *source, GAsyncResult *result, gpointer user_data);

G_END_DECLS
