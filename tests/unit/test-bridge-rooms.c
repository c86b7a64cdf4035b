/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-core-testing.h"
#include "base/bridge-error.h"
#include "account/bridge-rooms.h"

#define BALL "ball@muc.example"
#define JOINED "{'nick': <'juliet'>}"
#define READY "{'jid': <'" BALL "'>}"

static void
test_sign_in(CoreFixture *fixture, CoreJuliet *juliet, const char *answer)
{
	juliet->login = core_login(fixture, "juliet@open.example", &juliet->seat);
	juliet->account = juliet->login->account;
	juliet->seat->host->request_answer = answer;
}

static gboolean
test_join(BridgeAccount *account, const char *nick, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	bridge_rooms_join_async(account, BALL, nick, g_variant_new_parsed("{'password': 'rose'}"),
	                        core_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	return bridge_rooms_join_finish(account, result, error);
}

static void
test_tell(ScriptedSeat *seat, const char *type, const char *data)
{
	ScriptedCall *call = scripted_seat_tell(seat, type, data);

	SCRIPTED_WAIT(call->answered);
}

/* In the room, whose history has been told. */
static void
test_enter(CoreFixture *fixture, CoreJuliet *juliet)
{
	g_autoptr(GError) error = NULL;

	test_sign_in(fixture, juliet, JOINED);
	g_assert_true(test_join(juliet->account, NULL, &error));
	g_assert_no_error(error);
	test_tell(juliet->seat, "room-ready", READY);
}

/* The host dies; the next one answers @answer. */
static void
test_die_and_return(CoreFixture *fixture, CoreJuliet *juliet, guint index, const char *answer)
{
	juliet->seat = core_lose_host(fixture, juliet->account, juliet->seat, index);
	juliet->seat->host->request_answer = answer;
	scripted_seat_go_online(juliet->seat);
}

/* @ago_s: 0 for now */
static void
test_say(CoreJuliet *juliet, const char *nick, const char *id, const char *body, gint64 ago_s)
{
	gint64 time_us = ago_s > 0 ? g_get_real_time() - ago_s * G_USEC_PER_SEC : 0;
	g_autofree char *data = g_strdup_printf("{'jid': <'" BALL
	                                        "'>, 'nick': <'%s'>, 'id': <'%s'>, 'body': <'%s'>,"
	                                        " 'time': <int64 %" G_GINT64_FORMAT ">}",
	                                        nick, id, body, time_us);

	test_tell(juliet->seat, "room-message", data);
}

static void
test_wait_for_events(CoreFixture *fixture, CoreJuliet *juliet, const char *type,
                     const char *containing, guint count)
{
	SCRIPTED_WAIT(core_count_events(fixture, juliet->account, type, containing) >= count);
	g_assert_cmpuint(core_count_events(fixture, juliet->account, type, containing), ==, count);
}

static char *
test_send(CoreJuliet *juliet, const char *id)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeOutgoingRecord) record = NULL;

	bridge_account_send_async(juliet->account, "device", id, BALL, "ay me", core_done_cb,
	                          &result);
	SCRIPTED_WAIT(result != NULL);
	record = bridge_account_send_finish(juliet->account, result, &error);
	g_assert_no_error(error);
	return g_strdup(record->wire_id);
}

static BridgeRoomState
test_get_state(CoreJuliet *juliet)
{
	const BridgeRoom *room = bridge_rooms_find(juliet->account, BALL);

	g_assert_nonnull(room);
	return room->state;
}

/* ---- In and out ------------------------------------------------------------------------------ */

