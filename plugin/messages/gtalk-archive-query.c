/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-archive-query.h"

#include "core/gtalk-xml.h"

static void
gtalk_archive_query_add_field(xmlnode *form, const char *var, const char *type, const char *value)
{
	xmlnode *field = gtalk_xml_add_child(form, "field", NULL);

	xmlnode_set_attrib(field, "var", var);
	if (type != NULL)
		xmlnode_set_attrib(field, "type", type);
	gtalk_xml_add_text(field, "value", NULL, value);
}

static void
gtalk_archive_query_add_form(xmlnode *query, gint64 since_s)
{
	g_autoptr(GDateTime) start = g_date_time_new_from_unix_utc(since_s);
	g_autofree char *stamp = NULL;
	xmlnode *form = NULL;

	if (start == NULL)
		return;
	stamp = g_date_time_format(start, "%Y-%m-%dT%H:%M:%SZ");
	form = gtalk_xml_add_child(query, "x", GTALK_NS_DATA_FORM);
	xmlnode_set_attrib(form, "type", "submit");
	gtalk_archive_query_add_field(form, "FORM_TYPE", "hidden", GTALK_NS_MAM);
	gtalk_archive_query_add_field(form, "start", NULL, stamp);
}

void
gtalk_archive_query_build(xmlnode *iq, const GTalkArchiveQuery *query)
{
	xmlnode *node = gtalk_xml_add_child(iq, "query", GTALK_NS_MAM);
	xmlnode *set = NULL;

	xmlnode_set_attrib(node, "queryid", query->query_id);
	if (query->since_s > 0 && !query->newest)
		gtalk_archive_query_add_form(node, query->since_s);
	set = gtalk_xml_add_child(node, "set", GTALK_NS_RSM);
	gtalk_xml_add_text(set, "max", NULL,
	                   query->newest ? G_STRINGIFY(GTALK_ARCHIVE_QUERY_NEWEST)
	                                 : G_STRINGIFY(GTALK_ARCHIVE_QUERY_PAGE));
	if (query->newest)
		gtalk_xml_add_child(set, "before", NULL);
	else if (query->after != NULL)
		gtalk_xml_add_text(set, "after", NULL, query->after);
}

gboolean
gtalk_archive_query_parse_fin(const xmlnode *reply, GTalkArchiveFin *fin)
{
	xmlnode *node = gtalk_xml_find_child(reply, "fin", GTALK_NS_MAM);
	xmlnode *set = gtalk_xml_find_child(node, "set", GTALK_NS_RSM);
	xmlnode *last = gtalk_xml_find_child(set, "last", GTALK_NS_RSM);
	const char *complete = NULL;

	if (node == NULL)
		return FALSE;
	complete = xmlnode_get_attrib(node, "complete");
	*fin = (GTalkArchiveFin){
		.complete = purple_strequal(complete, "true") || purple_strequal(complete, "1"),
		.last = last != NULL ? xmlnode_get_data(last) : NULL,
	};
	return TRUE;
}

void
gtalk_archive_query_clear_fin(GTalkArchiveFin *fin)
{
	g_clear_pointer(&fin->last, g_free);
}
