/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is on disk: who may read it, what it tells, and what is done about files that are not as
 * they should be. */
#define _GNU_SOURCE /* memmem */
#include "config.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "base/bridge-error.h"
#include "bridge-store-testing.h"
#include "store/bridge-sqlite.h"

/* ---- What it tells --------------------------------------------------------------------------- */

static gboolean
file_contains(const char *path, gconstpointer needle, gsize length)
{
	g_autofree char *contents = NULL;
	gsize size = 0;

	g_assert_true(g_file_get_contents(path, &contents, &size, NULL));
	return memmem(contents, size, needle, length) != NULL;
}

/* The name of the store's file that holds the octets, or NULL. */
static char *
find_in_files(BridgeStoreFixture *fixture, gconstpointer needle, gsize length)
{
	g_autofree char *directory = g_path_get_dirname(fixture->path);
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	const char *name = NULL;

	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(directory, name, NULL);

		if (file_contains(path, needle, length))
			return g_steal_pointer(&path);
	}
	return NULL;
}

static const guint8 domain_hash[32] = "the hash of an enrolment code";

static void
fill_with_secrets(BridgeStoreFixture *fixture)
{
	static const BridgeEventRecord sent = {.type = (char *)"type-of-event"};
	BridgeRepetitionKeys keys = {"stanza-id-1", "sender-and-id", "sender-and-words", 1, 1};
	BridgeOutgoingRecord outgoing = {
		.account_id = (char *)"a1",
		.device_id = (char *)"d1",
		.id = (char *)"chosen-message-id",
		.wire_id = (char *)"wire-id-1",
		.to = (char *)"mercutio@example.net",
		.body = (char *)"a plague on both",
	};
	BridgeAccountRecord record = {
		.id = (char *)"a1",
		.protocol = (char *)"protocol-name",
		.username = (char *)"juliet@capulet.example",
		.endpoint = (char *)"xmpp.capulet.example:5222",
		.mechanism = (char *)"X-MECHANISM",
		.resource = (char *)"resource-of-hers",
		.bound_jid = (char *)"juliet@bound.example",
		.signed_out = (char *)"reason-signed-out",
		.archive_after = (char *)"archive-position",
	};
	g_autoptr(GBytes) credential = g_bytes_new_static("the-credential", 14);
	BridgeStoreBatch *batch = bridge_store_batch_new();

	record.credential = credential;
	bridge_store_batch_put_account(batch, &record);
	bridge_store_batch_put_enrolment(batch, domain_hash, G_MAXINT64, "domain-of-code.example");
	bridge_store_testing_commit(fixture->store, batch);
	bridge_store_testing_put_device(fixture->store, "a1", "d1", 7, 0);
	bridge_store_testing_append(fixture->store, "a1", "words of the message", &keys);
	batch = bridge_store_batch_new();
	bridge_store_batch_put_outgoing(batch, &outgoing, &sent);
	bridge_store_testing_commit(fixture->store, batch);
}

static void
assert_no_secrets(BridgeStoreFixture *fixture)
{
	static const char *const secrets[] = {
		"stanza-id-1",
		"sender-and-",
		"type-of-event",
		"chosen-message-id",
		"wire-id-1",
		"mercutio",
		"a plague on both",
		"protocol-name",
		"capulet",
		"X-MECHANISM",
		"resource-of-hers",
		"bound.example",
		"reason-signed-out",
		"archive-position",
		"the-credential",
		"domain-of-code",
		"words of the message",
		"Telephone",
		"Juliet",
	};

	for (guint i = 0; i < G_N_ELEMENTS(secrets); i++) {
		g_autofree char *found = find_in_files(fixture, secrets[i], strlen(secrets[i]));

		if (found != NULL)
			g_error("\"%s\" is readable in %s", secrets[i], found);
	}
	g_assert_null(find_in_files(fixture, bridge_store_testing_key, 32));
}

static void
test_nothing_is_readable(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autofree char *found = NULL;

	fill_with_secrets(fixture);
	/* what may be told: this proves that the search finds what is there */
	found = find_in_files(fixture, domain_hash, sizeof domain_hash);
	g_assert_nonnull(found);
	assert_no_secrets(fixture); /* in the log */
	bridge_store_fixture_reopen(fixture);
	assert_no_secrets(fixture); /* in the database */
}

