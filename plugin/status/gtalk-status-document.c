/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-status-document.h"

#include <string.h>

#include "core/gtalk-xml.h"

/* Ends for what a server may send; each is far above what a server was seen to allow. */
#define GTALK_STATUS_TEXT_BYTES_LIMIT 4096
#define GTALK_STATUS_TEXTS_LIMIT 64
#define GTALK_STATUS_LISTS_LIMIT 8

#define GTALK_STATUS_VERSION "2"              /* knows invisibility */
#define GTALK_STATUS_TUNE_MARK "\xe2\x99\xab" /* U+266B, in front of what is playing */

/* ---- Texts ---------------------------------------------------------------------------------- */

static gsize
gtalk_status_text_fit(const char *text, gsize max_bytes)
{
	gsize length = strlen(text);

	if (length <= max_bytes)
		return length;
	length = max_bytes;
	while (length > 0 && ((guchar)text[length] & 0xc0) == 0x80)
		length--;
	return length;
}

char *
gtalk_status_text_clean(const char *text, gsize max_bytes)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	g_autoptr(GString) clean = g_string_new(NULL);

	for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c == 0xfffe || c == 0xffff)
			continue; /* no XML */
		g_string_append_unichar(clean, g_unichar_iscntrl(c) ? ' ' : c);
	}
	g_strstrip(clean->str);
	clean->str[gtalk_status_text_fit(clean->str, max_bytes)] = '\0';
	g_strchomp(clean->str);
	return g_strdup(
		clean->str); /* no longer than it is: it is kept while the account is online */
}

gboolean
gtalk_status_text_is_tune(const char *text)
{
	return g_str_has_prefix(text, GTALK_STATUS_TUNE_MARK);
}

/* ---- Lists ---------------------------------------------------------------------------------- */

static GTalkStatusList *
gtalk_status_list_new(const char *show)
{
	GTalkStatusList *list = g_new0(GTalkStatusList, 1);

	list->show = g_ref_string_new_intern(show);
	list->texts = g_ptr_array_new_null_terminated(0, g_free, TRUE);
	return list;
}

static void
gtalk_status_list_free(GTalkStatusList *list)
{
	g_ref_string_release(list->show);
	g_ptr_array_unref(list->texts);
	g_free(list);
}

static gpointer
gtalk_status_list_copy_text(gconstpointer text, gpointer user_data)
{
	return g_strdup(text);
}

/* Takes @text; refuses what is not remembered and what is there. */
static void
gtalk_status_list_append(GTalkStatusList *list, char *text)
{
	if (*text == '\0' || gtalk_status_text_is_tune(text) ||
	    g_ptr_array_find_with_equal_func(list->texts, text, g_str_equal, NULL))
		g_free(text);
	else
		g_ptr_array_add(list->texts, text);
}

static void
gtalk_status_list_put_first(GTalkStatusList *list, const char *text, guint max)
{
	guint index;

	if (*text == '\0' || gtalk_status_text_is_tune(text))
		return;
	if (g_ptr_array_find_with_equal_func(list->texts, text, g_str_equal, &index))
		g_ptr_array_remove_index(list->texts, index);
	g_ptr_array_insert(list->texts, 0, g_strdup(text));
	if (list->texts->len > max)
		g_ptr_array_set_size(list->texts, (int)max);
}

static const char *
gtalk_status_get_show(gboolean is_busy)
{
	return is_busy ? GTALK_STATUS_SHOW_BUSY : GTALK_STATUS_SHOW_AVAILABLE;
}

static GTalkStatusList *
gtalk_status_document_find_list(const GTalkStatusDocument *document, const char *show)
{
	for (guint i = 0; i < document->lists->len; i++) {
		GTalkStatusList *list = g_ptr_array_index(document->lists, i);

		if (strcmp(list->show, show) == 0)
			return list;
	}
	return NULL;
}

static GTalkStatusList *
gtalk_status_document_ensure_list(GTalkStatusDocument *document, const char *show)
{
	GTalkStatusList *list = gtalk_status_document_find_list(document, show);

	if (list == NULL) {
		list = gtalk_status_list_new(show);
		g_ptr_array_add(document->lists, list);
	}
	return list;
}

/* ---- The document --------------------------------------------------------------------------- */

GTalkStatusDocument *
gtalk_status_document_new(void)
{
	GTalkStatusDocument *document = g_new0(GTalkStatusDocument, 1);

	document->text = g_strdup("");
	document->lists = g_ptr_array_new_with_free_func((GDestroyNotify)gtalk_status_list_free);
	document->text_max_bytes = GTALK_STATUS_TEXT_MAX_BYTES;
	document->texts_max = GTALK_STATUS_TEXTS_MAX;
	document->lists_max = GTALK_STATUS_LISTS_MAX;
	document->min_version = -1;
	return document;
}

