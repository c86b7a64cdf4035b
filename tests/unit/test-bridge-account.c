/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "base/bridge-backoff.h"
#include "bridge-core-testing.h"
#include "base/bridge-error.h"
#include "account/bridge-requests.h"
#include "bridge-store-testing.h"

/* A message from romeo; @more: further members */
static ScriptedCall *
test_tell_message(ScriptedSeat *seat, const char *id, const char *body, const char *more)
{
	g_autofree char *data = g_strdup_printf(
		"{'direction': <'received'>, 'type': <'chat'>, 'id': <'%s'>, 'body': <'%s'>,"
		" 'from': <'romeo@open.example/orchard'>, 'to': <'juliet@open.example'>, %s}",
		id, body, more);

	return scripted_seat_tell(seat, "message", data);
}

static void
test_tell_and_wait(ScriptedSeat *seat, const char *id, const char *body, const char *more)
{
	ScriptedCall *call = test_tell_message(seat, id, body, more);

	SCRIPTED_WAIT(call->answered);
}

static void
test_wait_for_state(BridgeAccount *account, BridgeAccountState state)
{
	SCRIPTED_WAIT(bridge_account_get_state(account) == state);
}

/* ---- Durability ------------------------------------------------------------------------------ */

static void
test_answers_when_durable(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	ScriptedCall *call;

	core_juliet_sign_in(&juliet, fixture);
	scripted_store_hold(fixture->store, TRUE);
	call = test_tell_message(juliet.seat, "1", "hello", "'stanza': <uint32 1>");
	SCRIPTED_WAIT(scripted_store_count_held(fixture->store) > 0);
	scripted_iterate();
	g_assert_false(call->answered);
	scripted_store_hold(fixture->store, FALSE);
	SCRIPTED_WAIT(call->answered);
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "message", "hello"), ==, 1);
}

static void
test_count_cb(BridgeAccount *account, GPtrArray *events, gpointer user_data)
{
	guint64 *last = user_data;

	for (guint i = 0; i < events->len; i++) {
		const BridgeEventRecord *event = g_ptr_array_index(events, i);

		g_assert_cmpuint(event->seq, ==, *last + 1);
		*last = event->seq;
	}
}

static void
test_tells_readers_in_order(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	ScriptedCall *call = NULL;
	guint64 last;

	core_juliet_sign_in(&juliet, fixture);
	last = bridge_account_get_seq(juliet.account);
	g_signal_connect(juliet.account, "events", G_CALLBACK(test_count_cb), &last);
	for (guint i = 0; i < 50; i++) {
		g_autofree char *body = g_strdup_printf("%u", i);

		call = test_tell_message(juliet.seat, body, body, "'stanza': <uint32 1>");
		if (i % 3 == 0)
			SCRIPTED_WAIT(call->answered);
	}
	SCRIPTED_WAIT(call->answered);
	g_assert_cmpuint(last, ==, bridge_account_get_seq(juliet.account));
	g_signal_handlers_disconnect_by_data(juliet.account, &last);
}

static void
test_acknowledge(ScriptedSeat *seat, guint32 stanza)
{
	g_autofree char *data =
		g_strdup_printf("{'stream': <uint32 1>, 'stanza': <uint32 %u>}", stanza);
	ScriptedCall *call = scripted_seat_tell(seat, "acknowledged", data);

	SCRIPTED_WAIT(call->answered);
}

static void
test_store_failure_brings_it_again(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	ScriptedCall *call;
	ScriptedSeat *seat;

	core_juliet_sign_in(&juliet, fixture);
	test_tell_and_wait(juliet.seat, "1", "first",
	                   "'stream': <uint32 1>, 'stanza': <uint32 1>, 'stanza-id': <'a1'>");
	test_acknowledge(juliet.seat, 1);
	scripted_store_fail(fixture->store, TRUE);
	call = test_tell_message(juliet.seat, "2", "second",
	                         "'stanza': <uint32 2>, 'stanza-id': <'a2'>");
	test_wait_for_state(juliet.account, BRIDGE_ACCOUNT_WAITING);
	g_assert_false(call->answered);
	scripted_store_fail(fixture->store, FALSE);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 1);
	/* The position in the archive does not claim what was not stored. */
	g_assert_cmpstr(scripted_seat_get(seat, "archive-after"), ==, "a1");
	scripted_seat_tell_online(seat);
	test_tell_and_wait(seat, "2", "second", "'stanza': <uint32 1>, 'stanza-id': <'a2'>");
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "message", "second"), ==, 1);
}

/* ---- Silence --------------------------------------------------------------------------------- */

