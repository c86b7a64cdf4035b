/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "http/bridge-request-reader.h"

#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST /x HTTP/1.1\r\nHost: a\r\n"

static BridgeRequestProgress
feed(BridgeRequestReader *reader, const char *text)
{
	return bridge_request_reader_feed(reader, text, strlen(text));
}

static void
assert_stolen(BridgeRequestReader *reader, const char *expected)
{
	gboolean keep_alive = FALSE;
	g_autoptr(GBytes) request = bridge_request_reader_steal(reader, &keep_alive);
	g_autofree char *text =
		g_strndup(g_bytes_get_data(request, NULL), g_bytes_get_size(request));

	g_assert_cmpstr(text, ==, expected);
}

static void
test_plain_get(void)
{
	g_autoptr(BridgeRequestReader) reader = bridge_request_reader_new();

	g_assert_cmpint(feed(reader, ""), ==, BRIDGE_REQUEST_NONE);
	g_assert_cmpint(feed(reader, "\r"), ==, BRIDGE_REQUEST_NONE);
	g_assert_cmpint(feed(reader, "\n"), ==, BRIDGE_REQUEST_NONE);
	g_assert_cmpint(feed(reader, "\r\nG"), ==, BRIDGE_REQUEST_HEAD);
	g_assert_cmpint(feed(reader, "ET /a?b=c HTTP/1.1\r\nhost: a:1\r\n\r\n"), ==,
	                BRIDGE_REQUEST_WHOLE);
	assert_stolen(reader, "GET /a?b=c HTTP/1.1\r\nHost: a:1\r\nContent-Length: 0\r\n\r\n");
	g_assert_cmpint(feed(reader, ""), ==, BRIDGE_REQUEST_NONE);
}

static void
test_each_octet_alone(void)
{
	const char *text = POST "Transfer-Encoding: chunked\r\n\r\n"
				"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n";
	g_autoptr(BridgeRequestReader) reader = bridge_request_reader_new();

	for (gsize i = 0; text[i] != '\0'; i++) {
		g_assert_cmpint(bridge_request_reader_feed(reader, "", 0), !=,
		                BRIDGE_REQUEST_WHOLE);
		bridge_request_reader_feed(reader, text + i, 1);
	}
	g_assert_cmpint(feed(reader, ""), ==, BRIDGE_REQUEST_WHOLE);
	assert_stolen(reader, POST "Content-Length: 5\r\n\r\nabcde");
}

static void
test_pipelined(void)
{
	g_autoptr(BridgeRequestReader) reader = bridge_request_reader_new();

	g_assert_cmpint(feed(reader, POST "Content-Length: 2\r\n\r\nhi" GET "\r\n"), ==,
	                BRIDGE_REQUEST_WHOLE);
	assert_stolen(reader, POST "Content-Length: 2\r\n\r\nhi");
	g_assert_cmpint(feed(reader, ""), ==, BRIDGE_REQUEST_WHOLE);
	assert_stolen(reader, GET "Content-Length: 0\r\n\r\n");
	g_assert_cmpuint(bridge_request_reader_get_pending(reader), ==, 0);
}

static void
test_passes_known_fields_only(void)
{
	g_autoptr(BridgeRequestReader) reader = bridge_request_reader_new();

	g_assert_cmpint(feed(reader, GET "Range: bytes=0-,0-,0-\r\nX-Thing: 1\r\n"
	                                 "accept: text/event-stream\r\nAccept: a/b\r\n\r\n"),
	                ==, BRIDGE_REQUEST_WHOLE);
	assert_stolen(reader, GET "Accept: text/event-stream\r\nAccept: a/b\r\n"
	                          "Content-Length: 0\r\n\r\n");
}

