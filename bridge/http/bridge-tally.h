/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-tally.h: how many of something somebody has at the moment: connections of an address,
 * readers of a device. Nothing is kept of who has none. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BridgeTally BridgeTally;

BridgeTally *
bridge_tally_new(void);
void
bridge_tally_free(BridgeTally *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeTally, bridge_tally_free)

guint
bridge_tally_get(BridgeTally *self, const char *key);
void
bridge_tally_add(BridgeTally *self, const char *key);
/* One that was added before. */
void
bridge_tally_remove(BridgeTally *self, const char *key);

G_END_DECLS
