/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-event.h"

#include "link/bridge-link.h"
#include "host-avatar-stanza.h"
#include "host-text.h"

/* How large a stanza may be is for the chat server to say. */
#define HOST_EVENT_BODY_MAX_BYTES G_MAXINT32

static void
host_event_insert(GVariantDict *data, const char *member, const char *text, gsize max_bytes)
{
	g_autofree char *limited = host_text_limit(text, max_bytes);

	g_variant_dict_insert(data, member, "s", limited);
}

GVariant *
host_event_build_state(const char *state, const char *reason, const char *detail,
                       const char *bound_jid)
{
	GVariantDict data;

	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "state", "s", state);
	if (reason != NULL)
		g_variant_dict_insert(&data, "reason", "s", reason);
	if (detail != NULL)
		host_event_insert(&data, "detail", detail, HOST_EVENT_SENTENCE_MAX_BYTES);
	if (bound_jid != NULL)
		host_event_insert(&data, "bound-jid", bound_jid, HOST_EVENT_ADDRESS_MAX_BYTES);
	return g_variant_dict_end(&data);
}

static const guint8 host_event_records[] = {
	[GTALK_RECORD_UNKNOWN] = BRIDGE_LINK_RECORD_UNKNOWN,
	[GTALK_RECORD_ON] = BRIDGE_LINK_RECORD_ON,
	[GTALK_RECORD_OFF] = BRIDGE_LINK_RECORD_OFF,
};

static const char *const host_event_origins[] = {
	[GTALK_MESSAGE_LIVE] = "live",
	[GTALK_MESSAGE_CARBON] = "carbon",
	[GTALK_MESSAGE_ARCHIVE] = "archive",
};

GVariant *
host_event_build_message(const GTalkMessage *message, guint stream, guint stanza)
{
	g_autofree char *id = host_text_limit(message->id, HOST_EVENT_ADDRESS_MAX_BYTES);
	g_autofree char *stanza_id =
		host_text_limit(message->stanza_id, HOST_EVENT_ADDRESS_MAX_BYTES);
	g_autofree char *from = host_text_limit(message->from, HOST_EVENT_ADDRESS_MAX_BYTES);
	g_autofree char *to = host_text_limit(message->to, HOST_EVENT_ADDRESS_MAX_BYTES);
	g_autofree char *body = host_text_limit(message->body, HOST_EVENT_BODY_MAX_BYTES);
	g_autofree char *type = host_text_limit(message->type, HOST_EVENT_ADDRESS_MAX_BYTES);

	return bridge_link_message_build(&(BridgeLinkMessage){
		.sent = message->direction == GTALK_MESSAGE_SENT,
		.origin = host_event_origins[message->origin],
		.id = id,
		.stanza_id = stanza_id,
		.from = from,
		.to = to,
		.body = body,
		.type = type,
		.time_us = message->time_us,
		.encrypted = message->encrypted,
		.record = host_event_records[message->record],
		.stream = stream,
		.stanza = stanza,
	});
}

GVariant *
host_event_build_status(const char *id, const char *status, const char *reason, const char *detail)
{
	GVariantDict data;

	g_variant_dict_init(&data, NULL);
	host_event_insert(&data, "id", id, HOST_EVENT_ADDRESS_MAX_BYTES);
	g_variant_dict_insert(&data, "status", "s", status);
	host_event_insert(&data, "reason", reason, HOST_EVENT_SENTENCE_MAX_BYTES);
	host_event_insert(&data, "detail", detail, HOST_EVENT_SENTENCE_MAX_BYTES);
	return g_variant_dict_end(&data);
}

GVariant *
host_event_build_receipt(const char *id, const char *from)
{
	GVariantDict data;

	g_variant_dict_init(&data, NULL);
	host_event_insert(&data, "id", id, HOST_EVENT_ADDRESS_MAX_BYTES);
	host_event_insert(&data, "from", from, HOST_EVENT_ADDRESS_MAX_BYTES);
	return g_variant_dict_end(&data);
}

GVariant *
host_event_build_acknowledged(guint stream, guint stanza)
{
	GVariantDict data;

	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "stream", "u", stream);
	g_variant_dict_insert(&data, "stanza", "u", stanza);
	return g_variant_dict_end(&data);
}

GVariant *
host_event_build_archive_done(gboolean available, gboolean complete, const char *last_id,
                              const char *recent, gint64 since_s)
{
	g_autofree char *base = g_strndup(recent, strcspn(recent, "\n"));
	GVariantDict data;

	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "available", "b", available);
	g_variant_dict_insert(&data, "complete", "b", complete);
	host_event_insert(&data, "last-id", last_id, HOST_EVENT_ADDRESS_MAX_BYTES);
	host_event_insert(&data, "base-id", base, HOST_EVENT_ADDRESS_MAX_BYTES);
	g_variant_dict_insert(&data, "since", "x", since_s);
	return g_variant_dict_end(&data);
}

GVariant *
host_event_build_features(const char *const *features, const char *extra)
{
	GVariantBuilder list;
	GVariantDict data;

	g_variant_builder_init(&list, G_VARIANT_TYPE_STRING_ARRAY);
	for (; features != NULL && *features != NULL; features++)
		g_variant_builder_add(&list, "s", *features);
	if (extra != NULL)
		g_variant_builder_add(&list, "s", extra);
	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert_value(&data, "features", g_variant_builder_end(&list));
	return g_variant_dict_end(&data);
}

static const char *
host_event_find_show(const char *text)
{
	static const char *const known[] = {"chat", "away", "xa", "dnd"};

	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		if (purple_strequal(text, known[i]))
			return known[i];
	}
	return "available";
}

static char *
host_event_dup_child(xmlnode *presence, const char *name)
{
	xmlnode *child = xmlnode_get_child(presence, name);

	return child != NULL ? xmlnode_get_data(child) : NULL;
}

GVariant *
host_event_build_presence(xmlnode *presence, const char *bare_jid, const char *resource)
{
	gboolean available = xmlnode_get_attrib(presence, "type") == NULL;
	g_autofree char *show = host_event_dup_child(presence, "show");
	g_autofree char *status = host_event_dup_child(presence, "status");
	g_autofree char *priority = host_event_dup_child(presence, "priority");
	g_autofree char *avatar = available ? host_avatar_parse_hash(presence) : NULL;
	gint64 number = priority != NULL ? g_ascii_strtoll(priority, NULL, 10) : 0;
	GVariantDict data;

	g_variant_dict_init(&data, NULL);
	host_event_insert(&data, "jid", bare_jid, HOST_EVENT_ADDRESS_MAX_BYTES);
	host_event_insert(&data, "resource", resource, HOST_EVENT_ADDRESS_MAX_BYTES);
	g_variant_dict_insert(&data, "show", "s",
	                      available ? host_event_find_show(show) : "unavailable");
	host_event_insert(&data, "status", status, HOST_EVENT_SENTENCE_MAX_BYTES);
	g_variant_dict_insert(&data, "priority", "i", (gint32)CLAMP(number, -128, 127));
	if (avatar != NULL)
		g_variant_dict_insert(&data, "avatar", "s", avatar);
	return g_variant_dict_end(&data);
}
