/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "account/bridge-account.h"
#include "bridge-core-testing.h"
#include "base/bridge-error.h"
#include "account/bridge-mail.h"

#define MAILBOX                                                                                    \
	"{'whole': <true>, 'matched': <uint32 2>, 'url': <'https://mail.example/'>, 'since': "     \
	"<'1'>, 'threads': <@a(tsssxubba(ssbb)) []>}"

typedef struct {
	gboolean done;
	gboolean knew; /* of the mail, when it was done */
	GVariant *answer;
	GError *error;
} Asked;

static void
asked_clear(Asked *asked)
{
	g_clear_pointer(&asked->answer, g_variant_unref);
	g_clear_error(&asked->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Asked, asked_clear)

static void
test_asked_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeAccount *account = BRIDGE_ACCOUNT(source);
	Asked *asked = user_data;
	g_autofree char *mail = bridge_account_dup_mail(account);

	g_assert_false(asked->done);
	asked->done = TRUE;
	asked->knew = mail != NULL;
	asked->answer = bridge_account_request_finish(account, result, &asked->error);
}

/* Asks for the mail. @ahead: how many events the host has not handed over yet when it answers */
static void
test_ask(CoreJuliet *test, guint ahead, Asked *asked)
{
	ScriptedHost *host = test->seat->host;

	host->request_answer = "{}";
	host->request_ahead = ahead;
	bridge_account_request_async(test->account, "mail", g_variant_new("a{sv}", NULL),
	                             test_asked_cb, asked);
	scripted_host_wait_for_request(host, 0);
}

/* D-Bus keeps its order: what the host answers behind it has come, so it has come, too. */
static void
test_wait_behind(CoreJuliet *test)
{
	Asked other = {0};

	test->seat->host->request_ahead = 0;
	bridge_account_request_async(test->account, "other", g_variant_new("a{sv}", NULL),
	                             test_asked_cb, &other);
	SCRIPTED_WAIT(other.done);
	g_assert_no_error(other.error);
	g_variant_unref(other.answer);
}

/* The window of the host is full, for instance: the mailbox that it speaks of is on its way. */
static void
test_an_answer_does_not_overtake_news(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};
	g_auto(Asked) asked = {0};

	core_juliet_sign_in(&test, fixture);
	test_ask(&test, 2, &asked);
	test_wait_behind(&test);
	g_assert_false(asked.done);
	scripted_seat_tell(test.seat, "features", "{'features': <['mail']>}");
	test_wait_behind(&test);
	g_assert_false(asked.done);
	scripted_seat_tell(test.seat, "mail", MAILBOX);
	SCRIPTED_WAIT(asked.done);
	g_assert_no_error(asked.error);
	g_assert_true(asked.knew);
}

/* Nobody waits for what is on its way to the disk: it is known. */
static void
test_an_answer_does_not_wait_for_the_disk(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};
	g_auto(Asked) asked = {0};

	core_juliet_sign_in(&test, fixture);
	scripted_store_hold(fixture->store, TRUE);
	scripted_seat_tell(test.seat, "features", "{'features': <['mail']>}");
	scripted_seat_tell(test.seat, "mail", MAILBOX);
	test_ask(&test, 0, &asked);
	SCRIPTED_WAIT(asked.done);
	g_assert_no_error(asked.error);
	g_assert_true(asked.knew);
	scripted_store_hold(fixture->store, FALSE);
}

static void
test_a_host_dies_in_between(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};
	g_auto(Asked) asked = {0};

	core_juliet_sign_in(&test, fixture);
	test_ask(&test, 1, &asked);
	test_wait_behind(&test);
	scripted_host_die(test.seat->host);
	SCRIPTED_WAIT(asked.done);
	g_assert_error(asked.error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_ONLINE);
}

static void
test_not_signed_in(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};
	g_auto(Asked) asked = {0};

	core_juliet_sign_in(&test, fixture);
	scripted_seat_tell(test.seat, "state",
	                   "{'state': <'offline'>, 'reason': <'server'>, 'detail': <'gone'>}");
	SCRIPTED_WAIT(bridge_account_get_state(test.account) != BRIDGE_ACCOUNT_ONLINE);
	bridge_account_request_async(test.account, "mail", g_variant_new("a{sv}", NULL),
	                             test_asked_cb, &asked);
	SCRIPTED_WAIT(asked.done);
	g_assert_error(asked.error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_ONLINE);
}

#define TEST_ADD(name, function)                                                                   \
	g_test_add("/account-request/" name, CoreFixture, NULL, core_fixture_set_up, function,     \
	           core_fixture_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* Warnings are part of what is tested here: hosts die. */
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
	TEST_ADD("order", test_an_answer_does_not_overtake_news);
	TEST_ADD("disk", test_an_answer_does_not_wait_for_the_disk);
	TEST_ADD("host-dies", test_a_host_dies_in_between);
	TEST_ADD("not-signed-in", test_not_signed_in);
	return g_test_run();
}
