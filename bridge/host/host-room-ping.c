/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A room that was restarted, or whose server lost ours for a while, has forgotten who was in it and
 * tells nobody. So one that has been silent for long, or that returns what was said, is asked for
 * ourselves (XEP-0410). Where it does not know us its answer becomes the goodbye that it owes us:
 * libpurple then forgets the room as well, and all else goes as if it had said so. */
#include "config.h"

#include "host-rooms-private.h"

#include <string.h>

#include "host-iq.h"

#define ROOM_PING "urn:xmpp:ping"
#define ROOM_PING_QUIET 4    /* times as long as a link may be silent */
#define ROOM_PINGS_AT_ONCE 8 /* in each look */

void
host_room_note_heard(HostRoom *room)
{
	room->heard_us = g_get_monotonic_time();
}

static void
host_room_ping(HostRoom *room)
{
	g_autofree char *self = g_strconcat(room->jid, "/", room->nick, NULL);
	xmlnode *ping = NULL;
	xmlnode *iq = host_iq_new_with_child("get", self, "ping", ROOM_PING, &ping);

	/* Nobody else can guess it. No answer in time says nothing: it is asked again, later. */
	g_free(room->ping_id);
	room->ping_id = g_uuid_string_random();
	xmlnode_set_attrib(iq, "id", room->ping_id);
	host_room_note_heard(room);
	host_iq_send_stanza(room->account, iq);
}

void
host_rooms_look(HostAccount *account, guint dead_after_s)
{
	GHashTable *rooms = host_rooms_get_all(account);
	gint64 quiet_us = (gint64)dead_after_s * ROOM_PING_QUIET * G_USEC_PER_SEC;
	gint64 now_us = g_get_monotonic_time();
	guint n_asked = 0;
	GHashTableIter iter;
	gpointer value;

	if (rooms == NULL || !host_rooms_is_xmpp(account))
		return;
	g_hash_table_iter_init(&iter, rooms);
	while (n_asked < ROOM_PINGS_AT_ONCE && g_hash_table_iter_next(&iter, NULL, &value)) {
		HostRoom *room = value;

		if (room->state != HOST_ROOM_IN || now_us - room->heard_us < quiet_us)
			continue;
		host_room_ping(room);
		n_asked++;
	}
}

/* NULL: it is from no room that was entered; @from: (nullable) */
static HostRoom *
host_room_find_sender(HostAccount *account, const char *from)
{
	g_autofree char *bare = from != NULL ? g_strndup(from, strcspn(from, "/")) : NULL;
	HostRoom *room = bare != NULL ? host_rooms_find(account, bare) : NULL;

	return room != NULL && room->state == HOST_ROOM_IN ? room : NULL;
}

static void
host_room_take_pong(HostRoom *room, xmlnode **packet)
{
	xmlnode *goodbye;

	g_clear_pointer(&room->ping_id, g_free);
	host_room_note_heard(room);
	if (host_room_knows_us(*packet))
		return;
	goodbye = host_room_build_goodbye(xmlnode_get_attrib(*packet, "to"), room->jid, room->nick);
	xmlnode_free(*packet);
	*packet = goodbye;
}

static void
host_room_receiving_cb(PurpleConnection *gc, xmlnode **packet, gpointer user_data)
{
	HostAccount *account = *packet != NULL ? host_account_find(gc) : NULL;
	const char *type = *packet != NULL ? xmlnode_get_attrib(*packet, "type") : NULL;
	HostRoom *room;

	if (account == NULL || type == NULL ||
	    !(purple_strequal(type, "error") || purple_strequal(type, "result")))
		return;
	room = host_room_find_sender(account, xmlnode_get_attrib(*packet, "from"));
	if (room == NULL)
		return;
	if (purple_strequal((*packet)->name, "iq") && room->ping_id != NULL &&
	    purple_strequal(xmlnode_get_attrib(*packet, "id"), room->ping_id))
		host_room_take_pong(room, packet);
	else if (purple_strequal((*packet)->name, "message") && room->ping_id == NULL &&
	         purple_strequal(host_iq_find_condition(*packet), "not-acceptable"))
		host_room_ping(room);
}

void
host_room_ping_install(PurplePlugin *plugin)
{
	if (plugin != NULL)
		purple_signal_connect(plugin, "jabber-receiving-xmlnode",
		                      (void *)&host_rooms_feature,
		                      PURPLE_CALLBACK(host_room_receiving_cb), NULL);
}
