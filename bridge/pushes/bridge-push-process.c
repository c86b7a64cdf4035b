/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-process.h"

#include <errno.h>
#include <gio/gunixfdlist.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bridge-backoff.h"
#include "link/bridge-base64.h"
#include "bridge-push-calls.h"
#include "bridge-push-key.h"
#include "bridge-push-link-generated.h"
#include "link/bridge-push-link.h"
#include "base/bridge-secret.h"

/* Of a call: two attempts, each with a token for it, and some time to spare. */
#define PUSH_PROCESS_CALL_FACTOR 4
#define PUSH_PROCESS_CALL_SPARE_MS 10000
#define PUSH_PROCESS_START_MS 30000
#define PUSH_PROCESS_PROBE_TICKS_MAX 2
/* So many at once: the others wait here, where it costs them nothing of their time. */
#define PUSH_PROCESS_UNDER_WAY_MAX 1024
/* What is to be sent waits so long for another one to be started. */
#define PUSH_PROCESS_PATIENCE_US (5 * (gint64)G_USEC_PER_SEC)

struct _BridgePushProcess {
	GObject parent_instance;

	char *program;
	GVariant *options;       /* of Configure */
	GHashTable *credentials; /* likewise, but the VAPID key: char * -> GBytes */
	BridgePushToken *token;  /* or NULL */
	guint call_ms;
	guint probe_interval_ms;
	gboolean http2;   /* it speaks that */
	guint8 *push_key; /* of whoever keeps the store: borrowed */

	GSubprocess *process; /* NULL while none runs */
	GDBusConnection *connection;
	BridgeLinkPush1 *push;  /* NULL until it is configured */
	BridgePushCalls *calls; /* NULL until it is to be */
	GCancellable *cancellable;
	GQueue waiting; /* of GTask */
	guint starts;
	guint failures;       /* in a row */
	gint64 not_before_us; /* monotonic: of the next start */
	guint start_timer;
	guint probe_timer;
	guint probe_ticks;
	gboolean stopped;
};

typedef struct {
	char *service;
	GVariant *push;
} BridgePushWaiting;

G_DEFINE_FINAL_TYPE(BridgePushProcess, bridge_push_process, G_TYPE_OBJECT)

static void
bridge_push_waiting_free(BridgePushWaiting *waiting)
{
	g_free(waiting->service);
	g_variant_unref(waiting->push);
	g_free(waiting);
}

/* ---- Its end --------------------------------------------------------------------------------- */

static void
bridge_push_process_drop(BridgePushProcess *self)
{
	g_clear_handle_id(&self->probe_timer, g_source_remove);
	g_cancellable_cancel(self->cancellable);
	g_clear_object(&self->cancellable);
	g_clear_object(&self->push);
	if (self->connection != NULL) {
		g_signal_handlers_disconnect_by_data(self->connection, self);
		g_dbus_connection_close(self->connection, NULL, NULL, NULL);
	}
	g_clear_object(&self->connection);
	if (self->process != NULL)
		g_subprocess_force_exit(self->process);
	g_clear_object(&self->process);
	/* Last: what was under way fails, and whoever hears that may send something. */
	g_clear_pointer(&self->calls, bridge_push_calls_free);
}

/* Nothing of it was sent. */
static void
bridge_push_process_turn_away(BridgePushProcess *self)
{
	GQueue waiting = self->waiting;
	GTask *task;

	g_queue_init(&self->waiting);
	while ((task = g_queue_pop_head(&waiting)) != NULL) {
		g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_BUSY,
		                        "the push process is not there");
		g_object_unref(task);
	}
}

static void
bridge_push_process_pump(BridgePushProcess *self);

static gboolean
bridge_push_process_start_cb(gpointer user_data)
{
	BridgePushProcess *self = user_data;

	self->start_timer = 0;
	bridge_push_process_pump(self);
	return G_SOURCE_REMOVE;
}

/* FALSE: that is too long to wait for */
static gboolean
bridge_push_process_plan_start(BridgePushProcess *self)
{
	gint64 delay_us = self->not_before_us - g_get_monotonic_time();

	if (self->stopped || delay_us > PUSH_PROCESS_PATIENCE_US)
		return FALSE;
	if (self->start_timer == 0)
		self->start_timer = g_timeout_add((guint)(MAX(delay_us, 0) / 1000 + 1),
		                                  bridge_push_process_start_cb, self);
	return TRUE;
}

