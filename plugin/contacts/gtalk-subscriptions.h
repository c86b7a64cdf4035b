/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-subscriptions.h: who sees whose presence, as the roster of the own account has it. The
 * inherited protocol reads the same roster and keeps that to itself. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

typedef enum {
	GTALK_SUBSCRIPTION_UNKNOWN = 0, /* the roster has not come yet */
	GTALK_SUBSCRIPTION_NONE,        /* neither; also who is not in the roster */
	GTALK_SUBSCRIPTION_TO,          /* we see the contact */
	GTALK_SUBSCRIPTION_FROM,        /* the contact sees us */
	GTALK_SUBSCRIPTION_BOTH,
} GTalkSubscription;

extern const GTalkUnit gtalk_subscriptions_unit;

GTalkSubscription
gtalk_subscriptions_get(GTalkConnection *connection, const char *jid);

/* Whether the contact may see our presence. */
gboolean
gtalk_subscriptions_is_seen_by(GTalkConnection *connection, const char *jid);

/* ---- Pure ------------------------------------------------------------------------------------ */

/* Enters the items of a roster <query/> into @table, by gtalk_jid_dup_key(); those without any
 * subscription, and those that are removed, are taken out. */
void
gtalk_subscriptions_parse(const xmlnode *query, GHashTable *table);

G_END_DECLS