/* A chat server that says nothing when the account comes back: it is tried again, later. */
static void
test_silence_is_waited_out(CoreFixture *fixture, gconstpointer data)
{
	const BridgePatience none = {.login = G_MAXINT, .connect = 50};
	const BridgePatience enough = {.login = G_MAXINT, .connect = G_MAXINT};
	g_auto(CoreJuliet) juliet = {0};
	ScriptedSeat *seat;

	core_juliet_sign_in(&juliet, fixture);
	bridge_accounts_set_patience(fixture->accounts, &none);
	scripted_seat_tell(juliet.seat, "state", "{'state': <'offline'>, 'reason': <'server'>}");
	test_wait_for_state(juliet.account, BRIDGE_ACCOUNT_WAITING);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 1);
	SCRIPTED_WAIT(seat->signed_out);
	bridge_accounts_set_patience(fixture->accounts, &enough);
	test_wait_for_state(juliet.account, BRIDGE_ACCOUNT_WAITING);
	g_assert_cmpstr(bridge_account_get_reason(juliet.account), ==, "unreachable");
	g_assert_cmpint(bridge_account_get_next_try_us(juliet.account), >, 0);
	scripted_seat_go_online(scripted_hosts_wait_for_seat(fixture->hosts, 2));
	test_wait_for_state(juliet.account, BRIDGE_ACCOUNT_ONLINE);
}

/* Who is online has all the time of the world. */
static void
test_patience_ends_with_the_sign_in(CoreFixture *fixture, gconstpointer data)
{
	const BridgePatience patience = {.login = G_MAXINT, .connect = 50};
	g_auto(CoreJuliet) juliet = {0};
	gint64 end_us;

	bridge_accounts_set_patience(fixture->accounts, &patience);
	core_juliet_sign_in(&juliet, fixture);
	end_us = g_get_monotonic_time() + 4 * patience.connect * 1000;
	while (g_get_monotonic_time() < end_us)
		scripted_iterate();
	g_assert_cmpint(bridge_account_get_state(juliet.account), ==, BRIDGE_ACCOUNT_ONLINE);
}

/* Tries go apart as they fail, once for each failure. */
static void
test_tries_go_apart(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	ScriptedSeat *seat;

	core_juliet_sign_in(&juliet, fixture);
	seat = juliet.seat;
	for (guint i = 0; i < 3; i++) {
		gint64 told_us = g_get_real_time();
		gint64 longest_us = (gint64)BRIDGE_BACKOFF_FIRST_US << i;
		gint64 delay_us;

		scripted_seat_tell(seat, "state", "{'state': <'offline'>, 'reason': <'server'>}");
		test_wait_for_state(juliet.account, BRIDGE_ACCOUNT_WAITING);
		delay_us = bridge_account_get_next_try_us(juliet.account) - told_us;
		g_assert_cmpint(delay_us, >=, longest_us / 2);
		g_assert_cmpint(delay_us, <, longest_us + G_USEC_PER_SEC / 4);
		seat = scripted_hosts_wait_for_seat(fixture->hosts, i + 1);
	}
}

/* ---- Repetitions ----------------------------------------------------------------------------- */

static ScriptedSeat *
test_die_and_return(CoreFixture *fixture, CoreJuliet *juliet, guint seat_index)
{
	ScriptedSeat *seat;

	scripted_host_die(juliet->seat->host);
	test_wait_for_state(juliet->account, BRIDGE_ACCOUNT_WAITING);
	g_assert_cmpstr(bridge_account_get_reason(juliet->account), ==, "host-lost");
	g_assert_cmpint(bridge_account_get_next_try_us(juliet->account), >, 0);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, seat_index);
	scripted_seat_go_online(seat);
	test_wait_for_state(juliet->account, BRIDGE_ACCOUNT_ONLINE);
	return seat;
}

static void
test_what_was_not_acknowledged_comes_once(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	ScriptedSeat *seat;

	core_juliet_sign_in(&juliet, fixture);
	test_tell_and_wait(juliet.seat, "1", "ok", "'stream': <uint32 1>, 'stanza': <uint32 1>");
	test_tell_and_wait(juliet.seat, "2", "ok", "'stream': <uint32 1>, 'stanza': <uint32 2>");
	seat = test_die_and_return(fixture, &juliet, 1);
	/* Both again, then a third that is genuine. */
	test_tell_and_wait(seat, "1", "ok", "'stream': <uint32 1>, 'stanza': <uint32 1>");
	test_tell_and_wait(seat, "2", "ok", "'stream': <uint32 1>, 'stanza': <uint32 2>");
	test_tell_and_wait(seat, "3", "ok", "'stream': <uint32 1>, 'stanza': <uint32 3>");
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "message", "ok"), ==, 3);
}

static void
test_what_was_acknowledged_is_no_repetition(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	ScriptedSeat *seat;

	core_juliet_sign_in(&juliet, fixture);
	test_tell_and_wait(juliet.seat, "1", "ok", "'stream': <uint32 1>, 'stanza': <uint32 1>");
	test_acknowledge(juliet.seat, 1);
	test_tell_and_wait(juliet.seat, "2", "other", "'stream': <uint32 1>, 'stanza': <uint32 2>");
	seat = test_die_and_return(fixture, &juliet, 1);
	test_tell_and_wait(seat, "1", "ok", "'stream': <uint32 1>, 'stanza': <uint32 1>");
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "message", "ok"), ==, 2);
}

