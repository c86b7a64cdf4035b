/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-text.h: what may travel as text: message bodies and names. Pure. Errors are
 * BRIDGE_ERROR_INVALID. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BRIDGE_TEXT_BODY_BYTES_MAX (32 * 1024)
#define BRIDGE_TEXT_NAME_BYTES_MAX 256

/* A message body: UTF-8, not empty, at most BRIDGE_TEXT_BODY_BYTES_MAX, and only characters that
 * XML 1.0 can carry (of the control characters tab, line feed and carriage return alone). */
gboolean
bridge_text_check(const char *body, GError **error);

/* A name that a person gave (of a device): UTF-8, not empty, at most BRIDGE_TEXT_NAME_BYTES_MAX, no
 * control character at all. @what names it in the error. */
gboolean
bridge_text_check_name(const char *name, const char *what, GError **error);

/* The same for any other line of text, with a limit of its own. */
gboolean
bridge_text_check_line(const char *line, gsize bytes_max, const char *what, GError **error);

G_END_DECLS
