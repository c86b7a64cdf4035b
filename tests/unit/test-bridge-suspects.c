/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "account/bridge-account-private.h"
#include "bridge-core-testing.h"
#include "account/bridge-suspects.h"

#define TEST_KEYS_MAX 64

static void
test_done_cb(BridgeAccount *account, const GError *error, gpointer data)
{
	g_assert_no_error(error);
	*(gboolean *)data = TRUE;
}

static void
test_suspect(BridgeAccount *account, const char *key, const char *from, const char *id)
{
	BridgeWrite *write = bridge_write_new(account, NULL);
	BridgeBlackBoxNote note = {.busy = 1};
	gboolean done = FALSE;

	g_strlcpy(note.key, key, sizeof note.key);
	g_strlcpy(note.from, from, sizeof note.from);
	g_strlcpy(note.id, id, sizeof note.id);
	bridge_suspects_add(account, write, &note);
	bridge_write_commit(write, test_done_cb, &done);
	SCRIPTED_WAIT(done);
}

/* (transfer container): what a host is told to leave out */
static const char **
test_get_wanted(ScriptedSeat *seat, GVariant **owner)
{
	g_autoptr(GVariant) wanted =
		g_variant_lookup_value(seat->settings, "wanted", G_VARIANT_TYPE_VARDICT);

	g_assert_nonnull(wanted);
	*owner = g_variant_lookup_value(wanted, "suspects", G_VARIANT_TYPE_STRING_ARRAY);
	return *owner != NULL ? g_variant_get_strv(*owner, NULL) : NULL;
}

static void
test_assert_wanted(ScriptedSeat *seat, const char *expected)
{
	g_autoptr(GVariant) owner = NULL;
	g_autofree const char **keys = test_get_wanted(seat, &owner);
	g_autofree char *text = keys != NULL ? g_strjoinv(" ", (char **)keys) : NULL;

	g_assert_cmpstr(text, ==, expected);
}

static void
test_it_is_told_once(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};
	g_autofree char *text = NULL;

	core_juliet_sign_in(&test, fixture);
	test_suspect(test.account, "key", "romeo@open.example/orchard", "m1");
	test_suspect(test.account, "key", "romeo@open.example/orchard", "m1");
	text = core_read_events(fixture, test.account, "message.undeliverable");
	g_assert_true(g_str_has_prefix(
		text, "{\"id\":\"m1\",\"from\":\"romeo@open.example\",\"resource\":\"orchard\","
		      "\"reason\":\"host-lost\""));
	g_assert_cmpuint(
		core_count_events(fixture, test.account, "message.undeliverable", "host-lost"), ==,
		1);
}

/* Nobody's, and without an id. */
static void
test_what_is_not_known_is_null(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};
	g_autofree char *text = NULL;

	core_juliet_sign_in(&test, fixture);
	test_suspect(test.account, "key", "", "");
	text = core_read_events(fixture, test.account, "message.undeliverable");
	g_assert_true(g_str_has_prefix(text, "{\"id\":null,\"from\":null,"));
}

static void
test_hosts_are_told(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};

	core_juliet_sign_in(&test, fixture);
	test_suspect(test.account, "one", "romeo@open.example", "m1");
	test_suspect(test.account, "two", "romeo@open.example", "m2");
	test.seat = core_lose_host(fixture, test.account, test.seat, 1);
	test_assert_wanted(test.seat, "one two");
	core_juliet_clear(&test);
	core_fixture_restart(fixture);
	test_assert_wanted(scripted_hosts_wait_for_seat(fixture->hosts, 0), "one two");
}

static void
test_the_oldest_are_forgotten(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};
	g_autoptr(GVariant) owner = NULL;
	g_autofree const char **keys = NULL;

	core_juliet_sign_in(&test, fixture);
	for (guint i = 0; i < TEST_KEYS_MAX + 3; i++) {
		g_autofree char *key = g_strdup_printf("key %u", i);

		test_suspect(test.account, key, "romeo@open.example", key);
	}
	test.seat = core_lose_host(fixture, test.account, test.seat, 1);
	keys = test_get_wanted(test.seat, &owner);
	g_assert_cmpuint(g_strv_length((char **)keys), ==, TEST_KEYS_MAX);
	g_assert_cmpstr(keys[0], ==, "key 3");
	g_assert_cmpstr(keys[TEST_KEYS_MAX - 1], ==, "key 66");
}

static void
test_add(const char *name, void (*test)(CoreFixture *, gconstpointer))
{
	g_autofree char *path = g_strconcat("/bridge-suspects/", name, NULL);

	g_test_add(path, CoreFixture, NULL, core_fixture_set_up, test, core_fixture_tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
	test_add("once", test_it_is_told_once);
	test_add("unknown", test_what_is_not_known_is_null);
	test_add("hosts", test_hosts_are_told);
	test_add("oldest", test_the_oldest_are_forgotten);
	return g_test_run();
}
