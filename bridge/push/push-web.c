/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Web Push (RFC 8030), and so UnifiedPush. Of a push: "endpoint" s, "payload" ay in clear,
 * "p256dh" ay and "auth" ay of the device, "ttl" u in seconds, "urgency" s, "topic" s ("": none).
 */
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
push_web_write_headers(GVariant *push)
{
	SoupMessageHeaders *headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_REQUEST);
	guint32 ttl_s = 0;
	g_autofree char *ttl = NULL;
	const char *urgency = push_service_get_text(push, "urgency");
	const char *topic = push_service_get_text(push, "topic");

	g_variant_lookup(push, "ttl", "u", &ttl_s);
	ttl = g_strdup_printf("%u", MIN(ttl_s, WEB_TTL_MAX_S));
	soup_message_headers_replace(headers, "TTL", ttl);
	soup_message_headers_replace(headers, "Content-Encoding", "aes128gcm");
	soup_message_headers_replace(headers, "Content-Type", "application/octet-stream");
	if (urgency != NULL)
		soup_message_headers_replace(headers, "Urgency", urgency);
	if (topic != NULL && *topic != '\0')
		soup_message_headers_replace(headers, "Topic", topic);
	return headers;
}

static gboolean
push_web_build(PushContext *context, GVariant *push, const PushSealed *sealed, PushRequest *request,
               GError **error)
{
	const char *endpoint = push_service_get_text(push, "endpoint");
	const char *authorization = NULL;
	g_autofree char *origin = NULL;

	if (context->vapid == NULL) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "no contact");
		return FALSE;
	}
	request->uri =
		bridge_push_url_parse(context->rules, endpoint != NULL ? endpoint : "", error);
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
push_web_judge(GVariant *push, const PushAnswer *answer, PushJudgement *judgement)
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
push_web_renew(PushContext *context, GVariant *push, gint64 begun_us)
{
	const char *endpoint = push_service_get_text(push, "endpoint");
	g_autoptr(GUri) uri = bridge_push_url_parse(context->rules, endpoint, NULL);
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
