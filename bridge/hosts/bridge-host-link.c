/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-host-link.h"

#include <errno.h>
#include <gio/gunixfdlist.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/bridge-grant.h"
#include "bridge-host-answers.h"
#include "link/bridge-link-pipe.h"
#include "link/bridge-link.h"
#include "base/bridge-secret.h"

#define HOST_LINK_START_DEADLINE_MS 60000 /* a busy machine, a cold disk, a template to start */
#define HOST_LINK_END_DEADLINE_MS 5000
#define HOST_LINK_CALL_DEADLINE_MS 30000
#define HOST_LINK_ANSWER_TURNS 2    /* an HTTP response is written in the second */
#define HOST_LINK_PROBE_TICKS_MAX 2 /* twice the interval without an answer */
/* Of answers: a host that does not read them but goes on telling is broken. */
#define HOST_LINK_BACKLOG_MAX ((gsize)64 * 1024)

struct _BridgeHostLink {
	GObject parent_instance;

	BridgeHostLinkState state;
	GVariant *options;
	guint probe_interval_ms;
	BridgeHostProcess *process;
	GDBusConnection *connection;
	BridgeLinkHost1 *host;
	BridgeLinkDaemon1 *daemon;
	BridgeLinkPipe *events;
	GCancellable *cancellable; /* for everything that is under way */
	guint deadline;            /* of starting, or of ending */
	guint probe_timer;
	guint probe_ticks;          /* since the probe that is under way; 0: none is */
	guint open_batches;         /* not answered yet */
	guint64 last_number;        /* of the last event */
	BridgeHostAnswers *answers; /* that wait for later ones; NULL when it is gone */
};

struct _BridgeHostEvents {
	guint holds;
	guint turns_left; /* of the main loop until the answer */
	gboolean failed;
	BridgeHostLink *link;
	guint64 number; /* of the last event */
};

G_DEFINE_FINAL_TYPE(BridgeHostLink, bridge_host_link, G_TYPE_OBJECT)

enum {
	BRIDGE_HOST_LINK_SIGNAL_READY,
	BRIDGE_HOST_LINK_SIGNAL_GONE,
	BRIDGE_HOST_LINK_SIGNAL_DELIVER,
	BRIDGE_HOST_LINK_SIGNAL_PROBED,
	BRIDGE_HOST_LINK_SIGNAL_CREDENTIAL,
	BRIDGE_HOST_LINK_N_SIGNALS
};
static guint bridge_host_link_signals[BRIDGE_HOST_LINK_N_SIGNALS];

/* ---- Its end --------------------------------------------------------------------------------- */

/* Closes what can be closed; a close call that is refused is a connection that is closed. */
static void
bridge_host_link_disconnect(BridgeHostLink *self)
{
	g_cancellable_cancel(self->cancellable);
	g_clear_handle_id(&self->deadline, g_source_remove);
	g_clear_handle_id(&self->probe_timer, g_source_remove);
	g_clear_object(&self->host);
	g_clear_pointer(&self->events, bridge_link_pipe_free);
	g_clear_pointer(&self->answers, bridge_host_answers_free);
	if (self->daemon != NULL) {
		g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(self->daemon));
		g_signal_handlers_disconnect_by_data(self->daemon, self);
	}
	g_clear_object(&self->daemon);
	if (self->connection != NULL) {
		g_signal_handlers_disconnect_by_data(self->connection, self);
		g_dbus_connection_close(self->connection, NULL, NULL, NULL);
	}
	g_clear_object(&self->connection);
}

static void
bridge_host_link_go(BridgeHostLink *self, const GError *error)
{
	g_autoptr(BridgeHostLink) guard = g_object_ref(self);

	if (self->state == BRIDGE_HOST_LINK_GONE)
		return;
	self->state = BRIDGE_HOST_LINK_GONE;
	bridge_host_link_disconnect(self);
	if (self->process != NULL) {
		g_signal_handlers_disconnect_by_data(self->process, self);
		bridge_host_process_kill(self->process, SIGKILL);
	}
	g_clear_object(&self->process);
	g_signal_emit(self, bridge_host_link_signals[BRIDGE_HOST_LINK_SIGNAL_GONE], 0, error);
}

