/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-template.h"

#include <errno.h>
#include <gio/gunixfdmessage.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/bridge-link.h"

#define BRIDGE_TEMPLATE_DEADLINE_S 30

struct _BridgeTemplate {
	GObject parent_instance;

	char *program;
	char *protocols;  /* as the program's argument has them, or NULL */
	GSocket *control; /* NULL while no template runs */
	GSource *replies; /* on control */
	GQueue waiting; /* of GTask whose data (int *) is the daemon's end of the link, in order */
	guint deadline; /* for the oldest */
};

G_DEFINE_FINAL_TYPE(BridgeTemplate, bridge_template, G_TYPE_OBJECT)

static void
bridge_template_drop(BridgeTemplate *self)
{
	if (self->replies != NULL)
		g_source_destroy(self->replies);
	g_clear_pointer(&self->replies, g_source_unref);
	g_clear_handle_id(&self->deadline, g_source_remove);
	g_clear_object(&self->control);
}

/* The template is of no use any more: everybody who waits is told, the next call starts another. */
static void
bridge_template_fail(BridgeTemplate *self, const GError *error)
{
	GQueue failed = self->waiting;
	GTask *task;

	g_queue_init(&self->waiting);
	bridge_template_drop(self);
	while ((task = g_queue_pop_head(&failed)) != NULL) {
		g_task_return_error(task, g_error_copy(error));
		g_object_unref(task);
	}
}

static gboolean
bridge_template_deadline_cb(gpointer user_data)
{
	BridgeTemplate *self = BRIDGE_TEMPLATE(user_data);
	g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
	                                              "the host template does not answer");

	self->deadline = 0;
	bridge_template_fail(self, error);
	return G_SOURCE_REMOVE;
}

static void
bridge_template_rearm(BridgeTemplate *self)
{
	g_clear_handle_id(&self->deadline, g_source_remove);
	if (!g_queue_is_empty(&self->waiting))
		self->deadline = g_timeout_add_seconds(BRIDGE_TEMPLATE_DEADLINE_S,
		                                       bridge_template_deadline_cb, self);
}

static void
bridge_template_complete(GTask *task, const BridgeTemplateReply *reply, int pidfd)
{
	g_autoptr(GError) error = NULL;
	int *link = g_task_get_task_data(task);
	BridgeHostProcess *host;

	if (pidfd < 0) {
		g_task_return_new_error(task, G_IO_ERROR,
		                        g_io_error_from_errno(reply->error_number),
		                        "the host template cannot start a host: %s",
		                        g_strerror(reply->error_number));
		return;
	}
	host = bridge_host_process_new(reply->pid, pidfd, g_steal_fd(link), &error);
	if (host == NULL)
		g_task_return_error(task, g_steal_pointer(&error));
	else
		g_task_return_pointer(task, host, g_object_unref);
}

/* Returns: the first descriptor that came with a reply, or -1 */
static int
bridge_template_take_fd(GSocketControlMessage **messages, int n_messages)
{
	int fd = -1;

	for (int i = 0; i < n_messages; i++) {
		if (fd < 0 && G_IS_UNIX_FD_MESSAGE(messages[i])) {
			GUnixFDList *list =
				g_unix_fd_message_get_fd_list(G_UNIX_FD_MESSAGE(messages[i]));
			fd = g_unix_fd_list_get_length(list) > 0 ? g_unix_fd_list_get(list, 0, NULL)
			                                         : -1;
		}
		g_object_unref(messages[i]);
	}
	g_free(messages);
	return fd;
}

static gboolean
bridge_template_reply_cb(GSocket *control, GIOCondition condition, gpointer user_data)
{
	g_autoptr(BridgeTemplate) self = g_object_ref(BRIDGE_TEMPLATE(user_data));
	g_autoptr(GError) error = NULL;
	g_autoptr(GTask) task = NULL;
	BridgeTemplateReply reply = {0};
	GInputVector vector = {&reply, sizeof reply};
	GSocketControlMessage **messages = NULL;
	int n_messages = 0;
	gssize length;
	int pidfd;

	length = g_socket_receive_message(control, NULL, &vector, 1, &messages, &n_messages, NULL,
	                                  NULL, &error);
	if (length < 0 && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
		return G_SOURCE_CONTINUE;
	pidfd = bridge_template_take_fd(messages, n_messages);
	if (length != sizeof reply || g_queue_is_empty(&self->waiting)) {
		if (pidfd >= 0)
			close(pidfd);
		if (error == NULL)
			error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE,
			                            "the host template is gone");
		bridge_template_fail(self, error);
		return G_SOURCE_REMOVE;
	}
	task = G_TASK(g_queue_pop_head(&self->waiting));
	bridge_template_rearm(self);
	bridge_template_complete(task, &reply, pidfd);
	return G_SOURCE_CONTINUE;
}

