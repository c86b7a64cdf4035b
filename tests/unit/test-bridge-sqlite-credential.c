/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memmem() */
#include "config.h"

#include <string.h>

#include "bridge-store-testing.h"

typedef struct {
	GBytes *credential;
	GError *error;
	gboolean done;
} Loaded;

static void
loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	Loaded *loaded = user_data;

	bridge_store_load_credential_finish(BRIDGE_STORE(source), result, &loaded->credential,
	                                    &loaded->error);
	loaded->done = TRUE;
}

/* What @name opens is @text, or NULL. */
static void
assert_loads(BridgeStore *store, const char *name, const char *text)
{
	Loaded loaded = {NULL};

	bridge_store_load_credential_async(store, name, NULL, loaded_cb, &loaded);
	while (!loaded.done)
		g_main_context_iteration(NULL, TRUE);
	g_assert_no_error(loaded.error);
	if (text == NULL)
		g_assert_null(loaded.credential);
	else
		g_assert_cmpmem(g_bytes_get_data(loaded.credential, NULL),
		                g_bytes_get_size(loaded.credential), text, strlen(text));
	g_clear_pointer(&loaded.credential, g_bytes_unref);
}

static void
put(BridgeStore *store, const char *name, const char *text)
{
	g_autoptr(GBytes) credential = g_bytes_new(text, strlen(text));
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_put_credential(batch, name, credential);
	bridge_store_testing_commit(store, batch);
}

static void
open_again(BridgeStoreFixture *fixture)
{
	bridge_store_close(fixture->store);
	g_object_unref(fixture->store);
	fixture->store = bridge_store_testing_open(fixture->path, 0, 0);
}

static void
test_is_kept(BridgeStoreFixture *fixture, gconstpointer data)
{
	assert_loads(fixture->store, "fcm", NULL);
	put(fixture->store, "fcm", "Capulet");
	put(fixture->store, "apns", "Montague");
	assert_loads(fixture->store, "fcm", "Capulet");
	open_again(fixture);
	assert_loads(fixture->store, "fcm", "Capulet");
	assert_loads(fixture->store, "apns", "Montague");
	assert_loads(fixture->store, "epoch", NULL);
}

static void
test_another_takes_its_place(BridgeStoreFixture *fixture, gconstpointer data)
{
	put(fixture->store, "fcm", "Capulet");
	put(fixture->store, "fcm", "Escalus");
	assert_loads(fixture->store, "fcm", "Escalus");
	open_again(fixture);
	assert_loads(fixture->store, "fcm", "Escalus");
}

/* Neither of them, in the file or in what lies beside it. */
static void
test_is_not_in_clear(BridgeStoreFixture *fixture, gconstpointer data)
{
	static const char *const suffixes[] = {"", "-wal"};

	put(fixture->store, "fcm", "Capulet is the one before");
	put(fixture->store, "fcm", "Escalus is the one after");
	for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *path = g_strconcat(fixture->path, suffixes[i], NULL);
		g_autofree char *text = NULL;
		gsize length = 0;

		g_assert_true(g_file_get_contents(path, &text, &length, NULL));
		g_assert_null(memmem(text, length, "Capulet", 7));
		g_assert_null(memmem(text, length, "Escalus", 7));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, func)                                                                            \
	g_test_add("/sqlite-credential/" name, BridgeStoreFixture, NULL,                           \
	           bridge_store_fixture_set_up, func, bridge_store_fixture_tear_down)
	ADD("is-kept", test_is_kept);
	ADD("another-takes-its-place", test_another_takes_its_place);
	ADD("is-not-in-clear", test_is_not_in_clear);
	return g_test_run();
}
