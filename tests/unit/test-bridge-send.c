/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "bridge-core-testing.h"
#include "base/bridge-error.h"
#include "link/bridge-link.h"
#include "bridge-store-testing.h"

#define ARCHIVE_COMPLETE "{'available': <true>, 'complete': <true>, 'last-id': <''>}"
#define ARCHIVE_INCOMPLETE "{'available': <true>, 'complete': <false>, 'last-id': <''>}"
#define ARCHIVE_NONE "{'available': <false>, 'complete': <false>, 'last-id': <''>}"

#define STATUS(id, status)                                                                         \
	"{\"id\":\"" id                                                                            \
	"\",\"device\":\"device\",\"to\":\"romeo@open.example\",\"status\":\"" status "\"}\n"

static BridgeLogin *
test_sign_in(CoreFixture *fixture, ScriptedSeat **seat)
{
	BridgeLogin *login = core_login(fixture, "juliet@open.example", seat);

	SCRIPTED_WAIT(bridge_account_get_seq(login->account) == 2); /* connecting, online */
	return login;
}

static void
test_send_good(BridgeAccount *account, const char *id, const char *body)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeOutgoingRecord) record = core_send(account, id, body, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(record->id, ==, id);
	g_assert_cmpuint(record->seq, >, 0);
}

static void
test_tell_status(ScriptedSeat *seat, const char *wire_id, const char *more)
{
	g_autofree char *data = g_strdup_printf("{'id': <'%s'>, %s}", wire_id, more);
	ScriptedCall *call = scripted_seat_tell(seat, "message-status", data);

	SCRIPTED_WAIT(call->answered);
}

static void
test_tell_archive(ScriptedSeat *seat, const char *data)
{
	ScriptedCall *call = scripted_seat_tell(seat, "archive-done", data);

	SCRIPTED_WAIT(call->answered);
}

/* The host dies; returns the next session, online but with its archive still to be read. */
static ScriptedSeat *
test_die_and_return(CoreFixture *fixture, BridgeAccount *account, ScriptedSeat *seat, guint index)
{
	ScriptedSeat *next = core_lose_host(fixture, account, seat, index);

	scripted_seat_tell_online(next);
	return next;
}

static void
test_wait_for_events(CoreFixture *fixture, BridgeAccount *account, const char *type,
                     const char *containing, guint count)
{
	SCRIPTED_WAIT(core_count_events(fixture, account, type, containing) >= count);
	g_assert_cmpuint(core_count_events(fixture, account, type, containing), ==, count);
}

/* ---- The ordinary way ------------------------------------------------------------------------ */

static void
test_sent_and_accepted(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	ScriptedMessage *message;
	g_autofree char *text = NULL;
	g_autofree char *statuses = NULL;

	test_send_good(login->account, "m1", "hello");
	message = scripted_host_wait_for_message(seat->host, 0);
	g_assert_cmpstr(message->seat_id, ==, seat->id);
	g_assert_cmpstr(message->to, ==, "romeo@open.example");
	g_assert_cmpstr(message->body, ==, "hello");
	g_assert_cmpstr(message->id, !=, "m1");
	test_wait_for_events(fixture, login->account, "message.status", "\"sent\"", 1);
	test_tell_status(seat, message->id, "'status': <'accepted'>");
	test_wait_for_events(fixture, login->account, "message.status", "\"accepted\"", 1);
	text = core_read_events(fixture, login->account, "message.sent");
	g_assert_cmpstr(text, ==,
	                "{\"id\":\"m1\",\"device\":\"device\",\"from\":\"juliet@open.example\","
	                "\"to\":\"romeo@open.example\",\"body\":\"hello\",\"off_the_record\":false,"
	                "\"delayed\":false,\"encrypted\":false}\n");
	statuses = core_read_events(fixture, login->account, "message.status");
	g_assert_cmpstr(statuses, ==,
	                STATUS("m1", "queued") STATUS("m1", "sent") STATUS("m1", "accepted"));
}

