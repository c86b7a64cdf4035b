/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "account/bridge-conversations.h"
#include "base/bridge-error.h"
#include "bridge-push-backoff.h"
#include "bridge-push-private.h"
#include "account/bridge-rooms.h"

#define QUEUE_PAGE_EVENTS 200
#define QUEUE_STORE_PATIENCE_US (5 * (gint64)G_USEC_PER_SEC)
#define QUEUE_TIMER_MAX_US (3600 * (gint64)G_USEC_PER_SEC)
/* The push process is not there; not all of them come back together. */
#define QUEUE_PROCESS_PATIENCE_MS 4000
/* A TTL of 0 means that nothing is kept, not that nothing is sent. */
#define QUEUE_AGE_MIN_US (60 * (gint64)G_USEC_PER_SEC)
/* So old may be what does not wait for the end of quiet hours when the daemon starts. */
#define QUEUE_AHEAD_US (10 * 60 * (gint64)G_USEC_PER_SEC)
#define QUEUE_CHALLENGES_MAX 20
/* Until a clock that was wrong is looked at again. */
#define QUEUE_CLOCK_US (5 * (gint64)G_USEC_PER_SEC)
/* Until whoever words a push is asked again. */
#define QUEUE_WAIT_US (500 * 1000)

static void
bridge_push_queue_next(BridgePushQueue *queue);

/* ---- Where it is ----------------------------------------------------------------------------- */

static void
bridge_push_queue_kept_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) receipt =
		bridge_store_commit_finish(BRIDGE_STORE(source), result, &error);

	if (receipt == NULL)
		g_warning("how far a subscription has come is not stored: %s", error->message);
}

static void
bridge_push_queue_keep(BridgePushQueue *queue)
{
	BridgeStoreBatch *batch = bridge_store_batch_new();

	bridge_store_batch_set_pushed(batch, queue->record);
	bridge_store_commit_async(queue->push->store, batch, bridge_push_queue_kept_cb, NULL);
}

/* Nothing up to @seq is left. */
static void
bridge_push_queue_advance(BridgePushQueue *queue, guint64 seq)
{
	BridgeSubscriptionRecord *record = queue->record;

	queue->trying_us = 0;
	if (seq <= record->pushed_seq && record->attempts == 0)
		return;
	record->pushed_seq = MAX(record->pushed_seq, seq);
	record->attempts = 0;
	record->not_before_us = 0;
	bridge_push_queue_keep(queue);
}

/* ---- When ------------------------------------------------------------------------------------ */

static void
bridge_push_queue_hold(BridgePushQueue *queue, gint64 delay_us)
{
	queue->held_us = g_get_monotonic_time() + delay_us;
}

static void
bridge_push_queue_evaluate(BridgePushQueue *queue);

/* Clocks are put right, and an hour is soon enough to find that out. */
static gboolean
bridge_push_queue_timer_cb(gpointer user_data)
{
	BridgePushQueue *queue = user_data;
	gint64 real_us = g_get_real_time();

	queue->timer = 0;
	if (queue->record->not_before_us > real_us ||
	    (queue->settings->verified && queue->urgent_seq == 0 &&
	     bridge_push_settings_get_quiet_end_us(queue->settings, real_us) != 0))
		bridge_push_queue_wake(queue);
	else
		bridge_push_queue_evaluate(queue);
	return G_SOURCE_REMOVE;
}

void
bridge_push_queue_wake(BridgePushQueue *queue)
{
	gint64 delay_us;

	if (queue->push == NULL || queue->push->stopped || queue->timer != 0 ||
	    (!queue->settings->verified && queue->challenged))
		return;
	if (queue->busy) {
		queue->woken = TRUE;
		return;
	}
	delay_us = CLAMP(bridge_push_queue_get_delay_us(queue), 0, QUEUE_TIMER_MAX_US);
	queue->timer = g_timeout_add((guint)(delay_us / 1000), bridge_push_queue_timer_cb, queue);
}

void
bridge_push_queue_leave_origin(BridgePushQueue *queue, gboolean used)
{
	BridgePushPass *pass = g_steal_pointer(&queue->pass);

	if (pass != NULL)
		bridge_push_pass_end(pass, used);
}