static void
bridge_push_process_lose(BridgePushProcess *self, const GError *error)
{
	g_autoptr(BridgePushProcess) guard = g_object_ref(self);

	if (!self->stopped)
		g_warning("the push process is lost: %s", error->message);
	self->not_before_us =
		g_get_monotonic_time() + bridge_backoff_get_delay_us(self->failures++);
	bridge_push_process_drop(self);
	if (!g_queue_is_empty(&self->waiting) && !bridge_push_process_plan_start(self))
		bridge_push_process_turn_away(self);
}

static void
bridge_push_process_closed_cb(GDBusConnection *connection, gboolean vanished, GError *error,
                              gpointer user_data)
{
	g_autoptr(GError) ended =
		g_error_new_literal(G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "it ended");

	bridge_push_process_lose(BRIDGE_PUSH_PROCESS(user_data), ended);
}

/* ---- Liveness -------------------------------------------------------------------------------- */

static void
bridge_push_process_probed_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgePushProcess) self = BRIDGE_PUSH_PROCESS(user_data);

	if (!bridge_link_push1_call_probe_finish(BRIDGE_LINK_PUSH1(source), NULL, result, NULL) ||
	    self->push != BRIDGE_LINK_PUSH1(source))
		return;
	self->probe_ticks = 0;
	self->failures = 0;
	if (self->token != NULL)
		bridge_push_token_keep(self->token);
}

static gboolean
bridge_push_process_probe_cb(gpointer user_data)
{
	g_autoptr(BridgePushProcess) self = g_object_ref(user_data);
	g_autoptr(GError) error = NULL;

	bridge_push_calls_expire(self->calls,
	                         g_get_monotonic_time() - self->call_ms * (gint64)1000);
	bridge_push_process_pump(self);
	/* Whoever heard of that may have stopped it. */
	if (self->probe_timer == 0)
		return G_SOURCE_REMOVE;
	/* In ticks, not in time: a daemon that was stopped itself would find it late. */
	if (self->probe_ticks++ == 0) {
		bridge_link_push1_call_probe(self->push, self->cancellable,
		                             bridge_push_process_probed_cb, g_object_ref(self));
	} else if (self->probe_ticks > PUSH_PROCESS_PROBE_TICKS_MAX) {
		self->probe_timer = 0;
		error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "it hangs");
		bridge_push_process_lose(self, error);
		return G_SOURCE_REMOVE;
	}
	return G_SOURCE_CONTINUE;
}

/* ---- Sending --------------------------------------------------------------------------------- */

static void
bridge_push_process_answered(gpointer user_data)
{
	bridge_push_process_pump(user_data);
}

static void
bridge_push_process_calls_ended(gpointer user_data, const GError *error)
{
	bridge_push_process_lose(user_data, error);
}

/* @task: (transfer full) */
static void
bridge_push_process_call(BridgePushProcess *self, GTask *task)
{
	const BridgePushWaiting *waiting = g_task_get_task_data(task);

	bridge_push_calls_begin(self->calls, waiting->service, waiting->push, task);
}

/* ---- Its beginning --------------------------------------------------------------------------- */

static void
bridge_push_process_configured_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgePushProcess) self = BRIDGE_PUSH_PROCESS(user_data);
	g_autoptr(BridgeLinkPush1) push = BRIDGE_LINK_PUSH1(g_object_ref(source));
	g_autoptr(GError) error = NULL;

	if (!bridge_link_push1_call_configure_finish(push, NULL, result, &error)) {
		if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
			bridge_push_process_lose(self, error);
		return;
	}
	if (self->connection == NULL)
		return;
	self->push = g_steal_pointer(&push);
	self->probe_ticks = 0;
	self->probe_timer =
		g_timeout_add(self->probe_interval_ms, bridge_push_process_probe_cb, self);
	bridge_push_process_pump(self);
}

