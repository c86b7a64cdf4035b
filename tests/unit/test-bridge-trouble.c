/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an account does when its session with the chat server ends. */
#include "config.h"

#include "bridge-core-testing.h"
#include "link/bridge-link.h"

/* Half of the wait is by chance. */
static const struct {
	const char *reason;
	const char *user_action;
	gint64 least_ms;
	gint64 most_ms;
} test_troubles[] = {
	{BRIDGE_REASON_SERVER, "wait", 500, 1000},
	{BRIDGE_REASON_UNREACHABLE, "wait", 500, 1000},
	{BRIDGE_REASON_CONFLICT, "wait", 500, 1000},
	{BRIDGE_REASON_OVERLOADED, "wait", 16000, 32000},
	{BRIDGE_REASON_POLICY, "wait", 16000, 32000},
	{BRIDGE_REASON_HOST_GONE, "ask-administrator", 150000, 300000},
	{BRIDGE_REASON_REDIRECTED, "ask-administrator", 150000, 300000},
	{BRIDGE_REASON_CERTIFICATE_REFUSED, "ask-administrator", 500, 1000},
};

static void
test_end(CoreFixture *fixture, CoreJuliet *juliet, guint seat, const char *reason,
         BridgeAccountState state)
{
	g_autofree char *data = g_strdup_printf("{'state': <'offline'>, 'reason': <'%s'>}", reason);
	ScriptedCall *call = scripted_seat_tell(scripted_hosts_wait_for_seat(fixture->hosts, seat),
	                                        "state", data);

	SCRIPTED_WAIT(call->answered && bridge_account_get_state(juliet->account) == state);
	g_assert_cmpstr(bridge_account_get_reason(juliet->account), ==, reason);
}

/* Signs in again without the wait. */
static ScriptedSeat *
test_return(CoreFixture *fixture, CoreJuliet *juliet, guint index)
{
	ScriptedSeat *seat;

	bridge_account_release(juliet->account);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, index);
	scripted_seat_go_online(seat);
	SCRIPTED_WAIT(bridge_account_get_state(juliet->account) == BRIDGE_ACCOUNT_ONLINE);
	return seat;
}

static void
test_how_long_it_waits(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};

	core_juliet_sign_in(&juliet, fixture);
	for (guint i = 0; i < G_N_ELEMENTS(test_troubles); i++) {
		gint64 before_us = g_get_real_time();
		gint64 next_try_us;

		test_end(fixture, &juliet, i, test_troubles[i].reason, BRIDGE_ACCOUNT_WAITING);
		next_try_us = bridge_account_get_next_try_us(juliet.account);
		g_assert_cmpstr(bridge_account_get_user_action(juliet.account), ==,
		                test_troubles[i].user_action);
		g_assert_cmpint(next_try_us, >=, before_us + test_troubles[i].least_ms * 1000);
		g_assert_cmpint(next_try_us, <=,
		                g_get_real_time() + test_troubles[i].most_ms * 1000);
		test_return(fixture, &juliet, i + 1);
	}
}

/* The same resource again would only take the other's place in turn. */
static void
test_conflict_brings_another_resource(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	core_juliet_sign_in(&juliet, fixture);
	first = g_strdup(scripted_seat_get(juliet.seat, "resource"));
	test_end(fixture, &juliet, 0, BRIDGE_REASON_SERVER, BRIDGE_ACCOUNT_WAITING);
	second = g_strdup(scripted_seat_get(test_return(fixture, &juliet, 1), "resource"));
	g_assert_cmpstr(first, ==, second);
	test_end(fixture, &juliet, 1, BRIDGE_REASON_CONFLICT, BRIDGE_ACCOUNT_WAITING);
	g_assert_cmpstr(scripted_seat_get(test_return(fixture, &juliet, 2), "resource"), !=,
	                second);
}

static void
test_what_waiting_does_not_mend(CoreFixture *fixture, gconstpointer data)
{
	static const char *const reasons[] = {BRIDGE_REASON_CREDENTIALS_REFUSED,
	                                      BRIDGE_REASON_UNSUPPORTED};

	for (guint i = 0; i < G_N_ELEMENTS(reasons); i++) {
		g_autofree char *username = g_strdup_printf("juliet%u@open.example", i);
		CoreJuliet juliet = {0};

		juliet.login = core_login(fixture, username, &juliet.seat);
		juliet.account = juliet.login->account;
		test_end(fixture, &juliet, i, reasons[i], BRIDGE_ACCOUNT_SIGNED_OUT);
		g_assert_cmpint(bridge_account_get_next_try_us(juliet.account), ==, 0);
		bridge_login_free(juliet.login);
	}
	g_assert_cmpuint(scripted_hosts_count_seats(fixture->hosts), ==, G_N_ELEMENTS(reasons));
}

/* More than the forty that one server has to do with at once. */
#define TEST_MANY 45

/* Whoever is back makes room for the next. */
static void
test_many_come_back(CoreFixture *fixture, gconstpointer data)
{
	for (guint i = 0; i < TEST_MANY; i++) {
		g_autofree char *username = g_strdup_printf("user%u@open.example", i);
		g_autoptr(BridgeLogin) login = NULL;
		ScriptedSeat *seat;

		login = core_login(fixture, username, &seat);
	}
	core_fixture_restart(fixture);
	for (guint i = 0; i < TEST_MANY; i++)
		scripted_seat_go_online(scripted_hosts_wait_for_seat(fixture->hosts, i));
}

/* So does whoever failed: its next try needs room, too. */
static void
test_fails_often(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};

	core_juliet_sign_in(&juliet, fixture);
	for (guint i = 0; i < TEST_MANY; i++) {
		test_end(fixture, &juliet, i, BRIDGE_REASON_UNREACHABLE, BRIDGE_ACCOUNT_WAITING);
		bridge_account_release(juliet.account);
		scripted_hosts_wait_for_seat(fixture->hosts, i + 1);
	}
}

static void
test_add(const char *name, void (*test)(CoreFixture *, gconstpointer))
{
	g_autofree char *path = g_strconcat("/bridge-trouble/", name, NULL);

	g_test_add(path, CoreFixture, NULL, core_fixture_set_up, test, core_fixture_tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL); /* hosts die */
	test_add("how-long-it-waits", test_how_long_it_waits);
	test_add("conflict-brings-another-resource", test_conflict_brings_another_resource);
	test_add("what-waiting-does-not-mend", test_what_waiting_does_not_mend);
	test_add("many-come-back", test_many_come_back);
	test_add("fails-often", test_fails_often);
	return g_test_run();
}