static GBytes *
query_blob(BridgeStoreFixture *fixture, const char *sql)
{
	g_autoptr(BridgeSqlite) db = bridge_sqlite_open(fixture->path, BRIDGE_SQLITE_READ, NULL);
	g_autoptr(BridgeStatement) row = bridge_sqlite_prepare(db, NULL, sql, "");

	g_assert_cmpint(bridge_sqlite_step(db, row, NULL), ==, BRIDGE_SQLITE_ROW);
	return bridge_statement_dup_blob(row, 0);
}

static void
test_erasing_reaches_the_log(BridgeStoreFixture *fixture, gconstpointer data)
{
	static const char *const blobs[] = {
		"SELECT wrapped FROM keys WHERE owner_kind = 'accounts'",
		"SELECT credential FROM accounts",
		"SELECT sealed FROM events",
	};
	GBytes *gone[G_N_ELEMENTS(blobs)];
	BridgeStoreBatch *batch = bridge_store_batch_new();

	fill_with_secrets(fixture);
	for (guint i = 0; i < G_N_ELEMENTS(blobs); i++) {
		g_autofree char *found = NULL;

		gone[i] = query_blob(fixture, blobs[i]);
		found = find_in_files(fixture, g_bytes_get_data(gone[i], NULL),
		                      g_bytes_get_size(gone[i]));
		g_assert_nonnull(found);
	}
	bridge_store_batch_erase_account(batch, "a1");
	bridge_store_testing_commit(fixture->store, batch);
	for (guint i = 0; i < G_N_ELEMENTS(blobs); i++) {
		g_assert_null(find_in_files(fixture, g_bytes_get_data(gone[i], NULL),
		                            g_bytes_get_size(gone[i])));
		g_bytes_unref(gone[i]);
	}
}

static void
test_only_the_owner_may_read(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autofree char *directory = g_path_get_dirname(fixture->path);
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	const char *name = NULL;
	guint files = 0;
	GStatBuf status;

	fill_with_secrets(fixture);
	g_assert_cmpint(g_stat(directory, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0700);
	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(directory, name, NULL);

		g_assert_cmpint(g_stat(path, &status), ==, 0);
		g_assert_cmpint(status.st_mode & 0777, ==, 0600);
		files++;
	}
	g_assert_cmpuint(files, ==, 4); /* database, log, its index, lock */
	/* opened too wide by somebody: narrowed again */
	bridge_store_fixture_close(fixture);
	g_assert_cmpint(g_chmod(fixture->path, 0644), ==, 0);
	bridge_store_fixture_reopen(fixture);
	g_assert_cmpint(g_stat(fixture->path, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0600);
}

/* ---- Tampering ------------------------------------------------------------------------------- */

static void
tamper(BridgeStoreFixture *fixture, const char *sql)
{
	g_autoptr(BridgeSqlite) db = NULL;
	g_autoptr(GError) error = NULL;

	bridge_store_fixture_close(fixture);
	db = bridge_sqlite_open(fixture->path, BRIDGE_SQLITE_WRITE, &error);
	g_assert_no_error(error);
	g_assert_true(bridge_sqlite_exec(db, sql, &error));
	g_assert_no_error(error);
	g_clear_pointer(&db, bridge_sqlite_close);
	fixture->store = bridge_store_testing_open(fixture->path, 0, 0);
}

static void
put_two_accounts(BridgeStoreFixture *fixture)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_testing_put_account(fixture->store, "romeo");
	bridge_store_testing_put_device(fixture->store, "juliet", "d1", 7, 0);
	bridge_store_testing_put_device(fixture->store, "romeo", "d2", 8, 0);
	bridge_store_testing_append(fixture->store, "juliet", "a", NULL);
	bridge_store_testing_append(fixture->store, "juliet", "b", NULL);
	bridge_store_testing_append(fixture->store, "romeo", "c", NULL);
}

static void
assert_events_fail(BridgeStoreFixture *fixture, const char *account_id)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(bridge_store_testing_read_events(fixture->store, account_id, 0, 10, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE);
}