void
bridge_push_queue_rest(BridgePushQueue *queue)
{
	gboolean held = queue->held_us > g_get_monotonic_time();
	gboolean more = queue->woken || held ||
	                (queue->settings->verified && queue->push != NULL &&
	                 queue->record->pushed_seq < bridge_account_get_seq(queue->account));

	g_clear_pointer(&queue->items, g_ptr_array_unref);
	bridge_push_queue_leave_origin(queue, FALSE);
	queue->busy = FALSE;
	queue->woken = FALSE;
	if (more || queue->record->attempts > 0)
		bridge_push_queue_wake(queue);
}

/* ---- What comes of it ------------------------------------------------------------------------ */

/* FALSE: there is no further attempt for what is under way. */
static gboolean
bridge_push_queue_delay(BridgePushQueue *queue, BridgePushResult result, GVariant *outcome)
{
	BridgeSubscriptionRecord *record = queue->record;
	guint asked_s = outcome != NULL ? bridge_push_outcome_get_retry_after_s(outcome) : 0;
	gint64 delay_us;

	record->attempts++;
	delay_us = bridge_push_backoff_get_delay_us(queue->settings->type, result, record->attempts,
	                                            asked_s);
	if (delay_us < 0)
		return FALSE;
	record->not_before_us = g_get_real_time() + delay_us;
	bridge_push_queue_keep(queue);
	return TRUE;
}

/* What is left of an earlier place is looked for again; the past knows what is behind it. */
static void
bridge_push_queue_finish_item(BridgePushQueue *queue)
{
	const BridgePushItem *item = g_ptr_array_index(queue->items, queue->at);

	queue->gap = FALSE;
	if (queue->ahead)
		bridge_push_queue_note_ahead(queue, item->seq);
	bridge_push_past_add(queue->past, item, g_get_monotonic_time());
	bridge_push_queue_advance(
		queue, queue->at == 0 && !queue->ahead ? item->seq : queue->record->pushed_seq);
	g_ptr_array_remove_index(queue->items, queue->at);
	bridge_push_queue_next(queue);
}

/* TRUE: its service has had trouble with it for as long as it may. */
static gboolean
bridge_push_queue_gives_up(BridgePushQueue *queue, BridgePushResult result)
{
	gint64 now_us = g_get_monotonic_time();

	if (bridge_push_backoff_is_ours(result))
		queue->trying_us = 0;
	else if (queue->trying_us == 0)
		queue->trying_us = now_us;
	return queue->trying_us != 0 &&
	       bridge_push_backoff_is_over(queue->settings->type, now_us - queue->trying_us);
}

static void
bridge_push_queue_try_later(BridgePushQueue *queue, BridgePushResult result, GVariant *outcome)
{
	if (!bridge_push_queue_gives_up(queue, result) &&
	    bridge_push_queue_delay(queue, result, outcome))
		bridge_push_queue_rest(queue);
	else
		bridge_push_queue_finish_item(queue);
}

static void
bridge_push_queue_take_failed(BridgePushQueue *queue, BridgePushResult result, GVariant *outcome)
{
	/* The next one is small. */
	if (result == BRIDGE_PUSH_TOO_LARGE && !queue->little) {
		bridge_push_queue_next(queue);
	} else if (result == BRIDGE_PUSH_TOO_LARGE || result == BRIDGE_PUSH_REJECTED) {
		bridge_push_queue_finish_item(queue);
	} else {
		bridge_push_queue_try_later(queue, result, outcome);
	}
}

static void
bridge_push_queue_take_translated(BridgePushQueue *queue, BridgePushResult result,
                                  GVariant *outcome)
{
	const BridgePushItem *item = g_ptr_array_index(queue->items, queue->at);

	switch (bridge_push_translation_judge(queue, item, result, outcome)) {
	case BRIDGE_PUSH_STEP_SEND:
		bridge_push_queue_next(queue);
		break;
	case BRIDGE_PUSH_STEP_LATER:
	case BRIDGE_PUSH_STEP_WAIT:
		bridge_push_queue_try_later(queue, result, outcome);
		break;
	case BRIDGE_PUSH_STEP_DONE:
		bridge_push_queue_finish_item(queue);
		break;
	}
}

static void
bridge_push_queue_take_outcome(BridgePushQueue *queue, BridgePushResult result, GVariant *outcome)
{
	if (bridge_push_queue_is_dead(queue, result) &&
	    bridge_push_prune(queue->push, queue, "failing"))
		return;
	if (result == BRIDGE_PUSH_GONE) {
		if (bridge_push_prune(queue->push, queue, "gone"))
			return;
		/* For now it is as good as closed. */
		result = BRIDGE_PUSH_REFUSED;
	}
	if (bridge_push_is_translated(queue->settings->type))
		bridge_push_queue_take_translated(queue, result, outcome);
	else if (result == BRIDGE_PUSH_DELIVERED)
		bridge_push_queue_finish_item(queue);
	else
		bridge_push_queue_take_failed(queue, result, outcome);
}

