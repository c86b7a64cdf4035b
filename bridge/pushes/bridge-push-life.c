/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-life.c: how a queue comes and goes, and what it hears meanwhile of its account, its
 * device, and whoever changes its settings.
 */
#include "config.h"

#include "bridge-push-private.h"

static gboolean
bridge_push_queue_keeps_sign_outs(BridgePushQueue *queue)
{
	return (queue->settings->kinds & 1u << BRIDGE_PUSH_SIGN_OUT) == 0 ||
	       bridge_push_settings_get_quiet_end_us(queue->settings, g_get_real_time()) == 0;
}

/* Quiet hours are no reason to let a person wait who has to sign in again. */
static void
bridge_push_queue_note_urgent(BridgePushQueue *queue, const BridgeEventRecord *event)
{
	if (!g_str_equal(event->type, "account.state") || bridge_push_queue_keeps_sign_outs(queue))
		return;
	queue->urgent_seq = event->seq;
	g_clear_handle_id(&queue->timer, g_source_remove);
}

/* Most of them are nothing to anybody who sleeps: then there is nothing to read, nor to write. */
static void
bridge_push_queue_events_cb(BridgeAccount *account, GPtrArray *events, gpointer user_data)
{
	BridgePushQueue *queue = user_data;
	const BridgeEventRecord *first = g_ptr_array_index(events, 0);
	const BridgeEventRecord *last = g_ptr_array_index(events, events->len - 1);
	gboolean idle = !queue->busy && queue->timer == 0;
	gboolean wakes = FALSE;

	for (guint i = 0; i < events->len; i++) {
		const BridgeEventRecord *event = g_ptr_array_index(events, i);

		bridge_push_queue_note_urgent(queue, event);
		wakes = wakes || bridge_push_may_choose(event->type);
	}
	if (wakes)
		bridge_push_queue_wake(queue);
	else if (idle && first->seq <= queue->record->pushed_seq + 1)
		queue->record->pushed_seq = MAX(queue->record->pushed_seq, last->seq);
}

static void
bridge_push_queue_erased_cb(BridgeAccount *account, gpointer user_data)
{
	BridgePushQueue *queue = user_data;

	bridge_push_remove_queue(queue->push, queue);
}

void
bridge_push_queue_acked(BridgePushQueue *queue, guint64 seq)
{
	queue->acked_seq = MAX(queue->acked_seq, seq);
	queue->acked_us = g_get_monotonic_time();
}

static void
bridge_push_queue_find_origin(BridgePushQueue *queue)
{
	g_free(queue->origin);
	queue->origin = bridge_push_origins_build_name(
		bridge_push_is_translated(queue->settings->type) ? queue->push->mpns_rules
								 : queue->push->rules,
		queue->settings->type, queue->settings->endpoint);
}

void
bridge_push_queue_replace(BridgePushQueue *queue, BridgeSubscriptionRecord *record)
{
	guint64 ahead_seq = queue->settings->ahead_seq;

	record->pushed_seq = MAX(record->pushed_seq, queue->record->pushed_seq);
	bridge_subscription_record_free(queue->record);
	bridge_push_settings_free(queue->settings);
	queue->record = record;
	queue->settings = bridge_push_settings_from_variant(record->settings);
	queue->settings->ahead_seq = MAX(queue->settings->ahead_seq, ahead_seq);
	queue->generation++;
	queue->challenged = FALSE;
	bridge_push_queue_find_origin(queue);
	queue->queue_length = 0;
	queue->held_us = 0;
	queue->trying_us = 0;
	g_clear_handle_id(&queue->timer, g_source_remove);
	bridge_push_queue_wake(queue);
}

/* Such a one may have come just before the daemon ended, and is still not pushed. */
static void
bridge_push_queue_look_ahead(BridgePushQueue *queue)
{
	guint64 after = MAX(queue->record->pushed_seq, queue->acked_seq);

	if (after < bridge_account_get_seq(queue->account) &&
	    !bridge_push_queue_keeps_sign_outs(queue))
		queue->urgent_seq = after + 1;
}

BridgePushQueue *
bridge_push_queue_new(BridgePush *push, BridgeAccount *account, BridgeSubscriptionRecord *record,
                      guint64 acked_seq)
{
	BridgePushQueue *queue = g_new0(BridgePushQueue, 1);

	queue->references = 1;
	queue->push = push;
	queue->account = g_object_ref(account);
	queue->record = record;
	queue->settings = bridge_push_settings_from_variant(record->settings);
	queue->acked_seq = acked_seq;
	queue->made_us = g_get_real_time();
	bridge_push_queue_look_ahead(queue);
	bridge_push_queue_find_origin(queue);
	queue->past = bridge_push_past_new();
	g_signal_connect(account, "events", G_CALLBACK(bridge_push_queue_events_cb), queue);
	g_signal_connect(account, "erased", G_CALLBACK(bridge_push_queue_erased_cb), queue);
	return queue;
}

void
bridge_push_queue_leave(BridgePushQueue *queue)
{
	queue->push = NULL;
	g_clear_handle_id(&queue->timer, g_source_remove);
	g_signal_handlers_disconnect_by_data(queue->account, queue);
}

BridgePushQueue *
bridge_push_queue_ref(BridgePushQueue *queue)
{
	queue->references++;
	return queue;
}

void
bridge_push_queue_unref(BridgePushQueue *queue)
{
	if (--queue->references > 0)
		return;
	bridge_push_queue_leave_origin(queue, FALSE);
	g_clear_pointer(&queue->items, g_ptr_array_unref);
	g_object_unref(queue->account);
	bridge_subscription_record_free(queue->record);
	bridge_push_settings_free(queue->settings);
	bridge_push_past_free(queue->past);
	g_free(queue->origin);
	g_free(queue);
}
