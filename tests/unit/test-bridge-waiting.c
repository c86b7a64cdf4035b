/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers that take their time, streams and sockets, over real connections and without libsoup. */
#include "config.h"

#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

#include "api/bridge-event-reader.h"
#include "api/bridge-server.h"
#include "link/bridge-timers.h"
#include "http-testing.h"
#include "http/bridge-frame.h"
#include "http/bridge-socket.h"

#define LATER_MS 20
#define WRITE_MS 200
#define VANISHED_MS 3000
#define DRIP_MS 50
#define PIECE_BYTES (64 * 1024)

typedef struct {
	BridgeServer *server;
	char *address;
	BridgeExchange *exchange; /* of the stream */
	gsize streamed;
	gboolean gone;
	guint drip;
	BridgeSocket *socket;
	gboolean ended;
} Fixture;

/* ---- Routes ---------------------------------------------------------------------------------- */

static gboolean
later_cb(gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;

	bridge_exchange_answer_text(exchange, 200, g_strdup("{\"late\":1}"));
	return G_SOURCE_REMOVE;
}

static void
handle_later(BridgeExchange *exchange)
{
	bridge_exchange_park(exchange);
	bridge_timers_add(LATER_MS, later_cb, g_object_ref(exchange));
}

static void
handle_refuse(BridgeExchange *exchange)
{
	bridge_exchange_park(exchange);
	bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_BUSY, NULL, NULL);
}

static void
flood_cb(gpointer user_data)
{
	Fixture *fixture = user_data;
	GString *piece = g_string_new(NULL);

	g_string_set_size(piece, PIECE_BYTES);
	memset(piece->str, 'x', piece->len);
	fixture->streamed += piece->len;
	bridge_exchange_write_stream(fixture->exchange, piece);
}

static void
flood_gone_cb(GCancellable *gone, gpointer user_data)
{
	Fixture *fixture = user_data;

	fixture->gone = TRUE;
	bridge_exchange_end_stream(fixture->exchange);
}

static void
handle_flood(BridgeExchange *exchange)
{
	Fixture *fixture = bridge_exchange_get_context(exchange);

	fixture->exchange = g_object_ref(exchange);
	g_signal_connect(bridge_exchange_get_gone(exchange), "cancelled", G_CALLBACK(flood_gone_cb),
	                 fixture);
	g_assert_true(bridge_exchange_begin_stream(exchange, "text/plain", flood_cb, fixture));
	flood_cb(fixture);
}

static gboolean
drip_cb(gpointer user_data)
{
	Fixture *fixture = user_data;

	bridge_exchange_write_stream(fixture->exchange, g_string_new(":"));
	return G_SOURCE_CONTINUE;
}

static void
drip_gone_cb(GCancellable *gone, gpointer user_data)
{
	Fixture *fixture = user_data;

	g_clear_handle_id(&fixture->drip, bridge_timers_remove);
	flood_gone_cb(gone, fixture);
}

static void
drip_drained_cb(gpointer user_data)
{
}

static void
handle_drip(BridgeExchange *exchange)
{
	Fixture *fixture = bridge_exchange_get_context(exchange);

	fixture->exchange = g_object_ref(exchange);
	g_signal_connect(bridge_exchange_get_gone(exchange), "cancelled", G_CALLBACK(drip_gone_cb),
	                 fixture);
	g_assert_true(
		bridge_exchange_begin_stream(exchange, "text/plain", drip_drained_cb, fixture));
	fixture->drip = bridge_timers_add(DRIP_MS, drip_cb, fixture);
}

static void
echo_received(char *text, gsize length, gpointer user_data)
{
	Fixture *fixture = user_data;

	bridge_socket_add(fixture->socket, text, length);
	bridge_socket_flush(fixture->socket);
}

static void
echo_clear(gpointer user_data)
{
}

static void
echo_ended(gpointer user_data)
{
	((Fixture *)user_data)->ended = TRUE;
}

static const BridgeSocketOwner echo_owner = {
	.received = echo_received, .clear = echo_clear, .ended = echo_ended};

static void
handle_echo(BridgeExchange *exchange)
{
	Fixture *fixture = bridge_exchange_get_context(exchange);
	g_autofree char *head = NULL;
	BridgeChannel *channel = bridge_exchange_switch(exchange, &head);

	if (channel != NULL)
		fixture->socket = bridge_socket_new(channel, head, &echo_owner, fixture);
}

static const BridgeRoute routes[] = {
	{"GET", "/later", BRIDGE_ROUTE_OPEN, handle_later},
	{"GET", "/refuse", BRIDGE_ROUTE_OPEN, handle_refuse},
	{"GET", "/flood", BRIDGE_ROUTE_OPEN, handle_flood},
	{"GET", "/drip", BRIDGE_ROUTE_OPEN, handle_drip},
	{"GET", "/echo", BRIDGE_ROUTE_OPEN, handle_echo},
	{NULL},
};

/* ---- Fixture --------------------------------------------------------------------------------- */

