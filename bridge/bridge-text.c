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
bridge_text_check_name(const char *name, const char *what, GError **error)
{
	g_return_val_if_fail(name != NULL && what != NULL, FALSE);

	if (name[0] == '\0' || strlen(name) > BRIDGE_TEXT_NAME_BYTES_MAX ||
	    !g_utf8_validate(name, -1, NULL)) {
		g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
		            "%s must be 1 to %d bytes of UTF-8", what, BRIDGE_TEXT_NAME_BYTES_MAX);
		return FALSE;
	}
	for (const char *p = name; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (g_unichar_iscntrl(c) || !bridge_text_is_xml_char(c)) {
			g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
			            "%s contains a control character", what);
			return FALSE;
		}
	}
	return TRUE;
}
