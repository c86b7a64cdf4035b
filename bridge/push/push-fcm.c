/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Firebase Cloud Messaging, HTTP v1. Of an order: the endpoint is the registration token or the
 * installation's id, the target says which, "token" or "fid"; and payload, the device's key and
 * secret, time to live, urgency, and whether it collapses.
 *
 * The push is encrypted as for Web Push and travels in "data" as text: "v" is "1", "e" base64url.
 */
#include "config.h"

#include <string.h>

#include "link/bridge-base64.h"
#include "push-encryption.h"
#include "push-fcm-account.h"
#include "push-json.h"
#include "push-service.h"

#define FCM_DATA_BYTES_MAX 4096 /* names and values together */
#define FCM_TTL_MAX_S (28 * 24 * 60 * 60)
#define FCM_TARGET_BYTES_MAX 4096
#define FCM_COLLAPSE_KEY "m" /* a device has at most four of them */
#define FCM_QUOTA_S 60       /* if the service does not say how long to wait */
#define FCM_ERROR_TYPE "type.googleapis.com/google.firebase.fcm.v1.FcmError"
#define FCM_FIELDS_TYPE "type.googleapis.com/google.rpc.BadRequest"

/* ---- The request ----------------------------------------------------------------------------- */

static GUri *
push_fcm_build_uri(PushContext *context)
{
	g_autofree char *path = g_strdup_printf("/v1/projects/%s/messages:send",
	                                        push_fcm_account_get_project(context->fcm));

	return g_uri_parse_relative(context->fcm_uri, path, SOUP_HTTP_URI_FLAGS, NULL);
}

static void
push_fcm_add_text(JsonBuilder *builder, const char *name, const char *value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_string_value(builder, value);
}

static void
push_fcm_add_data(JsonBuilder *builder, const char *encrypted)
{
	json_builder_set_member_name(builder, "data");
	json_builder_begin_object(builder);
	push_fcm_add_text(builder, "v", "1");
	push_fcm_add_text(builder, "e", encrypted);
	json_builder_end_object(builder);
}

static void
push_fcm_add_android(JsonBuilder *builder, const BridgePushOrder *push)
{
	g_autofree char *ttl = g_strdup_printf("%us", MIN(push->ttl_s, FCM_TTL_MAX_S));

	json_builder_set_member_name(builder, "android");
	json_builder_begin_object(builder);
	push_fcm_add_text(builder, "priority",
	                  g_str_equal(push->urgency, "high") ? "HIGH" : "NORMAL");
	push_fcm_add_text(builder, "ttl", ttl);
	if (push->collapses)
		push_fcm_add_text(builder, "collapse_key", FCM_COLLAPSE_KEY);
	json_builder_end_object(builder);
}

static GBytes *
push_fcm_build_body(const BridgePushOrder *push, const char *target, const char *encrypted)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autoptr(JsonNode) root = NULL;
	char *text;

	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "message");
	json_builder_begin_object(builder);
	push_fcm_add_text(builder, target, push->endpoint);
	push_fcm_add_data(builder, encrypted);
	push_fcm_add_android(builder, push);
	json_builder_end_object(builder);
	json_builder_end_object(builder);
	root = json_builder_get_root(builder);
	text = json_to_string(root, FALSE);
	return g_bytes_new_take(text, strlen(text));
}

static gboolean
push_fcm_check(const BridgePushOrder *push, const char *target, GError **error)
{
	if (*push->endpoint != '\0' && strlen(push->endpoint) <= FCM_TARGET_BYTES_MAX &&
	    (g_str_equal(target, "token") || g_str_equal(target, "fid")))
		return TRUE;
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "there is no target");
	return FALSE;
}

static gboolean
push_fcm_build(PushContext *context, const BridgePushOrder *push, const PushSealed *sealed,
               PushRequest *request, GError **error)
{
	const char *target = *push->target != '\0' ? push->target : "token";
	g_autofree char *encrypted = NULL;
	g_autofree char *authorization = NULL;

	if (!push_fcm_check(push, target, error))
		return FALSE;
	encrypted =
		push_service_write_sealed(sealed->body, FCM_DATA_BYTES_MAX - strlen("v1e"), error);
	if (encrypted == NULL)
		return FALSE;
	authorization = g_strconcat("Bearer ", push_fcm_account_get_token(context->fcm), NULL);
	request->uri = push_fcm_build_uri(context);
	request->body = push_fcm_build_body(push, target, encrypted);
	request->headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_REQUEST);
	soup_message_headers_replace(request->headers, "Content-Type", "application/json");
	soup_message_headers_replace(request->headers, "Authorization", authorization);
	return TRUE;
}

