/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-origins.h: the hosts that pushes go to, and how many at what time each of them gets.
 * To one that is slow only so many are under way at once; one that answers nobody gets nothing for
 * a while and then one push, which shows whether it is well again; one that says to several
 * subscriptions that it is too much is left alone; and no host, nor all of them together, get more
 * a second than is decent. Who waits for a host waits in line, before its push is read of the store
 * and made, so that no clock of it runs and nobody's place with another host is taken.
 *
 * A subscription can spoil it for others of its host only together with others. Main loop only. */
#pragma once

#include "link/bridge-push-link.h"
#include "link/bridge-push-url.h"

G_BEGIN_DECLS

typedef struct {
	guint at_once; /* under way to one host */
	/* It has trouble: so many failures in a row, of so many subscriptions at least. */
	guint failures;
	guint failing;
	gint64 pause_us; /* the first one; the next is twice as long */
	gint64 pause_max_us;
	/* It is too much for it: so many subscriptions were told so within that time. */
	guint throttled;
	gint64 throttled_us; /* so long it is left alone at least, too */
	/* What may be sent at once where nothing was for a while, and the time between two later.
	 */
	guint burst;
	gint64 spacing_us;
	guint burst_of_all;
	gint64 spacing_of_all_us;
} BridgePushOriginsPace;

typedef struct _BridgePushOrigins BridgePushOrigins;
typedef struct _BridgePushPass BridgePushPass; /* one push may be under way */

/* @pace: (nullable): copied; NULL: that of earnest */
BridgePushOrigins *
bridge_push_origins_new(const BridgePushOriginsPace *pace);
void
bridge_push_origins_unref(BridgePushOrigins *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgePushOrigins, bridge_push_origins_unref)
/* Turns away who waits, and who comes. */
void
bridge_push_origins_stop(BridgePushOrigins *self);

/* What @endpoint counts for: its host and port; @type where it is no URL that may be pushed to. */
char *
bridge_push_origins_build_name(const BridgePushRules *rules, const char *type,
                               const char *endpoint);

/* @pass: (transfer full) (nullable): to be ended; NULL: turned away */
typedef void (*BridgePushTurn)(BridgePushPass *pass, gpointer user_data);
/* @turn: called once, perhaps at once */
void
bridge_push_origins_enter(BridgePushOrigins *self, const char *name, BridgePushTurn turn,
                          gpointer user_data);
/* NULL: not now, or others wait for it. */
BridgePushPass *
bridge_push_origins_try(BridgePushOrigins *self, const char *name);
/* @used: something was sent */
void
bridge_push_pass_end(BridgePushPass *pass, gboolean used);

/* What an attempt came to. @status: of HTTP; 0: no answer; @asked_s: to be left alone for */
void
bridge_push_origins_note(BridgePushOrigins *self, const char *name, const char *subscription_id,
                         BridgePushResult result, guint status, guint asked_s);
/* It has refused something for its length, within the last day: what is sent is to be small. */
gboolean
bridge_push_origins_wants_little(BridgePushOrigins *self, const char *name);

/* Hosts that are left alone now. */
guint
bridge_push_origins_count_paused(BridgePushOrigins *self);

G_END_DECLS