/* ---- Sending --------------------------------------------------------------------------------- */

/* TRUE: that was none: nothing was sent, as there is no push process. */
static gboolean
bridge_push_queue_is_no_attempt(BridgePushQueue *queue, const GError *error)
{
	if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BUSY))
		return FALSE;
	bridge_push_queue_hold(queue, g_random_int_range(QUEUE_PROCESS_PATIENCE_MS / 4,
	                                                 QUEUE_PROCESS_PATIENCE_MS) *
	                                      (gint64)1000);
	bridge_push_queue_rest(queue);
	return TRUE;
}

BridgePushResult
bridge_push_queue_end(BridgePushQueue *queue, GVariant *outcome)
{
	BridgePushResult result = bridge_push_queue_note(queue, outcome, queue->begun_us);

	bridge_push_queue_leave_origin(queue, TRUE);
	return result;
}

static void
bridge_push_queue_sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgePushQueue) queue = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) outcome =
		bridge_push_process_send_finish(BRIDGE_PUSH_PROCESS(source), result, &error);

	bridge_push_sending_remember(user_data, outcome);
	bridge_push_sending_tell(user_data, outcome);
	if (bridge_push_sending_end(user_data, &queue) &&
	    !bridge_push_queue_is_no_attempt(queue, error))
		bridge_push_queue_take_outcome(queue, bridge_push_queue_end(queue, outcome),
		                               outcome);
}

/* @push: (transfer full), floating */
static void
bridge_push_queue_send(BridgePushQueue *queue, GVariant *push)
{
	queue->begun_us = g_get_monotonic_time();
	bridge_push_process_send_async(bridge_push_get_process(queue->push, queue->settings->type),
	                               queue->settings->type, push, bridge_push_queue_sent_cb,
	                               bridge_push_sending_new(queue));
}

static void
bridge_push_queue_send_translated(BridgePushQueue *queue)
{
	GVariant *push = NULL;

	switch (bridge_push_translation_build(queue, g_ptr_array_index(queue->items, queue->at),
	                                      &push)) {
	case BRIDGE_PUSH_STEP_SEND:
		bridge_push_queue_send(queue, push);
		break;
	case BRIDGE_PUSH_STEP_WAIT:
	case BRIDGE_PUSH_STEP_LATER:
		bridge_push_queue_hold(queue, QUEUE_WAIT_US);
		bridge_push_queue_rest(queue);
		break;
	case BRIDGE_PUSH_STEP_DONE:
		bridge_push_queue_finish_item(queue);
		break;
	}
}

static void
bridge_push_queue_counted_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgePushQueue) queue = NULL;
	g_autoptr(GError) error = NULL;

	if (!bridge_conversations_load_finish(BRIDGE_ACCOUNT(source), result, &error))
		g_warning("unread messages are not counted: %s", error->message);
	if (!bridge_push_sending_end(user_data, &queue))
		return;
	queue->little = bridge_push_origins_wants_little(queue->push->origins, queue->origin);
	if (bridge_push_is_translated(queue->settings->type))
		bridge_push_queue_send_translated(queue);
	else
		bridge_push_queue_send(queue,
		                       bridge_push_queue_build_item(
					       queue, g_ptr_array_index(queue->items, queue->at)));
}

static gboolean
bridge_push_queue_is_known(BridgePushQueue *queue, const BridgePushItem *item)
{
	return item->seq <= queue->acked_seq || bridge_push_past_has(queue->past, item) ||
	       (item->kind == BRIDGE_PUSH_SIGN_OUT && item->seq <= queue->settings->ahead_seq);
}

/* What the device knows by now it needs no push for. */
static void
bridge_push_queue_drop_known(BridgePushQueue *queue)
{
	for (guint i = 0; i < queue->items->len;) {
		if (bridge_push_queue_is_known(queue, g_ptr_array_index(queue->items, i)))
			g_ptr_array_remove_index(queue->items, i);
		else
			i++;
	}
	queue->queue_length = queue->items->len;
}

/* That is all there is. */
static void
bridge_push_queue_finish_page(BridgePushQueue *queue)
{
	if (!queue->ahead)
		bridge_push_queue_advance(queue, queue->page_seq);
	else if (queue->urgent_seq <= queue->page_seq)
		queue->urgent_seq = queue->page_seq < queue->last_seq ? queue->page_seq + 1 : 0;
	bridge_push_queue_rest(queue);
}

