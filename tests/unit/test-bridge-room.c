/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "account/bridge-room-events.h"

static void
test_what_is_kept(void)
{
	BridgeRoom *room = bridge_room_new("ball@muc.example");
	g_autoptr(GVariant) kept = NULL;
	const char *password = NULL;

	bridge_room_set_nick(room, "ann");
	bridge_room_set_topic(room, "Masks");
	bridge_room_set_trouble(room, "unreachable");
	bridge_room_set_components(room, g_variant_new_parsed("{'password': 'rose'}"));
	room->seen_us = 7;
	kept = g_variant_ref_sink(bridge_room_build_kept(room));
	bridge_room_free(room);
	room = bridge_room_new_from_kept(kept);
	g_assert_cmpstr(room->jid, ==, "ball@muc.example");
	g_assert_cmpstr(room->nick, ==, "ann");
	g_assert_cmpstr(room->topic, ==, "Masks");
	g_assert_cmpstr(room->trouble, ==, "unreachable");
	g_assert_true(g_variant_lookup(room->components, "password", "&s", &password));
	g_assert_cmpstr(password, ==, "rose");
	g_assert_cmpint(room->seen_us, ==, 7);
	g_assert_cmpint(room->state, ==, BRIDGE_ROOM_WAITING);
	g_assert_true(room->wanted);
	bridge_room_free(room);
}

static void
test_members(void)
{
	BridgeRoom *room = bridge_room_new("ball@muc.example");
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(BridgeRoomMember) gone = NULL;

	g_assert_nonnull(bridge_room_put_member(room, "ben", "participant", ""));
	g_assert_nonnull(bridge_room_put_member(room, "ann", "owner", "ann@example.org"));
	g_assert_null(bridge_room_put_member(room, "ben", "participant", ""));
	g_assert_nonnull(bridge_room_put_member(room, "ben", "moderator", ""));
	list = bridge_room_list_members(room);
	g_assert_cmpuint(list->len, ==, 2);
	g_assert_cmpstr(((BridgeRoomMember *)list->pdata[0])->nick, ==, "ann");
	g_assert_cmpstr(((BridgeRoomMember *)list->pdata[1])->role, ==, "moderator");
	gone = bridge_room_take_member(room, "ben");
	g_assert_cmpstr(gone->nick, ==, "ben");
	g_assert_null(bridge_room_take_member(room, "ben"));
	bridge_room_reset(room);
	g_assert_cmpuint(g_hash_table_size(room->members), ==, 0);
	bridge_room_free(room);
}

static void
test_as_many_members_as_there_may_be(void)
{
	BridgeRoom *room = bridge_room_new("ball@muc.example");

	for (guint i = 0; i < BRIDGE_ROOM_MEMBERS_MAX; i++) {
		g_autofree char *nick = g_strdup_printf("%u", i);

		g_assert_nonnull(bridge_room_put_member(room, nick, "none", ""));
	}
	g_assert_null(bridge_room_put_member(room, "one more", "none", ""));
	g_assert_nonnull(bridge_room_put_member(room, "0", "owner", ""));
	bridge_room_free(room);
}

static void
test_reasons(void)
{
	const struct {
		const char *reason;
		gboolean is_final;
		BridgeError error;
	} cases[] = {
		{"banned", TRUE, BRIDGE_ERROR_ROOM_BANNED},
		{"members-only", TRUE, BRIDGE_ERROR_ROOM_MEMBERS_ONLY},
		{"password", TRUE, BRIDGE_ERROR_ROOM_PASSWORD},
		{"nickname-taken", FALSE, BRIDGE_ERROR_ROOM_NICKNAME_TAKEN},
		{"not-found", FALSE, BRIDGE_ERROR_ROOM_GONE},
		{"gone", TRUE, BRIDGE_ERROR_ROOM_GONE},
		{"kicked", TRUE, BRIDGE_ERROR_REFUSED},
		{"disconnected", FALSE, BRIDGE_ERROR_REFUSED},
		{"no-answer", FALSE, BRIDGE_ERROR_NO_ANSWER},
		{"never heard of", FALSE, BRIDGE_ERROR_REFUSED},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_assert_cmpint(bridge_room_reason_is_final(cases[i].reason), ==,
		                cases[i].is_final);
		g_assert_cmpint(bridge_room_reason_get_error(cases[i].reason), ==, cases[i].error);
		g_assert_nonnull(bridge_room_reason_get_sentence(cases[i].reason));
	}
}

