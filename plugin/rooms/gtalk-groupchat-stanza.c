/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-groupchat-stanza.h"

#include <string.h>

#include "core/gtalk-xml.h"

#define GTALK_GROUPCHAT_PREFIX "private-chat-"
#define GTALK_GROUPCHAT_MARK "pmuc-v1"

#define GTALK_ROOM_STATUS_SELF "110"
#define GTALK_ROOM_STATUS_RENAMED "303"

/* What Google's own domains shared; everybody else's is beside their own. */
#define GTALK_GROUPCHAT_GOOGLE_SERVER "groupchat.google.com"

char *
gtalk_groupchat_dup_server(const char *domain)
{
	if (g_ascii_strcasecmp(domain, "gmail.com") == 0 ||
	    g_ascii_strcasecmp(domain, "googlemail.com") == 0)
		return g_strdup(GTALK_GROUPCHAT_GOOGLE_SERVER);
	return g_strconcat("groupchat.", domain, NULL);
}

char *
gtalk_groupchat_dup_room_name(void)
{
	g_autofree char *uuid = g_uuid_string_random();

	return g_strconcat(GTALK_GROUPCHAT_PREFIX, uuid, NULL);
}

gboolean
gtalk_groupchat_is_private_room(const char *jid)
{
	return jid != NULL && g_str_has_prefix(jid, GTALK_GROUPCHAT_PREFIX) &&
	       strchr(jid, '@') != NULL;
}

/* ---- Presence ------------------------------------------------------------------------------- */

static xmlnode *
gtalk_groupchat_find_status(const xmlnode *presence, const char *code)
{
	xmlnode *x = gtalk_xml_find_child(presence, "x", GTALK_NS_MUC_USER);
	xmlnode *status = x != NULL ? xmlnode_get_child(x, "status") : NULL;

	while (status != NULL && !purple_strequal(xmlnode_get_attrib(status, "code"), code))
		status = xmlnode_get_next_twin(status);
	return status;
}

gboolean
gtalk_groupchat_has_status(const xmlnode *presence, const char *code)
{
	return gtalk_groupchat_find_status(presence, code) != NULL;
}

void
gtalk_groupchat_remove_status(xmlnode *presence, const char *code)
{
	xmlnode *status = gtalk_groupchat_find_status(presence, code);

	if (status != NULL)
		xmlnode_free(status);
}

void
gtalk_groupchat_add_status(xmlnode *presence, const char *code)
{
	xmlnode *x = gtalk_xml_find_child(presence, "x", GTALK_NS_MUC_USER);

	if (x != NULL && !gtalk_groupchat_has_status(presence, code))
		xmlnode_set_attrib(gtalk_xml_add_child(x, "status", GTALK_NS_MUC_USER), "code",
		                   code);
}

static GTalkRoomNews
gtalk_groupchat_read_error(const xmlnode *presence)
{
	xmlnode *error = gtalk_xml_find_child(presence, "error", GTALK_NS_CLIENT);

	if (error != NULL && gtalk_xml_find_child(error, "conflict", GTALK_NS_STANZAS) != NULL)
		return GTALK_ROOM_CONFLICT;
	return GTALK_ROOM_REFUSED;
}

GTalkRoomNews
gtalk_groupchat_read_presence(const xmlnode *presence, const char *nick)
{
	const char *from = xmlnode_get_attrib(presence, "from");
	const char *type = xmlnode_get_attrib(presence, "type");
	const char *slash = from != NULL ? strchr(from, '/') : NULL;
	gboolean is_self = FALSE;

	if (purple_strequal(type, "error"))
		return gtalk_groupchat_read_error(presence);
	if (slash == NULL || (type != NULL && !purple_strequal(type, "unavailable")))
		return GTALK_ROOM_NOTHING;
	is_self = purple_strequal(slash + 1, nick) ||
	          gtalk_groupchat_has_status(presence, GTALK_ROOM_STATUS_SELF);
	if (!is_self || gtalk_groupchat_has_status(presence, GTALK_ROOM_STATUS_RENAMED))
		return GTALK_ROOM_OTHER;
	return type == NULL ? GTALK_ROOM_ENTERED : GTALK_ROOM_LEFT;
}

xmlnode *
gtalk_groupchat_build_entry(const char *room, const char *nick)
{
	xmlnode *presence = xmlnode_new("presence");
	g_autofree char *to = g_strdup_printf("%s/%s", room, nick);

	xmlnode_set_attrib(presence, "to", to);
	gtalk_xml_add_child(presence, "x", GTALK_NS_MUC);
	return presence;
}

gboolean
gtalk_groupchat_is_empty_topic(const xmlnode *message)
{
	xmlnode *subject = xmlnode_get_child(message, "subject");
	g_autofree char *text = subject != NULL ? xmlnode_get_data(subject) : NULL;

	return subject != NULL && text == NULL && xmlnode_get_child(message, "body") == NULL;
}

/* ---- Invitations ---------------------------------------------------------------------------- */

xmlnode *
gtalk_groupchat_build_invitation(const char *room, const char *who)
{
	xmlnode *message = xmlnode_new("message");
	xmlnode *x = gtalk_xml_add_child(message, "x", GTALK_NS_MUC_USER);

	xmlnode_set_attrib(message, "to", room);
	xmlnode_set_attrib(xmlnode_new_child(x, "invite"), "to", who);
	return message;
}