/* Asked at one domain, bound at another: it is the bound one that writes. */
static void
test_own_address_is_the_bound_one(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	ScriptedCall *call;

	call = scripted_seat_tell(
		seat, "message",
		"{'direction': <'received'>, 'from': <'r@open.example/o'>, 'body': <'x'>}");
	SCRIPTED_WAIT(call->answered);
	scripted_seat_tell(seat, "state", "{'state': <'offline'>, 'reason': <'server'>}");
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 1);
	scripted_seat_tell(seat, "state",
	                   "{'state': <'online'>, 'bound-jid': <'juliet@canonical.example/r'>}");
	SCRIPTED_WAIT(bridge_account_get_state(login->account) == BRIDGE_ACCOUNT_ONLINE);
	test_send_good(login->account, "m1", "hello");
	g_assert_cmpuint(core_count_events(fixture, login->account, "message.sent",
	                                   "\"from\":\"juliet@canonical.example\""),
	                 ==, 1);
	call = scripted_seat_tell(seat, "message", "{'direction': <'received'>, 'body': <'y'>}");
	SCRIPTED_WAIT(call->answered);
	g_assert_cmpuint(core_count_events(fixture, login->account, "message",
	                                   "\"from\":\"juliet@canonical.example\""),
	                 ==, 1);
}

static void
test_durable_before_the_answer(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(BridgeOutgoingRecord) record = NULL;

	scripted_store_hold(fixture->store, TRUE);
	bridge_account_send_async(login->account, "device", "m1", "romeo@open.example", "hello",
	                          core_done_cb, &result);
	SCRIPTED_WAIT(scripted_store_count_held(fixture->store) > 0);
	scripted_iterate();
	g_assert_null(result);
	g_assert_cmpuint(seat->host->sent->len, ==, 0);
	scripted_store_hold(fixture->store, FALSE);
	SCRIPTED_WAIT(result != NULL);
	record = bridge_account_send_finish(login->account, result, NULL);
	g_assert_nonnull(record);
	scripted_host_wait_for_message(seat->host, 0);
}