/* Whether what was said at one time is known by what is told with another. */
static gboolean
knows(gint64 said_us, gint64 told_us, const char *nick, const char *id, const char *body)
{
	g_auto(GStrv) said = bridge_room_build_said("r@m", "ann", "1", "ay", said_us);
	g_auto(GStrv) told = bridge_room_build_said("r@m", nick, id, body, told_us);

	return g_strv_contains((const char *const *)told, said[0]);
}

static void
test_what_was_said_before(void)
{
	const gint64 now_us = 1795176000123456;
	const gint64 hour_us = 3600 * (gint64)G_USEC_PER_SEC;

	g_assert_true(knows(now_us, now_us, "ann", "1", "ay"));
	g_assert_true(knows(now_us, now_us - BRIDGE_ROOM_SLACK_US, "ann", "1", "ay"));
	g_assert_true(knows(now_us, now_us + BRIDGE_ROOM_SLACK_US, "ann", "1", "ay"));
	g_assert_false(knows(now_us, now_us + hour_us, "ann", "1", "ay"));
	g_assert_false(knows(now_us, now_us, "ben", "1", "ay"));
	g_assert_false(knows(now_us, now_us, "ann", "2", "ay"));
	g_assert_false(knows(now_us, now_us, "ann", "1", "no"));
}

static void
assert_event(BridgeEventRecord *event, const char *type, const char *data)
{
	g_autoptr(BridgeEventRecord) owned = event;
	g_autofree char *text =
		g_strndup(g_bytes_get_data(event->data, NULL), g_bytes_get_size(event->data));

	g_assert_cmpstr(event->type, ==, type);
	g_assert_cmpstr(text, ==, data);
}

static void
test_events(void)
{
	BridgeRoom *room = bridge_room_new("r@m");
	BridgeRoomMember member = {(char *)"ben", (char *)"none", (char *)""};
	g_autofree char *presence = NULL;

	bridge_room_set_nick(room, "ann");
	bridge_room_set_topic(room, "\"Masks\"");
	assert_event(bridge_event_new_room_state(room, "left", "gone", "Closed", "o@m"),
	             "room.state",
	             "{\"room\":\"r@m\",\"state\":\"left\",\"nick\":\"ann\",\"reason\":\"gone\","
	             "\"detail\":\"Closed\",\"alternative\":\"o@m\"}");
	assert_event(bridge_event_new_room_topic(room, ""), "room.topic",
	             "{\"room\":\"r@m\",\"topic\":\"\\\"Masks\\\"\",\"by\":null}");
	assert_event(bridge_event_new_room_invite_refused("r@m", "b@x", "forbidden"),
	             "room.invite-refused",
	             "{\"room\":\"r@m\",\"jid\":\"b@x\",\"reason\":\"forbidden\"}");
	presence = bridge_event_build_room_presence("r@m", &member, FALSE, "benno");
	g_assert_cmpstr(presence, ==,
	                "{\"room\":\"r@m\",\"nick\":\"ben\",\"jid\":null,\"role\":\"none\","
	                "\"here\":false,\"renamed\":\"benno\"}");
	bridge_room_free(room);
}

static void
test_messages_belong_to_the_room(void)
{
	BridgeEventRoomMessage message = {
		.room = "r@m", .id = "1", .nick = "ben", .body = "ay", .delayed = TRUE};
	g_autoptr(BridgeEventRecord) theirs = bridge_event_new_room_message(5, &message);
	g_autoptr(BridgeEventRecord) own = NULL;
	g_autofree char *peer = NULL;
	g_autofree char *room = NULL;
	gboolean incoming = FALSE;

	g_assert_cmpint(theirs->time_us, ==, 5);
	peer = bridge_event_dup_peer(theirs, &incoming);
	g_assert_cmpstr(peer, ==, "r@m");
	g_assert_true(incoming);
	message.own = TRUE;
	own = bridge_event_new_room_message(5, &message);
	room = bridge_event_dup_peer(own, &incoming);
	g_assert_cmpstr(room, ==, "r@m");
	g_assert_false(incoming);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-room/kept", test_what_is_kept);
	g_test_add_func("/bridge-room/members", test_members);
	g_test_add_func("/bridge-room/members/limit", test_as_many_members_as_there_may_be);
	g_test_add_func("/bridge-room/reasons", test_reasons);
	g_test_add_func("/bridge-room/said-before", test_what_was_said_before);
	g_test_add_func("/bridge-room/events", test_events);
	g_test_add_func("/bridge-room/messages", test_messages_belong_to_the_room);
	return g_test_run();
}