static void G_GNUC_PRINTF(3, 4)
	bridge_host_link_fail(BridgeHostLink *self, GIOErrorEnum code, const char *format, ...)
{
	va_list arguments;
	g_autoptr(GError) error = NULL;

	va_start(arguments, format);
	error = g_error_new_valist(G_IO_ERROR, code, format, arguments);
	va_end(arguments);
	bridge_host_link_go(self, error);
}

static void
bridge_host_link_exited_cb(BridgeHostProcess *process, gpointer user_data)
{
	bridge_host_link_fail(BRIDGE_HOST_LINK(user_data), G_IO_ERROR_BROKEN_PIPE,
	                      "the host process ended");
}

static void
bridge_host_link_closed_cb(GDBusConnection *connection, gboolean vanished, GError *error,
                           gpointer user_data)
{
	bridge_host_link_fail(BRIDGE_HOST_LINK(user_data), G_IO_ERROR_BROKEN_PIPE,
	                      "the host closed its link");
}

static void
bridge_host_link_events_ended(gpointer user_data, const GError *error)
{
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED))
		bridge_host_link_fail(BRIDGE_HOST_LINK(user_data), G_IO_ERROR_BROKEN_PIPE,
		                      "the host closed its link");
	else
		bridge_host_link_go(BRIDGE_HOST_LINK(user_data), error);
}

static gboolean
bridge_host_link_deadline_cb(gpointer user_data)
{
	BridgeHostLink *self = BRIDGE_HOST_LINK(user_data);

	self->deadline = 0;
	bridge_host_link_fail(self, G_IO_ERROR_TIMED_OUT,
	                      self->state == BRIDGE_HOST_LINK_ENDING ? "the host did not end"
	                                                             : "the host did not start");
	return G_SOURCE_REMOVE;
}

static gboolean
bridge_host_link_gone_idle_cb(gpointer user_data)
{
	BridgeHostLink *self = BRIDGE_HOST_LINK(user_data);

	self->deadline = 0;
	bridge_host_link_fail(self, G_IO_ERROR_CLOSED, "the host was not needed");
	return G_SOURCE_REMOVE;
}

void
bridge_host_link_end(BridgeHostLink *self)
{
	g_return_if_fail(BRIDGE_IS_HOST_LINK(self));

	if (self->state >= BRIDGE_HOST_LINK_ENDING)
		return;
	self->state = BRIDGE_HOST_LINK_ENDING;
	/* While it still authenticates there is no connection that could be closed. */
	if (self->process != NULL && self->connection == NULL)
		g_socket_shutdown(
			g_socket_connection_get_socket(bridge_host_process_get_link(self->process)),
			TRUE, TRUE, NULL);
	bridge_host_link_disconnect(self);
	/* Not launched yet: the process, if it comes, is dropped. */
	self->deadline = self->process == NULL ? g_idle_add(bridge_host_link_gone_idle_cb, self)
	                                       : g_timeout_add(HOST_LINK_END_DEADLINE_MS,
	                                                       bridge_host_link_deadline_cb, self);
}

/* ---- Events ---------------------------------------------------------------------------------- */

static void
bridge_host_events_free(BridgeHostEvents *call)
{
	g_object_unref(call->link);
	g_free(call);
}

void
bridge_host_events_hold(BridgeHostEvents *call)
{
	call->holds++;
}

static gboolean
bridge_host_events_answer_cb(gpointer user_data)
{
	BridgeHostEvents *call = user_data;
	BridgeHostLink *self = call->link;

	if (--call->turns_left > 0)
		return G_SOURCE_CONTINUE;
	if (!call->failed && self->events != NULL)
		bridge_link_pipe_send(self->events,
		                      g_variant_new(BRIDGE_LINK_ANSWER_TYPE, call->number));
	bridge_host_events_free(call);
	return G_SOURCE_REMOVE;
}

/* Whoever waits for the events goes first: the host's answer is left to a later turn of the loop,
 * behind what was set off by now. */
