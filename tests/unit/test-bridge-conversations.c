/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "account/bridge-conversations.h"
#include "bridge-core-testing.h"
#include "base/bridge-error.h"
#include "account/bridge-history.h"

#define ROMEO "romeo@open.example"
#define NURSE "nurse@open.example"
#define MANY 700 /* more than what is read from the store at a time */

/* @n messages with the bodies 1 to @n */
static void
test_tell(CoreJuliet *juliet, const char *from, guint n)
{
	for (guint i = 1; i <= n; i++) {
		g_autofree char *data = g_strdup_printf(
			"{'direction': <'received'>, 'type': <'chat'>, 'id': <'%s%u'>,"
			" 'body': <'%u'>, 'from': <'%s/x'>, 'to': <'juliet@open.example'>}",
			from, i, i, from);
		ScriptedCall *call = scripted_seat_tell(juliet->seat, "message", data);
		SCRIPTED_WAIT(call->answered);
	}
}

static void
test_load(BridgeAccount *account)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	bridge_conversations_load_async(account, core_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	g_assert_true(bridge_conversations_load_finish(account, result, &error));
	g_assert_no_error(error);
}

static void
test_read(BridgeAccount *account, const char *jid, guint64 seq)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	bridge_conversations_read_async(account, jid, seq, core_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	g_assert_true(bridge_conversations_read_finish(account, result, &error));
	g_assert_no_error(error);
}

static GPtrArray *
test_history(BridgeAccount *account, const char *with, guint64 before, guint limit)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	GPtrArray *events;

	bridge_history_read_async(account, with, before, limit, NULL, core_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	events = bridge_history_read_finish(account, result, &error);
	g_assert_no_error(error);
	return events;
}

/* The newest comes first; @position: its place among them */
static void
test_check(BridgeAccount *account, guint position, const char *jid, guint unread)
{
	g_autoptr(GPtrArray) conversations = bridge_conversations_get(account);
	const BridgeConversation *conversation;

	g_assert_cmpuint(position, <, conversations->len);
	conversation = g_ptr_array_index(conversations, position);
	g_assert_cmpstr(conversation->jid, ==, jid);
	g_assert_cmpuint(conversation->unread->len, ==, unread);
	g_assert_cmpuint(bridge_conversations_get_unread(account, jid), ==, unread);
}

static void
test_counts(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};

	core_juliet_sign_in(&juliet, fixture);
	test_load(juliet.account);
	g_assert_cmpuint(bridge_conversations_get_unread(juliet.account, ROMEO), ==, 0);
	test_tell(&juliet, ROMEO, 3);
	test_tell(&juliet, NURSE, 1);
	test_load(juliet.account);
	test_check(juliet.account, 0, NURSE, 1);
	test_check(juliet.account, 1, ROMEO, 3);
	test_tell(&juliet, ROMEO, 1);
	test_load(juliet.account);
	test_check(juliet.account, 0, ROMEO, 4);
}

static void
test_long_history(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};

	core_juliet_sign_in(&juliet, fixture);
	test_tell(&juliet, NURSE, 2);
	test_tell(&juliet, ROMEO, MANY);
	test_load(juliet.account);
	test_check(juliet.account, 0, ROMEO, MANY);
	test_check(juliet.account, 1, NURSE, 2);
	test_tell(&juliet, ROMEO, MANY);
	test_load(juliet.account);
	test_check(juliet.account, 0, ROMEO, BRIDGE_CONVERSATION_UNREAD_MAX);
}

/* What was read before a failure is not counted twice. */
static void
test_load_again(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	core_juliet_sign_in(&juliet, fixture);
	test_tell(&juliet, NURSE, MANY);
	test_tell(&juliet, ROMEO, 3);
	scripted_store_fail_read(fixture->store, 1);
	bridge_conversations_load_async(juliet.account, core_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	g_assert_false(bridge_conversations_load_finish(juliet.account, result, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE);
	test_load(juliet.account);
	test_check(juliet.account, 0, ROMEO, 3);
}

static void
test_marks_survive(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *token = NULL;
	g_autoptr(BridgeAccount) account = NULL;
	guint64 seq;

	core_juliet_sign_in(&juliet, fixture);
	token = g_strdup(juliet.login->access_token);
	test_tell(&juliet, ROMEO, 2);
	seq = bridge_account_get_seq(juliet.account);
	test_tell(&juliet, ROMEO, 1);
	test_load(juliet.account);
	test_read(juliet.account, ROMEO, seq);
	test_check(juliet.account, 0, ROMEO, 1);
	test_read(juliet.account, ROMEO, seq - 1); /* never backwards, and no news */
	test_check(juliet.account, 0, ROMEO, 1);
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "read", ROMEO), ==, 1);
	g_clear_pointer(&juliet.login, bridge_login_free);
	core_fixture_restart(fixture);
	account = core_find_account(fixture, token);
	test_load(account);
	test_check(account, 0, ROMEO, 1);
}

static void
test_history_of_one(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autoptr(GPtrArray) newest = NULL;
	g_autoptr(GPtrArray) older = NULL;
	g_autoptr(GPtrArray) nurses = NULL;
	const BridgeEventRecord *last;

	core_juliet_sign_in(&juliet, fixture);
	test_tell(&juliet, NURSE, 2);
	test_tell(&juliet, ROMEO, MANY);
	newest = test_history(juliet.account, NULL, G_MAXUINT64, 2);
	g_assert_cmpuint(newest->len, ==, 2);
	last = g_ptr_array_index(newest, 1);
	g_assert_cmpuint(last->seq, ==, bridge_account_get_seq(juliet.account) - 1);
	older = test_history(juliet.account, ROMEO, last->seq, 1);
	g_assert_cmpuint(older->len, ==, 1);
	g_assert_cmpuint(((BridgeEventRecord *)older->pdata[0])->seq, ==, last->seq - 1);
	nurses = test_history(juliet.account, NURSE, G_MAXUINT64, 5);
	g_assert_cmpuint(nurses->len, ==, 2);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
#define TEST(name, function)                                                                       \
	g_test_add("/conversations/" name, CoreFixture, NULL, core_fixture_set_up, function,       \
	           core_fixture_tear_down)
	TEST("counts", test_counts);
	TEST("long-history", test_long_history);
	TEST("load-again", test_load_again);
	TEST("marks-survive", test_marks_survive);
	TEST("history-of-one", test_history_of_one);
#undef TEST
	return g_test_run();
}
