/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What every request goes through, over a real socket and with routes of the test's own. */
#include "config.h"

#include <string.h>

#include "api/bridge-server.h"
#include "base/bridge-error.h"
#include "http-testing.h"

#define HOST "Host: bridge.example\r\n"

typedef struct {
	BridgeServer *server;
	char *address;
	guint handled;
	BridgeExchange *kept;
	guint drained;
} Fixture;

/* ---- Routes ---------------------------------------------------------------------------------- */

static void
handle_get(BridgeExchange *exchange)
{
	Fixture *fixture = bridge_exchange_get_context(exchange);

	fixture->handled++;
	bridge_exchange_answer_text(exchange, 200, g_strdup("{\"a\":1}"));
}

static void
handle_thing(BridgeExchange *exchange)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	guint number = 0;

	if (!bridge_exchange_get_query_uint(exchange, "n", 1, 9, 5, &number))
		return;
	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "id", bridge_exchange_get_parameter(exchange));
	bridge_json_add_string(builder, "q", bridge_exchange_get_query(exchange, "q"));
	bridge_json_add_int(builder, "n", number);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

static void
handle_post(BridgeExchange *exchange)
{
	Fixture *fixture = bridge_exchange_get_context(exchange);
	g_autoptr(BridgeJsonReader) reader =
		bridge_json_reader_new(bridge_exchange_get_body(exchange));

	fixture->handled++;
	bridge_json_reader_get_string(reader, "/name", BRIDGE_JSON_REQUIRED, 5);
	if (bridge_exchange_check_reader(exchange, reader))
		bridge_exchange_answer_empty(exchange, 204);
}

static void
handle_silent(BridgeExchange *exchange)
{
}

static void
handle_fail(BridgeExchange *exchange)
{
	g_autoptr(GError) error =
		g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "inner secret");

	bridge_exchange_fail(exchange, error);
}

static void
handle_fail_store(BridgeExchange *exchange)
{
	g_autoptr(GError) error =
		g_error_new_literal(BRIDGE_ERROR, BRIDGE_ERROR_STORE, "/secret/path: full");

	bridge_exchange_fail(exchange, error);
}

static void
drained_cb(gpointer user_data)
{
	Fixture *fixture = user_data;

	fixture->drained++;
	if (fixture->drained < 3) {
		bridge_exchange_write_stream(fixture->kept, g_string_new("piece\n"));
		return;
	}
	bridge_exchange_end_stream(fixture->kept);
	g_clear_object(&fixture->kept);
}

static void
handle_stream(BridgeExchange *exchange)
{
	Fixture *fixture = bridge_exchange_get_context(exchange);

	fixture->kept = g_object_ref(exchange);
	bridge_exchange_begin_stream(exchange, "text/plain", drained_cb, fixture);
	bridge_exchange_write_stream(exchange, g_string_new("piece\n"));
}

static const BridgeRoute routes[] = {
	{"GET", "/get", BRIDGE_ROUTE_OPEN, handle_get},
	{"POST", "/get", BRIDGE_ROUTE_OPEN | BRIDGE_ROUTE_BODY, handle_post},
	{"GET", "/bodily", BRIDGE_ROUTE_OPEN | BRIDGE_ROUTE_NO_HEAD, handle_get},
	{"GET", "/things/{id}/part", BRIDGE_ROUTE_OPEN, handle_thing},
	{"GET", "/silent", BRIDGE_ROUTE_OPEN, handle_silent},
	{"GET", "/fail", BRIDGE_ROUTE_OPEN, handle_fail},
	{"GET", "/fail-store", BRIDGE_ROUTE_OPEN, handle_fail_store},
	{"GET", "/stream", BRIDGE_ROUTE_OPEN, handle_stream},
	{"POST", "/sign-in", BRIDGE_ROUTE_OPEN | BRIDGE_ROUTE_BODY | BRIDGE_ROUTE_SIGN_IN,
         handle_post},
	{"GET", "/mine", BRIDGE_ROUTE_TOKEN, handle_get},
	{NULL},
};

/* ---- Warnings -------------------------------------------------------------------------------- */

static GString *warnings;

static GLogWriterOutput
collect_warning(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
	if ((level & G_LOG_LEVEL_WARNING) == 0)
		return g_log_writer_default(level, fields, n_fields, user_data);
	for (gsize i = 0; i < n_fields; i++)
		if (g_str_equal(fields[i].key, "MESSAGE"))
			g_string_append_printf(warnings, "%s\n", (const char *)fields[i].value);
	return G_LOG_WRITER_HANDLED;
}