void
bridge_host_events_done(BridgeHostEvents *call)
{
	g_return_if_fail(call->holds > 0);

	if (--call->holds > 0)
		return;
	call->link->open_batches--;
	call->turns_left = HOST_LINK_ANSWER_TURNS;
	g_idle_add_full(G_PRIORITY_DEFAULT, bridge_host_events_answer_cb, call, NULL);
}

void
bridge_host_events_fail(BridgeHostEvents *call)
{
	call->failed = TRUE;
	bridge_host_link_fail(call->link, G_IO_ERROR_FAILED, "its events could not be stored");
	bridge_host_events_done(call);
}

/* Numbers without gaps: the link would be no use if it lost or doubled something. */
static gboolean
bridge_host_link_check_events(BridgeHostLink *self, GVariant *events)
{
	GVariantIter iter;
	guint64 number = 0;

	if (self->open_batches >= BRIDGE_LINK_WINDOW_BATCHES ||
	    g_variant_n_children(events) > BRIDGE_LINK_WINDOW_EVENTS)
		return FALSE;
	g_variant_iter_init(&iter, events);
	while (g_variant_iter_next(&iter, "(t&s&sv)", &number, NULL, NULL, NULL)) {
		if (number != self->last_number + 1)
			return FALSE;
		self->last_number = number;
	}
	return TRUE;
}

static void
bridge_host_link_deliver(gpointer user_data, GVariant *events)
{
	BridgeHostLink *self = BRIDGE_HOST_LINK(user_data);
	BridgeHostEvents *call;

	if (!bridge_host_link_check_events(self, events)) {
		bridge_host_link_fail(self, G_IO_ERROR_INVALID_DATA,
		                      "the host did not keep to the window");
		return;
	}
	call = g_new0(BridgeHostEvents, 1);
	call->link = g_object_ref(self);
	call->number = self->last_number;
	call->holds = 1;
	self->open_batches++;
	g_signal_emit(self, bridge_host_link_signals[BRIDGE_HOST_LINK_SIGNAL_DELIVER], 0, call,
	              events);
	if (self->answers != NULL) /* unless somebody ended it */
		bridge_host_answers_release(self->answers, self->last_number);
	bridge_host_events_done(call);
}

/* ---- Requests -------------------------------------------------------------------------------- */

static void
bridge_host_link_requested_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgeHostLink *self = BRIDGE_HOST_LINK(g_task_get_source_object(task));
	const gint64 *deadline_us = g_task_get_task_data(task);
	g_autoptr(GVariant) answer = NULL;
	g_autoptr(GError) error = NULL;
	guint64 after = 0;

	if (!bridge_link_host1_call_request_finish(BRIDGE_LINK_HOST1(source), &answer, &after,
	                                           result, &error)) {
		g_dbus_error_strip_remote_error(error);
		g_task_return_error(task, g_steal_pointer(&error));
	} else if (after <= self->last_number) {
		g_task_return_pointer(task, g_steal_pointer(&answer),
		                      (GDestroyNotify)g_variant_unref);
	} else if (self->answers != NULL) {
		bridge_host_answers_keep(self->answers, after, g_steal_pointer(&task), answer,
		                         *deadline_us);
	} else {
		g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_CLOSED,
		                        "the host ended before what it answered had come");
	}
}

void
bridge_host_link_request_async(BridgeHostLink *self, const char *account, const char *command,
                               GVariant *arguments, GAsyncReadyCallback callback,
                               gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
	gint64 deadline_us =
		g_get_monotonic_time() + HOST_LINK_CALL_DEADLINE_MS * G_TIME_SPAN_MILLISECOND;

	g_return_if_fail(BRIDGE_IS_HOST_LINK(self));
	g_return_if_fail(self->state == BRIDGE_HOST_LINK_READY);

	g_task_set_source_tag(task, bridge_host_link_request_async);
	g_task_set_task_data(task, g_memdup2(&deadline_us, sizeof deadline_us), g_free);
	bridge_link_host1_call_request(self->host, account, command, arguments, NULL,
	                               bridge_host_link_requested_cb, g_steal_pointer(&task));
}

GVariant *
bridge_host_link_request_finish(BridgeHostLink *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), NULL);
	return g_task_propagate_pointer(G_TASK(result), error);
}

