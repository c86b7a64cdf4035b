/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "api/bridge-tickets.h"

#define S G_USEC_PER_SEC

static const guint8 one_token[BRIDGE_SECRET_HASH_BYTES] = {1};
static const guint8 other_token[BRIDGE_SECRET_HASH_BYTES] = {2};

static void
assert_redeems(BridgeTickets *tickets, const char *ticket, gint64 now_us, const guint8 *token)
{
	guint8 hash[BRIDGE_SECRET_HASH_BYTES] = {0};

	g_assert_true(bridge_tickets_redeem(tickets, ticket, now_us, hash));
	g_assert_cmpmem(hash, sizeof(hash), token, BRIDGE_SECRET_HASH_BYTES);
}

static void
assert_refuses(BridgeTickets *tickets, const char *ticket, gint64 now_us)
{
	guint8 hash[BRIDGE_SECRET_HASH_BYTES] = {0};

	g_assert_false(bridge_tickets_redeem(tickets, ticket, now_us, hash));
	g_assert_cmpuint(hash[0], ==, 0);
}

static void
test_once(void)
{
	g_autoptr(BridgeTickets) tickets = bridge_tickets_new();
	g_autofree char *one = bridge_tickets_issue(tickets, "one", one_token, 0);
	g_autofree char *other = bridge_tickets_issue(tickets, "other", other_token, 0);
	g_autofree char *longer = g_strnfill(5000, 'x');

	g_assert_cmpstr(one, !=, other);
	g_assert_cmpuint(strlen(one), ==, 43); /* 256 bits */
	assert_redeems(tickets, one, S, one_token);
	assert_refuses(tickets, one, S);
	assert_redeems(tickets, other, S, other_token);
	assert_refuses(tickets, "", S);
	assert_refuses(tickets, longer, S);
}

static void
test_for_a_minute(void)
{
	g_autoptr(BridgeTickets) tickets = bridge_tickets_new();
	g_autofree char *soon = bridge_tickets_issue(tickets, "one", one_token, 5 * S);
	g_autofree char *late = bridge_tickets_issue(tickets, "one", one_token, 5 * S);

	assert_redeems(tickets, soon, 65 * S - 1, one_token);
	assert_refuses(tickets, late, 65 * S);
}

static void
test_few_of_a_device(void)
{
	g_autoptr(BridgeTickets) tickets = bridge_tickets_new();
	g_autoptr(GPtrArray) mine = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *other = bridge_tickets_issue(tickets, "other", other_token, 0);

	for (guint i = 0; i < 9; i++)
		g_ptr_array_add(mine, bridge_tickets_issue(tickets, "one", one_token, i));
	assert_refuses(tickets, g_ptr_array_index(mine, 0), S);
	for (guint i = 1; i < 9; i++)
		assert_redeems(tickets, g_ptr_array_index(mine, i), S, one_token);
	assert_redeems(tickets, other, S, other_token);
}

static void
test_not_too_many(void)
{
	g_autoptr(BridgeTickets) tickets = bridge_tickets_new();
	g_autofree char *later = NULL;

	for (guint i = 0; i < 10000; i++) {
		g_autofree char *device = g_strdup_printf("device %u", i);
		g_autofree char *ticket = bridge_tickets_issue(tickets, device, one_token, 0);

		g_assert_nonnull(ticket);
	}
	g_assert_null(bridge_tickets_issue(tickets, "one", one_token, S));
	later = bridge_tickets_issue(tickets, "one", one_token, 60 * S);
	assert_redeems(tickets, later, 60 * S, one_token);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tickets/once", test_once);
	g_test_add_func("/tickets/for-a-minute", test_for_a_minute);
	g_test_add_func("/tickets/few-of-a-device", test_few_of_a_device);
	g_test_add_func("/tickets/not-too-many", test_not_too_many);
	return g_test_run();
}
