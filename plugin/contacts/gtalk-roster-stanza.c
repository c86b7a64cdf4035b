/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-roster-stanza.h"

#include <math.h>
#include <string.h>

#include "core/gtalk-xml.h"

/* As libpurple writes attributes with a prefix. */
#define GTALK_ROSTER_ATTRIBUTE_KIND "gr:t"
#define GTALK_ROSTER_EXTENSION "2"

static const char gtalk_roster_kinds[] = {
	[GTALK_ROSTER_BLOCKED] = 'B',
	[GTALK_ROSTER_HIDDEN] = 'H',
	[GTALK_ROSTER_PINNED] = 'P',
};

xmlnode *
gtalk_roster_stanza_find_query(const xmlnode *iq)
{
	const char *type = NULL;

	if (!gtalk_xml_is(iq, "iq", GTALK_NS_CLIENT))
		return NULL;
	type = xmlnode_get_attrib(iq, "type");
	if (!purple_strequal(type, "result") && !purple_strequal(type, "set"))
		return NULL;
	return gtalk_xml_find_child(iq, "query", GTALK_NS_ROSTER);
}

/* The attribute of our namespace, NULL if it is missing, broken or longer than @max_bytes. */
static const char *
gtalk_roster_get(const xmlnode *item, const char *name, gsize max_bytes)
{
	const char *value = xmlnode_get_attrib_with_namespace(item, name, GTALK_NS_GOOGLE_ROSTER);

	if (value == NULL || strlen(value) > max_bytes || !g_utf8_validate(value, -1, NULL))
		return NULL;
	return value;
}

static GTalkRosterKind
gtalk_roster_parse_kind(const xmlnode *item)
{
	const char *text = gtalk_roster_get(item, "t", 1);

	for (gsize i = 0; text != NULL && i < G_N_ELEMENTS(gtalk_roster_kinds); i++) {
		if (gtalk_roster_kinds[i] != '\0' &&
		    g_ascii_toupper(*text) == gtalk_roster_kinds[i])
			return i;
	}
	return GTALK_ROSTER_NORMAL;
}

static guint
gtalk_roster_parse_count(const xmlnode *item, const char *name)
{
	const char *text = gtalk_roster_get(item, name, 10);
	guint64 count = 0;

	if (text == NULL ||
	    !g_ascii_string_to_unsigned(text, 10, 0, GTALK_ROSTER_COUNT_MAX, &count, NULL))
		return 0;
	return (guint)count;
}

static double
gtalk_roster_parse_weight(const xmlnode *item)
{
	const char *text = gtalk_roster_get(item, "w", 64);
	char *end = NULL;
	double weight = text != NULL ? g_ascii_strtod(text, &end) : 0;

	return text != NULL && end != text && *end == '\0' && isfinite(weight) ? weight : 0;
}

static gboolean
gtalk_roster_parse_flag(const xmlnode *item, const char *name)
{
	return purple_strequal(gtalk_roster_get(item, name, 8), "true");
}

/* Most entries of an address book are in none. */
static const char *const gtalk_roster_no_groups[] = {NULL};

static const char *const *
gtalk_roster_parse_groups(const xmlnode *item)
{
	GPtrArray *groups = NULL;
	xmlnode *group = gtalk_xml_find_child(item, "group", GTALK_NS_ROSTER);

	if (group == NULL)
		return gtalk_roster_no_groups;
	groups = g_ptr_array_new();

	for (; group != NULL && groups->len < GTALK_ROSTER_GROUPS_MAX;
	     group = gtalk_xml_find_next(group, "group", GTALK_NS_ROSTER)) {
		g_autofree char *name = xmlnode_get_data(group);

		if (name != NULL && *name != '\0' && strlen(name) <= GTALK_ROSTER_NAME_MAX_BYTES &&
		    g_utf8_validate(name, -1, NULL))
			g_ptr_array_add(groups, g_steal_pointer(&name));
	}
	g_ptr_array_add(groups, NULL);
	return (const char *const *)g_ptr_array_free(groups, FALSE);
}

/* One of the values of RFC 6121, section 2.1.2.5; a static string. */
static const char *
gtalk_roster_parse_subscription(const xmlnode *item)
{
	static const char *const known[] = {"none", "to", "from", "both", "remove"};
	const char *text = xmlnode_get_attrib(item, "subscription");

	for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
		if (purple_strequal(text, known[i]))
			return known[i];
	return known[0];
}

