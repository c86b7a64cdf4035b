/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "link/bridge-push-order.h"

#include <string.h>

static void
assert_octets(GBytes *octets, const char *text)
{
	g_assert_nonnull(octets);
	g_assert_cmpmem(g_bytes_get_data(octets, NULL), g_bytes_get_size(octets), text,
	                strlen(text));
}

static void
write_and_read(const BridgePushOrder *order, BridgePushOrder *read)
{
	g_autoptr(GVariant) value = g_variant_ref_sink(bridge_push_order_write(order));

	g_assert_cmpstr(g_variant_get_type_string(value), ==, BRIDGE_PUSH_ORDER_TYPE);
	bridge_push_order_read(read, value);
}

static void
test_all_of_it_arrives(void)
{
	g_autoptr(GBytes) payload = g_bytes_new_static("payload", 7);
	g_autoptr(GBytes) p256dh = g_bytes_new_static("key", 3);
	g_autoptr(GBytes) auth = g_bytes_new_static("secret", 6);
	const BridgePushOrder order = {
		.endpoint = "https://push.example/1",
		.target = "token",
		.id = "msg_1",
		.registered_us = 1234567890123456,
		.payload = payload,
		.p256dh = p256dh,
		.auth = auth,
		.secrets = g_variant_new_parsed("[b'one', b'other']"),
		.ttl_s = 86400,
		.urgency = "high",
		.topic = "topic",
		.collapses = TRUE,
		.more = g_variant_new_parsed("{'kind': <'tile'>}"),
	};
	g_auto(BridgePushOrder) read = {NULL};
	const char *kind = NULL;

	write_and_read(&order, &read);
	g_assert_cmpstr(read.endpoint, ==, "https://push.example/1");
	g_assert_cmpstr(read.target, ==, "token");
	g_assert_cmpstr(read.id, ==, "msg_1");
	g_assert_cmpint(read.registered_us, ==, 1234567890123456);
	assert_octets(read.payload, "payload");
	assert_octets(read.p256dh, "key");
	assert_octets(read.auth, "secret");
	g_assert_cmpuint(g_variant_n_children(read.secrets), ==, 2);
	g_assert_cmpuint(read.ttl_s, ==, 86400);
	g_assert_cmpstr(read.urgency, ==, "high");
	g_assert_cmpstr(read.topic, ==, "topic");
	g_assert_true(read.collapses);
	g_assert_true(g_variant_lookup(read.more, "kind", "&s", &kind));
	g_assert_cmpstr(kind, ==, "tile");
}

static void
test_what_is_left_out_is_empty(void)
{
	const BridgePushOrder order = {NULL};
	g_auto(BridgePushOrder) read = {NULL};

	write_and_read(&order, &read);
	g_assert_cmpstr(read.endpoint, ==, "");
	g_assert_cmpstr(read.target, ==, "");
	g_assert_cmpstr(read.id, ==, "");
	g_assert_cmpint(read.registered_us, ==, 0);
	assert_octets(read.payload, "");
	assert_octets(read.p256dh, "");
	assert_octets(read.auth, "");
	g_assert_cmpuint(g_variant_n_children(read.secrets), ==, 0);
	g_assert_cmpuint(read.ttl_s, ==, 0);
	g_assert_cmpstr(read.urgency, ==, "");
	g_assert_cmpstr(read.topic, ==, "");
	g_assert_false(read.collapses);
	g_assert_cmpuint(g_variant_n_children(read.more), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/push-order/all-of-it-arrives", test_all_of_it_arrives);
	g_test_add_func("/push-order/what-is-left-out-is-empty", test_what_is_left_out_is_empty);
	return g_test_run();
}
