/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "pushes/bridge-push-choice.h"

#define NOW_US (G_GINT64_CONSTANT(1800000000) * G_USEC_PER_SEC)
#define MINUTE_US (60 * (gint64)G_USEC_PER_SEC)

typedef struct {
	GPtrArray *events;
	BridgePushChoice choice;
	const char *shown;
} Fixture;

static gboolean
is_shown(const char *key, gpointer user_data)
{
	const Fixture *fixture = user_data;

	return g_strcmp0(key, fixture->shown) == 0;
}

static const char *
find_nick(const char *room, gpointer user_data)
{
	return g_str_equal(room, "ball@conference.example") ? "Juliet" : NULL;
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
	fixture->events = g_ptr_array_new_with_free_func((GDestroyNotify)bridge_event_record_free);
	fixture->choice = (BridgePushChoice){
		.kinds = BRIDGE_PUSH_ALL_KINDS,
		.coalesces = TRUE,
		.now_us = NOW_US,
		.oldest_us = NOW_US - 60 * MINUTE_US,
		.epoch = "epoch",
		.is_shown = is_shown,
		.find_nick = find_nick,
		.user_data = fixture,
	};
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	g_ptr_array_unref(fixture->events);
}

static BridgeEventRecord *
add(Fixture *fixture, const char *type, const char *json)
{
	BridgeEventRecord *event = g_new0(BridgeEventRecord, 1);

	event->seq = fixture->events->len + 1;
	event->time_us = NOW_US;
	event->type = g_strdup(type);
	event->data = g_bytes_new(json, strlen(json));
	g_ptr_array_add(fixture->events, event);
	return event;
}

/* "kind conversation body count@seq" of each */
static void
assert_chosen(Fixture *fixture, const char *expected)
{
	g_autoptr(GPtrArray) items = bridge_push_choose(fixture->events, &fixture->choice);
	g_autoptr(GString) got = g_string_new(NULL);

	for (guint i = 0; i < items->len; i++) {
		const BridgePushItem *item = g_ptr_array_index(items, i);

		g_string_append_printf(got, "%s%s %s %s %u@%u", i > 0 ? "; " : "",
		                       bridge_push_kind_to_string(item->kind),
		                       item->conversation != NULL ? item->conversation : "-",
		                       item->body != NULL ? item->body : "-", item->count,
		                       (guint)item->seq);
	}
	g_assert_cmpstr(got->str, ==, expected);
}

#define ROMEO(body) "{\"from\":\"romeo@example.org\",\"body\":\"" body "\"}"
#define NURSE(body) "{\"from\":\"nurse@example.org\",\"body\":\"" body "\"}"

/* When one has been pushed, nothing up to its seq is left. */
static void
test_a_conversation_is_one_push(Fixture *fixture, gconstpointer data)
{
	add(fixture, "message", ROMEO("one"));
	add(fixture, "message", NURSE("madam"));
	add(fixture, "message", ROMEO("two"));
	add(fixture, "message.sent", "{\"to\":\"romeo@example.org\",\"body\":\"hush\"}");
	assert_chosen(fixture, "message nurse@example.org madam 1@2; "
	                       "message romeo@example.org two 2@3");
	fixture->choice.coalesces = FALSE;
	assert_chosen(fixture, "message romeo@example.org one 1@1; "
	                       "message nurse@example.org madam 1@2; "
	                       "message romeo@example.org two 1@3");
}

static void
test_what_was_read_needs_no_push(Fixture *fixture, gconstpointer data)
{
	add(fixture, "message", ROMEO("one"));
	add(fixture, "message", NURSE("madam"));
	add(fixture, "read", "{\"jid\":\"romeo@example.org\",\"cursor\":\"epoch.1\"}");
	assert_chosen(fixture, "message nurse@example.org madam 1@2");
	fixture->shown = "message romeo@example.org";
	assert_chosen(fixture, "message nurse@example.org madam 1@2; "
	                       "read romeo@example.org - 1@3");
	fixture->choice.kinds &= ~(1u << BRIDGE_PUSH_READ);
	assert_chosen(fixture, "message nurse@example.org madam 1@2");
	/* Where each event is a push, it is told whatever was shown. */
	fixture->choice.kinds = BRIDGE_PUSH_ALL_KINDS;
	fixture->choice.coalesces = FALSE;
	fixture->shown = NULL;
	assert_chosen(fixture, "message romeo@example.org one 1@1; "
	                       "message nurse@example.org madam 1@2; "
	                       "read romeo@example.org - 1@3");
}

static void
test_a_newer_message_is_not_read(Fixture *fixture, gconstpointer data)
{
	fixture->shown = "message romeo@example.org";
	add(fixture, "message", ROMEO("one"));
	add(fixture, "message", ROMEO("two"));
	add(fixture, "read", "{\"jid\":\"romeo@example.org\",\"cursor\":\"epoch.1\"}");
	assert_chosen(fixture, "message romeo@example.org two 2@2");
	add(fixture, "read", "{\"jid\":\"romeo@example.org\",\"cursor\":\"epoch.3\"}");
	add(fixture, "message", ROMEO("three"));
	assert_chosen(fixture, "message romeo@example.org three 1@5");
}

static void
assert_kinds(Fixture *fixture, guint all_of, guint none_of)
{
	g_autoptr(GPtrArray) items = bridge_push_choose(fixture->events, &fixture->choice);
	guint kinds = 0;

	for (guint i = 0; i < items->len; i++)
		kinds |= 1u << ((const BridgePushItem *)g_ptr_array_index(items, i))->kind;
	g_assert_cmphex(kinds & all_of, ==, all_of);
	g_assert_cmphex(kinds & none_of, ==, 0);
}