static void
gtalk_status_document_copy_lists(GTalkStatusDocument *document, const GTalkStatusDocument *from)
{
	for (guint i = 0; i < from->lists->len; i++) {
		const GTalkStatusList *list = g_ptr_array_index(from->lists, i);
		GTalkStatusList *copy = gtalk_status_list_new(list->show);

		g_ptr_array_extend(copy->texts, list->texts, gtalk_status_list_copy_text, NULL);
		g_ptr_array_add(document->lists, copy);
	}
}

GTalkStatusDocument *
gtalk_status_document_copy(const GTalkStatusDocument *document)
{
	GTalkStatusDocument *copy = g_memdup2(document, sizeof(*document));

	copy->text = g_strdup(document->text);
	copy->lists = g_ptr_array_new_with_free_func((GDestroyNotify)gtalk_status_list_free);
	gtalk_status_document_copy_lists(copy, document);
	return copy;
}

void
gtalk_status_document_free(GTalkStatusDocument *document)
{
	g_free(document->text);
	g_ptr_array_unref(document->lists);
	g_free(document);
}

/* ---- Parsing -------------------------------------------------------------------------------- */

static char *
gtalk_status_document_dup_text(xmlnode *node)
{
	g_autofree char *text = xmlnode_get_data(node);

	return gtalk_status_text_clean(text != NULL ? text : "", GTALK_STATUS_TEXT_BYTES_LIMIT);
}

static gboolean
gtalk_status_document_parse_limit(const xmlnode *query, const char *name, guint max, guint *limit)
{
	const char *text = xmlnode_get_attrib(query, name);
	guint64 value;

	if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT, &value, NULL))
		return FALSE;
	*limit = MIN((guint)value, max);
	return TRUE;
}

static void
gtalk_status_document_parse_limits(GTalkStatusDocument *document, const xmlnode *query)
{
	const char *version = xmlnode_get_attrib(query, "status-min-ver");
	gint64 value;

	gtalk_status_document_parse_limit(query, "status-max", GTALK_STATUS_TEXT_BYTES_LIMIT,
	                                  &document->text_max_bytes);
	gtalk_status_document_parse_limit(query, "status-list-contents-max",
	                                  GTALK_STATUS_TEXTS_LIMIT, &document->texts_max);
	gtalk_status_document_parse_limit(query, "status-list-max", GTALK_STATUS_LISTS_LIMIT,
	                                  &document->lists_max);
	if (version != NULL && g_ascii_string_to_signed(version, 10, 0, G_MAXINT, &value, NULL))
		document->min_version = (int)value;
}

static void
gtalk_status_document_parse_text(GTalkStatusDocument *document, const xmlnode *query)
{
	xmlnode *node = gtalk_xml_find_child(query, "status", GTALK_NS_SHARED_STATUS);

	if (node == NULL)
		return;
	g_free(document->text);
	document->text = gtalk_status_document_dup_text(node);
}

static void
gtalk_status_document_parse_show(GTalkStatusDocument *document, const xmlnode *query)
{
	xmlnode *node = gtalk_xml_find_child(query, "show", GTALK_NS_SHARED_STATUS);
	g_autofree char *show = node != NULL ? gtalk_status_document_dup_text(node) : NULL;

	if (show != NULL)
		document->is_busy = strcmp(show, GTALK_STATUS_SHOW_BUSY) == 0;
}

static void
gtalk_status_document_parse_invisible(GTalkStatusDocument *document, const xmlnode *query)
{
	xmlnode *node = gtalk_xml_find_child(query, "invisible", GTALK_NS_SHARED_STATUS);
	const char *value = node != NULL ? xmlnode_get_attrib(node, "value") : NULL;

	if (purple_strequal(value, "true") || purple_strequal(value, "1"))
		document->is_invisible = TRUE;
	else if (purple_strequal(value, "false") || purple_strequal(value, "0"))
		document->is_invisible = FALSE;
}

static void
gtalk_status_document_parse_list(GTalkStatusDocument *document, xmlnode *node)
{
	const char *show = xmlnode_get_attrib(node, "show");
	xmlnode *text = gtalk_xml_find_child(node, "status", GTALK_NS_SHARED_STATUS);
	GTalkStatusList *list = NULL;

	if (show == NULL || strlen(show) > GTALK_STATUS_TEXT_BYTES_LIMIT)
		return;
	list = gtalk_status_document_ensure_list(document, show);
	for (; text != NULL && list->texts->len < GTALK_STATUS_TEXTS_LIMIT;
	     text = gtalk_xml_find_next(text, "status", GTALK_NS_SHARED_STATUS))
		gtalk_status_list_append(list, gtalk_status_document_dup_text(text));
}