static void
test_same_again_sends_once(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	g_autoptr(BridgeOutgoingRecord) first = core_send(login->account, "m1", "hello", NULL);
	g_autoptr(BridgeOutgoingRecord) second = core_send(login->account, "m1", "hello", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(first->seq, ==, second->seq);
	g_assert_null(core_send(login->account, "m1", "other", &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_CONFLICT);
	test_send_good(login->account, "m2", "hello");
	scripted_host_wait_for_message(seat->host, 1);
	g_assert_cmpuint(seat->host->sent->len, ==, 2);
	g_assert_cmpuint(core_count_events(fixture, login->account, "message.sent", "{"), ==, 2);
}

/* While the first is still on its way to the disk. */
static void
test_same_at_the_same_time(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	const char *bodies[] = {"hello", "hello", "other"};
	GAsyncResult *results[3] = {NULL};
	g_autoptr(BridgeOutgoingRecord) first = NULL;
	g_autoptr(BridgeOutgoingRecord) second = NULL;
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < 3; i++)
		bridge_account_send_async(login->account, "device", "m1", "romeo@open.example",
		                          bodies[i], core_done_cb, &results[i]);
	SCRIPTED_WAIT(results[0] != NULL && results[1] != NULL && results[2] != NULL);
	first = bridge_account_send_finish(login->account, results[0], NULL);
	second = bridge_account_send_finish(login->account, results[1], NULL);
	g_assert_nonnull(first);
	g_assert_nonnull(second);
	g_assert_cmpuint(first->seq, ==, second->seq);
	g_assert_null(bridge_account_send_finish(login->account, results[2], &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_CONFLICT);
	scripted_host_wait_for_message(seat->host, 0);
	g_assert_cmpuint(seat->host->sent->len, ==, 1);
	for (guint i = 0; i < 3; i++)
		g_object_unref(results[i]);
}

static void
test_known_after_a_restart(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	g_autofree char *token = g_strdup(login->access_token);
	g_autoptr(BridgeOutgoingRecord) before = core_send(login->account, "m1", "hello", NULL);
	g_autoptr(BridgeOutgoingRecord) after = NULL;
	g_autoptr(BridgeAccount) account = NULL;

	test_tell_status(seat, scripted_host_wait_for_message(seat->host, 0)->id,
	                 "'status': <'accepted'>");
	g_clear_pointer(&login, bridge_login_free);
	core_fixture_restart(fixture);
	account = core_find_account(fixture, token);
	after = core_send(account, "m1", "hello", NULL);
	g_assert_nonnull(after);
	g_assert_cmpuint(after->seq, ==, before->seq);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	scripted_seat_go_online(seat);
	test_send_good(account, "m2", "next");
	g_assert_cmpstr(scripted_host_wait_for_message(seat->host, 0)->body, ==, "next");
}

static void
test_refused_by_the_server(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	ScriptedMessage *message;
	g_autofree char *text = NULL;

	/* Taken by the own server, bounced by the other one. */
	test_send_good(login->account, "m1", "to nobody");
	message = scripted_host_wait_for_message(seat->host, 0);
	test_tell_status(seat, message->id, "'status': <'accepted'>");
	test_tell_status(seat, message->id,
	                 "'status': <'failed'>, 'reason': <'service-unavailable'>,"
	                 " 'detail': <'no such user'>");
	test_wait_for_events(fixture, login->account, "message.status", "\"failed\"", 1);
	text = core_read_events(fixture, login->account, "message.status");
	g_assert_nonnull(strstr(text, "\"reason\":\"service-unavailable\","
	                              "\"detail\":\"no such user\",\"body\":\"to nobody\""));
}

/* A call with two bounces, and one more before anything of it is durable: one event, and the host
 * is answered when that is durable. */
static void
test_refused_often_at_once(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	ScriptedMessage *message;
	ScriptedCall *calls[2];
	g_autofree char *bounce = NULL;

	test_send_good(login->account, "m1", "to nobody");
	message = scripted_host_wait_for_message(seat->host, 0);
	test_tell_status(seat, message->id, "'status': <'accepted'>");
	scripted_store_hold(fixture->store, TRUE);
	bounce = g_strdup_printf("{'id': <'%s'>, 'status': <'failed'>}", message->id);
	for (guint i = 0; i < G_N_ELEMENTS(calls); i++)
		calls[i] = scripted_seat_tell(seat, "message-status", bounce);
	SCRIPTED_WAIT(scripted_store_count_held(fixture->store) > 0);
	scripted_iterate();
	g_assert_false(calls[0]->answered);
	scripted_store_hold(fixture->store, FALSE);
	SCRIPTED_WAIT(calls[0]->answered && calls[1]->answered);
	g_assert_cmpuint(core_count_events(fixture, login->account, "message.status", "\"failed\""),
	                 ==, 1);
}

static void
test_refused_by_the_host(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);

	seat->host->send_error = BRIDGE_LINK_ERROR_INVALID + 1;
	test_send_good(login->account, "m1", "hello");
	test_wait_for_events(fixture, login->account, "message.status", "\"failed\"", 1);
}

static void
test_own_messages_come_back(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	g_autofree char *back = NULL;
	ScriptedCall *call;

	test_send_good(login->account, "m1", "hello");
	back = g_strdup_printf("{'direction': <'sent'>, 'origin': <'carbon'>, 'id': <'%s'>,"
	                       " 'from': <'juliet@open.example/x'>,"
	                       " 'to': <'romeo@open.example'>, 'body': <'hello'>}",
	                       scripted_host_wait_for_message(seat->host, 0)->id);
	call = scripted_seat_tell(seat, "message", back);
	SCRIPTED_WAIT(call->answered);
	g_assert_cmpuint(core_count_events(fixture, login->account, "message.sent", "{"), ==, 1);
	g_assert_cmpuint(core_count_events(fixture, login->account, "message.status", "accepted"),
	                 ==, 1);
}

static void
test_without_stream_management(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	g_autoptr(GPtrArray) left = NULL;
	ScriptedCall *call;

	call = scripted_seat_tell(seat, "features", "{'features': <['carbons']>}");
	SCRIPTED_WAIT(call->answered);
	test_send_good(login->account, "m1", "hello");
	test_wait_for_events(fixture, login->account, "message.status", "\"sent\"", 1);
	/* Nothing is left to be in doubt about. */
	left = bridge_store_testing_load_outgoing(fixture->sqlite,
	                                          bridge_account_get_id(login->account));
	g_assert_cmpuint(left->len, ==, 0);
	seat = test_die_and_return(fixture, login->account, seat, 1);
	test_tell_archive(seat, ARCHIVE_NONE);
	test_send_good(login->account, "m2", "next");
	g_assert_cmpstr(scripted_host_wait_for_message(seat->host, 0)->body, ==, "next");
}

/* An event may overtake the host's answer: each is told once all the same, in the usual order. */
static void
test_accepted_before_the_host_answers(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	g_autofree char *text = NULL;
	const char *sent;

	seat->host->hold_sends = TRUE;
	test_send_good(login->account, "m1", "hello");
	test_tell_status(seat, scripted_host_wait_for_message(seat->host, 0)->id,
	                 "'status': <'accepted'>");
	test_wait_for_events(fixture, login->account, "message.status", "\"accepted\"", 1);
	scripted_host_answer_send(seat->host);
	test_send_good(login->account, "m2", "next");
	scripted_host_wait_for_message(seat->host, 1);
	text = core_read_events(fixture, login->account, "message.status");
	sent = strstr(text, "\"sent\"");
	g_assert_nonnull(sent);
	g_assert_true(sent < strstr(text, "\"accepted\""));
	g_assert_null(strstr(sent + 1, "\"sent\""));
	scripted_host_answer_send(seat->host);
}

/* It was handed over when that became known, and not on the wire yet. */
static void
test_sent_is_told_without_stream_management(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	ScriptedCall *call;

	seat->host->hold_sends = TRUE;
	test_send_good(login->account, "m1", "hello");
	scripted_host_wait_for_message(seat->host, 0);
	call = scripted_seat_tell(seat, "features", "{'features': <['carbons']>}");
	SCRIPTED_WAIT(call->answered);
	scripted_host_answer_send(seat->host);
	test_wait_for_events(fixture, login->account, "message.status", "\"sent\"", 1);
}

/* ---- When it is not online ------------------------------------------------------------------- */

static void
test_queued_until_online(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);

	scripted_seat_tell(seat, "state", "{'state': <'offline'>, 'reason': <'unreachable'>}");
	SCRIPTED_WAIT(bridge_account_get_state(login->account) == BRIDGE_ACCOUNT_WAITING);
	for (guint i = 0; i < 5; i++) {
		g_autofree char *id = g_strdup_printf("m%u", i);

		test_send_good(login->account, id, id);
	}
	g_assert_cmpuint(core_count_events(fixture, login->account, "message.status", ""), ==, 5);
	g_assert_cmpuint(core_count_events(fixture, login->account, "message.status", "queued"), ==,
	                 5);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 1);
	g_assert_cmpuint(seat->host->sent->len, ==, 0);
	scripted_seat_tell_online(seat);
	for (guint i = 0; i < 5; i++) {
		g_autofree char *id = g_strdup_printf("m%u", i);

		g_assert_cmpstr(scripted_host_wait_for_message(seat->host, i)->body, ==, id);
	}
	g_assert_cmpuint(seat->host->sent->len, ==, 5);
}

