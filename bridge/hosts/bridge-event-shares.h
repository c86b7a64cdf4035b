/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-event-shares.h: which of the events that a host hands over together are of which account.
 * Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* (transfer full): the one account that all of @events, a(tssv), are of; NULL if they are of
 * several. */
char *
bridge_event_shares_dup_only(GVariant *events);

/* (transfer full): account id -> GVariantBuilder of its events, in their order. */
GHashTable *
bridge_event_shares_split(GVariant *events);

G_END_DECLS