/* ---- Fixture --------------------------------------------------------------------------------- */

static void
set_up(Fixture *fixture, gconstpointer data)
{
	static const char *const names[] = {"bridge.example", "[::1]", NULL};
	static const char *const origins[] = {"https://app.example", NULL};
	static const BridgeLimitsConfig limits = {.requests_per_second = 1,
	                                          .account_requests_per_second = 1,
	                                          .sign_ins_per_minute = 2,
	                                          .account_sign_ins_per_minute = 2};
	gboolean limited = GPOINTER_TO_INT(data);
	BridgeServerOptions options = {
		.routes = routes,
		.context = fixture,
		.host_names = names,
		.origins = origins,
		.limits = limited ? &limits : NULL,
		.listener = {.max_connections = 100,
	                     .max_per_address = 100,
	                     .deadlines = BRIDGE_LISTENER_DEADLINES},
	};
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) addresses = NULL;

	fixture->server = bridge_server_new(&options);
	bridge_listener_add(bridge_server_get_listener(fixture->server), "127.0.0.1:0", &error);
	g_assert_no_error(error);
	addresses = bridge_listener_dup_addresses(bridge_server_get_listener(fixture->server));
	fixture->address = g_strdup(addresses[0]);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	bridge_server_stop(fixture->server);
	g_assert_finalize_object(fixture->server);
	g_free(fixture->address);
	g_assert_cmpstr(warnings->str, ==, "");
}

typedef struct {
	const char *address;
	const char *request;
	char *answer;
} Ask;

static void
ask_cb(gpointer user_data)
{
	Ask *ask = user_data;

	ask->answer = http_ask(ask->address, ask->request);
}

/* @request: "METHOD path" and further lines */
static char *
ask_raw(Fixture *fixture, const char *request)
{
	Ask ask = {fixture->address, request, NULL};

	http_run(ask_cb, &ask);
	return ask.answer;
}

static char *
ask(Fixture *fixture, const char *method_and_path, const char *fields)
{
	g_autofree char *request = g_strconcat(method_and_path, " HTTP/1.1\r\n" HOST, fields,
	                                       "Connection: close\r\n\r\n", NULL);

	return ask_raw(fixture, request);
}

static char *
ask_post(Fixture *fixture, const char *path, const char *type, const char *body)
{
	g_autofree char *request = g_strdup_printf(
		"POST %s HTTP/1.1\r\n" HOST "%s%s%sContent-Length: %zu\r\n"
		"Connection: close\r\n\r\n%s",
		path, type != NULL ? "Content-Type: " : "", type != NULL ? type : "",
		type != NULL ? "\r\n" : "", strlen(body), body);

	return ask_raw(fixture, request);
}

static void
assert_status(const char *answer, guint status)
{
	g_autofree char *line = g_strdup_printf("HTTP/1.1 %u ", status);

	if (!g_str_has_prefix(answer, line))
		g_error("%u was wanted, this came: %s", status, answer);
}

static void
assert_problem(const char *answer, guint status, const char *code)
{
	g_autofree char *member = g_strdup_printf("\"code\":\"%s\"", code);

	assert_status(answer, status);
	g_assert_null(strstr(answer, "Unknown Error"));
	g_assert_nonnull(strstr(answer, "\r\nContent-Type: application/problem+json\r\n"));
	g_assert_nonnull(strstr(answer, "\r\nCache-Control: no-store\r\n"));
	g_assert_nonnull(strstr(answer, member));
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void
test_get(Fixture *fixture, gconstpointer data)
{
	g_autofree char *answer = ask(fixture, "GET /get", "");

	assert_status(answer, 200);
	g_assert_true(g_str_has_suffix(answer, "\r\n\r\n{\"a\":1}"));
	g_assert_nonnull(strstr(answer, "\r\nContent-Type: application/json\r\n"));
	g_assert_nonnull(strstr(answer, "\r\nCache-Control: no-store\r\n"));
	g_assert_null(strstr(answer, "Access-Control"));
}

static void
test_head(Fixture *fixture, gconstpointer data)
{
	g_autofree char *answer = ask(fixture, "HEAD /get", "");
	g_autofree char *bodily = ask(fixture, "HEAD /bodily", "");

	assert_status(answer, 200);
	g_assert_nonnull(strstr(answer, "\r\nContent-Length: 7\r\n"));
	g_assert_true(g_str_has_suffix(answer, "\r\n\r\n"));
	assert_status(bodily, 405);
	g_assert_nonnull(strstr(bodily, "\r\nAllow: OPTIONS, GET\r\n"));
}

static void
test_not_found(Fixture *fixture, gconstpointer data)
{
	static const char *const paths[] = {"/",
	                                    "/nothing",
	                                    "/get/",
	                                    "/GET",
	                                    "//get",
	                                    "/things//part",
	                                    "/things/a",
	                                    "/things/%ff/part",
	                                    "/things/a/b/part"};

	for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *line = g_strconcat("GET ", paths[i], NULL);
		g_autofree char *answer = ask(fixture, line, "");

		assert_problem(answer, 404, "not-found");
	}
	g_assert_cmpuint(fixture->handled, ==, 0);
}

