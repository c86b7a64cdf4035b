/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-status-links.h"

#include <string.h>

#define GTALK_STATUS_LINKS_MAX 128 /* two lists of the most that a server may have */

/* A line: when, "busy" or "available", "made" or "found", and the text, which has no line feed. */
#define GTALK_STATUS_LINK_WORDS 4

GTalkStatusLink *
gtalk_status_link_new(gint64 created, gboolean is_busy, gboolean is_ours, const char *text)
{
	GTalkStatusLink *link = g_new0(GTalkStatusLink, 1);

	link->created = created;
	link->is_busy = is_busy;
	link->is_ours = is_ours;
	link->text = g_strdup(text);
	return link;
}

void
gtalk_status_link_free(GTalkStatusLink *link)
{
	g_free(link->text);
	g_free(link);
}

static GTalkStatusLink *
gtalk_status_link_parse(const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", GTALK_STATUS_LINK_WORDS);
	gint64 created;

	if (g_strv_length(words) != GTALK_STATUS_LINK_WORDS || *words[3] == '\0' ||
	    !g_ascii_string_to_signed(words[0], 10, 1, G_MAXINT64, &created, NULL))
		return NULL;
	return gtalk_status_link_new(created, strcmp(words[1], "busy") == 0,
	                             strcmp(words[2], "made") == 0, words[3]);
}

GPtrArray *
gtalk_status_links_parse(const char *text)
{
	GPtrArray *links = g_ptr_array_new_with_free_func((GDestroyNotify)gtalk_status_link_free);
	g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", GTALK_STATUS_LINKS_MAX);

	for (guint i = 0; lines[i] != NULL; i++) {
		GTalkStatusLink *link = gtalk_status_link_parse(lines[i]);

		if (link != NULL)
			g_ptr_array_add(links, link);
	}
	return links;
}

char *
gtalk_status_links_dup_text(const GPtrArray *links)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < links->len; i++) {
		const GTalkStatusLink *link = g_ptr_array_index(links, i);

		g_string_append_printf(text, "%s%" G_GINT64_FORMAT " %s %s %s", i > 0 ? "\n" : "",
		                       link->created, link->is_busy ? "busy" : "available",
		                       link->is_ours ? "made" : "found", link->text);
	}
	return g_string_free(text, FALSE);
}

GTalkStatusLink *
gtalk_status_links_find(const GPtrArray *links, gboolean is_busy, const char *text)
{
	for (guint i = 0; i < links->len; i++) {
		GTalkStatusLink *link = g_ptr_array_index(links, i);

		if (link->is_busy == is_busy && strcmp(link->text, text) == 0)
			return link;
	}
	return NULL;
}

GTalkStatusLink *
gtalk_status_links_find_created(const GPtrArray *links, gint64 created)
{
	for (guint i = 0; i < links->len; i++) {
		GTalkStatusLink *link = g_ptr_array_index(links, i);

		if (link->created == created)
			return link;
	}
	return NULL;
}