static void
set_up(Fixture *fixture, gconstpointer data)
{
	BridgeServerOptions options = {.routes = routes,
	                               .context = fixture,
	                               .listener = {.max_connections = 100,
	                                            .max_per_address = 100,
	                                            .deadlines = BRIDGE_LISTENER_DEADLINES}};
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) addresses = NULL;

	options.listener.deadlines.write_ms = WRITE_MS;
	options.listener.deadlines.vanished_ms = VANISHED_MS;
	fixture->server = bridge_server_new(&options);
	bridge_listener_add(bridge_server_get_listener(fixture->server), "127.0.0.1:0", &error);
	g_assert_no_error(error);
	addresses = bridge_listener_dup_addresses(bridge_server_get_listener(fixture->server));
	fixture->address = g_strdup(addresses[0]);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	BridgeListener *listener = bridge_server_get_listener(fixture->server);

	bridge_server_stop(fixture->server);
	while (bridge_listener_get_connections(listener) > 0)
		g_main_context_iteration(NULL, TRUE);
	g_clear_object(&fixture->exchange);
	g_clear_pointer(&fixture->socket, bridge_socket_unref);
	g_assert_finalize_object(fixture->server);
	g_free(fixture->address);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void
client_later(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);

	for (guint i = 0; i < 3; i++) {
		g_autofree char *answer = NULL;

		http_say(socket, "GET /later HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\n\r\n");
		answer = http_hear_until(socket, "{\"late\":1}");
		g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 200 OK\r\n"));
		g_assert_nonnull(strstr(answer, "\r\nDate: "));
		g_assert_nonnull(strstr(answer, "\r\nX-Request-Id: mine\r\n"));
		g_assert_nonnull(strstr(answer, "\r\nContent-Type: application/json\r\n"));
		g_assert_nonnull(strstr(answer, "\r\nContent-Length: 10\r\n"));
		g_assert_null(strstr(answer, "Connection: close"));
	}
	http_hang_up(socket);
}

static void
test_the_connection_goes_on(Fixture *fixture, gconstpointer data)
{
	http_run(client_later, fixture);
}