static void
test_queued_over_a_restart(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);

	scripted_seat_tell(seat, "state", "{'state': <'offline'>, 'reason': <'unreachable'>}");
	SCRIPTED_WAIT(bridge_account_get_state(login->account) == BRIDGE_ACCOUNT_WAITING);
	test_send_good(login->account, "m1", "one");
	test_send_good(login->account, "m2", "two");
	g_clear_pointer(&login, bridge_login_free);
	core_fixture_restart(fixture);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	scripted_seat_tell_online(seat);
	g_assert_cmpstr(scripted_host_wait_for_message(seat->host, 0)->body, ==, "one");
	g_assert_cmpstr(scripted_host_wait_for_message(seat->host, 1)->body, ==, "two");
}

static void
test_queue_is_limited(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	g_autoptr(GError) error = NULL;
	GAsyncResult *results[1000] = {NULL};

	scripted_seat_tell(seat, "state",
	                   "{'state': <'offline'>, 'reason': <'credentials-refused'>}");
	SCRIPTED_WAIT(bridge_account_get_state(login->account) == BRIDGE_ACCOUNT_SIGNED_OUT);
	for (guint i = 0; i < G_N_ELEMENTS(results); i++) {
		g_autofree char *id = g_strdup_printf("m%u", i);

		bridge_account_send_async(login->account, "device", id, "romeo@open.example", "x",
		                          core_done_cb, &results[i]);
	}
	for (guint i = 0; i < G_N_ELEMENTS(results); i++) {
		g_autoptr(BridgeOutgoingRecord) record = NULL;

		SCRIPTED_WAIT(results[i] != NULL);
		record = bridge_account_send_finish(login->account, results[i], NULL);
		g_assert_nonnull(record);
		g_object_unref(results[i]);
	}
	g_assert_null(core_send(login->account, "more", "x", &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_BUSY);
	/* What was taken on is still answered. */
	test_send_good(login->account, "m7", "x");
}

/* ---- When it is in doubt --------------------------------------------------------------------- */

static void
test_archive_shows_it(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	g_autofree char *back = NULL;

	test_send_good(login->account, "m1", "hello");
	back = g_strdup_printf("{'direction': <'sent'>, 'origin': <'archive'>, 'id': <'%s'>,"
	                       " 'from': <'juliet@open.example/x'>,"
	                       " 'to': <'romeo@open.example'>, 'body': <'hello'>}",
	                       scripted_host_wait_for_message(seat->host, 0)->id);
	seat = test_die_and_return(fixture, login->account, seat, 1);
	test_send_good(login->account, "m2", "next");
	scripted_seat_tell(seat, "message", back);
	test_tell_archive(seat, ARCHIVE_COMPLETE);
	test_wait_for_events(fixture, login->account, "message.status", "\"accepted\"", 1);
	g_assert_cmpstr(scripted_host_wait_for_message(seat->host, 0)->body, ==, "next");
	g_assert_cmpuint(core_count_events(fixture, login->account, "message.sent", "hello"), ==,
	                 1);
}

static void
test_archive_does_not_show_it(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	g_autofree char *wire_id = NULL;
	gint64 since_s = 0;

	test_send_good(login->account, "m1", "hello");
	wire_id = g_strdup(scripted_host_wait_for_message(seat->host, 0)->id);
	scripted_host_die(seat->host);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 1);
	/* Nothing is known of the archive: it is asked from before the message, by any clock. */
	g_assert_cmpstr(scripted_seat_get(seat, "archive-after"), ==, "");
	g_assert_true(g_variant_lookup(seat->settings, "archive-since", "x", &since_s));
	g_assert_cmpint(since_s, >, g_get_real_time() / G_USEC_PER_SEC - 25 * 3600);
	g_assert_cmpint(since_s, <, g_get_real_time() / G_USEC_PER_SEC - 23 * 3600);
	scripted_seat_tell_online(seat);
	test_send_good(login->account, "m2", "next");
	g_assert_cmpuint(seat->host->sent->len, ==, 0);
	test_tell_archive(seat, ARCHIVE_COMPLETE);
	/* With the same id, and in order. */
	g_assert_cmpstr(scripted_host_wait_for_message(seat->host, 0)->id, ==, wire_id);
	g_assert_cmpstr(scripted_host_wait_for_message(seat->host, 0)->body, ==, "hello");
	g_assert_cmpstr(scripted_host_wait_for_message(seat->host, 1)->body, ==, "next");
}

