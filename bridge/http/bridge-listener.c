/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-api"

#include "bridge-listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>

#include "bridge-peer.h"
#include "bridge-tally.h"

#define LISTENER_BACKLOG 128
#define LISTENER_REFUSED_MAX 32  /* that get to read why; more are just closed */
#define LISTENER_OTHER_FILES 256 /* store, bus, links to hosts, who is refused */
#define LISTENER_UNIX_PREFIX "unix:"
#define LISTENER_ACTIVATED "systemd"
#define LISTENER_UNIX_PATH_MAX 107 /* sun_path */

struct _BridgeListener {
	GObject parent;
	SoupServer *server;
	BridgeListenerOptions options;
	GSocketService *service;
	GSocket *nowhere;             /* the end that is ours, see listener_listen_nowhere() */
	GTlsCertificate *certificate; /* NULL for no TLS */
	GPtrArray *addresses;         /* of GSocketAddress, as they became effective */
	GPtrArray *paths;             /* of sockets that we made */
	GHashTable *connections;      /* BridgeConnection -> key of its address, or NULL */
	GHashTable *refused;          /* set of BridgeConnection */
	BridgeTally *tally;           /* of connections by key */
	BridgeWatches *watches;
};

G_DEFINE_FINAL_TYPE(BridgeListener, bridge_listener, G_TYPE_OBJECT)

guint
bridge_listener_reserve_files(guint connections)
{
	rlim_t wanted = (rlim_t)connections + LISTENER_OTHER_FILES;
	struct rlimit limit = {0};

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return connections;
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur = MIN(wanted, limit.rlim_max);
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur >= wanted)
		return connections;
	return limit.rlim_cur > LISTENER_OTHER_FILES ? limit.rlim_cur - LISTENER_OTHER_FILES : 1;
}

/* ---- Counting -------------------------------------------------------------------------------- */

static void
listener_connection_closed(BridgeConnection *connection, gpointer user_data)
{
	BridgeListener *self = user_data;
	g_autofree char *key = NULL;

	if (g_hash_table_steal_extended(self->connections, connection, NULL, (gpointer *)&key)) {
		if (key != NULL)
			bridge_tally_remove(self->tally, key);
		bridge_connection_unref(connection);
	} else {
		g_hash_table_remove(self->refused, connection);
	}
}

/* ---- Accepting ------------------------------------------------------------------------------- */

static gboolean
listener_admits_user(BridgeListener *self, GSocketConnection *socket)
{
	g_autoptr(GCredentials) credentials = NULL;
	uid_t user = 0;

	if (self->options.audience == BRIDGE_LISTENER_ANYBODY)
		return TRUE;
	credentials = g_socket_get_credentials(g_socket_connection_get_socket(socket), NULL);
	if (credentials == NULL)
		return FALSE;
	user = g_credentials_get_unix_user(credentials, NULL);
	return user == 0 || user == geteuid();
}

/* Returns: (nullable): what to speak HTTP over */
static GIOStream *
listener_wrap(BridgeListener *self, GSocketConnection *socket)
{
	static const char *const protocols[] = {"http/1.1", NULL};
	GIOStream *stream = NULL;

	if (self->certificate == NULL || !G_IS_TCP_CONNECTION(socket))
		return g_object_ref(G_IO_STREAM(socket));
	stream = g_tls_server_connection_new(G_IO_STREAM(socket), self->certificate, NULL);
	if (stream != NULL) {
		g_tls_connection_set_advertised_protocols(G_TLS_CONNECTION(stream), protocols);
		g_tls_connection_set_require_close_notify(G_TLS_CONNECTION(stream), FALSE);
	}
	return stream;
}

static BridgeConnection *
listener_connect(BridgeListener *self, GSocketConnection *socket, GIOStream *stream)
{
	BridgeConnection *connection =
		bridge_connection_new(self->server, stream, socket, self->watches,
	                              &self->options.deadlines, listener_connection_closed, self);

	if (self->options.refusal != NULL)
		bridge_connection_set_refusal(connection, self->options.refusal);
	return connection;
}

static void
listener_refuse(BridgeListener *self, GSocketConnection *socket, GIOStream *stream)
{
	BridgeConnection *connection = NULL;

	/* Whoever speaks TLS is not worth a handshake only to be told so. */
	if (G_IS_TLS_CONNECTION(stream) ||
	    g_hash_table_size(self->refused) >= LISTENER_REFUSED_MAX) {
		g_io_stream_close(G_IO_STREAM(socket), NULL, NULL);
		return;
	}
	connection = listener_connect(self, socket, stream);
	g_hash_table_add(self->refused, connection);
	bridge_connection_refuse(connection, BRIDGE_PROBLEM_TOO_MANY_CONNECTIONS, NULL);
}