static void
test_repetition_is_known_after_a_restart(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *token = NULL;
	g_autoptr(BridgeAccount) account = NULL;
	ScriptedSeat *seat;
	guint64 seq;

	core_juliet_sign_in(&juliet, fixture);
	token = g_strdup(juliet.login->access_token);
	test_tell_and_wait(juliet.seat, "1", "ok", "'stream': <uint32 1>, 'stanza': <uint32 1>");
	seq = bridge_account_get_seq(juliet.account);
	g_clear_pointer(&juliet.login, bridge_login_free);
	core_fixture_restart(fixture);
	account = core_find_account(fixture, token);
	g_assert_cmpuint(bridge_account_get_seq(account), >=, seq);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	scripted_seat_go_online(seat);
	test_tell_and_wait(seat, "1", "ok", "'stream': <uint32 1>, 'stanza': <uint32 1>");
	test_tell_and_wait(seat, "1", "ok", "'stream': <uint32 1>, 'stanza': <uint32 2>");
	g_assert_cmpuint(core_count_events(fixture, account, "message", "ok"), ==, 2);
}

/* ---- The archive ----------------------------------------------------------------------------- */

static void
test_position_follows_what_the_server_was_told(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	ScriptedSeat *seat;

	core_juliet_sign_in(&juliet, fixture);
	test_tell_and_wait(juliet.seat, "1", "one",
	                   "'stream': <uint32 1>, 'stanza': <uint32 1>, 'stanza-id': <'a1'>");
	test_acknowledge(juliet.seat, 1);
	test_tell_and_wait(juliet.seat, "2", "two",
	                   "'stream': <uint32 1>, 'stanza': <uint32 2>, 'stanza-id': <'a2'>");
	seat = test_die_and_return(fixture, &juliet, 1);
	g_assert_cmpstr(scripted_seat_get(seat, "archive-after"), ==, "a1");
	/* What is read again is known. */
	test_tell_and_wait(seat, "2", "two", "'origin': <'archive'>, 'stanza-id': <'a2'>");
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "message", "two"), ==, 1);
}

static void
test_live_messages_do_not_skip_the_archive(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	ScriptedSeat *seat;
	ScriptedCall *call;

	core_juliet_sign_in(&juliet, fixture);
	test_tell_and_wait(juliet.seat, "1", "one", "'stanza-id': <'a1'>");
	seat = core_lose_host(fixture, juliet.account, juliet.seat, 1);
	g_assert_cmpstr(scripted_seat_get(seat, "archive-after"), ==, "a1");
	scripted_seat_tell_online(seat);
	/* A page of the archive, then a live message that is newer than the pages to come. */
	test_tell_and_wait(seat, "2", "two", "'origin': <'archive'>, 'stanza-id': <'a2'>");
	test_tell_and_wait(seat, "9", "nine", "'origin': <'live'>, 'stanza-id': <'a9'>");
	seat = core_lose_host(fixture, juliet.account, seat, 2);
	g_assert_cmpstr(scripted_seat_get(seat, "archive-after"), ==, "a2");
	scripted_seat_tell_online(seat);
	test_tell_and_wait(seat, "3", "three", "'origin': <'archive'>, 'stanza-id': <'a3'>");
	test_tell_and_wait(seat, "9", "nine", "'origin': <'archive'>, 'stanza-id': <'a9'>");
	call = scripted_seat_tell(seat, "archive-done",
	                          "{'available': <true>, 'complete': <true>, 'last-id': <'a9'>}");
	SCRIPTED_WAIT(call->answered);
	test_tell_and_wait(seat, "10", "ten", "'origin': <'live'>, 'stanza-id': <'b1'>");
	seat = core_lose_host(fixture, juliet.account, seat, 3);
	g_assert_cmpstr(scripted_seat_get(seat, "archive-after"), ==, "b1");
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "message", "nine"), ==, 1);
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "message", "body"), ==, 5);
}

static void
test_first_sign_in_notes_the_newest(CoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_auto(CoreJuliet) juliet = {0};
	ScriptedSeat *seat;
	ScriptedCall *call;

	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &result);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	g_assert_cmpstr(scripted_seat_get(seat, "archive-after"), ==, "");
	scripted_seat_tell_online(seat);
	juliet.login = core_finish_login(fixture, &result, NULL);
	juliet.account = juliet.login->account;
	call = scripted_seat_tell(seat, "archive-done",
	                          "{'available': <true>, 'complete': <true>, 'last-id': <'z'>}");
	SCRIPTED_WAIT(call->answered);
	seat = core_lose_host(fixture, juliet.account, seat, 1);
	g_assert_cmpstr(scripted_seat_get(seat, "archive-after"), ==, "z");
}

/* What a host was sent before it died, with a server that counts on the archive. */
static void
test_archive_is_asked_from_the_first_sign_in(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	ScriptedSeat *seat;
	gint64 since_s = -1;

	core_juliet_sign_in(&juliet, fixture);
	g_assert_true(g_variant_lookup(juliet.seat->settings, "archive-since", "x", &since_s));
	g_assert_cmpint(since_s, ==, 0); /* no flood */
	seat = core_lose_host(fixture, juliet.account, juliet.seat, 1);
	g_assert_cmpstr(scripted_seat_get(seat, "archive-after"), ==, "");
	g_assert_true(g_variant_lookup(seat->settings, "archive-since", "x", &since_s));
	/* It was empty; and clocks differ. */
	g_assert_cmpint(since_s, >, g_get_real_time() / G_USEC_PER_SEC - 25 * 3600);
	g_assert_cmpint(since_s, <, g_get_real_time() / G_USEC_PER_SEC - 23 * 3600);
}

