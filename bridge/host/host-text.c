/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-text.h"

#include <string.h>

#define HOST_TEXT_JID_PART_MAX_BYTES 1023

char *
host_text_to_html(const char *text)
{
	GString *html = g_string_sized_new(strlen(text) + 16);

	for (const char *c = text; *c != '\0'; c++) {
		switch (*c) {
		case '&':
			g_string_append(html, "&amp;");
			break;
		case '<':
			g_string_append(html, "&lt;");
			break;
		case '>':
			g_string_append(html, "&gt;");
			break;
		case '\r': /* a line ends with one newline in XML, whatever it was */
			if (c[1] != '\n')
				g_string_append_c(html, '\n');
			break;
		default:
			g_string_append_c(html, *c);
		}
	}
	return g_string_free(html, FALSE);
}

/* RFC 6120 section 11.1 by way of XML 1.0 section 2.2; surrogates are no valid UTF-8 anyway. */
static gboolean
host_text_is_xml_char(gunichar c)
{
	if (c < 0x20)
		return c == '\t' || c == '\n' || c == '\r';
	return c != 0xfffe && c != 0xffff;
}

gboolean
host_text_is_xml(const char *text)
{
	if (!g_utf8_validate(text, -1, NULL))
		return FALSE;
	for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
		if (!host_text_is_xml_char(g_utf8_get_char(c)))
			return FALSE;
	}
	return TRUE;
}

static gboolean
host_text_is_part_length(gsize length)
{
	return length > 0 && length <= HOST_TEXT_JID_PART_MAX_BYTES;
}

gboolean
host_text_is_jid(const char *text)
{
	gsize bare = strcspn(text, "/");
	const char *at = memchr(text, '@', bare);
	const char *domain = at != NULL ? at + 1 : text;
	gsize domain_length = (gsize)(text + bare - domain);

	if (!host_text_is_xml(text))
		return FALSE;
	if (at != NULL && !host_text_is_part_length((gsize)(at - text)))
		return FALSE;
	if (text[bare] == '/' && !host_text_is_part_length(strlen(text + bare + 1)))
		return FALSE;
	return host_text_is_part_length(domain_length) &&
	       memchr(domain, '@', domain_length) == NULL && strcspn(text, " \t\r\n\"&'<>") >= bare;
}

char *
host_text_limit(const char *text, gsize max_bytes)
{
	const char *end;

	if (text == NULL)
		return g_strdup("");
	if (!g_utf8_validate(text, -1, NULL)) {
		g_autofree char *valid = g_utf8_make_valid(text, -1);
		return host_text_limit(valid, max_bytes);
	}
	if (strlen(text) <= max_bytes)
		return g_strdup(text);
	end = g_utf8_find_prev_char(text, text + max_bytes + 1);
	return g_strndup(text, end != NULL ? (gsize)(end - text) : 0);
}
