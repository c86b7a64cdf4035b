/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-link.h"

#include <gio/gunixfdlist.h>
#include <string.h>
#include <unistd.h>

#include "link/bridge-handover.h"
#include "bridge-link-generated.h"
#include "link/bridge-link-pipe.h"
#include "link/bridge-link.h"
#include "host-account.h"
#include "host-certificate.h"
#include "host-https.h"
#include "host-event-loop.h"
#include "host-memory.h"
#include "host-purple.h"
#include "host-reach.h"
#include "host-suspects.h"
#include "host-request.h"
#include "host-silence.h"
#include "host-window.h"

/* For a batch of events, unless the daemon probes meanwhile: then its store keeps it waiting. */
#define HOST_LINK_ANSWER_DEADLINE_US (120 * G_USEC_PER_SEC)
/* The window bounds it; one event may be larger than that. */
#define HOST_LINK_BACKLOG_MAX ((gsize)BRIDGE_LINK_WINDOW_BATCHES * BRIDGE_LINK_BATCH_BYTES_MAX)
#define HOST_LINK_DEAD_AFTER_S 90
#define HOST_LINK_ACCOUNT_ID_MAX_BYTES 128
#define HOST_LINK_ACCOUNTS_MAX 5000

struct _HostLink {
	GDBusConnection *connection;
	BridgeLinkHost1 *host;
	BridgeLinkDaemon1 *daemon;
	GCancellable *cancellable; /* for what is under way when the link is freed */
	BridgeLinkPipe *events;    /* NULL until OpenEvents */
	void (*ended)(gpointer user_data);
	gpointer user_data;
	guint ended_source;

	HostWindow *window;
	guint flush_source;
	GHashTable *accounts; /* id -> HostAccount */
	GPtrArray *gone;      /* of HostAccount, to be freed */
	guint gone_source;
	GHashTable *sign_outs; /* id -> GPtrArray of GDBusMethodInvocation that wait for its end */
	guint last_stream;
	guint check_source;
	guint dead_after_s;
	gint64 probed_us; /* by the daemon, for the last time */
};

/* SignOut calls of one account on their way to their answer. */
typedef struct {
	HostLink *link;
	GPtrArray *waiting; /* of GDBusMethodInvocation */
} HostSignOut;

static gboolean
host_link_ended_cb(gpointer user_data)
{
	HostLink *link = user_data;

	link->ended_source = 0;
	link->ended(link->user_data);
	return G_SOURCE_REMOVE;
}

static void
host_link_end(HostLink *link)
{
	if (link->ended_source == 0)
		link->ended_source =
			g_idle_add_full(G_PRIORITY_HIGH, host_link_ended_cb, link, NULL);
}

static void
host_link_answered(gpointer user_data, GVariant *number)
{
	HostLink *link = user_data;

	if (host_window_answered(link->window, g_variant_get_uint64(number)))
		return;
	g_message("the daemon answered what was not asked");
	host_link_end(link);
}

static void
host_link_events_ended(gpointer user_data, const GError *error)
{
	if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED))
		g_message("the daemon takes no events any more: %s", error->message);
	host_link_end(user_data);
}

static void
host_link_send(gpointer user_data, GVariant *events)
{
	HostLink *link = user_data;

	bridge_link_pipe_send(link->events, events);
}

static void
host_link_full(gpointer user_data, gboolean full)
{
	HostLink *link = user_data;
	GHashTableIter iter;
	gpointer account;

	host_event_loop_set_paused(full);
	if (full)
		return;
	g_hash_table_iter_init(&iter, link->accounts);
	while (g_hash_table_iter_next(&iter, NULL, &account))
		host_account_excuse_silence(account);
}

static gboolean
host_link_flush_cb(gpointer user_data)
{
	HostLink *link = user_data;

	link->flush_source = 0;
	host_window_flush(link->window);
	return G_SOURCE_REMOVE;
}

/* What comes while nothing else is under way goes at once; what one turn of the main loop brings
 * beyond that is handed over together, at its end. */
static void
host_link_push(gpointer user_data, const char *account, const char *type, GVariant *data,
               const HostWindowNotify *notify)
{
	HostLink *link = user_data;
	gboolean is_idle = host_window_is_empty(link->window);

	host_window_push(link->window, account, type, data, notify);
	if (is_idle)
		host_window_flush(link->window);
	else if (link->flush_source == 0)
		link->flush_source =
			g_idle_add_full(G_PRIORITY_DEFAULT, host_link_flush_cb, link, NULL);
}

static void
host_link_forget(gpointer user_data, gpointer data)
{
	HostLink *link = user_data;

	host_window_forget(link->window, data);
}