static void
test_entered_again(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	ScriptedRequest *request;
	g_autoptr(GVariant) components = NULL;
	const char *text = NULL;
	gint64 since_us = 0;

	test_enter(fixture, &juliet);
	request = scripted_host_wait_for_request(juliet.seat->host, 0);
	g_assert_cmpstr(request->command, ==, "room-join");
	g_assert_true(g_variant_lookup(request->arguments, "since", "x", &since_us));
	g_assert_cmpint(since_us, ==, 0);
	test_die_and_return(fixture, &juliet, 1, JOINED);
	request = scripted_host_wait_for_request(juliet.seat->host, 0);
	g_assert_true(g_variant_lookup(request->arguments, "nick", "&s", &text));
	g_assert_cmpstr(text, ==, "juliet");
	components =
		g_variant_lookup_value(request->arguments, "components", G_VARIANT_TYPE("a{ss}"));
	g_assert_true(g_variant_lookup(components, "password", "&s", &text));
	g_assert_true(g_variant_lookup(request->arguments, "since", "x", &since_us));
	g_assert_cmpint(since_us, >, g_get_real_time() - 2 * BRIDGE_ROOM_SLACK_US);
	SCRIPTED_WAIT(test_get_state(&juliet) == BRIDGE_ROOM_JOINED);
	test_wait_for_events(fixture, &juliet, "room.state", "joined", 1);
}

static void
test_refused(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autoptr(GError) error = NULL;

	test_sign_in(fixture, &juliet, "{'reason': <'banned'>, 'detail': <'Not you'>}");
	g_assert_false(test_join(juliet.account, NULL, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_ROOM_BANNED);
	g_assert_cmpstr(error->message, ==, "Not you");
	g_assert_null(bridge_rooms_find(juliet.account, BALL));
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "room.state", NULL), ==, 0);
}

static void
test_trouble_passes(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *wire_id = NULL;

	test_enter(fixture, &juliet);
	test_die_and_return(fixture, &juliet, 1, "{'reason': <'unreachable'>}");
	test_wait_for_events(fixture, &juliet, "room.state", "waiting", 1);
	g_assert_cmpint(test_get_state(&juliet), ==, BRIDGE_ROOM_WAITING);
	wire_id = test_send(&juliet, "m1");
	juliet.seat->host->request_answer = JOINED;
	test_wait_for_events(fixture, &juliet, "room.state", "joined", 2);
	g_assert_cmpstr(scripted_host_wait_for_message(juliet.seat->host, 0)->id, ==, wire_id);
}

static void
test_closed_for_good(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *wire_id = NULL;

	test_enter(fixture, &juliet);
	test_die_and_return(fixture, &juliet, 1, "{'reason': <'unreachable'>}");
	test_wait_for_events(fixture, &juliet, "room.state", "waiting", 1);
	wire_id = test_send(&juliet, "m1");
	juliet.seat->host->request_answer = "{'reason': <'banned'>}";
	test_wait_for_events(fixture, &juliet, "room.state", "\"left\"", 1);
	test_wait_for_events(fixture, &juliet, "message.status", "failed", 1);
	g_assert_null(bridge_rooms_find(juliet.account, BALL));
}

static void
test_nobody_wants_to_be_there(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};

	test_sign_in(fixture, &juliet, "{}");
	test_tell(juliet.seat, "room-joined", "{'jid': <'" BALL "'>, 'nick': <'juliet'>}");
	g_assert_cmpstr(scripted_host_wait_for_request(juliet.seat->host, 0)->command, ==,
	                "room-leave");
	test_say(&juliet, "tybalt", "1", "boo", 0);
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "room.message", NULL), ==, 0);
}

/* ---- What is said ---------------------------------------------------------------------------- */

static void
test_history_once(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};

	test_enter(fixture, &juliet);
	test_say(&juliet, "romeo", "1", "ay", 0);
	test_say(&juliet, "romeo", "1", "ay", 0);
	test_die_and_return(fixture, &juliet, 1, JOINED);
	scripted_host_wait_for_request(juliet.seat->host, 0);
	test_say(&juliet, "romeo", "1", "ay", 2);
	test_say(&juliet, "romeo", "1", "ay", 1);
	test_say(&juliet, "romeo", "2", "missed", 1);
	test_say(&juliet, "nurse", "1", "ay", 1);
	test_tell(juliet.seat, "room-ready", READY);
	test_say(&juliet, "romeo", "1", "ay", 0);
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "room.message", "romeo"), ==,
	                 4);
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "room.message", "nurse"), ==,
	                 1);
}

