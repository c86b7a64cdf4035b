/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* F_GET_SEALS, pipe2() */
#include "config.h"

#include "bridge-scripted-host.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bridge-error.h"
#include "link/bridge-link.h"
#include "store/bridge-store-private.h"

static gboolean
scripted_wake_cb(gpointer user_data)
{
	return G_SOURCE_REMOVE;
}

void
scripted_iterate(void)
{
	guint waker = g_timeout_add(50, scripted_wake_cb, NULL);
	GSource *source = g_main_context_find_source_by_id(NULL, waker);

	g_source_ref(source);
	g_main_context_iteration(NULL, TRUE);
	g_source_destroy(source);
	g_source_unref(source);
}

/* ---- What the daemon calls ------------------------------------------------------------------- */

static void
scripted_answered(gpointer user_data, GVariant *number)
{
	ScriptedHost *host = user_data;

	for (guint i = 0; i < host->calls->len; i++) {
		ScriptedCall *call = g_ptr_array_index(host->calls, i);

		if (call->number == g_variant_get_uint64(number) && !call->answered) {
			call->answered = TRUE;
			return;
		}
	}
	g_assert_not_reached();
}

/* What was not answered will not be. */
static void
scripted_host_close_events(ScriptedHost *host)
{
	g_clear_pointer(&host->events, bridge_link_pipe_free);
	for (guint i = 0; i < host->calls->len; i++) {
		ScriptedCall *call = g_ptr_array_index(host->calls, i);

		call->failed = !call->answered;
	}
}

static void
scripted_events_ended(gpointer user_data, const GError *error)
{
	scripted_host_close_events(user_data);
}

static gboolean
scripted_open_events_cb(BridgeLinkHost1 *skeleton, GDBusMethodInvocation *invocation,
                        GUnixFDList *fds, GVariant *socket, gpointer user_data)
{
	static const BridgeLinkPipeTerms terms = {.type = BRIDGE_LINK_ANSWER_TYPE,
	                                          .bytes_max = BRIDGE_LINK_ANSWER_BYTES,
	                                          .backlog_max = G_MAXSIZE};
	static const BridgeLinkPipeClient client = {.received = scripted_answered,
	                                            .ended = scripted_events_ended};
	ScriptedHost *host = user_data;
	g_autoptr(GError) error = NULL;
	int fd = g_unix_fd_list_get(fds, g_variant_get_handle(socket), &error);

	g_assert_no_error(error);
	g_assert_false(host->configured);
	host->events = bridge_link_pipe_new(fd, &terms, &client, host);
	bridge_link_host1_complete_open_events(skeleton, invocation, NULL);
	return TRUE;
}

static gboolean
scripted_configure_cb(BridgeLinkHost1 *skeleton, GDBusMethodInvocation *invocation,
                      GVariant *options, gpointer user_data)
{
	ScriptedHost *host = user_data;

	host->configured = TRUE;
	host->options = g_variant_ref(options);
	bridge_link_host1_complete_configure(skeleton, invocation);
	return TRUE;
}

static char *
scripted_read_all(int fd)
{
	GString *text = g_string_new(NULL);
	char buffer[4096];
	gssize length;

	while ((length = read(fd, buffer, sizeof buffer)) > 0)
		g_string_append_len(text, buffer, length);
	close(fd);
	return g_string_free(text, FALSE);
}

static gboolean
scripted_sign_in_cb(BridgeLinkHost1 *skeleton, GDBusMethodInvocation *invocation, GUnixFDList *fds,
                    const char *account, GVariant *settings, GVariant *credential,
                    gpointer user_data)
{
	ScriptedHost *host = user_data;
	ScriptedSeat *seat = g_new0(ScriptedSeat, 1);
	g_autoptr(GError) error = NULL;
	int fd = g_unix_fd_list_get(fds, g_variant_get_handle(credential), &error);

	g_assert_no_error(error);
	/* Sealed: nobody can change what the other end reads. */
	g_assert_cmpint(fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE, !=, 0);
	seat->host = host;
	seat->id = g_strdup(account);
	seat->settings = g_variant_ref(settings);
	seat->credential = scripted_read_all(fd);
	g_ptr_array_add(host->seats, seat);
	bridge_link_host1_complete_sign_in(skeleton, invocation, NULL);
	return TRUE;
}