static void
host_link_kept_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	HostLink *link = user_data;
	g_autoptr(GError) error = NULL;

	if (!bridge_link_daemon1_call_keep_credential_finish(BRIDGE_LINK_DAEMON1(source), NULL,
	                                                     result, &error)) {
		if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
			return;
		g_message("the daemon did not keep a credential: %s", error->message);
	}
	host_window_release(link->window);
}

/* The daemon must have it before it hears that the account is offline: it would sign in again with
 * the old one, and a service may take that for theft. */
static void
host_link_keep(gpointer user_data, const char *account, const char *mechanism,
               const char *credential)
{
	HostLink *link = user_data;
	g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
	g_autoptr(GError) error = NULL;
	int fd = bridge_handover_write(credential, strlen(credential), &error);

	if (fd >= 0 && g_unix_fd_list_append(fds, fd, &error) >= 0) {
		host_window_hold(link->window);
		bridge_link_daemon1_call_keep_credential(
			link->daemon, account, mechanism, g_variant_new_handle(0), fds,
			link->cancellable, host_link_kept_cb, link);
	} else {
		g_warning("%s", error->message);
	}
	if (fd >= 0)
		close(fd);
}

static gboolean
host_link_free_gone_cb(gpointer user_data)
{
	HostLink *link = user_data;

	link->gone_source = 0;
	g_ptr_array_set_size(link->gone, 0);
	return G_SOURCE_REMOVE;
}

/* Nothing comes for an account after its SignOut was answered, so that waits for the last event. */
static void
host_link_offline_durable(gpointer data, guint stream, guint stanza)
{
	HostSignOut *sign_out = data;

	for (guint i = 0; i < sign_out->waiting->len; i++)
		bridge_link_host1_complete_sign_out(sign_out->link->host,
		                                    g_ptr_array_index(sign_out->waiting, i));
	g_ptr_array_unref(sign_out->waiting);
	g_free(sign_out);
}

static HostSignOut *
host_link_take_sign_out(HostLink *link, const char *id)
{
	g_autofree char *key = NULL;
	GPtrArray *waiting = NULL;
	HostSignOut *sign_out;

	if (!g_hash_table_steal_extended(link->sign_outs, id, (gpointer *)&key,
	                                 (gpointer *)&waiting))
		return NULL;
	sign_out = g_new0(HostSignOut, 1);
	sign_out->link = link;
	sign_out->waiting = waiting;
	return sign_out;
}

static void
host_link_gone(gpointer user_data, HostAccount *account, GVariant *offline)
{
	HostLink *link = user_data;
	const char *id = host_account_get_id(account);
	HostWindowNotify notify = {.function = host_link_offline_durable,
	                           .data = host_link_take_sign_out(link, id)};

	host_link_push(link, id, "state", offline, notify.data != NULL ? &notify : NULL);
	g_hash_table_steal(link->accounts, id);
	g_ptr_array_add(link->gone, account);
	if (link->gone_source == 0)
		link->gone_source = g_idle_add(host_link_free_gone_cb, link);
}

static const HostAccountSink host_link_sink = {
	.push = host_link_push,
	.forget = host_link_forget,
	.keep = host_link_keep,
	.gone = host_link_gone,
};

static gboolean
host_link_check_cb(gpointer user_data)
{
	HostLink *link = user_data;
	GHashTableIter iter;
	gpointer account;

	if (g_get_monotonic_time() -
	            MAX(host_window_get_waiting_since_us(link->window), link->probed_us) >
	    HOST_LINK_ANSWER_DEADLINE_US) {
		g_message("the daemon does not answer");
		host_link_end(link);
	}
	if (host_window_is_full(link->window))
		return G_SOURCE_CONTINUE;
	g_hash_table_iter_init(&iter, link->accounts);
	while (g_hash_table_iter_next(&iter, NULL, &account))
		host_account_check_link(account, link->dead_after_s);
	return G_SOURCE_CONTINUE;
}

static void
host_link_set_dead_after(HostLink *link, guint dead_after_s)
{
	link->dead_after_s = MAX(dead_after_s, 1);
	g_clear_handle_id(&link->check_source, g_source_remove);
	link->check_source = g_timeout_add_seconds(host_silence_get_interval_s(link->dead_after_s),
	                                           host_link_check_cb, link);
}

/* (transfer full): the descriptor that came with a call, or -1 */
static int
host_link_take_fd(GUnixFDList *fds, GVariant *handle, const char *what, GError **error)
{
	int index = g_variant_get_handle(handle);

	if (fds != NULL && index >= 0 && index < g_unix_fd_list_get_length(fds))
		return g_unix_fd_list_get(fds, index, error);
	g_set_error(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_INVALID, "%s is missing", what);
	return -1;
}

