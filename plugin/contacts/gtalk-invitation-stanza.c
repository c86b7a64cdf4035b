/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-invitation-stanza.h"

#include <string.h>

#include "core/gtalk-xml.h"
#include "gtalk-roster-stanza.h"

/* As much of @text as the limit allows, whole characters. */
static char *
gtalk_invitation_dup_limited(const char *text)
{
	gsize length = strlen(text);

	if (length > GTALK_INVITATION_TEXT_MAX_BYTES) {
		length = GTALK_INVITATION_TEXT_MAX_BYTES;
		while (length > 0 && ((guchar)text[length] & 0xc0) == 0x80)
			length--;
	}
	return g_strndup(text, length);
}

void
gtalk_invitation_add(xmlnode *request, const char *name, const char *subject, const char *text,
                     gboolean with_mail)
{
	g_autofree char *limited = gtalk_invitation_dup_limited(text);
	xmlnode *invitation = NULL;

	gtalk_xml_add_text(request, "status", NULL, limited);
	if (!with_mail)
		return;
	invitation = gtalk_xml_add_child(request, "invitation", GTALK_NS_GOOGLE_SUBSCRIBE);
	xmlnode_set_attrib(invitation, "xmlns:sub", GTALK_NS_GOOGLE_SUBSCRIBE);
	if (name != NULL && *name != '\0')
		xmlnode_set_attrib(invitation, "sub:name", name);
	xmlnode_set_attrib(invitation, "sub:subject", subject);
	xmlnode_set_attrib(invitation, "sub:body", limited);
}

static char *
gtalk_invitation_dup_usable(const char *text)
{
	if (text == NULL || *text == '\0' || !g_utf8_validate(text, -1, NULL))
		return NULL;
	return gtalk_invitation_dup_limited(text);
}

char *
gtalk_invitation_dup_text(const xmlnode *presence)
{
	xmlnode *child = NULL;
	g_autofree char *status = NULL;

	if (!gtalk_xml_is(presence, "presence", GTALK_NS_CLIENT) ||
	    !purple_strequal(gtalk_xml_get_attribute(presence, "type"), "subscribe"))
		return NULL;
	child = gtalk_xml_find_child(presence, "status", GTALK_NS_CLIENT);
	status = child != NULL ? xmlnode_get_data(child) : NULL;
	if (status != NULL && *status != '\0')
		return gtalk_invitation_dup_usable(status);
	child = gtalk_xml_find_child(presence, "invitation", GTALK_NS_GOOGLE_SUBSCRIBE);
	return child != NULL ? gtalk_invitation_dup_usable(xmlnode_get_attrib_with_namespace(
				       child, "body", GTALK_NS_GOOGLE_SUBSCRIBE))
	                     : NULL;
}

/* ---- Suggested contacts --------------------------------------------------------------------- */

void
gtalk_suggestion_free(GTalkSuggestion *suggestion)
{
	if (suggestion == NULL)
		return;
	g_free((char *)suggestion->jid);
	g_free((char *)suggestion->name);
	g_free((char *)suggestion->group);
	g_free(suggestion);
}

static char *
gtalk_suggestion_dup_group(const xmlnode *item)
{
	xmlnode *group = gtalk_xml_find_child(item, "group", GTALK_NS_ROSTERX);
	g_autofree char *name = group != NULL ? xmlnode_get_data(group) : NULL;

	if (name == NULL || *name == '\0' || strlen(name) > GTALK_ROSTER_NAME_MAX_BYTES)
		return NULL;
	return g_steal_pointer(&name);
}

/* Only additions (which is what no action means): nobody else changes or deletes our contacts. */
static GTalkSuggestion *
gtalk_suggestion_parse_item(const xmlnode *item)
{
	const char *action = xmlnode_get_attrib(item, "action");
	const char *jid = xmlnode_get_attrib(item, "jid");
	const char *name = xmlnode_get_attrib(item, "name");
	GTalkSuggestion *suggestion = NULL;

	if (action != NULL && strcmp(action, "add") != 0)
		return NULL;
	if (jid == NULL || strchr(jid, '@') == NULL || strchr(jid, '/') != NULL ||
	    strlen(jid) > GTALK_ROSTER_JID_MAX_BYTES || !g_utf8_validate(jid, -1, NULL))
		return NULL;
	suggestion = g_new0(GTalkSuggestion, 1);
	suggestion->jid = g_strdup(jid);
	if (name != NULL && *name != '\0' && strlen(name) <= GTALK_ROSTER_NAME_MAX_BYTES)
		suggestion->name = g_strdup(name);
	suggestion->group = gtalk_suggestion_dup_group(item);
	return suggestion;
}

GPtrArray *
gtalk_suggestion_parse(const xmlnode *message)
{
	xmlnode *x = gtalk_xml_find_child(message, "x", GTALK_NS_ROSTERX);
	xmlnode *item = gtalk_xml_find_child(x, "item", GTALK_NS_ROSTERX);
	g_autoptr(GPtrArray) suggestions = NULL;

	if (item == NULL || purple_strequal(xmlnode_get_attrib(message, "type"), "error"))
		return NULL;
	suggestions = g_ptr_array_new_with_free_func((GDestroyNotify)gtalk_suggestion_free);
	for (; item != NULL && suggestions->len < GTALK_SUGGESTIONS_MAX;
	     item = gtalk_xml_find_next(item, "item", GTALK_NS_ROSTERX)) {
		GTalkSuggestion *suggestion = gtalk_suggestion_parse_item(item);

		if (suggestion != NULL)
			g_ptr_array_add(suggestions, suggestion);
	}
	return suggestions->len > 0 ? g_steal_pointer(&suggestions) : NULL;
}

xmlnode *
gtalk_suggestion_build(const char *to, const GTalkSuggestion *const *suggestions)
{
	xmlnode *message = xmlnode_new("message");
	xmlnode *x = gtalk_xml_add_child(message, "x", GTALK_NS_ROSTERX);

	xmlnode_set_attrib(message, "to", to);
	for (; *suggestions != NULL; suggestions++) {
		xmlnode *item = xmlnode_new_child(x, "item");

		xmlnode_set_attrib(item, "action", "add");
		xmlnode_set_attrib(item, "jid", (*suggestions)->jid);
		if ((*suggestions)->name != NULL)
			xmlnode_set_attrib(item, "name", (*suggestions)->name);
		if ((*suggestions)->group != NULL)
			gtalk_xml_add_text(item, "group", NULL, (*suggestions)->group);
	}
	return message;
}