static void
test_keep_alive(void)
{
	static const struct {
		const char *text;
		gboolean keep_alive;
	} cases[] = {
		{GET "\r\n", TRUE},
		{GET "Connection: Close\r\n\r\n", FALSE},
		{GET "Connection: x, close\r\n\r\n", FALSE},
		{"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(BridgeRequestReader) reader = bridge_request_reader_new();
		g_autoptr(GBytes) request = NULL;
		gboolean keep_alive = !cases[i].keep_alive;

		g_assert_cmpint(feed(reader, cases[i].text), ==, BRIDGE_REQUEST_WHOLE);
		request = bridge_request_reader_steal(reader, &keep_alive);
		g_assert_cmpint(keep_alive, ==, cases[i].keep_alive);
	}
}

static void
test_expectation_once(void)
{
	g_autoptr(BridgeRequestReader) reader = bridge_request_reader_new();

	g_assert_cmpint(feed(reader, POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"), ==,
	                BRIDGE_REQUEST_BODY);
	g_assert_true(bridge_request_reader_take_expectation(reader));
	g_assert_false(bridge_request_reader_take_expectation(reader));
	g_assert_cmpint(feed(reader, "hi"), ==, BRIDGE_REQUEST_WHOLE);
	assert_stolen(reader, POST "Content-Length: 2\r\n\r\nhi");
}

static void
test_refusals(void)
{
	static const struct {
		const char *text;
		BridgeProblemCode code;
	} cases[] = {
		{"GET / HTTP/1.1\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{GET "Host: b\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{GET "Authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n",
	         BRIDGE_PROBLEM_MALFORMED},
		{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{"GET / HTTP/1.1\r\nHost:\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{"GET / HTTP/1.0\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{"GET /\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{"nonsense\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{GET "No colon\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{GET "Bad Name: x\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{GET "A: b\r\n folded\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{GET "A: b\nC: d\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{GET "A: b\001\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", BRIDGE_PROBLEM_HTTP_VERSION},
		{"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", BRIDGE_PROBLEM_METHOD_UNKNOWN},
		{POST "Content-Length: x\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{POST "Content-Length: -1\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{"GET /?a\r\nRange:x HTTP/1.1\r\nHost: a\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{"GET /?\tx HTTP/1.1\r\nHost: a\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{"GET /?a b HTTP/1.1\r\nHost: a\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{POST "Content-Length: +1\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{POST "Content-Length: 1, 1\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{POST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
	         BRIDGE_PROBLEM_MALFORMED},
		{"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
	         BRIDGE_PROBLEM_MALFORMED},
		{POST "Transfer-Encoding: gzip, chunked\r\n\r\n", BRIDGE_PROBLEM_ENCODING_UNKNOWN},
		{POST "Content-Length: 65537\r\n\r\n", BRIDGE_PROBLEM_BODY_TOO_LARGE},
		{POST "Content-Length: 99999999999999999999999\r\n\r\n",
	         BRIDGE_PROBLEM_BODY_TOO_LARGE},
		{POST "Transfer-Encoding: chunked\r\n\r\n10001\r\n", BRIDGE_PROBLEM_BODY_TOO_LARGE},
		{POST "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
	         BRIDGE_PROBLEM_BODY_TOO_LARGE},
		{POST "Transfer-Encoding: chunked\r\n\r\nx\r\n", BRIDGE_PROBLEM_MALFORMED},
		{POST "Transfer-Encoding: chunked\r\n\r\n\r\n", BRIDGE_PROBLEM_MALFORMED},
		{POST "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", BRIDGE_PROBLEM_MALFORMED},
		{POST "Transfer-Encoding: chunked\r\n\r\n1;\nx\r\n", BRIDGE_PROBLEM_MALFORMED},
		{POST "Transfer-Encoding: chunked\r\n\r\n1;\rx\r\n", BRIDGE_PROBLEM_MALFORMED},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(BridgeRequestReader) reader = bridge_request_reader_new();
		const char *detail = NULL;

		g_test_message("case %u", i);
		g_assert_cmpint(feed(reader, cases[i].text), ==, BRIDGE_REQUEST_REFUSED);
		g_assert_cmpint(bridge_request_reader_get_refusal(reader, &detail), ==,
		                cases[i].code);
		g_assert_cmpint(feed(reader, GET "\r\n"), ==, BRIDGE_REQUEST_REFUSED);
	}
}

static void
test_refuses_nul(void)
{
	const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n";
	g_autoptr(BridgeRequestReader) reader = bridge_request_reader_new();

	g_assert_cmpint(bridge_request_reader_feed(reader, text, sizeof(text) - 1), ==,
	                BRIDGE_REQUEST_REFUSED);
}

static void
test_head_limit(void)
{
	g_autofree char *filler = g_strnfill(BRIDGE_REQUEST_HEAD_BYTES_MAX, 'x');
	g_autoptr(BridgeRequestReader) reader = bridge_request_reader_new();
	const char *detail = NULL;

	g_assert_cmpint(feed(reader, GET "A: "), ==, BRIDGE_REQUEST_HEAD);
	g_assert_cmpint(feed(reader, filler), ==, BRIDGE_REQUEST_REFUSED);
	g_assert_cmpint(bridge_request_reader_get_refusal(reader, &detail), ==,
	                BRIDGE_PROBLEM_HEAD_TOO_LARGE);
}

/* Many small chunks add up too. */
static void
test_chunks_add_up(void)
{
	g_autoptr(BridgeRequestReader) reader = bridge_request_reader_new();
	g_autofree char *filler = g_strnfill(0x1000, 'x');
	g_autofree char *chunk = g_strconcat("1000\r\n", filler, "\r\n", NULL);
	const char *detail = NULL;

	feed(reader, POST "Transfer-Encoding: chunked\r\n\r\n");
	for (guint i = 0; i < 16; i++)
		g_assert_cmpint(feed(reader, chunk), ==, BRIDGE_REQUEST_BODY);
	g_assert_cmpint(feed(reader, "1\r\n"), ==, BRIDGE_REQUEST_REFUSED);
	g_assert_cmpint(bridge_request_reader_get_refusal(reader, &detail), ==,
	                BRIDGE_PROBLEM_BODY_TOO_LARGE);
}

static void
test_largest_body(void)
{
	g_autoptr(BridgeRequestReader) reader = bridge_request_reader_new();
	g_autofree char *body = g_strnfill(BRIDGE_REQUEST_BODY_BYTES_MAX, 'x');

	g_assert_cmpint(feed(reader, POST "Content-Length: 65536\r\n\r\n"), ==,
	                BRIDGE_REQUEST_BODY);
	g_assert_cmpint(feed(reader, body), ==, BRIDGE_REQUEST_WHOLE);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/request-reader/plain-get", test_plain_get);
	g_test_add_func("/request-reader/each-octet-alone", test_each_octet_alone);
	g_test_add_func("/request-reader/pipelined", test_pipelined);
	g_test_add_func("/request-reader/passes-known-fields-only", test_passes_known_fields_only);
	g_test_add_func("/request-reader/keep-alive", test_keep_alive);
	g_test_add_func("/request-reader/expectation-once", test_expectation_once);
	g_test_add_func("/request-reader/refusals", test_refusals);
	g_test_add_func("/request-reader/refuses-nul", test_refuses_nul);
	g_test_add_func("/request-reader/head-limit", test_head_limit);
	g_test_add_func("/request-reader/chunks-add-up", test_chunks_add_up);
	g_test_add_func("/request-reader/largest-body", test_largest_body);
	return g_test_run();
}
