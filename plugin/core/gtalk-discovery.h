/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-discovery.h: what the server offers this account: XEP-0030 asked once of the account
 * itself, as soon as it is bound if the server says that this is soon enough, and once of its
 * domain, when the session stands. The inherited protocol asks too, but keeps the answer to itself.
 *
 * When both have answered (or failed, or let the deadline pass) GTALK_SIGNAL_FEATURES is emitted;
 * units that depend on a feature connect to that signal like everybody else. */
#pragma once

#include "gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_discovery_unit;

/* Whether GTALK_SIGNAL_FEATURES has been emitted. */
gboolean
gtalk_discovery_is_done(GTalkConnection *connection);

/* Whether that signal named @feature (one of GTALK_FEATURE_*). Before it: what is known so far. */
gboolean
gtalk_discovery_has(GTalkConnection *connection, const char *feature);

/* ---- Pure ------------------------------------------------------------------------------------ */

typedef enum {
	GTALK_DISCOVERY_DOMAIN,
	GTALK_DISCOVERY_ACCOUNT,
} GTalkDiscoveryEntity;

/* A set of features. */
typedef guint32 GTalkDiscoveryFound;

/* What the disco#info @reply of @entity tells. */
GTalkDiscoveryFound
gtalk_discovery_parse(const xmlnode *reply, GTalkDiscoveryEntity entity);
/* Their names, GTALK_FEATURE_*; NULL-terminated, (transfer container). */
const char **
gtalk_discovery_new_names(GTalkDiscoveryFound found);

G_END_DECLS
