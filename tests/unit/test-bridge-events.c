/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "account/bridge-events.h"

static void
test_assert_data(BridgeEventRecord *event, const char *type, const char *data)
{
	g_autoptr(BridgeEventRecord) owned = event;
	g_autofree char *text =
		g_strndup(g_bytes_get_data(event->data, NULL), g_bytes_get_size(event->data));

	g_assert_cmpstr(event->type, ==, type);
	g_assert_cmpstr(text, ==, data);
	g_assert_cmpint(event->time_us, >, 0);
}

static void
test_times(void)
{
	const struct {
		gint64 us;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{999, "1970-01-01T00:00:00.000Z"},
		{1000, "1970-01-01T00:00:00.001Z"},
		{1795176000123456, "2026-11-20T12:00:00.123Z"},
		{1709251199999999, "2024-02-29T23:59:59.999Z"},
		{-1, "1970-01-01T00:00:00.000Z"},
		{G_MAXINT64, "1970-01-01T00:00:00.000Z"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = bridge_time_format(cases[i].us);

		g_assert_cmpstr(text, ==, cases[i].text);
	}
}

static void
test_texts_are_escaped(void)
{
	BridgeEventMessage message = {.id = "\"",
	                              .from = "r@x",
	                              .resource = "a\\b",
	                              .to = "j@x",
	                              .body = "\"</script>\n\t\xe2\x80\xa8\xf0\x9f\x98\x80"};

	test_assert_data(bridge_event_new_message(1, &message), "message",
	                 "{\"id\":\"\\\"\",\"from\":\"r@x\",\"resource\":\"a\\\\b\",\"to\":\"j@x\","
	                 "\"body\":\"\\\"</script>\\n\\t\xe2\x80\xa8\xf0\x9f\x98\x80\","
	                 "\"off_the_record\":false,\"delayed\":false,\"encrypted\":false}");
}

static void
test_account_state(void)
{
	test_assert_data(
		bridge_event_new_account_state("waiting", "unreachable", "no answer", "wait",
	                                       1795176000123456),
		"account.state",
		"{\"state\":\"waiting\",\"reason\":\"unreachable\",\"detail\":\"no answer\","
		"\"user_action\":\"wait\",\"next_try\":\"2026-11-20T12:00:00.123Z\"}");
	test_assert_data(bridge_event_new_account_state("online", NULL, NULL, NULL, 0),
	                 "account.state",
	                 "{\"state\":\"online\",\"reason\":null,\"detail\":null,"
	                 "\"user_action\":null,\"next_try\":null}");
}

static void
test_message_status(void)
{
	BridgeOutgoingRecord record = {.id = (char *)"m1",
	                               .device_id = (char *)"d1",
	                               .to = (char *)"r@x",
	                               .body = (char *)"hi"};

	test_assert_data(bridge_event_new_message_status(&record, "sent", NULL, NULL),
	                 "message.status",
	                 "{\"id\":\"m1\",\"device\":\"d1\",\"to\":\"r@x\",\"status\":\"sent\"}");
	test_assert_data(bridge_event_new_message_status(&record, "failed", "gone", "No."),
	                 "message.status",
	                 "{\"id\":\"m1\",\"device\":\"d1\",\"to\":\"r@x\",\"status\":\"failed\","
	                 "\"reason\":\"gone\",\"detail\":\"No.\",\"body\":\"hi\"}");
}

static void
test_off_the_record(void)
{
	BridgeEventMessage message = {.id = "m1", .from = "r@x", .to = "j@x", .body = "hi"};
	BridgeOutgoingRecord record = {.id = (char *)"m1",
	                               .device_id = (char *)"d1",
	                               .to = (char *)"r@x",
	                               .off_the_record = TRUE};
	g_autoptr(BridgeEventRecord) on = bridge_event_new_message(1, &message);
	g_autoptr(BridgeEventRecord) off = NULL;
	g_autoptr(BridgeEventRecord) sent = NULL;
	g_autoptr(BridgeEventRecord) failed = NULL;

	message.off_the_record = TRUE;
	off = bridge_event_new_message_sent(1, &message);
	/* what says nothing stays, what gives the words back leaves with them */
	sent = bridge_event_new_message_status(&record, "sent", NULL, NULL);
	failed = bridge_event_new_message_status(&record, "failed", "gone", "No.");
	g_assert_false(on->off_the_record);
	g_assert_true(off->off_the_record);
	g_assert_false(sent->off_the_record);
	g_assert_true(failed->off_the_record);
	test_assert_data(g_steal_pointer(&failed), "message.status",
	                 "{\"id\":\"m1\",\"device\":\"d1\",\"to\":\"r@x\",\"status\":\"failed\","
	                 "\"reason\":\"gone\",\"detail\":\"No.\",\"body\":null}");
	test_assert_data(bridge_event_new_off_the_record("r@x", TRUE, "contact"), "off-the-record",
	                 "{\"jid\":\"r@x\",\"enabled\":true,\"by\":\"contact\"}");
}

static void
test_contacts(void)
{
	const char *groups[] = {"A", "B", NULL};
	BridgeContact contact = {.jid = (char *)"r@x",
	                         .name = (char *)"",
	                         .groups = (char **)groups,
	                         .subscription = (char *)"to",
	                         .ask = TRUE,
	                         .show = (char *)"away",
	                         .status = (char *)"out"};
	g_autofree char *presence = bridge_event_build_presence(&contact);

	test_assert_data(bridge_event_new_contact(&contact), "contact",
	                 "{\"jid\":\"r@x\",\"name\":\"\",\"groups\":[\"A\",\"B\"],"
	                 "\"subscription\":\"to\",\"ask\":true,\"blocked\":false,"
	                 "\"avatar\":null}");
	test_assert_data(bridge_event_new_contact_removed("r@x"), "contact.removed",
	                 "{\"jid\":\"r@x\"}");
	g_assert_cmpstr(presence, ==, "{\"jid\":\"r@x\",\"show\":\"away\",\"status\":\"out\"}");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-events/times", test_times);
	g_test_add_func("/bridge-events/texts-are-escaped", test_texts_are_escaped);
	g_test_add_func("/bridge-events/account-state", test_account_state);
	g_test_add_func("/bridge-events/message-status", test_message_status);
	g_test_add_func("/bridge-events/off-the-record", test_off_the_record);
	g_test_add_func("/bridge-events/contacts", test_contacts);
	return g_test_run();
}
