/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "account/bridge-conversations.h"
#include "base/bridge-cursor.h"
#include "bridge-push-key.h"
#include "bridge-push-payload.h"
#include "bridge-push-private.h"

static const char *const bridge_push_urgencies[BRIDGE_PUSH_N_KINDS] = {
	[BRIDGE_PUSH_MESSAGE] = "high",
	[BRIDGE_PUSH_MAIL] = "normal",
	[BRIDGE_PUSH_SUBSCRIPTION_REQUEST] = "normal",
	[BRIDGE_PUSH_ROOM_MENTION] = "high",
	[BRIDGE_PUSH_ROOM_INVITE] = "normal",
	[BRIDGE_PUSH_REQUEST] = "normal",
	[BRIDGE_PUSH_SIGN_OUT] = "high",
	[BRIDGE_PUSH_READ] = "low",
};

/* (nullable) (transfer floating): aay */
static GVariant *
bridge_push_queue_build_secrets(const BridgePushSettings *settings)
{
	GVariantBuilder builder;

	if (settings->secret == NULL)
		return NULL;
	g_variant_builder_init(&builder, G_VARIANT_TYPE_BYTESTRING_ARRAY);
	g_variant_builder_add_value(&builder, g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING,
	                                                               settings->secret, TRUE));
	if (settings->old_secret != NULL && settings->old_secret_until_us > g_get_real_time())
		g_variant_builder_add_value(&builder,
		                            g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING,
		                                                     settings->old_secret, TRUE));
	return g_variant_builder_end(&builder);
}

/* All that any service's file in push/ reads. */
static GVariant *
bridge_push_queue_build(BridgePushQueue *queue, const char *id, GBytes *payload, guint ttl_s,
                        const char *urgency, const char *topic)
{
	const BridgePushSettings *settings = queue->settings;
	const BridgePushOrder order = {
		.endpoint = settings->endpoint,
		.target = settings->target,
		.id = id,
		.registered_us = settings->registered_us,
		.payload = payload,
		.p256dh = settings->p256dh,
		.auth = settings->auth,
		.secrets = bridge_push_queue_build_secrets(settings),
		.ttl_s = ttl_s,
		.urgency = urgency,
		.topic = topic,
		/* What says nothing but that there is something, a newer one says as well. */
		.collapses = *topic != '\0' &&
	                     (queue->little || settings->content == BRIDGE_PUSH_CONTENT_NONE),
	};

	return bridge_push_order_write(&order);
}

/* A receiver drops what it has had by this. */
static char *
bridge_push_queue_build_id(BridgePushQueue *queue, const char *thing, guint64 seq)
{
	g_autofree char *name = bridge_push_key_build_name(
		bridge_store_get_push_key(queue->push->store), "id", queue->record->id, thing, seq);

	return g_strconcat("msg_", name, NULL);
}

GVariant *
bridge_push_queue_build_signal(BridgePushQueue *queue)
{
	const BridgePushSettings *settings = queue->settings;
	gboolean tests = settings->verified;
	g_autofree char *id =
		bridge_push_queue_build_id(queue, tests ? "test" : settings->challenge,
	                                   tests ? (guint64)g_get_real_time() : 0);
	g_autoptr(GBytes) payload = tests ? bridge_push_payload_build_test(settings->type, id)
	                                  : bridge_push_payload_build_challenge(
						    settings->type, id, settings->challenge);

	return bridge_push_queue_build(queue, id, payload, settings->ttl_s, "high", "");
}

static guint
bridge_push_queue_count_unread(BridgePushQueue *queue)
{
	g_autoptr(GPtrArray) list = bridge_conversations_get(queue->account);
	guint count = 0;

	for (guint i = 0; i < list->len; i++) {
		const BridgeConversation *conversation = g_ptr_array_index(list, i);

		count += conversation->unread->len;
	}
	return count;
}

GVariant *
bridge_push_queue_build_item(BridgePushQueue *queue, const BridgePushItem *item)
{
	const BridgePushSettings *settings = queue->settings;
	const BridgeContact *contact =
		item->conversation != NULL
			? bridge_account_find_contact(queue->account, item->conversation)
			: NULL;
	g_autofree char *id = bridge_push_queue_build_id(queue, item->key, item->seq);
	g_autofree char *topic =
		bridge_push_key_build_name(bridge_store_get_push_key(queue->push->store), "topic",
	                                   queue->record->id, item->key, 0);
	g_autofree char *cursor =
		bridge_cursor_format(bridge_store_get_epoch(queue->push->store), item->seq);
	gint64 age_s = MAX(0, g_get_real_time() - item->time_us) / G_USEC_PER_SEC;
	BridgePushTerms terms = {
		.service = settings->type,
		.id = id,
		.content = queue->little ? BRIDGE_PUSH_CONTENT_NONE
	                                 : (BridgePushContent)settings->content,
		.encrypted = settings->p256dh != NULL,
		.cursor = cursor,
		.gap = queue->gap,
		.badge = bridge_push_queue_count_unread(queue),
		.name = contact != NULL && *contact->name != '\0' ? contact->name : NULL,
	};
	g_autoptr(GBytes) payload = bridge_push_payload_build(item, &terms);

	return bridge_push_queue_build(queue, id, payload, (guint)MAX(0, settings->ttl_s - age_s),
	                               bridge_push_urgencies[item->kind], topic);
}
