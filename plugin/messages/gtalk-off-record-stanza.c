/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-off-record-stanza.h"

#include <string.h>

#include "core/gtalk-jid.h"
#include "core/gtalk-xml.h"

#define GTALK_OFF_RECORD_ITEMS_MAX 10000    /* more contacts than any service allows */
#define GTALK_OFF_RECORD_JID_MAX_BYTES 3071 /* RFC 6122 section 2.1 */

static const struct {
	const char *value;
	GTalkRecord record;
} gtalk_off_record_values[] = {
	/* google:nosave */
	{"enabled", GTALK_RECORD_OFF},
	{"disabled", GTALK_RECORD_ON},
	/* otr: Google's two, and the one of XEP-0136 that some clients sent */
	{"true", GTALK_RECORD_OFF},
	{"false", GTALK_RECORD_ON},
	{"require", GTALK_RECORD_OFF},
};

static GTalkRecord
gtalk_off_record_parse_value(const char *value)
{
	for (gsize i = 0; value != NULL && i < G_N_ELEMENTS(gtalk_off_record_values); i++)
		if (strcmp(gtalk_off_record_values[i].value, value) == 0)
			return gtalk_off_record_values[i].record;
	return GTALK_RECORD_UNKNOWN;
}

static void
gtalk_off_record_item_free(GTalkOffRecordItem *item)
{
	g_free(item->jid);
	g_free(item->source);
	g_free(item);
}

static gboolean
gtalk_off_record_is_address(const char *jid)
{
	return jid != NULL && *jid != '\0' && *jid != '/' &&
	       strlen(jid) <= GTALK_OFF_RECORD_JID_MAX_BYTES;
}

static GTalkOffRecordItem *
gtalk_off_record_parse_item(const xmlnode *node)
{
	const char *jid = gtalk_xml_get_attribute(node, "jid");
	const char *source = gtalk_xml_get_attribute(node, "source");
	GTalkRecord record = gtalk_off_record_parse_value(gtalk_xml_get_attribute(node, "value"));
	GTalkOffRecordItem *item = NULL;

	if (!gtalk_off_record_is_address(jid) || record == GTALK_RECORD_UNKNOWN)
		return NULL;
	item = g_new0(GTalkOffRecordItem, 1);
	item->jid = gtalk_jid_dup_bare(jid);
	item->record = record;
	if (gtalk_off_record_is_address(source))
		item->source = gtalk_jid_dup_bare(source);
	return item;
}

GPtrArray *
gtalk_off_record_parse_items(const xmlnode *query)
{
	GPtrArray *items =
		g_ptr_array_new_with_free_func((GDestroyNotify)gtalk_off_record_item_free);
	xmlnode *node = gtalk_xml_find_child(query, "item", GTALK_NS_GOOGLE_NOSAVE);

	for (; node != NULL && items->len < GTALK_OFF_RECORD_ITEMS_MAX;
	     node = gtalk_xml_find_next(node, "item", GTALK_NS_GOOGLE_NOSAVE)) {
		GTalkOffRecordItem *item = gtalk_off_record_parse_item(node);

		if (item != NULL)
			g_ptr_array_add(items, item);
	}
	return items;
}

/* The mark of google:nosave says it all; the other one is there for those who know only that. */
GTalkRecord
gtalk_off_record_find_mark(const xmlnode *message)
{
	GTalkRecord nosave = GTALK_RECORD_UNKNOWN;
	GTalkRecord archive = GTALK_RECORD_UNKNOWN;

	for (const xmlnode *child = message->child; child != NULL; child = child->next) {
		if (child->type != XMLNODE_TYPE_TAG || child->xmlns == NULL)
			continue;
		if (nosave == GTALK_RECORD_UNKNOWN &&
		    gtalk_xml_is(child, "x", GTALK_NS_GOOGLE_NOSAVE))
			nosave = gtalk_off_record_parse_value(
				gtalk_xml_get_attribute(child, "value"));
		else if (archive == GTALK_RECORD_UNKNOWN &&
		         gtalk_xml_is(child, "record", GTALK_NS_GOOGLE_ARCHIVE))
			archive =
				gtalk_off_record_parse_value(gtalk_xml_get_attribute(child, "otr"));
	}
	return nosave != GTALK_RECORD_UNKNOWN ? nosave : archive;
}

static gboolean
gtalk_off_record_has_hint(const xmlnode *message)
{
	for (const xmlnode *child = message->child; child != NULL; child = child->next)
		if (child->xmlns != NULL &&
		    (gtalk_xml_is(child, "no-store", GTALK_NS_HINTS) ||
		     gtalk_xml_is(child, "no-permanent-store", GTALK_NS_HINTS)))
			return TRUE;
	return FALSE;
}

GTalkRecord
gtalk_off_record_parse_mark(const xmlnode *message)
{
	GTalkRecord mark = gtalk_off_record_find_mark(message);

	if (mark == GTALK_RECORD_UNKNOWN && gtalk_off_record_has_hint(message))
		mark = GTALK_RECORD_OFF;
	if (mark != GTALK_RECORD_UNKNOWN &&
	    purple_strequal(gtalk_xml_get_attribute(message, "type"), "error"))
		return GTALK_RECORD_UNKNOWN;
	return mark;
}

void
gtalk_off_record_build_get(xmlnode *iq)
{
	gtalk_xml_add_child(iq, "query", GTALK_NS_GOOGLE_NOSAVE);
}

void
gtalk_off_record_build_set(xmlnode *iq, const char *jid, gboolean off_record)
{
	xmlnode *query = gtalk_xml_add_child(iq, "query", GTALK_NS_GOOGLE_NOSAVE);
	xmlnode *item = gtalk_xml_add_child(query, "item", NULL);

	xmlnode_set_attrib(item, "jid", jid);
	xmlnode_set_attrib(item, "value", off_record ? "enabled" : "disabled");
}

void
gtalk_off_record_add_hint(xmlnode *message)
{
	if (gtalk_xml_find_child(message, "no-store", GTALK_NS_HINTS) == NULL)
		gtalk_xml_add_child(message, "no-store", GTALK_NS_HINTS);
}
