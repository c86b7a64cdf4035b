/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-order.h: what the daemon asks the push process for: one attempt to hand something to
 * a service. It travels as a row of values and not as a dictionary, since to look each of them up
 * by its name, and to check that they are what they say, took as long as to encrypt a quarter of a
 * push. What a service does not need is left empty. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BRIDGE_PUSH_ORDER_TYPE "(sssxayayayaayussba{sv})"

/* What each service makes of it, its file in push/ says. */
typedef struct {
	const char *endpoint;
	const char *target;   /* what kind of endpoint that is */
	const char *id;       /* the same for each attempt */
	gint64 registered_us; /* when the device gave its endpoint */
	GBytes *payload;      /* in clear */
	GBytes *p256dh;       /* the device's key, and its secret: to encrypt with */
	GBytes *auth;
	GVariant *secrets; /* aay: keys to sign with */
	guint32 ttl_s;
	const char *urgency;
	const char *topic;  /* what a newer one takes the place of; "": nothing */
	gboolean collapses; /* a newer one says all that this one says */
	GVariant *more;     /* a{sv}: of one service alone */
	GVariant *value;    /* of bridge_push_order_read(): what all of them are in */
} BridgePushOrder;

/* @order: NULL: empty; the two variants floating or not. Returns: (transfer floating) */
GVariant *
bridge_push_order_write(const BridgePushOrder *order);
/* Nothing of @order is NULL then. */
void
bridge_push_order_read(BridgePushOrder *order, GVariant *value);
/* One that was read. */
void
bridge_push_order_clear(BridgePushOrder *order);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BridgePushOrder, bridge_push_order_clear)

G_END_DECLS
