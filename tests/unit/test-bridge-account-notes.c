/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "account/bridge-account-notes.h"
#include "bridge-core-testing.h"
#include "base/bridge-error.h"

#define NOTES BRIDGE_ACCOUNT_NOTES_PREFIX "test"

typedef struct {
	gboolean done;
	GError *error;
} Kept;

static void
test_kept_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	Kept *kept = user_data;

	bridge_account_keep_notes_finish(BRIDGE_ACCOUNT(source), result, &kept->error);
	kept->done = TRUE;
}

static GError *
test_keep(BridgeAccount *account, GVariant *value)
{
	Kept kept = {0};

	bridge_account_keep_notes_async(account, NOTES, value, test_kept_cb, &kept);
	SCRIPTED_WAIT(kept.done);
	return kept.error;
}

static void
test_assert_notes(BridgeAccount *account, const char *expected)
{
	g_autoptr(GVariant) notes = bridge_account_dup_notes(account, NOTES);

	g_assert_cmpstr(notes != NULL ? g_variant_get_string(notes, NULL) : NULL, ==, expected);
}

/* They may hold a phone's token, which is no host's business. */
static void
test_hosts_are_not_told(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};
	g_autoptr(GVariant) wanted = NULL;

	core_juliet_sign_in(&test, fixture);
	g_assert_no_error(test_keep(test.account, g_variant_new_string("a secret")));
	test_assert_notes(test.account, "a secret");
	test.seat = core_lose_host(fixture, test.account, test.seat, 1);
	wanted = g_variant_lookup_value(test.seat->settings, "wanted", G_VARIANT_TYPE_VARDICT);
	if (wanted != NULL)
		g_assert_false(g_variant_lookup(wanted, NOTES, "s", NULL));
	test_assert_notes(test.account, "a secret");
}

static void
test_they_go(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};

	core_juliet_sign_in(&test, fixture);
	g_assert_no_error(test_keep(test.account, g_variant_new_string("one")));
	g_assert_no_error(test_keep(test.account, NULL));
	test_assert_notes(test.account, NULL);
}

static void
test_too_much(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};
	g_autofree char *much = g_strnfill(300 * 1024, 'x');
	g_autoptr(GError) error = NULL;

	core_juliet_sign_in(&test, fixture);
	g_assert_no_error(test_keep(test.account, g_variant_new_string("before")));
	error = test_keep(test.account, g_variant_new_string(much));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_BUSY);
	test_assert_notes(test.account, "before");
}

#define ADD(name, func)                                                                            \
	g_test_add("/account-notes/" name, CoreFixture, NULL, core_fixture_set_up, func,           \
	           core_fixture_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* hosts that die are warned of */
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
	ADD("hosts-are-not-told", test_hosts_are_not_told);
	ADD("they-go", test_they_go);
	ADD("too-much", test_too_much);
	return g_test_run();
}