static void
test_incomplete_archive_holds_the_position(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	ScriptedSeat *seat;
	ScriptedCall *call;

	core_juliet_sign_in(&juliet, fixture);
	test_tell_and_wait(juliet.seat, "1", "one", "'stanza-id': <'a1'>");
	seat = core_lose_host(fixture, juliet.account, juliet.seat, 1);
	scripted_seat_tell_online(seat);
	call = scripted_seat_tell(seat, "archive-done",
	                          "{'available': <true>, 'complete': <false>, 'last-id': <''>}");
	SCRIPTED_WAIT(call->answered);
	test_tell_and_wait(seat, "9", "nine", "'origin': <'live'>, 'stanza-id': <'a9'>");
	seat = core_lose_host(fixture, juliet.account, seat, 2);
	g_assert_cmpstr(scripted_seat_get(seat, "archive-after"), ==, "a1");
}

/* What a host could not read at first it reads later. */
static void
test_archive_is_read_on(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	ScriptedSeat *seat;
	ScriptedCall *call;

	core_juliet_sign_in(&juliet, fixture);
	test_tell_and_wait(juliet.seat, "1", "one", "'stanza-id': <'a1'>");
	seat = core_lose_host(fixture, juliet.account, juliet.seat, 1);
	scripted_seat_tell_online(seat);
	scripted_seat_tell(seat, "archive-done",
	                   "{'available': <true>, 'complete': <false>, 'last-id': <''>}");
	test_tell_and_wait(seat, "2", "two", "'origin': <'archive'>, 'stanza-id': <'a2'>");
	call = scripted_seat_tell(seat, "archive-done",
	                          "{'available': <true>, 'complete': <true>, 'last-id': <'a2'>}");
	SCRIPTED_WAIT(call->answered);
	test_tell_and_wait(seat, "3", "three", "'origin': <'live'>, 'stanza-id': <'a3'>");
	seat = core_lose_host(fixture, juliet.account, seat, 2);
	g_assert_cmpstr(scripted_seat_get(seat, "archive-after"), ==, "a3");
}

static void
test_tell_archived(ScriptedSeat *seat, const char *id, gint64 seconds_ago)
{
	g_autofree char *body = g_strconcat("body of ", id, NULL);
	g_autofree char *more = g_strdup_printf(
		"'origin': <'archive'>, 'stanza-id': <'%s'>, 'time': <int64 %" G_GINT64_FORMAT ">",
		id, g_get_real_time() - seconds_ago * G_USEC_PER_SEC);

	test_tell_and_wait(seat, id, body, more);
}

/* A server may store late, with an older id than one that was read: what came within a minute is
 * asked for again, and known when it comes; what was stored late is new. */
static void
test_position_lies_back(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *token = NULL;
	g_autoptr(BridgeAccount) account = NULL;
	ScriptedSeat *seat;
	gint64 since_s = 0;

	core_juliet_sign_in(&juliet, fixture);
	token = g_strdup(juliet.login->access_token);
	seat = core_lose_host(fixture, juliet.account, juliet.seat, 1);
	scripted_seat_tell_online(seat);
	test_tell_archived(seat, "a1", 2000);
	test_tell_archived(seat, "a2", 1000);
	test_tell_archived(seat, "a4", 990);
	seat = core_lose_host(fixture, juliet.account, seat, 2);
	g_assert_cmpstr(scripted_seat_get(seat, "archive-after"), ==, "a4");
	g_assert_cmpstr(scripted_seat_get(seat, "archive-recent"), ==, "a1\na4");
	g_assert_true(g_variant_lookup(seat->settings, "archive-since", "x", &since_s));
	g_assert_cmpint(since_s, <, g_get_real_time() / G_USEC_PER_SEC - 2000);
	g_clear_pointer(&juliet.login, bridge_login_free);
	core_fixture_restart(fixture);
	account = core_find_account(fixture, token);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	g_assert_true(g_str_has_prefix(scripted_seat_get(seat, "archive-recent"), "a1\n"));
	scripted_seat_tell_online(seat);
	test_tell_archived(seat, "a2", 1000);
	test_tell_archived(seat, "a3", 995);
	test_tell_archived(seat, "a4", 990);
	g_assert_cmpuint(core_count_events(fixture, account, "message", "body of a3"), ==, 1);
	g_assert_cmpuint(core_count_events(fixture, account, "message", "body of"), ==, 4);
}

/* ---- What clients see ------------------------------------------------------------------------ */

