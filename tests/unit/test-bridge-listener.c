/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The listener over real sockets: the server runs on the main loop, the client blocks in a thread.
 */
#define _GNU_SOURCE /* unshare() */
#include "config.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include <gio/gunixsocketaddress.h>

#include "http-testing.h"
#include "http/bridge-listener.h"
#include "http/bridge-peer.h"

#define HANDLED_BYTES (8 * 1024 * 1024) /* more than two sockets keep */

typedef struct {
	SoupServer *server;
	BridgeListener *listener;
	char *address;
	guint handled;
	gsize last_body;
	gboolean gone;
	SoupServerMessage *waiting;
	BridgePeer *waiting_peer;
	guint remotes; /* addresses that libsoup still has, each with its connection */
} Fixture;

/* ---- The server ------------------------------------------------------------------------------ */

static void
remote_gone_cb(gpointer user_data, GObject *remote)
{
	Fixture *fixture = user_data;

	fixture->remotes--;
}

static void
handle_cb(SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
          gpointer user_data)
{
	Fixture *fixture = user_data;

	fixture->handled++;
	fixture->last_body = soup_server_message_get_request_body(message)->length;
	soup_server_message_set_status(message, 200, NULL);
	soup_server_message_set_response(message, "text/plain", SOUP_MEMORY_STATIC, "served", 6);
}

static void
handle_large_cb(SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
                gpointer user_data)
{
	char *body = g_strnfill(HANDLED_BYTES, 'x');

	soup_server_message_set_status(message, 200, NULL);
	soup_server_message_set_response(message, "text/plain", SOUP_MEMORY_TAKE, body,
	                                 HANDLED_BYTES);
}

static void
gone_cb(GCancellable *cancellable, gpointer user_data)
{
	Fixture *fixture = user_data;

	fixture->gone = TRUE;
	soup_server_message_set_status(fixture->waiting, 204, NULL);
	soup_server_message_unpause(fixture->waiting);
}

static void
handle_wait_cb(SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
               gpointer user_data)
{
	Fixture *fixture = user_data;

	fixture->waiting = message;
	fixture->waiting_peer = bridge_peer_ref(bridge_peer_get(message));
	g_signal_connect(fixture->waiting_peer->gone, "cancelled", G_CALLBACK(gone_cb), fixture);
	soup_server_message_pause(message);
}

static void
set_up_with(Fixture *fixture, const BridgeListenerOptions *options, const char *address)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) addresses = NULL;

	fixture->server = g_object_new(SOUP_TYPE_SERVER, NULL);
	soup_server_add_handler(fixture->server, NULL, handle_cb, fixture, NULL);
	soup_server_add_handler(fixture->server, "/large", handle_large_cb, fixture, NULL);
	soup_server_add_handler(fixture->server, "/wait", handle_wait_cb, fixture, NULL);
	fixture->listener = bridge_listener_new(fixture->server, options);
	bridge_listener_add(fixture->listener, address, &error);
	g_assert_no_error(error);
	addresses = bridge_listener_dup_addresses(fixture->listener);
	fixture->address = g_strdup(addresses[0]);
}

static const BridgeListenerOptions default_options = {
	.max_connections = 1000,
	.max_per_address = 1000,
	.deadlines = {60000, 60000, 60000, 60000, 60000, 30000}};

static void
set_up(Fixture *fixture, gconstpointer data)
{
	set_up_with(fixture, data != NULL ? data : &default_options, "127.0.0.1:0");
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	bridge_listener_stop(fixture->listener);
	while (bridge_listener_get_connections(fixture->listener) > 0)
		g_main_context_iteration(NULL, TRUE);
	g_clear_pointer(&fixture->waiting_peer, bridge_peer_unref);
	g_object_unref(fixture->listener);
	g_object_unref(fixture->server);
	g_free(fixture->address);
}

static void
assert_refused(const char *answer, const char *line, const char *code)
{
	g_autofree char *member = g_strdup_printf("\"code\":\"%s\"", code);

	g_assert_true(g_str_has_prefix(answer, line));
	g_assert_nonnull(strstr(answer, "\r\nContent-Type: application/problem+json\r\n"));
	g_assert_nonnull(strstr(answer, member));
}