static GBytes *
bridge_push_process_build_vapid(BridgePushProcess *self, GError **error)
{
	BridgePushPair pair = {{0}};
	g_autofree char *public_text = NULL;
	char *private_text = NULL;
	char *text = NULL;
	GBytes *vapid = NULL;

	if (!bridge_push_key_derive_pair(self->push_key, &pair)) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "there is no VAPID key");
		return NULL;
	}
	private_text = bridge_base64_encode(pair.private_octets, sizeof pair.private_octets);
	public_text = bridge_base64_encode(pair.public_octets, sizeof pair.public_octets);
	text = g_strjoin(" ", private_text, public_text, NULL);
	vapid = bridge_secret_new(text);
	explicit_bzero(&pair, sizeof pair);
	bridge_secret_free_text(private_text);
	bridge_secret_free_text(text);
	return vapid;
}

static gboolean
bridge_push_process_hand_over(GUnixFDList *fds, GVariantBuilder *handles, const char *name,
                              GBytes *credential, GError **error)
{
	int fd = bridge_secret_to_fd(credential, error);
	int place = fd >= 0 ? g_unix_fd_list_append(fds, fd, error) : -1;

	if (fd >= 0)
		close(fd);
	if (place >= 0)
		g_variant_builder_add(handles, "{sh}", name, place);
	return place >= 0;
}

static gboolean
bridge_push_process_add_token(BridgePushProcess *self, GUnixFDList *fds, GVariantBuilder *handles,
                              GError **error)
{
	int place =
		self->token != NULL
			? g_unix_fd_list_append(fds, bridge_push_token_get_fd(self->token), error)
			: -1;

	if (place >= 0)
		g_variant_builder_add(handles, "{sh}", BRIDGE_PUSH_CREDENTIAL_APNS_TOKEN, place);
	return self->token == NULL || place >= 0;
}

/* @handles: (out): a{sh} (transfer floating), of memory files in what is returned */
static GUnixFDList *
bridge_push_process_build_credentials(BridgePushProcess *self, GVariant **handles, GError **error)
{
	g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
	g_autoptr(GBytes) vapid = bridge_push_process_build_vapid(self, error);
	GVariantBuilder builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sh}"));
	GHashTableIter iter;
	gpointer name;
	gpointer value;
	gboolean good = vapid != NULL &&
	                bridge_push_process_hand_over(fds, &builder, BRIDGE_PUSH_CREDENTIAL_VAPID,
	                                              vapid, error);

	g_hash_table_iter_init(&iter, self->credentials);
	while (good && g_hash_table_iter_next(&iter, &name, &value))
		/* Each has its own, and no others. */
		if (g_str_equal(name, BRIDGE_PUSH_CREDENTIAL_APNS) == self->http2)
			good = bridge_push_process_hand_over(fds, &builder, name, value, error);
	good = good && bridge_push_process_add_token(self, fds, &builder, error);
	if (!good) {
		g_variant_builder_clear(&builder);
		return NULL;
	}
	*handles = g_variant_builder_end(&builder);
	return g_steal_pointer(&fds);
}

/* Returns: the place of the other end in @fds; -1: there is none */
static int
bridge_push_process_open_calls(BridgePushProcess *self, GUnixFDList *fds, GError **error)
{
	static const BridgePushCallsClient client = {.answered = bridge_push_process_answered,
	                                             .ended = bridge_push_process_calls_ended};
	int place;
	int fd = -1;

	self->calls = bridge_push_calls_new(&client, self, &fd, error);
	if (self->calls == NULL)
		return -1;
	place = g_unix_fd_list_append(fds, fd, error);
	close(fd);
	return place;
}

static gboolean
bridge_push_process_configure(BridgePushProcess *self, GError **error)
{
	g_autoptr(BridgeLinkPush1) push = NULL;
	g_autoptr(GVariant) credentials = NULL;
	GVariant *handles = NULL;
	g_autoptr(GUnixFDList) fds = bridge_push_process_build_credentials(self, &handles, error);
	int place;

	if (fds == NULL)
		return FALSE;
	credentials = g_variant_ref_sink(handles);
	place = bridge_push_process_open_calls(self, fds, error);
	if (place < 0)
		return FALSE;
	/* Does not block: there is no bus to ask, and nothing is loaded. */
	push = bridge_link_push1_proxy_new_sync(self->connection,
	                                        G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES |
	                                                G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS,
	                                        NULL, BRIDGE_PUSH_LINK_PATH, NULL, error);
	if (push == NULL)
		return FALSE;
	g_dbus_proxy_set_default_timeout(G_DBUS_PROXY(push), PUSH_PROCESS_START_MS);
	bridge_link_push1_call_configure(push, self->options, credentials,
	                                 g_variant_new_handle(place), fds, self->cancellable,
	                                 bridge_push_process_configured_cb, g_object_ref(self));
	return TRUE;
}

