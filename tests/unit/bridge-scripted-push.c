/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-scripted-push.h"

#include "bridge-scripted-host.h"
#include "link/bridge-push-link.h"

struct _BridgePushProcess {
	GObject parent_instance;

	GQueue sent; /* of GTask, its data the push */
};

G_DEFINE_FINAL_TYPE(BridgePushProcess, bridge_push_process, G_TYPE_OBJECT)

/* ---- What the test does ---------------------------------------------------------------------- */

guint
scripted_push_count(BridgePushProcess *process)
{
	return g_queue_get_length(&process->sent);
}

char *
scripted_push_wait(BridgePushProcess *process)
{
	g_auto(BridgePushOrder) order = {NULL};

	SCRIPTED_WAIT(!g_queue_is_empty(&process->sent));
	bridge_push_order_read(&order, g_task_get_task_data(g_queue_peek_head(&process->sent)));
	return g_strndup(g_bytes_get_data(order.payload, NULL), g_bytes_get_size(order.payload));
}

static BridgePushResult
scripted_push_parse(const char *word)
{
	BridgePushResult result = BRIDGE_PUSH_DELIVERED;

	while (!g_str_equal(bridge_push_result_to_string(result), word))
		result++;
	return result;
}

void
scripted_push_answer(BridgePushProcess *process, const char *result)
{
	g_autoptr(GTask) task = g_queue_pop_head(&process->sent);

	if (result != NULL)
		g_task_return_pointer(task,
		                      g_variant_ref_sink(bridge_push_outcome_write(
					      scripted_push_parse(result), 0, 0, "scripted")),
		                      (GDestroyNotify)g_variant_unref);
	else
		g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_BUSY, "not there");
}

/* ---- What the daemon sees -------------------------------------------------------------------- */

BridgePushProcess *
bridge_push_process_new(const BridgePushProcessOptions *options, const guint8 *push_key)
{
	return g_object_new(BRIDGE_TYPE_PUSH_PROCESS, NULL);
}

void
bridge_push_process_send_async(BridgePushProcess *self, const char *service, GVariant *push,
                               GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(self, NULL, callback, user_data);

	g_task_set_task_data(task, g_variant_ref_sink(push), (GDestroyNotify)g_variant_unref);
	g_queue_push_tail(&self->sent, task);
}

GVariant *
bridge_push_process_send_finish(BridgePushProcess *self, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

GPid
bridge_push_process_get_pid(BridgePushProcess *self)
{
	return 0;
}

guint
bridge_push_process_get_starts(BridgePushProcess *self)
{
	return 0;
}

void
bridge_push_process_stop(BridgePushProcess *self)
{
	while (!g_queue_is_empty(&self->sent))
		scripted_push_answer(self, NULL);
}

static void
bridge_push_process_class_init(BridgePushProcessClass *klass)
{
}

static void
bridge_push_process_init(BridgePushProcess *self)
{
	g_queue_init(&self->sent);
}
