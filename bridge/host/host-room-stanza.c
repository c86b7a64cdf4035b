/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-room-stanza.h"

#include <string.h>

#define ROOM_USER "http://jabber.org/protocol/muc#user"
#define ROOM_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define ROOM_DATA "jabber:x:data"

#define ROOM_STATUS_SELF "110"
#define ROOM_STATUS_CREATED "201"
#define ROOM_STATUS_NICK "303"

typedef struct {
	const char *name;
	const char *reason;
} HostRoomReason;

/* XEP-0045, sections 7.2 and 10.1; the rest is RFC 6120's. */
static const HostRoomReason host_room_conditions[] = {
	{"forbidden", HOST_ROOM_BANNED},
	{"registration-required", HOST_ROOM_MEMBERS_ONLY},
	{"not-authorized", HOST_ROOM_PASSWORD},
	{"conflict", HOST_ROOM_NICKNAME_TAKEN},
	{"not-acceptable", HOST_ROOM_NICKNAME_REFUSED},
	{"item-not-found", HOST_ROOM_NOT_FOUND},
	{"gone", HOST_ROOM_GONE},
	{"not-allowed", HOST_ROOM_NOT_ALLOWED},
	{"service-unavailable", HOST_ROOM_UNAVAILABLE},
	{"remote-server-not-found", HOST_ROOM_UNREACHABLE},
	{"remote-server-timeout", HOST_ROOM_UNREACHABLE},
};

/* Sections 8.2, 9.1, 9.4, 10.9 and 15.6.2; of several the first one here says most: whoever is
 * thrown out for a technical reason is told that he was kicked, too. */
static const HostRoomReason host_room_codes[] = {
	{"301", HOST_ROOM_BANNED}, {"333", HOST_ROOM_DISCONNECTED}, {"332", HOST_ROOM_DISCONNECTED},
	{"307", HOST_ROOM_KICKED}, {"321", HOST_ROOM_MEMBERS_ONLY}, {"322", HOST_ROOM_MEMBERS_ONLY},
};

static xmlnode *
host_room_find_user(xmlnode *presence)
{
	return xmlnode_get_child_with_namespace(presence, "x", ROOM_USER);
}

static xmlnode *
host_room_find_status(xmlnode *user, const char *code)
{
	xmlnode *status = user != NULL ? xmlnode_get_child(user, "status") : NULL;

	while (status != NULL && !purple_strequal(xmlnode_get_attrib(status, "code"), code))
		status = xmlnode_get_next_twin(status);
	return status;
}

static char *
host_room_dup_child_text(xmlnode *parent, const char *name)
{
	xmlnode *child = parent != NULL ? xmlnode_get_child(parent, name) : NULL;

	return child != NULL ? xmlnode_get_data(child) : NULL;
}

/* ---- Refused --------------------------------------------------------------------------------- */

static const char *
host_room_find_condition(xmlnode *error)
{
	for (gsize i = 0; error != NULL && i < G_N_ELEMENTS(host_room_conditions); i++)
		if (xmlnode_get_child_with_namespace(error, host_room_conditions[i].name,
		                                     ROOM_STANZAS) != NULL)
			return host_room_conditions[i].reason;
	return HOST_ROOM_REFUSED;
}

static void
host_room_read_refusal(xmlnode *presence, HostRoomPresence *read)
{
	xmlnode *error = xmlnode_get_child(presence, "error");

	read->kind = HOST_ROOM_PRESENCE_REFUSED;
	read->reason = host_room_find_condition(error);
	read->detail = host_room_dup_child_text(error, "text");
}

/* ---- Left ------------------------------------------------------------------------------------ */

static void
host_room_read_destroyed(xmlnode *destroy, HostRoomPresence *read)
{
	read->reason = HOST_ROOM_GONE;
	read->detail = host_room_dup_child_text(destroy, "reason");
	read->alternative = g_strdup(xmlnode_get_attrib(destroy, "jid"));
}

static void
host_room_read_leaving(xmlnode *user, HostRoomPresence *read)
{
	xmlnode *destroy = user != NULL ? xmlnode_get_child(user, "destroy") : NULL;

	read->kind = HOST_ROOM_PRESENCE_LEFT;
	if (destroy != NULL) {
		host_room_read_destroyed(destroy, read);
		return;
	}
	read->reason = HOST_ROOM_LEFT;
	for (gsize i = G_N_ELEMENTS(host_room_codes); i > 0; i--)
		if (host_room_find_status(user, host_room_codes[i - 1].name) != NULL)
			read->reason = host_room_codes[i - 1].reason;
	read->detail = host_room_dup_child_text(
		user != NULL ? xmlnode_get_child(user, "item") : NULL, "reason");
}

/* Another client of the account by the same nickname is not us (section 7.1.10). */
static gboolean
host_room_is_another_client(xmlnode *presence, xmlnode *item)
{
	const char *jid = item != NULL ? xmlnode_get_attrib(item, "jid") : NULL;

	return jid != NULL && strchr(jid, '/') != NULL &&
	       !purple_strequal(jid, xmlnode_get_attrib(presence, "to"));
}

