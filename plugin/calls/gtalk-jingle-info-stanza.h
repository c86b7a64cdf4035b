/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-jingle-info-stanza.h: google:jingleinfo read and written (section 4.9). Pure. */
#pragma once

#include <glib.h>
#include <purple.h>

#include "gtalk.h"

G_BEGIN_DECLS

/* @query: any element. Servers that make no sense are left out, and so is what goes beyond limits.
 * Returns: (transfer full), never NULL */
GTalkJingleInfo *
gtalk_jingle_info_parse(const xmlnode *query);

/* NULL is allowed. The token is wiped. */
void
gtalk_jingle_info_free(GTalkJingleInfo *self);

/* Puts into @query, instead of all that it holds, what the inherited protocol can use without harm:
 * the first STUN server. No relay: the inherited protocol asks relays in the clear, and may hang
 * when it asks two at once. */
void
gtalk_jingle_info_reduce(const GTalkJingleInfo *self, xmlnode *query);

G_END_DECLS