static void
test_message_members(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *text = NULL;

	core_juliet_sign_in(&juliet, fixture);
	test_tell_and_wait(juliet.seat, "m1", "<&> \\n", "'encrypted': <true>");
	text = core_read_events(fixture, juliet.account, "message");
	g_assert_cmpstr(text, ==,
	                "{\"id\":\"m1\",\"from\":\"romeo@open.example\",\"resource\":\"orchard\","
	                "\"to\":\"juliet@open.example\",\"body\":\"<&> \\n\","
	                "\"off_the_record\":false,\"delayed\":false,\"encrypted\":true}\n");
}

static void
test_other_clients_messages(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	ScriptedCall *call;
	g_autofree char *text = NULL;

	core_juliet_sign_in(&juliet, fixture);
	call = scripted_seat_tell(juliet.seat, "message",
	                          "{'direction': <'sent'>, 'origin': <'carbon'>, 'id': <'c1'>,"
	                          " 'from': <'juliet@open.example/phone'>,"
	                          " 'to': <'romeo@open.example'>, 'body': <'by phone'>}");
	SCRIPTED_WAIT(call->answered);
	text = core_read_events(fixture, juliet.account, "message.sent");
	g_assert_nonnull(strstr(text, "\"id\":\"c1\",\"device\":null"));
	g_assert_nonnull(strstr(text, "\"to\":\"romeo@open.example\""));
}

/* Anybody can write a stamp: it counts only within the time that we were away. */
static void
test_delay_stamps(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *old = g_strdup_printf("'time': <int64 %" G_GINT64_FORMAT ">",
	                                       g_get_real_time() - 3600 * (gint64)G_USEC_PER_SEC);
	g_autofree char *future =
		g_strdup_printf("'time': <int64 %" G_GINT64_FORMAT ">",
	                        g_get_real_time() + 3600 * (gint64)G_USEC_PER_SEC);
	g_autofree char *archived = g_strconcat("'origin': <'archive'>, ", old, NULL);
	ScriptedSeat *seat;

	core_juliet_sign_in(&juliet, fixture);
	/* Before this we may have been away for any time. */
	test_tell_and_wait(juliet.seat, "1", "while away", old);
	test_tell_and_wait(juliet.seat, "2", "from the future", future);
	seat = test_die_and_return(fixture, &juliet, 1);
	test_tell_and_wait(seat, "3", "forged", old);
	test_tell_and_wait(seat, "4", "archived", archived);
	g_assert_cmpuint(
		core_count_events(fixture, juliet.account, "message",
	                          "while away\",\"off_the_record\":false,\"delayed\":true"),
		==, 1);
	g_assert_cmpuint(
		core_count_events(fixture, juliet.account, "message",
	                          "from the future\",\"off_the_record\":false,\"delayed\":false"),
		==, 1);
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "message",
	                                   "forged\",\"off_the_record\":false,\"delayed\":false"),
	                 ==, 1);
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "message",
	                                   "archived\",\"off_the_record\":false,\"delayed\":true"),
	                 ==, 1);
}

static void
test_tell_contact(ScriptedSeat *seat, const char *jid, const char *name)
{
	g_autofree char *data =
		g_strdup_printf("{'jid': <'%s'>, 'name': <'%s'>,"
	                        " 'groups': <['Verona']>, 'subscription': <'both'>}",
	                        jid, name);

	scripted_seat_tell(seat, "contact", data);
}

static void
test_contacts_are_news_when_they_change(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	GPtrArray *contacts;
	ScriptedCall *call;
	ScriptedSeat *seat;

	core_juliet_sign_in(&juliet, fixture);
	test_tell_contact(juliet.seat, "romeo@open.example", "Romeo");
	test_tell_contact(juliet.seat, "nurse@open.example", "Nurse");
	test_tell_contact(juliet.seat, "paris@open.example", "Paris");
	call = scripted_seat_tell(juliet.seat, "roster-done", "{}");
	SCRIPTED_WAIT(call->answered);
	contacts = bridge_account_get_contacts(juliet.account);
	g_assert_cmpuint(contacts->len, ==, 3);
	g_assert_cmpstr(((BridgeContact *)g_ptr_array_index(contacts, 0))->jid, ==,
	                "nurse@open.example");
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "contact", "{"), ==, 0);
	/* The same roster again, but for one change and one who is gone. */
	seat = test_die_and_return(fixture, &juliet, 1);
	test_tell_contact(seat, "romeo@open.example", "Romeo");
	test_tell_contact(seat, "nurse@open.example", "Angelica");
	call = scripted_seat_tell(seat, "roster-done", "{}");
	SCRIPTED_WAIT(call->answered);
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "contact", "{"), ==, 1);
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "contact", "Angelica"), ==, 1);
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "contact.removed", "paris"), ==,
	                 1);
	g_assert_cmpuint(contacts->len, ==, 2);
}

static void
test_ephemeral_cb(BridgeAccount *account, const char *type, const char *json, gpointer user_data)
{
	GString *text = user_data;

	g_string_append_printf(text, "%s %s\n", type, json);
}

