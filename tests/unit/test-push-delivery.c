/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-delivery.h"

#define TEST_MANY 50

static void
test_unexpected(GVariant *outcome, gpointer user_data)
{
	g_assert_not_reached();
}

static void
test_count(gpointer data)
{
	guint *freed = data;

	(*freed)++;
}

/* They wait for the thread that encrypts, or to hear what it has done. */
static void
test_is_dropped(void)
{
	g_autoptr(BridgePushRules) rules = bridge_push_rules_new(NULL, NULL);
	PushContext context = {.rules = rules,
	                       .sealer = push_sealer_new(NULL),
	                       .deliveries = g_hash_table_new(NULL, NULL),
	                       .paused = g_hash_table_new(NULL, NULL)};
	const BridgePushOrder order = {NULL};
	g_autoptr(GVariant) push = g_variant_ref_sink(bridge_push_order_write(&order));
	guint freed[TEST_MANY] = {0};
	guint count = 0;

	for (guint i = 0; i < TEST_MANY; i++)
		push_delivery_start(&context, NULL, &push_service_web, push, test_unexpected,
		                    &freed[i], test_count);
	g_clear_pointer(&context.sealer, push_sealer_free);
	push_delivery_drop_all(&context);
	for (guint i = 0; i < TEST_MANY; i++)
		count += freed[i];
	g_assert_cmpuint(count, ==, TEST_MANY);
	g_hash_table_unref(context.deliveries);
	g_hash_table_unref(context.paused);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/push-delivery/is-dropped", test_is_dropped);
	return g_test_run();
}