static void
test_moved_events_do_not_open(BridgeStoreFixture *fixture, gconstpointer data)
{
	put_two_accounts(fixture);
	/* to another place of the same account */
	tamper(fixture, "UPDATE events SET sealed = (SELECT sealed FROM events WHERE seq = 2)"
	                " WHERE account_no = 1 AND seq = 1");
	assert_events_fail(fixture, "juliet");
	bridge_store_testing_assert_events(fixture->store, "juliet", 1, "2:b");
	/* one that does not open takes no other account down */
	bridge_store_testing_assert_events(fixture->store, "romeo", 0, "1:c");
	/* to another account */
	tamper(fixture, "UPDATE events SET sealed = (SELECT sealed FROM events"
	                " WHERE account_no = 1 AND seq = 1) WHERE account_no = 2");
	assert_events_fail(fixture, "romeo");
}

static void
test_device_cannot_change_its_account(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) devices = NULL;

	put_two_accounts(fixture);
	tamper(fixture, "UPDATE devices SET account_no = 1 WHERE device_id = 'd2'");
	devices = bridge_store_testing_load_devices(fixture->store, "juliet", &error);
	g_assert_null(devices);
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE);
	/* nor its token */
	tamper(fixture, "UPDATE devices SET account_no = 2 WHERE device_id = 'd2';"
	                "UPDATE devices SET token_hash = zeroblob(32) WHERE device_id = 'd2'");
	g_clear_error(&error);
	devices = bridge_store_testing_load_devices(fixture->store, "romeo", &error);
	g_assert_null(devices);
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE);
}

static void
test_older_credential_does_not_open(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GPtrArray) accounts = NULL;
	GLogLevelFlags fatal = 0;

	bridge_store_testing_put_account(fixture->store, "romeo");
	bridge_store_testing_put_account(fixture->store, "juliet");
	tamper(fixture,
	       "CREATE TABLE kept AS SELECT credential FROM accounts WHERE account_no = 2");
	bridge_store_testing_put_account(fixture->store, "juliet");
	tamper(fixture, "UPDATE accounts SET credential = (SELECT credential FROM kept)"
	                " WHERE account_no = 2");
	fatal = g_log_set_always_fatal(G_LOG_FATAL_MASK); /* it warns, and may */
	accounts = bridge_store_testing_load_accounts(fixture->store, NULL);
	g_log_set_always_fatal(fatal);
	g_assert_cmpuint(accounts->len, ==, 1);
	g_assert_cmpstr(((BridgeAccountRecord *)accounts->pdata[0])->id, ==, "romeo");
}