static void
bridge_push_queue_next(BridgePushQueue *queue)
{
	gint64 delay_us;

	bridge_push_queue_drop_known(queue);
	if (queue->items->len == 0) {
		bridge_push_queue_finish_page(queue);
		return;
	}
	delay_us = bridge_push_queue_select(queue);
	if (delay_us > 0) {
		bridge_push_queue_hold(queue, delay_us);
		bridge_push_queue_rest(queue);
		return;
	}
	if (queue->pass == NULL)
		queue->pass = bridge_push_origins_try(queue->push->origins, queue->origin);
	/* It is others' turn. */
	if (queue->pass == NULL) {
		queue->woken = TRUE;
		bridge_push_queue_rest(queue);
		return;
	}
	bridge_push_queue_count_sent(queue);
	bridge_conversations_load_async(queue->account, bridge_push_queue_counted_cb,
	                                bridge_push_sending_new(queue));
}

static gboolean
bridge_push_queue_is_shown(const char *key, gpointer user_data)
{
	BridgePushQueue *queue = user_data;

	return bridge_push_past_shows(queue->past, key);
}

static const char *
bridge_push_queue_find_nick(const char *jid, gpointer user_data)
{
	BridgePushQueue *queue = user_data;
	BridgeRoom *room = bridge_rooms_find(queue->account, jid);

	return room != NULL ? room->nick : NULL;
}

/* Whether what was read ahead before the daemon ended was pushed then is not known: soon after is
 * likely. */
static gint64
bridge_push_queue_get_oldest_us(BridgePushQueue *queue, gint64 now_us)
{
	gint64 age_us = MAX(queue->settings->ttl_s * (gint64)G_USEC_PER_SEC, QUEUE_AGE_MIN_US);

	return queue->ahead ? MAX(now_us - age_us, queue->made_us - QUEUE_AHEAD_US)
	                    : now_us - age_us;
}

static void
bridge_push_queue_take_page(BridgePushQueue *queue, GPtrArray *events)
{
	gint64 now_us = g_get_real_time();
	gint64 grace_us;
	BridgePushChoice choice = {
		.kinds = queue->ahead ? queue->settings->kinds & 1u << BRIDGE_PUSH_SIGN_OUT
	                              : queue->settings->kinds,
		.coalesces = bridge_push_queue_coalesces(queue),
		.now_us = now_us,
		.oldest_us = bridge_push_queue_get_oldest_us(queue, now_us),
		.epoch = bridge_store_get_epoch(queue->push->store),
		.is_shown = bridge_push_queue_is_shown,
		.find_nick = bridge_push_queue_find_nick,
		.user_data = queue,
	};

	if (events->len > 0)
		queue->page_seq =
			((const BridgeEventRecord *)g_ptr_array_index(events, events->len - 1))
				->seq;
	/* A page may be short because its events are long; where there is none, what was there has
	 * been erased. */
	if (events->len == 0)
		queue->page_seq = MAX(queue->page_seq, queue->last_seq);
	queue->items = bridge_push_choose(events, &choice);
	grace_us = bridge_push_queue_get_grace_us(queue);
	if (grace_us > 0) {
		queue->queue_length = queue->items->len;
		bridge_push_queue_hold(queue, grace_us);
		bridge_push_queue_rest(queue);
		return;
	}
	bridge_push_queue_next(queue);
}

static void
bridge_push_queue_read_kept(BridgePushQueue *queue);

static void
bridge_push_queue_read_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgePushQueue) queue = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) events =
		bridge_store_read_events_finish(BRIDGE_STORE(source), result, &error);

	if (!bridge_push_sending_end(user_data, &queue))
		return;
	if (events != NULL) {
		bridge_push_queue_take_page(queue, events);
		return;
	}
	if (g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_CURSOR_EXPIRED)) {
		bridge_push_queue_read_kept(queue);
		return;
	}
	g_warning("what is to be pushed cannot be read: %s", error->message);
	queue->record->not_before_us = g_get_real_time() + QUEUE_STORE_PATIENCE_US;
	bridge_push_queue_rest(queue);
}

/* History no longer has what comes next: its device is told so with what comes then. */
static void
bridge_push_queue_read_kept(BridgePushQueue *queue)
{
	queue->gap = TRUE;
	bridge_store_read_kept_events_async(
		queue->push->store, queue->record->account_id, queue->page_seq, QUEUE_PAGE_EVENTS,
		NULL, bridge_push_queue_read_cb, bridge_push_sending_new(queue));
}