static void
test_methods(Fixture *fixture, gconstpointer data)
{
	g_autofree char *refused = ask(fixture, "DELETE /get", "");
	g_autofree char *options = ask(fixture, "OPTIONS /get", "");
	g_autofree char *star = ask(fixture, "OPTIONS *", "");
	g_autofree char *nowhere = ask(fixture, "OPTIONS /nothing", "");

	assert_problem(refused, 405, "method-not-allowed");
	g_assert_nonnull(strstr(refused, "\r\nAllow: OPTIONS, GET, HEAD, POST\r\n"));
	assert_status(options, 204);
	g_assert_nonnull(strstr(options, "\r\nAllow: OPTIONS, GET, HEAD, POST\r\n"));
	assert_status(star, 204);
	assert_problem(nowhere, 404, "not-found");
}

static void
test_parameters(Fixture *fixture, gconstpointer data)
{
	g_autofree char *plain = ask(fixture, "GET /things/a/part", "");
	g_autofree char *escaped = ask(fixture, "GET /things/a%2Fb%20c/part?q=x+y%26&n=9", "");

	g_assert_true(g_str_has_suffix(plain, "{\"id\":\"a\",\"q\":null,\"n\":5}"));
	g_assert_true(g_str_has_suffix(escaped, "{\"id\":\"a/b c\",\"q\":\"x y&\",\"n\":9}"));
}

static void
test_bad_queries(Fixture *fixture, gconstpointer data)
{
	static const char *const queries[] = {
		"n=0",   "n=10", "n=", "n=x", "n=-1", "n=1.0", "n=99999999999999999999",
		"q=%ff", "q"};

	for (guint i = 0; i < G_N_ELEMENTS(queries); i++) {
		g_autofree char *line = g_strconcat("GET /things/a/part?", queries[i], NULL);
		g_autofree char *answer = ask(fixture, line, "");

		assert_problem(answer, 400, "malformed");
	}
}

static void
test_hosts(Fixture *fixture, gconstpointer data)
{
	static const char *const good[] = {"bridge.example", "BRIDGE.example:80", "[::1]",
	                                   "[::1]:8642"};
	static const char *const bad[] = {"evil.example", "bridge.example.evil.example",
	                                  "xbridge.example", "::1", "bridge.example:80:80"};

	for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autofree char *request =
			g_strdup_printf("GET /get HTTP/1.1\r\nHost: %s\r\n\r\n", good[i]);
		g_autofree char *answer = ask_raw(fixture, request);

		assert_status(answer, 200);
	}
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *request =
			g_strdup_printf("GET /get HTTP/1.1\r\nHost: %s\r\n\r\n", bad[i]);
		g_autofree char *answer = ask_raw(fixture, request);

		if (!g_str_has_prefix(answer, "HTTP/1.1 400 "))
			assert_problem(answer, 421, "wrong-host");
	}
}

static void
test_origins(Fixture *fixture, gconstpointer data)
{
	static const char *const bad[] = {"https://evil.example",        "null",
	                                  "https://app.example:444",     "http://app.example",
	                                  "https://bridge.example:8642", "bridge.example"};
	g_autofree char *none = ask(fixture, "GET /get", "");
	g_autofree char *own = ask(fixture, "GET /get", "Origin: https://BRIDGE.example\r\n");
	g_autofree char *other = ask(fixture, "GET /get", "Origin: https://app.example\r\n");
	g_autofree char *nothing = ask(fixture, "GET /no", "Origin: https://app.example\r\n");

	assert_status(none, 200);
	g_assert_nonnull(strstr(none, "\r\nVary: Origin\r\n"));
	assert_status(own, 200);
	g_assert_null(strstr(own, "Access-Control"));
	assert_status(other, 200);
	g_assert_nonnull(strstr(other, "\r\nAccess-Control-Allow-Origin: https://app.example\r\n"));
	g_assert_nonnull(strstr(other, "\r\nAccess-Control-Expose-Headers: ETag, RateLimit"));
	g_assert_null(strstr(other, "Credentials"));
	assert_problem(nothing, 404, "not-found");
	g_assert_nonnull(strstr(nothing, "\r\nAccess-Control-Allow-Origin: "));
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *field = g_strdup_printf("Origin: %s\r\n", bad[i]);
		g_autofree char *answer = ask(fixture, "GET /get", field);

		assert_problem(answer, 403, "wrong-origin");
		g_assert_null(strstr(answer, "Access-Control"));
	}
	g_assert_cmpuint(fixture->handled, ==, 3);
}