static ScriptedSeat *
scripted_find_seat(ScriptedHost *host, const char *id)
{
	for (guint i = 0; i < host->seats->len; i++) {
		ScriptedSeat *seat = g_ptr_array_index(host->seats, i);

		if (g_str_equal(seat->id, id))
			return seat;
	}
	return NULL;
}

static gboolean
scripted_sign_out_cb(BridgeLinkHost1 *skeleton, GDBusMethodInvocation *invocation,
                     const char *account, gpointer user_data)
{
	ScriptedSeat *seat = scripted_find_seat(user_data, account);

	if (seat != NULL && !seat->signed_out) {
		seat->signed_out = TRUE;
		scripted_seat_tell(seat, "state",
		                   "{'state': <'offline'>, 'reason': <'signed-out'>}");
	}
	bridge_link_host1_complete_sign_out(skeleton, invocation);
	return TRUE;
}

/* @invocation: (transfer full) */
static void
scripted_host_hold_send(ScriptedHost *host, GDBusMethodInvocation *invocation)
{
	g_clear_object(&host->held_send);
	host->held_send = invocation;
}

void
scripted_host_answer_send(ScriptedHost *host)
{
	bridge_link_host1_complete_send_message(host->host, g_steal_pointer(&host->held_send));
}

static gboolean
scripted_send_cb(BridgeLinkHost1 *skeleton, GDBusMethodInvocation *invocation, const char *account,
                 const char *id, const char *to, const char *body, gpointer user_data)
{
	ScriptedHost *host = user_data;
	ScriptedMessage *message = g_new0(ScriptedMessage, 1);

	message->seat_id = g_strdup(account);
	message->id = g_strdup(id);
	message->to = g_strdup(to);
	message->body = g_strdup(body);
	g_ptr_array_add(host->sent, message);
	if (host->hold_sends)
		scripted_host_hold_send(host, invocation);
	else if (host->send_error != 0)
		g_dbus_method_invocation_return_error_literal(invocation, BRIDGE_LINK_ERROR,
		                                              host->send_error - 1, "scripted");
	else
		bridge_link_host1_complete_send_message(skeleton, invocation);
	return TRUE;
}

static gboolean
scripted_request_cb(BridgeLinkHost1 *skeleton, GDBusMethodInvocation *invocation,
                    const char *account, const char *command, GVariant *arguments,
                    gpointer user_data)
{
	ScriptedHost *host = user_data;
	ScriptedRequest *request;

	if (host->request_answer == NULL)
		return FALSE;
	request = g_new0(ScriptedRequest, 1);
	request->command = g_strdup(command);
	request->arguments = g_variant_ref(arguments);
	g_ptr_array_add(host->requests, request);
	bridge_link_host1_complete_request(
		skeleton, invocation,
		g_variant_parse(G_VARIANT_TYPE_VARDICT, host->request_answer, NULL, NULL, NULL),
		host->number + host->request_ahead);
	return TRUE;
}

static void
scripted_request_free(gpointer data)
{
	ScriptedRequest *request = data;

	g_free(request->command);
	g_variant_unref(request->arguments);
	g_free(request);
}

