/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pushes/bridge-push-past.h"

#define SECOND_US ((gint64)G_USEC_PER_SEC)
#define MANY 3000

static void
add(BridgePushPast *past, BridgePushKind kind, const char *key, guint64 seq, gint64 now_us)
{
	BridgePushItem item = {.kind = kind, .key = (char *)key, .seq = seq};

	bridge_push_past_add(past, &item, now_us);
}

static gboolean
has(BridgePushPast *past, const char *key, guint64 seq)
{
	BridgePushItem item = {.key = (char *)key, .seq = seq};

	return bridge_push_past_has(past, &item);
}

static void
test_knows_what_is_shown(void)
{
	g_autoptr(BridgePushPast) past = bridge_push_past_new();

	g_assert_false(bridge_push_past_shows(past, "message a"));
	add(past, BRIDGE_PUSH_MESSAGE, "message a", 5, SECOND_US);
	g_assert_true(bridge_push_past_shows(past, "message a"));
	g_assert_false(bridge_push_past_shows(past, "message b"));
	add(past, BRIDGE_PUSH_READ, "message a", 6, SECOND_US);
	g_assert_false(bridge_push_past_shows(past, "message a"));
}

static void
test_knows_what_was_pushed(void)
{
	g_autoptr(BridgePushPast) past = bridge_push_past_new();

	add(past, BRIDGE_PUSH_MESSAGE, "message a", 5, SECOND_US);
	g_assert_true(has(past, "message a", 5));
	g_assert_true(has(past, "message a", 4));
	g_assert_false(has(past, "message a", 6));
	g_assert_false(has(past, "message b", 5));
}

/* Each conversation for itself. */
static void
test_spaces(void)
{
	g_autoptr(BridgePushPast) past = bridge_push_past_new();

	add(past, BRIDGE_PUSH_MESSAGE, "message a", 5, 7 * SECOND_US);
	g_assert_cmpint(bridge_push_past_get_due_us(past, "message a"), ==,
	                7 * SECOND_US + BRIDGE_PUSH_SPACING_US);
	g_assert_cmpint(bridge_push_past_get_due_us(past, "message b"), ==, 0);
}

static void
test_rather_tells_once_too_often(void)
{
	g_autoptr(BridgePushPast) past = bridge_push_past_new();

	add(past, BRIDGE_PUSH_READ, "message a", 5, SECOND_US);
	bridge_push_past_lose(past);
	g_assert_true(bridge_push_past_shows(past, "message a"));
	g_assert_false(has(past, "message a", 5));
	for (guint i = 0; i < MANY; i++) {
		g_autofree char *key = g_strdup_printf("message %u", i);

		add(past, BRIDGE_PUSH_READ, key, i, SECOND_US);
		g_assert_false(bridge_push_past_shows(past, key));
	}
	g_assert_true(bridge_push_past_shows(past, "message 0"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/push-past/knows-what-is-shown", test_knows_what_is_shown);
	g_test_add_func("/push-past/knows-what-was-pushed", test_knows_what_was_pushed);
	g_test_add_func("/push-past/spaces", test_spaces);
	g_test_add_func("/push-past/rather-tells-once-too-often", test_rather_tells_once_too_often);
	return g_test_run();
}
