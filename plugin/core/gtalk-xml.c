/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-xml.h"

#include <string.h>

gboolean
gtalk_xml_matches(const xmlnode *node, const char *name, const char *xmlns)
{
	if (node->type != XMLNODE_TYPE_TAG)
		return FALSE;
	if (name != NULL && (node->name == NULL || strcmp(node->name, name) != 0))
		return FALSE;
	if (node->xmlns == NULL)
		return strcmp(xmlns, GTALK_NS_CLIENT) == 0;
	return strcmp(node->xmlns, xmlns) == 0;
}

static xmlnode *
gtalk_xml_scan(xmlnode *node, const char *name, const char *xmlns)
{
	for (; node != NULL; node = node->next)
		if (gtalk_xml_is(node, name, xmlns))
			return node;
	return NULL;
}

xmlnode *
gtalk_xml_find_child(const xmlnode *parent, const char *name, const char *xmlns)
{
	return parent != NULL ? gtalk_xml_scan(parent->child, name, xmlns) : NULL;
}

xmlnode *
gtalk_xml_find_next(const xmlnode *child, const char *name, const char *xmlns)
{
	return gtalk_xml_scan(child->next, name, xmlns);
}

char *
gtalk_xml_dup_text(const xmlnode *node)
{
	gboolean has_text = FALSE;
	gsize length = 0;
	char *text = NULL;

	for (const xmlnode *child = node->child; child != NULL; child = child->next) {
		if (child->type != XMLNODE_TYPE_DATA)
			continue;
		has_text = TRUE;
		length += child->data_sz;
	}
	if (!has_text)
		return NULL;
	text = g_malloc(length + 1);
	length = 0;
	for (const xmlnode *child = node->child; child != NULL; child = child->next) {
		if (child->type != XMLNODE_TYPE_DATA || child->data_sz == 0)
			continue;
		memcpy(text + length, child->data, child->data_sz);
		length += child->data_sz;
	}
	text[length] = '\0';
	return text;
}

gboolean
gtalk_xml_is_stanza(const xmlnode *node)
{
	if (node == NULL || node->name == NULL)
		return FALSE;
	if (strcmp(node->name, "message") != 0 && strcmp(node->name, "presence") != 0 &&
	    strcmp(node->name, "iq") != 0)
		return FALSE;
	return node->xmlns == NULL || strcmp(node->xmlns, GTALK_NS_CLIENT) == 0;
}

xmlnode *
gtalk_xml_add_child(xmlnode *parent, const char *name, const char *xmlns)
{
	xmlnode *child = xmlnode_new_child(parent, name);

	if (xmlns != NULL)
		xmlnode_set_namespace(child, xmlns);
	return child;
}

void
gtalk_xml_add_text(xmlnode *parent, const char *name, const char *xmlns, const char *text)
{
	xmlnode_insert_data(gtalk_xml_add_child(parent, name, xmlns), text, -1);
}
