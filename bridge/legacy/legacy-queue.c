/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * POST /messagequeue: the contacts' messages that no phone of the account has fetched, oldest
 * first, each sealed by itself. They are read page by page while the ones before leave, and the
 * queue moves on only when all of it was written out: what came meanwhile is behind it. One phone
 * at a time. */
#include "config.h"

#define G_LOG_DOMAIN "bridge-legacy"

#include <string.h>

#include "base/bridge-error.h"
#include "bridge-legacy-private.h"
#include "base/bridge-log.h"
#include "link/bridge-timers.h"
#include "legacy-cipher.h"
#include "legacy-message.h"

#define QUEUE_PAGE_EVENTS 100
#define QUEUE_HISTORY_EVENTS 500 /* of a queue whose beginning history has lost */

typedef struct {
	BridgeLegacy *legacy;
	LegacyAccount *account;
	LegacyExchange *exchange; /* NULL: it was answered before its turn */
	guint deadline;           /* of its turn */
	guint64 position;         /* up to which it was read */
	guint64 target;           /* the last event when it began */
	GString *pending;         /* lines that were read, or NULL */
	gboolean begun;           /* the answer */
} LegacyFetch;

static void
fetch_read(LegacyFetch *fetch);
static void
fetch_begin(LegacyFetch *fetch);

static void
fetch_free(LegacyFetch *fetch)
{
	g_clear_handle_id(&fetch->deadline, bridge_timers_remove);
	g_clear_object(&fetch->exchange);
	if (fetch->pending != NULL)
		g_string_free(fetch->pending, TRUE);
	legacy_account_unref(fetch->account);
	g_object_unref(fetch->legacy);
	g_free(fetch);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LegacyFetch, fetch_free)

/* ---- The end --------------------------------------------------------------------------------- */

static void
fetch_kept_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GError) error = NULL;

	if (!legacy_account_keep_finish(BRIDGE_ACCOUNT(source), result, &error))
		bridge_log_account(G_LOG_LEVEL_WARNING,
		                   bridge_account_get_id(BRIDGE_ACCOUNT(source)),
		                   "account %s: its queue will come again: %s",
		                   bridge_account_get_id(BRIDGE_ACCOUNT(source)), error->message);
}

/* The phones have no other use for events. What is off the record leaves the store with it. */
static void
fetch_move_on(LegacyFetch *fetch)
{
	LegacyAccount *account = fetch->account;

	legacy_account_move_on(account, fetch->position);
	legacy_account_keep_async(account, fetch_kept_cb, NULL);
	for (guint i = 0; i < account->phones->len; i++) {
		const LegacyPhone *phone = g_ptr_array_index(account->phones, i);

		bridge_accounts_ack_async(bridge_legacy_get_accounts(fetch->legacy),
		                          account->account, phone->device_id, account->queue, NULL,
		                          NULL);
	}
}

/* Takes @fetch. */
static void
fetch_end(LegacyFetch *stolen)
{
	g_autoptr(LegacyFetch) fetch = stolen;
	LegacyAccount *account = fetch->account;
	LegacyFetch *next = g_queue_pop_head(&account->waiting);

	account->fetching = FALSE;
	if (next != NULL)
		fetch_begin(next);
}

static void
fetch_ended(LegacyExchange *exchange, gboolean whole, gpointer user_data)
{
	LegacyFetch *fetch = user_data;

	if (whole && fetch->position > fetch->account->queue)
		fetch_move_on(fetch);
	fetch_end(fetch);
}

/* ---- Page by page ---------------------------------------------------------------------------- */

static void
fetch_more(LegacyExchange *exchange, gpointer user_data)
{
	LegacyFetch *fetch = user_data;

	if (fetch->pending != NULL)
		legacy_exchange_write_lines(exchange, g_steal_pointer(&fetch->pending));
	else if (fetch->position < fetch->target)
		fetch_read(fetch);
	else
		legacy_exchange_end_lines(exchange);
}

static const LegacyLines fetch_lines = {.more = fetch_more, .ended = fetch_ended};

static void
fetch_append(LegacyFetch *fetch, GString *lines, const BridgeEventRecord *event)
{
	const LegacyPhone *phone = legacy_call_get_phone(fetch->exchange);
	g_autofree char *message = legacy_message_build(event);
	g_autofree char *salt = NULL;
	g_autofree char *sealed = NULL;

	if (message == NULL ||
	    (phone != NULL && !legacy_account_has_queued(fetch->account, phone, event->seq)))
		return;
	salt = legacy_cipher_make_salt();
	sealed = legacy_cipher_seal(salt, fetch->account->key, message, strlen(message));
	g_string_append_printf(lines, "%s\n", sealed);
}

