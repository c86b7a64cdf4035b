/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-decoration.h: what the service put into messages beside their text (section 4.15 of the
 * specification). Announcements of the service itself (google:metadata) are nobody's message and
 * are not shown; a mail signature and google:internal are ignored; google:timestamp is read with
 * the other stamps (gtalk-message.h); *bold* and _italic_ are shown as such. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

/* Swallows announcements that arrive live. */
extern const GTalkUnit gtalk_decoration_unit;

/* ---- Pure ------------------------------------------------------------------------------------ */

/* Whether @stanza, a <message>, is an announcement of the service. */
gboolean
gtalk_decoration_is_announcement(const xmlnode *stanza);

/* @html (text with entities and <br>) with the words between signs made bold or italic, the signs
 * taken out; where it is in doubt, they stay. (transfer full) */
char *
gtalk_decoration_dup_html(const char *html);

G_END_DECLS
