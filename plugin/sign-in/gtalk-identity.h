/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-identity.h: the unit that knows who the own account is. Before sign-in it completes a user
 * name without a domain, and refuses one if it has none to put in; from the bind result on
 * (Google's JID domain discovery, and plain RFC 6120, 7) the own account is what the server says,
 * and the address that the user typed is an alias of it: stanzas that name the alias are taken as
 * naming the bound address, in both directions. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_identity_unit;

/* "ann", "ann@", "ann/Desk" and "ann@/Desk" with the domain put in. A whole address that somebody
 * typed as the name alone, "ann@talk.example@/Desk", without what is too much. NULL if nothing is
 * missing, or if @username or @domain cannot be part of an address. Pure; (transfer full). */
char *
gtalk_identity_complete(const char *username, const char *domain);

/* Pure. */
gboolean
gtalk_identity_has_domain(const char *username);

/* If @jid (may be NULL) is @alias or one of its resources, the same of @bound (full JID or bare),
 * else NULL. Pure; (transfer full). */
char *
gtalk_identity_translate(const char *jid, const char *alias, const char *bound);

G_END_DECLS