static void
test_presence_is_not_stored(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autoptr(GString) text = g_string_new(NULL);
	ScriptedCall *call;
	guint64 seq;

	core_juliet_sign_in(&juliet, fixture);
	test_tell_contact(juliet.seat, "romeo@open.example", "Romeo");
	seq = bridge_account_get_seq(juliet.account);
	g_signal_connect(juliet.account, "ephemeral", G_CALLBACK(test_ephemeral_cb), text);
	scripted_seat_tell(juliet.seat, "presence",
	                   "{'jid': <'romeo@open.example'>, 'resource': <'a'>, 'show': <'away'>}");
	scripted_seat_tell(juliet.seat, "presence",
	                   "{'jid': <'romeo@open.example'>, 'resource': <'b'>, 'show': <'xa'>}");
	scripted_seat_tell(juliet.seat, "presence",
	                   "{'jid': <'stranger@open.example'>, 'resource': <'b'>, 'show': <'xa'>}");
	call = scripted_seat_tell(
		juliet.seat, "presence",
		"{'jid': <'romeo@open.example'>, 'resource': <'a'>, 'show': <'unavailable'>}");
	SCRIPTED_WAIT(call->answered);
	g_assert_cmpstr(
		text->str, ==,
		"presence {\"jid\":\"romeo@open.example\",\"show\":\"away\",\"status\":\"\"}\n"
		"presence {\"jid\":\"romeo@open.example\",\"show\":\"xa\",\"status\":\"\"}\n");
	g_assert_cmpuint(bridge_account_get_seq(juliet.account), ==, seq);
	g_signal_handlers_disconnect_by_data(juliet.account, text);
}

/* A reader saw the commit before the account was told of it. */
static void
test_seq_of_what_was_read(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	guint64 seq;

	core_juliet_sign_in(&juliet, fixture);
	seq = bridge_account_get_seq(juliet.account);
	bridge_account_raise_seq(juliet.account, seq + 1);
	g_assert_cmpuint(bridge_account_get_seq(juliet.account), ==, seq + 1);
	bridge_account_raise_seq(juliet.account, seq);
	g_assert_cmpuint(bridge_account_get_seq(juliet.account), ==, seq + 1);
	/* and the news of it does not count twice */
	test_tell_and_wait(juliet.seat, "r1", "that one", "'stanza': <uint32 1>");
	g_assert_cmpuint(bridge_account_get_seq(juliet.account), ==, seq + 1);
}

static void
test_noise_from_a_host(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	ScriptedCall *call;

	core_juliet_sign_in(&juliet, fixture);
	scripted_seat_tell(juliet.seat, "surprise", "{}");
	scripted_seat_tell(juliet.seat, "message", "('received', 'live')");
	scripted_seat_tell(juliet.seat, "contact", "('romeo@open.example',)");
	scripted_seat_tell(juliet.seat, "contact", "{'jid': <7>, 'groups': <'x'>}");
	scripted_seat_tell(juliet.seat, "presence", "{}");
	scripted_seat_tell(juliet.seat, "features", "{'features': <7>}");
	scripted_seat_tell(juliet.seat, "acknowledged", "{'stream': <'x'>}");
	scripted_seat_tell(juliet.seat, "message-status", "{'id': <'?'>, 'status': <'accepted'>}");
	call = scripted_seat_tell(juliet.seat, "state", "{'state': <'confused'>}");
	SCRIPTED_WAIT(call->answered);
	g_assert_cmpint(bridge_account_get_state(juliet.account), ==, BRIDGE_ACCOUNT_ONLINE);
}

/* ---- Its end --------------------------------------------------------------------------------- */

static void
test_erased_cb(BridgeAccount *account, gpointer user_data)
{
	*(gboolean *)user_data = TRUE;
}

