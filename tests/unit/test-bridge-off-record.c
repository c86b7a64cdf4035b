/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "bridge-core-testing.h"
#include "account/bridge-off-record.h"

#define ROMEO "romeo@open.example"
#define NURSE "nurse@open.example"

static void
test_tell(CoreJuliet *test, const char *type, const char *data)
{
	ScriptedCall *call = scripted_seat_tell(test->seat, type, data);

	SCRIPTED_WAIT(call->answered);
}

static void
test_tell_off(CoreJuliet *test, const char *jid, const char *off_record, const char *by)
{
	g_autofree char *data = g_strdup_printf("{'jid': <'%s'>, 'off-record': <%s>, 'by': <'%s'>}",
	                                        jid, off_record, by);

	test_tell(test, "off-record", data);
}

static void
test_lose(CoreFixture *fixture, CoreJuliet *test, guint seat)
{
	test->seat = core_lose_host(fixture, test->account, test->seat, seat);
}

static void
test_assert_wanted(CoreJuliet *test, const char *expected)
{
	g_autoptr(GVariant) wanted =
		g_variant_lookup_value(test->seat->settings, "wanted", G_VARIANT_TYPE_VARDICT);
	g_autoptr(GVariant) jids = NULL;
	g_autofree char *text = NULL;

	g_assert_nonnull(wanted);
	jids = g_variant_lookup_value(wanted, "off-record", NULL);
	text = jids != NULL ? g_variant_print(jids, FALSE) : NULL;
	g_assert_cmpstr(text, ==, expected);
}

static void
test_changes(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};
	g_autofree char *text = NULL;

	core_juliet_sign_in(&test, fixture);
	g_assert_false(bridge_account_is_off_the_record(test.account, ROMEO));
	test_tell_off(&test, ROMEO "/orchard", "true", "contact");
	test_tell_off(&test, ROMEO, "true", "bridge"); /* no news */
	g_assert_true(bridge_account_is_off_the_record(test.account, ROMEO));
	test_tell_off(&test, ROMEO, "false", "account");
	g_assert_false(bridge_account_is_off_the_record(test.account, ROMEO));
	text = core_read_events(fixture, test.account, "off-the-record");
	g_assert_cmpstr(text, ==,
	                "{\"jid\":\"romeo@open.example\",\"enabled\":true,\"by\":\"contact\"}\n"
	                "{\"jid\":\"romeo@open.example\",\"enabled\":false,\"by\":\"account\"}\n");
}

/* The host is given what is kept, at reconnects and after a restart. */
static void
test_it_is_kept(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};

	core_juliet_sign_in(&test, fixture);
	test_tell_off(&test, ROMEO, "true", "bridge");
	test_lose(fixture, &test, 1);
	test_assert_wanted(&test, "['romeo@open.example']");
	g_assert_true(bridge_account_is_off_the_record(test.account, ROMEO));
	core_juliet_clear(&test);
	core_fixture_restart(fixture);
	test.seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	test_assert_wanted(&test, "['romeo@open.example']");
}

/* Sign-in after sign-in the server tells its list: only what has changed is news. */
static void
test_the_servers_list(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};
	g_autofree char *text = NULL;

	core_juliet_sign_in(&test, fixture);
	test_tell_off(&test, ROMEO, "true", "listed");
	test_tell(&test, "off-record-known", "{'shared': <true>}");
	test_lose(fixture, &test, 1);
	scripted_seat_tell_online(test.seat);
	test_tell_off(&test, ROMEO, "true", "listed");
	test_tell_off(&test, NURSE, "true", "listed");
	test_tell(&test, "off-record-known", "{'shared': <true>}");
	test_lose(fixture, &test, 2);
	scripted_seat_tell_online(test.seat);
	test_tell_off(&test, NURSE, "true", "listed");
	test_tell(&test, "off-record-known", "{'shared': <true>}");
	text = core_read_events(fixture, test.account, "off-the-record");
	g_assert_cmpstr(text, ==,
	                "{\"jid\":\"romeo@open.example\",\"enabled\":true,\"by\":\"unknown\"}\n"
	                "{\"jid\":\"nurse@open.example\",\"enabled\":true,\"by\":\"unknown\"}\n"
	                "{\"jid\":\"romeo@open.example\",\"enabled\":false,\"by\":\"unknown\"}\n");
	/* another server keeps nothing: what holds stays */
	test_lose(fixture, &test, 3);
	scripted_seat_tell_online(test.seat);
	test_tell(&test, "off-record-known", "{'shared': <false>}");
	g_assert_true(bridge_account_is_off_the_record(test.account, NURSE));
}

