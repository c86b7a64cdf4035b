/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-quarantine.h: how an account is kept from taking others along when its hosts die. By our
 * own durability rule a stanza that killed its host comes again.
 *
 *   one death    the next sign-in is in a host of its own, if it was for the account
 *   two          all are, until it was online for a while
 *   more         they are far apart
 *
 * Pure; times are monotonic, us. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BRIDGE_QUARANTINE_DEATHS 2       /* from here on it is on */
#define BRIDGE_QUARANTINE_APART_DEATHS 3 /* from here on sign-ins are far apart */

/* All 0 at the beginning. */
typedef struct {
	guint deaths;
	gboolean alone; /* the next sign-in */
	gint64 online_since_us;
} BridgeQuarantine;

/* @guilty: it was at work for the account, as far as is known */
void
bridge_quarantine_note_death(BridgeQuarantine *self, gint64 now_us, gboolean guilty);
void
bridge_quarantine_note_online(BridgeQuarantine *self, gint64 now_us);
/* It is offline again, or was released. */
void
bridge_quarantine_note_offline(BridgeQuarantine *self, gint64 now_us);
void
bridge_quarantine_release(BridgeQuarantine *self);

gboolean
bridge_quarantine_is_on(const BridgeQuarantine *self, gint64 now_us);
/* Whether a sign-in now has to be in a host of its own; asked once for each. */
gboolean
bridge_quarantine_take_alone(BridgeQuarantine *self, gint64 now_us);
/* How long to wait for the next sign-in; 0: as after any trouble. A random part of it is taken
 * off. */
gint64
bridge_quarantine_get_delay_us(const BridgeQuarantine *self);

G_END_DECLS