static void
push_fcm_prepare(PushContext *context, PushFetcher *fetcher, PushReady ready, gpointer user_data)
{
	static const PushJudgement no_account = {BRIDGE_PUSH_CONFIG, .detail = "credential"};

	if (context->fcm != NULL)
		push_fcm_account_prepare(context->fcm, fetcher, ready, user_data);
	else
		ready(&no_account, user_data);
}

static gboolean
push_fcm_renew(PushContext *context, const BridgePushOrder *push, gint64 begun_us)
{
	push_fcm_account_forget_token(context->fcm, begun_us);
	return TRUE;
}

/* ---- The answer ------------------------------------------------------------------------------ */

/* What an error says (google.rpc.Status); NULL where it says nothing of it. */
typedef struct {
	const char *code; /* of FCM, or of gRPC where there is none */
	const char *message;
	gboolean is_fcm;
	gboolean of_target; /* the request was wrong in what it was addressed to */
} PushFcmError;

static gboolean
push_fcm_names_target(JsonObject *detail)
{
	JsonArray *fields = push_json_get_array(detail, "fieldViolations");
	guint length = fields != NULL ? json_array_get_length(fields) : 0;

	for (guint i = 0; i < length; i++) {
		const char *field = push_json_get_text(push_json_get_element(fields, i), "field");

		if (g_strcmp0(field, "message.token") == 0 || g_strcmp0(field, "message.fid") == 0)
			return TRUE;
	}
	return FALSE;
}

static void
push_fcm_read_error(JsonNode *root, PushFcmError *error)
{
	JsonObject *object =
		push_json_get_object(root != NULL ? json_node_get_object(root) : NULL, "error");
	JsonArray *details = push_json_get_array(object, "details");
	guint length = details != NULL ? json_array_get_length(details) : 0;

	error->code = push_json_get_text(object, "status");
	error->message = push_json_get_text(object, "message");
	for (guint i = 0; i < length; i++) {
		JsonObject *detail = push_json_get_element(details, i);
		const char *type = push_json_get_text(detail, "@type");
		const char *code = push_json_get_text(detail, "errorCode");

		if (g_strcmp0(type, FCM_ERROR_TYPE) == 0 && code != NULL) {
			error->code = code;
			error->is_fcm = TRUE;
		} else if (g_strcmp0(type, FCM_FIELDS_TYPE) == 0) {
			error->of_target = error->of_target || push_fcm_names_target(detail);
		}
	}
}

static PushJudgement
push_fcm_judge_invalid(const PushFcmError *error)
{
	if (error->of_target)
		return (PushJudgement){BRIDGE_PUSH_GONE, .detail = "gone"};
	if (error->message != NULL && strstr(error->message, "too big") != NULL)
		return (PushJudgement){BRIDGE_PUSH_TOO_LARGE, .detail = "too-large"};
	return (PushJudgement){BRIDGE_PUSH_REJECTED, .detail = "rejected"};
}

/* 404 without a word of FCM's own is of a project that is not there, not of a device. */
static void
push_fcm_judge(const BridgePushOrder *push, const PushAnswer *answer, PushJudgement *judgement)
{
	g_autoptr(JsonNode) root = push_json_parse(answer->body);
	PushFcmError error = {NULL};

	push_fcm_read_error(root, &error);
	switch (answer->status) {
	case 400:
		*judgement = push_fcm_judge_invalid(&error);
		break;
	case 401:
		*judgement =
			g_strcmp0(error.code, "THIRD_PARTY_AUTH_ERROR") == 0
				? (PushJudgement){BRIDGE_PUSH_CONFIG, .detail = "project"}
				: (PushJudgement){BRIDGE_PUSH_AUTH, .detail = "not-authorized"};
		break;
	case 403:
		*judgement =
			g_strcmp0(error.code, "SENDER_ID_MISMATCH") == 0
				? (PushJudgement){BRIDGE_PUSH_GONE, .detail = "other-sender"}
				: (PushJudgement){BRIDGE_PUSH_CONFIG, .detail = "not-authorized"};
		break;
	case 404:
		*judgement = error.is_fcm && g_str_equal(error.code, "UNREGISTERED")
		                     ? (PushJudgement){BRIDGE_PUSH_GONE, .detail = "gone"}
		                     : (PushJudgement){BRIDGE_PUSH_CONFIG, .detail = "project"};
		break;
	case 429:
		if (soup_message_headers_get_one((SoupMessageHeaders *)answer->headers,
		                                 "Retry-After") == NULL)
			judgement->retry_after_s = FCM_QUOTA_S;
		break;
	default:
		break;
	}
}

const PushService push_service_fcm = {
	.name = BRIDGE_PUSH_SERVICE_FCM,
	.prepare = push_fcm_prepare,
	.sealed = TRUE,
	.build = push_fcm_build,
	.judge = push_fcm_judge,
	.renew = push_fcm_renew,
};
