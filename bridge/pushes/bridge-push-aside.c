/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-aside.c: pushes that are no events: sent between those of a queue while it has
 * nothing else to do, one at a time like these, so that nothing overtakes anything. */
#include "config.h"

#include "bridge-push-private.h"

static void
bridge_push_aside_take(BridgePushQueue *queue, GVariant *outcome)
{
	BridgePushResult result = bridge_push_queue_end(queue, outcome);

	if (result == BRIDGE_PUSH_GONE && bridge_push_prune(queue->push, queue, "gone"))
		return;
	bridge_push_translation_judge_aside(queue, result, outcome);
	bridge_push_queue_rest(queue);
}

static void
bridge_push_aside_sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgePushQueue) queue = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) outcome =
		bridge_push_process_send_finish(BRIDGE_PUSH_PROCESS(source), result, &error);

	if (!bridge_push_sending_end(user_data, &queue))
		return;
	if (outcome != NULL)
		bridge_push_aside_take(queue, outcome);
	else
		bridge_push_queue_rest(queue); /* the process was lost, or is not there */
}

/* TRUE: it is this one's turn, at the queue and at the host. */
static gboolean
bridge_push_aside_enter(BridgePush *self, BridgePushQueue *queue)
{
	if (self->stopped || queue->busy || queue->timer != 0 || queue->record->attempts > 0 ||
	    !queue->settings->verified)
		return FALSE;
	queue->pass = bridge_push_origins_try(self->origins, queue->origin);
	queue->busy = queue->pass != NULL;
	return queue->busy;
}

gboolean
bridge_push_say_aside(BridgePush *self, const char *device_id, const char *type, GVariantDict *push)
{
	BridgePushQueue *queue = bridge_push_find_queue(self, device_id, type);

	if (queue == NULL || !bridge_push_aside_enter(self, queue)) {
		g_variant_dict_clear(push);
		return FALSE;
	}
	queue->begun_us = g_get_monotonic_time();
	bridge_push_process_send_async(bridge_push_get_process(self, type), type,
	                               bridge_push_translation_address(queue, push),
	                               bridge_push_aside_sent_cb, bridge_push_sending_new(queue));
	return TRUE;
}