static void
listener_admit(BridgeListener *self, GSocketConnection *socket, GIOStream *stream, char *key)
{
	if (key != NULL)
		bridge_tally_add(self->tally, key);
	g_hash_table_insert(self->connections, listener_connect(self, socket, stream), key);
}

/* Who has gone without a word is found by what was written and is not acknowledged, or else by
 * asking. */
static void
listener_set_options(GSocket *socket, guint vanished_ms)
{
	const struct {
		int level;
		int option;
		int value;
	} options[] = {
		{IPPROTO_TCP, TCP_NODELAY, TRUE},
		{SOL_SOCKET, SO_KEEPALIVE, TRUE},
		{IPPROTO_TCP, TCP_KEEPIDLE, (int)(vanished_ms * 2 / 3 / 1000)},
		{IPPROTO_TCP, TCP_KEEPINTVL, (int)(vanished_ms / 3 / 1000)},
		{IPPROTO_TCP, TCP_KEEPCNT, 3},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, (int)vanished_ms},
		/* Who does not read does not make the system keep more than this unsent. */
		{IPPROTO_TCP, TCP_NOTSENT_LOWAT, 64 * 1024},
	};

	for (guint i = 0; i < G_N_ELEMENTS(options); i++)
		g_socket_set_option(socket, options[i].level, options[i].option, options[i].value,
		                    NULL);
}

static gboolean
listener_incoming_cb(GSocketService *service, GSocketConnection *socket, GObject *source,
                     gpointer user_data)
{
	BridgeListener *self = user_data;
	g_autoptr(GSocketAddress) remote = g_socket_connection_get_remote_address(socket, NULL);
	g_autoptr(GIOStream) stream = listener_wrap(self, socket);
	gboolean local = FALSE;
	g_autofree char *key = NULL;

	if (remote == NULL || stream == NULL || !listener_admits_user(self, socket)) {
		g_io_stream_close(G_IO_STREAM(socket), NULL, NULL);
		return TRUE;
	}
	if (G_IS_INET_SOCKET_ADDRESS(remote))
		listener_set_options(g_socket_connection_get_socket(socket),
		                     self->options.deadlines.vanished_ms);
	key = bridge_peer_build_key(remote, &local);
	if (local ||
	    (self->options.proxies != NULL && bridge_proxies_trust(self->options.proxies, remote)))
		g_clear_pointer(&key, g_free);
	if (g_hash_table_size(self->connections) >= self->options.max_connections ||
	    (key != NULL && bridge_tally_get(self->tally, key) >= self->options.max_per_address))
		listener_refuse(self, socket, stream);
	else
		listener_admit(self, socket, stream, g_steal_pointer(&key));
	return TRUE;
}

/* ---- What libsoup tells -----------------------------------------------------------------------
 */

static void
listener_request_started_cb(SoupServer *server, SoupServerMessage *message, gpointer user_data)
{
	BridgePeer *peer = bridge_peer_get(message);

	if (peer != NULL && !peer->keep_alive)
		soup_message_headers_replace(soup_server_message_get_response_headers(message),
		                             "Connection", "close");
}

/* An answer that ends with its connection has no end of its own. */
static void
listener_request_finished_cb(SoupServer *server, SoupServerMessage *message, gpointer user_data)
{
	BridgePeer *peer = bridge_peer_get(message);
	SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);

	if (peer != NULL && soup_message_headers_get_encoding(headers) != SOUP_ENCODING_EOF)
		peer->complete = TRUE;
}

/* ---- Addresses ------------------------------------------------------------------------------- */

static gboolean
listener_is_served(const char *path)
{
	g_autoptr(GSocketClient) client = g_socket_client_new();
	g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
	g_autoptr(GSocketConnection) connection =
		g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, NULL);

	return connection != NULL;
}

/* Removes what a killed daemon left behind; anything but a dead socket stays. */
static gboolean
listener_clear_path(const char *path, GError **error)
{
	struct stat status = {0};

	if (lstat(path, &status) != 0)
		return TRUE;
	if (!S_ISSOCK(status.st_mode)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s: exists and is no socket",
		            path);
		return FALSE;
	}
	if (listener_is_served(path)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
		            "%s: another process serves it", path);
		return FALSE;
	}
	unlink(path);
	return TRUE;
}

static GSocketAddress *
listener_parse_unix(const char *path, GError **error)
{
	if (*path != '/' || strlen(path) > LISTENER_UNIX_PATH_MAX) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		            "%s: a socket's path is absolute and has 107 octets at most", path);
		return NULL;
	}
	if (!listener_clear_path(path, error))
		return NULL;
	return g_unix_socket_address_new(path);
}