static void
test_no_archive_to_tell(CoreFixture *fixture, gconstpointer data)
{
	const char *archives[] = {ARCHIVE_NONE, ARCHIVE_INCOMPLETE};
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);

	for (guint i = 0; i < G_N_ELEMENTS(archives); i++) {
		g_autofree char *id = g_strdup_printf("m%u", i);

		test_send_good(login->account, id, "hello");
		scripted_host_wait_for_message(seat->host, 0);
		seat = test_die_and_return(fixture, login->account, seat, i + 1);
		test_tell_archive(seat, archives[i]);
		test_wait_for_events(fixture, login->account, "message.status", "\"unknown\"",
		                     i + 1);
		g_assert_cmpuint(seat->host->sent->len, ==, 0);
	}
}

static void
test_doubt_over_a_restart(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	g_autofree char *wire_id = NULL;

	test_send_good(login->account, "m1", "hello");
	wire_id = g_strdup(scripted_host_wait_for_message(seat->host, 0)->id);
	g_clear_pointer(&login, bridge_login_free);
	core_fixture_restart(fixture);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	scripted_seat_tell_online(seat);
	scripted_iterate();
	g_assert_cmpuint(seat->host->sent->len, ==, 0);
	test_tell_archive(seat, ARCHIVE_COMPLETE);
	g_assert_cmpstr(scripted_host_wait_for_message(seat->host, 0)->id, ==, wire_id);
}

