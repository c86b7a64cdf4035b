/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "http/bridge-request-stream.h"

#include <string.h>

#define TEST_HEAD "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"

/* ---- A client that takes as much as it is told to ---------------------------------------------
 */

#define TEST_TYPE_CLIENT (test_client_get_type())
G_DECLARE_FINAL_TYPE(TestClient, test_client, TEST, CLIENT, GOutputStream)

struct _TestClient {
	GOutputStream parent;
	GString *taken;
	guint writes; /* that took something */
	gsize room;
};

static void
test_client_pollable_init(GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(TestClient, test_client, G_TYPE_OUTPUT_STREAM,
                              G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                    test_client_pollable_init))

static gssize
test_client_write_nonblocking(GPollableOutputStream *stream, const void *buffer, gsize count,
                              GError **error)
{
	TestClient *self = TEST_CLIENT(stream);
	gsize length = MIN(count, self->room);

	if (length == 0) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "full");
		return -1;
	}
	g_string_append_len(self->taken, buffer, (gssize)length);
	self->room -= length;
	self->writes++;
	return (gssize)length;
}

static void
test_client_pollable_init(GPollableOutputStreamInterface *iface)
{
	iface->write_nonblocking = test_client_write_nonblocking;
}

static void
test_client_finalize(GObject *object)
{
	g_string_free(TEST_CLIENT(object)->taken, TRUE);
	G_OBJECT_CLASS(test_client_parent_class)->finalize(object);
}

static void
test_client_class_init(TestClientClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = test_client_finalize;
}

static void
test_client_init(TestClient *self)
{
	self->taken = g_string_new(NULL);
	self->room = G_MAXSIZE;
}

/* ---- The connection ---------------------------------------------------------------------------
 */

typedef struct {
	TestClient *client;
	BridgeRequestStream *stream;
	GPollableOutputStream *output;
	gboolean stalled;
} TestFixture;

static void
test_stalled(gpointer user_data)
{
	((TestFixture *)user_data)->stalled = TRUE;
}

static void
test_advanced(gpointer user_data)
{
	((TestFixture *)user_data)->stalled = FALSE;
}

static void
test_unexpected(gpointer user_data)
{
	g_assert_not_reached();
}

static void
test_closed(gpointer stream, gpointer user_data)
{
}

static const BridgeRequestStreamWatch test_watch = {
	.stalled = test_stalled,
	.advanced = test_advanced,
	.failed = test_unexpected,
	.wanted = test_unexpected,
	.closed = test_closed,
};

static void
test_give(TestFixture *self, const char *method)
{
	g_autofree char *text = g_strconcat(method, " / HTTP/1.1\r\n\r\n", NULL);
	g_autoptr(GBytes) request = g_bytes_new(text, strlen(text));
	char read[256];

	bridge_request_stream_give(self->stream, request);
	g_assert_cmpint(g_pollable_input_stream_read_nonblocking(
				G_POLLABLE_INPUT_STREAM(
					g_io_stream_get_input_stream(G_IO_STREAM(self->stream))),
				read, sizeof(read), NULL, NULL),
	                ==, strlen(text));
}

static void
test_set_up(TestFixture *self, gconstpointer data)
{
	self->client = g_object_new(TEST_TYPE_CLIENT, NULL);
	self->stream =
		bridge_request_stream_new(G_OUTPUT_STREAM(self->client), &test_watch, self, NULL);
	self->output =
		G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(G_IO_STREAM(self->stream)));
	test_give(self, "GET");
}

static void
test_tear_down(TestFixture *self, gconstpointer data)
{
	g_object_unref(self->stream);
	g_object_unref(self->client);
}