/* "host:port" with a numeric host; the brackets of an IPv6 address are needed. */
static GSocketAddress *
listener_parse_inet(const char *text, GError **error)
{
	const char *colon = strrchr(text, ':');
	g_autofree char *host = NULL;
	GSocketAddress *address = NULL;
	guint64 port = 0;

	if (colon != NULL &&
	    g_ascii_string_to_unsigned(colon + 1, 10, 0, G_MAXUINT16, &port, NULL)) {
		gboolean bracketed = *text == '[' && colon > text && colon[-1] == ']';

		host = bracketed ? g_strndup(text + 1, colon - text - 2)
		                 : g_strndup(text, colon - text);
		if (bracketed == (strchr(host, ':') != NULL))
			address = g_inet_socket_address_new_from_string(host, port);
	}
	if (address == NULL)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		            "%s: no address to listen on (want \"127.0.0.1:8642\", \"[::1]:8642\" "
		            "or \"unix:/path\")",
		            text);
	return address;
}

static GSocketAddress *
listener_bind(BridgeListener *self, GSocketAddress *address, GError **error)
{
	GSocketAddress *effective = NULL;
	gboolean private = self->options.audience == BRIDGE_LISTENER_OWN_USER;
	mode_t mask = umask(private ? 0177 : 0117);

	g_socket_listener_add_address(G_SOCKET_LISTENER(self->service), address,
	                              G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL,
	                              &effective, error);
	umask(mask);
	return effective;
}

gboolean
bridge_listener_add(BridgeListener *self, const char *address, GError **error)
{
	g_autoptr(GSocketAddress) wanted = NULL;
	GSocketAddress *effective = NULL;

	if (g_str_has_prefix(address, LISTENER_UNIX_PREFIX))
		wanted = listener_parse_unix(address + strlen(LISTENER_UNIX_PREFIX), error);
	else
		wanted = listener_parse_inet(address, error);
	if (wanted == NULL)
		return FALSE;
	effective = listener_bind(self, wanted, error);
	if (effective == NULL) {
		g_prefix_error(error, "cannot listen on %s: ", address);
		return FALSE;
	}
	g_ptr_array_add(self->addresses, effective);
	if (G_IS_UNIX_SOCKET_ADDRESS(effective))
		g_ptr_array_add(self->paths, g_strdup(g_unix_socket_address_get_path(
						     G_UNIX_SOCKET_ADDRESS(effective))));
	return TRUE;
}

gboolean
bridge_listener_add_socket(BridgeListener *self, GSocket *socket, GError **error)
{
	g_autoptr(GSocketAddress) address = g_socket_get_local_address(socket, error);

	if (address == NULL ||
	    !g_socket_listener_add_socket(G_SOCKET_LISTENER(self->service), socket, NULL, error))
		return FALSE;
	g_ptr_array_add(self->addresses, g_steal_pointer(&address));
	return TRUE;
}

static gboolean
listener_add_activated(BridgeListener *self, BridgeActivation *activation, const char *name,
                       GError **error)
{
	g_autoptr(GPtrArray) sockets = bridge_activation_take(activation, name);

	if (sockets->len == 0)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
		            "the service manager has opened no socket%s%s",
		            name != NULL ? " of the name " : "", name != NULL ? name : "");
	for (guint i = 0; i < sockets->len; i++)
		if (!bridge_listener_add_socket(self, g_ptr_array_index(sockets, i), error))
			return FALSE;
	return sockets->len > 0;
}

gboolean
bridge_listener_add_configured(BridgeListener *self, BridgeActivation *activation,
                               const char *address, GError **error)
{
	if (g_str_equal(address, LISTENER_ACTIVATED))
		return listener_add_activated(self, activation, NULL, error);
	if (g_str_has_prefix(address, LISTENER_ACTIVATED ":"))
		return listener_add_activated(self, activation,
		                              address + strlen(LISTENER_ACTIVATED ":"), error);
	return bridge_listener_add(self, address, error);
}

void
bridge_listener_set_certificate(BridgeListener *self, GTlsCertificate *certificate)
{
	g_set_object(&self->certificate, certificate);
}

static char *
listener_format_address(GSocketAddress *address)
{
	if (G_IS_UNIX_SOCKET_ADDRESS(address))
		return g_strconcat(LISTENER_UNIX_PREFIX,
		                   g_unix_socket_address_get_path(G_UNIX_SOCKET_ADDRESS(address)),
		                   NULL);
	return g_socket_connectable_to_string(G_SOCKET_CONNECTABLE(address));
}

