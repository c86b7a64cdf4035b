/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "link/bridge-link-pipe.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEST_BYTES_MAX ((gsize)4 * 1024 * 1024)
#define TEST_BACKLOG_MAX ((gsize)3 * 1024 * 1024)

/* A pipe and the bare socket at its other end. */
typedef struct {
	BridgeLinkPipe *pipe;
	int peer;
	GPtrArray *received; /* GVariant */
	GError *ended;
	guint n_ended;
	gboolean frees; /* with what it receives, or at the end */
} TestPipe;

static void
test_free_pipe(TestPipe *test)
{
	g_clear_pointer(&test->pipe, bridge_link_pipe_free);
}

static void
test_received(gpointer user_data, GVariant *value)
{
	TestPipe *test = user_data;

	g_assert_no_error(test->ended);
	g_ptr_array_add(test->received, g_variant_ref(value));
	if (test->frees)
		test_free_pipe(test);
}

static void
test_ended(gpointer user_data, const GError *error)
{
	TestPipe *test = user_data;

	test->n_ended++;
	g_assert_cmpuint(test->n_ended, ==, 1);
	test->ended = g_error_copy(error);
	if (test->frees)
		test_free_pipe(test);
}

static void
test_set_up(TestPipe *test, gconstpointer data)
{
	static const BridgeLinkPipeTerms terms = {"(ts)", TEST_BYTES_MAX, TEST_BACKLOG_MAX};
	static const BridgeLinkPipeClient client = {test_received, test_ended};
	int ends[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
	test->peer = ends[1];
	test->received = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
	test->pipe = bridge_link_pipe_new(ends[0], &terms, &client, test);
}

static void
test_tear_down(TestPipe *test, gconstpointer data)
{
	test_free_pipe(test);
	if (test->peer >= 0)
		close(test->peer);
	g_ptr_array_unref(test->received);
	g_clear_error(&test->ended);
}

static gboolean
test_deadline_cb(gpointer user_data)
{
	g_error("nothing happens");
	return G_SOURCE_REMOVE;
}

static void
test_wait(TestPipe *test, guint n_received)
{
	guint deadline = g_timeout_add_seconds(60, test_deadline_cb, NULL);

	while (test->received->len < n_received && test->ended == NULL)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(deadline);
}

/* All that can be done now has been. */
static void
test_settle(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static void
test_put(TestPipe *test, gconstpointer octets, gsize length)
{
	g_assert_cmpint(send(test->peer, octets, length, MSG_NOSIGNAL), ==, (gssize)length);
}

/* Octets of a value as they travel. */
static GByteArray *
test_frame(guint64 number, const char *text)
{
	GByteArray *frame = g_byte_array_new();
	g_autoptr(GVariant) value = g_variant_ref_sink(g_variant_new("(ts)", number, text));
	guint32 length = (guint32)g_variant_get_size(value);

	g_byte_array_append(frame, (const guint8 *)&length, sizeof length);
	g_byte_array_append(frame, g_variant_get_data(value), length);
	return frame;
}

static void
test_assert_received(TestPipe *test, guint index, guint64 number, const char *text)
{
	guint64 found_number;
	const char *found;

	test_wait(test, index + 1);
	g_assert_no_error(test->ended);
	g_variant_get(g_ptr_array_index(test->received, index), "(t&s)", &found_number, &found);
	g_assert_cmpuint(found_number, ==, number);
	g_assert_cmpstr(found, ==, text);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static void
test_several_in_one_piece(TestPipe *test, gconstpointer data)
{
	g_autoptr(GByteArray) one = test_frame(1, "one");
	g_autoptr(GByteArray) two = test_frame(2, "second");

	g_byte_array_append(one, two->data, two->len);
	test_put(test, one->data, one->len);
	test_assert_received(test, 0, 1, "one");
	test_assert_received(test, 1, 2, "second");
}

static void
test_octet_by_octet(TestPipe *test, gconstpointer data)
{
	g_autoptr(GByteArray) frame = test_frame(7, "slowly");

	for (guint i = 0; i < frame->len; i++) {
		g_assert_cmpuint(test->received->len, ==, 0);
		test_put(test, frame->data + i, 1);
		test_settle();
	}
	test_assert_received(test, 0, 7, "slowly");
}

static void
test_larger_than_the_socket(TestPipe *test, gconstpointer data)
{
	g_autofree char *text = g_strnfill(2 * 1024 * 1024, 'x');
	g_autoptr(GByteArray) frame = test_frame(1, text);
	gsize n_sent = 0;

	while (n_sent < frame->len) {
		gssize n = send(test->peer, frame->data + n_sent, frame->len - n_sent,
		                MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			n_sent += (gsize)n;
		else
			g_main_context_iteration(NULL, FALSE);
	}
	test_assert_received(test, 0, 1, text);
}

static void
test_ends_with(TestPipe *test, gint code)
{
	test_wait(test, G_MAXUINT);
	g_assert_error(test->ended, G_IO_ERROR, code);
	g_assert_cmpuint(test->received->len, ==, 0);
	/* and nothing follows, whatever still comes */
	(void)!send(test->peer, "more", 4, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (test->pipe != NULL)
		bridge_link_pipe_send(test->pipe, g_variant_new("t", (guint64)1));
	test_settle();
}

static void
test_lengths_that_are_refused(TestPipe *test, gconstpointer data)
{
	guint32 length = GPOINTER_TO_UINT(data);

	test_put(test, &length, sizeof length);
	test_ends_with(test, G_IO_ERROR_INVALID_DATA);
}

static void
test_the_longest_is_awaited(TestPipe *test, gconstpointer data)
{
	guint32 length = (guint32)TEST_BYTES_MAX;

	test_put(test, &length, sizeof length);
	test_put(test, "begun", 5);
	test_settle();
	g_assert_no_error(test->ended);
}

/* What is no value of the type, or not as it is written. */
static void
test_malformed(TestPipe *test, gconstpointer data)
{
	g_autoptr(GByteArray) frame = test_frame(7, "text");
	const guint32 too_short = 3; /* for a number */
	const char *how = data;

	if (g_str_equal(how, "encoding"))
		frame->data[sizeof(guint32) + sizeof(guint64)] = 0xff;
	else if (g_str_equal(how, "unterminated"))
		frame->data[frame->len - 1] = 'x';
	else
		memcpy(frame->data, &too_short, sizeof too_short);
	test_put(test, frame->data, frame->len);
	test_ends_with(test, G_IO_ERROR_INVALID_DATA);
}

/* By other terms. */
static void
test_replace_pipe(TestPipe *test, const BridgeLinkPipeTerms *terms)
{
	static const BridgeLinkPipeClient client = {test_received, test_ended};
	int ends[2];

	test_free_pipe(test);
	close(test->peer);
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
	test->peer = ends[1];
	test->pipe = bridge_link_pipe_new(ends[0], terms, &client, test);
}

/* Its form is not looked at, and harms nobody. */
static void
test_malformed_by_its_master(TestPipe *test, gconstpointer data)
{
	static const BridgeLinkPipeTerms terms = {"(ts)", TEST_BYTES_MAX, TEST_BACKLOG_MAX, TRUE};
	g_autoptr(GByteArray) frame = test_frame(7, "text");

	test_replace_pipe(test, &terms);
	frame->data[frame->len - 1] = 'x';
	test_put(test, frame->data, frame->len);
	test_assert_received(test, 0, 7, "");
}

static void
test_number_of_another_length(TestPipe *test, gconstpointer data)
{
	static const BridgeLinkPipeTerms terms = {"t", 8, 8};
	const guint32 length = 7;

	test_replace_pipe(test, &terms);
	test_put(test, &length, sizeof length);
	test_put(test, "1234567", length);
	test_ends_with(test, G_IO_ERROR_INVALID_DATA);
}

static void
test_other_end_closes(TestPipe *test, gconstpointer data)
{
	g_autoptr(GByteArray) frame = test_frame(7, "text");

	test_put(test, frame->data, GPOINTER_TO_UINT(data));
	close(test->peer);
	test->peer = -1;
	test_wait(test, G_MAXUINT);
	g_assert_error(test->ended, G_IO_ERROR, G_IO_ERROR_CLOSED);
	g_assert_cmpuint(test->received->len, ==, 0);
}

/* What it said before is heard. */
static void
test_last_words(TestPipe *test, gconstpointer data)
{
	g_autoptr(GByteArray) frame = test_frame(7, "farewell");

	test_put(test, frame->data, frame->len);
	close(test->peer);
	test->peer = -1;
	test_assert_received(test, 0, 7, "farewell");
	test_wait(test, G_MAXUINT);
	g_assert_error(test->ended, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void
test_freed_by_what_it_tells(TestPipe *test, gconstpointer data)
{
	g_autoptr(GByteArray) frame = test_frame(1, "one");

	test->frees = TRUE;
	test_put(test, frame->data, frame->len);
	test_put(test, frame->data, frame->len);
	test_wait(test, 1);
	test_settle();
	g_assert_cmpuint(test->received->len, ==, 1);
	g_assert_no_error(test->ended);
	g_assert_null(test->pipe);
}

static void
test_freed_at_its_end(TestPipe *test, gconstpointer data)
{
	test->frees = TRUE;
	shutdown(test->peer, SHUT_RDWR);
	test_ends_with(test, G_IO_ERROR_CLOSED);
	g_assert_null(test->pipe);
}

/* ---- Writing --------------------------------------------------------------------------------- */

static void
test_get(TestPipe *test, gpointer place, gsize length)
{
	gsize n_read = 0;

	while (n_read < length) {
		gssize n =
			recv(test->peer, (guint8 *)place + n_read, length - n_read, MSG_DONTWAIT);

		g_assert_cmpint(n, !=, 0);
		if (n > 0)
			n_read += (gsize)n;
		else
			g_main_context_iteration(NULL, FALSE);
	}
}

static void
test_assert_written(TestPipe *test, guint64 number, const char *text)
{
	g_autoptr(GByteArray) expected = test_frame(number, text);
	g_autofree guint8 *found = g_malloc(expected->len);

	test_get(test, found, expected->len);
	g_assert_cmpmem(found, expected->len, expected->data, expected->len);
}

static void
test_written_at_once(TestPipe *test, gconstpointer data)
{
	g_autoptr(GByteArray) expected = test_frame(5, "now");
	guint8 found[64];

	bridge_link_pipe_send(test->pipe, g_variant_new("(ts)", (guint64)5, "now"));
	/* without a turn of the main loop */
	g_assert_cmpint(recv(test->peer, found, sizeof found, MSG_DONTWAIT), ==, expected->len);
	g_assert_cmpmem(found, expected->len, expected->data, expected->len);
}

static void
test_what_does_not_fit_waits(TestPipe *test, gconstpointer data)
{
	g_autofree char *text = g_strnfill(1024 * 1024, 'x');

	bridge_link_pipe_send(test->pipe, g_variant_new("(ts)", (guint64)1, text));
	bridge_link_pipe_send(test->pipe, g_variant_new("(ts)", (guint64)2, text));
	bridge_link_pipe_send(test->pipe, g_variant_new("(ts)", (guint64)3, "last"));
	test_assert_written(test, 1, text);
	test_assert_written(test, 2, text);
	test_assert_written(test, 3, "last");
	bridge_link_pipe_send(test->pipe, g_variant_new("(ts)", (guint64)4, "again"));
	test_assert_written(test, 4, "again");
	test_settle();
	g_assert_no_error(test->ended);
}

static void
test_a_backlog_has_an_end(TestPipe *test, gconstpointer data)
{
	g_autofree char *text = g_strnfill(1024 * 1024, 'x');

	for (guint64 i = 0; i < 5; i++) {
		g_assert_no_error(test->ended); /* never from within */
		bridge_link_pipe_send(test->pipe, g_variant_new("(ts)", i, text));
	}
	test_ends_with(test, G_IO_ERROR_CLOSED);
}

static void
test_nobody_reads_any_more(TestPipe *test, gconstpointer data)
{
	shutdown(test->peer, SHUT_RD);
	bridge_link_pipe_send(test->pipe, g_variant_new("(ts)", (guint64)1, "text"));
	test_ends_with(test, G_IO_ERROR_CLOSED);
}

static void
test_closed_while_it_waits(TestPipe *test, gconstpointer data)
{
	g_autofree char *text = g_strnfill(1024 * 1024, 'x');

	bridge_link_pipe_send(test->pipe, g_variant_new("(ts)", (guint64)1, text));
	close(test->peer);
	test->peer = -1;
	test_wait(test, G_MAXUINT);
	g_assert_nonnull(test->ended);
	test_settle();
}

#define TEST_ADD(name, data, function)                                                             \
	g_test_add("/bridge-link-pipe/" name, TestPipe, data, test_set_up, function, test_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST_ADD("several", NULL, test_several_in_one_piece);
	TEST_ADD("octet-by-octet", NULL, test_octet_by_octet);
	TEST_ADD("large", NULL, test_larger_than_the_socket);
	TEST_ADD("length/none", GUINT_TO_POINTER(0), test_lengths_that_are_refused);
	TEST_ADD("length/beyond", GUINT_TO_POINTER(TEST_BYTES_MAX + 1),
	         test_lengths_that_are_refused);
	TEST_ADD("length/utmost", GUINT_TO_POINTER(G_MAXUINT32), test_lengths_that_are_refused);
	TEST_ADD("length/longest", NULL, test_the_longest_is_awaited);
	TEST_ADD("malformed/encoding", "encoding", test_malformed);
	TEST_ADD("malformed/unterminated", "unterminated", test_malformed);
	TEST_ADD("malformed/short", "short", test_malformed);
	TEST_ADD("malformed/number", NULL, test_number_of_another_length);
	TEST_ADD("malformed/by-its-master", NULL, test_malformed_by_its_master);
	TEST_ADD("closed/between", GUINT_TO_POINTER(0), test_other_end_closes);
	TEST_ADD("closed/in-a-length", GUINT_TO_POINTER(2), test_other_end_closes);
	TEST_ADD("closed/in-a-value", GUINT_TO_POINTER(9), test_other_end_closes);
	TEST_ADD("closed/last-words", NULL, test_last_words);
	TEST_ADD("freed/by-a-value", NULL, test_freed_by_what_it_tells);
	TEST_ADD("freed/at-its-end", NULL, test_freed_at_its_end);
	TEST_ADD("written/at-once", NULL, test_written_at_once);
	TEST_ADD("written/waits", NULL, test_what_does_not_fit_waits);
	TEST_ADD("written/too-much", NULL, test_a_backlog_has_an_end);
	TEST_ADD("written/nobody-reads", NULL, test_nobody_reads_any_more);
	TEST_ADD("written/closed", NULL, test_closed_while_it_waits);
	return g_test_run();
}
