/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-room.h"

/* ---- Its life -------------------------------------------------------------------------------- */

void
bridge_room_member_free(BridgeRoomMember *member)
{
	g_free(member->nick);
	g_free(member->role);
	g_free(member->address);
	g_free(member);
}

BridgeRoom *
bridge_room_new(const char *jid)
{
	BridgeRoom *room = g_new0(BridgeRoom, 1);

	room->jid = g_strdup(jid);
	room->nick = g_strdup("");
	room->topic = g_strdup("");
	room->members = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
	                                      (GDestroyNotify)bridge_room_member_free);
	bridge_room_set_components(room, NULL);
	return room;
}

void
bridge_room_free(BridgeRoom *room)
{
	g_clear_handle_id(&room->retry, g_source_remove);
	g_clear_handle_id(&room->doubt, g_source_remove);
	g_clear_pointer(&room->tasks, g_ptr_array_unref);
	g_hash_table_unref(room->members);
	g_variant_unref(room->components);
	g_free(room->jid);
	g_free(room->nick);
	g_free(room->topic);
	g_free(room->trouble);
	g_free(room);
}

static void
bridge_room_replace(char **text, const char *value)
{
	char *copy = g_strdup(value);

	g_free(*text);
	*text = copy;
}

void
bridge_room_set_nick(BridgeRoom *room, const char *nick)
{
	bridge_room_replace(&room->nick, nick);
}

void
bridge_room_set_topic(BridgeRoom *room, const char *topic)
{
	bridge_room_replace(&room->topic, topic);
}

void
bridge_room_set_trouble(BridgeRoom *room, const char *reason)
{
	bridge_room_replace(&room->trouble, reason);
}

void
bridge_room_set_components(BridgeRoom *room, GVariant *components)
{
	if (components == NULL)
		components = g_variant_new("a{ss}", NULL);
	g_variant_ref_sink(components);
	g_clear_pointer(&room->components, g_variant_unref);
	room->components = components;
}

void
bridge_room_reset(BridgeRoom *room)
{
	g_clear_handle_id(&room->retry, g_source_remove);
	g_clear_handle_id(&room->doubt, g_source_remove);
	g_hash_table_remove_all(room->members);
	room->state = BRIDGE_ROOM_WAITING;
	room->ready = FALSE;
	room->in_doubt = FALSE;
	room->history_us = 0;
	room->entry++;
}

/* ---- What is kept ---------------------------------------------------------------------------- */

GVariant *
bridge_room_build_kept(const BridgeRoom *room)
{
	return g_variant_new("(ss@a{ss}xss)", room->jid, room->nick, room->components,
	                     room->seen_us, room->topic,
	                     room->trouble != NULL ? room->trouble : "");
}

BridgeRoom *
bridge_room_new_from_kept(GVariant *kept)
{
	g_autoptr(GVariant) components = NULL;
	const char *jid;
	const char *nick;
	const char *topic;
	const char *trouble;
	gint64 seen_us;
	BridgeRoom *room;

	g_variant_get(kept, "(&s&s@a{ss}x&s&s)", &jid, &nick, &components, &seen_us, &topic,
	              &trouble);
	room = bridge_room_new(jid);
	bridge_room_set_nick(room, nick);
	bridge_room_set_topic(room, topic);
	bridge_room_set_components(room, components);
	bridge_room_set_trouble(room, *trouble != '\0' ? trouble : NULL);
	room->seen_us = seen_us;
	room->kept_us = seen_us;
	room->wanted = TRUE;
	return room;
}

/* ---- Members --------------------------------------------------------------------------------- */

const BridgeRoomMember *
bridge_room_put_member(BridgeRoom *room, const char *nick, const char *role, const char *address)
{
	BridgeRoomMember *member = g_hash_table_lookup(room->members, nick);

	if (member != NULL && g_str_equal(member->role, role) &&
	    g_str_equal(member->address, address))
		return NULL;
	if (member == NULL && g_hash_table_size(room->members) >= BRIDGE_ROOM_MEMBERS_MAX)
		return NULL;
	member = g_new0(BridgeRoomMember, 1);
	member->nick = g_strdup(nick);
	member->role = g_strdup(role);
	member->address = g_strdup(address);
	g_hash_table_replace(room->members, member->nick, member);
	return member;
}

BridgeRoomMember *
bridge_room_take_member(BridgeRoom *room, const char *nick)
{
	BridgeRoomMember *member = g_hash_table_lookup(room->members, nick);

	if (member != NULL)
		g_hash_table_steal(room->members, nick);
	return member;
}