static void
host_room_read_unavailable(xmlnode *presence, HostRoomPresence *read)
{
	xmlnode *user = host_room_find_user(presence);
	xmlnode *item = user != NULL ? xmlnode_get_child(user, "item") : NULL;
	const char *new_nick = item != NULL ? xmlnode_get_attrib(item, "nick") : NULL;

	if (host_room_find_status(user, ROOM_STATUS_NICK) != NULL) {
		if (new_nick == NULL)
			return;
		read->kind = HOST_ROOM_PRESENCE_ENTERED;
		read->nick = g_strdup(new_nick);
	} else if (host_room_find_status(user, ROOM_STATUS_SELF) != NULL ||
	           !host_room_is_another_client(presence, item)) {
		host_room_read_leaving(user, read);
	}
}

/* ---- All of it ------------------------------------------------------------------------------- */

void
host_room_presence_read(xmlnode *presence, const char *own_nick, HostRoomPresence *read)
{
	const char *from = xmlnode_get_attrib(presence, "from");
	const char *type = xmlnode_get_attrib(presence, "type");
	const char *slash = from != NULL ? strchr(from, '/') : NULL;
	xmlnode *user = host_room_find_user(presence);

	*read = (HostRoomPresence){0};
	if (purple_strequal(type, "error")) {
		host_room_read_refusal(presence, read);
		return;
	}
	if (slash == NULL)
		return;
	if (host_room_find_status(user, ROOM_STATUS_SELF) == NULL &&
	    !purple_strequal(slash + 1, own_nick))
		return;
	if (purple_strequal(type, "unavailable")) {
		host_room_read_unavailable(presence, read);
	} else if (type == NULL) {
		read->kind = HOST_ROOM_PRESENCE_ENTERED;
		read->nick = g_strdup(slash + 1);
		read->created = host_room_find_status(user, ROOM_STATUS_CREATED) != NULL;
	}
}

void
host_room_presence_clear(HostRoomPresence *read)
{
	g_clear_pointer(&read->nick, g_free);
	g_clear_pointer(&read->detail, g_free);
	g_clear_pointer(&read->alternative, g_free);
}

void
host_room_presence_hide_created(xmlnode *presence)
{
	xmlnode *status = host_room_find_status(host_room_find_user(presence), ROOM_STATUS_CREATED);

	if (status != NULL)
		xmlnode_free(status);
}

/* Section 10.1.2: an empty form. */
void
host_room_fill_configuration(xmlnode *query)
{
	xmlnode *form = xmlnode_new_child(query, "x");

	xmlnode_set_namespace(form, ROOM_DATA);
	xmlnode_set_attrib(form, "type", "submit");
}

/* XEP-0410, section 3: that somebody else answers who knows no pings, that the nickname has just
 * become another one, or that the room's server cannot be reached for the moment, is no absence. */
gboolean
host_room_knows_us(xmlnode *reply)
{
	static const char *const doubtful[] = {"service-unavailable",   "feature-not-implemented",
	                                       "item-not-found",        "remote-server-not-found",
	                                       "remote-server-timeout", NULL};
	xmlnode *error = xmlnode_get_child(reply, "error");

	if (!purple_strequal(xmlnode_get_attrib(reply, "type"), "error"))
		return TRUE;
	for (gsize i = 0; error != NULL && doubtful[i] != NULL; i++)
		if (xmlnode_get_child_with_namespace(error, doubtful[i], ROOM_STANZAS) != NULL)
			return TRUE;
	return FALSE;
}

/* XEP-0045, section 9.4. */
xmlnode *
host_room_build_goodbye(const char *to, const char *room, const char *nick)
{
	xmlnode *presence = xmlnode_new("presence");
	xmlnode *user = xmlnode_new_child(presence, "x");
	xmlnode *item = xmlnode_new_child(user, "item");
	g_autofree char *from = g_strconcat(room, "/", nick, NULL);

	xmlnode_set_namespace(presence, "jabber:client");
	xmlnode_set_attrib(presence, "from", from);
	if (to != NULL)
		xmlnode_set_attrib(presence, "to", to);
	xmlnode_set_attrib(presence, "type", "unavailable");
	xmlnode_set_namespace(user, ROOM_USER);
	xmlnode_set_attrib(item, "affiliation", "none");
	xmlnode_set_attrib(item, "role", "none");
	xmlnode_set_attrib(xmlnode_new_child(user, "status"), "code", ROOM_STATUS_SELF);
	xmlnode_set_attrib(xmlnode_new_child(user, "status"), "code", "333");
	return presence;
}

/* Section 7.8.2. */
xmlnode *
host_room_build_decline(const char *room, const char *inviter, const char *text)
{
	xmlnode *message = xmlnode_new("message");
	xmlnode *user = xmlnode_new_child(message, "x");
	xmlnode *decline = xmlnode_new_child(user, "decline");

	xmlnode_set_attrib(message, "to", room);
	xmlnode_set_namespace(user, ROOM_USER);
	xmlnode_set_attrib(decline, "to", inviter);
	if (text != NULL && *text != '\0')
		xmlnode_insert_data(xmlnode_new_child(decline, "reason"), text, -1);
	return message;
}
