/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Apple's push service, over HTTP/2. Of an order: the endpoint is the device's token in hexadecimal
 * digits, the target "production" or "sandbox"; and id, payload, the device's key and secret, time
 * to live, urgency, topic, and when the device gave its token.
 *
 * The push is encrypted as for Web Push; it is "e" beside "aps", in base64url. The app's extension
 * opens it before anything is shown; where that fails, a sentence is shown which the app has for
 * "loc-key". What need not be shown is a push in the background. */
#include "config.h"

#include <string.h>

#include "push-apns-key.h"
#include "push-json.h"
#include "push-service.h"

#define APNS_BODY_BYTES_MAX 4096
#define APNS_TTL_MAX_S (28 * 24 * 60 * 60)
#define APNS_LOC_KEY "GTALK_BRIDGE_NEWS"

/* ---- The request ----------------------------------------------------------------------------- */

static gboolean
push_apns_is_quiet(const BridgePushOrder *push)
{
	return g_str_equal(push->urgency, "low");
}

static GUri *
push_apns_build_uri(PushContext *context, const BridgePushOrder *push, GError **error)
{
	const char *token = push->endpoint;
	gboolean sandbox = g_str_equal(push->target, "sandbox");
	gsize length = strlen(token);
	g_autofree char *path = NULL;

	if (length == 0 || length > BRIDGE_PUSH_APNS_TOKEN_CHARS_MAX || length % 2 != 0 ||
	    strspn(token, "0123456789abcdef") != length) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		                    "there is no device token");
		return NULL;
	}
	path = g_strconcat("/3/device/", token, NULL);
	return g_uri_parse_relative(sandbox ? context->apns_sandbox_uri : context->apns_uri, path,
	                            SOUP_HTTP_URI_FLAGS, error);
}

static void
push_apns_add_aps(JsonBuilder *builder, const BridgePushOrder *push)
{
	gboolean quiet = push_apns_is_quiet(push);

	json_builder_set_member_name(builder, "aps");
	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, quiet ? "content-available" : "mutable-content");
	json_builder_add_int_value(builder, 1);
	if (!quiet) {
		json_builder_set_member_name(builder, "alert");
		json_builder_begin_object(builder);
		json_builder_set_member_name(builder, "loc-key");
		json_builder_add_string_value(builder, APNS_LOC_KEY);
		json_builder_end_object(builder);
		json_builder_set_member_name(builder, "sound");
		json_builder_add_string_value(builder, "default");
	}
	if (!quiet && *push->topic != '\0') {
		json_builder_set_member_name(builder, "thread-id");
		json_builder_add_string_value(builder, push->topic);
	}
	json_builder_end_object(builder);
}

static GBytes *
push_apns_build_body(const BridgePushOrder *push, const PushSealed *sealed, GError **error)
{
	g_autofree char *encrypted =
		push_service_write_sealed(sealed->body, APNS_BODY_BYTES_MAX, error);
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL;
	gsize length;

	if (encrypted == NULL)
		return NULL;
	json_builder_begin_object(builder);
	push_apns_add_aps(builder, push);
	json_builder_set_member_name(builder, "e");
	json_builder_add_string_value(builder, encrypted);
	json_builder_end_object(builder);
	root = json_builder_get_root(builder);
	text = json_to_string(root, FALSE);
	length = strlen(text);
	if (length <= APNS_BODY_BYTES_MAX)
		return g_bytes_new_take(g_steal_pointer(&text), length);
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
	                    "the service carries no more than that");
	return NULL;
}

/* The same for each attempt, in the form that Apple wants (RFC 9562 section 5.8). */
static char *
push_apns_build_id(const BridgePushOrder *push)
{
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, push->id, -1);

	return g_strdup_printf("%.8s-%.4s-8%.3s-8%.3s-%.12s", hash, hash + 8, hash + 12, hash + 16,
	                       hash + 20);
}

static char *
push_apns_build_expiration(const BridgePushOrder *push)
{
	if (push->ttl_s == 0)
		return g_strdup("0"); /* now or never */
	return g_strdup_printf("%" G_GINT64_FORMAT, g_get_real_time() / G_USEC_PER_SEC +
	                                                    MIN(push->ttl_s, APNS_TTL_MAX_S));
}

