/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-scripted-push.h"

#include "bridge-scripted-host.h"

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
	g_autoptr(GVariant) payload = NULL;

	SCRIPTED_WAIT(!g_queue_is_empty(&process->sent));
	payload = g_variant_lookup_value(g_task_get_task_data(g_queue_peek_head(&process->sent)),
	                                 "payload", G_VARIANT_TYPE_BYTESTRING);
	return g_strndup(g_variant_get_data(payload), g_variant_get_size(payload));
}

void
scripted_push_answer(BridgePushProcess *process, const char *result)
{
	g_autoptr(GTask) task = g_queue_pop_head(&process->sent);

	if (result != NULL)
		g_task_return_pointer(
			task,
			g_variant_ref_sink(g_variant_new_parsed(
				"@a{sv} {'result': <%s>, 'detail': <'scripted'>}", result)),
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