/* ---- Messages in doubt ----------------------------------------------------------------------- */

/* Sent when the host died: nobody knows whether the room has it. */
static char *
test_leave_in_doubt(CoreFixture *fixture, CoreJuliet *juliet)
{
	char *wire_id;

	test_enter(fixture, juliet);
	wire_id = test_send(juliet, "m1");
	scripted_host_wait_for_message(juliet->seat->host, 0);
	test_die_and_return(fixture, juliet, 1, JOINED);
	SCRIPTED_WAIT(test_get_state(juliet) == BRIDGE_ROOM_JOINED);
	g_assert_cmpuint(juliet->seat->host->sent->len, ==, 0);
	return wire_id;
}

static void
test_history_shows_it(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *wire_id = test_leave_in_doubt(fixture, &juliet);

	test_say(&juliet, "juliet", wire_id, "ay me", 1);
	test_tell(juliet.seat, "room-ready", READY);
	test_wait_for_events(fixture, &juliet, "message.status", "accepted", 1);
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "room.message", NULL), ==, 0);
	g_assert_cmpuint(juliet.seat->host->sent->len, ==, 0);
}

static void
test_history_does_not_show_it(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *wire_id = test_leave_in_doubt(fixture, &juliet);

	test_say(&juliet, "romeo", "1", "before", 60);
	test_tell(juliet.seat, "room-ready", READY);
	g_assert_cmpstr(scripted_host_wait_for_message(juliet.seat->host, 0)->id, ==, wire_id);
}

static void
test_no_history_to_tell(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *wire_id = test_leave_in_doubt(fixture, &juliet);

	test_tell(juliet.seat, "room-ready", READY);
	test_wait_for_events(fixture, &juliet, "message.status", "unknown", 1);
	g_assert_cmpuint(juliet.seat->host->sent->len, ==, 0);
}

/* Somebody else in the room knows the id, too. */
static void
test_others_cannot_stand_for_it(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *wire_id = NULL;

	test_enter(fixture, &juliet);
	wire_id = test_send(&juliet, "m1");
	test_say(&juliet, "tybalt", wire_id, "boo", 0);
	test_wait_for_events(fixture, &juliet, "room.message", "tybalt", 1);
	g_assert_cmpuint(core_count_events(fixture, juliet.account, "message.status", "accepted"),
	                 ==, 0);
}

static void
test_return(CoreJuliet *juliet, const char *wire_id)
{
	g_autofree char *data = g_strdup_printf(
		"{'id': <'%s'>, 'status': <'failed'>, 'reason': <'not-acceptable'>}", wire_id);

	test_tell(juliet->seat, "message-status", data);
}

/* The chat server's word, which may come later than the room's. */
static void
test_accept(CoreJuliet *juliet, const char *wire_id)
{
	g_autofree char *data = g_strdup_printf("{'id': <'%s'>, 'status': <'accepted'>}", wire_id);

	test_tell(juliet->seat, "message-status", data);
}

/* The room had forgotten the account. It has told nobody, so it goes again, behind the entry, and
 * before what was said later. */
static void
test_returned_goes_again(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	ScriptedHost *host;

	test_enter(fixture, &juliet);
	host = juliet.seat->host;
	first = test_send(&juliet, "m1");
	test_wait_for_events(fixture, &juliet, "message.status", "sent", 1);
	test_return(&juliet, first);
	test_accept(&juliet, first);
	second = test_send(&juliet, "m2");
	g_assert_cmpuint(host->sent->len, ==, 1);
	test_wait_for_events(fixture, &juliet, "message.status", "accepted", 0);
	test_tell(juliet.seat, "room-left", "{'jid': <'" BALL "'>, 'reason': <'disconnected'>}");
	g_assert_cmpstr(scripted_host_wait_for_message(host, 1)->id, ==, first);
	g_assert_cmpstr(scripted_host_wait_for_message(host, 2)->id, ==, second);
	test_wait_for_events(fixture, &juliet, "message.status", "sent", 3);
	test_wait_for_events(fixture, &juliet, "message.status", "failed", 0);
	/* Whatever the room has against it this time. */
	test_return(&juliet, first);
	test_wait_for_events(fixture, &juliet, "message.status", "failed", 1);
	g_assert_cmpuint(host->sent->len, ==, 3);
}