/* ---- Credentials ----------------------------------------------------------------------------- */

static GBytes *
bridge_host_link_read_credential(GUnixFDList *fds, GVariant *handle, GError **error)
{
	GBytes *credential;
	int fd = -1;

	if (fds != NULL)
		fd = g_unix_fd_list_get(fds, g_variant_get_handle(handle), error);
	else
		g_set_error_literal(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_INVALID,
		                    "KeepCredential: \"credential\" is missing");
	if (fd < 0)
		return NULL;
	credential = bridge_secret_from_fd(fd, BRIDGE_GRANT_BYTES_MAX, error);
	close(fd);
	return credential;
}

static gboolean
bridge_host_link_keep_credential_cb(BridgeLinkDaemon1 *daemon, GDBusMethodInvocation *invocation,
                                    GUnixFDList *fds, const char *account, const char *mechanism,
                                    GVariant *handle, gpointer user_data)
{
	g_autoptr(BridgeHostLink) self = g_object_ref(BRIDGE_HOST_LINK(user_data));
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) credential = bridge_host_link_read_credential(fds, handle, &error);

	if (credential == NULL) {
		g_dbus_method_invocation_return_gerror(invocation, error);
		return TRUE;
	}
	g_signal_emit(self, bridge_host_link_signals[BRIDGE_HOST_LINK_SIGNAL_CREDENTIAL], 0,
	              account, mechanism, credential);
	bridge_link_daemon1_complete_keep_credential(daemon, invocation, NULL);
	return TRUE;
}

/* ---- Liveness -------------------------------------------------------------------------------- */

static void
bridge_host_link_probed_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeHostLink) self = BRIDGE_HOST_LINK(user_data);
	g_autoptr(GVariant) status = NULL;

	if (!bridge_link_host1_call_probe_finish(BRIDGE_LINK_HOST1(source), &status, result,
	                                         NULL) ||
	    self->state != BRIDGE_HOST_LINK_READY)
		return; /* the deadline or the end of the link tells */
	self->probe_ticks = 0;
	g_signal_emit(self, bridge_host_link_signals[BRIDGE_HOST_LINK_SIGNAL_PROBED], 0, status);
}

static gboolean
bridge_host_link_probe_cb(gpointer user_data)
{
	BridgeHostLink *self = BRIDGE_HOST_LINK(user_data);

	/* Counted in ticks, not in time: a daemon that was stopped itself would find every host
	 * late. */
	if (self->probe_ticks++ == 0) {
		bridge_link_host1_call_probe(self->host, self->cancellable,
		                             bridge_host_link_probed_cb, g_object_ref(self));
	} else if (self->probe_ticks > HOST_LINK_PROBE_TICKS_MAX) {
		self->probe_timer = 0;
		bridge_host_link_fail(self, G_IO_ERROR_TIMED_OUT, "the host hangs");
		return G_SOURCE_REMOVE;
	}
	return G_SOURCE_CONTINUE;
}

/* ---- Its beginning --------------------------------------------------------------------------- */

static void
bridge_host_link_configured_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeHostLink) self = BRIDGE_HOST_LINK(user_data);
	g_autoptr(GError) error = NULL;

	if (!bridge_link_host1_call_configure_finish(BRIDGE_LINK_HOST1(source), result, &error)) {
		if (self->state == BRIDGE_HOST_LINK_STARTING)
			bridge_host_link_go(self, error);
		return;
	}
	if (self->state != BRIDGE_HOST_LINK_STARTING)
		return;
	g_clear_handle_id(&self->deadline, g_source_remove);
	self->state = BRIDGE_HOST_LINK_READY;
	self->probe_timer = g_timeout_add(self->probe_interval_ms, bridge_host_link_probe_cb, self);
	g_signal_emit(self, bridge_host_link_signals[BRIDGE_HOST_LINK_SIGNAL_READY], 0);
}

static void
bridge_host_link_opened_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeHostLink) self = BRIDGE_HOST_LINK(user_data);
	g_autoptr(GError) error = NULL;

	if (!bridge_link_host1_call_open_events_finish(BRIDGE_LINK_HOST1(source), NULL, result,
	                                               &error) &&
	    self->state == BRIDGE_HOST_LINK_STARTING)
		bridge_host_link_go(self, error);
}

