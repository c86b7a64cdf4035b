/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-discovery.h: what the server offers this account: XEP-0030 asked once of the account's
 * domain and once of the account itself, when the session stands. The inherited protocol asks too,
 * but keeps the answer to itself.
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

/* Adds to @features (a set of our names) what the disco#info @reply of @entity tells. */
void
gtalk_discovery_parse(const xmlnode *reply, GTalkDiscoveryEntity entity, GHashTable *features);

G_END_DECLS