static void
gtalk_status_document_parse_lists(GTalkStatusDocument *document, const xmlnode *query)
{
	xmlnode *node = gtalk_xml_find_child(query, "status-list", GTALK_NS_SHARED_STATUS);

	if (node == NULL)
		return;
	g_ptr_array_set_size(document->lists, 0);
	for (; node != NULL && document->lists->len < GTALK_STATUS_LISTS_LIMIT;
	     node = gtalk_xml_find_next(node, "status-list", GTALK_NS_SHARED_STATUS))
		gtalk_status_document_parse_list(document, node);
}

static gboolean
gtalk_status_document_is_in(const xmlnode *query)
{
	static const char *const names[] = {"status", "show", "status-list", "invisible"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (gtalk_xml_find_child(query, names[i], GTALK_NS_SHARED_STATUS) != NULL)
			return TRUE;
	return FALSE;
}

GTalkStatusDocument *
gtalk_status_document_parse(const xmlnode *query, const GTalkStatusDocument *base)
{
	GTalkStatusDocument *document = NULL;

	if (!gtalk_status_document_is_in(query))
		return NULL;
	document = base != NULL ? gtalk_status_document_copy(base) : gtalk_status_document_new();
	gtalk_status_document_parse_limits(document, query);
	gtalk_status_document_parse_text(document, query);
	gtalk_status_document_parse_show(document, query);
	gtalk_status_document_parse_invisible(document, query);
	gtalk_status_document_parse_lists(document, query);
	return document;
}

/* ---- Building ------------------------------------------------------------------------------- */

static void
gtalk_status_document_build_list(const GTalkStatusList *list, guint max, xmlnode *query)
{
	xmlnode *node = gtalk_xml_add_child(query, "status-list", NULL);

	xmlnode_set_attrib(node, "show", list->show);
	for (guint i = 0; i < MIN(list->texts->len, max); i++)
		gtalk_xml_add_text(node, "status", NULL, g_ptr_array_index(list->texts, i));
}

void
gtalk_status_document_build(const GTalkStatusDocument *document, xmlnode *iq)
{
	xmlnode *query = gtalk_xml_add_child(iq, "query", GTALK_NS_SHARED_STATUS);

	xmlnode_set_attrib(query, "version", GTALK_STATUS_VERSION);
	gtalk_xml_add_text(query, "status", NULL, document->text);
	gtalk_xml_add_text(query, "show", NULL, gtalk_status_get_show(document->is_busy));
	for (guint i = 0; i < MIN(document->lists->len, document->lists_max); i++)
		gtalk_status_document_build_list(g_ptr_array_index(document->lists, i),
		                                 document->texts_max, query);
	xmlnode_set_attrib(gtalk_xml_add_child(query, "invisible", NULL), "value",
	                   document->is_invisible ? "true" : "false");
}

/* ---- State ---------------------------------------------------------------------------------- */

gboolean
gtalk_status_document_can_hide(const GTalkStatusDocument *document)
{
	/* Not "is 2": newer sessions adapt, and a server that does not say is taken as able. */
	return document->min_version != 0 && document->min_version != 1;
}

gboolean
gtalk_status_document_equal_state(const GTalkStatusDocument *a, const GTalkStatusDocument *b)
{
	return strcmp(a->text, b->text) == 0 && a->is_busy == b->is_busy &&
	       a->is_invisible == b->is_invisible;
}

void
gtalk_status_document_set_state(GTalkStatusDocument *document, const char *text, gboolean is_busy)
{
	g_autofree char *clean = gtalk_status_text_clean(text, document->text_max_bytes);
	GTalkStatusList *list =
		gtalk_status_document_ensure_list(document, gtalk_status_get_show(is_busy));

	gtalk_status_list_put_first(list, clean, document->texts_max);
	document->is_busy = is_busy;
	document->is_invisible = FALSE;
	g_free(document->text);
	document->text = g_steal_pointer(&clean);
}

const GPtrArray *
gtalk_status_document_find_texts(const GTalkStatusDocument *document, gboolean is_busy)
{
	const GTalkStatusList *list =
		gtalk_status_document_find_list(document, gtalk_status_get_show(is_busy));

	return list != NULL ? list->texts : NULL;
}

const char *const *
gtalk_status_document_get_texts(const GTalkStatusDocument *document, gboolean is_busy)
{
	static const char *const none[] = {NULL};
	const GPtrArray *texts = gtalk_status_document_find_texts(document, is_busy);

	return texts != NULL && texts->len > 0 ? (const char *const *)texts->pdata : none;
}

void
gtalk_status_document_set_texts(GTalkStatusDocument *document, gboolean is_busy,
                                const char *const *texts)
{
	GTalkStatusList *list =
		gtalk_status_document_ensure_list(document, gtalk_status_get_show(is_busy));

	g_ptr_array_set_size(list->texts, 0);
	for (; *texts != NULL && list->texts->len < document->texts_max; texts++)
		gtalk_status_list_append(list,
		                         gtalk_status_text_clean(*texts, document->text_max_bytes));
}