static void
test_preflight(Fixture *fixture, gconstpointer data)
{
	g_autofree char *good = ask(fixture, "OPTIONS /get",
	                            "Origin: https://app.example\r\n"
	                            "Access-Control-Request-Method: POST\r\n");
	g_autofree char *bad = ask(fixture, "OPTIONS /get", "Origin: https://evil.example\r\n");

	assert_status(good, 204);
	g_assert_nonnull(
		strstr(good, "\r\nAccess-Control-Allow-Methods: OPTIONS, GET, HEAD, POST\r\n"));
	g_assert_nonnull(strstr(good, "\r\nAccess-Control-Allow-Headers: Authorization, Content"));
	g_assert_nonnull(strstr(good, "\r\nAccess-Control-Max-Age: 600\r\n"));
	assert_problem(bad, 403, "wrong-origin");
}

static void
test_bodies(Fixture *fixture, gconstpointer data)
{
	static const struct {
		const char *type;
		const char *body;
		guint status;
		const char *what;
	} cases[] = {
		{"application/json", "{\"name\":\"x\"}", 204, ""},
		{"application/json; charset=utf-8", "{\"name\":\"x\",\"other\":1}", 204, ""},
		{"text/plain", "{\"name\":\"x\"}", 415, "not-json"},
		{"application/x-www-form-urlencoded", "name=x", 415, "not-json"},
		{NULL, "{\"name\":\"x\"}", 415, "not-json"},
		{"application/json", "", 400, "malformed"},
		{"application/json", "{", 400, "malformed"},
		{"application/json", "[]", 400, "malformed"},
		{"application/json", "{\"name\":\"x\",\"name\":\"y\"}", 400, "malformed"},
		{"application/json", "{\"name\":\"\xff\"}", 400, "malformed"},
		{"application/json", "{}", 400, "\"pointer\":\"/name\""},
		{"application/json", "{\"name\":1}", 400, "\"pointer\":\"/name\""},
		{"application/json", "{\"name\":\"123456\"}", 422, "\"pointer\":\"/name\""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *answer = ask_post(fixture, "/get", cases[i].type, cases[i].body);

		g_test_message("case %u", i);
		assert_status(answer, cases[i].status);
		g_assert_nonnull(strstr(answer, cases[i].what));
	}
}

static void
test_request_id(Fixture *fixture, gconstpointer data)
{
	g_autofree char *own = ask(fixture, "GET /get", "X-Request-Id: my.Own-id_1\r\n");
	g_autofree char *odd = ask(fixture, "GET /get", "X-Request-Id: <script>\r\n");
	g_autofree char *none = ask(fixture, "GET /nothing", "");

	g_assert_nonnull(strstr(own, "\r\nX-Request-Id: my.Own-id_1\r\n"));
	g_assert_null(strstr(odd, "<script>"));
	g_assert_nonnull(strstr(odd, "\r\nX-Request-Id: "));
	g_assert_nonnull(strstr(none, "\r\nX-Request-Id: "));
}

static void
test_our_own_failures(Fixture *fixture, gconstpointer data)
{
	g_autofree char *silent = NULL;
	g_autofree char *failed = NULL;
	g_autofree char *store = NULL;

	silent = ask(fixture, "GET /silent", "");
	assert_problem(silent, 500, "internal");
	g_assert_nonnull(strstr(warnings->str, "GET /silent: nobody answered\n"));
	failed = ask(fixture, "GET /fail", "");
	assert_problem(failed, 500, "internal");
	g_assert_null(strstr(failed, "secret"));
	g_assert_nonnull(strstr(warnings->str, "GET /fail: inner secret\n"));
	store = ask(fixture, "GET /fail-store", "");
	assert_problem(store, 503, "store");
	g_assert_null(strstr(store, "secret"));
	g_assert_nonnull(strstr(warnings->str, "GET /fail-store: /secret/path: full\n"));
	g_string_truncate(warnings, 0);
}

static void
test_token_missing(Fixture *fixture, gconstpointer data)
{
	static const char *const fields[] = {"", "Authorization: Basic eDp5\r\n",
	                                     "Authorization: Bearer\r\n",
	                                     "Authorization: Bearer \r\n"};

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
		g_autofree char *answer = ask(fixture, "GET /mine", fields[i]);

		assert_problem(answer, 401, "token-missing");
		g_assert_nonnull(
			strstr(answer, "\r\nWWW-Authenticate: Bearer realm=\"gtalk-bridge\"\r\n"));
	}
	g_assert_cmpuint(fixture->handled, ==, 0);
}