/* Keeps one end of a new pair and hands the other one over. */
static gboolean
bridge_host_link_open_events(BridgeHostLink *self, GError **error)
{
	static const BridgeLinkPipeTerms terms = {.type = BRIDGE_LINK_EVENTS_TYPE,
	                                          .bytes_max = BRIDGE_LINK_BATCH_BYTES_MAX,
	                                          .backlog_max = HOST_LINK_BACKLOG_MAX};
	static const BridgeLinkPipeClient client = {.received = bridge_host_link_deliver,
	                                            .ended = bridge_host_link_events_ended};
	int ends[2];
	g_autoptr(GUnixFDList) fds = NULL;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "no socket pair: %s",
		            g_strerror(errno));
		return FALSE;
	}
	self->events = bridge_link_pipe_new(ends[0], &terms, &client, self);
	fds = g_unix_fd_list_new_from_array(&ends[1], 1);
	bridge_link_host1_call_open_events(self->host, g_variant_new_handle(0), fds,
	                                   self->cancellable, bridge_host_link_opened_cb,
	                                   g_object_ref(self));
	return TRUE;
}

static gboolean
bridge_host_link_meet(BridgeHostLink *self, GError **error)
{
	self->daemon = bridge_link_daemon1_skeleton_new();
	g_signal_connect(self->daemon, "handle-keep-credential",
	                 G_CALLBACK(bridge_host_link_keep_credential_cb), self);
	g_signal_connect(self->connection, "closed", G_CALLBACK(bridge_host_link_closed_cb), self);
	g_dbus_connection_set_exit_on_close(self->connection, FALSE);
	if (!g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(self->daemon),
	                                      self->connection, BRIDGE_LINK_DAEMON_PATH, error))
		return FALSE;
	/* Does not block: there is no bus to ask, and nothing is loaded. */
	self->host =
		bridge_link_host1_proxy_new_sync(self->connection,
	                                         G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES |
	                                                 G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS,
	                                         NULL, BRIDGE_LINK_HOST_PATH, NULL, error);
	if (self->host == NULL)
		return FALSE;
	g_dbus_proxy_set_default_timeout(G_DBUS_PROXY(self->host), HOST_LINK_CALL_DEADLINE_MS);
	return bridge_host_link_open_events(self, error);
}

static void
bridge_host_link_connected_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeHostLink) self = BRIDGE_HOST_LINK(user_data);
	g_autoptr(GError) error = NULL;
	GDBusConnection *connection = g_dbus_connection_new_finish(result, &error);

	if (self->state != BRIDGE_HOST_LINK_STARTING) {
		g_clear_object(&connection);
		return;
	}
	self->connection = connection;
	if (connection == NULL || !bridge_host_link_meet(self, &error)) {
		bridge_host_link_go(self, error);
		return;
	}
	bridge_link_host1_call_configure(self->host, self->options, self->cancellable,
	                                 bridge_host_link_configured_cb, g_object_ref(self));
	g_dbus_connection_start_message_processing(self->connection);
}

void
bridge_host_link_launched(BridgeHostLink *self, BridgeHostProcess *process, const GError *error)
{
	g_autofree char *guid = NULL;

	g_return_if_fail(BRIDGE_IS_HOST_LINK(self));
	g_return_if_fail(self->process == NULL);

	if (self->state != BRIDGE_HOST_LINK_STARTING) {
		/* Too late: nobody waits for it any more. */
		if (process != NULL)
			bridge_host_process_kill(process, SIGKILL);
		return;
	}
	if (process == NULL) {
		bridge_host_link_go(self, error);
		return;
	}
	self->process = g_object_ref(process);
	g_signal_connect(process, "exited", G_CALLBACK(bridge_host_link_exited_cb), self);
	guid = g_dbus_generate_guid();
	g_dbus_connection_new(G_IO_STREAM(bridge_host_process_get_link(process)), guid,
	                      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER |
	                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_REQUIRE_SAME_USER |
	                              G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
	                      NULL, self->cancellable, bridge_host_link_connected_cb,
	                      g_object_ref(self));
}