static gboolean
scripted_probe_cb(BridgeLinkHost1 *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
	ScriptedHost *host = user_data;
	GVariantBuilder traffic;
	GVariantDict status;

	if (host->mute) {
		g_object_unref(invocation);
		return TRUE;
	}
	g_variant_builder_init(&traffic, G_VARIANT_TYPE("a{sx}"));
	for (guint i = 0; i < host->seats->len; i++) {
		ScriptedSeat *seat = g_ptr_array_index(host->seats, i);

		g_variant_builder_add(&traffic, "{sx}", seat->id, (gint64)(1000 + i));
	}
	g_variant_dict_init(&status, NULL);
	g_variant_dict_insert(&status, "private-bytes", "t", (guint64)1);
	g_variant_dict_insert_value(&status, "last-traffic", g_variant_builder_end(&traffic));
	bridge_link_host1_complete_probe(skeleton, invocation, g_variant_dict_end(&status));
	return TRUE;
}

/* ---- Coming and going ------------------------------------------------------------------------ */

static void
scripted_seat_free(gpointer data)
{
	ScriptedSeat *seat = data;

	g_free(seat->id);
	g_free(seat->credential);
	g_variant_unref(seat->settings);
	g_free(seat);
}

static void
scripted_message_free(gpointer data)
{
	ScriptedMessage *message = data;

	g_free(message->seat_id);
	g_free(message->id);
	g_free(message->to);
	g_free(message->body);
	g_free(message);
}

static void
scripted_connected_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autofree gpointer *connecting = user_data;
	ScriptedHost *host = *connecting;
	g_autoptr(GError) error = NULL;
	g_autoptr(GDBusConnection) connection = g_dbus_connection_new_finish(result, &error);

	if (host == NULL)
		return; /* the test has ended */
	host->connecting = NULL;
	if (connection == NULL)
		return; /* the daemon changed its mind */
	host->connection = g_steal_pointer(&connection);
	g_dbus_connection_set_exit_on_close(host->connection, FALSE);
	host->host = bridge_link_host1_skeleton_new();
	g_signal_connect(host->host, "handle-open-events", G_CALLBACK(scripted_open_events_cb),
	                 host);
	g_signal_connect(host->host, "handle-configure", G_CALLBACK(scripted_configure_cb), host);
	g_signal_connect(host->host, "handle-sign-in", G_CALLBACK(scripted_sign_in_cb), host);
	g_signal_connect(host->host, "handle-sign-out", G_CALLBACK(scripted_sign_out_cb), host);
	g_signal_connect(host->host, "handle-send-message", G_CALLBACK(scripted_send_cb), host);
	g_signal_connect(host->host, "handle-request", G_CALLBACK(scripted_request_cb), host);
	g_signal_connect(host->host, "handle-probe", G_CALLBACK(scripted_probe_cb), host);
	g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(host->host), host->connection,
	                                 BRIDGE_LINK_HOST_PATH, &error);
	g_assert_no_error(error);
	g_dbus_connection_start_message_processing(host->connection);
}

/* A pipe stands for the pidfd: it can be waited on in the same way, and kills nobody. */
void
scripted_hosts_launch(GTask *task, gpointer data)
{
	ScriptedHosts *hosts = data;
	ScriptedHost *host;
	g_autoptr(GSocket) socket = NULL;
	g_autoptr(GSocketConnection) stream = NULL;
	BridgeHostProcess *process;
	g_autoptr(GError) error = NULL;
	int ends[2];
	int exit_ends[2];

	if (hosts->refuse) {
		g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "scripted");
		return;
	}
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
	g_assert_cmpint(pipe2(exit_ends, O_CLOEXEC), ==, 0);
	host = g_new0(ScriptedHost, 1);
	host->hosts = hosts;
	host->exit_fd = exit_ends[1];
	host->seats = g_ptr_array_new_with_free_func(scripted_seat_free);
	host->sent = g_ptr_array_new_with_free_func(scripted_message_free);
	host->calls = g_ptr_array_new_with_free_func(g_free);
	host->requests = g_ptr_array_new_with_free_func(scripted_request_free);
	host->connecting = g_new(gpointer, 1);
	*host->connecting = host;
	g_ptr_array_add(hosts->hosts, host);
	socket = g_socket_new_from_fd(ends[1], &error);
	g_assert_no_error(error);
	stream = g_socket_connection_factory_create_connection(socket);
	g_dbus_connection_new(G_IO_STREAM(stream), NULL,
	                      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
	                              G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
	                      NULL, NULL, scripted_connected_cb, host->connecting);
	process = bridge_host_process_new(getpid(), exit_ends[0], ends[0], &error);
	g_assert_no_error(error);
	g_task_return_pointer(task, process, g_object_unref);
}