static void
bridge_push_process_connected_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgePushProcess) self = BRIDGE_PUSH_PROCESS(user_data);
	g_autoptr(GError) error = NULL;
	g_autoptr(GDBusConnection) connection = g_dbus_connection_new_finish(result, &error);

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	if (connection != NULL) {
		self->connection = g_steal_pointer(&connection);
		g_dbus_connection_set_exit_on_close(self->connection, FALSE);
		g_signal_connect(self->connection, "closed",
		                 G_CALLBACK(bridge_push_process_closed_cb), self);
		if (bridge_push_process_configure(self, &error))
			return;
	}
	bridge_push_process_lose(self, error);
}

/* Returns: the daemon's end of the link; -1: it did not start */
static int
bridge_push_process_spawn(BridgePushProcess *self, GError **error)
{
	g_autoptr(GSubprocessLauncher) launcher = NULL;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "no socket pair: %s",
		            g_strerror(errno));
		return -1;
	}
	launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
	g_subprocess_launcher_take_fd(launcher, ends[1], BRIDGE_PUSH_LINK_FD);
	self->process =
		g_subprocess_launcher_spawn(launcher, error, self->program,
	                                    self->http2 ? BRIDGE_PUSH_OPTION_HTTP2 : NULL, NULL);
	if (self->process != NULL)
		return ends[0];
	close(ends[0]);
	return -1;
}

static gboolean
bridge_push_process_start(BridgePushProcess *self, GError **error)
{
	g_autoptr(GSocket) socket = NULL;
	g_autoptr(GSocketConnection) stream = NULL;
	g_autofree char *guid = g_dbus_generate_guid();
	int fd = bridge_push_process_spawn(self, error);

	if (fd < 0)
		return FALSE;
	socket = g_socket_new_from_fd(fd, error);
	if (socket == NULL) {
		close(fd);
		return FALSE;
	}
	self->starts++;
	self->cancellable = g_cancellable_new();
	stream = g_socket_connection_factory_create_connection(socket);
	g_dbus_connection_new(
		G_IO_STREAM(stream), guid, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER, NULL,
		self->cancellable, bridge_push_process_connected_cb, g_object_ref(self));
	return TRUE;
}

/* FALSE: it is not there, and will not be soon. */
static gboolean
bridge_push_process_ensure(BridgePushProcess *self)
{
	g_autoptr(GError) error = NULL;

	if (self->process != NULL)
		return TRUE;
	if (self->stopped || g_get_monotonic_time() < self->not_before_us)
		return bridge_push_process_plan_start(self);
	if (bridge_push_process_start(self, &error))
		return TRUE;
	bridge_push_process_lose(self, error);
	return FALSE;
}

/* Gives it what waits, as far as it takes it. */
static void
bridge_push_process_pump(BridgePushProcess *self)
{
	if (g_queue_is_empty(&self->waiting))
		return;
	if (!bridge_push_process_ensure(self)) {
		bridge_push_process_turn_away(self);
		return;
	}
	/* Of one that has ended the news may still be on its way. */
	while (self->push != NULL && !g_dbus_connection_is_closed(self->connection) &&
	       bridge_push_calls_get_under_way(self->calls) < PUSH_PROCESS_UNDER_WAY_MAX &&
	       !g_queue_is_empty(&self->waiting))
		bridge_push_process_call(self, g_queue_pop_head(&self->waiting));
}

void
bridge_push_process_send_async(BridgePushProcess *self, const char *service, GVariant *push,
                               GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(self, NULL, callback, user_data);
	BridgePushWaiting *waiting = g_new0(BridgePushWaiting, 1);

	waiting->service = g_strdup(service);
	waiting->push = g_variant_ref_sink(push);
	g_task_set_source_tag(task, bridge_push_process_send_async);
	g_task_set_task_data(task, waiting, (GDestroyNotify)bridge_push_waiting_free);
	g_queue_push_tail(&self->waiting, task);
	bridge_push_process_pump(self);
}

GVariant *
bridge_push_process_send_finish(BridgePushProcess *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), NULL);
	return g_task_propagate_pointer(G_TASK(result), error);
}