BridgeHostLink *
bridge_host_link_new(GVariant *options, guint probe_interval_ms)
{
	BridgeHostLink *self = g_object_new(BRIDGE_TYPE_HOST_LINK, NULL);

	g_return_val_if_fail(probe_interval_ms > 0, NULL);

	bridge_link_error_quark(); /* registers the names: the first error would come without */
	self->options = g_variant_ref_sink(options);
	self->probe_interval_ms = probe_interval_ms;
	self->deadline =
		g_timeout_add(HOST_LINK_START_DEADLINE_MS, bridge_host_link_deadline_cb, self);
	return self;
}

BridgeHostLinkState
bridge_host_link_get_state(BridgeHostLink *self)
{
	g_return_val_if_fail(BRIDGE_IS_HOST_LINK(self), BRIDGE_HOST_LINK_GONE);
	return self->state;
}

GPid
bridge_host_link_get_pid(BridgeHostLink *self)
{
	g_return_val_if_fail(BRIDGE_IS_HOST_LINK(self), 0);
	return self->process != NULL ? bridge_host_process_get_pid(self->process) : 0;
}

BridgeLinkHost1 *
bridge_host_link_get_host(BridgeHostLink *self)
{
	g_return_val_if_fail(BRIDGE_IS_HOST_LINK(self), NULL);
	return self->state == BRIDGE_HOST_LINK_READY ? self->host : NULL;
}

static void
bridge_host_link_dispose(GObject *object)
{
	BridgeHostLink *self = BRIDGE_HOST_LINK(object);

	self->state = BRIDGE_HOST_LINK_GONE;
	bridge_host_link_disconnect(self);
	if (self->process != NULL)
		g_signal_handlers_disconnect_by_data(self->process, self);
	g_clear_object(&self->process);
	G_OBJECT_CLASS(bridge_host_link_parent_class)->dispose(object);
}

static void
bridge_host_link_finalize(GObject *object)
{
	BridgeHostLink *self = BRIDGE_HOST_LINK(object);

	g_clear_pointer(&self->options, g_variant_unref);
	g_clear_object(&self->cancellable);
	G_OBJECT_CLASS(bridge_host_link_parent_class)->finalize(object);
}

static void
bridge_host_link_init(BridgeHostLink *self)
{
	self->cancellable = g_cancellable_new();
	self->answers = bridge_host_answers_new();
}

static void
bridge_host_link_class_init(BridgeHostLinkClass *klass)
{
	/* Before the first error comes: GDBus translates only those it has been told of. */
	(void)BRIDGE_LINK_ERROR;
	GObjectClass *object_class = G_OBJECT_CLASS(klass);

	object_class->dispose = bridge_host_link_dispose;
	object_class->finalize = bridge_host_link_finalize;
	bridge_host_link_signals[BRIDGE_HOST_LINK_SIGNAL_READY] =
		g_signal_new("ready", BRIDGE_TYPE_HOST_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
	                     G_TYPE_NONE, 0);
	bridge_host_link_signals[BRIDGE_HOST_LINK_SIGNAL_GONE] =
		g_signal_new("gone", BRIDGE_TYPE_HOST_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
	                     G_TYPE_NONE, 1, G_TYPE_ERROR);
	bridge_host_link_signals[BRIDGE_HOST_LINK_SIGNAL_DELIVER] =
		g_signal_new("deliver", BRIDGE_TYPE_HOST_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
	                     NULL, G_TYPE_NONE, 2, G_TYPE_POINTER, G_TYPE_VARIANT);
	bridge_host_link_signals[BRIDGE_HOST_LINK_SIGNAL_PROBED] =
		g_signal_new("probed", BRIDGE_TYPE_HOST_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
	                     NULL, G_TYPE_NONE, 1, G_TYPE_VARIANT);
	bridge_host_link_signals[BRIDGE_HOST_LINK_SIGNAL_CREDENTIAL] =
		g_signal_new("credential", BRIDGE_TYPE_HOST_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
	                     NULL, G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_BYTES);
}