void
scripted_host_die(ScriptedHost *host)
{
	if (host->exit_fd >= 0)
		close(host->exit_fd);
	host->exit_fd = -1;
	scripted_host_close_events(host);
	if (host->connection == NULL)
		return;
	g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(host->host));
	g_dbus_connection_close_sync(host->connection, NULL, NULL);
	g_clear_object(&host->host);
	g_clear_object(&host->connection);
}

static void
scripted_host_free(gpointer data)
{
	ScriptedHost *host = data;

	g_clear_object(&host->held_send);
	if (host->connecting != NULL)
		*host->connecting = NULL;
	scripted_host_die(host);
	g_clear_pointer(&host->options, g_variant_unref);
	g_ptr_array_unref(host->seats);
	g_ptr_array_unref(host->sent);
	g_ptr_array_unref(host->calls);
	g_ptr_array_unref(host->requests);
	g_free(host);
}

ScriptedHosts *
scripted_hosts_new(void)
{
	ScriptedHosts *hosts = g_new0(ScriptedHosts, 1);

	hosts->hosts = g_ptr_array_new_with_free_func(scripted_host_free);
	return hosts;
}

void
scripted_hosts_free(ScriptedHosts *hosts)
{
	g_ptr_array_unref(hosts->hosts);
	g_free(hosts);
}

/* ---- What a test asks ------------------------------------------------------------------------ */

ScriptedHost *
scripted_hosts_get(ScriptedHosts *hosts, guint index)
{
	ScriptedHost *host;

	SCRIPTED_WAIT(hosts->hosts->len > index);
	host = g_ptr_array_index(hosts->hosts, index);
	SCRIPTED_WAIT(host->configured);
	return host;
}

guint
scripted_hosts_count_seats(ScriptedHosts *hosts)
{
	guint count = 0;

	for (guint i = 0; i < hosts->hosts->len; i++)
		count += ((ScriptedHost *)g_ptr_array_index(hosts->hosts, i))->seats->len;
	return count;
}

ScriptedSeat *
scripted_hosts_wait_for_seat(ScriptedHosts *hosts, guint index)
{
	SCRIPTED_WAIT(scripted_hosts_count_seats(hosts) > index);
	for (guint i = 0; i < hosts->hosts->len; i++) {
		ScriptedHost *host = g_ptr_array_index(hosts->hosts, i);

		if (index < host->seats->len)
			return g_ptr_array_index(host->seats, index);
		index -= host->seats->len;
	}
	g_assert_not_reached();
}

ScriptedMessage *
scripted_host_wait_for_message(ScriptedHost *host, guint index)
{
	SCRIPTED_WAIT(host->sent->len > index);
	return g_ptr_array_index(host->sent, index);
}

ScriptedRequest *
scripted_host_wait_for_request(ScriptedHost *host, guint index)
{
	SCRIPTED_WAIT(host->requests->len > index);
	return g_ptr_array_index(host->requests, index);
}

const char *
scripted_seat_get(ScriptedSeat *seat, const char *setting)
{
	const char *value = NULL;

	g_assert_true(g_variant_lookup(seat->settings, setting, "&s", &value));
	return value;
}

/* ---- What a test tells ----------------------------------------------------------------------- */

ScriptedCall *
scripted_host_tell(ScriptedHost *host, GVariant *events)
{
	ScriptedCall *call = g_new0(ScriptedCall, 1);

	g_assert_nonnull(host->events);
	call->number = host->number;
	g_ptr_array_add(host->calls, call);
	bridge_link_pipe_send(host->events, events);
	return call;
}