static void
bridge_push_queue_challenged_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgePushQueue) queue = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) outcome =
		bridge_push_process_send_finish(BRIDGE_PUSH_PROCESS(source), result, &error);
	BridgePushResult end;

	if (!bridge_push_sending_end(user_data, &queue) ||
	    bridge_push_queue_is_no_attempt(queue, error))
		return;
	end = bridge_push_queue_end(queue, outcome);
	if (end == BRIDGE_PUSH_GONE && bridge_push_queue_move_back(queue)) {
		queue->woken = TRUE;
		bridge_push_queue_rest(queue);
		return;
	}
	if (end == BRIDGE_PUSH_GONE && bridge_push_prune(queue->push, queue, "gone"))
		return;
	/* One that is rejected comes with the next subscription, or a test. */
	queue->challenged = end == BRIDGE_PUSH_DELIVERED || end == BRIDGE_PUSH_REJECTED ||
	                    end == BRIDGE_PUSH_TOO_LARGE || end == BRIDGE_PUSH_GONE ||
	                    queue->record->attempts >= QUEUE_CHALLENGES_MAX ||
	                    !bridge_push_queue_delay(queue, end, outcome);
	if (queue->challenged)
		bridge_push_queue_advance(queue, queue->record->pushed_seq);
	queue->queue_length = queue->challenged ? 0 : 1;
	bridge_push_queue_rest(queue);
}

static void
bridge_push_queue_begin(BridgePushQueue *queue)
{
	guint64 after = MAX(queue->record->pushed_seq, queue->acked_seq);

	queue->ahead =
		queue->urgent_seq > after &&
		bridge_push_settings_get_quiet_end_us(queue->settings, g_get_real_time()) != 0;
	if (queue->ahead)
		after = queue->urgent_seq - 1;
	else
		queue->urgent_seq = 0;
	queue->page_seq = after;
	queue->last_seq = bridge_account_get_seq(queue->account);
	queue->begun_us = g_get_monotonic_time();
	if (queue->settings->verified) {
		bridge_store_read_events_async(queue->push->store, queue->record->account_id, after,
		                               QUEUE_PAGE_EVENTS, NULL, bridge_push_queue_read_cb,
		                               bridge_push_sending_new(queue));
		return;
	}
	bridge_push_note_challenge(queue->push, queue->record->device_id);
	bridge_push_process_send_async(bridge_push_get_process(queue->push, queue->settings->type),
	                               queue->settings->type, bridge_push_queue_build_signal(queue),
	                               bridge_push_queue_challenged_cb,
	                               bridge_push_sending_new(queue));
}

static void
bridge_push_queue_turn_cb(BridgePushPass *pass, gpointer user_data)
{
	g_autoptr(BridgePushQueue) queue = NULL;
	BridgePushSending *sending = user_data;

	sending->queue->pass = pass;
	if (bridge_push_sending_end(sending, &queue) && pass != NULL)
		bridge_push_queue_begin(queue);
}

/* TRUE: its time is over, or its app has not been heard of for so long that nothing is sent, until
 * it is; or never. */
static gboolean
bridge_push_queue_is_stale(BridgePushQueue *queue)
{
	gint64 now_us = g_get_real_time();

	if (bridge_push_settings_is_expired(queue->settings, now_us)) {
		bridge_push_prune(queue->push, queue, "expired");
		return TRUE;
	}
	if (!bridge_push_settings_is_forgotten(queue->settings, now_us))
		return bridge_push_settings_is_stale(queue->settings, now_us);
	bridge_push_prune(queue->push, queue, "stale");
	return TRUE;
}

/* What is read before its turn has come may have been seen, or read, by then. */
static void
bridge_push_queue_evaluate(BridgePushQueue *queue)
{
	/* First of all: nobody is too old by a clock that is wrong. */
	if (!bridge_push_check_clock(queue->push)) {
		bridge_push_queue_hold(queue, QUEUE_CLOCK_US);
		bridge_push_queue_wake(queue);
		return;
	}
	if (bridge_push_queue_is_stale(queue))
		return;
	queue->busy = TRUE;
	queue->held_us = 0;
	bridge_push_origins_enter(queue->push->origins, queue->origin, bridge_push_queue_turn_cb,
	                          bridge_push_sending_new(queue));
}