static void
test_requests_are_limited(Fixture *fixture, gconstpointer data)
{
	g_autofree char *first = ask(fixture, "GET /get", "");
	g_autofree char *last = NULL;

	g_assert_nonnull(strstr(first, "\r\nRateLimit-Limit: 3\r\n"));
	g_assert_nonnull(strstr(first, "\r\nRateLimit-Remaining: 2\r\n"));
	g_assert_nonnull(strstr(first, "\r\nRateLimit-Reset: 1\r\n"));
	/* One a second comes back: a slow machine may need a few more. */
	for (guint i = 0; i < 1000 && last == NULL; i++) {
		g_autofree char *answer = ask(fixture, "GET /get", "");

		if (!g_str_has_prefix(answer, "HTTP/1.1 200 "))
			last = g_steal_pointer(&answer);
	}
	g_assert_nonnull(last);
	assert_problem(last, 429, "rate-limited");
	g_assert_nonnull(strstr(last, "\r\nRetry-After: 1\r\n"));
	g_assert_nonnull(strstr(last, "\r\nRateLimit-Remaining: 0\r\n"));
}

/* Guessing tokens counts too, and stops before the store is asked. */
static void
test_guesses_are_limited(Fixture *fixture, gconstpointer data)
{
	gboolean limited = FALSE;

	for (guint i = 0; i < 1000 && !limited; i++) {
		g_autofree char *answer = ask(fixture, "GET /mine", "");

		limited = g_str_has_prefix(answer, "HTTP/1.1 429 ");
	}
	g_assert_true(limited);
}

static void
test_sign_ins_are_limited(Fixture *fixture, gconstpointer data)
{
	const char *body = "{\"name\":\"x\"}";
	g_autofree char *first = ask_post(fixture, "/sign-in", "application/json", body);
	g_autofree char *second = ask_post(fixture, "/sign-in", "application/json", body);
	g_autofree char *third = ask_post(fixture, "/sign-in", "application/json", body);

	assert_status(first, 204);
	g_assert_nonnull(strstr(first, "\r\nRateLimit-Limit: 2\r\n"));
	assert_status(second, 204);
	assert_problem(third, 429, "rate-limited");
	g_assert_null(strstr(third, "\r\nRetry-After: 0\r\n"));
}

static void
test_stream(Fixture *fixture, gconstpointer data)
{
	g_autofree char *request = g_strdup("GET /stream HTTP/1.1\r\n" HOST "\r\n");
	g_autofree char *answer = ask_raw(fixture, request);

	assert_status(answer, 200);
	g_assert_nonnull(strstr(answer, "\r\nConnection: close\r\n"));
	g_assert_true(g_str_has_suffix(answer, "\r\n\r\npiece\npiece\npiece\n"));
	g_assert_cmpuint(fixture->drained, ==, 3);
	g_assert_null(fixture->kept);
}

#define LIMITED GINT_TO_POINTER(TRUE)
#define ADD(path, data, test) g_test_add("/server/" path, Fixture, data, set_up, test, tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	warnings = g_string_new(NULL);
	g_log_set_writer_func(collect_warning, NULL, NULL);
	ADD("get", NULL, test_get);
	ADD("head", NULL, test_head);
	ADD("not-found", NULL, test_not_found);
	ADD("methods", NULL, test_methods);
	ADD("parameters", NULL, test_parameters);
	ADD("bad-queries", NULL, test_bad_queries);
	ADD("hosts", NULL, test_hosts);
	ADD("origins", NULL, test_origins);
	ADD("preflight", NULL, test_preflight);
	ADD("bodies", NULL, test_bodies);
	ADD("request-id", NULL, test_request_id);
	ADD("our-own-failures", NULL, test_our_own_failures);
	ADD("token-missing", NULL, test_token_missing);
	ADD("requests-are-limited", LIMITED, test_requests_are_limited);
	ADD("guesses-are-limited", LIMITED, test_guesses_are_limited);
	ADD("sign-ins-are-limited", LIMITED, test_sign_ins_are_limited);
	ADD("stream", NULL, test_stream);
	return g_test_run();
}