char **
bridge_listener_dup_addresses(BridgeListener *self)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (guint i = 0; i < self->addresses->len; i++) {
		g_autofree char *text =
			listener_format_address(g_ptr_array_index(self->addresses, i));

		g_strv_builder_add(builder, text);
	}
	return g_strv_builder_end(builder);
}

void
bridge_listener_set_max_per_address(BridgeListener *self, guint max_per_address)
{
	self->options.max_per_address = max_per_address;
}

guint
bridge_listener_get_connections(BridgeListener *self)
{
	return g_hash_table_size(self->connections);
}

/* ---- End ------------------------------------------------------------------------------------- */

static void
listener_for_each(GHashTable *connections, void (*end)(BridgeConnection *))
{
	g_autoptr(GList) all = g_hash_table_get_keys(connections);

	for (GList *item = all; item != NULL; item = item->next)
		end(item->data);
}

void
bridge_listener_stop(BridgeListener *self)
{
	g_socket_service_stop(self->service);
	g_socket_listener_close(G_SOCKET_LISTENER(self->service));
	for (guint i = 0; i < self->paths->len; i++)
		unlink(g_ptr_array_index(self->paths, i));
	g_ptr_array_set_size(self->paths, 0);
	g_ptr_array_set_size(self->addresses, 0);
	listener_for_each(self->connections, bridge_connection_wind_up);
}

static void
bridge_listener_dispose(GObject *object)
{
	BridgeListener *self = BRIDGE_LISTENER(object);

	if (self->service != NULL) {
		bridge_listener_stop(self);
		listener_for_each(self->connections, bridge_connection_detach);
		listener_for_each(self->refused, bridge_connection_detach);
		g_signal_handlers_disconnect_by_data(self->service, self);
		g_clear_object(&self->service);
	}
	if (self->server != NULL)
		g_signal_handlers_disconnect_by_data(self->server, self);
	g_clear_object(&self->server);
	g_clear_object(&self->nowhere);
	G_OBJECT_CLASS(bridge_listener_parent_class)->dispose(object);
}

static void
bridge_listener_finalize(GObject *object)
{
	BridgeListener *self = BRIDGE_LISTENER(object);

	g_hash_table_unref(self->connections);
	g_hash_table_unref(self->refused);
	bridge_tally_free(self->tally);
	bridge_watches_unref(self->watches);
	g_ptr_array_unref(self->addresses);
	g_ptr_array_unref(self->paths);
	g_clear_object(&self->certificate);
	G_OBJECT_CLASS(bridge_listener_parent_class)->finalize(object);
}

static void
bridge_listener_class_init(BridgeListenerClass *klass)
{
	G_OBJECT_CLASS(klass)->dispose = bridge_listener_dispose;
	G_OBJECT_CLASS(klass)->finalize = bridge_listener_finalize;
}

static void
bridge_listener_init(BridgeListener *self)
{
	self->addresses = g_ptr_array_new_with_free_func(g_object_unref);
	self->paths = g_ptr_array_new_with_free_func(g_free);
	self->connections =
		g_hash_table_new_full(NULL, NULL, (GDestroyNotify)bridge_connection_unref, g_free);
	self->refused =
		g_hash_table_new_full(NULL, NULL, (GDestroyNotify)bridge_connection_unref, NULL);
	self->tally = bridge_tally_new();
	self->watches = bridge_watches_new();
}

/* libsoup 3.2 keeps a connection that it was given for a second request only while it listens
 * itself: on one end of a pair that nothing ever comes through. Without it each request costs a
 * connection's making and end. */
static void
listener_listen_nowhere(BridgeListener *self)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GSocket) nowhere = NULL;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
		g_warning("requests will take longer: %s", g_strerror(errno));
		return;
	}
	self->nowhere = g_socket_new_from_fd(ends[1], NULL);
	nowhere = g_socket_new_from_fd(ends[0], &error);
	if (nowhere == NULL || !soup_server_listen_socket(self->server, nowhere, 0, &error))
		g_warning("requests will take longer: %s", error->message);
}

BridgeListener *
bridge_listener_new(SoupServer *server, const BridgeListenerOptions *options)
{
	BridgeListener *self = g_object_new(BRIDGE_TYPE_LISTENER, NULL);

	self->server = g_object_ref(server);
	self->options = *options;
	self->service = g_socket_service_new();
	g_socket_listener_set_backlog(G_SOCKET_LISTENER(self->service), LISTENER_BACKLOG);
	g_signal_connect(self->service, "incoming", G_CALLBACK(listener_incoming_cb), self);
	g_signal_connect(server, "request-started", G_CALLBACK(listener_request_started_cb), self);
	g_signal_connect(server, "request-finished", G_CALLBACK(listener_request_finished_cb),
	                 self);
	listener_listen_nowhere(self);
	return self;
}
