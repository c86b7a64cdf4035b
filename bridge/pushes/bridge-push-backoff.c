/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-backoff.h"

#define BACKOFF_DOUBLINGS_MAX 10
/* Nothing changes there by itself, but an administrator may help. */
#define BACKOFF_HOPELESS_S 3600

#define BACKOFF_HOPELESS_FAILURES 20
#define BACKOFF_HOPELESS_WEBHOOK_FAILURES 10 /* of one event alone are so many */
#define BACKOFF_HOPELESS_US (7 * 86400 * (gint64)G_USEC_PER_SEC)
#define BACKOFF_HOPELESS_WEBHOOK_US (5 * 86400 * (gint64)G_USEC_PER_SEC)
#define BACKOFF_HOPELESS_AUTH_US (86400 * (gint64)G_USEC_PER_SEC)

/* What a service asks for, where it says nothing in its answer. */
typedef struct {
	const char *service;
	guint base_s;      /* doubles with each attempt */
	guint cap_s;       /* up to so long */
	guint floor_s;     /* never less */
	guint throttled_s; /* never less where it was too much for the service */
	guint give_up_s;   /* after so long what is tried is given up; 0: its schedule ends it */
} BridgePushPatience;

static const BridgePushPatience bridge_push_patience[] = {
	{BRIDGE_PUSH_SERVICE_FCM, 20, 1800, 10, 60, 3600},
	{BRIDGE_PUSH_SERVICE_APNS, 5, 1800, 1, 60, 86400},
	{BRIDGE_PUSH_SERVICE_MPNS, 240, 1920, 1, 1, 6 * 3600},
	{BRIDGE_PUSH_SERVICE_WEBHOOK, 5, 86400, 1, 1, 0},
	{NULL, 5, 3600, 1, 1, 86400},
};

/* What Standard Webhooks suggests, each with a fifth more or less. */
static const guint bridge_push_backoff_webhook_s[] = {5,     300,   1800,  7200, 18000,
                                                      36000, 50400, 72000, 86400};

/* Any part of a time that doubles: what failed together does not come back together. */
static gint64
bridge_push_backoff_get_jittered_us(const BridgePushPatience *patience, guint attempt)
{
	guint doublings = MIN(attempt - 1, BACKOFF_DOUBLINGS_MAX);
	gint64 limit_s = MIN((gint64)patience->base_s << doublings, patience->cap_s);

	return (gint64)(g_random_double() * (double)limit_s * G_USEC_PER_SEC);
}

static const BridgePushPatience *
bridge_push_backoff_find_patience(const char *service)
{
	const BridgePushPatience *patience = bridge_push_patience;

	while (patience->service != NULL && !g_str_equal(patience->service, service))
		patience++;
	return patience;
}

static gint64
bridge_push_backoff_get_scheduled_us(guint attempt)
{
	if (attempt > G_N_ELEMENTS(bridge_push_backoff_webhook_s))
		return -1;
	return (gint64)(g_random_double_range(0.8, 1.2) *
	                bridge_push_backoff_webhook_s[attempt - 1] * G_USEC_PER_SEC);
}

/* No sooner than its documentation asks for. */
static gint64
bridge_push_backoff_get_phone_us(const BridgePushPatience *patience, guint attempt)
{
	gint64 delay_s = MIN((gint64)patience->base_s << MIN(attempt - 1, BACKOFF_DOUBLINGS_MAX),
	                     patience->cap_s);

	return (gint64)(g_random_double_range(1.0, 1.2) * (double)delay_s * G_USEC_PER_SEC);
}

gint64
bridge_push_backoff_get_delay_us(const char *service, BridgePushResult result, guint attempt,
                                 guint asked_s)
{
	const BridgePushPatience *patience = bridge_push_backoff_find_patience(service);
	guint floor_s = result == BRIDGE_PUSH_THROTTLED ? patience->throttled_s : patience->floor_s;
	gint64 least_s = MAX(floor_s, (gint64)asked_s);
	gint64 delay_us;

	if (bridge_push_backoff_is_ours(result))
		least_s = MAX(least_s, BACKOFF_HOPELESS_S);
	if (g_str_equal(service, BRIDGE_PUSH_SERVICE_WEBHOOK))
		delay_us = bridge_push_backoff_get_scheduled_us(attempt);
	else if (g_str_equal(service, BRIDGE_PUSH_SERVICE_MPNS))
		delay_us = bridge_push_backoff_get_phone_us(patience, attempt);
	else
		delay_us = bridge_push_backoff_get_jittered_us(patience, attempt);
	return delay_us < 0 ? -1 : MAX(delay_us, least_s * G_USEC_PER_SEC);
}

/* What is wrong here, an administrator puts right: nothing is lost meanwhile. */
gboolean
bridge_push_backoff_is_ours(BridgePushResult result)
{
	return result == BRIDGE_PUSH_AUTH || result == BRIDGE_PUSH_CONFIG ||
	       result == BRIDGE_PUSH_REFUSED;
}

gboolean
bridge_push_backoff_is_over(const char *service, gint64 tried_us)
{
	gint64 give_up_s = bridge_push_backoff_find_patience(service)->give_up_s;

	return give_up_s != 0 && tried_us >= give_up_s * G_USEC_PER_SEC;
}

gboolean
bridge_push_backoff_is_hopeless(const char *service, BridgePushResult result, gint64 failing_us,
                                guint failures, gint64 now_us)
{
	gboolean webhook = g_str_equal(service, BRIDGE_PUSH_SERVICE_WEBHOOK);
	guint most = webhook ? BACKOFF_HOPELESS_WEBHOOK_FAILURES : BACKOFF_HOPELESS_FAILURES;
	gint64 limit_us = result == BRIDGE_PUSH_AUTH ? BACKOFF_HOPELESS_AUTH_US
	                  : webhook                  ? BACKOFF_HOPELESS_WEBHOOK_US
	                                             : BACKOFF_HOPELESS_US;

	return failing_us != 0 && failures >= most && now_us - failing_us > limit_us;
}
