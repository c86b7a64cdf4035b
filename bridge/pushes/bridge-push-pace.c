/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-pace.c: when a subscription is sent what waits. */
#include "config.h"

#include "bridge-push-private.h"

/* The first one after a silence; a burst is one push. */
#define QUEUE_FIRST_US (250 * 1000)
/* To one device so many at once, and later one in so long, whatever they are of. */
#define QUEUE_BURST 20
#define QUEUE_PACE_US (5 * (gint64)G_USEC_PER_SEC)
/* A device that has acknowledged something lately may be looking at what comes: it has so long to
 * say so of each event. An open connection says nothing: it may be one of a device that has gone.
 */
#define QUEUE_GRACE_US (10 * (gint64)G_USEC_PER_SEC)
#define QUEUE_LATELY_US (60 * (gint64)G_USEC_PER_SEC)

gboolean
bridge_push_queue_is_webhook(BridgePushQueue *queue)
{
	return g_str_equal(queue->settings->type, BRIDGE_PUSH_SERVICE_WEBHOOK);
}

gboolean
bridge_push_queue_coalesces(BridgePushQueue *queue)
{
	return !bridge_push_queue_is_webhook(queue) &&
	       !bridge_push_is_translated(queue->settings->type);
}

gint64
bridge_push_queue_get_delay_us(BridgePushQueue *queue)
{
	gint64 now_us = g_get_monotonic_time();
	gint64 real_us = g_get_real_time();
	gint64 delay_us = MAX(queue->record->not_before_us - real_us, queue->held_us - now_us);

	if (!queue->settings->verified)
		return MAX(delay_us,
		           bridge_push_get_challenge_us(queue->push, queue->record->device_id) -
		                   now_us);
	if (bridge_push_queue_coalesces(queue))
		delay_us = MAX(delay_us, QUEUE_FIRST_US);
	if (queue->urgent_seq != 0)
		return delay_us;
	return MAX(delay_us,
	           bridge_push_settings_get_quiet_end_us(queue->settings, real_us) - real_us);
}

gint64
bridge_push_queue_select(BridgePushQueue *queue)
{
	gint64 now_us = g_get_monotonic_time();
	gint64 first_us = G_MAXINT64;

	queue->at = 0;
	if (!bridge_push_queue_coalesces(queue))
		return 0;
	for (guint i = 0; i < queue->items->len; i++) {
		const BridgePushItem *item = g_ptr_array_index(queue->items, i);
		gint64 due_us = bridge_push_past_get_due_us(queue->past, item->key);

		queue->at = i;
		first_us = MIN(first_us, due_us);
		if (due_us <= now_us)
			break;
	}
	first_us = MAX(first_us, queue->paced_us - (QUEUE_BURST - 1) * QUEUE_PACE_US);
	return MAX(0, first_us - now_us);
}

void
bridge_push_queue_count_sent(BridgePushQueue *queue)
{
	queue->paced_us = MAX(queue->paced_us, g_get_monotonic_time()) + QUEUE_PACE_US;
}

gint64
bridge_push_queue_get_grace_us(BridgePushQueue *queue)
{
	gint64 first_us = G_MAXINT64;

	if (queue->acked_us == 0 || g_get_monotonic_time() - queue->acked_us >= QUEUE_LATELY_US ||
	    bridge_push_is_translated(queue->settings->type))
		return 0;
	for (guint i = 0; i < queue->items->len; i++) {
		const BridgePushItem *item = g_ptr_array_index(queue->items, i);

		if (item->seq > queue->acked_seq)
			first_us = MIN(first_us, item->first_us);
	}
	/* A clock that was put back makes nobody wait for longer. */
	return first_us == G_MAXINT64
	               ? 0
	               : MIN(first_us + QUEUE_GRACE_US - g_get_real_time(), QUEUE_GRACE_US);
}
