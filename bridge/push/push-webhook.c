/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Webhooks as Standard Webhooks 1.0.0 has them. Of an order: the endpoint is a URL, the payload
 * JSON, sent and signed as it is, the secrets are keys, of which each signs; and the id. */
#include "config.h"

#include "push-webhook.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "push-service.h"

#define WEBHOOK_MAC_BYTES 32
#define WEBHOOK_KEY_BYTES_MIN 24
#define WEBHOOK_KEY_BYTES_MAX 64

/* Of id, time and body, with a dot between. */
char *
push_webhook_sign(const char *id, const char *time, GBytes *body, GBytes *key)
{
	g_autoptr(GByteArray) signed_octets = g_byte_array_new();
	guint8 mac[WEBHOOK_MAC_BYTES];
	unsigned int length = sizeof mac;
	gsize n_body = 0;
	const guint8 *octets = g_bytes_get_data(body, &n_body);
	g_autofree char *text = NULL;

	g_byte_array_append(signed_octets, (const guint8 *)id, (guint)strlen(id));
	g_byte_array_append(signed_octets, (const guint8 *)".", 1);
	g_byte_array_append(signed_octets, (const guint8 *)time, (guint)strlen(time));
	g_byte_array_append(signed_octets, (const guint8 *)".", 1);
	if (n_body > 0)
		g_byte_array_append(signed_octets, octets, (guint)n_body);
	if (HMAC(EVP_sha256(), g_bytes_get_data(key, NULL), (int)g_bytes_get_size(key),
	         signed_octets->data, signed_octets->len, mac, &length) == NULL)
		return NULL;
	text = g_base64_encode(mac, length);
	return g_strconcat("v1,", text, NULL);
}

/* All of them, with a blank between; NULL if there is no key, or one that is none. */
static char *
push_webhook_sign_all(const BridgePushOrder *push, const char *time)
{
	gsize count = g_variant_n_children(push->secrets);
	g_autoptr(GString) text = g_string_new(NULL);

	for (gsize i = 0; i < count; i++) {
		g_autoptr(GVariant) secret = g_variant_get_child_value(push->secrets, i);
		g_autoptr(GBytes) key = g_variant_get_data_as_bytes(secret);
		g_autofree char *signature = NULL;

		if (g_bytes_get_size(key) < WEBHOOK_KEY_BYTES_MIN ||
		    g_bytes_get_size(key) > WEBHOOK_KEY_BYTES_MAX)
			return NULL;
		signature = push_webhook_sign(push->id, time, push->payload, key);
		if (signature == NULL)
			return NULL;
		g_string_append_printf(text, "%s%s", i > 0 ? " " : "", signature);
	}
	return count > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

static gboolean
push_webhook_build(PushContext *context, const BridgePushOrder *push, const PushSealed *sealed,
                   PushRequest *request, GError **error)
{
	/* Of this attempt: a receiver takes no old ones. */
	g_autofree char *time =
		g_strdup_printf("%" G_GINT64_FORMAT, g_get_real_time() / G_USEC_PER_SEC);
	g_autofree char *signatures = NULL;

	request->uri = bridge_push_url_parse(context->rules, push->endpoint, error);
	if (request->uri == NULL)
		return FALSE;
	request->body = g_bytes_ref(push->payload);
	signatures = push_webhook_sign_all(push, time);
	if (signatures == NULL) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		                    "there is no secret to sign with");
		return FALSE;
	}
	request->headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_REQUEST);
	soup_message_headers_replace(request->headers, "Content-Type", "application/json");
	soup_message_headers_replace(request->headers, "webhook-id", push->id);
	soup_message_headers_replace(request->headers, "webhook-timestamp", time);
	soup_message_headers_replace(request->headers, "webhook-signature", signatures);
	return TRUE;
}

/* Whoever serves a webhook answers anything on a bad day: only 410 is meant for us, the rest is
 * tried again. */
static void
push_webhook_judge(const BridgePushOrder *push, const PushAnswer *answer, PushJudgement *judgement)
{
	if (answer->status == 410)
		*judgement = (PushJudgement){BRIDGE_PUSH_GONE, .detail = "gone"};
	else if (judgement->result == BRIDGE_PUSH_REJECTED)
		judgement->result = BRIDGE_PUSH_TRANSIENT;
}

const PushService push_service_webhook = {
	.name = BRIDGE_PUSH_SERVICE_WEBHOOK,
	.build = push_webhook_build,
	.judge = push_webhook_judge,
};
