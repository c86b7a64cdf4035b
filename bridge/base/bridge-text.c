/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-text.h"

#include <string.h>

#include "bridge-error.h"

/* XML 1.0, production 2 (Char). Surrogates are no UTF-8. */
static gboolean
bridge_text_is_xml_char(gunichar c)
{
	if (c < 0x20)
		return c == '\t' || c == '\n' || c == '\r';
	return c != 0xfffe && c != 0xffff;
}

gboolean
bridge_text_check(const char *body, GError **error)
{
	g_return_val_if_fail(body != NULL, FALSE);

	if (body[0] == '\0') {
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID, "the text is empty");
		return FALSE;
	}
	if (strlen(body) > BRIDGE_TEXT_BODY_BYTES_MAX) {
		g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
		            "the text is longer than %d bytes", BRIDGE_TEXT_BODY_BYTES_MAX);
		return FALSE;
	}
	if (!g_utf8_validate(body, -1, NULL)) {
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
		                    "the text is not UTF-8");
		return FALSE;
	}
	for (const char *p = body; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (!bridge_text_is_xml_char(c)) {
			g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
			            "the text contains the character U+%04X, which XMPP cannot "
			            "carry",
			            c);
			return FALSE;
		}
	}
	return TRUE;
}

gboolean
bridge_text_check_line(const char *line, gsize bytes_max, const char *what, GError **error)
{
	g_return_val_if_fail(line != NULL && what != NULL, FALSE);

	if (line[0] == '\0' || strlen(line) > bytes_max || !g_utf8_validate(line, -1, NULL)) {
		g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
		            "%s must be 1 to %zu bytes of UTF-8", what, bytes_max);
		return FALSE;
	}
	for (const char *p = line; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (g_unichar_iscntrl(c) || !bridge_text_is_xml_char(c)) {
			g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
			            "%s contains a control character", what);
			return FALSE;
		}
	}
	return TRUE;
}

gboolean
bridge_text_check_name(const char *name, const char *what, GError **error)
{
	return bridge_text_check_line(name, BRIDGE_TEXT_NAME_BYTES_MAX, what, error);
}