static gboolean
host_link_open_events(HostLink *link, GUnixFDList *fds, GVariant *handle, GError **error)
{
	static const BridgeLinkPipeTerms terms = {.type = BRIDGE_LINK_ANSWER_TYPE,
	                                          .bytes_max = BRIDGE_LINK_ANSWER_BYTES,
	                                          .backlog_max = HOST_LINK_BACKLOG_MAX};
	static const BridgeLinkPipeClient client = {.received = host_link_answered,
	                                            .ended = host_link_events_ended};
	int fd;

	if (link->events != NULL) {
		g_set_error_literal(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_EXISTS,
		                    "OpenEvents: there is a socket already");
		return FALSE;
	}
	fd = host_link_take_fd(fds, handle, "OpenEvents: \"socket\"", error);
	if (fd < 0)
		return FALSE;
	link->events = bridge_link_pipe_new(fd, &terms, &client, link);
	return TRUE;
}

static gboolean
host_link_open_events_cb(BridgeLinkHost1 *host, GDBusMethodInvocation *invocation, GUnixFDList *fds,
                         GVariant *handle, gpointer user_data)
{
	g_autoptr(GError) error = NULL;

	if (host_link_open_events(user_data, fds, handle, &error))
		bridge_link_host1_complete_open_events(host, invocation, NULL);
	else
		g_dbus_method_invocation_return_gerror(invocation, error);
	return TRUE;
}

static gboolean
host_link_configure_cb(BridgeLinkHost1 *host, GDBusMethodInvocation *invocation, GVariant *options,
                       gpointer user_data)
{
	HostLink *link = user_data;
	const char *directory = NULL;
	gboolean debug = FALSE;
	guint dead_after_s = HOST_LINK_DEAD_AFTER_S;
	g_autofree const char **networks = NULL;

	g_variant_lookup(options, "ca-directory", "&s", &directory);
	g_variant_lookup(options, "debug", "b", &debug);
	g_variant_lookup(options, "dead-after", "u", &dead_after_s);
	g_variant_lookup(options, "private-networks", "^a&s", &networks);
	host_link_set_dead_after(link, dead_after_s);
	host_reach_set_networks(networks);
	host_certificate_set_directory(directory);
	host_https_set_directory(directory);
	host_purple_set_debug(debug);
	bridge_link_host1_complete_configure(host, invocation);
	return TRUE;
}

static gboolean
host_link_check_id(HostLink *link, const char *id, GError **error)
{
	if (link->events == NULL) {
		g_set_error_literal(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_INVALID,
		                    "SignIn: OpenEvents comes first");
		return FALSE;
	}
	if (*id == '\0' || strlen(id) > HOST_LINK_ACCOUNT_ID_MAX_BYTES) {
		g_set_error_literal(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_INVALID,
		                    "SignIn: \"account\" is not acceptable");
		return FALSE;
	}
	if (g_hash_table_contains(link->accounts, id)) {
		g_set_error_literal(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_EXISTS,
		                    "SignIn: the account is here already");
		return FALSE;
	}
	if (g_hash_table_size(link->accounts) >= HOST_LINK_ACCOUNTS_MAX) {
		g_set_error_literal(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_INVALID,
		                    "SignIn: too many accounts");
		return FALSE;
	}
	return TRUE;
}

static char *
host_link_read_credential(GUnixFDList *fds, GVariant *handle, GError **error)
{
	char *credential;
	int fd = host_link_take_fd(fds, handle, "SignIn: \"credential\"", error);

	if (fd < 0)
		return NULL;
	credential = host_settings_read_credential(fd, error);
	close(fd);
	return credential;
}

/* Everything works without it. */
static void
host_link_open_black_box(GUnixFDList *fds, GVariant *settings)
{
	int index = -1;
	int fd = -1;

	if (g_variant_lookup(settings, BRIDGE_LINK_BLACK_BOX, "h", &index) && fds != NULL &&
	    index >= 0 && index < g_unix_fd_list_get_length(fds))
		fd = g_unix_fd_list_get(fds, index, NULL);
	if (fd < 0)
		return;
	host_suspects_open(fd);
	close(fd);
}

