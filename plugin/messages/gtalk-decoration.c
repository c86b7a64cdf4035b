/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-decoration.h"

#include <string.h>

#include "core/gtalk-xml.h"

typedef struct {
	char sign;
	const char *begin;
	const char *end;
} GTalkDecorationStyle;

static const GTalkDecorationStyle gtalk_decoration_styles[] = {
	{'*', "<b>", "</b>"},
	{'_', "<i>", "</i>"},
};

#define GTALK_DECORATION_N_STYLES G_N_ELEMENTS(gtalk_decoration_styles)

/* ---- Announcements --------------------------------------------------------------------------- */

gboolean
gtalk_decoration_is_announcement(const xmlnode *stanza)
{
	const char *type = NULL;

	if (gtalk_xml_find_child(stanza, "google-rbc-announcement", GTALK_NS_GOOGLE_METADATA) ==
	    NULL)
		return FALSE;
	type = xmlnode_get_attrib(stanza, "type");
	return !purple_strequal(type, "error") && !purple_strequal(type, "groupchat");
}

static gboolean
gtalk_decoration_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	return gtalk_decoration_is_announcement(*packet);
}

/* ---- Bold and italic ------------------------------------------------------------------------- */

/* Signs next to a word, outside it: white space, markup, punctuation (a `;` ends an entity, a `&`
 * begins one), another sign. A slash or a letter is none: http://talk.example/_a_ and snake_case.
 */
static gboolean
gtalk_decoration_is_edge(char c)
{
	return c == '\0' || g_ascii_isspace(c) || strchr("<>()[]{}\"',.;:!?&*_-", c) != NULL;
}

static gboolean
gtalk_decoration_is_inner(char c, char sign)
{
	return c != '\0' && c != sign && c != '<' && c != '>' && !g_ascii_isspace(c);
}

/* The sign that ends what begins at @open, on the same line; NULL if @open begins nothing. */
static const char *
gtalk_decoration_find_end(const char *text, const char *open, const char *limit)
{
	char sign = *open;

	if (!gtalk_decoration_is_edge(open > text ? open[-1] : '\0') ||
	    !gtalk_decoration_is_inner(open[1], sign))
		return NULL;
	for (const char *p = open + 2; p < limit && *p != '\0' && *p != '<'; p++)
		if (*p == sign)
			return gtalk_decoration_is_inner(p[-1], sign) &&
			                       gtalk_decoration_is_edge(p[1]) && p[1] != sign
			               ? p
			               : NULL;
	return NULL;
}

static const GTalkDecorationStyle *
gtalk_decoration_find_style(char sign)
{
	for (gsize i = 0; i < GTALK_DECORATION_N_STYLES; i++)
		if (gtalk_decoration_styles[i].sign == sign)
			return &gtalk_decoration_styles[i];
	return NULL;
}

/* Writes what lies between @from and @limit; what is inside a style may have the other one. */
static void
gtalk_decoration_append(GString *html, const char *text, const char *from, const char *limit)
{
	while (from < limit) {
		const GTalkDecorationStyle *style = gtalk_decoration_find_style(*from);
		const char *end =
			style != NULL ? gtalk_decoration_find_end(text, from, limit) : NULL;

		if (end == NULL) {
			g_string_append_c(html, *from++);
			continue;
		}
		g_string_append(html, style->begin);
		gtalk_decoration_append(html, text, from + 1, end);
		g_string_append(html, style->end);
		from = end + 1;
	}
}

char *
gtalk_decoration_dup_html(const char *html)
{
	GString *decorated = g_string_sized_new(strlen(html) + 16);

	gtalk_decoration_append(decorated, html, html, html + strlen(html));
	return g_string_free(decorated, FALSE);
}

const GTalkUnit gtalk_decoration_unit = {
	.name = "decoration",
	.receives = GTALK_ARRIVES_MESSAGE,
	.receiving = gtalk_decoration_receiving,
};