static void
test_damaged_account_disturbs_no_other(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();
	g_autoptr(GError) error = NULL;

	put_two_accounts(fixture);
	tamper(fixture, "UPDATE keys SET wrapped = zeroblob(72) WHERE owner_id = 'juliet'");
	bridge_store_testing_add_event(batch, "juliet", "x", NULL);
	g_assert_null(bridge_store_testing_try_commit(fixture->store, batch, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE);
	g_assert_cmpuint(bridge_store_testing_append(fixture->store, "romeo", "d", NULL), ==, 2);
}

/* ---- Files that are not as they should be ---------------------------------------------------- */

static void
assert_refused(const char *path, const guint8 *key, BridgeSqliteError code)
{
	g_autoptr(GError) error = NULL;
	BridgeStore *store = bridge_sqlite_store_open(path, key, NULL, &error);

	g_assert_null(store);
	g_assert_error(error, BRIDGE_SQLITE_ERROR, (int)code);
	g_assert_nonnull(strstr(error->message, path));
}

static void
assert_peek_refused(const char *path, BridgeSqliteError code)
{
	g_autoptr(GError) error = NULL;
	BridgeSqlitePeek peek = {0};

	g_assert_false(bridge_sqlite_store_peek(path, &peek, &error));
	g_assert_error(error, BRIDGE_SQLITE_ERROR, (int)code);
	g_assert_nonnull(strstr(error->message, path));
}

static void
test_peek_makes_nothing(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autofree char *nowhere = g_build_filename(fixture->directory, "new", "store.db", NULL);
	g_autofree char *directory = g_path_get_dirname(nowhere);
	g_autofree char *wal = g_strconcat(fixture->path, "-wal", NULL);
	BridgeSqlitePeek peek = {TRUE, {1}, {1}};
	g_autoptr(GError) error = NULL;

	g_assert_true(bridge_sqlite_store_peek(nowhere, &peek, &error));
	g_assert_no_error(error);
	g_assert_false(peek.exists);
	g_assert_false(g_file_test(directory, G_FILE_TEST_EXISTS));
	bridge_store_fixture_close(fixture);
	g_assert_true(bridge_sqlite_store_peek(fixture->path, &peek, &error));
	g_assert_true(peek.exists);
	g_assert_false(g_file_test(wal, G_FILE_TEST_EXISTS));
}

static void
test_foreign_files_are_left_alone(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autofree char *text = g_build_filename(fixture->directory, "letter", NULL);
	g_autofree char *empty = g_build_filename(fixture->directory, "empty", NULL);
	g_autofree char *other = g_build_filename(fixture->directory, "other.db", NULL);
	g_autofree char *contents = NULL;
	sqlite3 *db = NULL;

	g_assert_true(g_file_set_contents(text, "Dear Romeo, ...", -1, NULL));
	g_assert_true(g_file_set_contents(empty, "", -1, NULL));
	g_assert_cmpint(sqlite3_open(other, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, "CREATE TABLE meta (x)", NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(db);
	assert_peek_refused(text, BRIDGE_SQLITE_ERROR_FOREIGN);
	assert_peek_refused(empty, BRIDGE_SQLITE_ERROR_FOREIGN);
	assert_peek_refused(other, BRIDGE_SQLITE_ERROR_FOREIGN);
	assert_refused(text, bridge_store_testing_key, BRIDGE_SQLITE_ERROR_FOREIGN);
	assert_refused(other, bridge_store_testing_key, BRIDGE_SQLITE_ERROR_FOREIGN);
	g_assert_true(g_file_get_contents(text, &contents, NULL, NULL));
	g_assert_cmpstr(contents, ==, "Dear Romeo, ...");
}

static GBytes *
read_file(const char *path)
{
	char *contents = NULL;
	gsize length = 0;

	g_assert_true(g_file_get_contents(path, &contents, &length, NULL));
	return g_bytes_new_take(contents, length);
}

/* Whoever goes back to another version finds the store as he left it. */
static void
assert_version_refused(BridgeStoreFixture *fixture, const char *version, BridgeSqliteError code)
{
	g_autofree char *sql = g_strconcat("PRAGMA user_version = ", version, NULL);
	g_autofree char *wal = g_strconcat(fixture->path, "-wal", NULL);
	BridgeSqlite *db = bridge_sqlite_open(fixture->path, BRIDGE_SQLITE_WRITE, NULL);
	g_autoptr(GBytes) before = NULL;
	g_autoptr(GBytes) after = NULL;

	g_assert_true(bridge_sqlite_exec(db, sql, NULL));
	bridge_sqlite_close(db);
	before = read_file(fixture->path);
	assert_peek_refused(fixture->path, code);
	assert_refused(fixture->path, bridge_store_testing_key, code);
	after = read_file(fixture->path);
	g_assert_true(g_bytes_equal(before, after));
	g_assert_false(g_file_test(wal, G_FILE_TEST_EXISTS));
}

static void
test_other_versions_are_refused(BridgeStoreFixture *fixture, gconstpointer data)
{
	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_fixture_close(fixture);
	assert_version_refused(fixture, "2", BRIDGE_SQLITE_ERROR_NEWER);
	assert_version_refused(fixture, "2147483647", BRIDGE_SQLITE_ERROR_NEWER);
	assert_version_refused(fixture, "0", BRIDGE_SQLITE_ERROR_OLDER);
}

static void
test_places_that_cannot_be_used(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autofree char *file = g_build_filename(fixture->directory, "file", NULL);
	g_autofree char *below = g_build_filename(file, "store.db", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_set_contents(file, "x", -1, NULL));
	assert_peek_refused(below, BRIDGE_SQLITE_ERROR_IO);
	assert_peek_refused(fixture->directory, BRIDGE_SQLITE_ERROR_IO);
	g_assert_null(bridge_sqlite_store_open(below, bridge_store_testing_key, NULL, &error));
	g_assert_error(error, BRIDGE_SQLITE_ERROR, BRIDGE_SQLITE_ERROR_IO);
	g_assert_nonnull(strstr(error->message, file));
}

static void
test_another_key_is_refused(BridgeStoreFixture *fixture, gconstpointer data)
{
	static const guint8 other[32] = "another master key";

	bridge_store_testing_put_account(fixture->store, "juliet");
	bridge_store_fixture_close(fixture);
	assert_refused(fixture->path, other, BRIDGE_SQLITE_ERROR_WRONG_KEY);
	bridge_store_fixture_reopen(fixture);
	bridge_store_testing_assert_events(fixture->store, "juliet", 0, "");
}

static void
test_one_process_at_a_time(BridgeStoreFixture *fixture, gconstpointer data)
{
	assert_refused(fixture->path, bridge_store_testing_key, BRIDGE_SQLITE_ERROR_IN_USE);
	bridge_store_fixture_reopen(fixture);
}

/* Overwrites part of the database, from an octet on. */
static void
damage(const char *path, gsize from, gsize length)
{
	g_autofree char *contents = NULL;
	gsize size = 0;

	g_assert_true(g_file_get_contents(path, &contents, &size, NULL));
	g_assert_cmpuint(from + length, <=, size);
	memset(contents + from, 0xa5, length);
	g_assert_true(g_file_set_contents(path, contents, (gssize)size, NULL));
}

static void
test_damage_is_found_after_an_unclean_stop(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autofree char *wal = g_strconcat(fixture->path, "-wal", NULL);

	put_two_accounts(fixture);
	bridge_store_fixture_close(fixture);
	/* every page but the first, and a log that nobody closed */
	damage(fixture->path, 3 * 4096, 19 * 4096);
	g_assert_true(g_file_set_contents(wal, "stopped", -1, NULL));
	assert_refused(fixture->path, bridge_store_testing_key, BRIDGE_SQLITE_ERROR_CORRUPT);
	fixture->store = NULL;
}

static gint64
get_log_size(BridgeStoreFixture *fixture)
{
	g_autofree char *wal = g_strconcat(fixture->path, "-wal", NULL);
	GStatBuf status;

	g_assert_cmpint(g_stat(wal, &status), ==, 0);
	return status.st_size;
}

/* Commits write over what is there, from the first one on and after the log was cut. */
static void
test_log_has_its_length(BridgeStoreFixture *fixture, gconstpointer data)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();

	put_two_accounts(fixture);
	g_assert_cmpint(get_log_size(fixture), ==, 4194304);
	bridge_store_batch_erase_account(batch, "juliet");
	bridge_store_testing_commit(fixture->store, batch);
	g_assert_cmpint(get_log_size(fixture), ==, 4194304);
	bridge_store_fixture_reopen(fixture);
	bridge_store_testing_put_account(fixture->store, "romeo");
	g_assert_cmpint(get_log_size(fixture), ==, 4194304);
}

static void
test_log_without_its_file(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->directory, "lost.db", NULL);
	g_autofree char *wal = g_strconcat(path, "-wal", NULL);

	g_assert_true(g_file_set_contents(wal, "what it knew", -1, NULL));
	assert_peek_refused(path, BRIDGE_SQLITE_ERROR_CORRUPT);
	assert_refused(path, bridge_store_testing_key, BRIDGE_SQLITE_ERROR_CORRUPT);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void
copy_file(const char *from, const char *to)
{
	g_autofree char *contents = NULL;
	gsize size = 0;

	g_assert_true(g_file_get_contents(from, &contents, &size, NULL));
	g_assert_true(g_file_set_contents(to, contents, (gssize)size, NULL));
}

static void
test_torn_page_is_mended_by_the_log(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->directory, "copy.db", NULL);
	g_autofree char *wal = g_strconcat(path, "-wal", NULL);
	g_autofree char *fixture_wal = g_strconcat(fixture->path, "-wal", NULL);
	g_autoptr(BridgeSqlite) db = NULL;
	BridgeStore *store = NULL;

	put_two_accounts(fixture);
	/* the log holds the first page, as it does when it was being copied back */
	db = bridge_sqlite_open(fixture->path, BRIDGE_SQLITE_WRITE, NULL);
	g_assert_true(bridge_sqlite_exec(db, "CREATE TABLE another (x)", NULL));
	copy_file(fixture->path, path);
	copy_file(fixture_wal, wal);
	damage(path, 512, 4096 - 512);
	store = bridge_store_testing_open(path, 0, 0);
	bridge_store_testing_assert_events(store, "juliet", 0, "1:a 2:b");
	bridge_store_close(store);
	g_object_unref(store);
}

static void
test_broken_off_creation_is_begun_anew(BridgeStoreFixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->directory, "second.db", NULL);
	g_autofree char *building = g_strconcat(path, ".new", NULL);
	BridgeStore *store = NULL;

	g_assert_true(g_file_set_contents(building, "half of a database", -1, NULL));
	store = bridge_store_testing_open(path, 0, 0);
	g_assert_cmpuint(strlen(bridge_store_get_epoch(store)), ==, 8);
	g_assert_cmpstr(bridge_store_get_epoch(store), !=, bridge_store_get_epoch(fixture->store));
	g_assert_false(g_file_test(building, G_FILE_TEST_EXISTS));
	bridge_store_close(store);
	g_object_unref(store);
}

