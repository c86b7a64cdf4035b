/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-cursor.h: "<epoch>.<seq>", the position in an account's events that clients keep. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *
bridge_cursor_format(const char *epoch, guint64 seq);

/**
 * bridge_cursor_parse:
 * @error: BRIDGE_ERROR_INVALID when @text is no cursor, BRIDGE_ERROR_CURSOR_EXPIRED when it is of
 * another epoch
 */
gboolean
bridge_cursor_parse(const char *text, const char *epoch, guint64 *seq, GError **error);

G_END_DECLS
