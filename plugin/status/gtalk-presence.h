/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-presence.h: the gate that the account's own presence goes out by: what the inherited
 * protocol broadcasts (directed presence, to rooms say, passes). It sends presence for many reasons
 * (a status, an avatar, being idle), and says "available" for a status that it does not know, such
 * as invisible: so nothing passes here that would show an account which should be hidden, whoever
 * sends it and whenever.
 *
 * The gate is shut when the account signs in; gtalk-own-status opens it. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_presence_unit;

typedef enum {
	GTALK_PRESENCE_HELD,   /* nothing passes; the newest is kept */
	GTALK_PRESENCE_OPEN,   /* as it is; nothing while the account's status is invisible */
	GTALK_PRESENCE_SHARED, /* likewise, but text and "busy" are in the shared status */
	GTALK_PRESENCE_HIDDEN, /* likewise, and the server hides it by the shared status */
} GTalkPresenceMode;

/* Sets the gate; what was kept goes out if it may now. */
void
gtalk_presence_set_mode(GTalkConnection *connection, GTalkPresenceMode mode);

/* Becomes unavailable, if that is not so already, and shuts the gate. */
void
gtalk_presence_withdraw(GTalkConnection *connection);

/* Whether the server has an available presence of this session. */
gboolean
gtalk_presence_is_out(GTalkConnection *connection);

/* Whether that one says away or extended away. */
gboolean
gtalk_presence_is_away(GTalkConnection *connection);

/* ---- Pure ------------------------------------------------------------------------------------ */

/* Whether @packet is a presence of the own account to all who may see it. */
gboolean
gtalk_presence_is_broadcast(const xmlnode *packet);

/* Takes out what the shared status says instead. */
void
gtalk_presence_strip_shared(xmlnode *presence);

/* Makes of @presence one that tells nobody anything: unavailable, to the own server only. */
void
gtalk_presence_neutralise(xmlnode *presence, const char *domain);

G_END_DECLS