/* Others in the room know the id by then. */
static void
test_returned_after_it_was_said(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *wire_id = NULL;

	test_enter(fixture, &juliet);
	wire_id = test_send(&juliet, "m1");
	scripted_host_wait_for_message(juliet.seat->host, 0);
	test_say(&juliet, "juliet", wire_id, "ay me", 0);
	test_return(&juliet, wire_id);
	test_tell(juliet.seat, "room-left", "{'jid': <'" BALL "'>, 'reason': <'disconnected'>}");
	SCRIPTED_WAIT(test_get_state(&juliet) == BRIDGE_ROOM_JOINED);
	test_wait_for_events(fixture, &juliet, "message.status", "failed", 1);
	g_assert_cmpuint(juliet.seat->host->sent->len, ==, 1);
}

static void
test_returned_over_a_restart(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autofree char *wire_id = NULL;

	test_enter(fixture, &juliet);
	wire_id = test_send(&juliet, "m1");
	scripted_host_wait_for_message(juliet.seat->host, 0);
	test_return(&juliet, wire_id);
	test_die_and_return(fixture, &juliet, 1, JOINED);
	test_tell(juliet.seat, "room-ready", READY);
	g_assert_cmpstr(scripted_host_wait_for_message(juliet.seat->host, 0)->id, ==, wire_id);
}

/* Whoever asks last has it: what leaving still has to do must not lead out again. */
static void
test_left_and_entered_at_once(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) juliet = {0};
	g_autoptr(GAsyncResult) left = NULL;
	g_autoptr(GAsyncResult) joined = NULL;
	g_autoptr(GError) error = NULL;
	GPtrArray *requests;

	test_enter(fixture, &juliet);
	requests = juliet.seat->host->requests;
	scripted_store_hold(fixture->store, TRUE);
	bridge_rooms_leave_async(juliet.account, BALL, core_done_cb, &left);
	bridge_rooms_join_async(juliet.account, BALL, NULL, NULL, core_done_cb, &joined);
	SCRIPTED_WAIT(requests->len == 2);
	scripted_store_hold(fixture->store, FALSE);
	SCRIPTED_WAIT(left != NULL && joined != NULL);
	g_assert_true(bridge_rooms_leave_finish(juliet.account, left, &error));
	g_assert_no_error(error);
	g_assert_true(bridge_rooms_join_finish(juliet.account, joined, &error));
	g_assert_no_error(error);
	g_assert_cmpint(test_get_state(&juliet), ==, BRIDGE_ROOM_JOINED);
	g_assert_cmpuint(requests->len, ==, 2);
	g_assert_cmpstr(scripted_host_wait_for_request(juliet.seat->host, 1)->command, ==,
	                "room-join");
}

#define ADD(name, function)                                                                        \
	g_test_add("/bridge-rooms/" name, CoreFixture, NULL, core_fixture_set_up, function,        \
	           core_fixture_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* Warnings are part of what is tested here: hosts die. */
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
	ADD("entered-again", test_entered_again);
	ADD("refused", test_refused);
	ADD("trouble-passes", test_trouble_passes);
	ADD("closed-for-good", test_closed_for_good);
	ADD("returned/again", test_returned_goes_again);
	ADD("returned/said", test_returned_after_it_was_said);
	ADD("returned/restart", test_returned_over_a_restart);
	ADD("left-and-entered", test_left_and_entered_at_once);
	ADD("unwanted", test_nobody_wants_to_be_there);
	ADD("history-once", test_history_once);
	ADD("doubt/history-shows-it", test_history_shows_it);
	ADD("doubt/history-does-not", test_history_does_not_show_it);
	ADD("doubt/no-history", test_no_history_to_tell);
	ADD("doubt/others", test_others_cannot_stand_for_it);
	return g_test_run();
}