/* ---- Requests -------------------------------------------------------------------------------- */

static void
client_keep_alive(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);

	for (guint i = 0; i < 3; i++) {
		g_autofree char *answer = NULL;

		http_say(socket, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
		answer = http_hear_until(socket, "served");
		g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 200 OK\r\n"));
		g_assert_null(strstr(answer, "Connection: close"));
	}
	http_hang_up(socket);
}

static void
test_keep_alive(Fixture *fixture, gconstpointer data)
{
	http_run(client_keep_alive, fixture);
	g_assert_cmpuint(fixture->handled, ==, 3);
	g_assert_cmpuint(fixture->last_body, ==, 3);
}

/* Hangs up between two requests. */
static void
handle_remote_cb(SoupServer *server, SoupServerMessage *message, const char *path,
                 GHashTable *query, gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocketAddress *remote = soup_server_message_get_remote_address(message);

	fixture->remotes++;
	g_object_weak_ref(G_OBJECT(remote), remote_gone_cb, fixture);
	handle_cb(server, message, path, query, user_data);
}

static void
test_let_go(Fixture *fixture, gconstpointer data)
{
	soup_server_add_handler(fixture->server, NULL, handle_remote_cb, fixture, NULL);
	http_run(client_keep_alive, fixture);
	g_assert_cmpuint(fixture->handled, ==, 3);
	while (fixture->remotes > 0)
		g_main_context_iteration(NULL, TRUE);
}