static gboolean
bridge_template_start(BridgeTemplate *self, GError **error)
{
	int ends[2];
	g_autoptr(GSubprocess) process = NULL;
	g_autoptr(GSubprocessLauncher) launcher = NULL;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "no socket pair: %s",
		            g_strerror(errno));
		return FALSE;
	}
	launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
	g_subprocess_launcher_take_fd(launcher, ends[1], BRIDGE_LINK_FD);
	self->control = g_socket_new_from_fd(ends[0], error);
	if (self->control == NULL) {
		close(ends[0]);
		return FALSE;
	}
	process = g_subprocess_launcher_spawn(launcher, error, self->program, "--template",
	                                      self->protocols != NULL ? "--protocols" : NULL,
	                                      self->protocols, NULL);
	if (process == NULL) {
		g_clear_object(&self->control);
		return FALSE;
	}
	g_socket_set_blocking(self->control, FALSE);
	self->replies = g_socket_create_source(self->control, G_IO_IN, NULL);
	g_source_set_callback(self->replies, G_SOURCE_FUNC(bridge_template_reply_cb), self, NULL);
	g_source_attach(self->replies, g_main_context_get_thread_default());
	return TRUE;
}

/* Sends the host's end of a new link; returns the daemon's end or -1. */
static int
bridge_template_request(BridgeTemplate *self, GError **error)
{
	int ends[2];
	BridgeTemplateRequest request = {BRIDGE_TEMPLATE_SPAWN};
	GOutputVector vector = {&request, sizeof request};
	g_autoptr(GSocketControlMessage) message = g_unix_fd_message_new();
	gssize sent = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "no socket pair: %s",
		            g_strerror(errno));
		return -1;
	}
	if (g_unix_fd_message_append_fd(G_UNIX_FD_MESSAGE(message), ends[1], error))
		sent = g_socket_send_message(self->control, NULL, &vector, 1, &message, 1, 0, NULL,
		                             error);
	close(ends[1]);
	if (sent < 0) {
		close(ends[0]);
		return -1;
	}
	return ends[0];
}

static void
bridge_template_free_link(gpointer data)
{
	int *link = data;

	if (*link >= 0)
		close(*link);
	g_free(link);
}

void
bridge_template_spawn_async(BridgeTemplate *self, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);
	g_autoptr(GError) error = NULL;
	int link;

	g_return_if_fail(BRIDGE_IS_TEMPLATE(self));

	g_task_set_source_tag(task, bridge_template_spawn_async);
	if (self->control == NULL && !bridge_template_start(self, &error)) {
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	link = bridge_template_request(self, &error);
	if (link < 0) {
		bridge_template_fail(self, error);
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	g_task_set_task_data(task, g_memdup2(&link, sizeof link), bridge_template_free_link);
	g_queue_push_tail(&self->waiting, g_steal_pointer(&task));
	if (self->deadline == 0)
		bridge_template_rearm(self);
}

BridgeHostProcess *
bridge_template_spawn_finish(BridgeTemplate *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), NULL);
	return g_task_propagate_pointer(G_TASK(result), error);
}

BridgeTemplate *
bridge_template_new(const char *program, const char *const *protocols)
{
	BridgeTemplate *self = g_object_new(BRIDGE_TYPE_TEMPLATE, NULL);

	self->program = g_strdup(program);
	self->protocols = protocols != NULL ? g_strjoinv(",", (char **)protocols) : NULL;
	return self;
}

static void
bridge_template_dispose(GObject *object)
{
	bridge_template_drop(BRIDGE_TEMPLATE(object));
	G_OBJECT_CLASS(bridge_template_parent_class)->dispose(object);
}

static void
bridge_template_finalize(GObject *object)
{
	BridgeTemplate *self = BRIDGE_TEMPLATE(object);

	g_assert(g_queue_is_empty(&self->waiting)); /* each task holds a reference */
	g_free(self->program);
	g_free(self->protocols);
	G_OBJECT_CLASS(bridge_template_parent_class)->finalize(object);
}

static void
bridge_template_init(BridgeTemplate *self)
{
	g_queue_init(&self->waiting);
}

static void
bridge_template_class_init(BridgeTemplateClass *klass)
{
	GObjectClass *object_class = G_OBJECT_CLASS(klass);

	object_class->dispose = bridge_template_dispose;
	object_class->finalize = bridge_template_finalize;
}
