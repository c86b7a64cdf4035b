/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-capabilities-hash.h"

#include <string.h>

#include "core/gtalk-xml.h"

static int
gtalk_capabilities_hash_compare(gconstpointer one, gconstpointer other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static const char *
gtalk_capabilities_hash_get(const xmlnode *node, const char *name)
{
	const char *value = xmlnode_get_attrib(node, name);

	return value != NULL ? value : "";
}

static char *
gtalk_capabilities_hash_dup_identity(const xmlnode *identity)
{
	g_autofree char *category = NULL;
	g_autofree char *type = NULL;
	g_autofree char *name = NULL;
	const char *lang = xmlnode_get_attrib_with_namespace(
		identity, "lang", "http://www.w3.org/XML/1998/namespace");

	category = g_markup_escape_text(gtalk_capabilities_hash_get(identity, "category"), -1);
	type = g_markup_escape_text(gtalk_capabilities_hash_get(identity, "type"), -1);
	name = g_markup_escape_text(gtalk_capabilities_hash_get(identity, "name"), -1);
	return g_strdup_printf("%s/%s/%s/%s", category, type, lang != NULL ? lang : "", name);
}

static void
gtalk_capabilities_hash_append(GString *text, GPtrArray *entries)
{
	g_ptr_array_sort(entries, gtalk_capabilities_hash_compare);
	for (guint i = 0; i < entries->len; i++)
		g_string_append_printf(text, "%s<", (const char *)g_ptr_array_index(entries, i));
}

static GPtrArray *
gtalk_capabilities_hash_list(const xmlnode *query, const char *name,
                             char *(*dup_entry)(const xmlnode *node))
{
	GPtrArray *entries = g_ptr_array_new_with_free_func(g_free);
	xmlnode *node = gtalk_xml_find_child(query, name, GTALK_NS_DISCO_INFO);

	for (; node != NULL; node = gtalk_xml_find_next(node, name, GTALK_NS_DISCO_INFO))
		g_ptr_array_add(entries, dup_entry(node));
	return entries;
}

static char *
gtalk_capabilities_hash_dup_feature(const xmlnode *feature)
{
	return g_markup_escape_text(gtalk_capabilities_hash_get(feature, "var"), -1);
}

static char *
gtalk_capabilities_hash_digest(const char *text)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA1);
	guint8 digest[20];
	gsize size = sizeof(digest);

	g_checksum_update(checksum, (const guchar *)text, (gssize)strlen(text));
	g_checksum_get_digest(checksum, digest, &size);
	return g_base64_encode(digest, size);
}

/* Whatever its namespace: a query that is still being built has none on its children. */
static gboolean
gtalk_capabilities_hash_has(const xmlnode *query, const char *feature)
{
	for (const xmlnode *node = query->child; node != NULL; node = node->next)
		if (node->type == XMLNODE_TYPE_TAG && purple_strequal(node->name, "feature") &&
		    purple_strequal(xmlnode_get_attrib(node, "var"), feature))
			return TRUE;
	return FALSE;
}

char *
gtalk_capabilities_hash_make(const xmlnode *query, const char *extra)
{
	g_autoptr(GPtrArray) identities = NULL;
	g_autoptr(GPtrArray) features = NULL;
	g_autoptr(GString) text = g_string_new(NULL);

	if (gtalk_xml_find_child(query, "x", GTALK_NS_DATA_FORM) != NULL)
		return NULL;
	identities = gtalk_capabilities_hash_list(query, "identity",
	                                          gtalk_capabilities_hash_dup_identity);
	features =
		gtalk_capabilities_hash_list(query, "feature", gtalk_capabilities_hash_dup_feature);
	if (extra != NULL && !gtalk_capabilities_hash_has(query, extra))
		g_ptr_array_add(features, g_markup_escape_text(extra, -1));
	gtalk_capabilities_hash_append(text, identities);
	gtalk_capabilities_hash_append(text, features);
	return gtalk_capabilities_hash_digest(text->str);
}

void
gtalk_capabilities_hash_add_feature(xmlnode *query, const char *feature)
{
	if (!gtalk_capabilities_hash_has(query, feature))
		xmlnode_set_attrib(gtalk_xml_add_child(query, "feature", NULL), "var", feature);
}
