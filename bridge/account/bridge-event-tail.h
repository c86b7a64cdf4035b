/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-event-tail.h: what happened lately, without saying to whom: the last events of all
 * accounts by type, account id, number and size, and how many there were of each type. For
 * administrators and metrics; in memory only. Main loop only. */
#pragma once

#include "bridge-accounts.h"

G_BEGIN_DECLS

#define BRIDGE_EVENT_TAIL_LENGTH 1000

typedef struct {
	guint64 number; /* from 1, in the order in which they became durable */
	gint64 time_us; /* when that was */
	char *account_id;
	const char *type; /* interned */
	guint64 seq;
	gsize bytes; /* of its data */
} BridgeTailEntry;

#define BRIDGE_TYPE_EVENT_TAIL (bridge_event_tail_get_type())
G_DECLARE_FINAL_TYPE(BridgeEventTail, bridge_event_tail, BRIDGE, EVENT_TAIL, GObject)

/* Signal "grown". */

BridgeEventTail *
bridge_event_tail_new(BridgeAccounts *accounts);

/* The number of the last one; 0 before there is any. */
guint64
bridge_event_tail_get_last(BridgeEventTail *self);
/* (element-type BridgeTailEntry) (transfer container): those behind number @after that are still
 * there, in order; use it at once */
GPtrArray *
bridge_event_tail_list(BridgeEventTail *self, guint64 after);

typedef void (*BridgeEventTailFunc)(const char *type, guint64 count, gpointer user_data);
/* How many there were of each type since the daemon was started. */
void
bridge_event_tail_foreach_type(BridgeEventTail *self, BridgeEventTailFunc func, gpointer user_data);

G_END_DECLS