static void
push_apns_add_headers(SoupMessageHeaders *headers, PushContext *context,
                      const BridgePushOrder *push)
{
	gboolean quiet = push_apns_is_quiet(push);
	gboolean hurried = g_str_equal(push->urgency, "high");
	g_autofree char *id = push_apns_build_id(push);
	g_autofree char *expiration = push_apns_build_expiration(push);

	soup_message_headers_replace(headers, "apns-topic", context->apns_topic);
	soup_message_headers_replace(headers, "apns-push-type", quiet ? "background" : "alert");
	soup_message_headers_replace(headers, "apns-priority", hurried ? "10" : "5");
	soup_message_headers_replace(headers, "apns-expiration", expiration);
	soup_message_headers_replace(headers, "apns-id", id);
	if (*push->topic != '\0')
		soup_message_headers_replace(headers, "apns-collapse-id", push->topic);
}

static gboolean
push_apns_build(PushContext *context, const BridgePushOrder *push, const PushSealed *sealed,
                PushRequest *request, GError **error)
{
	const char *authorization = NULL;

	request->uri = push_apns_build_uri(context, push, error);
	if (request->uri == NULL)
		return FALSE;
	request->body = push_apns_build_body(push, sealed, error);
	if (request->body != NULL)
		authorization = push_apns_key_get_authorization(context->apns,
		                                                g_get_monotonic_time(), error);
	if (authorization == NULL)
		return FALSE;
	request->headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_REQUEST);
	push_apns_add_headers(request->headers, context, push);
	soup_message_headers_replace(request->headers, "authorization", authorization);
	return TRUE;
}

static void
push_apns_prepare(PushContext *context, PushFetcher *fetcher, PushReady ready, gpointer user_data)
{
	static const PushJudgement no_key = {BRIDGE_PUSH_CONFIG, .detail = "credential"};

	ready(context->apns != NULL ? NULL : &no_key, user_data);
}

static gboolean
push_apns_renew(PushContext *context, const BridgePushOrder *push, gint64 begun_us)
{
	return push_apns_key_forget_token(context->apns, begun_us, g_get_monotonic_time());
}

/* ---- The answer ------------------------------------------------------------------------------ */

typedef struct {
	guint status;
	const char *reason; /* NULL: any other */
	BridgePushResult result;
	const char *detail;
} PushApnsReason;

/* What is not here means what its status means. */
static const PushApnsReason push_apns_reasons[] = {
	{400, "BadDeviceToken", BRIDGE_PUSH_GONE, "gone"},
	{400, "DeviceTokenNotForTopic", BRIDGE_PUSH_GONE, "other-topic"},
	{400, "BadTopic", BRIDGE_PUSH_CONFIG, "topic"},
	{400, "MissingTopic", BRIDGE_PUSH_CONFIG, "topic"},
	{400, "TopicDisallowed", BRIDGE_PUSH_CONFIG, "topic"},
	{400, "IdleTimeout", BRIDGE_PUSH_TRANSIENT, "service-trouble"},
	{403, "ExpiredProviderToken", BRIDGE_PUSH_AUTH, "not-authorized"},
	{403, NULL, BRIDGE_PUSH_CONFIG, "not-authorized"},
	{413, NULL, BRIDGE_PUSH_TOO_LARGE, "too-large"},
};

/* A device may have given its token anew since the service saw it go. */
static PushJudgement
push_apns_judge_gone(const BridgePushOrder *push, JsonObject *said)
{
	gint64 gone_ms = push_json_get_number(said, "timestamp");

	if (gone_ms != 0 && gone_ms <= push->registered_us / 1000)
		return (PushJudgement){BRIDGE_PUSH_TRANSIENT, .detail = "gone-before"};
	return (PushJudgement){BRIDGE_PUSH_GONE, .detail = "gone"};
}

static void
push_apns_judge(const BridgePushOrder *push, const PushAnswer *answer, PushJudgement *judgement)
{
	g_autoptr(JsonNode) root = push_json_parse(answer->body);
	JsonObject *said = root != NULL ? json_node_get_object(root) : NULL;
	const char *reason = push_json_get_text(said, "reason");

	/* Somebody in between who speaks HTTP/1.1 is not Apple. */
	if (!answer->http2) {
		*judgement = (PushJudgement){BRIDGE_PUSH_CONFIG, .detail = "no-http2"};
		return;
	}
	if (answer->status == 410) {
		*judgement = push_apns_judge_gone(push, said);
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(push_apns_reasons); i++) {
		const PushApnsReason *known = &push_apns_reasons[i];

		if (known->status == answer->status &&
		    (known->reason == NULL || g_strcmp0(known->reason, reason) == 0)) {
			*judgement = (PushJudgement){known->result, .detail = known->detail};
			return;
		}
	}
}

const PushService push_service_apns = {
	.name = BRIDGE_PUSH_SERVICE_APNS,
	.prepare = push_apns_prepare,
	.sealed = TRUE,
	.build = push_apns_build,
	.judge = push_apns_judge,
	.renew = push_apns_renew,
};