/* ---- Connections ----------------------------------------------------------------------------- */

static void
test_connections_are_set_up(BridgeStoreFixture *fixture, gconstpointer data)
{
	static const char *const expected[][2] = {
		{"PRAGMA journal_mode", "wal"},  {"PRAGMA synchronous", "2"},
		{"PRAGMA foreign_keys", "1"},    {"PRAGMA secure_delete", "1"},
		{"PRAGMA temp_store", "2"},      {"PRAGMA trusted_schema", "0"},
		{"PRAGMA busy_timeout", "5000"}, {"PRAGMA journal_size_limit", "4194304"},
	};
	g_autoptr(BridgeSqlite) db = NULL;

	db = bridge_sqlite_open(fixture->path, BRIDGE_SQLITE_READ, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
		g_autofree char *answer = bridge_sqlite_dup_text(db, expected[i][0], NULL);

		g_assert_cmpstr(answer, ==, expected[i][1]);
	}
	/* and a reader cannot write */
	g_assert_false(bridge_sqlite_exec(db, "DELETE FROM accounts", NULL));
}

#define ADD(name, func)                                                                            \
	g_test_add("/store-file/" name, BridgeStoreFixture, NULL, bridge_store_fixture_set_up,     \
	           func, bridge_store_fixture_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL); /* damage is told */
	ADD("tells-nothing", test_nothing_is_readable);
	ADD("erasing-reaches-the-log", test_erasing_reaches_the_log);
	ADD("modes", test_only_the_owner_may_read);
	ADD("tamper/events", test_moved_events_do_not_open);
	ADD("tamper/devices", test_device_cannot_change_its_account);
	ADD("tamper/older-credential", test_older_credential_does_not_open);
	ADD("tamper/account-key", test_damaged_account_disturbs_no_other);
	ADD("open/peek", test_peek_makes_nothing);
	ADD("open/foreign", test_foreign_files_are_left_alone);
	ADD("open/other-versions", test_other_versions_are_refused);
	ADD("open/places", test_places_that_cannot_be_used);
	ADD("open/another-key", test_another_key_is_refused);
	ADD("open/in-use", test_one_process_at_a_time);
	ADD("open/damaged", test_damage_is_found_after_an_unclean_stop);
	ADD("open/log-length", test_log_has_its_length);
	ADD("open/log-alone", test_log_without_its_file);
	ADD("open/torn", test_torn_page_is_mended_by_the_log);
	ADD("open/broken-off", test_broken_off_creation_is_begun_anew);
	ADD("connections", test_connections_are_set_up);
	return g_test_run();
}