static gboolean
host_link_sign_in(HostLink *link, GUnixFDList *fds, const char *id, GVariant *settings,
                  GVariant *handle, GError **error)
{
	g_autoptr(HostSettings) parsed = NULL;
	HostAccount *account;
	char *credential;

	if (!host_link_check_id(link, id, error))
		return FALSE;
	parsed = host_settings_parse(settings, error);
	if (parsed == NULL)
		return FALSE;
	if (parsed->server[0] != '\0')
		host_reach_add_server(parsed->server, parsed->port);
	host_link_open_black_box(fds, settings);
	credential = host_link_read_credential(fds, handle, error);
	if (credential == NULL)
		return FALSE;
	account = host_account_new(id, ++link->last_stream, parsed, credential, &host_link_sink,
	                           link);
	g_hash_table_insert(link->accounts, (gpointer)host_account_get_id(account), account);
	host_settings_free_credential(credential);
	return TRUE;
}

static gboolean
host_link_sign_in_cb(BridgeLinkHost1 *host, GDBusMethodInvocation *invocation, GUnixFDList *fds,
                     const char *id, GVariant *settings, GVariant *handle, gpointer user_data)
{
	g_autoptr(GError) error = NULL;

	if (host_link_sign_in(user_data, fds, id, settings, handle, &error))
		bridge_link_host1_complete_sign_in(host, invocation, NULL);
	else
		g_dbus_method_invocation_return_gerror(invocation, error);
	return TRUE;
}

static gboolean
host_link_sign_out_cb(BridgeLinkHost1 *host, GDBusMethodInvocation *invocation, const char *id,
                      gpointer user_data)
{
	HostLink *link = user_data;
	HostAccount *account = g_hash_table_lookup(link->accounts, id);
	GPtrArray *waiting = g_hash_table_lookup(link->sign_outs, id);

	if (account == NULL) {
		bridge_link_host1_complete_sign_out(host, invocation);
		return TRUE;
	}
	if (waiting == NULL) {
		waiting = g_ptr_array_new();
		g_hash_table_insert(link->sign_outs, g_strdup(id), waiting);
	}
	g_ptr_array_add(waiting, invocation);
	host_account_sign_out(account);
	return TRUE;
}

static gboolean
host_link_send_message_cb(BridgeLinkHost1 *host, GDBusMethodInvocation *invocation, const char *id,
                          const char *message_id, const char *to, const char *body,
                          gpointer user_data)
{
	HostLink *link = user_data;
	HostAccount *account = g_hash_table_lookup(link->accounts, id);
	g_autoptr(GError) error = NULL;

	if (account == NULL)
		g_set_error_literal(&error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_UNKNOWN_ACCOUNT,
		                    "no such account here");
	else
		host_account_send(account, message_id, to, body, &error);
	if (error == NULL)
		bridge_link_host1_complete_send_message(host, invocation);
	else
		g_dbus_method_invocation_return_gerror(invocation, error);
	return TRUE;
}

/* ---- Request --------------------------------------------------------------------------------- */

typedef struct {
	HostLink *link;
	GDBusMethodInvocation *invocation;
} HostLinkRequest;

/* While the link is freed, too: that ends what its accounts still wait for. */
static void
host_link_request_done(GVariant *answer, const GError *error, gpointer user_data)
{
	g_autofree HostLinkRequest *request = user_data;
	HostLink *link = request->link;

	if (error != NULL)
		g_dbus_method_invocation_return_gerror(request->invocation, error);
	else
		bridge_link_host1_complete_request(link->host, request->invocation, answer,
		                                   host_window_get_last_number(link->window));
}

static gboolean
host_link_request_cb(BridgeLinkHost1 *host, GDBusMethodInvocation *invocation, const char *id,
                     const char *command, GVariant *arguments, gpointer user_data)
{
	HostLink *link = user_data;
	HostAccount *account = g_hash_table_lookup(link->accounts, id);
	HostLinkRequest waiting = {link, invocation};
	g_autoptr(HostRequest) request =
		host_request_new(host_link_request_done, g_memdup2(&waiting, sizeof waiting));

	if (account == NULL)
		host_request_fail(request, BRIDGE_LINK_ERROR_UNKNOWN_ACCOUNT,
		                  "no such account here");
	else
		host_account_run(account, command, arguments, request);
	return TRUE;
}

static GVariant *
host_link_build_traffic(HostLink *link)
{
	GVariantBuilder traffic;
	GHashTableIter iter;
	gpointer id;
	gpointer account;

	g_variant_builder_init(&traffic, G_VARIANT_TYPE("a{sx}"));
	g_hash_table_iter_init(&iter, link->accounts);
	while (g_hash_table_iter_next(&iter, &id, &account))
		g_variant_builder_add(&traffic, "{sx}", id,
		                      host_account_get_last_traffic_us(account));
	return g_variant_builder_end(&traffic);
}

