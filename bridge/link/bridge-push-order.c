/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-order.h"

static const char *
bridge_push_order_get_text(const char *text)
{
	return text != NULL ? text : "";
}

static GVariant *
bridge_push_order_write_octets(GBytes *octets)
{
	if (octets == NULL)
		return g_variant_new_array(G_VARIANT_TYPE_BYTE, NULL, 0);
	return g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING, octets, TRUE);
}

GVariant *
bridge_push_order_write(const BridgePushOrder *order)
{
	return g_variant_new(
		"(sssx@ay@ay@ay@aayussb@a{sv})", bridge_push_order_get_text(order->endpoint),
		bridge_push_order_get_text(order->target), bridge_push_order_get_text(order->id),
		order->registered_us, bridge_push_order_write_octets(order->payload),
		bridge_push_order_write_octets(order->p256dh),
		bridge_push_order_write_octets(order->auth),
		order->secrets != NULL ? order->secrets
				       : g_variant_new_array(G_VARIANT_TYPE_BYTESTRING, NULL, 0),
		order->ttl_s, bridge_push_order_get_text(order->urgency),
		bridge_push_order_get_text(order->topic), order->collapses,
		order->more != NULL ? order->more
				    : g_variant_new_array(G_VARIANT_TYPE("{sv}"), NULL, 0));
}

/* @octets: (transfer full) */
static GBytes *
bridge_push_order_take_octets(GVariant *octets)
{
	GBytes *bytes = g_variant_get_data_as_bytes(octets);

	g_variant_unref(octets);
	return bytes;
}

void
bridge_push_order_read(BridgePushOrder *order, GVariant *value)
{
	GVariant *payload;
	GVariant *p256dh;
	GVariant *auth;

	g_variant_get(value, "(&s&s&sx@ay@ay@ay@aayu&s&sb@a{sv})", &order->endpoint, &order->target,
	              &order->id, &order->registered_us, &payload, &p256dh, &auth, &order->secrets,
	              &order->ttl_s, &order->urgency, &order->topic, &order->collapses,
	              &order->more);
	order->payload = bridge_push_order_take_octets(payload);
	order->p256dh = bridge_push_order_take_octets(p256dh);
	order->auth = bridge_push_order_take_octets(auth);
	order->value = g_variant_ref(value);
}

void
bridge_push_order_clear(BridgePushOrder *order)
{
	g_clear_pointer(&order->payload, g_bytes_unref);
	g_clear_pointer(&order->p256dh, g_bytes_unref);
	g_clear_pointer(&order->auth, g_bytes_unref);
	g_clear_pointer(&order->secrets, g_variant_unref);
	g_clear_pointer(&order->more, g_variant_unref);
	g_clear_pointer(&order->value, g_variant_unref);
}
