/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-calls.h"

#include <errno.h>
#include <sys/socket.h>

#include "link/bridge-link-batch.h"
#include "link/bridge-push-link.h"

/* It lives in a reference-counted box, as whoever is told of an outcome may free it. */
struct _BridgePushCalls {
	BridgePushCallsClient client;
	gpointer user_data;
	BridgeLinkPipe *pipe; /* NULL: it was freed */
	BridgeLinkBatch *batch;
	guint32 last;          /* number */
	GHashTable *under_way; /* number -> BridgePushCall */
};

typedef struct {
	GTask *task; /* NULL: told */
	gint64 begun_us;
} BridgePushCall;

static void
bridge_push_call_fail(BridgePushCall *call, GIOErrorEnum code, const char *message)
{
	g_autoptr(GTask) task = g_steal_pointer(&call->task);

	g_task_return_new_error(task, G_IO_ERROR, code, "%s", message);
}

static void
bridge_push_call_free(BridgePushCall *call)
{
	if (call->task != NULL)
		bridge_push_call_fail(call, G_IO_ERROR_CANCELLED, "the push process is lost");
	g_free(call);
}

/* ---- Outcomes -------------------------------------------------------------------------------- */

/* One of a call that is not waited for any more is nothing. */
static void
bridge_push_calls_take(BridgePushCalls *self, guint32 number, GVariant *outcome)
{
	gpointer value = NULL;
	BridgePushCall *call;

	if (!g_hash_table_steal_extended(self->under_way, GUINT_TO_POINTER(number), NULL, &value))
		return;
	call = value;
	if (!bridge_push_outcome_is_none(outcome)) {
		g_autoptr(GTask) task = g_steal_pointer(&call->task);

		g_task_return_pointer(task, g_variant_ref(outcome),
		                      (GDestroyNotify)g_variant_unref);
	} else {
		bridge_push_call_fail(call, G_IO_ERROR_FAILED, "the push process would not");
	}
	bridge_push_call_free(call);
}

static void
bridge_push_calls_clear(gpointer data)
{
	BridgePushCalls *self = data;

	g_hash_table_unref(self->under_way);
}

static void
bridge_push_calls_received(gpointer user_data, GVariant *outcomes)
{
	BridgePushCalls *self = g_rc_box_acquire(user_data);
	GVariantIter iter;
	guint32 number;
	GVariant *outcome;

	g_variant_iter_init(&iter, outcomes);
	while (g_variant_iter_next(&iter, "(u@" BRIDGE_PUSH_OUTCOME_TYPE ")", &number, &outcome)) {
		bridge_push_calls_take(self, number, outcome);
		g_variant_unref(outcome);
	}
	if (self->pipe != NULL)
		self->client.answered(self->user_data);
	g_rc_box_release_full(self, bridge_push_calls_clear);
}

static void
bridge_push_calls_ended(gpointer user_data, const GError *error)
{
	BridgePushCalls *self = user_data;

	self->client.ended(self->user_data, error);
}

void
bridge_push_calls_expire(BridgePushCalls *self, gint64 before_us)
{
	g_autoptr(GPtrArray) late =
		g_ptr_array_new_with_free_func((GDestroyNotify)bridge_push_call_free);
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, self->under_way);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		BridgePushCall *call = value;

		if (call->begun_us >= before_us)
			continue;
		g_hash_table_iter_steal(&iter);
		g_ptr_array_add(late, call);
	}
	/* Whoever hears of it may do anything. */
	for (guint i = 0; i < late->len; i++)
		bridge_push_call_fail(g_ptr_array_index(late, i), G_IO_ERROR_TIMED_OUT,
		                      "the push process does not answer");
}

/* ---- Calls ----------------------------------------------------------------------------------- */

void
bridge_push_calls_begin(BridgePushCalls *self, const char *service, GVariant *push, GTask *task)
{
	BridgePushCall *call = g_new0(BridgePushCall, 1);

	call->task = task;
	call->begun_us = g_get_monotonic_time();
	g_hash_table_insert(self->under_way, GUINT_TO_POINTER(++self->last), call);
	bridge_link_batch_add(self->batch, g_variant_new("(us@" BRIDGE_PUSH_ORDER_TYPE ")",
	                                                 self->last, service, push));
}

guint
bridge_push_calls_get_under_way(BridgePushCalls *self)
{
	return g_hash_table_size(self->under_way);
}

BridgePushCalls *
bridge_push_calls_new(const BridgePushCallsClient *client, gpointer user_data, int *fd,
                      GError **error)
{
	static const BridgeLinkPipeTerms terms = {.type = BRIDGE_PUSH_OUTCOMES_TYPE,
	                                          .bytes_max = BRIDGE_PUSH_OUTCOMES_BYTES_MAX,
	                                          .backlog_max = BRIDGE_PUSH_PUSHES_BYTES_MAX};
	static const BridgeLinkPipeClient own = {.received = bridge_push_calls_received,
	                                         .ended = bridge_push_calls_ended};
	int ends[2];
	BridgePushCalls *self;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "no socket pair: %s",
		            g_strerror(errno));
		return NULL;
	}
	self = g_rc_box_new0(BridgePushCalls);
	self->client = *client;
	self->user_data = user_data;
	self->pipe = bridge_link_pipe_new(ends[0], &terms, &own, self);
	self->batch =
		bridge_link_batch_new(self->pipe, BRIDGE_PUSH_PUSHES_TYPE, BRIDGE_PUSH_BATCH_MAX);
	self->under_way =
		g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)bridge_push_call_free);
	*fd = ends[1];
	return self;
}

void
bridge_push_calls_free(BridgePushCalls *self)
{
	g_autoptr(GHashTable) under_way = g_steal_pointer(&self->under_way);

	self->under_way = g_hash_table_new(NULL, NULL);
	g_clear_pointer(&self->batch, bridge_link_batch_free);
	g_clear_pointer(&self->pipe, bridge_link_pipe_free);
	g_rc_box_release_full(self, bridge_push_calls_clear);
}
