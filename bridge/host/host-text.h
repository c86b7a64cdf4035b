/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-text.h: plain text on its way into libpurple, which takes message bodies as HTML and derives
 * the plain text from it again. Pure functions. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: (transfer full): HTML out of which libpurple's conversion makes exactly @text, but for
 * line ends: they become newlines, as XML would make them. */
char *
host_text_to_html(const char *text);

/* Whether @text can stand in an XML 1.0 document: one that cannot ends the stream. */
gboolean
host_text_is_xml(const char *text);

/* Whether @text has the shape of an address (RFC 7622): [local@]domain[/resource], each part within
 * its limit and none empty. What characters a part may have is for servers to say. */
gboolean
host_text_is_jid(const char *text);

/* Returns: (transfer full): valid UTF-8 of at most @max_bytes, "" for NULL */
char *
host_text_limit(const char *text, gsize max_bytes);

G_END_DECLS
