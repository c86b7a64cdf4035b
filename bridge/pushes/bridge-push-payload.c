/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-payload.h"

#include <string.h>

#include "account/bridge-events.h"
#include "base/bridge-json-text.h"
#include "link/bridge-push-link.h"

/* What a type is called: of Web Push, and where it says nothing but that there is something. */
#define PAYLOAD_TYPE_NEWS "new"
#define PAYLOAD_TYPE_CHALLENGE "verify"
#define PAYLOAD_TYPE_TEST "test"

/* Standard Webhooks has the data apart, and dots in its types. */
static GBytes *
bridge_push_payload_wrap(const char *service, const char *id, const char *type, gint64 time_us,
                         GString *data)
{
	GString *text = bridge_json_text_begin();

	if (g_str_equal(service, BRIDGE_PUSH_SERVICE_WEBHOOK)) {
		g_autofree char *time = bridge_time_format(time_us);
		g_autofree char *dotted = g_strdelimit(g_strdup(type), "-", '.');

		bridge_json_text_add(text, "type", dotted);
		bridge_json_text_add(text, "timestamp", time);
	} else {
		bridge_json_text_add_number(text, "v", BRIDGE_PUSH_VERSION);
		bridge_json_text_add(text, "id", id);
		bridge_json_text_add(text, "type", type);
	}
	bridge_json_text_add_object(text, "data", data);
	bridge_json_text_end(text);
	return g_string_free_to_bytes(text);
}

static void
bridge_push_payload_add(GString *text, const char *name, const char *value)
{
	if (value != NULL)
		bridge_json_text_add(text, name, value);
}

static GBytes *
bridge_push_payload_try(const BridgePushItem *item, const BridgePushTerms *terms, const char *body)
{
	GString *data = bridge_json_text_begin();
	gboolean says = terms->content != BRIDGE_PUSH_CONTENT_NONE;

	bridge_json_text_add(data, "cursor", terms->cursor);
	bridge_json_text_add_number(data, "badge", terms->badge);
	if (terms->gap)
		bridge_json_text_add_boolean(data, "gap", TRUE);
	if (says) {
		bridge_push_payload_add(data, "conversation", item->conversation);
		bridge_push_payload_add(data, "name", terms->name);
		bridge_push_payload_add(data, "sender", item->sender);
		bridge_push_payload_add(data, "detail", item->detail);
		bridge_json_text_add_number(data, "count", item->count);
		bridge_json_text_add_boolean(data, "off_the_record", item->off_the_record);
		bridge_push_payload_add(data, "body", body);
	}
	return bridge_push_payload_wrap(terms->service, terms->id,
	                                says || item->kind == BRIDGE_PUSH_READ
	                                        ? bridge_push_kind_to_string(item->kind)
	                                        : PAYLOAD_TYPE_NEWS,
	                                item->time_us, data);
}

/* A letter may take up to six octets in JSON: what is too much is taken off until it fits. */
GBytes *
bridge_push_payload_build(const BridgePushItem *item, const BridgePushTerms *terms)
{
	gboolean hushed = item->off_the_record && !terms->encrypted;
	g_autofree char *body =
		terms->content == BRIDGE_PUSH_CONTENT_FULL && !hushed ? g_strdup(item->body) : NULL;
	GBytes *payload = bridge_push_payload_try(item, terms, body);

	while (body != NULL && *body != '\0' &&
	       g_bytes_get_size(payload) > BRIDGE_PUSH_PAYLOAD_BYTES_MAX) {
		gsize excess = g_bytes_get_size(payload) - BRIDGE_PUSH_PAYLOAD_BYTES_MAX;
		gsize length = strlen(body);
		gsize cut = length - MIN(length, MAX(excess / 6, 1));

		while (cut > 0 && ((guint8)body[cut] & 0xc0) == 0x80)
			cut--;
		body[cut] = '\0';
		g_bytes_unref(payload);
		payload = bridge_push_payload_try(item, terms, body);
	}
	return payload;
}

GBytes *
bridge_push_payload_build_challenge(const char *service, const char *id, const char *challenge)
{
	GString *data = bridge_json_text_begin();

	bridge_json_text_add(data, "challenge", challenge);
	return bridge_push_payload_wrap(service, id, PAYLOAD_TYPE_CHALLENGE, g_get_real_time(),
	                                data);
}

GBytes *
bridge_push_payload_build_test(const char *service, const char *id)
{
	return bridge_push_payload_wrap(service, id, PAYLOAD_TYPE_TEST, g_get_real_time(),
	                                bridge_json_text_begin());
}
