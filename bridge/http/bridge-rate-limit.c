/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-rate-limit.h"

#include <math.h>

#define RATE_BURST_S 3          /* a bucket holds as many requests as refill in that time */
#define RATE_SWEEP_BUCKETS 1024 /* first look for forgettable ones when there are that many */

typedef struct {
	double tokens;
	gint64 time_us; /* when `tokens` was right */
} RateBucket;

struct _BridgeRateLimit {
	guint burst;
	double per_second;
	GHashTable *buckets;
	guint sweep_at;
};

BridgeRateLimit *
bridge_rate_limit_new(guint burst, double per_second)
{
	BridgeRateLimit *self = g_new0(BridgeRateLimit, 1);

	g_return_val_if_fail(burst > 0 && per_second > 0, self);
	self->burst = burst;
	self->per_second = per_second;
	self->buckets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	self->sweep_at = RATE_SWEEP_BUCKETS;
	return self;
}

BridgeRateLimit *
bridge_rate_limit_new_per_second(guint rate)
{
	return bridge_rate_limit_new(rate * RATE_BURST_S, rate);
}

BridgeRateLimit *
bridge_rate_limit_new_per_minute(guint rate)
{
	return bridge_rate_limit_new(rate, rate / 60.0);
}

void
bridge_rate_limit_free(BridgeRateLimit *self)
{
	g_hash_table_unref(self->buckets);
	g_free(self);
}

static double
rate_limit_count(BridgeRateLimit *self, const RateBucket *bucket, gint64 now_us)
{
	double elapsed_s = (double)MAX(now_us - bucket->time_us, 0) / G_USEC_PER_SEC;

	return MIN(bucket->tokens + elapsed_s * self->per_second, self->burst);
}

/* A full bucket says the same as none. */
static void
rate_limit_sweep(BridgeRateLimit *self, gint64 now_us)
{
	GHashTableIter iter;
	gpointer bucket = NULL;

	if (g_hash_table_size(self->buckets) < self->sweep_at)
		return;
	g_hash_table_iter_init(&iter, self->buckets);
	while (g_hash_table_iter_next(&iter, NULL, &bucket))
		if (rate_limit_count(self, bucket, now_us) >= self->burst)
			g_hash_table_iter_remove(&iter);
	self->sweep_at = MAX(RATE_SWEEP_BUCKETS, 2 * g_hash_table_size(self->buckets));
}

static void
rate_limit_tell(BridgeRateLimit *self, double tokens, BridgeRateState *state)
{
	if (state == NULL)
		return;
	state->limit = self->burst;
	state->remaining = (guint)tokens;
	state->reset_s = (guint)ceil((self->burst - tokens) / self->per_second);
	state->wait_s = tokens >= 1 ? 0 : (guint)ceil((1 - tokens) / self->per_second);
}

gboolean
bridge_rate_limit_take(BridgeRateLimit *self, const char *key, gint64 now_us,
                       BridgeRateState *state)
{
	RateBucket *bucket = g_hash_table_lookup(self->buckets, key);
	gboolean good = FALSE;

	if (bucket == NULL) {
		rate_limit_sweep(self, now_us);
		bucket = g_new0(RateBucket, 1);
		bucket->tokens = self->burst;
		bucket->time_us = now_us;
		g_hash_table_insert(self->buckets, g_strdup(key), bucket);
	}
	bucket->tokens = rate_limit_count(self, bucket, now_us);
	bucket->time_us = MAX(now_us, bucket->time_us);
	good = bucket->tokens >= 1;
	if (good)
		bucket->tokens -= 1;
	rate_limit_tell(self, bucket->tokens, state);
	return good;
}

gboolean
bridge_rate_limit_peek(BridgeRateLimit *self, const char *key, gint64 now_us,
                       BridgeRateState *state)
{
	const RateBucket *bucket = g_hash_table_lookup(self->buckets, key);
	double tokens = bucket != NULL ? rate_limit_count(self, bucket, now_us) : self->burst;

	rate_limit_tell(self, tokens, state);
	return tokens >= 1;
}

guint
bridge_rate_limit_get_size(BridgeRateLimit *self)
{
	return g_hash_table_size(self->buckets);
}
