/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-rooms-private.h"

/* What protocols call the nickname in their chat_info(). */
static const char *const host_rooms_nick_names[] = {"handle", "nick", "nickname", "screenname"};

static const char *
host_rooms_find_argument(GVariantDict *arguments, const char *name)
{
	const char *value = "";

	g_variant_dict_lookup(arguments, name, "&s", &value);
	return value;
}

static gboolean
host_rooms_is_nick_name(const char *identifier)
{
	for (gsize i = 0; i < G_N_ELEMENTS(host_rooms_nick_names); i++)
		if (g_str_equal(identifier, host_rooms_nick_names[i]))
			return TRUE;
	return FALSE;
}

/* What the request says of one entry of chat_info(), or "". Borrowed. */
static const char *
host_rooms_find_entry(const struct proto_chat_entry *entry, GVariantDict *arguments,
                      GVariant *components)
{
	const char *nick = host_rooms_find_argument(arguments, "nick");
	const char *value = "";

	if (host_rooms_is_nick_name(entry->identifier) && *nick != '\0')
		return nick;
	if (components != NULL)
		g_variant_lookup(components, entry->identifier, "&s", &value);
	return value;
}

/* @missing: one that has to be there; the protocols' identifiers are static. */
static void
host_rooms_fill(GHashTable *filled, GList *entries, GVariantDict *arguments, const char **missing)
{
	g_autoptr(GVariant) components =
		g_variant_dict_lookup_value(arguments, "components", G_VARIANT_TYPE("a{ss}"));

	for (GList *l = entries; l != NULL; l = l->next) {
		const struct proto_chat_entry *entry = l->data;
		const char *value = host_rooms_find_entry(entry, arguments, components);
		const char *known = g_hash_table_lookup(filled, entry->identifier);

		if (*value != '\0')
			g_hash_table_insert(filled, (gpointer)entry->identifier, g_strdup(value));
		else if (entry->required && (known == NULL || *known == '\0'))
			*missing = entry->identifier;
	}
}

static void
host_rooms_fill_since(GHashTable *filled, GVariantDict *arguments)
{
	g_autoptr(GDateTime) time = NULL;
	gint64 since_us = 0;

	g_variant_dict_lookup(arguments, "since", "x", &since_us);
	if (since_us <= 0)
		return;
	time = g_date_time_new_from_unix_utc(since_us / G_USEC_PER_SEC);
	if (time != NULL)
		g_hash_table_insert(filled, (gpointer) "history_since",
		                    g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ"));
}

GHashTable *
host_room_build_components(HostRoom *room, GVariantDict *arguments)
{
	PurplePluginProtocolInfo *protocol = host_rooms_get_protocol(room->account);
	PurpleConnection *gc = host_account_get_connection(room->account);
	GList *entries = protocol->chat_info(gc);
	GHashTable *filled = protocol->chat_info_defaults(gc, room->jid);
	const char *missing = NULL;
	g_autofree char *sentence = NULL;

	host_rooms_fill(filled, entries, arguments, &missing);
	g_list_free_full(entries, g_free);
	if (missing == NULL) {
		if (host_rooms_is_xmpp(room->account))
			host_rooms_fill_since(filled, arguments);
		return filled;
	}
	sentence = g_strdup_printf("To enter this room \"%s\" is needed.", missing);
	host_request_fail(room->join, BRIDGE_LINK_ERROR_INVALID, sentence);
	g_hash_table_unref(filled);
	return NULL;
}

void
host_room_note_nick(HostRoom *room, GHashTable *components)
{
	for (gsize i = 0; i < G_N_ELEMENTS(host_rooms_nick_names); i++) {
		const char *nick = g_hash_table_lookup(components, host_rooms_nick_names[i]);

		if (nick != NULL)
			host_room_set_nick(room, nick);
	}
}
