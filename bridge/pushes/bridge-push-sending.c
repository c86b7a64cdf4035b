/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-sending.c: something of a queue's that is under way, while the queue may be replaced,
 * removed or stopped. */
#include "config.h"

#include "bridge-push-private.h"

BridgePushSending *
bridge_push_sending_new(BridgePushQueue *queue)
{
	BridgePushSending *sending = g_new0(BridgePushSending, 1);

	sending->queue = bridge_push_queue_ref(queue);
	sending->generation = queue->generation;
	return sending;
}

gboolean
bridge_push_sending_end(BridgePushSending *sending, BridgePushQueue **queue)
{
	gboolean good = sending->queue->push != NULL && !sending->queue->push->stopped;

	*queue = sending->queue;
	if (!good)
		bridge_push_queue_leave_origin(*queue, FALSE);
	if (good && sending->generation != sending->queue->generation) {
		sending->queue->woken = TRUE;
		bridge_push_queue_rest(sending->queue);
		good = FALSE;
	}
	g_free(sending);
	return good;
}

void
bridge_push_sending_remember(BridgePushSending *sending, GVariant *outcome)
{
	BridgePushQueue *queue = sending->queue;

	if (sending->generation == queue->generation || !queue->settings->verified ||
	    outcome == NULL || bridge_push_outcome_get_result(outcome) != BRIDGE_PUSH_DELIVERED)
		return;
	bridge_push_past_add(queue->past, g_ptr_array_index(queue->items, queue->at),
	                     g_get_monotonic_time());
}

void
bridge_push_sending_tell(BridgePushSending *sending, GVariant *outcome)
{
	BridgePushQueue *queue = sending->queue;
	gboolean stale = sending->generation != queue->generation;
	BridgePushResult result =
		outcome != NULL ? bridge_push_outcome_get_result(outcome) : BRIDGE_PUSH_UNKNOWN;

	if (queue->push == NULL || !bridge_push_is_translated(queue->settings->type) ||
	    (!stale && outcome != NULL))
		return;
	bridge_push_translation_judge(queue, g_ptr_array_index(queue->items, queue->at), result,
	                              outcome);
}