xmlnode *
gtalk_groupchat_find_invitation(const xmlnode *message)
{
	xmlnode *x = gtalk_xml_find_child(message, "x", GTALK_NS_MUC_USER);

	return x != NULL ? xmlnode_get_child(x, "invite") : NULL;
}

static void
gtalk_groupchat_remove_children(xmlnode *parent, const char *name)
{
	xmlnode *child = NULL;

	while ((child = xmlnode_get_child(parent, name)) != NULL)
		xmlnode_free(child);
}

void
gtalk_groupchat_strip_invitation(xmlnode *message)
{
	xmlnode *invite = gtalk_groupchat_find_invitation(message);
	xmlnode *direct = gtalk_xml_find_child(message, "x", GTALK_NS_CONFERENCE);

	if (invite != NULL && gtalk_groupchat_is_private_room(xmlnode_get_attrib(message, "to"))) {
		gtalk_groupchat_remove_children(invite, "reason");
		gtalk_groupchat_remove_children(message, "body");
	} else if (direct != NULL &&
	           gtalk_groupchat_is_private_room(xmlnode_get_attrib(direct, "jid"))) {
		xmlnode_remove_attrib(direct, "reason");
		gtalk_groupchat_remove_children(message, "body");
	}
}

/* ---- Room configuration --------------------------------------------------------------------- */

static void
gtalk_groupchat_add_field(xmlnode *form, const char *var, const char *value)
{
	xmlnode *field = xmlnode_new_child(form, "field");

	xmlnode_set_attrib(field, "var", var);
	gtalk_xml_add_text(field, "value", NULL, value);
}

xmlnode *
gtalk_groupchat_build_configuration(const char *room, gboolean is_private)
{
	xmlnode *iq = xmlnode_new("iq");
	xmlnode *query = gtalk_xml_add_child(iq, "query", GTALK_NS_MUC_OWNER);
	xmlnode *form = gtalk_xml_add_child(query, "x", GTALK_NS_DATA_FORM);

	xmlnode_set_attrib(iq, "type", "set");
	xmlnode_set_attrib(iq, "to", room);
	xmlnode_set_attrib(form, "type", "submit");
	if (!is_private)
		return iq;
	gtalk_groupchat_add_field(form, "FORM_TYPE", "http://jabber.org/protocol/muc#roomconfig");
	gtalk_groupchat_add_field(form, "muc#roomconfig_publicroom", "0");
	gtalk_groupchat_add_field(form, "muc#roomconfig_persistentroom", "0");
	gtalk_groupchat_add_field(form, "muc#roomconfig_membersonly", "1");
	gtalk_groupchat_add_field(form, "muc#roomconfig_allowinvites", "1");
	gtalk_groupchat_add_field(form, "muc#roomconfig_whois", "anyone");
	return iq;
}

/* ---- Clients that can take part ------------------------------------------------------------- */

static gboolean
gtalk_groupchat_has_word(const char *words, const char *word)
{
	g_auto(GStrv) list = g_strsplit(words, " ", -1);

	return g_strv_contains((const char *const *)list, word);
}

void
gtalk_groupchat_mark_caps(xmlnode *presence)
{
	xmlnode *caps = gtalk_xml_find_child(presence, "c", GTALK_NS_CAPS);
	const char *words = caps != NULL ? xmlnode_get_attrib(caps, "ext") : NULL;
	g_autofree char *more = NULL;

	if (caps == NULL ||
	    (words != NULL && gtalk_groupchat_has_word(words, GTALK_GROUPCHAT_MARK)))
		return;
	more = words != NULL && *words != '\0' ? g_strjoin(" ", words, GTALK_GROUPCHAT_MARK, NULL)
	                                       : g_strdup(GTALK_GROUPCHAT_MARK);
	xmlnode_set_attrib(caps, "ext", more);
}

xmlnode *
gtalk_groupchat_build_mark_answer(const xmlnode *iq)
{
	xmlnode *query = gtalk_xml_is(iq, "iq", GTALK_NS_CLIENT)
	                         ? gtalk_xml_find_child(iq, "query", GTALK_NS_DISCO_INFO)
	                         : NULL;
	const char *node = query != NULL ? xmlnode_get_attrib(query, "node") : NULL;
	const char *id = xmlnode_get_attrib(iq, "id");
	const char *from = xmlnode_get_attrib(iq, "from");
	xmlnode *answer = NULL;

	if (node == NULL || id == NULL || !g_str_has_suffix(node, "#" GTALK_GROUPCHAT_MARK) ||
	    !purple_strequal(xmlnode_get_attrib(iq, "type"), "get"))
		return NULL;
	answer = xmlnode_new("iq");
	xmlnode_set_attrib(answer, "type", "result");
	xmlnode_set_attrib(answer, "id", id);
	if (from != NULL)
		xmlnode_set_attrib(answer, "to", from);
	xmlnode_set_attrib(gtalk_xml_add_child(answer, "query", GTALK_NS_DISCO_INFO), "node", node);
	return answer;
}