static void
client_ahead(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *answers = NULL;

	http_say(socket, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
	g_usleep(LATER_MS * 1000 / 2); /* either way is good: with it, or while it waits */
	http_say(socket, "GET /refuse HTTP/1.1\r\nHost: a\r\n\r\n"
	                 "GET /later HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	answers = http_hear_all(socket);
	g_assert_cmpuint(http_count(answers, "{\"late\":1}"), ==, 2);
	g_assert_cmpuint(http_count(answers, "HTTP/1.1 503 "), ==, 1);
	g_assert_cmpuint(http_count(answers, "\r\nRetry-After: "), ==, 1);
	g_assert_cmpuint(http_count(answers, "\r\nConnection: close\r\n"), ==, 1);
	http_hang_up(socket);
}

static void
test_requests_that_come_early_are_kept(Fixture *fixture, gconstpointer data)
{
	for (guint i = 0; i < 5; i++)
		http_run(client_ahead, fixture);
}

static void
client_that_leaves(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);

	http_say(socket, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
	http_hang_up(socket);
}

static void
test_a_client_that_leaves(Fixture *fixture, gconstpointer data)
{
	http_run(client_that_leaves, fixture);
	for (guint i = 0; i < 5; i++) /* until the answer is late for nobody */
		http_run(client_later, fixture);
}

static void
client_that_does_not_read(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	char octet = 0;

	http_say(socket, "GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");
	while (!g_atomic_int_get(&fixture->gone))
		g_usleep(1000);
	/* What the system had for it is gone as well. */
	while (g_socket_receive(socket, &octet, 1, NULL, NULL) > 0)
		;
	http_hang_up(socket);
}

static void
test_a_stream_that_nobody_reads_is_cut_off(Fixture *fixture, gconstpointer data)
{
	http_run(client_that_does_not_read, fixture);
	g_assert_true(fixture->gone);
	g_assert_cmpuint(fixture->streamed, <, 64 * 1024 * 1024);
}

static void
say_frame(GSocket *socket, guint8 first, const char *payload)
{
	g_autoptr(GByteArray) frame = g_byte_array_new();
	guint8 head[] = {first, 0x80 | strlen(payload), 0, 0, 0, 0};

	g_byte_array_append(frame, head, sizeof(head));
	g_byte_array_append(frame, (const guint8 *)payload, strlen(payload));
	g_assert_cmpint(g_socket_send(socket, (const char *)frame->data, frame->len, NULL, NULL),
	                ==, frame->len);
}

static void
client_echo(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *head = NULL;
	g_autofree char *heard = NULL;
	g_autofree char *rest = NULL;

	http_say(socket, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
	head = http_hear_until(socket, "\r\n\r\n");
	g_assert_true(g_str_has_prefix(head, "HTTP/1.1 101 "));
	say_frame(socket, 0x81, "hello");
	heard = http_hear_until(socket, "hello");
	g_assert_cmpstr(heard, ==, "\x81\x05hello");
	say_frame(socket, 0x88, "");
	rest = http_hear_all(socket);
	g_assert_true(g_str_has_prefix(rest, "\x88\x02\x03\xe8"));
	http_hang_up(socket);
}

static void
test_a_socket(Fixture *fixture, gconstpointer data)
{
	http_run(client_echo, fixture);
	while (!fixture->ended)
		g_main_context_iteration(NULL, TRUE);
}

static void
client_that_only_pings(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *socket = http_dial(fixture->address);
	g_autofree char *head = NULL;
	g_autoptr(GByteArray) pings = g_byte_array_new();
	static const guint8 ping[] = {0x89, 0x84, 0, 0, 0, 0, 'p', 'i', 'n', 'g'};
	gsize said = 0;

	http_say(socket, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
	head = http_hear_until(socket, "\r\n\r\n");
	for (guint i = 0; i < 10000; i++)
		g_byte_array_append(pings, ping, sizeof(ping));
	while (!g_atomic_int_get(&fixture->ended) && said < 256 * 1024 * 1024) {
		gssize sent =
			g_socket_send(socket, (const char *)pings->data, pings->len, NULL, NULL);

		if (sent <= 0)
			break;
		said += sent - sent % sizeof(ping);
		if (sent % sizeof(ping) != 0)
			g_socket_send(socket, (const char *)ping + sent % sizeof(ping),
			              sizeof(ping) - sent % sizeof(ping), NULL, NULL);
	}
	http_hang_up(socket);
}

/* Its pongs do not pile up, and in the end it is cut off for not taking them. */
static void
test_a_client_that_only_pings(Fixture *fixture, gconstpointer data)
{
	http_run(client_that_only_pings, fixture);
	g_assert_true(fixture->ended);
	g_assert_cmpuint(bridge_socket_get_waiting(fixture->socket), <, 4096);
}

/* Without a word: from now on nothing that comes reaches the client's end of the connection, which
 * acknowledges nothing any more. */
static void
client_vanish(GSocket *socket)
{
	struct sock_filter nothing = {.code = BPF_RET | BPF_K, .k = 0};
	struct sock_fprog program = {.len = 1, .filter = &nothing};

	g_assert_cmpint(setsockopt(g_socket_get_fd(socket), SOL_SOCKET, SO_ATTACH_FILTER, &program,
	                           sizeof(program)),
	                ==, 0);
}

static void
client_that_vanishes(gpointer user_data)
{
	Fixture *fixture = user_data;
	GSocket *silent = http_dial(fixture->address);
	GSocket *stream = http_dial(fixture->address);
	g_autofree char *head = NULL;
	g_autofree char *begun = NULL;

	http_say(silent, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
	head = http_hear_until(silent, "\r\n\r\n");
	http_say(stream, "GET /drip HTTP/1.1\r\nHost: a\r\n\r\n");
	begun = http_hear_until(stream, ":::");
	client_vanish(silent);
	client_vanish(stream);
	while (!g_atomic_int_get(&fixture->ended) || !g_atomic_int_get(&fixture->gone))
		g_usleep(1000);
	http_hang_up(silent);
	http_hang_up(stream);
}

static void
test_a_client_that_vanishes(Fixture *fixture, gconstpointer data)
{
	gint64 begin_us = g_get_monotonic_time();

	http_run(client_that_vanishes, fixture);
	g_assert_cmpint(g_get_monotonic_time() - begin_us, >=, VANISHED_MS * 1000 / 2);
	g_assert_cmpint(g_get_monotonic_time() - begin_us, <, 4 * VANISHED_MS * 1000);
}

/* Timers in seconds may be late by one, those of TCP by less. */
static void
test_it_is_found_within_a_minute(Fixture *fixture, gconstpointer data)
{
	const BridgeDeadlines deadlines = BRIDGE_LISTENER_DEADLINES;

	/* a socket's ping that has just been answered, the next, and the end */
	g_assert_cmpuint(2 * (BRIDGE_SOCKET_PING_S + 1), <, 60);
	/* a stream's comment that has just been acknowledged, and the next */
	g_assert_cmpuint((BRIDGE_EVENT_COMMENT_S + 1) * 1000 + deadlines.vanished_ms, <, 59000);
	/* who waits: its answer comes, if TCP is not quicker */
	g_assert_cmpuint(BRIDGE_EVENT_WAIT_S_MAX + 1, <, 60);
	/* what is on its way when it goes */
	g_assert_cmpuint(deadlines.write_ms, <, 60000);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, test) g_test_add("/waiting/" path, Fixture, NULL, set_up, test, tear_down)
	ADD("the-connection-goes-on", test_the_connection_goes_on);
	ADD("requests-that-come-early-are-kept", test_requests_that_come_early_are_kept);
	ADD("a-client-that-leaves", test_a_client_that_leaves);
	ADD("a-stream-that-nobody-reads-is-cut-off", test_a_stream_that_nobody_reads_is_cut_off);
	ADD("a-socket", test_a_socket);
	ADD("a-client-that-only-pings", test_a_client_that_only_pings);
	ADD("a-client-that-vanishes", test_a_client_that_vanishes);
	ADD("it-is-found-within-a-minute", test_it_is_found_within_a_minute);
	return g_test_run();
}