static void
test_each_kind_can_be_left_out(Fixture *fixture, gconstpointer data)
{
	add(fixture, "message", ROMEO("one"));
	add(fixture, "mail", "{\"unread\":2}");
	add(fixture, "mail", "{\"unread\":0}");
	add(fixture, "subscription.request", "{\"id\":\"r1\",\"jid\":\"paris@example.org\"}");
	add(fixture, "room.invite", "{\"id\":\"r2\",\"jid\":\"ball@conference.example\"}");
	add(fixture, "request", "{\"id\":\"r3\",\"type\":\"captcha\"}");
	add(fixture, "account.state", "{\"state\":\"waiting\"}");
	add(fixture, "account.state", "{\"state\":\"signed-out\",\"reason\":\"idle\"}");
	add(fixture, "presence", "{}");
	assert_chosen(fixture, "message romeo@example.org one 1@1; mail - - 1@2; "
	                       "subscription-request paris@example.org - 1@4; "
	                       "room-invite ball@conference.example - 1@5; request - - 1@6; "
	                       "sign-out - - 1@8");
	for (guint i = 0; i < BRIDGE_PUSH_N_KINDS; i++) {
		fixture->choice.kinds = 1u << i;
		assert_kinds(fixture, 0, BRIDGE_PUSH_ALL_KINDS & ~(1u << i));
		fixture->choice.kinds = BRIDGE_PUSH_ALL_KINDS & ~(1u << i);
		assert_kinds(fixture,
		             fixture->choice.kinds &
		                     ~(1u << BRIDGE_PUSH_READ | 1u << BRIDGE_PUSH_ROOM_MENTION),
		             1u << i);
	}
	fixture->choice.kinds = 1u << BRIDGE_PUSH_MAIL;
	assert_chosen(fixture, "mail - - 1@2");
	fixture->choice.kinds = 0;
	assert_chosen(fixture, "");
}

static void
test_rooms_push_mentions(Fixture *fixture, gconstpointer data)
{
	add(fixture, "room.message",
	    "{\"room\":\"ball@conference.example\",\"nick\":\"Romeo\",\"body\":\"oh, JULIET!\"}");
	add(fixture, "room.message",
	    "{\"room\":\"ball@conference.example\",\"nick\":\"Romeo\",\"body\":\"Julietta\"}");
	add(fixture, "room.message",
	    "{\"room\":\"ball@conference.example\",\"own\":true,\"body\":\"Juliet here\"}");
	add(fixture, "room.message",
	    "{\"room\":\"left@conference.example\",\"nick\":\"x\",\"body\":\"Juliet\"}");
	assert_chosen(fixture, "room-mention ball@conference.example oh, JULIET! 1@1");
}

static void
test_old_things_are_no_news(Fixture *fixture, gconstpointer data)
{
	add(fixture, "message", ROMEO("expired"))->time_us = NOW_US - 61 * MINUTE_US;
	add(fixture, "message", ROMEO("waited for the service"))->time_us = NOW_US - 59 * MINUTE_US;
	assert_chosen(fixture, "message romeo@example.org waited for the service 1@2");
	add(fixture, "message",
	    "{\"from\":\"nurse@example.org\",\"body\":\"offline\",\"delayed\":true}")
		->time_us = NOW_US - 16 * MINUTE_US;
	add(fixture, "message",
	    "{\"from\":\"paris@example.org\",\"body\":\"late\",\"delayed\":true}")
		->time_us = NOW_US - 14 * MINUTE_US;
	assert_chosen(fixture, "message romeo@example.org waited for the service 1@2; "
	                       "message paris@example.org late 1@4");
}

static void
test_knows_how_long_the_first_has_waited(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GPtrArray) items = NULL;
	const BridgePushItem *item;

	add(fixture, "message", ROMEO("one"))->time_us = NOW_US - 2 * MINUTE_US;
	add(fixture, "message", ROMEO("two"))->time_us = NOW_US - MINUTE_US;
	items = bridge_push_choose(fixture->events, &fixture->choice);
	g_assert_cmpuint(items->len, ==, 1);
	item = g_ptr_array_index(items, 0);
	g_assert_cmpint(item->first_us, ==, NOW_US - 2 * MINUTE_US);
	g_assert_cmpint(item->time_us, ==, NOW_US - MINUTE_US);
	g_assert_true(bridge_push_may_choose("message"));
	g_assert_true(bridge_push_may_choose("read"));
	g_assert_false(bridge_push_may_choose("message.status"));
}

static void
test_finds_words(void)
{
	g_assert_true(bridge_push_mentions("Romeo: hi", "romeo"));
	g_assert_true(bridge_push_mentions("hi romeo", "Romeo"));
	g_assert_true(bridge_push_mentions("roméo romeo", "romeo"));
	g_assert_true(bridge_push_mentions("\xc3\x89milie, vous", "\xc3\xa9milie"));
	g_assert_false(bridge_push_mentions("romeos", "romeo"));
	g_assert_false(bridge_push_mentions("\xc3\xa9romeo", "romeo"));
	g_assert_false(bridge_push_mentions("anything", ""));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/push-choice/" name, Fixture, NULL, set_up, func, tear_down)
	ADD("a-conversation-is-one-push", test_a_conversation_is_one_push);
	ADD("what-was-read-needs-no-push", test_what_was_read_needs_no_push);
	ADD("a-newer-message-is-not-read", test_a_newer_message_is_not_read);
	ADD("each-kind-can-be-left-out", test_each_kind_can_be_left_out);
	ADD("rooms-push-mentions", test_rooms_push_mentions);
	ADD("old-things-are-no-news", test_old_things_are_no_news);
	ADD("knows-how-long-the-first-has-waited", test_knows_how_long_the_first_has_waited);
	g_test_add_func("/push-choice/finds-words", test_finds_words);
	return g_test_run();
}
