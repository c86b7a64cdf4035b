/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include <json-glib/json-glib.h>

#include "base/bridge-error.h"
#include "http/bridge-problem.h"

static void
test_table_is_complete(void)
{
	g_autoptr(GHashTable) codes = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < BRIDGE_PROBLEM_COUNT; i++) {
		const BridgeProblem *problem = bridge_problem_get(i);

		g_assert_nonnull(problem->code);
		g_assert_nonnull(problem->title);
		g_assert_cmpuint(problem->status, >=, 400);
		g_assert_true(g_hash_table_add(codes, (gpointer)problem->code));
	}
}

/* The contract: 429 and 503 always carry Retry-After, and nothing else needs it. */
static void
test_retry_after(void)
{
	for (guint i = 0; i < BRIDGE_PROBLEM_COUNT; i++) {
		const BridgeProblem *problem = bridge_problem_get(i);
		gboolean waits = problem->status == 429 || problem->status == 503;

		g_assert_cmpint(problem->retry_after_s > 0, ==, waits);
		g_assert_true(!waits || problem->retryable);
	}
}

static void
test_core_errors(void)
{
	for (int code = 0; code <= BRIDGE_ERROR_ACCOUNT_ERASED; code++) {
		g_autoptr(GError) error = g_error_new_literal(BRIDGE_ERROR, code, "x");
		BridgeProblemCode problem = bridge_problem_from_error(error);

		g_assert_cmpint(problem, !=, BRIDGE_PROBLEM_INTERNAL);
		g_assert_true(problem != BRIDGE_PROBLEM_MALFORMED);
	}
}

static void
test_strange_errors_are_ours(void)
{
	g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "x");
	g_autoptr(GError) newer = g_error_new_literal(BRIDGE_ERROR, 9999, "x");

	g_assert_cmpint(bridge_problem_from_error(error), ==, BRIDGE_PROBLEM_INTERNAL);
	g_assert_cmpint(bridge_problem_from_error(newer), ==, BRIDGE_PROBLEM_INTERNAL);
}

static void
test_document(void)
{
	g_autoptr(GPtrArray) fields =
		g_ptr_array_new_with_free_func((GDestroyNotify)bridge_problem_field_free);
	BridgeProblemField *field = g_new0(BridgeProblemField, 1);
	g_autofree char *text = NULL;

	field->pointer = g_strdup("/to");
	field->detail = g_strdup("no \"address\"");
	g_ptr_array_add(fields, field);
	text = bridge_problem_build(BRIDGE_PROBLEM_CREDENTIALS_REFUSED, "expired", fields);
	g_assert_cmpstr(text, ==,
	                "{\"type\":\"/problems/credentials-refused\","
	                "\"code\":\"credentials-refused\","
	                "\"title\":\"The chat server refused the credentials\",\"status\":422,"
	                "\"detail\":\"expired\",\"retryable\":false,"
	                "\"user_action\":\"sign-in-again\","
	                "\"errors\":[{\"pointer\":\"/to\",\"detail\":\"no \\\"address\\\"\"}]}");
}

/* libsoup's own table ends before RFC 6585. */
static void
test_reasons(void)
{
	g_assert_cmpstr(bridge_problem_get_reason(200), ==, "OK");
	g_assert_cmpstr(bridge_problem_get_reason(404), ==, "Not Found");
	g_assert_cmpstr(bridge_problem_get_reason(429), ==, "Too Many Requests");
	for (guint code = 0; code < BRIDGE_PROBLEM_COUNT; code++)
		g_assert_cmpstr(bridge_problem_get_reason(bridge_problem_get(code)->status), !=,
		                "Unknown Error");
}

static void
test_response(void)
{
	g_autofree char *text = bridge_problem_build_response(BRIDGE_PROBLEM_BUSY, NULL);
	const char *body = strstr(text, "\r\n\r\n");
	g_autofree char *length = NULL;

	g_assert_true(g_str_has_prefix(text, "HTTP/1.1 503 Service Unavailable\r\n"));
	g_assert_nonnull(strstr(text, "\r\nRetry-After: 2\r\n"));
	g_assert_nonnull(strstr(text, "\r\nConnection: close\r\n"));
	g_assert_nonnull(body);
	length = g_strdup_printf("\r\nContent-Length: %zu\r\n", strlen(body + 4));
	g_assert_nonnull(strstr(text, length));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/problem/table-is-complete", test_table_is_complete);
	g_test_add_func("/problem/retry-after", test_retry_after);
	g_test_add_func("/problem/core-errors", test_core_errors);
	g_test_add_func("/problem/strange-errors-are-ours", test_strange_errors_are_ours);
	g_test_add_func("/problem/document", test_document);
	g_test_add_func("/problem/reasons", test_reasons);
	g_test_add_func("/problem/response", test_response);
	return g_test_run();
}
