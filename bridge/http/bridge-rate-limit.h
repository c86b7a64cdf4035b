/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-rate-limit.h: token buckets, one for each key (a device, an address). A bucket holds up to
 * `burst` tokens and fills steadily; each request takes one. Pure: time is given, in microseconds
 * of any clock that does not go back. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BridgeRateLimit BridgeRateLimit;

typedef struct {
	guint limit;     /* size of the bucket */
	guint remaining; /* whole tokens left */
	guint reset_s;   /* until it is full, rounded up */
	guint wait_s;    /* until there is one token, rounded up; 0 when there is */
} BridgeRateState;

BridgeRateLimit *
bridge_rate_limit_new(guint burst, double per_second);
/* As many at once as come in three seconds */
BridgeRateLimit *
bridge_rate_limit_new_per_second(guint rate);
/* As many at once as come in a minute */
BridgeRateLimit *
bridge_rate_limit_new_per_minute(guint rate);
void
bridge_rate_limit_free(BridgeRateLimit *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeRateLimit, bridge_rate_limit_free)

/* Takes a token if there is one. @state: (out) (optional) */
gboolean
bridge_rate_limit_take(BridgeRateLimit *self, const char *key, gint64 now_us,
                       BridgeRateState *state);

/* Would take succeed? */
gboolean
bridge_rate_limit_peek(BridgeRateLimit *self, const char *key, gint64 now_us,
                       BridgeRateState *state);

/* Buckets that are remembered: full ones are forgotten now and then. */
guint
bridge_rate_limit_get_size(BridgeRateLimit *self);

G_END_DECLS