static gboolean
host_link_probe_cb(BridgeLinkHost1 *host, GDBusMethodInvocation *invocation, gpointer user_data)
{
	HostLink *link = user_data;
	GVariantDict status;

	link->probed_us = g_get_monotonic_time();
	g_variant_dict_init(&status, NULL);
	g_variant_dict_insert(&status, "private-bytes", "t", host_memory_get_private_bytes());
	g_variant_dict_insert(&status, "accounts", "u", g_hash_table_size(link->accounts));
	g_variant_dict_insert_value(&status, "last-traffic", host_link_build_traffic(link));
	bridge_link_host1_complete_probe(host, invocation, g_variant_dict_end(&status));
	return TRUE;
}

static void
host_link_closed_cb(GDBusConnection *connection, gboolean remote_vanished, GError *error,
                    gpointer user_data)
{
	host_link_end(user_data);
}

static gboolean
host_link_export(HostLink *link, GError **error)
{
	link->host = bridge_link_host1_skeleton_new();
	g_signal_connect(link->host, "handle-open-events", G_CALLBACK(host_link_open_events_cb),
	                 link);
	g_signal_connect(link->host, "handle-configure", G_CALLBACK(host_link_configure_cb), link);
	g_signal_connect(link->host, "handle-sign-in", G_CALLBACK(host_link_sign_in_cb), link);
	g_signal_connect(link->host, "handle-sign-out", G_CALLBACK(host_link_sign_out_cb), link);
	g_signal_connect(link->host, "handle-send-message", G_CALLBACK(host_link_send_message_cb),
	                 link);
	g_signal_connect(link->host, "handle-request", G_CALLBACK(host_link_request_cb), link);
	g_signal_connect(link->host, "handle-probe", G_CALLBACK(host_link_probe_cb), link);
	return g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(link->host),
	                                        link->connection, BRIDGE_LINK_HOST_PATH, error);
}

/* Blocks until the daemon, which waits for that, has let us in. */
static gboolean
host_link_connect(HostLink *link, int fd, GError **error)
{
	g_autoptr(GSocket) socket = g_socket_new_from_fd(fd, error);
	g_autoptr(GSocketConnection) stream = NULL;

	if (socket == NULL) {
		close(fd);
		return FALSE;
	}
	stream = g_socket_connection_factory_create_connection(socket);
	link->connection =
		g_dbus_connection_new_sync(G_IO_STREAM(stream), NULL,
	                                   G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
	                                           G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
	                                   NULL, NULL, error);
	if (link->connection == NULL)
		return FALSE;
	g_signal_connect(link->connection, "closed", G_CALLBACK(host_link_closed_cb), link);
	link->daemon = bridge_link_daemon1_proxy_new_sync(
		link->connection,
		G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES |
			G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS,
		NULL, BRIDGE_LINK_DAEMON_PATH, NULL, error);
	return link->daemon != NULL;
}

HostLink *
host_link_new(int fd, void (*ended)(gpointer user_data), gpointer user_data, GError **error)
{
	static const HostWindowSender sender = {.send = host_link_send, .full = host_link_full};
	HostLink *link = g_new0(HostLink, 1);

	link->ended = ended;
	link->user_data = user_data;
	link->cancellable = g_cancellable_new();
	link->window = host_window_new(&sender, link);
	link->accounts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
	                                       (GDestroyNotify)host_account_free);
	link->gone = g_ptr_array_new_with_free_func((GDestroyNotify)host_account_free);
	link->sign_outs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                        (GDestroyNotify)g_ptr_array_unref);
	host_link_set_dead_after(link, HOST_LINK_DEAD_AFTER_S);
	if (!host_link_connect(link, fd, error) || !host_link_export(link, error)) {
		host_link_free(link);
		return NULL;
	}
	g_dbus_connection_start_message_processing(link->connection);
	return link;
}

void
host_link_free(HostLink *link)
{
	g_cancellable_cancel(link->cancellable);
	g_hash_table_unref(link->accounts);
	g_ptr_array_unref(link->gone);
	g_hash_table_unref(link->sign_outs);
	g_clear_handle_id(&link->gone_source, g_source_remove);
	g_clear_handle_id(&link->flush_source, g_source_remove);
	g_clear_handle_id(&link->ended_source, g_source_remove);
	g_clear_handle_id(&link->check_source, g_source_remove);
	if (link->host != NULL)
		g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(link->host));
	if (link->connection != NULL)
		g_signal_handlers_disconnect_by_data(link->connection, link);
	host_window_free(link->window);
	g_clear_pointer(&link->events, bridge_link_pipe_free);
	g_clear_object(&link->host);
	g_clear_object(&link->daemon);
	g_clear_object(&link->connection);
	g_object_unref(link->cancellable);
	g_free(link);
}