static void
test_receive(CoreJuliet *test, const char *body, guint record)
{
	g_autofree char *data = g_strdup_printf(
		"{'direction': <'received'>, 'id': <'%s'>, 'from': <'" ROMEO "/x'>,"
		" 'to': <'juliet@open.example/r'>, 'body': <'%s'>, 'record': <byte 0x%02x>}",
		body, body, record);

	test_tell(test, "message", data);
}

static void
test_assert_off(CoreFixture *fixture, CoreJuliet *test, const char *type, const char *body,
                gboolean off)
{
	g_autofree char *text = g_strdup_printf("\"body\":\"%s\",\"off_the_record\":%s", body,
	                                        off ? "true" : "false");

	g_assert_cmpuint(core_count_events(fixture, test->account, type, text), ==, 1);
}

static void
test_messages(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};
	g_autoptr(BridgeOutgoingRecord) before = NULL;
	g_autoptr(BridgeOutgoingRecord) off = NULL;
	g_autoptr(BridgeOutgoingRecord) nothing_kept = NULL;

	core_juliet_sign_in(&test, fixture);
	test_receive(&test, "plain", 0);
	test_receive(&test, "marked", 2);
	before = core_send(test.account, "m1", "before", NULL);
	test_tell_off(&test, ROMEO, "true", "bridge");
	test_receive(&test, "agreed", 0);
	test_receive(&test, "told otherwise", 1);
	off = core_send(test.account, "m2", "off", NULL);
	test_tell_off(&test, ROMEO, "false", "bridge");
	test_tell(&test, "off-record-all", "{'off-record': <true>}");
	nothing_kept = core_send(test.account, "m3", "nothing kept", NULL);
	test_assert_off(fixture, &test, "message", "plain", FALSE);
	test_assert_off(fixture, &test, "message", "marked", TRUE);
	test_assert_off(fixture, &test, "message", "agreed", TRUE);
	test_assert_off(fixture, &test, "message", "told otherwise", FALSE);
	test_assert_off(fixture, &test, "message.sent", "before", FALSE);
	test_assert_off(fixture, &test, "message.sent", "off", TRUE);
	test_assert_off(fixture, &test, "message.sent", "nothing kept", TRUE);
	g_assert_false(bridge_account_has_off_the_record(test.account, ROMEO));
}

/* No archive has it, so that nothing follows from its not being there: sent again it might be there
 * twice. */
static void
test_doubt(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};
	g_autoptr(BridgeOutgoingRecord) sent = NULL;

	core_juliet_sign_in(&test, fixture);
	test_tell_off(&test, ROMEO, "true", "bridge");
	sent = core_send(test.account, "m1", "off", NULL);
	scripted_host_wait_for_message(test.seat->host, 0);
	test_lose(fixture, &test, 1);
	scripted_seat_tell_online(test.seat);
	test_tell(&test, "archive-done",
	          "{'available': <true>, 'complete': <true>, 'last-id': <''>}");
	SCRIPTED_WAIT(core_count_events(fixture, test.account, "message.status", "\"unknown\"") ==
	              1);
	g_assert_cmpuint(test.seat->host->sent->len, ==, 0);
}

static void
test_there_is_a_limit(CoreFixture *fixture, gconstpointer data)
{
	g_auto(CoreJuliet) test = {0};

	core_juliet_sign_in(&test, fixture);
	for (guint i = 0; i < BRIDGE_OFF_RECORD_BYTES_MAX / 1024; i++) {
		g_autofree char *name = g_strnfill(1024 - strlen("xx@open.example"), 'x');
		g_autofree char *jid = g_strdup_printf("%s%02u@open.example", name, i);

		test_tell_off(&test, jid, "true", "listed");
		g_assert_true(bridge_account_has_off_the_record(test.account, jid));
	}
	test_tell_off(&test, ROMEO, "true", "listed");
	g_assert_false(bridge_account_has_off_the_record(test.account, ROMEO));
}

#define ADD(name, func)                                                                            \
	g_test_add("/off-record/" name, CoreFixture, NULL, core_fixture_set_up, func,              \
	           core_fixture_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* hosts that die are warned of */
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
	ADD("changes", test_changes);
	ADD("kept", test_it_is_kept);
	ADD("list", test_the_servers_list);
	ADD("messages", test_messages);
	ADD("doubt", test_doubt);
	ADD("limit", test_there_is_a_limit);
	return g_test_run();
}