/* The archive must be asked from before the message: its position stays while there is doubt. */
static void
test_position_waits_for_acceptance(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);
	ScriptedMessage *message;
	ScriptedCall *call;

	call = scripted_seat_tell(seat, "message",
	                          "{'direction': <'received'>, 'from': <'r@open.example/o'>,"
	                          " 'body': <'one'>, 'stanza-id': <'a1'>}");
	SCRIPTED_WAIT(call->answered);
	test_send_good(login->account, "m1", "hello");
	scripted_host_wait_for_message(seat->host, 0);
	call = scripted_seat_tell(seat, "message",
	                          "{'direction': <'received'>, 'from': <'r@open.example/o'>,"
	                          " 'body': <'two'>, 'stanza-id': <'a2'>}");
	SCRIPTED_WAIT(call->answered);
	seat = test_die_and_return(fixture, login->account, seat, 1);
	g_assert_cmpstr(scripted_seat_get(seat, "archive-after"), ==, "a1");
	test_tell_archive(seat, "{'available': <true>, 'complete': <true>, 'last-id': <'a2'>}");
	message = scripted_host_wait_for_message(seat->host, 0);
	test_tell_status(seat, message->id, "'status': <'accepted'>");
	seat = test_die_and_return(fixture, login->account, seat, 2);
	g_assert_cmpstr(scripted_seat_get(seat, "archive-after"), ==, "a2");
}

static void
test_host_that_never_had_it(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = test_sign_in(fixture, &seat);

	seat->host->send_error = BRIDGE_LINK_ERROR_NOT_ONLINE + 1;
	test_send_good(login->account, "m1", "hello");
	scripted_host_wait_for_message(seat->host, 0);
	seat->host->send_error = 0;
	scripted_seat_tell(seat, "state", "{'state': <'offline'>, 'reason': <'server'>}");
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 1);
	/* No doubt: no archive is needed. */
	scripted_seat_tell_online(seat);
	scripted_host_wait_for_message(seat->host, 1);
	g_assert_cmpuint(core_count_events(fixture, login->account, "message.status", "unknown"),
	                 ==, 0);
}

static void
test_add(const char *name, void (*func)(CoreFixture *fixture, gconstpointer data))
{
	g_autofree char *path = g_strconcat("/bridge-send/", name, NULL);

	g_test_add(path, CoreFixture, NULL, core_fixture_set_up, func, core_fixture_tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* Warnings are part of what is tested here: hosts die. */
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
	test_add("sent-and-accepted", test_sent_and_accepted);
	test_add("own-address-is-the-bound-one", test_own_address_is_the_bound_one);
	test_add("durable-before-the-answer", test_durable_before_the_answer);
	test_add("same-again-sends-once", test_same_again_sends_once);
	test_add("same-at-the-same-time", test_same_at_the_same_time);
	test_add("known-after-a-restart", test_known_after_a_restart);
	test_add("refused-by-the-server", test_refused_by_the_server);
	test_add("refused-often-at-once", test_refused_often_at_once);
	test_add("refused-by-the-host", test_refused_by_the_host);
	test_add("own-messages-come-back", test_own_messages_come_back);
	test_add("accepted-before-the-host-answers", test_accepted_before_the_host_answers);
	test_add("without-stream-management", test_without_stream_management);
	test_add("sent-is-told-without-stream-management",
	         test_sent_is_told_without_stream_management);
	test_add("queued-until-online", test_queued_until_online);
	test_add("queued-over-a-restart", test_queued_over_a_restart);
	test_add("queue-is-limited", test_queue_is_limited);
	test_add("archive-shows-it", test_archive_shows_it);
	test_add("archive-does-not-show-it", test_archive_does_not_show_it);
	test_add("no-archive-to-tell", test_no_archive_to_tell);
	test_add("doubt-over-a-restart", test_doubt_over_a_restart);
	test_add("position-waits-for-acceptance", test_position_waits_for_acceptance);
	test_add("host-that-never-had-it", test_host_that_never_had_it);
	return g_test_run();
}