/* The tuple of a message, from its members by name. */
static GVariant *
scripted_build_message(GVariant *members)
{
	BridgeLinkMessage message = {0};
	const char *direction = "received";
	const struct {
		const char *name;
		const char **place;
	} texts[] = {
		{"origin", &message.origin}, {"id", &message.id}, {"stanza-id", &message.stanza_id},
		{"from", &message.from},     {"to", &message.to}, {"body", &message.body},
		{"type", &message.type},
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		*texts[i].place = "";
		g_variant_lookup(members, texts[i].name, "&s", texts[i].place);
	}
	g_variant_lookup(members, "direction", "&s", &direction);
	message.sent = g_str_equal(direction, "sent");
	g_variant_lookup(members, "time", "x", &message.time_us);
	g_variant_lookup(members, "encrypted", "b", &message.encrypted);
	g_variant_lookup(members, "record", "y", &message.record);
	g_variant_lookup(members, "stream", "u", &message.stream);
	g_variant_lookup(members, "stanza", "u", &message.stanza);
	return bridge_link_message_build(&message);
}

static GVariant *
scripted_parse_data(const char *type, const char *data)
{
	gboolean as_it_stands = data[0] == '(';
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) parsed = g_variant_parse(as_it_stands ? NULL : G_VARIANT_TYPE_VARDICT,
	                                             data, NULL, NULL, &error);

	g_assert_no_error(error);
	if (!as_it_stands && g_str_equal(type, "message"))
		return g_variant_ref_sink(scripted_build_message(parsed));
	return g_steal_pointer(&parsed);
}

ScriptedCall *
scripted_seat_tell(ScriptedSeat *seat, const char *type, const char *data)
{
	ScriptedHost *host = seat->host;
	GVariantBuilder events;
	g_autoptr(GVariant) parsed = scripted_parse_data(type, data);

	g_variant_builder_init(&events, G_VARIANT_TYPE(BRIDGE_LINK_EVENTS_TYPE));
	g_variant_builder_add(&events, "(tssv)", ++host->number, seat->id, type, parsed);
	return scripted_host_tell(host, g_variant_builder_end(&events));
}

void
scripted_seat_tell_online(ScriptedSeat *seat)
{
	g_autofree char *data = g_strdup_printf("{'state': <'online'>, 'bound-jid': <'%s/%s'>}",
	                                        scripted_seat_get(seat, "username"),
	                                        scripted_seat_get(seat, "resource"));

	scripted_seat_tell(seat, "state", data);
}

void
scripted_seat_go_online(ScriptedSeat *seat)
{
	ScriptedCall *last;

	scripted_seat_tell_online(seat);
	scripted_seat_tell(seat, "features",
	                   "{'features': <['stream-management', 'archive', 'stanza-ids']>}");
	last = scripted_seat_tell(seat, "archive-done",
	                          "{'available': <true>, 'complete': <true>, 'last-id': <''>}");
	SCRIPTED_WAIT(last->answered || last->failed);
}

/* ---- The store in front ---------------------------------------------------------------------- */

typedef struct {
	BridgeStoreBatch *batch;
	GAsyncReadyCallback callback;
	gpointer user_data;
} ScriptedCommit;

struct _ScriptedStore {
	GObject parent_instance;

	BridgeStore *store;
	GQueue held;
	gboolean hold;
	gboolean fail;
	guint read_to_fail; /* 1: the next one; 0: none */
};

static void
scripted_store_commit(BridgeStore *store, BridgeStoreBatch *batch, GCancellable *cancellable,
                      GAsyncReadyCallback callback, gpointer user_data)
{
	ScriptedStore *self = SCRIPTED_STORE(store);
	ScriptedCommit *commit;
	g_autoptr(GTask) task = NULL;

	if (self->fail) {
		bridge_store_batch_free(batch);
		task = g_task_new(self, NULL, callback, user_data);
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_STORE, "disk full");
		return;
	}
	if (!self->hold) {
		bridge_store_commit_async(self->store, batch, callback, user_data);
		return;
	}
	commit = g_new0(ScriptedCommit, 1);
	commit->batch = batch;
	commit->callback = callback;
	commit->user_data = user_data;
	g_queue_push_tail(&self->held, commit);
}