static void
fetch_take(LegacyFetch *fetch, GPtrArray *events)
{
	g_autoptr(GString) lines = g_string_new(NULL);
	gboolean past = events->len == 0;

	for (guint i = 0; i < events->len && !past; i++) {
		const BridgeEventRecord *event = g_ptr_array_index(events, i);

		past = event->seq > fetch->target;
		if (past)
			break;
		fetch->position = MAX(fetch->position, event->seq);
		fetch_append(fetch, lines, event);
	}
	if (past)
		fetch->position = MAX(fetch->position, fetch->target);
	if (lines->len > 0)
		fetch->pending = g_steal_pointer(&lines);
	if (fetch->begun) {
		fetch_more(fetch->exchange, fetch);
		return;
	}
	fetch->begun = TRUE;
	legacy_exchange_begin_lines(fetch->exchange, "text/json", &fetch_lines, fetch);
}

/* Takes @fetch, unless the answer has begun: it ends itself when the connection breaks off. */
static void
fetch_fail(LegacyFetch *fetch, const GError *error)
{
	if (fetch->begun) {
		legacy_exchange_break_lines(fetch->exchange);
		return;
	}
	legacy_exchange_fail(fetch->exchange, error);
	fetch_end(fetch);
}

static void
fetch_read_history_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	LegacyFetch *fetch = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) newest_first =
		bridge_store_read_history_finish(BRIDGE_STORE(source), result, &error);
	g_autoptr(GPtrArray) events = g_ptr_array_new();

	if (newest_first == NULL) {
		fetch_fail(fetch, error);
		return;
	}
	for (guint i = newest_first->len; i > 0; i--)
		g_ptr_array_add(events, g_ptr_array_index(newest_first, i - 1));
	fetch->position = MAX(fetch->position, fetch->target);
	fetch_take(fetch, events);
}

static void
fetch_read_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	LegacyFetch *fetch = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) events =
		bridge_store_read_events_finish(BRIDGE_STORE(source), result, &error);

	if (events != NULL)
		fetch_take(fetch, events);
	else if (g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_CURSOR_EXPIRED))
		bridge_store_read_history_async(BRIDGE_STORE(source),
		                                bridge_account_get_id(fetch->account->account),
		                                fetch->target + 1, QUEUE_HISTORY_EVENTS, NULL,
		                                fetch_read_history_cb, fetch);
	else
		fetch_fail(fetch, error);
}

static void
fetch_read(LegacyFetch *fetch)
{
	bridge_store_read_events_async(
		bridge_accounts_get_store(bridge_legacy_get_accounts(fetch->legacy)),
		bridge_account_get_id(fetch->account->account), fetch->position, QUEUE_PAGE_EVENTS,
		NULL, fetch_read_cb, fetch);
}

/* ---- Its turn -------------------------------------------------------------------------------- */

/* What is just being handed to the phone stays behind it: it has it either way, not both. */
static guint64
fetch_get_target(LegacyFetch *fetch)
{
	const LegacyPhone *phone = legacy_call_get_phone(fetch->exchange);
	guint64 target = bridge_account_get_seq(fetch->account->account);

	return phone != NULL && phone->handing != 0 ? MIN(target, phone->handing - 1) : target;
}

/* Takes @fetch. */
static void
fetch_begin(LegacyFetch *fetch)
{
	fetch->account->fetching = TRUE;
	g_clear_handle_id(&fetch->deadline, bridge_timers_remove);
	if (fetch->exchange == NULL) {
		fetch_end(fetch);
		return;
	}
	fetch->position = fetch->account->queue;
	fetch->target = fetch_get_target(fetch);
	fetch_read(fetch);
}

/* Another phone reads slowly. */
static gboolean
fetch_deadline_cb(gpointer user_data)
{
	LegacyFetch *fetch = user_data;

	fetch->deadline = 0;
	legacy_exchange_refuse(fetch->exchange, 503);
	g_clear_object(&fetch->exchange);
	return G_SOURCE_REMOVE;
}

void
legacy_queue_post(LegacyExchange *exchange)
{
	LegacyAccount *account = legacy_call_get_account(exchange);
	LegacyFetch *fetch = g_new0(LegacyFetch, 1);

	fetch->legacy = g_object_ref(legacy_exchange_get_context(exchange));
	fetch->account = legacy_account_ref(account);
	fetch->exchange = g_object_ref(exchange);
	if (!account->fetching) {
		fetch_begin(fetch);
		return;
	}
	fetch->deadline =
		bridge_timers_add(legacy_exchange_get_rest_ms(exchange), fetch_deadline_cb, fetch);
	g_queue_push_tail(&account->waiting, fetch);
}