static gint
bridge_room_compare_members(gconstpointer a, gconstpointer b)
{
	const BridgeRoomMember *first = *(BridgeRoomMember *const *)a;
	const BridgeRoomMember *second = *(BridgeRoomMember *const *)b;

	return g_strcmp0(first->nick, second->nick);
}

GPtrArray *
bridge_room_list_members(const BridgeRoom *room)
{
	GPtrArray *list = g_ptr_array_sized_new(g_hash_table_size(room->members));
	GHashTableIter iter;
	gpointer member;

	g_hash_table_iter_init(&iter, room->members);
	while (g_hash_table_iter_next(&iter, NULL, &member))
		g_ptr_array_add(list, member);
	g_ptr_array_sort(list, bridge_room_compare_members);
	return list;
}

/* ---- Reasons --------------------------------------------------------------------------------- */

static const struct {
	const char *reason;
	gboolean is_final;
	BridgeError error;
	const char *sentence;
} bridge_room_reasons[] = {
	{"banned", TRUE, BRIDGE_ERROR_ROOM_BANNED, "The account is banned from this room."},
	{"members-only", TRUE, BRIDGE_ERROR_ROOM_MEMBERS_ONLY, "Only members may enter this room."},
	{"password", TRUE, BRIDGE_ERROR_ROOM_PASSWORD,
         "This room wants a password, or another one."},
	{"nickname-taken", FALSE, BRIDGE_ERROR_ROOM_NICKNAME_TAKEN,
         "Somebody else has this nickname in the room."},
	{"nickname-refused", TRUE, BRIDGE_ERROR_REFUSED, "The room does not take this nickname."},
	{"gone", TRUE, BRIDGE_ERROR_ROOM_GONE, "There is no such room (any more)."},
	{"not-found", FALSE, BRIDGE_ERROR_ROOM_GONE, "There is no such room, or not yet."},
	{"not-allowed", TRUE, BRIDGE_ERROR_REFUSED,
         "There is no such room, and the account may not make one there."},
	{"unavailable", FALSE, BRIDGE_ERROR_REFUSED,
         "The room is full, or there are no rooms at this address."},
	{"unreachable", FALSE, BRIDGE_ERROR_REFUSED, "The room's server cannot be reached."},
	{"disconnected", FALSE, BRIDGE_ERROR_REFUSED, "The room has lost the account."},
	{"kicked", TRUE, BRIDGE_ERROR_REFUSED, "Somebody has thrown the account out of the room."},
	{BRIDGE_ROOM_REASON_LEFT, TRUE, BRIDGE_ERROR_REFUSED, "The room has been left."},
	{BRIDGE_ROOM_REASON_NO_ANSWER, FALSE, BRIDGE_ERROR_NO_ANSWER,
         "The room did not answer in time."},
	{NULL, FALSE, BRIDGE_ERROR_REFUSED, "The room cannot be entered."},
};

static guint
bridge_room_find_reason(const char *reason)
{
	guint i = 0;

	while (bridge_room_reasons[i].reason != NULL &&
	       !g_str_equal(bridge_room_reasons[i].reason, reason))
		i++;
	return i;
}

gboolean
bridge_room_reason_is_final(const char *reason)
{
	return bridge_room_reasons[bridge_room_find_reason(reason)].is_final;
}

BridgeError
bridge_room_reason_get_error(const char *reason)
{
	return bridge_room_reasons[bridge_room_find_reason(reason)].error;
}

const char *
bridge_room_reason_get_sentence(const char *reason)
{
	return bridge_room_reasons[bridge_room_find_reason(reason)].sentence;
}

/* ---- What was said before ------------------------------------------------------------------- */

static char *
bridge_room_build_said_at(const char *jid, const char *nick, const char *id, const char *body,
                          gint64 period)
{
	g_autofree char *words = g_compute_checksum_for_string(G_CHECKSUM_SHA256, body, -1);

	return g_strdup_printf("room\n%s\n%s\n%s\n%" G_GINT64_FORMAT "\n%s", jid, nick, id, period,
	                       words);
}

char **
bridge_room_build_said(const char *jid, const char *nick, const char *id, const char *body,
                       gint64 time_us)
{
	gint64 period = time_us / BRIDGE_ROOM_SLACK_US;
	char **said = g_new0(char *, 4);

	said[0] = bridge_room_build_said_at(jid, nick, id, body, period);
	said[1] = bridge_room_build_said_at(jid, nick, id, body, period - 1);
	said[2] = bridge_room_build_said_at(jid, nick, id, body, period + 1);
	return said;
}