static void
client_pipelining(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *answers = NULL;

	http_say(socket, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
	                 "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	                 "2\r\nhi\r\n0\r\n\r\n"
	                 "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	                 "GET /4 HTTP/1.1\r\nHost: a\r\n\r\n");
	answers = http_hear_all(socket);
	g_assert_cmpuint(http_count(answers, "HTTP/1.1 200 OK\r\n"), ==, 3);
	g_assert_cmpuint(http_count(answers, "Connection: close"), ==, 1);
	http_hang_up(socket);
}

static void
test_pipelining(Fixture *fixture, gconstpointer data)
{
	http_run(client_pipelining, fixture);
	g_assert_cmpuint(fixture->handled, ==, 3);
}

static void
client_half_closed(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *answer = NULL;

	http_say(socket, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	g_socket_shutdown(socket, FALSE, TRUE, NULL);
	answer = http_hear_all(socket);
	g_assert_true(g_str_has_suffix(answer, "served"));
	http_hang_up(socket);
}

static void
test_half_closed_is_answered(Fixture *fixture, gconstpointer data)
{
	http_run(client_half_closed, fixture);
}

static void
client_expects(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *interim = NULL;
	g_autofree char *answer = NULL;

	http_say(socket, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
	                 "Content-Length: 2\r\n\r\n");
	interim = http_hear_until(socket, "\r\n\r\n");
	g_assert_cmpstr(interim, ==, "HTTP/1.1 100 Continue\r\n\r\n");
	http_say(socket, "hi");
	answer = http_hear_until(socket, "served");
	g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 200 OK\r\n"));
	http_hang_up(socket);
}

static void
test_expectation(Fixture *fixture, gconstpointer data)
{
	http_run(client_expects, fixture);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

/* The body never comes; the answer does. */
static void
client_too_large(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *answer = NULL;

	http_say(socket, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n");
	answer = http_hear_all(socket);
	assert_refused(answer, "HTTP/1.1 413 ", "body-too-large");
	http_hang_up(socket);
}

static void
test_too_large_before_it_is_read(Fixture *fixture, gconstpointer data)
{
	http_run(client_too_large, fixture);
	g_assert_cmpuint(fixture->handled, ==, 0);
}

/* The client is in the middle of sending and still gets to read the answer. */
static void
client_chunked_overflow(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *data = g_strnfill(0x8000, 'x');
	g_autofree char *chunk = g_strconcat("8000\r\n", data, "\r\n", NULL);
	g_autofree char *answer = NULL;

	http_say(socket, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (guint i = 0; i < 4; i++)
		http_say(socket, chunk);
	answer = http_hear_all(socket);
	assert_refused(answer, "HTTP/1.1 413 ", "body-too-large");
	http_hang_up(socket);
}

static void
test_chunked_overflow(Fixture *fixture, gconstpointer data)
{
	http_run(client_chunked_overflow, fixture);
	g_assert_cmpuint(fixture->handled, ==, 0);
}

static void
client_nonsense(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *answer = NULL;

	http_say(socket, "\x16\x03\x01 this is no HTTP\r\n\r\n");
	answer = http_hear_all(socket);
	assert_refused(answer, "HTTP/1.1 400 ", "malformed");
	http_hang_up(socket);
}

static void
test_nonsense(Fixture *fixture, gconstpointer data)
{
	http_run(client_nonsense, fixture);
}

/* ---- Deadlines ------------------------------------------------------------------------------- */

static const BridgeListenerOptions short_head = {
	.max_connections = 10,
	.max_per_address = 10,
	.deadlines = {100, 60000, 60000, 60000, 60000, 30000}};

static void
client_half_request(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *answer = NULL;

	http_say(socket, "GET / HTTP/1.1\r\nHost:");
	answer = http_hear_all(socket);
	assert_refused(answer, "HTTP/1.1 408 ", "request-timeout");
	http_hang_up(socket);
}

static void
test_half_request_held_open(Fixture *fixture, gconstpointer data)
{
	http_run(client_half_request, fixture);
}

static void
client_silent(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *answer = http_hear_all(socket);

	g_assert_cmpstr(answer, ==, "");
	http_hang_up(socket);
}

static void
test_silent_connection(Fixture *fixture, gconstpointer data)
{
	http_run(client_silent, fixture);
}

static const BridgeListenerOptions short_body = {
	.max_connections = 10,
	.max_per_address = 10,
	.deadlines = {60000, 100, 60000, 60000, 60000, 30000}};

static int
get_option(int fd, int level, int option)
{
	int value = -1;
	socklen_t length = sizeof(value);

	g_assert_cmpint(getsockopt(fd, level, option, &value, &length), ==, 0);
	return value;
}

/* The server's end of a connection: it is in this process as well. */
static int
find_other_end(GSocket *socket)
{
	g_autoptr(GSocketAddress) address = g_socket_get_local_address(socket, NULL);
	guint16 port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address));

	for (int fd = 0; fd < 1024; fd++) {
		struct sockaddr_in peer = {0};
		socklen_t length = sizeof(peer);

		if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0 &&
		    peer.sin_family == AF_INET && ntohs(peer.sin_port) == port)
			return fd;
	}
	g_assert_not_reached();
}

static void
client_options(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *answer = NULL;
	int fd = -1;

	http_say(socket, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	answer = http_hear_until(socket, "served");
	fd = find_other_end(socket);
	g_assert_cmpint(get_option(fd, SOL_SOCKET, SO_KEEPALIVE), ==, 1);
	/* Both ways of finding out take less than a minute. */
	g_assert_cmpint(get_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), <=, 30000);
	g_assert_cmpint(get_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), >, 0);
	g_assert_cmpint(get_option(fd, IPPROTO_TCP, TCP_KEEPIDLE) +
	                        get_option(fd, IPPROTO_TCP, TCP_KEEPINTVL) *
	                                get_option(fd, IPPROTO_TCP, TCP_KEEPCNT),
	                <, 60);
	http_hang_up(socket);
}

static void
test_who_vanishes_is_found(Fixture *fixture, gconstpointer data)
{
	http_run(client_options, fixture);
}

static void
client_slow_body(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *answer = NULL;

	http_say(socket, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
	answer = http_hear_all(socket);
	assert_refused(answer, "HTTP/1.1 408 ", "request-timeout");
	http_hang_up(socket);
}

static void
test_slow_body(Fixture *fixture, gconstpointer data)
{
	http_run(client_slow_body, fixture);
	g_assert_cmpuint(fixture->handled, ==, 0);
}

static const BridgeListenerOptions short_idle = {
	.max_connections = 10,
	.max_per_address = 10,
	.deadlines = {60000, 60000, 100, 60000, 60000, 30000}};

static void
client_idle(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *answer = NULL;

	http_say(socket, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	answer = http_hear_all(socket);
	g_assert_true(g_str_has_suffix(answer, "served"));
	http_hang_up(socket);
}

static void
test_idle_connection(Fixture *fixture, gconstpointer data)
{
	http_run(client_idle, fixture);
}

static const BridgeListenerOptions short_write = {
	.max_connections = 10,
	.max_per_address = 10,
	.deadlines = {60000, 60000, 60000, 100, 60000, 30000}};

/* Asks for much, reads nothing, and finds itself cut off. */
static void
client_does_not_read(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	gsize heard = 0;
	char buffer[65536];
	gssize length = 0;

	http_say(socket, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
	g_assert_true(g_socket_condition_wait(socket, G_IO_HUP, NULL, NULL));
	while ((length = g_socket_receive(socket, buffer, sizeof(buffer), NULL, NULL)) > 0)
		heard += length;
	g_assert_cmpuint(heard, <, HANDLED_BYTES);
	http_hang_up(socket);
}

static void
test_slow_reader(Fixture *fixture, gconstpointer data)
{
	http_run(client_does_not_read, fixture);
}

static void
client_large(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *answer = NULL;

	http_say(socket, "GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	answer = http_hear_all(socket);
	g_assert_cmpuint(strlen(strstr(answer, "\r\n\r\n") + 4), ==, HANDLED_BYTES);
	http_hang_up(socket);
}

static void
test_large_answer(Fixture *fixture, gconstpointer data)
{
	http_run(client_large, fixture);
}

/* ---- Caps and company ------------------------------------------------------------------------ */

static const BridgeListenerOptions two_connections = {
	.max_connections = 2,
	.max_per_address = 1,
	.deadlines = {60000, 60000, 60000, 60000, 60000, 30000}};

static void
client_crowd(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *first = http_dial(fixture->address);
	GSocket *second = http_dial(fixture->address);
	GSocket *third = NULL;
	g_autofree char *served = NULL;
	g_autofree char *refused = NULL;

	http_say(first, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	served = http_hear_until(first, "served");
	http_say(second, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	g_free(http_hear_until(second, "served"));
	third = http_dial(fixture->address);
	refused = http_hear_all(third);
	assert_refused(refused, "HTTP/1.1 503 ", "too-many-connections");
	g_assert_nonnull(strstr(refused, "\r\nRetry-After: "));
	http_hang_up(third);
	http_hang_up(second);
	http_hang_up(first);
}

static void
test_connection_cap(Fixture *fixture, gconstpointer data)
{
	http_run(client_crowd, fixture);
	while (bridge_listener_get_connections(fixture->listener) > 0)
		g_main_context_iteration(NULL, TRUE);
	http_run(client_crowd, fixture); /* places are given back */
}

static void
client_goes_away(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);

	http_say(socket, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
	while (g_atomic_pointer_get(&fixture->waiting) == NULL)
		g_thread_yield();
	http_hang_up(socket);
}

static void
test_handler_learns_that_client_is_gone(Fixture *fixture, gconstpointer data)
{
	http_run(client_goes_away, fixture);
	while (!fixture->gone || bridge_listener_get_connections(fixture->listener) > 0)
		g_main_context_iteration(NULL, TRUE);
}

static void
client_waits(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);

	http_say(socket, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
	while (g_atomic_pointer_get(&fixture->waiting) == NULL)
		g_thread_yield();
	g_object_set_data(G_OBJECT(fixture->server), "client", socket);
}

static const BridgeListenerOptions short_linger = {
	.max_connections = 10,
	.max_per_address = 10,
	.deadlines = {60000, 60000, 60000, 60000, 100, 30000}};

/* Stopping ends what goes on waiting. */
static void
test_stop_while_serving(Fixture *fixture, gconstpointer data)
{
	http_run(client_waits, fixture);
	bridge_listener_stop(fixture->listener);
	bridge_listener_stop(fixture->listener);
	g_assert_false(fixture->gone);
	while (!fixture->gone)
		g_main_context_iteration(NULL, TRUE);
	http_hang_up(g_object_get_data(G_OBJECT(fixture->server), "client"));
}

static void
client_hears_last_words(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = g_object_get_data(G_OBJECT(fixture->server), "client");
	g_autofree char *answer = http_hear_all(socket);

	g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 204 "));
	http_hang_up(socket);
}

/* What is answered while stopping arrives. */
static void
test_last_words(Fixture *fixture, gconstpointer data)
{
	http_run(client_waits, fixture);
	gone_cb(NULL, fixture);
	bridge_listener_stop(fixture->listener);
	http_run(client_hears_last_words, fixture);
}

/* The listener may go while a handler is at work. */
static void
test_gone_while_serving(Fixture *fixture, gconstpointer data)
{
	http_run(client_waits, fixture);
	g_clear_object(&fixture->listener);
	g_assert_true(fixture->gone);
	while (g_main_context_iteration(NULL, FALSE))
		;
	http_hang_up(g_object_get_data(G_OBJECT(fixture->server), "client"));
	fixture->listener = bridge_listener_new(fixture->server, &default_options);
}

/* A network in which an address that is not loopback's leads here, too. */
static void
enter_network(const char *address)
{
	struct ifreq interface = {.ifr_name = "lo"};
	struct sockaddr_in *name = (struct sockaddr_in *)&interface.ifr_addr;
	int fd;

	g_assert_cmpint(unshare(CLONE_NEWUSER | CLONE_NEWNET), ==, 0);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	name->sin_family = AF_INET;
	g_assert_cmpint(inet_pton(AF_INET, address, &name->sin_addr), ==, 1);
	g_assert_cmpint(ioctl(fd, SIOCSIFADDR, &interface), ==, 0);
	interface.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
	g_assert_cmpint(ioctl(fd, SIOCSIFFLAGS, &interface), ==, 0);
	close(fd);
}

static const BridgeListenerOptions one_of_an_address = {
	.max_connections = 10,
	.max_per_address = 1,
	.deadlines = {60000, 60000, 60000, 60000, 60000, 30000}};

static void
client_twice(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *first = http_dial(fixture->address);
	GSocket *second = NULL;
	g_autofree char *refused = NULL;

	http_say(first, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	g_free(http_hear_until(first, "served"));
	second = http_dial(fixture->address);
	refused = http_hear_all(second);
	assert_refused(refused, "HTTP/1.1 503 ", "too-many-connections");
	http_hang_up(second);
	http_hang_up(first);
}

static void
test_connections_of_one_address(void)
{
	Fixture fixture = {0};

	if (!g_test_subprocess()) {
		g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
		g_test_trap_assert_passed();
		return;
	}
	enter_network("198.51.100.7");
	set_up_with(&fixture, &one_of_an_address, "198.51.100.7:0");
	http_run(client_twice, &fixture);
	tear_down(&fixture, NULL);
}

static void
test_peer_keys(void)
{
	static const struct {
		const char *address;
		const char *key;
		gboolean local;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1", FALSE},
		{"127.0.0.1", "127.0.0.1", TRUE},
		{"::1", "::1", TRUE},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GSocketAddress) address =
			g_inet_socket_address_new_from_string(cases[i].address, 1);
		gboolean local = !cases[i].local;
		g_autofree char *key = bridge_peer_build_key(address, &local);

		g_assert_cmpstr(key, ==, cases[i].key);
		g_assert_cmpint(local, ==, cases[i].local);
	}
}

/* More connections than the process may have files would be accepted in vain for ever. */
static void
test_reserves_files(void)
{
	struct rlimit before = {0};
	struct rlimit limit = {0};

	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
	limit = before;
	limit.rlim_cur = 300;
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	g_assert_cmpuint(bridge_listener_reserve_files(10), ==, 10);
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	g_assert_cmpuint(limit.rlim_cur, ==, 300);
	g_assert_cmpuint(bridge_listener_reserve_files(100), ==, 100);
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	g_assert_cmpuint(limit.rlim_cur, ==, 356);
	g_assert_cmpuint(bridge_listener_reserve_files(G_MAXUINT - 1), <, G_MAXUINT - 1);
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
}

/* ---- Addresses ------------------------------------------------------------------------------- */

static void
test_refuses_addresses(void)
{
	static const char *const bad[] = {"",           "localhost",       "127.0.0.1",
	                                  "127.0.0.1:", "127.0.0.1:65536", "::1:80",
	                                  "[::1]",      "unix:relative",   "[127.0.0.1]:80"};
	g_autoptr(SoupServer) server = g_object_new(SOUP_TYPE_SERVER, NULL);
	g_autoptr(BridgeListener) listener = bridge_listener_new(server, &default_options);

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(bridge_listener_add(listener, bad[i], &error));
		g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
	}
}

static void
client_unix(gpointer user_data)
{
	Fixture *fixture = user_data;
	g_autofree char *answer = http_ask(fixture->address, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");

	g_assert_true(g_str_has_suffix(answer, "served"));
}

/* A socket that a killed process left is replaced, one that is served is not; the mode is ours
 * alone, and stopping removes it. */
static void
test_unix_socket(void)
{
	BridgeListenerOptions options = default_options;
	g_autofree char *directory = g_dir_make_tmp("bridge-listener-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(directory, "socket", NULL);
	g_autofree char *address = g_strconcat("unix:", path, NULL);
	g_autoptr(GSocketAddress) left = g_unix_socket_address_new(path);
	g_autoptr(GSocket) dead = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM,
	                                       G_SOCKET_PROTOCOL_DEFAULT, NULL);
	g_autoptr(GError) error = NULL;
	Fixture fixture = {0};
	GStatBuf status;

	options.audience = BRIDGE_LISTENER_OWN_USER;
	g_assert_true(g_socket_bind(dead, left, FALSE, NULL));
	g_socket_close(dead, NULL);
	set_up_with(&fixture, &options, address);
	g_assert_cmpint(g_stat(path, &status), ==, 0);
	g_assert_cmpuint(status.st_mode & 0777, ==, 0600);
	http_run(client_unix, &fixture);
	g_assert_false(bridge_listener_add(fixture.listener, address, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
	tear_down(&fixture, NULL);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	g_assert_cmpint(g_rmdir(directory), ==, 0);
}

/* What is no socket is not removed. */
static void
test_unix_socket_spares_files(void)
{
	g_autofree char *directory = g_dir_make_tmp("bridge-listener-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(directory, "file", NULL);
	g_autofree char *address = g_strconcat("unix:", path, NULL);
	g_autoptr(SoupServer) server = g_object_new(SOUP_TYPE_SERVER, NULL);
	g_autoptr(BridgeListener) listener = bridge_listener_new(server, &default_options);
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_set_contents(path, "precious", -1, NULL));
	g_assert_false(bridge_listener_add(listener, address, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS);
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpint(g_rmdir(directory), ==, 0);
}

#define ADD(path, options, test)                                                                   \
	g_test_add("/listener/" path, Fixture, options, set_up, test, tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("keep-alive", NULL, test_keep_alive);
	ADD("let-go", NULL, test_let_go);
	ADD("pipelining", NULL, test_pipelining);
	ADD("half-closed-is-answered", NULL, test_half_closed_is_answered);
	ADD("expectation", NULL, test_expectation);
	ADD("too-large-before-it-is-read", NULL, test_too_large_before_it_is_read);
	ADD("chunked-overflow", NULL, test_chunked_overflow);
	ADD("nonsense", NULL, test_nonsense);
	ADD("half-request-held-open", &short_head, test_half_request_held_open);
	ADD("silent-connection", &short_head, test_silent_connection);
	ADD("who-vanishes-is-found", NULL, test_who_vanishes_is_found);
	ADD("slow-body", &short_body, test_slow_body);
	ADD("idle-connection", &short_idle, test_idle_connection);
	ADD("slow-reader", &short_write, test_slow_reader);
	ADD("large-answer", NULL, test_large_answer);
	ADD("connection-cap", &two_connections, test_connection_cap);
	ADD("handler-learns-that-client-is-gone", NULL, test_handler_learns_that_client_is_gone);
	ADD("stop-while-serving", &short_linger, test_stop_while_serving);
	ADD("last-words", NULL, test_last_words);
	ADD("gone-while-serving", NULL, test_gone_while_serving);
	g_test_add_func("/listener/connections-of-one-address", test_connections_of_one_address);
	g_test_add_func("/listener/peer-keys", test_peer_keys);
	g_test_add_func("/listener/reserves-files", test_reserves_files);
	g_test_add_func("/listener/refuses-addresses", test_refuses_addresses);
	g_test_add_func("/listener/unix-socket", test_unix_socket);
	g_test_add_func("/listener/unix-socket-spares-files", test_unix_socket_spares_files);
	return g_test_run();
}