static void
test_erase_wins(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *id = NULL;
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GPtrArray) accounts = NULL;
	g_autoptr(GError) error = NULL;
	gboolean told = FALSE;

	core_juliet_sign_in(&juliet, fixture);
	id = g_strdup(bridge_account_get_id(juliet.account));
	g_signal_connect(juliet.account, "erased", G_CALLBACK(test_erased_cb), &told);
	/* A message on its way, one more while it signs out. */
	scripted_store_hold(fixture->store, TRUE);
	test_tell_message(juliet.seat, "1", "one", "'stanza-id': <'a1'>");
	SCRIPTED_WAIT(scripted_store_count_held(fixture->store) > 0);
	bridge_accounts_erase_async(fixture->accounts, juliet.account, core_done_cb, &result);
	test_tell_message(juliet.seat, "2", "two", "'stanza-id': <'a2'>");
	scripted_store_hold(fixture->store, FALSE);
	SCRIPTED_WAIT(result != NULL);
	g_assert_true(bridge_accounts_erase_finish(fixture->accounts, result, &error));
	g_assert_no_error(error);
	g_assert_true(told);
	g_assert_true(juliet.seat->signed_out);
	g_assert_false(core_authenticate(fixture, juliet.login->access_token, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_ACCOUNT_ERASED);
	g_clear_error(&error);
	g_assert_null(core_send(juliet.account, "x", "late", &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_ACCOUNT_ERASED);
	accounts = bridge_store_testing_load_accounts(fixture->sqlite, NULL);
	g_assert_cmpuint(accounts->len, ==, 0);
}

static void
test_erase_that_fails_leaves_it(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autoptr(GError) error = NULL;

	core_juliet_sign_in(&juliet, fixture);
	scripted_store_fail(fixture->store, TRUE);
	g_assert_false(core_erase(fixture, juliet.account, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE);
	scripted_store_fail(fixture->store, FALSE);
	g_assert_true(core_authenticate(fixture, juliet.login->access_token, NULL));
	scripted_seat_go_online(scripted_hosts_wait_for_seat(fixture->hosts, 1));
	test_wait_for_state(juliet.account, BRIDGE_ACCOUNT_ONLINE);
}

static void
test_erased_account_may_come_back(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autoptr(BridgeLogin) again = NULL;
	ScriptedSeat *seat;

	core_juliet_sign_in(&juliet, fixture);
	g_assert_true(core_erase(fixture, juliet.account, NULL));
	again = core_login(fixture, "juliet@open.example", &seat);
	g_assert_true(again->account != juliet.account);
	g_assert_cmpuint(again->seq, ==, 0);
}

/* ---- Devices --------------------------------------------------------------------------------- */

static void
test_device_signs_out(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GAsyncResult) unknown = NULL;
	g_autoptr(GError) error = NULL;

	core_juliet_sign_in(&juliet, fixture);
	g_assert_true(core_authenticate(fixture, juliet.login->access_token, NULL));
	bridge_accounts_remove_device_async(fixture->accounts, juliet.account, "somebody-elses",
	                                    core_done_cb, &unknown);
	SCRIPTED_WAIT(unknown != NULL);
	g_assert_false(bridge_accounts_remove_device_finish(fixture->accounts, unknown, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_FOUND);
	g_clear_error(&error);
	bridge_accounts_remove_device_async(fixture->accounts, juliet.account,
	                                    juliet.login->device->id, core_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	g_assert_true(bridge_accounts_remove_device_finish(fixture->accounts, result, &error));
	g_assert_false(core_authenticate(fixture, juliet.login->access_token, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_TOKEN_REVOKED);
	/* The account stays. */
	g_assert_cmpint(bridge_account_get_state(juliet.account), ==, BRIDGE_ACCOUNT_ONLINE);
	g_assert_false(juliet.seat->signed_out);
}

static void
test_unknown_tokens(CoreFixture *fixture, gconstpointer data)
{
	g_autofree char *endless = g_strnfill(100000, 'x');
	const char *tokens[] = {"", "guess", endless};

	for (guint i = 0; i < G_N_ELEMENTS(tokens); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(core_authenticate(fixture, tokens[i], &error));
		g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_TOKEN_UNKNOWN);
	}
}

static gboolean
test_ack(CoreFixture *fixture, CoreJuliet *juliet, guint64 seq, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	bridge_accounts_ack_async(fixture->accounts, juliet->account, juliet->login->device->id,
	                          seq, core_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	return bridge_accounts_ack_finish(fixture->accounts, result, error);
}

static guint64
test_get_acked(CoreFixture *fixture, CoreJuliet *juliet)
{
	g_autoptr(BridgeAccount) account = NULL;
	g_autoptr(BridgeDeviceRecord) device = NULL;

	account = core_identify(fixture, juliet->login->access_token, &device, NULL);
	g_assert_nonnull(account);
	return device->acked_seq;
}

static void
test_acknowledged_position(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autoptr(GError) error = NULL;

	core_juliet_sign_in(&juliet, fixture);
	g_assert_cmpuint(test_get_acked(fixture, &juliet), ==, 0);
	g_assert_true(test_ack(fixture, &juliet, 2, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(test_get_acked(fixture, &juliet), ==, 2);
	g_assert_true(test_ack(fixture, &juliet, 1, &error)); /* never back */
	g_assert_cmpuint(test_get_acked(fixture, &juliet), ==, 2);
	g_assert_false(test_ack(fixture, &juliet, 3, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID);
}

/* ---- The configuration changes --------------------------------------------------------------- */

static void
test_put_account(CoreFixture *fixture, const char *id, const char *endpoint)
{
	g_autoptr(GBytes) credential = g_bytes_new_static("token", 5);
	BridgeAccountRecord record = {.id = (char *)id,
	                              .protocol = (char *)"googletalk",
	                              .username = (char *)"juliet@fixed.example",
	                              .endpoint = (char *)endpoint,
	                              .mechanism = (char *)"token",
	                              .resource = (char *)"bridge",
	                              .credential = credential,
	                              .created_us = 1};
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_put_account(batch, &record);
	bridge_store_testing_commit(fixture->sqlite, batch);
}

/* The administrator moved the server: the account moves with it, but two never become one. */
static void
test_server_moves(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat;
	g_autoptr(BridgeLogin) login = NULL;
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GPtrArray) accounts = NULL;

	test_put_account(fixture, "old", "198.51.100.7:5222");
	core_fixture_restart(fixture);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	g_assert_cmpstr(scripted_seat_get(seat, "server"), ==, "192.0.2.1");
	scripted_seat_go_online(seat);
	core_begin_login(fixture, "juliet@fixed.example", NULL, "token", NULL, &result);
	login = core_finish_login(fixture, &result, NULL);
	g_assert_cmpstr(bridge_account_get_id(login->account), ==, "old");
	g_clear_pointer(&login, bridge_login_free);
	test_put_account(fixture, "aaa", "203.0.113.9:5222");
	test_put_account(fixture, "zzz", "203.0.113.8:5222");
	core_fixture_restart(fixture);
	scripted_hosts_wait_for_seat(fixture->hosts, 0);
	scripted_iterate();
	g_assert_cmpuint(scripted_hosts_count_seats(fixture->hosts), ==, 1);
	accounts = bridge_store_testing_load_accounts(fixture->sqlite, NULL);
	g_assert_cmpuint(accounts->len, ==, 3);
}

static void
test_ask(ScriptedSeat *seat, const char *type, guint number)
{
	g_autofree char *data = g_strdup_printf("{'jid': <'stranger%u@open.example'>}", number);
	ScriptedCall *call = scripted_seat_tell(seat, type, data);

	SCRIPTED_WAIT(call->answered);
}

/* Strangers cannot fill the store with what they ask; chat servers remind of the rest. */
static void
test_requests_have_a_limit(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autoptr(GPtrArray) full = NULL;
	g_autoptr(GPtrArray) again = NULL;

	core_juliet_sign_in(&juliet, fixture);
	for (guint i = 0; i < BRIDGE_REQUESTS_MAX + 10; i++)
		test_ask(juliet.seat, "subscription-request", i);
	full = bridge_requests_list(juliet.login->account);
	g_assert_cmpuint(full->len, ==, BRIDGE_REQUESTS_MAX);
	g_assert_cmpuint(core_count_events(fixture, juliet.login->account, "subscription.request",
	                                   "stranger"),
	                 ==, BRIDGE_REQUESTS_MAX);
	/* One is settled: another finds room. */
	test_ask(juliet.seat, "subscription-withdrawn", 0);
	test_ask(juliet.seat, "subscription-request", BRIDGE_REQUESTS_MAX);
	again = bridge_requests_list(juliet.login->account);
	g_assert_cmpuint(again->len, ==, BRIDGE_REQUESTS_MAX);
}

static void
test_add(const char *name, void (*func)(CoreFixture *fixture, gconstpointer data))
{
	g_autofree char *path = g_strconcat("/bridge-account/", name, NULL);

	g_test_add(path, CoreFixture, NULL, core_fixture_set_up, func, core_fixture_tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* Warnings are part of what is tested here: hosts die, stores fail. */
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
	test_add("tries-go-apart", test_tries_go_apart);
	test_add("silence", test_silence_is_waited_out);
	test_add("patience", test_patience_ends_with_the_sign_in);
	test_add("answers-when-durable", test_answers_when_durable);
	test_add("tells-readers-in-order", test_tells_readers_in_order);
	test_add("store-failure-brings-it-again", test_store_failure_brings_it_again);
	test_add("what-was-not-acknowledged-comes-once", test_what_was_not_acknowledged_comes_once);
	test_add("what-was-acknowledged-is-no-repetition",
	         test_what_was_acknowledged_is_no_repetition);
	test_add("repetition-is-known-after-a-restart", test_repetition_is_known_after_a_restart);
	test_add("position-follows-what-the-server-was-told",
	         test_position_follows_what_the_server_was_told);
	test_add("live-messages-do-not-skip-the-archive",
	         test_live_messages_do_not_skip_the_archive);
	test_add("first-sign-in-notes-the-newest", test_first_sign_in_notes_the_newest);
	test_add("archive-is-asked-from-the-first-sign-in",
	         test_archive_is_asked_from_the_first_sign_in);
	test_add("incomplete-archive-holds-the-position",
	         test_incomplete_archive_holds_the_position);
	test_add("archive-is-read-on", test_archive_is_read_on);
	test_add("position-lies-back", test_position_lies_back);
	test_add("message-members", test_message_members);
	test_add("other-clients-messages", test_other_clients_messages);
	test_add("delay-stamps", test_delay_stamps);
	test_add("contacts-are-news-when-they-change", test_contacts_are_news_when_they_change);
	test_add("presence-is-not-stored", test_presence_is_not_stored);
	test_add("seq-of-what-was-read", test_seq_of_what_was_read);
	test_add("noise-from-a-host", test_noise_from_a_host);
	test_add("erase-wins", test_erase_wins);
	test_add("erase-that-fails-leaves-it", test_erase_that_fails_leaves_it);
	test_add("erased-account-may-come-back", test_erased_account_may_come_back);
	test_add("device-signs-out", test_device_signs_out);
	test_add("unknown-tokens", test_unknown_tokens);
	test_add("acknowledged-position", test_acknowledged_position);
	test_add("server-moves", test_server_moves);
	test_add("requests-have-a-limit", test_requests_have_a_limit);
	return g_test_run();
}