GPid
bridge_push_process_get_pid(BridgePushProcess *self)
{
	const char *text =
		self->process != NULL ? g_subprocess_get_identifier(self->process) : NULL;

	return text != NULL ? (GPid)g_ascii_strtoll(text, NULL, 10) : 0;
}

guint
bridge_push_process_get_starts(BridgePushProcess *self)
{
	return self->starts;
}

void
bridge_push_process_stop(BridgePushProcess *self)
{
	g_autoptr(GError) error =
		g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CLOSED, "nothing is pushed any more");

	self->stopped = TRUE;
	if (self->token != NULL)
		bridge_push_token_keep(self->token);
	g_clear_handle_id(&self->start_timer, g_source_remove);
	bridge_push_process_lose(self, error);
}

static void
bridge_push_process_add_text(GVariantDict *dict, const char *name, const char *text)
{
	if (text != NULL)
		g_variant_dict_insert(dict, name, "s", text);
}

static GVariant *
bridge_push_process_build_options(const BridgePushProcessOptions *options)
{
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	g_variant_dict_insert(&dict, "contact", "s", options->contact);
	g_variant_dict_insert(&dict, "ca-directory", "s",
	                      options->ca_directory != NULL ? options->ca_directory : "");
	g_variant_dict_insert(&dict, "allow", "^as", options->allow);
	g_variant_dict_insert(&dict, "hosts", "^as", options->hosts);
	g_variant_dict_insert(&dict, "deadline-ms", "u", options->deadline_ms);
	bridge_push_process_add_text(&dict, "fcm-url", options->fcm_url);
	bridge_push_process_add_text(&dict, "fcm-token-url", options->fcm_token_url);
	bridge_push_process_add_text(&dict, "apns-url", options->apns_url);
	bridge_push_process_add_text(&dict, "apns-sandbox-url", options->apns_sandbox_url);
	bridge_push_process_add_text(&dict, "apns-key-id", options->apns_key_id);
	bridge_push_process_add_text(&dict, "apns-team-id", options->apns_team_id);
	bridge_push_process_add_text(&dict, "apns-topic", options->apns_topic);
	return g_variant_ref_sink(g_variant_dict_end(&dict));
}

BridgePushProcess *
bridge_push_process_new(const BridgePushProcessOptions *options, const guint8 *push_key)
{
	BridgePushProcess *self = g_object_new(BRIDGE_TYPE_PUSH_PROCESS, NULL);

	self->program = g_strdup(options->program);
	self->http2 = options->apns_url != NULL;
	self->options = bridge_push_process_build_options(options);
	self->credentials = options->credentials != NULL
	                            ? g_hash_table_ref(options->credentials)
	                            : g_hash_table_new(g_str_hash, g_str_equal);
	self->token = options->token != NULL ? bridge_push_token_ref(options->token) : NULL;
	self->call_ms =
		PUSH_PROCESS_CALL_FACTOR * options->deadline_ms + PUSH_PROCESS_CALL_SPARE_MS;
	self->probe_interval_ms = options->probe_interval_ms;
	self->push_key = (guint8 *)push_key;
	return self;
}

static void
bridge_push_process_dispose(GObject *object)
{
	BridgePushProcess *self = BRIDGE_PUSH_PROCESS(object);

	self->stopped = TRUE;
	g_clear_handle_id(&self->start_timer, g_source_remove);
	bridge_push_process_drop(self);
	G_OBJECT_CLASS(bridge_push_process_parent_class)->dispose(object);
}

static void
bridge_push_process_finalize(GObject *object)
{
	BridgePushProcess *self = BRIDGE_PUSH_PROCESS(object);

	g_free(self->program);
	g_variant_unref(self->options);
	g_hash_table_unref(self->credentials);
	g_clear_pointer(&self->token, bridge_push_token_unref);
	G_OBJECT_CLASS(bridge_push_process_parent_class)->finalize(object);
}

static void
bridge_push_process_class_init(BridgePushProcessClass *klass)
{
	GObjectClass *object_class = G_OBJECT_CLASS(klass);

	object_class->dispose = bridge_push_process_dispose;
	object_class->finalize = bridge_push_process_finalize;
}

static void
bridge_push_process_init(BridgePushProcess *self)
{
	g_queue_init(&self->waiting);
}
