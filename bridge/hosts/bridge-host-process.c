/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-host-process.h"

#include <glib-unix.h>
#include <sys/syscall.h>
#include <unistd.h>

struct _BridgeHostProcess {
	GObject parent_instance;

	GPid pid;
	int pidfd;
	guint exit_source;
	gboolean exited;
	GSocketConnection *link;
};

G_DEFINE_FINAL_TYPE(BridgeHostProcess, bridge_host_process, G_TYPE_OBJECT)

enum { BRIDGE_HOST_PROCESS_EXITED, BRIDGE_HOST_PROCESS_N_SIGNALS };
static guint bridge_host_process_signals[BRIDGE_HOST_PROCESS_N_SIGNALS];

static gboolean
bridge_host_process_exited_cb(gint fd, GIOCondition condition, gpointer user_data)
{
	g_autoptr(BridgeHostProcess) self = g_object_ref(BRIDGE_HOST_PROCESS(user_data));

	self->exit_source = 0;
	self->exited = TRUE;
	g_signal_emit(self, bridge_host_process_signals[BRIDGE_HOST_PROCESS_EXITED], 0);
	return G_SOURCE_REMOVE;
}

BridgeHostProcess *
bridge_host_process_new(GPid pid, int pidfd, int link, GError **error)
{
	g_autoptr(GSocket) socket = NULL;
	g_autoptr(BridgeHostProcess) self = g_object_new(BRIDGE_TYPE_HOST_PROCESS, NULL);

	g_return_val_if_fail(pid > 0 && pidfd >= 0 && link >= 0, NULL);

	self->pid = pid;
	self->pidfd = pidfd;
	self->exit_source = g_unix_fd_add(pidfd, G_IO_IN, bridge_host_process_exited_cb, self);
	socket = g_socket_new_from_fd(link, error);
	if (socket == NULL) {
		close(link);
		return NULL;
	}
	self->link = g_socket_connection_factory_create_connection(socket);
	return g_steal_pointer(&self);
}

GPid
bridge_host_process_get_pid(BridgeHostProcess *self)
{
	g_return_val_if_fail(BRIDGE_IS_HOST_PROCESS(self), 0);
	return self->pid;
}

GSocketConnection *
bridge_host_process_get_link(BridgeHostProcess *self)
{
	g_return_val_if_fail(BRIDGE_IS_HOST_PROCESS(self), NULL);
	return self->link;
}

gboolean
bridge_host_process_has_exited(BridgeHostProcess *self)
{
	g_return_val_if_fail(BRIDGE_IS_HOST_PROCESS(self), TRUE);
	return self->exited;
}

void
bridge_host_process_kill(BridgeHostProcess *self, int signal_number)
{
	g_return_if_fail(BRIDGE_IS_HOST_PROCESS(self));
	if (!self->exited)
		(void)syscall(SYS_pidfd_send_signal, self->pidfd, signal_number, NULL, 0);
}

static void
bridge_host_process_dispose(GObject *object)
{
	BridgeHostProcess *self = BRIDGE_HOST_PROCESS(object);

	g_clear_handle_id(&self->exit_source, g_source_remove);
	g_clear_object(&self->link);
	G_OBJECT_CLASS(bridge_host_process_parent_class)->dispose(object);
}

static void
bridge_host_process_finalize(GObject *object)
{
	BridgeHostProcess *self = BRIDGE_HOST_PROCESS(object);

	if (self->pidfd >= 0)
		close(self->pidfd);
	G_OBJECT_CLASS(bridge_host_process_parent_class)->finalize(object);
}

static void
bridge_host_process_init(BridgeHostProcess *self)
{
	self->pidfd = -1;
}

static void
bridge_host_process_class_init(BridgeHostProcessClass *klass)
{
	GObjectClass *object_class = G_OBJECT_CLASS(klass);

	object_class->dispose = bridge_host_process_dispose;
	object_class->finalize = bridge_host_process_finalize;
	bridge_host_process_signals[BRIDGE_HOST_PROCESS_EXITED] =
		g_signal_new("exited", BRIDGE_TYPE_HOST_PROCESS, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
	                     NULL, G_TYPE_NONE, 0);
}
