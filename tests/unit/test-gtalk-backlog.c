/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-backlog.h"

static gboolean
test_push(GTalkBacklog *backlog, const char *body, const char *stanza_id, guint stanza)
{
	g_autofree char *copy = g_strdup(body); /* what is pushed does not outlive the call */
	g_autofree char *id = g_strdup(stanza_id);
	GTalkMessage message = {.body = copy,
	                        .stanza_id = id,
	                        .from = "romeo@talk.example",
	                        .to = "juliet@talk.example",
	                        .type = "chat"};

	return gtalk_backlog_push(backlog, &message, stanza);
}

static void
test_expect(GTalkWaiting *waiting, const char *body, guint stanza)
{
	g_autoptr(GTalkWaiting) owned = waiting;

	g_assert_nonnull(owned);
	g_assert_cmpstr(owned->message.body, ==, body);
	g_assert_cmpstr(owned->message.from, ==, "romeo@talk.example");
	g_assert_cmpuint(owned->stanza, ==, stanza);
}

static void
test_order_is_kept(void)
{
	g_autoptr(GTalkBacklog) backlog = gtalk_backlog_new();

	g_assert_true(test_push(backlog, "one", "a1", 0));
	g_assert_true(test_push(backlog, "two", NULL, 7));
	test_expect(gtalk_backlog_pop(backlog), "one", 0);
	test_expect(gtalk_backlog_pop(backlog), "two", 7);
	g_assert_null(gtalk_backlog_pop(backlog));
}

static void
test_what_came_before_goes_before(void)
{
	g_autoptr(GTalkBacklog) backlog = gtalk_backlog_new();

	test_push(backlog, "elsewhere in the archive", "a5", 0);
	test_push(backlog, "off the record", NULL, 3);
	test_push(backlog, "kept", "a1", 0);
	test_push(backlog, "off the record again", NULL, 4);
	test_push(backlog, "behind", "a2", 0);
	g_assert_null(gtalk_backlog_pop_unarchived_before(backlog, "a0"));
	test_expect(gtalk_backlog_pop_unarchived_before(backlog, "a1"), "off the record", 3);
	g_assert_null(gtalk_backlog_pop_unarchived_before(backlog, "a1"));
	test_expect(gtalk_backlog_pop_archived(backlog, "a1"), "kept", 0);
	g_assert_null(gtalk_backlog_pop_archived(backlog, "a1"));
	test_expect(gtalk_backlog_pop(backlog), "elsewhere in the archive", 0);
	test_expect(gtalk_backlog_pop(backlog), "off the record again", 4);
	test_expect(gtalk_backlog_pop(backlog), "behind", 0);
}

static void
test_the_unarchived_can_leave_alone(void)
{
	g_autoptr(GTalkBacklog) backlog = gtalk_backlog_new();

	test_push(backlog, "kept", "a1", 0);
	test_push(backlog, "first", NULL, 1);
	test_push(backlog, "second", NULL, 2);
	g_assert_cmpuint(gtalk_backlog_count_pressing(backlog), ==, 2);
	g_assert_cmpuint(gtalk_backlog_count_archived(backlog), ==, 1);
	test_expect(gtalk_backlog_pop_unarchived(backlog), "first", 1);
	test_expect(gtalk_backlog_pop_unarchived(backlog), "second", 2);
	g_assert_null(gtalk_backlog_pop_unarchived(backlog));
	g_assert_cmpuint(gtalk_backlog_count_pressing(backlog), ==, 0);
	test_expect(gtalk_backlog_pop(backlog), "kept", 0);
}

static void
test_holds_can_be_taken(void)
{
	g_autoptr(GTalkBacklog) backlog = gtalk_backlog_new();

	test_push(backlog, "nowhere else", NULL, 1);
	test_push(backlog, "kept", "a1", 2);
	test_push(backlog, "without", "a2", 0);
	test_push(backlog, "kept too", "a3", 3);
	g_assert_cmpuint(gtalk_backlog_count_pressing(backlog), ==, 3);
	g_assert_cmpuint(gtalk_backlog_take_hold(backlog), ==, 2);
	g_assert_cmpuint(gtalk_backlog_take_hold(backlog), ==, 3);
	g_assert_cmpuint(gtalk_backlog_take_hold(backlog), ==, 0);
	g_assert_cmpuint(gtalk_backlog_count_pressing(backlog), ==, 1);
	test_expect(gtalk_backlog_pop(backlog), "nowhere else", 1);
	test_expect(gtalk_backlog_pop(backlog), "kept", 0);
	g_assert_cmpuint(gtalk_backlog_count_pressing(backlog), ==, 0);
}

static void
test_one_id_twice(void)
{
	g_autoptr(GTalkBacklog) backlog = gtalk_backlog_new();

	test_push(backlog, "live", "a1", 0);
	test_push(backlog, "copy", "a1", 0);
	test_expect(gtalk_backlog_pop_archived(backlog, "a1"), "copy", 0);
	test_expect(gtalk_backlog_pop(backlog), "live", 0);
	g_assert_null(gtalk_backlog_pop(backlog));
}

static void
test_room_for_so_many(void)
{
	g_autoptr(GTalkBacklog) backlog = gtalk_backlog_new();

	for (guint i = 0; i < GTALK_BACKLOG_MESSAGES_MAX; i++)
		g_assert_true(test_push(backlog, "x", NULL, 0));
	g_assert_false(test_push(backlog, "x", NULL, 0));
	test_expect(gtalk_backlog_pop(backlog), "x", 0);
	g_assert_true(test_push(backlog, "x", NULL, 0));
}

static void
test_room_for_so_much(void)
{
	g_autoptr(GTalkBacklog) backlog = gtalk_backlog_new();
	g_autofree char *half = g_strnfill(GTALK_BACKLOG_BYTES_MAX / 2, 'x');

	g_assert_true(test_push(backlog, half, NULL, 0));
	g_assert_true(test_push(backlog, half, NULL, 0));
	g_assert_false(test_push(backlog, "x", NULL, 0));
	test_expect(gtalk_backlog_pop(backlog), half, 0);
	g_assert_true(test_push(backlog, "x", NULL, 0));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gtalk-backlog/order", test_order_is_kept);
	g_test_add_func("/gtalk-backlog/before", test_what_came_before_goes_before);
	g_test_add_func("/gtalk-backlog/unarchived", test_the_unarchived_can_leave_alone);
	g_test_add_func("/gtalk-backlog/holds", test_holds_can_be_taken);
	g_test_add_func("/gtalk-backlog/twice", test_one_id_twice);
	g_test_add_func("/gtalk-backlog/messages", test_room_for_so_many);
	g_test_add_func("/gtalk-backlog/bytes", test_room_for_so_much);
	return g_test_run();
}
