/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-cursor.h"

#include <string.h>

#include "bridge-error.h"

#define CURSOR_LENGTH_MAX 128 /* an epoch and 20 digits are far shorter: more is line noise */

char *
bridge_cursor_format(const char *epoch, guint64 seq)
{
	g_return_val_if_fail(epoch != NULL, NULL);

	return g_strdup_printf("%s.%" G_GUINT64_FORMAT, epoch, seq);
}

/* One spelling for each number, so that cursors compare as strings do: no sign, no leading zero. */
static gboolean
bridge_cursor_parse_seq(const char *digits, guint64 *seq)
{
	if (digits[0] == '\0' || (digits[0] == '0' && digits[1] != '\0'))
		return FALSE;
	return g_ascii_string_to_unsigned(digits, 10, 0, G_MAXINT64, seq, NULL);
}

gboolean
bridge_cursor_parse(const char *text, const char *epoch, guint64 *seq, GError **error)
{
	const char *dot;
	guint64 value = 0;

	g_return_val_if_fail(text != NULL && epoch != NULL && seq != NULL, FALSE);

	dot = strrchr(text, '.');
	if (strlen(text) > CURSOR_LENGTH_MAX || dot == NULL || dot == text ||
	    !bridge_cursor_parse_seq(dot + 1, &value)) {
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
		                    "this is not a cursor");
		return FALSE;
	}
	if ((gsize)(dot - text) != strlen(epoch) || strncmp(text, epoch, dot - text) != 0) {
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_CURSOR_EXPIRED,
		                    "this cursor is from before the history was restored");
		return FALSE;
	}
	*seq = value;
	return TRUE;
}
