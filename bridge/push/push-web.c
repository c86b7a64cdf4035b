/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Web Push (RFC 8030), and so UnifiedPush. Of an order: the endpoint is a URL; and payload, the
 * device's key and secret, time to live, urgency and topic. */
#include "config.h"

#include "push-service.h"

#define WEB_TTL_MAX_S (28 * 24 * 60 * 60)
#define WEB_ROUTE_MISSING_S 600 /* a server without a listener yet (507) gets one some day */

static char *
push_web_build_origin(GUri *uri)
{
	if (g_uri_get_port(uri) == 443)
		return g_strdup_printf("https://%s", g_uri_get_host(uri));
	return g_strdup_printf("https://%s:%d", g_uri_get_host(uri), g_uri_get_port(uri));
}

static SoupMessageHeaders *
push_web_write_headers(const BridgePushOrder *push)
{
	SoupMessageHeaders *headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_REQUEST);
	g_autofree char *ttl = g_strdup_printf("%u", MIN(push->ttl_s, WEB_TTL_MAX_S));

	soup_message_headers_replace(headers, "TTL", ttl);
	soup_message_headers_replace(headers, "Content-Encoding", "aes128gcm");
	soup_message_headers_replace(headers, "Content-Type", "application/octet-stream");
	if (*push->urgency != '\0')
		soup_message_headers_replace(headers, "Urgency", push->urgency);
	if (*push->topic != '\0')
		soup_message_headers_replace(headers, "Topic", push->topic);
	return headers;
}

static gboolean
push_web_build(PushContext *context, const BridgePushOrder *push, const PushSealed *sealed,
               PushRequest *request, GError **error)
{
	const char *authorization = NULL;
	g_autofree char *origin = NULL;

	if (context->vapid == NULL) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "no contact");
		return FALSE;
	}
	request->uri = bridge_push_url_parse(context->rules, push->endpoint, error);
	if (request->uri == NULL)
		return FALSE;
	origin = push_web_build_origin(request->uri);
	authorization = push_vapid_get_authorization(context->vapid, origin,
	                                             g_get_real_time() / G_USEC_PER_SEC, error);
	if (authorization == NULL)
		return FALSE;
	request->body = g_bytes_ref(sealed->body);
	request->headers = soup_message_headers_ref(sealed->headers);
	soup_message_headers_replace(request->headers, "Authorization", authorization);
	return TRUE;
}

static void
push_web_judge(const BridgePushOrder *push, const PushAnswer *answer, PushJudgement *judgement)
{
	switch (answer->status) {
	case 404:
	case 410:
		*judgement = (PushJudgement){BRIDGE_PUSH_GONE, .detail = "gone"};
		break;
	case 401:
	case 403:
		*judgement = (PushJudgement){BRIDGE_PUSH_AUTH, .detail = "not-authorized"};
		break;
	case 413:
		*judgement = (PushJudgement){BRIDGE_PUSH_TOO_LARGE, .detail = "too-large"};
		break;
	case 507:
		judgement->retry_after_s = WEB_ROUTE_MISSING_S;
		break;
	default:
		break;
	}
}

static gboolean
push_web_renew(PushContext *context, const BridgePushOrder *push, gint64 begun_us)
{
	g_autoptr(GUri) uri = bridge_push_url_parse(context->rules, push->endpoint, NULL);
	g_autofree char *origin = push_web_build_origin(uri);

	push_vapid_forget(context->vapid, origin);
	return TRUE;
}

const PushService push_service_web = {
	.name = BRIDGE_PUSH_SERVICE_WEB,
	.sealed = TRUE,
	.write = push_web_write_headers,
	.build = push_web_build,
	.judge = push_web_judge,
	.renew = push_web_renew,
};