static GArray *
scripted_store_commit_finish(BridgeStore *store, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void
scripted_store_read(BridgeStore *store, gpointer query, GCancellable *cancellable,
                    GAsyncReadyCallback callback, gpointer user_data)
{
	ScriptedStore *self = SCRIPTED_STORE(store);
	BridgeStore *inner = self->store;
	g_autoptr(GTask) task = NULL;

	if (self->read_to_fail > 0 && --self->read_to_fail == 0) {
		bridge_store_query_free(query);
		task = g_task_new(self, NULL, callback, user_data);
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_STORE, "bad sector");
		return;
	}
	BRIDGE_STORE_GET_IFACE(inner)->read_async(inner, query, cancellable, callback, user_data);
}

static gpointer
scripted_store_read_finish(BridgeStore *store, GAsyncResult *result, GError **error)
{
	BridgeStore *inner = SCRIPTED_STORE(store)->store;

	if (g_task_is_valid(result, store))
		return g_task_propagate_pointer(G_TASK(result), error);
	return BRIDGE_STORE_GET_IFACE(inner)->read_finish(inner, result, error);
}

static const char *
scripted_store_get_epoch(BridgeStore *store)
{
	return bridge_store_get_epoch(SCRIPTED_STORE(store)->store);
}

static char *
scripted_store_dup_trouble(BridgeStore *store)
{
	return bridge_store_dup_trouble(SCRIPTED_STORE(store)->store);
}

static void
scripted_store_close(BridgeStore *store)
{
	bridge_store_close(SCRIPTED_STORE(store)->store);
}

static void
scripted_store_init_interface(BridgeStoreInterface *interface)
{
	interface->commit_async = scripted_store_commit;
	interface->commit_finish = scripted_store_commit_finish;
	interface->read_async = scripted_store_read;
	interface->read_finish = scripted_store_read_finish;
	interface->get_epoch = scripted_store_get_epoch;
	interface->dup_trouble = scripted_store_dup_trouble;
	interface->close = scripted_store_close;
}

G_DEFINE_FINAL_TYPE_WITH_CODE(ScriptedStore, scripted_store, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(BRIDGE_TYPE_STORE,
                                                    scripted_store_init_interface))

static void
scripted_store_finalize(GObject *object)
{
	ScriptedStore *self = SCRIPTED_STORE(object);

	g_assert(g_queue_is_empty(&self->held));
	g_object_unref(self->store);
	G_OBJECT_CLASS(scripted_store_parent_class)->finalize(object);
}

static void
scripted_store_class_init(ScriptedStoreClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = scripted_store_finalize;
}

static void
scripted_store_init(ScriptedStore *self)
{
	g_queue_init(&self->held);
}

ScriptedStore *
scripted_store_new(BridgeStore *store)
{
	ScriptedStore *self = g_object_new(SCRIPTED_TYPE_STORE, NULL);

	self->store = g_object_ref(store);
	return self;
}

void
scripted_store_hold(ScriptedStore *self, gboolean hold)
{
	ScriptedCommit *commit;

	self->hold = hold;
	while (!hold && (commit = g_queue_pop_head(&self->held)) != NULL) {
		bridge_store_commit_async(self->store, commit->batch, commit->callback,
		                          commit->user_data);
		g_free(commit);
	}
}

void
scripted_store_fail(ScriptedStore *self, gboolean fail)
{
	self->fail = fail;
}

void
scripted_store_fail_read(ScriptedStore *self, guint n)
{
	self->read_to_fail = n + 1;
}

guint
scripted_store_count_held(ScriptedStore *self)
{
	return self->held.length;
}
