/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-outcome.c: what an attempt says of its subscription and of the host that it went to.
 */
#include "config.h"

#include "bridge-push-backoff.h"
#include "bridge-push-private.h"

const gint64 bridge_push_latencies_us[BRIDGE_PUSH_N_LATENCIES] = {
	10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 20000000,
};

/* A service that has trouble is there; who is never found, or never takes anything, may not be. A
 * vendor's own says when a device is gone; all else there is trouble of its or ours. */
static gboolean
bridge_push_queue_looks_dead(BridgePushQueue *queue, BridgePushResult result, const char *detail)
{
	if (bridge_push_type_is_vendor(queue->settings->type))
		return FALSE;
	return bridge_push_queue_is_webhook(queue) || result == BRIDGE_PUSH_AUTH ||
	       result == BRIDGE_PUSH_REJECTED || result == BRIDGE_PUSH_REFUSED ||
	       g_str_equal(detail, BRIDGE_PUSH_DETAIL_CERTIFICATE) ||
	       g_str_equal(detail, BRIDGE_PUSH_DETAIL_UNREACHABLE);
}

static void
bridge_push_queue_note_failure(BridgePushQueue *queue, BridgePushResult result, const char *detail)
{
	BridgeSubscriptionRecord *record = queue->record;

	if (!bridge_push_queue_looks_dead(queue, result, detail))
		return;
	/* That it does not know us is another matter than what was before. */
	if (record->failing_us == 0 || (result == BRIDGE_PUSH_AUTH && record->last_error != NULL &&
	                                !g_str_equal(record->last_error, detail))) {
		record->failing_us = g_get_real_time();
		record->failures = 0;
	}
	record->failures++;
}

gboolean
bridge_push_queue_is_dead(BridgePushQueue *queue, BridgePushResult result)
{
	return bridge_push_backoff_is_hopeless(queue->settings->type, result,
	                                       queue->record->failing_us, queue->record->failures,
	                                       g_get_real_time());
}

static void
bridge_push_note_latency(BridgePushCounts *counts, gint64 latency_us)
{
	guint i = 0;

	while (i < BRIDGE_PUSH_N_LATENCIES && latency_us > bridge_push_latencies_us[i])
		i++;
	counts->latencies[i]++;
	counts->latency_us += latency_us;
}

static void
bridge_push_queue_note_origin(BridgePushQueue *queue, BridgePushResult result, GVariant *outcome)
{
	bridge_push_origins_note(queue->push->origins, queue->origin, queue->record->id, result,
	                         bridge_push_outcome_get_status(outcome),
	                         bridge_push_outcome_get_retry_after_s(outcome));
}

BridgePushResult
bridge_push_queue_note(BridgePushQueue *queue, GVariant *outcome, gint64 begun_us)
{
	const char *detail = "push-process";
	BridgePushResult result = BRIDGE_PUSH_UNKNOWN;
	int type = bridge_push_service_find(queue->settings->type);

	if (outcome != NULL) {
		result = bridge_push_outcome_get_result(outcome);
		detail = bridge_push_outcome_get_detail(outcome);
	}
	if (result == BRIDGE_PUSH_DELIVERED) {
		queue->record->last_success_us = g_get_real_time();
		queue->record->failing_us = 0;
		queue->record->failures = 0;
	} else {
		bridge_push_queue_note_failure(queue, result, detail);
		queue->record->last_failure_us = g_get_real_time();
		g_free(queue->record->last_error);
		queue->record->last_error = g_strdup(detail);
	}
	if (queue->push != NULL && type >= 0) {
		queue->push->counts[type].results[result]++;
		bridge_push_note_latency(&queue->push->counts[type],
		                         g_get_monotonic_time() - begun_us);
	}
	/* That our own process was lost says nothing of anybody else. */
	if (queue->push != NULL && outcome != NULL)
		bridge_push_queue_note_origin(queue, result, outcome);
	return result;
}