/* Returns: how much of it went, or -1 for a full client */
static gssize
test_write(TestFixture *self, const char *text)
{
	g_autoptr(GError) error = NULL;
	gssize written = g_pollable_output_stream_write_nonblocking(self->output, text,
	                                                            strlen(text), NULL, &error);

	if (written < 0)
		g_assert_error(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
	return written;
}

static void
test_leave_together(TestFixture *self, gconstpointer data)
{
	g_assert_cmpint(test_write(self, TEST_HEAD), ==, strlen(TEST_HEAD));
	g_assert_cmpuint(self->client->writes, ==, 0);
	g_assert_cmpint(test_write(self, "12345"), ==, 5);
	g_assert_cmpuint(self->client->writes, ==, 1);
	g_assert_cmpstr(self->client->taken->str, ==, TEST_HEAD "12345");
	/* The next answer of the same connection. */
	test_give(self, "GET");
	test_write(self, TEST_HEAD);
	test_write(self, "67890");
	g_assert_cmpuint(self->client->writes, ==, 2);
	g_assert_cmpstr(self->client->taken->str, ==, TEST_HEAD "12345" TEST_HEAD "67890");
}

/* A body that is written piece by piece waits for nothing. */
static void
test_pieces(TestFixture *self, gconstpointer data)
{
	test_write(self, TEST_HEAD);
	test_write(self, "12");
	test_write(self, "345");
	g_assert_cmpuint(self->client->writes, ==, 2);
	g_assert_cmpstr(self->client->taken->str, ==, TEST_HEAD "12345");
}

/* What nothing follows does not wait for it. */
static void
test_no_body(TestFixture *self, gconstpointer data)
{
	static const char *const heads[] = {"HTTP/1.1 204 No Content\r\n\r\n",
	                                    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};

	for (guint i = 0; i < G_N_ELEMENTS(heads); i++) {
		if (i > 0)
			test_give(self, "GET");
		g_assert_cmpint(test_write(self, heads[i]), ==, strlen(heads[i]));
		g_assert_true(g_str_has_suffix(self->client->taken->str, heads[i]));
	}
	test_give(self, "HEAD");
	g_assert_cmpint(test_write(self, TEST_HEAD), ==, strlen(TEST_HEAD));
	g_assert_true(g_str_has_suffix(self->client->taken->str, TEST_HEAD));
}

/* Wherever the client's room ends, each octet comes once. */
static void
test_slow_client(TestFixture *self, gconstpointer data)
{
	for (gsize room = 1; room < strlen(TEST_HEAD "12345"); room++) {
		const char *body = "12345";
		gssize written;

		if (room > 1)
			test_give(self, "GET");
		g_string_truncate(self->client->taken, 0);
		self->client->room = 0;
		test_write(self, TEST_HEAD);
		g_assert_cmpint(test_write(self, body), ==, -1);
		g_assert_true(self->stalled);
		self->client->room = room;
		written = test_write(self, body);
		if (room <= strlen(TEST_HEAD)) {
			g_assert_cmpint(written, ==, -1);
			g_assert_true(self->stalled);
			written = 0;
		}
		self->client->room = G_MAXSIZE;
		g_assert_cmpint(test_write(self, body + written), ==, 5 - written);
		g_assert_false(self->stalled);
		g_assert_cmpstr(self->client->taken->str, ==, TEST_HEAD "12345");
	}
}

static void
test_large_body(TestFixture *self, gconstpointer data)
{
	g_autofree char *body = g_strnfill(100000, 'x');
	gsize sent = 0;

	test_write(self, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
	while (sent < 100000)
		sent += (gsize)test_write(self, body + sent);
	g_assert_true(g_str_has_suffix(self->client->taken->str, body));
	g_assert_cmpuint(self->client->writes, ==, 2);
}

/* Nobody reads any more: it goes nowhere. */
static void
test_end(TestFixture *self, gconstpointer data)
{
	bridge_request_stream_end(self->stream);
	g_assert_cmpint(test_write(self, TEST_HEAD), ==, strlen(TEST_HEAD));
	g_assert_cmpint(test_write(self, "12345"), ==, 5);
	g_assert_cmpuint(self->client->writes, ==, 0);
}

static void
test_add(const char *name, void (*test)(TestFixture *, gconstpointer))
{
	g_autofree char *path = g_strconcat("/bridge-request-stream/", name, NULL);

	g_test_add(path, TestFixture, NULL, test_set_up, test, test_tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	test_add("header-and-body-leave-together", test_leave_together);
	test_add("pieces-of-a-body", test_pieces);
	test_add("no-body", test_no_body);
	test_add("slow-client", test_slow_client);
	test_add("large-body", test_large_body);
	test_add("end", test_end);
	return g_test_run();
}
