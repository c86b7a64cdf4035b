/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-capabilities-hash.h: the verification string of a client's capabilities (XEP-0115), from
 * what it answers to service discovery. Pure. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

/* Of a disco#info <query/>, with @extra (a feature, may be NULL) as if it stood there too. NULL if
 * the query has what is not reckoned with here (data forms); (transfer full). */
char *
gtalk_capabilities_hash_make(const xmlnode *query, const char *extra);

/* Adds <feature var=.../> to a disco#info <query/>, unless it is there. */
void
gtalk_capabilities_hash_add_feature(xmlnode *query, const char *feature);

G_END_DECLS
