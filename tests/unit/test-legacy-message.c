/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "account/bridge-events.h"
#include "legacy/legacy-message.h"

static void
test_members_and_their_order(void)
{
	BridgeEventMessage message = {.id = "a1",
	                              .from = "juliet@example.com",
	                              .resource = "balcony",
	                              .to = "romeo@example.com",
	                              .body = "Are\n\n you \"there\"?",
	                              .off_the_record = TRUE};
	g_autoptr(BridgeEventRecord) event =
		bridge_event_new_message(G_GINT64_CONSTANT(1700000000000999), &message);
	g_autofree char *text = legacy_message_build(event);

	g_assert_cmpstr(text, ==,
	                "{\"from\":\"juliet@example.com/balcony\",\"time\":1700000000000,\"id\":"
	                "\"a1\",\"type\":\"chat\",\"body\":\"Are\\n\\n you \\\"there\\\"?\","
	                "\"otr\":true}");
}

static void
test_a_sender_without_a_resource(void)
{
	BridgeEventMessage message = {
		.id = "a", .from = "bot.example", .resource = "", .to = "r@e", .body = "x"};
	g_autoptr(BridgeEventRecord) event = bridge_event_new_message(-5, &message);
	g_autofree char *text = legacy_message_build(event);

	g_assert_true(g_str_has_prefix(text, "{\"from\":\"bot.example\",\"time\":0,"));
}

/* A phone ends over a time of 1e15 and more. */
static void
test_no_time_is_too_far(void)
{
	BridgeEventMessage message = {
		.id = "a", .from = "a@b", .resource = "", .to = "r@e", .body = "x"};
	g_autoptr(BridgeEventRecord) event = bridge_event_new_message(G_MAXINT64, &message);
	g_autofree char *text = legacy_message_build(event);

	g_assert_nonnull(strstr(text, "\"time\":999999999999999,"));
}

static void
test_nothing_else_is_told(void)
{
	BridgeEventMessage message = {
		.id = "a", .device = "d", .from = "a@b", .to = "r@e", .body = "x"};
	g_autoptr(BridgeEventRecord) sent = bridge_event_new_message_sent(1, &message);
	g_autoptr(BridgeEventRecord) state =
		bridge_event_new_account_state("online", NULL, NULL, NULL, 0);

	g_assert_null(legacy_message_build(sent));
	g_assert_null(legacy_message_build(state));
}

/* All that does not say so ends it; what is known of "off the record" goes with that. */
static void
test_typing(void)
{
	static const struct {
		LegacyTypingState state;
		const char *text;
	} rows[] = {
		{LEGACY_TYPING_COMPOSING,
	         "{\"from\":\"a@b\",\"time\":1700,\"type\":\"chat\",\"typing\":true}"},
		{LEGACY_TYPING_PAUSED,
	         "{\"from\":\"a@b\",\"time\":1700,\"type\":\"chat\",\"typing\":false,"
	         "\"otr\":true}"},
		{LEGACY_TYPING_OVER,
	         "{\"from\":\"a@b\",\"time\":1700,\"type\":\"chat\",\"otr\":true}"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text =
			legacy_message_build_typing("a@b", rows[i].state, TRUE, 1700999);

		g_assert_cmpstr(text, ==, rows[i].text);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/legacy-message/members-and-their-order", test_members_and_their_order);
	g_test_add_func("/legacy-message/a-sender-without-a-resource",
	                test_a_sender_without_a_resource);
	g_test_add_func("/legacy-message/no-time-is-too-far", test_no_time_is_too_far);
	g_test_add_func("/legacy-message/nothing-else-is-told", test_nothing_else_is_told);
	g_test_add_func("/legacy-message/typing", test_typing);
	return g_test_run();
}
