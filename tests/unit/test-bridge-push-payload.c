/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "link/bridge-push-link.h"
#include "pushes/bridge-push-payload.h"

static const BridgePushItem item = {
	.kind = BRIDGE_PUSH_MESSAGE,
	.key = (char *)"message romeo@example.org",
	.conversation = (char *)"romeo@example.org",
	.body = (char *)"\"wherefore\"",
	.count = 2,
	.seq = 7,
	.time_us = 1800000000 * (gint64)G_USEC_PER_SEC,
};

static char *
build(const BridgePushItem *of, const char *service, BridgePushContent content, gboolean encrypted)
{
	BridgePushTerms terms = {.service = service,
	                         .id = "msg_1",
	                         .content = content,
	                         .encrypted = encrypted,
	                         .cursor = "e.7",
	                         .badge = 3,
	                         .name = "Romeo"};
	g_autoptr(GBytes) payload = bridge_push_payload_build(of, &terms);

	return g_strndup(g_bytes_get_data(payload, NULL), g_bytes_get_size(payload));
}

static void
test_says_what_was_asked_for(void)
{
	g_autofree char *none =
		build(&item, BRIDGE_PUSH_SERVICE_WEB, BRIDGE_PUSH_CONTENT_NONE, TRUE);
	g_autofree char *sender =
		build(&item, BRIDGE_PUSH_SERVICE_WEB, BRIDGE_PUSH_CONTENT_SENDER, TRUE);
	g_autofree char *full =
		build(&item, BRIDGE_PUSH_SERVICE_WEB, BRIDGE_PUSH_CONTENT_FULL, TRUE);

	g_assert_cmpstr(none, ==,
	                "{\"v\":1,\"id\":\"msg_1\",\"type\":\"new\",\"data\":{\"cursor\":\"e.7\","
	                "\"badge\":3}}");
	g_assert_cmpstr(
		sender, ==,
		"{\"v\":1,\"id\":\"msg_1\",\"type\":\"message\",\"data\":{\"cursor\":\"e.7\","
		"\"badge\":3,\"conversation\":\"romeo@example.org\",\"name\":\"Romeo\","
		"\"count\":2,\"off_the_record\":false}}");
	g_assert_nonnull(strstr(full, "\"body\":\"\\\"wherefore\\\"\""));
}

/* Also who is told nothing else. */
static void
test_says_that_something_is_lost(void)
{
	BridgePushTerms terms = {.service = BRIDGE_PUSH_SERVICE_WEB,
	                         .id = "msg_1",
	                         .content = BRIDGE_PUSH_CONTENT_NONE,
	                         .cursor = "e.7",
	                         .gap = TRUE};
	g_autoptr(GBytes) payload = bridge_push_payload_build(&item, &terms);
	g_autofree char *text =
		g_strndup(g_bytes_get_data(payload, NULL), g_bytes_get_size(payload));

	g_assert_nonnull(strstr(text, "\"gap\":true"));
}

static void
test_is_a_webhook(void)
{
	BridgePushItem request = item;
	g_autofree char *text = NULL;

	request.kind = BRIDGE_PUSH_SUBSCRIPTION_REQUEST;
	text = build(&request, BRIDGE_PUSH_SERVICE_WEBHOOK, BRIDGE_PUSH_CONTENT_FULL, FALSE);
	g_assert_true(g_str_has_prefix(text, "{\"type\":\"subscription.request\","
	                                     "\"timestamp\":\"2027-01-15T08:00:00.000Z\","
	                                     "\"data\":{"));
}

static void
test_hushes_in_clear(void)
{
	BridgePushItem hushed = item;
	g_autofree char *clear = NULL;
	g_autofree char *encrypted = NULL;

	hushed.off_the_record = TRUE;
	clear = build(&hushed, BRIDGE_PUSH_SERVICE_WEBHOOK, BRIDGE_PUSH_CONTENT_FULL, FALSE);
	encrypted = build(&hushed, BRIDGE_PUSH_SERVICE_WEB, BRIDGE_PUSH_CONTENT_FULL, TRUE);
	g_assert_null(strstr(clear, "wherefore"));
	g_assert_nonnull(strstr(clear, "\"off_the_record\":true"));
	g_assert_nonnull(strstr(encrypted, "wherefore"));
}

/* Whatever letters it is of. */
static void
test_is_cut_at_a_letter(void)
{
	static const char *const letters[] = {"a",  "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
	                                      "\"", "\x01"};

	for (guint i = 0; i < G_N_ELEMENTS(letters); i++) {
		BridgePushItem large = item;
		g_autoptr(GString) body = g_string_new(NULL);
		g_autofree char *text = NULL;

		while (body->len < 20000)
			g_string_append(body, letters[i]);
		large.body = body->str;
		text = build(&large, BRIDGE_PUSH_SERVICE_WEB, BRIDGE_PUSH_CONTENT_FULL, TRUE);
		g_assert_cmpuint(strlen(text), <=, BRIDGE_PUSH_PAYLOAD_BYTES_MAX);
		g_assert_cmpuint(strlen(text), >, BRIDGE_PUSH_PAYLOAD_BYTES_MAX - 16);
		g_assert_true(g_utf8_validate(text, -1, NULL));
		g_assert_true(g_str_has_suffix(text, "\"}}"));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/push-payload/says-what-was-asked-for", test_says_what_was_asked_for);
	g_test_add_func("/push-payload/says-that-something-is-lost",
	                test_says_that_something_is_lost);
	g_test_add_func("/push-payload/is-a-webhook", test_is_a_webhook);
	g_test_add_func("/push-payload/hushes-in-clear", test_hushes_in_clear);
	g_test_add_func("/push-payload/is-cut-at-a-letter", test_is_cut_at_a_letter);
	return g_test_run();
}
