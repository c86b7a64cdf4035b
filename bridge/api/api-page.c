/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "api-page.h"

#include <string.h>

void
api_page_free(ApiPage *page)
{
	g_free(page->after);
	g_free(page);
}

/* FALSE: it is no page of ours; it is answered. */
static gboolean
api_page_parse(BridgeExchange *exchange, char **after)
{
	const char *page = bridge_exchange_get_query(exchange, "page");
	gsize length = 0;
	g_autofree char *text = NULL;
	g_autofree guchar *decoded = NULL;

	if (page == NULL)
		return TRUE;
	text = g_strdelimit(g_strdup(page), "-", '+');
	decoded = g_base64_decode(g_strdelimit(text, "_", '/'), &length);
	if (length == 0 || !g_utf8_validate_len((const char *)decoded, length, NULL)) {
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_MALFORMED,
		                       "page must be what an answer gave as next", NULL);
		return FALSE;
	}
	*after = g_strndup((const char *)decoded, length);
	return TRUE;
}

ApiPage *
api_page_new(BridgeExchange *exchange)
{
	g_autoptr(ApiPage) page = g_new0(ApiPage, 1);

	if (!bridge_exchange_get_query_uint(exchange, "limit", 1, API_PAGE_LIMIT_MAX,
	                                    API_PAGE_LIMIT_DEFAULT, &page->limit) ||
	    !api_page_parse(exchange, &page->after))
		return NULL;
	return g_steal_pointer(&page);
}

static guint
api_page_find_first(const ApiPage *page, GPtrArray *things, const ApiPageKind *kind)
{
	guint first = 0;

	for (; page->after != NULL && first < things->len; first++) {
		g_autofree char *key = kind->dup_key(g_ptr_array_index(things, first));

		if (strcmp(key, page->after) > 0)
			break;
	}
	return first;
}

static void
api_page_build_next(JsonBuilder *builder, const char *key)
{
	g_autofree char *next =
		key != NULL ? g_base64_encode((const guchar *)key, strlen(key)) : NULL;

	/* The alphabet that needs no escapes in a query. */
	if (next != NULL)
		g_strdelimit(g_strdelimit(next, "+", '-'), "/", '_');
	bridge_json_add_string(builder, "next", next);
}

void
api_page_build(const ApiPage *page, JsonBuilder *builder, GPtrArray *things,
               const ApiPageKind *kind, gpointer user_data)
{
	guint first = api_page_find_first(page, things, kind);
	guint end = first + MIN(page->limit, things->len - first);
	g_autofree char *last = NULL;

	json_builder_set_member_name(builder, kind->member);
	json_builder_begin_array(builder);
	for (guint i = first; i < end; i++)
		kind->build(builder, g_ptr_array_index(things, i), user_data);
	json_builder_end_array(builder);
	if (end < things->len)
		last = kind->dup_key(g_ptr_array_index(things, end - 1));
	api_page_build_next(builder, last);
}

char *
api_page_dup_time_key(gint64 time_us, const char *id)
{
	return g_strdup_printf("%020" G_GINT64_FORMAT " %s", time_us, id);
}