static char *
gtalk_roster_dup_name(const xmlnode *item)
{
	const char *name = xmlnode_get_attrib(item, "name");

	if (name == NULL || *name == '\0' || strlen(name) > GTALK_ROSTER_NAME_MAX_BYTES ||
	    !g_utf8_validate(name, -1, NULL))
		return NULL;
	return g_strdup(name);
}

GTalkRosterContact *
gtalk_roster_stanza_parse_item(const xmlnode *item)
{
	const char *jid = xmlnode_get_attrib(item, "jid");
	GTalkRosterContact *contact = NULL;

	if (jid == NULL || *jid == '\0' || strlen(jid) > GTALK_ROSTER_JID_MAX_BYTES ||
	    !g_utf8_validate(jid, -1, NULL))
		return NULL;
	contact = g_new0(GTalkRosterContact, 1);
	contact->jid = g_strdup(jid);
	contact->name = gtalk_roster_dup_name(item);
	contact->groups = gtalk_roster_parse_groups(item);
	contact->subscription = gtalk_roster_parse_subscription(item);
	contact->asked = purple_strequal(xmlnode_get_attrib(item, "ask"), "subscribe");
	contact->kind = gtalk_roster_parse_kind(item);
	contact->weight = gtalk_roster_parse_weight(item);
	contact->n_messages = gtalk_roster_parse_count(item, "mc");
	contact->n_mails = gtalk_roster_parse_count(item, "emc");
	contact->automatic = gtalk_roster_parse_flag(item, "autosub");
	contact->rejected = gtalk_roster_parse_flag(item, "rejected");
	contact->invited = purple_strequal(gtalk_roster_get(item, "inv", 8), "A");
	contact->alias_for =
		g_strdup(gtalk_roster_get(item, "alias-for", GTALK_ROSTER_JID_MAX_BYTES));
	contact->profile_url =
		g_strdup(gtalk_roster_get(item, "profileurl", GTALK_ROSTER_URL_MAX_BYTES));
	return contact;
}

void
gtalk_roster_contact_free(GTalkRosterContact *contact)
{
	g_free((char *)contact->jid);
	g_free((char *)contact->name);
	if (contact->groups != gtalk_roster_no_groups)
		g_strfreev((char **)contact->groups);
	g_free((char *)contact->alias_for);
	g_free((char *)contact->profile_url);
	g_free(contact);
}

gboolean
gtalk_roster_contact_is_stranger(const GTalkRosterContact *contact)
{
	if (contact->asked || !purple_strequal(contact->subscription, "none"))
		return FALSE;
	return contact->groups[0] == NULL || contact->kind == GTALK_ROSTER_BLOCKED;
}

gboolean
gtalk_roster_contact_is_extended(const GTalkRosterContact *contact)
{
	return contact->kind != GTALK_ROSTER_NORMAL || contact->weight != 0 ||
	       contact->n_messages != 0 || contact->n_mails != 0 || contact->automatic ||
	       contact->rejected || contact->invited || contact->alias_for != NULL ||
	       contact->profile_url != NULL;
}

void
gtalk_roster_stanza_mark(xmlnode *item, GTalkRosterKind kind)
{
	char text[] = {gtalk_roster_kinds[kind], '\0'};

	if (*text == '\0' || xmlnode_get_attrib(item, GTALK_ROSTER_ATTRIBUTE_KIND) != NULL)
		return;
	xmlnode_set_attrib(item, GTALK_ROSTER_ATTRIBUTE_KIND, text);
	if (item->parent == NULL)
		return;
	xmlnode_set_attrib(item->parent, "xmlns:gr", GTALK_NS_GOOGLE_ROSTER);
	xmlnode_set_attrib(item->parent, "gr:ext", GTALK_ROSTER_EXTENSION);
}

xmlnode *
gtalk_roster_stanza_build_set(const char *jid, const char *name, const char *const *groups,
                              GTalkRosterKind kind)
{
	xmlnode *iq = xmlnode_new("iq");
	xmlnode *query = gtalk_xml_add_child(iq, "query", GTALK_NS_ROSTER);
	xmlnode *item = xmlnode_new_child(query, "item");

	xmlnode_set_attrib(iq, "type", "set");
	xmlnode_set_attrib(query, "xmlns:gr", GTALK_NS_GOOGLE_ROSTER);
	xmlnode_set_attrib(query, "gr:ext", GTALK_ROSTER_EXTENSION);
	xmlnode_set_attrib(item, "jid", jid);
	if (name != NULL)
		xmlnode_set_attrib(item, "name", name);
	gtalk_roster_stanza_mark(item, kind);
	for (; groups != NULL && *groups != NULL; groups++)
		gtalk_xml_add_text(item, "group", NULL, *groups);
	return iq;
}
