/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-account-feature.h: what an account knows beyond messages and its roster, one file a
 * feature, in the table of bridge-account-features.c; the host's side of each is in host/. A
 * feature takes the events that its counterpart tells, and keeps what a person wants of it over
 * reconnects and restarts. What else it remembers it hangs on the account
 * (g_object_set_data_full()). */
#pragma once

#include "bridge-account-private.h"

G_BEGIN_DECLS

typedef struct {
	const char *type; /* of the host's event */
	void (*take)(BridgeAccount *self, BridgeWrite *write, GVariantDict *data);
	gboolean of_past; /* counts also when it comes from a session that is ending */
} BridgeAccountNews;

/* Every function may be NULL. */
typedef struct {
	const char *name;              /* under which it keeps what is wanted of it */
	const BridgeAccountNews *news; /* ended by one without a type; may be NULL */
	/* It is online again; what its counterpart was to restore it has been told at sign-in. */
	void (*online)(BridgeAccount *self, BridgeWrite *write);
	void (*offline)(BridgeAccount *self, BridgeWrite *write);
} BridgeAccountFeature;

/* (nullable) (transfer full): what was kept under @name, of any type */
GVariant *
bridge_account_dup_kept(BridgeAccount *self, const char *name);
/* @value: (nullable) (transfer floating): NULL keeps nothing. Durable with @write; told to the host
 * at the next sign-in. At most BRIDGE_ACCOUNT_KEPT_BYTES_MAX in all features together: FALSE if
 * that would be exceeded, and nothing has changed. */
gboolean
bridge_account_keep(BridgeAccount *self, BridgeWrite *write, const char *name, GVariant *value);
#define BRIDGE_ACCOUNT_KEPT_BYTES_MAX (256 * 1024)

/* ---- For the account ------------------------------------------------------------------------- */

/* @of_past: from a session that is ending. FALSE: none of theirs */
gboolean
bridge_account_features_take(BridgeAccount *self, BridgeWrite *write, const char *type,
                             GVariant *members, gboolean of_past);
void
bridge_account_features_online(BridgeAccount *self, BridgeWrite *write);
void
bridge_account_features_offline(BridgeAccount *self, BridgeWrite *write);

G_END_DECLS
